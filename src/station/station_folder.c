/* The station's folder: its keys and its machine (station.json), the lines of small files, and the witness outside of it.
 *
 * DIR/station.json, 0600: {"v":1,"name","unit","sign":"PRIVATE+KEY+...","open":"AGE-SECRET-KEY-1...","salt":hex,"machine":hex,"made":time,"answer":the site's answer as it came, absent before}. "machine" is HMAC-SHA-256 of /etc/machine-id
 * under the salt, as machine-id(5) asks of who keeps it.
 * The witness, 0600: "holdfast-station-witness 1" LF "queue HEX" LF "inode N" LF "next N" LF, replaced whole. */
#include "station_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WITNESS "holdfast-station-witness 1"

/* ---- the machine ---- */

int station_machine(const uint8_t salt[16], char ret[2 * SEAL_HASH + 1], struct err *e)
{
	AUTO_BUF struct buf id = {0};
	AUTO_BUF struct buf hex = {0};
	uint8_t mac[SEAL_HASH];
	buf_init(&id, 256);
	buf_init(&hex, 2 * SEAL_HASH + 1);
	int r = file_read(AT_FDCWD, "/etc/machine-id", 255, &id, e);
	if (r < 0)
		return r;
	struct slice s = slice_trim(buf_slice(&id));
	if (s.n < 32)
		return err_set(e, ERR_SYSTEM, "/etc/machine-id", "this machine has no id: systemd-machine-id-setup makes one");
	seal_hmac_sha256(slice_of(salt, 16), s, mac);
	hex_put(&hex, slice_of(mac, sizeof mac));
	snprintf(ret, 2 * SEAL_HASH + 1, "%s", buf_cstr(&hex));
	return 0;
}

/* ---- the witness ---- */

int station_witness_path(const char *given, const char *id, char *out, size_t size, struct err *e)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;
	if (given)
		n = snprintf(out, size, "%s", given);
	else if (geteuid() == 0)
		n = snprintf(out, size, "/var/lib/holdfast-station/%s.witness", id);
	else if (state && *state == '/')
		n = snprintf(out, size, "%s/holdfast-station/%s.witness", state, id);
	else if (home && *home == '/')
		n = snprintf(out, size, "%s/.local/state/holdfast-station/%s.witness", home, id);
	else
		return err_set(e, ERR_USAGE, "--witness", "there is no home folder: say where the witness is to be, outside of the station's folder");
	return n > 0 && (size_t)n < size ? 0 : err_set(e, ERR_USAGE, "--witness", "too long a path");
}

int station_witness_read(const struct station *s, struct station_witness *ret, struct err *e)
{
	struct station_witness w = {.next = 0};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1024);
	int r = file_read(AT_FDCWD, s->witness, 1023, &b, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(buf_slice(&b));
	bool begins = slice_eq_str(cur_line(&c), WITNESS);
	station_line_text(&c, "queue", w.queue, sizeof w.queue);
	station_line_number(&c, "inode", UINT64_MAX, &w.inode);
	station_line_number(&c, "next", INT64_MAX, &w.next);
	if (!begins || !cur_done(&c))
		return err_set(e, ERR_CORRUPT, s->witness, "this is no witness of a station");
	*ret = w;
	return 0;
}

int station_witness_folder(const struct station *s, struct err *e)
{
	char folder[sizeof s->witness];
	snprintf(folder, sizeof folder, "%s", s->witness);
	char *slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return 0;
	*slash = 0;
	return file_mkdir(AT_FDCWD, folder, 0700, e);
}

int station_witness_write(const struct station *s, const struct station_witness *w, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1024);
	buf_printf(&b, WITNESS "\nqueue %s\ninode %" PRIu64 "\nnext %" PRIu64 "\n", w->queue, w->inode, w->next);
	return file_replace(AT_FDCWD, s->witness, buf_slice(&b), 0600, e);
}

/* ---- station.json ---- */

