/* holdfast station status: when the newest packet came, what waits for the site, what went wrong. The loopback's page shows the same. */
#include "station_cmd.h"

#include <inttypes.h>

static void put_packets(struct station *s, struct jsonw *w)
{
	struct station_packet v[STATION_PACKETS_MAX];
	struct packet_seal seal;
	AUTO_BUF struct buf file = {0};
	struct err e = {0};
	size_t n = 0;
	buf_init(&file, PACKET_MAX);
	int64_t now = time_now();
	if (station_packets(s, v, &n, &e) < 0)
		n = 0;
	jsonw_ku64(w, "packets", n);
	jsonw_key(w, "newest");
	if (!n || station_packet_newest(s, &file, &seal, &e) < 0) {
		jsonw_null(w);
		if (n)
			jsonw_kstr(w, "packetTrouble", e.text);
		return;
	}
	jsonw_obj(w);
	jsonw_ktime(w, "made", seal.made);
	jsonw_ktime(w, "validUntil", seal.until);
	jsonw_ki64(w, "ageSeconds", (now - seal.made) / TIME_SEC);
	jsonw_kbool(w, "expired", now > seal.until);
	jsonw_kbool(w, "clockBehind", now < seal.made - 600 * TIME_SEC);
	jsonw_ku64(w, "bytes", file.n);
	jsonw_ku64(w, "entries", seal.entries);
	jsonw_obj_end(w);
}

static void put_pack(struct station *s, struct jsonw *w)
{
	AUTO_BUF struct buf pdf = {0};
	struct err e = {0};
	int64_t made;
	buf_init_secret(&pdf, (size_t)256 << 20);
	jsonw_key(w, "pack");
	if (station_pack_open(s, &pdf, &made, &e) < 0) {
		jsonw_null(w);
		if (e.code != ERR_NOT_FOUND)
			jsonw_kstr(w, "packTrouble", e.text);
		return;
	}
	jsonw_obj(w);
	jsonw_ktime(w, "made", made);
	jsonw_ki64(w, "ageSeconds", (time_now() - made) / TIME_SEC);
	jsonw_obj_end(w);
}

static int count_waiting(void *arg, const struct station_record *x, struct err *e)
{
	uint64_t *n = arg;
	*n += !x->is_number;
	return 0;
}

static void put_queue(struct station *s, struct jsonw *w)
{
	AUTO_BUF struct buf refused = {0};
	struct err e = {0};
	uint64_t sent = 0, waiting = 0, lines = 0;
	buf_init(&refused, (size_t)16 << 20);
	if (station_sent(s, &sent, &e) < 0)
		jsonw_kstr(w, "queueTrouble", e.text);
	(void)!station_each(s, sent, count_waiting, &waiting, &e);
	if (station_refused(s, &refused, &e) == 0)
		for (size_t i = 0; i < refused.n; i++)
			lines += refused.p[i] == '\n';
	jsonw_ku64(w, "items", s->items);
	jsonw_ku64(w, "waiting", waiting);
	jsonw_ku64(w, "refused", lines);
	jsonw_ku64(w, "numbersLeft", s->enrolled && s->site.numbers > s->numbers ? s->site.numbers - s->numbers : 0);
}

void station_put_status(struct station *s, struct jsonw *w)
{
	struct station_contact c = {0};
	struct err e = {0};
	int looked = station_look(s, &e);
	jsonw_obj(w);
	if (looked < 0)
		jsonw_kstr(w, "folderTrouble", e.text);
	jsonw_kstr(w, "name", s->is.name);
	jsonw_kstr(w, "unit", s->is.unit);
	jsonw_kbool(w, "enrolled", s->enrolled);
	if (s->enrolled)
		jsonw_kstr(w, "key", s->site.key);
	if (s->discarded[0])
		jsonw_kstr(w, "discarded", s->discarded);
	if (station_contact_read(s, &c, &e) < 0)
		jsonw_kstr(w, "contactTrouble", e.text);
	if (c.heard) {
		jsonw_ktime(w, "heard", c.heard);
		jsonw_ki64(w, "silentSeconds", (time_now() - c.heard) / TIME_SEC);
	}
	if (c.printed)
		jsonw_ktime(w, "printed", c.printed);
	jsonw_kslice_opt(w, "trouble", slice_str(c.trouble));
	put_packets(s, w);
	put_pack(s, w);
	put_queue(s, w);
	jsonw_obj_end(w);
}

