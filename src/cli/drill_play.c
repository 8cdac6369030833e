/* The day, on the drill's own site: packets made and opened, a pack printed, care written down and sent back to the drill's receiver, and the downtime closed. */
#include "drill_cmd.h"
#include "downtime.h"
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_CHART_MAX 60.0 /* seconds; with old PCs in mind */
#define PAGES_MAX ((size_t)1 << 30)

static void fail(struct drill_run *x, enum drill_check_name n, const char *said)
{
	drill_set(x->d, n, DRILL_FAIL, DRILL_WHY_FAILED, said && *said ? said : "no word of why", 0, 0);
}

/* ---- a packet of each unit ---- */

struct opening {
	struct buf file, pages;
	uint64_t charts;
	double first; /* seconds to the first chart, of the slowest unit */
};

/* Verified, opened, and a chart found in it that reads: what somebody at a PC waits for. */
static int open_packet(struct drill_run *x, struct opening *o, const char *path, struct slice words, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct packet_seal seal;
	struct slice rest, page, json;
	struct json_node *n;
	uint64_t charts = 0;
	bool of_a_drill = false;
	int64_t begun = time_monotonic();
	double first = 0;
	buf_reset(&o->file);
	buf_reset(&o->pages);
	int r = a ? file_read(AT_FDCWD, path, PACKET_MAX, &o->file, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = packet_verify(buf_slice(&o->file), NULL, &seal, e);
	if (r == 0)
		r = packet_open(buf_slice(&o->file), words, &o->pages, e);
	rest = r == 0 ? buf_slice(&o->pages) : SLICE_NULL;
	while (r == 0 && packet_page_next(&rest, &page, &json)) {
		const struct json_node *drill = NULL;
		arena_reset(a);
		r = json_tree(json, a, &n, e);
		if (r == 0 && slice_eq_str(page, "about"))
			drill = json_get(n, "drill");
		of_a_drill = of_a_drill || (drill && drill->type == JSON_TRUE);
		if (r < 0 || !slice_starts(page, "/api/patient/"))
			continue;
		if (!charts++)
			first = (double)(time_monotonic() - begun) / (double)TIME_SEC;
	}
	(void)x;
	if (r == 0 && (rest.n || !of_a_drill))
		r = err_set(e, ERR_INPUT, path, rest.n ? "its pages are not whole" : "it does not say that it is of a drill");
	o->charts += charts;
	o->first = first > o->first ? first : o->first;
	return r;
}

/* A packet of which one byte is another must be refused. */
static int changed_is_seen(struct opening *o, struct err *e)
{
	struct packet_seal seal;
	struct err why = {0};
	o->file.p[o->file.n / 2] ^= 1;
	int r = packet_verify(buf_slice(&o->file), NULL, &seal, &why);
	return r == ERR_CRYPTO || r == ERR_INPUT ? 0 : err_set(e, ERR_CRYPTO, NULL, "a packet with a changed byte was taken for whole");
}

static int packet_of(struct drill_run *x, struct opening *o, size_t i, struct err *e)
{
	char path[4400], vkey[4400], said[DRILL_ABOUT_MAX];
	AUTO_BUF struct buf words = {0};
	const char *unit = x->d->unit[i];
	buf_init_secret(&words, 4096);
	snprintf(path, sizeof path, "%s/packet.html", x->place);
	snprintf(vkey, sizeof vkey, "%s/ledger/vkey", x->copy);
	if (DRILL_STEP(x, &words, said, "packet", "key", "--site", x->copy, "--unit", unit) || DRILL_STEP(x, NULL, said, "packet", "make", "--site", x->copy, "--unit", unit, "-o", path) ||
	    DRILL_STEP(x, NULL, said, "packet", "verify", path, "--vkey", vkey))
		return err_set(e, ERR_NO, NULL, "%s", said);
	int r = open_packet(x, o, path, slice_trim(buf_slice(&words)), e);
	if (r == 0 && i == 0)
		r = changed_is_seen(o, e);
	return r;
}

static void packets(struct drill_run *x)
{
	struct opening o = {.charts = 0};
	struct err e = {0};
	int r = 0;
	buf_init(&o.file, PACKET_MAX);
	buf_init_secret(&o.pages, PAGES_MAX);
	for (size_t i = 0; r == 0 && i < x->d->units; i++)
		r = packet_of(x, &o, i, &e);
	if (r == 0 && o.charts < x->persons_n)
		r = err_set(&e, ERR_NO, NULL, "of %zu patients %" PRIu64 " were in their units' packets", x->persons_n, o.charts);
	if (r < 0) {
		fail(x, DRILL_PACKET_OPENED, e.text);
	} else {
		drill_set(x->d, DRILL_PACKET_OPENED, DRILL_PASS, DRILL_WHY_OPENED, NULL, o.charts, x->d->units);
		drill_set(x->d, DRILL_FIRST_CHART, o.first > FIRST_CHART_MAX ? DRILL_FAIL : DRILL_PASS, DRILL_WHY_FIRST, NULL, 0, 0);
		drill_value(x->d, DRILL_FIRST_CHART, o.first, FIRST_CHART_MAX);
	}
	buf_done(&o.file);
	buf_wipe_done(&o.pages);
}

/* The words of the unit itself, where somebody has brought them from its envelope. */
void drill_words_tried(struct drill_run *x)
{
	AUTO_BUF struct buf words = {0};
	AUTO_BUF struct buf secret = {0};
	struct packet_key key;
	struct err e = {0};
	buf_init_secret(&words, 4096);
	buf_init_secret(&secret, 256);
	if (!x->o->words) {
		drill_set(x->d, DRILL_WORDS, DRILL_NOT_DONE, DRILL_WHY_WORDS_NOT_GIVEN, NULL, 0, 0);
		return;
	}
	const char *unit = x->d->unit[0];
	int r = file_read(AT_FDCWD, x->o->words, 4096, &words, &e);
	struct slice rest, line = slice_trim(slice_cut(buf_slice(&words), '\n', &rest));
	if (r == 0)
		r = packet_key_load(x->s.fd, unit, false, &key, &e);
	if (r < 0) {
		fail(x, DRILL_WORDS, r == ERR_NOT_FOUND ? "the unit has no words (holdfast packet key)" : e.text);
		return;
	}
	bool opens = age_open_scrypt(line, PACKET_SCRYPT_LOG_N, slice_of(key.sealed, key.sealed_n), &secret, &e) == 0;
	drill_set(x->d, DRILL_WORDS, opens ? DRILL_PASS : DRILL_FAIL, opens ? DRILL_WHY_WORDS_OPEN : DRILL_WHY_WORDS_WRONG, unit, 0, 0);
}

/* ---- paper ---- */

static uint64_t number_in(struct slice json, const char *key)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	uint64_t v = 0;
	if (a && json_tree(slice_trim(json), a, &n, NULL) == 0)
		(void)!num_u64(json_text(n, key), 0, UINT64_MAX, &v);
	return v;
}