int station_save(struct station *s, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	AUTO_BUF struct buf key = {0};
	AUTO_BUF struct buf salt = {0};
	char open[80];
	struct jsonw w;
	buf_init_secret(&b, 1 << 16);
	buf_init_secret(&key, 1024);
	buf_init(&salt, 64);
	note_signer_format(&s->sign, &key);
	age_identity_format(&s->open, open);
	hex_put(&salt, slice_of(s->salt, sizeof s->salt));
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kstr(&w, "name", s->is.name);
	jsonw_kstr(&w, "unit", s->is.unit);
	jsonw_kslice(&w, "sign", buf_slice(&key));
	jsonw_kstr(&w, "open", open);
	jsonw_kslice(&w, "salt", buf_slice(&salt));
	jsonw_kstr(&w, "machine", s->is.machine);
	jsonw_ktime(&w, "made", s->is.made);
	if (s->enrolled)
		jsonw_kslice(&w, "answer", buf_slice(&s->answer));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(&b, '\n');
	seal_wipe(open, sizeof open);
	return buf_ok(&b) ? file_replace(s->dir, STATION_FILE, buf_slice(&b), 0600, e) : err_set(e, buf_code(&b), STATION_FILE, "too long");
}

static bool take(const struct json_node *n, const char *key, char *out, size_t size)
{
	struct slice v = json_text(n, key);
	if (!station_word_ok(v, size - 1))
		return false;
	memcpy(out, v.p, v.n);
	out[v.n] = 0;
	return true;
}

static int parse(struct station *s, struct slice text, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 18);
	struct json_node *n;
	int r = a ? json_tree(text, a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	bool ok = slice_eq_str(json_text(n, "v"), "1") && take(n, "name", s->is.name, sizeof s->is.name) && take(n, "unit", s->is.unit, sizeof s->is.unit) && take(n, "machine", s->is.machine, sizeof s->is.machine) &&
	          hex_get(s->salt, sizeof s->salt, json_text(n, "salt")) == 0 && time_parse(json_text(n, "made"), 0, &s->is.made) == 0 && note_signer_parse(json_text(n, "sign"), &s->sign, NULL) == 0 &&
	          age_identity_parse(json_text(n, "open"), &s->open, NULL) == 0;
	if (!ok)
		return err_set(e, ERR_CORRUPT, NULL, "this is no station's file, or it is damaged");
	s->is.vkey = s->sign.v;
	s->is.to = s->open.to;
	struct slice answer = json_text(n, "answer");
	if (!answer.n)
		return 0;
	r = station_answer_parse(answer, NULL, &s->site, e);
	buf_add_slice(&s->answer, answer);
	s->enrolled = s->trusts = r == 0;
	s->vkey = s->site.vkey;
	return r;
}

/* DIR/vkey, of a station that is not enrolled. */
static int read_vkey(struct station *s, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1024);
	int r = s->enrolled ? ERR_NOT_FOUND : file_read(s->dir, "vkey", 1023, &b, e);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r == 0)
		r = note_vkey_parse(slice_trim(buf_slice(&b)), &s->vkey, e);
	s->trusts = r == 0;
	return r;
}

int station_trust(struct station *s, const struct note_vkey *vkey, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	if (s->trusts)
		return station_same_key(&s->vkey, vkey) ? 0 : err_set(e, ERR_NO, s->place, "this station verifies by another key (%.100s)", s->vkey.name);
	buf_init(&b, 1024);
	note_vkey_format(vkey, &b);
	buf_u8(&b, '\n');
	int r = file_replace(s->dir, "vkey", buf_slice(&b), 0600, e);
	s->vkey = *vkey;
	s->trusts = r == 0;
	return r;
}

/* ---- made, opened ---- */

static struct station *blank(const char *dir)
{
	struct station *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->dir = s->queue = -1;
	buf_init(&s->answer, 8192);
	snprintf(s->place, sizeof s->place, "%s", dir);
	return s;
}

