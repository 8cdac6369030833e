/* One contact of a station with the core: what is new is fetched and verified before it is kept, what was written down here is brought, and what came of it stands in DIR/contact. Over HTTPS by the core's certificate, or out of a folder. */
#include "send.h"
#include "station_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define BRING_ITEMS 500                 /* of one request */
#define PACK_MOST ((size_t)130 << 20)

struct visit {
	struct station_job *j;
	struct send_way way;
	struct station_contact c;
	int status;
};

static void trouble(struct visit *v, const char *what, const struct err *e)
{
	char line[300];
	v->status = v->status > 1 ? v->status : 1;
	if (!v->c.trouble[0])
		snprintf(v->c.trouble, sizeof v->c.trouble, "%.12s: %.290s", what, err_line(e, line, sizeof line));
	cli_note("holdfast: %s: %s", what, err_line(e, line, sizeof line));
}

/* ---- fetched ---- */

static void keep_packet(struct visit *v, struct slice file)
{
	struct packet_seal seal;
	struct err e = {0};
	char made[32];
	int r = station_packet_keep(v->j->s, file, v->j->keep, &seal, &e);
	if (r == 0)
		cli_note("holdfast: a packet of %s, made %s, is here", seal.unit, time_rfc3339(seal.made, 0, made));
	else if (r != ERR_NO)
		trouble(v, "packet", &e);
	if (r == ERR_INPUT || r == ERR_CRYPTO || r == ERR_NO)
		v->c.etag[0] = 0;
}

static void keep_pack(struct visit *v, struct slice file)
{
	struct err e = {0};
	int r = station_pack_keep(v->j->s, file, &e);
	if (r == 0)
		cli_note("holdfast: a pack to print is here");
	else if (r != ERR_NO)
		trouble(v, "pack", &e);
}