static void paper(struct drill_run *x)
{
	int64_t begun = time_monotonic();
	uint64_t sheets = 0;
	char path[4400], said[DRILL_ABOUT_MAX];
	snprintf(path, sizeof path, "%s/pack.pdf", x->place);
	for (size_t i = 0; i < x->d->units; i++) {
		AUTO_BUF struct buf out = {0};
		AUTO_BUF struct buf pdf = {0};
		struct err e = {0};
		buf_init(&out, 1 << 16);
		buf_init(&pdf, (size_t)1 << 30);
		if (DRILL_STEP(x, &out, said, "paper", "print", "--site", x->copy, "--unit", x->d->unit[i], "--sheet", "pack", "--lang", x->o->lang, "--json", "-o", path)) {
			fail(x, DRILL_PAPER, said);
			return;
		}
		uint64_t n = number_in(buf_slice(&out), "sheets");
		if (!n || file_read(AT_FDCWD, path, (size_t)1 << 30, &pdf, &e) < 0 || !slice_starts(buf_slice(&pdf), "%PDF-")) {
			fail(x, DRILL_PAPER, "no PDF came of it");
			return;
		}
		sheets += n;
	}
	unlink(path);
	drill_set(x->d, DRILL_PAPER, DRILL_PASS, DRILL_WHY_PRINTED, NULL, sheets, x->d->units);
	drill_value(x->d, DRILL_PAPER, (double)(time_monotonic() - begun) / (double)TIME_SEC, -1);
}