static int fill_new(struct station *s, const char *name, const char *unit, struct err *e)
{
	uint8_t drawn[8];
	char who[48];
	struct stat st;
	if (fstatat(s->dir, STATION_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, ERR_EXISTS, s->place, "a station is there already");
	if (!station_word_ok(slice_str(name), STATION_NAME_MAX) || !station_word_ok(slice_str(unit), STATION_UNIT_MAX))
		return err_set(e, ERR_USAGE, NULL, "a station has a name and a unit: 1 to %d bytes of UTF-8 without control characters", STATION_NAME_MAX);
	snprintf(s->is.name, sizeof s->is.name, "%s", name);
	snprintf(s->is.unit, sizeof s->is.unit, "%s", unit);
	s->is.made = time_now() / TIME_SEC * TIME_SEC;
	seal_random(s->salt, sizeof s->salt);
	seal_random(drawn, sizeof drawn);
	snprintf(who, sizeof who, "station-%02x%02x%02x%02x%02x%02x%02x%02x", drawn[0], drawn[1], drawn[2], drawn[3], drawn[4], drawn[5], drawn[6], drawn[7]);
	int r = note_signer_new(who, &s->sign, e);
	age_identity_new(&s->open);
	s->is.vkey = s->sign.v;
	s->is.to = s->open.to;
	return r < 0 ? r : station_machine(s->salt, s->is.machine, e);
}

int station_new(const char *dir, const char *witness, const char *name, const char *unit, struct err *e)
{
	struct station *s = blank(dir);
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = file_mkdir(AT_FDCWD, dir, 0700, e);
	if (r == 0)
		r = s->dir = file_open_dir(AT_FDCWD, dir, e);
	if (r >= 0)
		r = fill_new(s, name, unit, e);
	if (r >= 0) /* where it is to be is looked at now, while somebody is there to answer */
		r = station_witness_path(witness, s->sign.v.name, s->witness, sizeof s->witness, e);
	if (r >= 0)
		r = file_mkdir(s->dir, "packets", 0700, e);
	if (r >= 0)
		r = file_mkdir(s->dir, "bad", 0700, e);
	if (r >= 0)
		r = station_save(s, e);
	station_close(s);
	return r < 0 ? r : 0;
}

int station_discarded(struct station *s, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, sizeof s->discarded - 1);
	int r = file_read(s->dir, "discarded", sizeof s->discarded - 1, &b, e);
	if (r == 0)
		snprintf(s->discarded, sizeof s->discarded, "%.*s", SLICE_FMT(slice_trim(buf_slice(&b))));
	return r == ERR_NOT_FOUND ? 0 : r;
}

int station_discard(struct station *s, const char *why, struct err *e)
{
	if (s->discarded[0])
		return 0;
	snprintf(s->discarded, sizeof s->discarded, "%s", why);
	return file_replace(s->dir, "discarded", slice_str(s->discarded), 0600, e);
}