static void put_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		uint8_t c = (uint8_t)*s;
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c))
			buf_u8(out, c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static void said(const struct buf *answer, long status, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct slice text = SLICE_NULL;
	if (a && json_tree(buf_slice(answer), a, &n, NULL) == 0)
		text = json_text(n, "error.text");
	if (text.n && text.n < 300)
		err_set(e, ERR_DENIED, NULL, "%.*s", SLICE_FMT(text));
	else
		err_set(e, ERR_BUSY, NULL, "the core answers %ld", status);
}

/* true: the core was heard. */
static bool fetch(struct visit *v, const char *path, char etag[80], size_t most, void (*keep)(struct visit *v, struct slice file), const char *what)
{
	AUTO_BUF struct buf target = {0}, answer = {0};
	struct send_answer why;
	struct err e = {0};
	buf_init(&target, 2048);
	buf_init(&answer, most);
	buf_str(&target, path);
	put_escaped(&target, v->j->s->is.unit);
	long status = v->way.get(v->way.arg, buf_cstr(&target), etag, &answer, &why);
	if (status == 200)
		keep(v, buf_slice(&answer));
	else if (status == 0)
		trouble(v, what, &why.why);
	else if (status != 304 && !(status == 404 && keep == keep_pack)) { /* a house may do without packs */
		said(&answer, status, &e);
		trouble(v, what, &e);
	}
	return status == 200 || status == 304 || status == 404;
}

/* ---- brought ---- */

static int note_refused(struct visit *v, const struct json_node *n, struct err *e)
{
	const struct json_node *items = json_get(n, "items");
	int r = 0;
	for (const struct json_node *i = items ? items->child : NULL; r == 0 && i; i = i->next)
		if (json_text(i, "refused").n) {
			r = station_refused_add(v->j->s, i->raw, e);
			cli_note("holdfast: item %.*s was refused: %.*s", SLICE_FMT(json_text(i, "n")), SLICE_FMT(json_text(i, "refused")));
		}
	return r;
}

static int take_answer(struct visit *v, const struct buf *answer, uint64_t to, uint64_t *ret_upto, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct json_node *n;
	uint64_t upto = 0, highest = 0;
	int r = a ? json_tree(buf_slice(answer), a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	const struct json_node *whole = json_get(n, "whole");
	if (!slice_eq_str(json_text(n, "station"), v->j->s->site.key) || num_u64(json_text(n, "upTo"), 1, INT64_MAX, &upto) < 0 || num_u64(json_text(n, "highest"), 0, INT64_MAX, &highest) < 0 || !whole)
		return err_set(e, ERR_INPUT, NULL, "what answers there is no core of ours");
	r = note_refused(v, n, e);
	if (r == 0) /* what others wrote here meanwhile is ours, too */
		r = station_look(v->j->s, e);
	if (r == 0 && highest > v->j->s->records)
		r = station_discard(v->j->s, "the site has items of this station that are not in it: it was put back to an older state, or another copy of it is at work", e);
	*ret_upto = whole->type == JSON_TRUE ? to : upto;
	return r < 0 ? r : station_sent_set(v->j->s, *ret_upto, e);
}

static int bring(struct visit *v, struct err *e)
{
	uint64_t from = 0, to = 0, items = 1;
	int r = station_sent(v->j->s, &from, e);
	while (r == 0) {
		AUTO_BUF struct buf bundle = {0}, answer = {0};
		struct send_answer why;
		buf_init(&bundle, STATION_FILE_MAX);
		buf_init(&answer, (size_t)16 << 20);
		r = station_export(v->j->s, from, BRING_ITEMS, &bundle, &to, &items, e);
		if (r < 0 || !items)
			return r < 0 ? r : station_sent_set(v->j->s, to, e); /* numbers alone */
		long status = v->way.ask(v->way.arg, "/api/station", buf_slice(&bundle), &answer, &why);
		if (status == 0) {
			*e = why.why;
			return e->code;
		}
		if (status != 200) {
			said(&answer, status, e);
			return e->code;
		}
		r = take_answer(v, &answer, to, &from, e);
		if (r == 0)
			cli_note("holdfast: %" PRIu64 " items are at the site", items);
	}
	return r;
}

/* ---- a contact ---- */

static int token_of(const char *path, char out[300], struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct slice rest;
	buf_init_secret(&b, 4096);
	int r = file_read(AT_FDCWD, path, 4096, &b, e);
	if (r < 0)
		return r;
	struct slice line = slice_trim(slice_cut(buf_slice(&b), '\n', &rest));
	if (!line.n || line.n >= 300)
		return err_set(e, ERR_USAGE, path, "its first line is to be the token that `holdfast token create --role station` printed");
	snprintf(out, 300, "%.*s", SLICE_FMT(line));
	return 0;
}

static void over_https(struct visit *v)
{
	char token[300] = "", none[80] = "";
	struct err e = {0};
	int r = token_of(v->j->token_file, token, &e);
	if (r == 0)
		r = send_way_open(v->j->core, token, v->j->ca, &v->way, &e);
	seal_wipe(token, sizeof token);
	if (r < 0) {
		trouble(v, "core", &e);
		return;
	}
	bool heard = fetch(v, "/api/packet/", v->c.etag, PACKET_MAX, keep_packet, "packet");
	if (heard && v->j->s->enrolled)
		(void)fetch(v, "/api/station/pack/", none, PACK_MOST, keep_pack, "pack");
	if (v->j->s->enrolled) {
		r = bring(v, &e);
		if (r < 0)
			trouble(v, "items", &e);
		else
			heard = true;
	}
	if (heard)
		v->c.heard = time_now();
	send_way_close(&v->way);
}

static void out_of_folder(struct visit *v)
{
	static const struct {
		const char *suffix;
		size_t most;
		void (*keep)(struct visit *v, struct slice file);
		const char *what;
	} files[] = {{".html", PACKET_MAX, keep_packet, "packet"}, {".pack", PACK_MOST, keep_pack, "pack"}};
	struct station_packet had[STATION_PACKETS_MAX], has[STATION_PACKETS_MAX];
	size_t n = 0, m = 0;
	struct err e = {0};
	(void)!station_packets(v->j->s, had, &n, &e);
	AUTO_CLOSE int dir = file_open_dir(AT_FDCWD, v->j->from, &e);
	if (dir < 0) {
		trouble(v, "folder", &e);
		return;
	}
	for (size_t i = 0; i < (v->j->s->enrolled ? ARRAY_LEN(files) : 1u); i++) {
		char name[3 * PACKET_UNIT_MAX + 32];
		AUTO_BUF struct buf b = {0};
		buf_init(&b, files[i].most);
		packet_file_name(v->j->s->is.unit, files[i].suffix, name, sizeof name);
		int r = file_read(dir, name, files[i].most, &b, &e);
		if (r == 0)
			files[i].keep(v, buf_slice(&b));
		else if (r != ERR_NOT_FOUND || !i) /* a house may do without packs */
			trouble(v, files[i].what, &e);
	}
	(void)!station_packets(v->j->s, has, &m, &e);
	if (m && (!n || has[0].made > had[0].made)) /* a share that is there says nothing of who fills it: something new does */
		v->c.heard = time_now();
}

static void tell(struct station *s)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	station_put_status(s, &w);
	printf("%s\n", buf_cstr(&b));
	fflush(stdout);
}

int station_contact(struct station_job *j)
{
	struct visit v = {.j = j};
	struct err e = {0};
	if (station_contact_read(j->s, &v.c, &e) < 0)
		return cli_fail(&e);
	v.c.tried = time_now();
	v.c.trouble[0] = 0;
	if (j->core)
		over_https(&v);
	else
		out_of_folder(&v);
	struct station_contact now; /* somebody may have printed meanwhile */
	if (station_contact_read(j->s, &now, &e) == 0)
		v.c.printed = now.printed;
	if (station_contact_write(j->s, &v.c, &e) < 0)
		return cli_fail(&e);
	if (j->json)
		tell(j->s);
	return v.status;
}