/* ---- care written down, and back ---- */

/* One of each kind, for the first patient of each unit; the first two of somebody who has no number yet. */
static const struct {
	const char *kind, *values;
} ITEMS[] = {
	{"vitals", "{\"systolic\":120,\"diastolic\":80,\"pulse\":72,\"temperature\":\"37.2\"}"}, {"given", "{\"drug\":\"Paracetamol\",\"dose\":\"1\",\"unit\":\"g\",\"route\":\"PO\"}"}, {"held", "{\"drug\":\"Insulin\",\"why\":\"drill\"}"},
	{"order", "{\"category\":\"laboratory\",\"what\":\"Lactate\"}"}, {"order", "{\"category\":\"medication\",\"what\":\"Ceftriaxone\",\"dose\":\"2\",\"unit\":\"g\"}"},
	{"result", "{\"test\":\"Potassium\",\"value\":\"6.1\",\"unit\":\"mmol/L\",\"critical\":true,\"readBack\":true}"}, {"note", "{\"title\":\"Drill\",\"text\":\"written down in a drill\"}"}, {"allergy", "{\"substance\":\"Drill\",\"reaction\":\"none\"}"},
	{"specimen", "{\"number\":\"DRILL-S1\",\"state\":\"sent\"}"}, {"sheet", "{\"number\":\"DRILL-P1\",\"of\":\"vitals\"}"}, {"transfer", "{\"bed\":\"DRILL^1^A\"}"}, {"discharge", "{\"disposition\":\"home\"}"},
};
#define KINDS (ARRAY_LEN(ITEMS) + 2 - 1) /* with registration and admit; order stands twice */

static void put_item(struct drill_run *x, struct jsonw *w, unsigned *n, const char *unit, const char *patient, const char *kind, const char *values)
{
	char id[32], when[32];
	snprintf(id, sizeof id, "DRILL-%u", ++*n);
	jsonw_obj(w);
	jsonw_kstr(w, "id", id);
	jsonw_kstr(w, "unit", unit);
	jsonw_kstr(w, "patient", patient);
	jsonw_kstr(w, "kind", kind);
	jsonw_kstr(w, "occurred", time_rfc3339(time_now() - 60 * TIME_SEC, x->s.zone_minutes, when));
	jsonw_kstr(w, "by", "drill");
	jsonw_key(w, "identifiers");
	jsonw_raw(w, SLICE("[\"recordNumber\",\"birth\"]"));
	jsonw_key(w, "values");
	jsonw_raw(w, slice_str(values));
	jsonw_obj_end(w);
}

static unsigned put_items(struct drill_run *x, struct buf *b)
{
	struct jsonw w;
	unsigned n = 0;
	size_t unit = SIZE_MAX;
	jsonw_init(&w, b);
	jsonw_arr(&w);
	put_item(x, &w, &n, x->d->unit[0], "DRILL-77@DOWNTIME", "registration", "{\"family\":\"DRILL\",\"given\":\"Unknown\",\"class\":\"emergency\"}");
	put_item(x, &w, &n, x->d->unit[0], "DRILL-77@DOWNTIME", "admit", "{\"bed\":\"DRILL^2^A\"}");
	for (size_t i = 0; i < x->persons_n; i++) {
		if (x->persons[i].unit == unit)
			continue;
		unit = x->persons[i].unit;
		for (size_t k = 0; k < ARRAY_LEN(ITEMS); k++)
			put_item(x, &w, &n, x->d->unit[unit], x->persons[i].number, ITEMS[k].kind, ITEMS[k].values);
	}
	jsonw_arr_end(&w);
	return n;
}

static void say_captured(struct drill_run *x, unsigned items, const struct drill_heard *h)
{
	char other[DRILL_ABOUT_MAX];
	uint64_t off = h->distinct > items ? h->distinct - items : items - h->distinct, twice = h->messages - h->distinct;
	if (!off && !twice && !h->not_training) {
		drill_set(x->d, DRILL_CAPTURES, DRILL_PASS, DRILL_WHY_CAPTURED, NULL, items, KINDS);
	} else {
		snprintf(other, sizeof other, "%" PRIu64 " messages came, %" PRIu64 " of them twice, %" PRIu64 " not marked as training", h->messages, twice, h->not_training);
		drill_set(x->d, DRILL_CAPTURES, DRILL_FAIL, DRILL_WHY_CAPTURED_OTHER, other, off + twice + h->not_training, items);
	}
	drill_value(x->d, DRILL_CAPTURES, (double)h->distinct, (double)items);
}