static void say_age(const char *what, const struct json_node *n)
{
	int64_t age = 0;
	(void)!num_i64(json_text(n, "ageSeconds"), INT64_MIN, INT64_MAX, &age);
	const struct json_node *expired = json_get(n, "expired");
	printf("%-10s made %.*s, %" PRId64 " min ago%s\n", what, SLICE_FMT(json_text(n, "made")), age / 60, expired && expired->type == JSON_TRUE ? ": EXPIRED" : "");
}

static void say(const struct json_node *n)
{
	const struct json_node *newest = json_get(n, "newest"), *pack = json_get(n, "pack");
	struct slice discarded = json_text(n, "discarded"), trouble = json_text(n, "trouble"), heard = json_text(n, "heard"), refused = json_text(n, "refused");
	printf("%-10s %.*s, unit %.*s%s%.*s\n", "station", SLICE_FMT(json_text(n, "name")), SLICE_FMT(json_text(n, "unit")), json_text(n, "key").n ? ", key " : ": NOT ENROLLED", SLICE_FMT(json_text(n, "key")));
	if (discarded.n)
		printf("%-10s WRITES NOTHING ANY MORE: %.*s\n", "", SLICE_FMT(discarded));
	if (newest && newest->type == JSON_OBJ)
		say_age("packet", newest);
	else
		printf("%-10s NONE HAS COME\n", "packet");
	if (json_text(n, "packetTrouble").n)
		printf("%-10s %.*s\n", "", SLICE_FMT(json_text(n, "packetTrouble")));
	if (pack && pack->type == JSON_OBJ)
		say_age("pack", pack);
	else
		printf("%-10s none has come\n", "pack");
	if (json_text(n, "packTrouble").n)
		printf("%-10s %.*s\n", "", SLICE_FMT(json_text(n, "packTrouble")));
	printf("%-10s %.*s\n", "site", heard.n ? (int)heard.n : 11, heard.n ? (const char *)heard.p : "NEVER HEARD");
	if (trouble.n)
		printf("%-10s %.*s\n", "", SLICE_FMT(trouble));
	printf("%-10s %.*s written, %.*s wait for the site\n", "items", SLICE_FMT(json_text(n, "items")), SLICE_FMT(json_text(n, "waiting")));
	if (!slice_eq_str(refused, "0"))
		printf("%-10s %.*s REFUSED BY THE SITE: DIR/refused says why\n", "", SLICE_FMT(refused));
	printf("%-10s %.*s left\n", "numbers", SLICE_FMT(json_text(n, "numbersLeft")));
}

int station_status_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct station_where at = {0};
	struct station *s = NULL;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct jsonw w;
	bool json = false, done;
	const struct cli_opt opts[] = {
		STATION_WHERE(at),
		{"json", CLI_FLAG, &json, NULL, "one JSON document"},
	};
	int r = cli_parse(argc, argv, "station status --dir DIR [--json]", "When the newest packet came and until when it is valid, whether the site is heard, what waits for it, and what is wrong. Exit status 1 where there is no packet that is valid, or this station writes nothing any more.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("station status: takes no argument");
	buf_init(&b, 1 << 20);
	r = station_at(&at, &s, &e);
	if (r < 0)
		return cli_fail(&e);
	jsonw_init(&w, &b);
	station_put_status(s, &w);
	r = a ? json_tree(buf_slice(&b), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	bool well = r == 0 && !s->discarded[0] && json_text(n, "newest.made").n && json_path(n, "newest.expired") && json_path(n, "newest.expired")->type == JSON_FALSE;
	station_close(s);
	if (r < 0)
		return cli_fail(&e);
	if (json)
		printf("%s\n", buf_cstr(&b));
	else
		say(n);
	int flushed = cli_flush();
	return flushed ? flushed : !well;
}
