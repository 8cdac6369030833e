/* DIR/packets: packets that verified, NAME-TIME.html with TIME as 20261123T031200Z, and "pack", the newest pack to print.
 *
 * A pack is a signed note of the site's log, its text
 *     holdfast-station-pack 1 LF unit NAME LF made TIME LF bytes N LF sha256 HEX LF
 * and then an age file of that many bytes, sealed to the stations of the unit, of one PDF. */
#include "station_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACK "holdfast-station-pack 1"
#define PACK_MAX ((size_t)128 << 20)

/* ---- names ---- */

static void stamp_of(int64_t t, char out[24])
{
	int y, mo, d, h, mi, s;
	time_civil(t, &y, &mo, &d, &h, &mi, &s);
	snprintf(out, 24, "%04d%02d%02dT%02d%02d%02dZ", y % 10000, mo % 100, d % 100, h % 100, mi % 100, s % 100);
}

static void name_of(const struct packet_seal *p, char *out, size_t size)
{
	char end[48], at[24];
	stamp_of(p->made, at);
	snprintf(end, sizeof end, "-%s.html", at);
	packet_file_name(p->unit, end, out, size);
}

/* PREFIX-20260105T120000Z.html */
static bool time_of(const char *name, const char *prefix, int64_t *ret)
{
	static const struct {
		size_t at, digits;
	} parts[] = {{0, 4}, {4, 2}, {6, 2}, {9, 2}, {11, 2}, {13, 2}};
	size_t n = strlen(prefix), len = strlen(name);
	uint64_t v[ARRAY_LEN(parts)];
	if (len != n + 1 + 16 + 5 || strncmp(name, prefix, n) || name[n] != '-' || name[n + 9] != 'T' || strcmp(name + n + 16, "Z.html"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (num_u64(slice_of((const uint8_t *)name + n + 1 + parts[i].at, parts[i].digits), 0, 9999, &v[i]) < 0)
			return false;
	*ret = time_from_civil((int)v[0], (int)v[1], (int)v[2], (int)v[3], (int)v[4], (int)v[5]);
	return true;
}

static int newer(const void *a, const void *b)
{
	const struct station_packet *x = a, *y = b;
	return x->made > y->made ? -1 : x->made < y->made;
}

/* All of the unit's, newest first; ret has room for max, the oldest are left out. */
static int list(const struct station *s, struct station_packet **ret, size_t *ret_n, struct err *e)
{
	char prefix[3 * PACKET_UNIT_MAX + 16];
	struct station_packet *v = NULL;
	size_t n = 0, cap = 0;
	int fd = file_open_dir(s->dir, "packets", e);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : err_sys(e, "packets", "cannot be listed");
	}
	packet_file_name(s->is.unit, "", prefix, sizeof prefix);
	int r = 0;
	for (const struct dirent *x; r == 0 && (x = readdir(d));) {
		struct stat st;
		int64_t made;
		if (!time_of(x->d_name, prefix, &made) || strlen(x->d_name) >= sizeof v->name || fstatat(dirfd(d), x->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (n == cap) {
			struct station_packet *more = reallocarray(v, cap = cap ? 2 * cap : 64, sizeof *v);
			if (!more) {
				r = err_set(e, ERR_MEMORY, NULL, "no memory");
				break;
			}
			v = more;
		}
		v[n] = (struct station_packet){.made = made, .bytes = (uint64_t)st.st_size};
		snprintf(v[n++].name, sizeof v->name, "%s", x->d_name);
	}
	closedir(d);
	if (r == 0 && n)
		qsort(v, n, sizeof *v, newer);
	if (r < 0) {
		free(v);
		return r;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

int station_packets(const struct station *s, struct station_packet ret[STATION_PACKETS_MAX], size_t *ret_n, struct err *e)
{
	struct station_packet *v;
	size_t n;
	int r = list(s, &v, &n, e);
	if (r < 0)
		return r;
	n = n < STATION_PACKETS_MAX ? n : STATION_PACKETS_MAX;
	if (n)
		memcpy(ret, v, n * sizeof *v);
	free(v);
	*ret_n = n;
	return 0;
}

/* ---- kept ---- */

static void aside(struct station *s, const char *what, struct slice file)
{
	char name[64], at[24];
	struct err quiet;
	stamp_of(time_now(), at);
	snprintf(name, sizeof name, "bad/%s-%s", what, at);
	(void)!file_replace(s->dir, name, file, 0600, &quiet); /* evidence, if it can be kept; it is refused all the same */
}

static int thin(struct station *s, unsigned keep, struct err *e)
{
	struct station_packet *v = NULL;
	char path[sizeof v->name + 16];
	size_t n = 0;
	int r = list(s, &v, &n, e);
	for (size_t i = keep; r == 0 && i < n; i++) {
		snprintf(path, sizeof path, "packets/%s", v[i].name);
		if (unlinkat(s->dir, path, 0) < 0 && errno != ENOENT)
			r = err_sys(e, path, "an old packet cannot be removed");
	}
	free(v);
	return r;
}

int station_packet_keep(struct station *s, struct slice file, unsigned keep, struct packet_seal *ret, struct err *e)
{
	struct packet_seal p;
	struct station_packet have[STATION_PACKETS_MAX];
	char name[3 * PACKET_UNIT_MAX + 64], path[3 * PACKET_UNIT_MAX + 80];
	size_t n;
	assert(keep >= 1 && keep <= STATION_PACKETS_MAX);
	if (!s->trusts)
		return err_set(e, ERR_DENIED, s->place, "this station is not enrolled: it knows no key that a packet could be verified with");
	int r = packet_verify(file, &s->vkey, &p, e);
	if (r == ERR_NO) /* whole, and another site's */
		r = e->code = ERR_CRYPTO;
	if (r == 0 && strcmp(p.unit, s->is.unit))
		r = err_set(e, ERR_INPUT, NULL, "it is a packet of another unit (%.64s)", p.unit);
	if (r < 0) {
		aside(s, "packet", file);
		return r;
	}
	r = station_packets(s, have, &n, e);
	if (r < 0)
		return r;
	*ret = p;
	if (n && have[0].made >= p.made)
		return ERR_NO;
	name_of(&p, name, sizeof name);
	snprintf(path, sizeof path, "packets/%s", name);
	r = file_replace(s->dir, path, file, 0600, e);
	return r < 0 ? r : thin(s, keep, e);
}

/* Only what the folder's list has is opened: a name is no path. */
int station_packet_read(const struct station *s, const char *name, struct buf *ret, struct packet_seal *ret_seal, struct err *e)
{
	struct station_packet have[STATION_PACKETS_MAX];
	char path[sizeof have[0].name + 16];
	size_t n, i = 0;
	int r = station_packets(s, have, &n, e);
	while (r == 0 && i < n && strcmp(have[i].name, name))
		i++;
	if (r == 0 && (i == n || !s->trusts))
		return err_set(e, ERR_NOT_FOUND, s->place, "there is no packet of that name here");
	if (r == 0) {
		snprintf(path, sizeof path, "packets/%.*s", (int)sizeof have[i].name - 1, have[i].name);
		r = file_read(s->dir, path, PACKET_MAX, ret, e);
	}
	if (r == 0)
		r = packet_verify(buf_slice(ret), &s->vkey, ret_seal, e);
	if (r < 0)
		buf_reset(ret);
	return r;
}

int station_packet_newest(const struct station *s, struct buf *ret, struct packet_seal *ret_seal, struct err *e)
{
	struct station_packet have[STATION_PACKETS_MAX];
	size_t n;
	int r = station_packets(s, have, &n, e), bad = 0;
	for (size_t i = 0; r == 0 && s->trusts && i < n; i++) {
		char path[sizeof have[i].name + 16];
		buf_reset(ret);
		snprintf(path, sizeof path, "packets/%.*s", (int)sizeof have[i].name - 1, have[i].name);
		bad = file_read(s->dir, path, PACKET_MAX, ret, e);
		if (bad == 0)
			bad = packet_verify(buf_slice(ret), &s->vkey, ret_seal, e);
		if (bad == 0)
			return 0;
	}
	buf_reset(ret);
	return r < 0 ? r : bad < 0 ? bad : err_set(e, ERR_NOT_FOUND, s->place, "no packet of %.64s has come yet", s->is.unit);
}

/* ---- the pack ---- */

int station_pack_text(const struct station_pack *p, struct buf *ret, struct err *e)
{
	char made[32];
	if (packet_unit_check(slice_str(p->unit), e) < 0)
		return e->code;
	buf_printf(ret, PACK "\nunit %s\nmade %s\nbytes %" PRIu64 "\nsha256 ", p->unit, time_rfc3339(p->made, 0, made), p->bytes);
	hex_put(ret, slice_of(p->sha256, sizeof p->sha256));
	buf_u8(ret, '\n');
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "too long");
}

int station_pack_parse(struct slice file, const struct note_vkey *vkey, struct station_pack *ret, struct err *e)
{
	struct station_pack p = {.made = 0};
	struct slice text, note, rest;
	uint8_t hash[SEAL_HASH];
	int r = station_note_split(file, &text, &note, &rest, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(text);
	bool begins = slice_eq_str(cur_line(&c), PACK);
	station_line_text(&c, "unit", p.unit, sizeof p.unit);
	station_line_time(&c, "made", &p.made);
	station_line_number(&c, "bytes", PACK_MAX, &p.bytes);
	struct slice hex = station_line(&c, "sha256");
	if (!begins || !cur_done(&c) || hex_get(p.sha256, sizeof p.sha256, hex) < 0)
		return err_set(e, ERR_INPUT, NULL, "this is no pack for a station");
	r = station_note_check(note, text, vkey, e);
	if (r < 0)
		return r;
	seal_sha256_once(rest, hash);
	if (rest.n != p.bytes || !seal_equal(hash, p.sha256, sizeof hash))
		return err_set(e, ERR_CRYPTO, NULL, "its bytes are not those that were signed: it was changed after it was made");
	p.sealed = rest;
	*ret = p;
	return 0;
}

static int pack_now(const struct station *s, struct buf *b, struct station_pack *ret, struct err *e)
{
	int r = file_read(s->dir, "packets/pack", PACK_MAX + 8192, b, e);
	return r < 0 ? r : station_pack_parse(buf_slice(b), &s->site.vkey, ret, e);
}

int station_pack_keep(struct station *s, struct slice file, struct err *e)
{
	AUTO_BUF struct buf old = {0};
	struct station_pack p, was;
	struct err quiet;
	buf_init(&old, PACK_MAX + 8192);
	int r = s->enrolled ? station_pack_parse(file, &s->site.vkey, &p, e) : err_set(e, ERR_DENIED, s->place, "this station is not enrolled");
	if (r == 0 && strcmp(p.unit, s->is.unit))
		r = err_set(e, ERR_INPUT, NULL, "it is a pack of another unit (%.64s)", p.unit);
	if (r < 0) {
		aside(s, "pack", file);
		return r;
	}
	if (pack_now(s, &old, &was, &quiet) == 0 && was.made >= p.made)
		return ERR_NO;
	return file_replace(s->dir, "packets/pack", file, 0600, e);
}

int station_pack_open(const struct station *s, struct buf *ret_pdf, int64_t *ret_made, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct station_pack p;
	buf_init(&b, PACK_MAX + 8192);
	int r = pack_now(s, &b, &p, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, r, s->place, "no pack to print has come yet: `holdfast station pack` on the site's machine makes them");
	if (r == 0)
		r = age_open(&s->open, 1, p.sealed, ret_pdf, e);
	if (r == ERR_CRYPTO || r == ERR_NO)
		err_set(e, r, s->place, "the pack is not sealed to this station: it was enrolled after the pack was made. The next one will be");
	if (r == 0)
		*ret_made = p.made;
	return r;
}