int station_open(const char *dir, const char *witness, struct station **ret, struct err *e)
{
	struct station *s = blank(dir);
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, 1 << 16);
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = s->dir = file_open_dir(AT_FDCWD, dir, e);
	if (r >= 0)
		r = file_read(s->dir, STATION_FILE, 1 << 16, &b, e);
	if (r == ERR_NOT_FOUND)
		err_set(e, r, dir, "there is no station: `holdfast station new --dir DIR --unit UNIT` makes one");
	if (r >= 0)
		r = parse(s, buf_slice(&b), e);
	if (r >= 0)
		r = station_witness_path(witness, s->sign.v.name, s->witness, sizeof s->witness, e);
	if (r >= 0)
		r = read_vkey(s, e);
	if (r >= 0)
		r = station_discarded(s, e);
	if (r >= 0 && s->enrolled)
		r = station_queue_open(s, e);
	if (r < 0) {
		err_in(e, dir);
		station_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void station_close(struct station *s)
{
	if (!s)
		return;
	if (s->queue >= 0)
		close(s->queue);
	if (s->dir >= 0)
		close(s->dir);
	buf_done(&s->answer);
	seal_wipe(&s->sign, sizeof s->sign);
	seal_wipe(&s->open, sizeof s->open);
	free(s);
}

/* ---- what the core has, and what it did not take ---- */

int station_sent(const struct station *s, uint64_t *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	uint64_t n;
	buf_init(&b, 64);
	int r = file_read(s->dir, "sent", 63, &b, e);
	if (r == ERR_NOT_FOUND) {
		*ret = 0;
		return 0;
	}
	if (r == 0 && num_u64(slice_trim(buf_slice(&b)), 0, INT64_MAX, &n) < 0)
		r = err_set(e, ERR_CORRUPT, "sent", "holds no number; remove it, and all is sent again, which doubles nothing");
	if (r == 0)
		*ret = n;
	return r;
}

int station_sent_set(struct station *s, uint64_t n, struct err *e)
{
	uint64_t old;
	char text[32];
	int r = station_sent(s, &old, e);
	if (r < 0 || n <= old)
		return r;
	snprintf(text, sizeof text, "%" PRIu64 "\n", n);
	return file_replace(s->dir, "sent", slice_str(text), 0600, e);
}

int station_refused(const struct station *s, struct buf *ret, struct err *e)
{
	int r = file_read(s->dir, "refused", (size_t)16 << 20, ret, e);
	return r == ERR_NOT_FOUND ? 0 : r;
}

int station_refused_add(struct station *s, struct slice line, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)16 << 20);
	int r = station_refused(s, &b, e);
	if (r < 0)
		return r;
	if (buf_slice(&b).n && memmem(b.p, b.n, line.p, line.n)) /* said before */
		return 0;
	buf_add_slice(&b, line);
	buf_u8(&b, '\n');
	return buf_ok(&b) ? file_replace(s->dir, "refused", buf_slice(&b), 0600, e) : err_set(e, ERR_LIMIT, "refused", "it is too long already");
}

/* ---- contact: a line each of "heard", "tried", "printed" (nanoseconds), "etag" and "trouble" ---- */

int station_contact_read(const struct station *s, struct station_contact *ret, struct err *e)
{
	struct station_contact c = {.heard = 0};
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 16);
	struct json_node *n;
	buf_init(&b, 4096);
	int r = file_read(s->dir, "contact", 4095, &b, e);
	if (r == ERR_NOT_FOUND) {
		*ret = c;
		return 0;
	}
	if (r == 0)
		r = a ? json_tree(buf_slice(&b), a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	(void)!num_i64(json_text(n, "heard"), 0, INT64_MAX, &c.heard);
	(void)!num_i64(json_text(n, "tried"), 0, INT64_MAX, &c.tried);
	(void)!num_i64(json_text(n, "printed"), 0, INT64_MAX, &c.printed);
	struct slice etag = json_text(n, "etag"), trouble = json_text(n, "trouble");
	if (etag.n && etag.n < sizeof c.etag)
		snprintf(c.etag, sizeof c.etag, "%.*s", SLICE_FMT(etag));
	if (trouble.n && trouble.n < sizeof c.trouble)
		snprintf(c.trouble, sizeof c.trouble, "%.*s", SLICE_FMT(trouble));
	*ret = c;
	return 0;
}

int station_contact_write(struct station *s, const struct station_contact *c, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 4096);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ki64(&w, "heard", c->heard);
	jsonw_ki64(&w, "tried", c->tried);
	jsonw_ki64(&w, "printed", c->printed);
	jsonw_kslice_opt(&w, "etag", slice_str(c->etag));
	jsonw_kslice_opt(&w, "trouble", slice_str(c->trouble));
	jsonw_obj_end(&w);
	return buf_ok(&b) ? file_replace(s->dir, "contact", buf_slice(&b), 0600, e) : err_set(e, buf_code(&b), "contact", "too long");
}