static void say_balance(struct drill_run *x, bool closed, unsigned items, const char *said)
{
	AUTO_BUF struct buf out = {0};
	char quiet[DRILL_ABOUT_MAX];
	buf_init(&out, 1 << 20);
	int status = DRILL_STEP(x, &out, quiet, "downtime", "balance", "--site", x->copy, "--json");
	uint64_t all = number_in(buf_slice(&out), "items"), left = number_in(buf_slice(&out), "open") + number_in(buf_slice(&out), "unknown");
	if (status || all != items || (!left && !closed)) {
		fail(x, DRILL_BALANCE, status ? quiet : closed ? "the balance is not of all that was written down" : said);
		return;
	}
	drill_set(x->d, DRILL_BALANCE, left ? DRILL_FAIL : DRILL_PASS, left ? DRILL_WHY_BALANCE_OPEN : DRILL_WHY_BALANCE_ZERO, NULL, left ? left : all, all);
	drill_value(x->d, DRILL_BALANCE, (double)left, 0);
}

static void care(struct drill_run *x)
{
	AUTO_BUF struct buf items = {0};
	char path[4400], to[40], said[DRILL_ABOUT_MAX], sent[DRILL_ABOUT_MAX] = "";
	struct drill_heard heard = {0};
	struct err e = {0};
	buf_init(&items, 1 << 22);
	unsigned n = put_items(x, &items);
	snprintf(path, sizeof path, "%s/items.json", x->place);
	int r = drill_sink_start(x, &e);
	if (r < 0) {
		fail(x, DRILL_CAPTURES, e.text);
		return;
	}
	snprintf(to, sizeof to, "127.0.0.1:%u", (unsigned)x->port);
	bool ok = file_replace(AT_FDCWD, path, buf_slice(&items), 0600, &e) == 0 && !DRILL_STEP(x, NULL, said, "downtime", "begin", "--site", x->copy, "--reason", "drill") &&
	          !DRILL_STEP(x, NULL, said, "capture", "import", "--site", x->copy, path);
	bool filed = ok && !DRILL_STEP(x, NULL, sent, "backload", "send", "--site", x->copy, "--to", to, "--name", "drill") && !DRILL_STEP(x, NULL, sent, "backload", "send", "--site", x->copy, "--to", to, "--name", "drill");
	static const char *const states[] = {"read-only", "write", "closed"};
	bool closed = filed;
	for (size_t i = 0; closed && i < ARRAY_LEN(states); i++)
		closed = !DRILL_STEP(x, NULL, sent, "downtime", "advance", states[i], "--site", x->copy);
	r = drill_sink_end(x, &heard, &e);
	if (!ok || r < 0) {
		fail(x, DRILL_CAPTURES, !ok ? said : e.text);
		return;
	}
	say_captured(x, n, &heard);
	say_balance(x, closed, n, sent);
}

/* ---- the EHR cannot be reached ---- */

/* A connection to an address that is kept for documents (RFC 5737): with no way out the kernel says so at once. */
static bool no_way_out(void)
{
	const struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(2575), .sin_addr = {htonl(0xc0000201)}};
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) < 0 && errno == ENETUNREACH;
}

static void say_cut(struct drill_run *x)
{
	if (!x->cut)
		drill_set(x->d, DRILL_CUT_OFF, DRILL_WARN, DRILL_WHY_CUT_ADDRESS, NULL, 0, 0);
	else
		drill_set(x->d, DRILL_CUT_OFF, no_way_out() ? DRILL_PASS : DRILL_FAIL, no_way_out() ? DRILL_WHY_CUT_KERNEL : DRILL_WHY_CUT_OPEN, NULL, 0, 0);
}

void drill_play(struct drill_run *x)
{
	say_cut(x);
	if (x->d->check[DRILL_CUT_OFF].result == DRILL_FAIL)
		return;
	packets(x);
	paper(x);
	care(x);
}
