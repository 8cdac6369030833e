/* keeper_packet: ward packets are made where charts are read, and signed here, where the key is. What is signed is a text of our own making (packet.h), which no checkpoint can be and which says itself how long it is
 * valid; that it was made, and by whom it was fetched, is an entry before anybody has the signature. */
#include "packet.h"
#include "sessions.h"

#define UNITS_MAX 1024 /* of whose newest packet is known */
#define FAILING_MAX 64 /* of which it is said why no packet can be made */
#define WITHOUT_MAX 64
#define GRACE (3 * TIME_SEC)       /* what is over by then is no alarm */
#define LATE (15 * 60 * TIME_SEC)  /* as the board shows it */
#define SILENT (180 * TIME_SEC)    /* monotonic: what the role said holds for so long */
#define CLOCK_APART (600 * TIME_SEC) /* the same machine's: a slow unit is made within it */

struct packet_ask {
	struct packet_seal seal;
	uint64_t persons, left_out, apart;
};

/* The newest packet of a unit, for the board. One of a cache that was lost is unknown until the next one is made. */
struct kpacket {
	char unit[PACKET_UNIT_MAX + 1];
	int64_t made, until;
	uint64_t entry, bytes, persons;
};
struct keeper_packets {
	struct kpacket v[UNITS_MAX];
	size_t n;
	struct kpacket signed_last; /* by the role, which says when it lies on the disk: its packets count from then on */
	char signed_sha256[2 * SEAL_HASH + 1];
	int64_t said_at;            /* monotonic: when the role last said how it is; 0: it has not */
	struct failing {
		char unit[PACKET_UNIT_MAX + 1], why[240];
		int64_t since;
	} failing[FAILING_MAX];
	size_t failing_n;
	char without[WITHOUT_MAX][PACKET_UNIT_MAX + 1], broken[240];
	size_t without_n;
	uint64_t units;             /* that have words */
	int64_t without_since;
};

static bool number(const struct json_node *n, const char *key, uint64_t max, uint64_t *ret)
{
	return num_u64(json_text(n, key), 0, max, ret) == 0;
}

static int ask_read(struct keeper *k, const struct json_node *n, struct packet_ask *ret, struct err *e)
{
	struct packet_ask q = {.persons = 0};
	struct slice unit = json_text(n, "unit");
	AUTO_BUF struct buf vkey = {0};
	buf_init(&vkey, sizeof q.seal.vkey - 1);
	note_vkey_format(&k->keys.signing.v, &vkey);
	int r = packet_unit_check(unit, e);
	if (r < 0)
		return r;
	memcpy(q.seal.unit, unit.p, unit.n);
	snprintf(q.seal.vkey, sizeof q.seal.vkey, "%s", buf_cstr(&vkey));
	bool ok = buf_ok(&vkey) && number(n, "bytes", PACKET_MAX, &q.seal.bytes) && number(n, "entries", ledger_size(k->l), &q.seal.entries) && number(n, "persons", UINT32_MAX, &q.persons) && number(n, "protected", UINT32_MAX, &q.left_out) &&
	          number(n, "apart", UINT32_MAX, &q.apart) && time_parse(json_text(n, "made"), 0, &q.seal.made) == 0 && time_parse(json_text(n, "until"), 0, &q.seal.until) == 0 && hex_get(q.seal.sha256, SEAL_HASH, json_text(n, "sha256")) == 0;
	int64_t off = ok ? q.seal.made - time_now() : 0;
	if (!ok || off > CLOCK_APART || off < -CLOCK_APART)
		return err_set(e, ERR_INPUT, NULL, "that is no packet to sign");
	*ret = q;
	return 0;
}

static void entry_of(const struct packet_ask *q, const struct json_node *n, const struct asker *who, const char *what, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", what);
	jsonw_kslice(&w, "unit", json_text(n, "unit"));
	jsonw_kslice_opt(&w, "sha256", json_text(n, "sha256"));
	if (q) {
		jsonw_ku64(&w, "entries", q->seal.entries);
		jsonw_ku64(&w, "persons", q->persons);
		jsonw_ku64(&w, "protected", q->left_out);
		jsonw_ku64(&w, "apart", q->apart);
		jsonw_ktime(&w, "made", q->seal.made);
		jsonw_ktime(&w, "validUntil", q->seal.until);
	}
	jsonw_kstr(&w, "by", who->user);
	jsonw_kstr(&w, "role", who->role);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

/* ---- the newest of each unit ---- */

static bool packets_there(struct keeper *k)
{
	return k->packets || (k->packets = calloc(1, sizeof *k->packets));
}

static const struct kpacket *newest_of(const struct keeper_packets *p, const char *unit)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->v[i].unit, unit))
			return &p->v[i];
	return NULL;
}

static void remember(struct keeper *k, const struct kpacket *p)
{
	if (!packets_there(k))
		return;
	size_t i = 0;
	while (i < k->packets->n && strcmp(k->packets->v[i].unit, p->unit) != 0)
		i++;
	if (i < UNITS_MAX)
		k->packets->v[i] = *p;
	if (i == k->packets->n && i < UNITS_MAX)
		k->packets->n++;
}

void keeper_packets_put(const struct keeper *k, struct jsonw *w)
{
	jsonw_arr(w);
	for (size_t i = 0; k->packets && i < k->packets->n; i++) {
		const struct kpacket *p = &k->packets->v[i];
		jsonw_obj(w);
		jsonw_kstr(w, "unit", p->unit);
		jsonw_ktime(w, "made", p->made);
		jsonw_ktime(w, "validUntil", p->until);
		jsonw_ku64(w, "entry", p->entry);
		jsonw_ku64(w, "bytes", p->bytes);
		jsonw_ku64(w, "persons", p->persons);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

void keeper_packets_load(struct keeper *k, const struct json_node *list)
{
	for (const struct json_node *n = list && list->type == JSON_ARR ? list->child : NULL; n; n = n->next) {
		struct kpacket p = {.made = 0};
		struct slice unit = json_text(n, "unit");
		if (packet_unit_check(unit, NULL) < 0 || time_parse(json_text(n, "made"), 0, &p.made) < 0 || time_parse(json_text(n, "validUntil"), 0, &p.until) < 0 || !number(n, "entry", UINT64_MAX, &p.entry) || !number(n, "bytes", UINT64_MAX, &p.bytes) || !number(n, "persons", UINT64_MAX, &p.persons))
			continue;
		memcpy(p.unit, unit.p, unit.n);
		remember(k, &p);
	}
}

void keeper_packets_forget(struct keeper *k)
{
	free(k->packets);
	k->packets = NULL;
}

/* ---- what the role that makes them says of itself ---- */

static bool state_known(const struct keeper *k)
{
	return k->packets && k->packets->said_at && time_monotonic() - k->packets->said_at < SILENT;
}

void keeper_packets_state_put(const struct keeper *k, struct jsonw *w)
{
	const struct keeper_packets *p = state_known(k) ? k->packets : NULL;
	jsonw_obj(w);
	jsonw_ku64(w, "minutes", k->r->limits.packet_minutes);
	jsonw_ku64(w, "units", p ? p->units : 0);
	jsonw_key(w, "failing");
	jsonw_arr(w);
	for (size_t i = 0; p && i < p->failing_n; i++) {
		const struct kpacket *newest = newest_of(p, p->failing[i].unit);
		jsonw_obj(w);
		jsonw_kstr(w, "unit", p->failing[i].unit);
		jsonw_ktime(w, "since", p->failing[i].since);
		jsonw_kstr(w, "reason", p->failing[i].why);
		if (newest)
			jsonw_ktime(w, "newest", newest->made);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_key(w, "withoutWords");
	jsonw_arr(w);
	for (size_t i = 0; p && i < p->without_n; i++)
		jsonw_str(w, p->without[i]);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

/* One alarm for all units: a disk that is full has all of them fail. */
static void failing_alarm(const struct keeper_packets *p, int64_t now, struct jsonw *w)
{
	AUTO_BUF struct buf b = {0};
	bool late = false;
	int64_t since = INT64_MAX;
	size_t shown = 0, n = 0;
	buf_init(&b, 4096);
	for (size_t i = 0; i < p->failing_n; i++) {
		const struct failing *f = &p->failing[i];
		const struct kpacket *newest = newest_of(p, f->unit);
		int64_t age = newest ? now - newest->made : now - f->since;
		if (now - f->since < GRACE)
			continue;
		n++;
		late |= age > LATE || (newest && newest->until < now);
		since = f->since < since ? f->since : since;
		if (shown == 4)
			continue;
		buf_printf(&b, "%s%s: ", shown++ ? "; " : "", f->unit);
		if (newest)
			buf_printf(&b, "the newest packet is %lld min old; %s", (long long)(age / (60 * TIME_SEC)), f->why);
		else
			buf_printf(&b, "it has no packet; %s", f->why);
	}
	if (p->broken[0])
		buf_printf(&b, "%s%s", b.n ? "; " : "", p->broken);
	if (n > shown)
		buf_printf(&b, "; and %zu more units", n - shown);
	if (b.n)
		alarm_put(w, "packets-failing", late ? "alarm" : "warning", since == INT64_MAX ? now : since, "ward packets are not made", buf_cstr(&b), "mend what is said; it is tried again by itself. holdfast packet make makes one by hand, into another folder");
}

void keeper_packets_alarms(const struct keeper *k, struct jsonw *w)
{
	const struct keeper_packets *p = state_known(k) ? k->packets : NULL;
	AUTO_BUF struct buf b = {0};
	if (!p && k->r->limits.packet_minutes && k->alarms_from && time_monotonic() - k->alarms_from > SILENT)
		alarm_put(w, "packets-failing", "warning", k->started, "ward packets are not made", "the process that makes them has said nothing for minutes", "read the journal of the service; holdfast packet make makes one by hand, into another folder");
	if (!p)
		return;
	failing_alarm(p, time_now(), w);
	if (!p->units || !p->without_n) /* a house that has no packets at all has not begun */
		return;
	buf_init(&b, 8192);
	for (size_t i = 0; i < p->without_n; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", p->without[i]);
	alarm_put(w, "packets-words", "warning", p->without_since, "units without ward packets", buf_cstr(&b), "holdfast packet key --site DIR --unit UNIT makes the words of each; its packets are made by themselves then");
}

static void take_failing(struct keeper_packets *p, const struct json_node *list)
{
	p->failing_n = 0;
	for (const struct json_node *n = list && list->type == JSON_ARR ? list->child : NULL; n && p->failing_n < FAILING_MAX; n = n->next) {
		struct failing f = {.since = 0};
		struct slice unit = json_text(n, "unit"), why = json_text(n, "reason");
		if (packet_unit_check(unit, NULL) < 0 || time_parse(json_text(n, "since"), 0, &f.since) < 0)
			continue;
		memcpy(f.unit, unit.p, unit.n);
		snprintf(f.why, sizeof f.why, "%.*s", (int)(why.n < 200 ? why.n : 200), (const char *)why.p);
		p->failing[p->failing_n++] = f;
	}
}

static int looked(struct keeper *k, const struct json_node *n, struct err *e)
{
	const struct json_node *list = json_get(n, "withoutWords");
	struct slice broken = json_text(n, "broken");
	uint64_t units;
	if (!number(n, "units", UNITS_MAX, &units))
		return err_set(e, ERR_INPUT, NULL, "a bad request");
	if (!packets_there(k))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	struct keeper_packets *p = k->packets;
	p->units = units;
	p->said_at = time_monotonic();
	take_failing(p, json_get(n, "failing"));
	snprintf(p->broken, sizeof p->broken, "%.*s", (int)(broken.n < 200 ? broken.n : 200), broken.n ? (const char *)broken.p : "");
	p->without_n = 0;
	for (const struct json_node *x = list && list->type == JSON_ARR ? list->child : NULL; x && p->without_n < WITHOUT_MAX; x = x->next)
		if (packet_unit_check(x->value, NULL) == 0)
			snprintf(p->without[p->without_n++], sizeof p->without[0], "%.*s", SLICE_FMT(x->value));
	if (!p->without_n)
		p->without_since = 0;
	else if (!p->without_since)
		p->without_since = time_now();
	return 0;
}

/* The role has it on the disk. */
static int kept(struct keeper *k, const struct json_node *n, struct err *e)
{
	struct keeper_packets *p = k->packets;
	if (!p || !slice_eq_str(json_text(n, "unit"), p->signed_last.unit) || !slice_eq_str(json_text(n, "sha256"), p->signed_sha256))
		return err_set(e, ERR_NOT_FOUND, NULL, "that is not the packet that was signed last");
	remember(k, &p->signed_last);
	accounts_touch(k);
	return 0;
}

static int enter(struct keeper *k, const struct packet_ask *q, const struct json_node *n, const struct asker *who, const char *what, uint64_t *ret_seq, struct err *e)
{
	char source[LEDGER_SOURCE_MAX + 1] = "cli";
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 14);
	entry_of(q, n, who, what, &b);
	if (!strcmp(who->role, "packets")) /* no person has this role (SERVE_ROLES) */
		snprintf(source, sizeof source, "packets");
	else if (!who->command)
		keeper_source(who, "web", source);
	return buf_ok(&b) ? keeper_record(k, LEDGER_PACKET, source, buf_slice(&b), ret_seq, NULL, e) : err_set(e, buf_code(&b), NULL, "too long for an entry");
}

static int make(struct keeper *k, const struct json_node *n, const struct asker *who, bool by_role, struct buf *ret_note, struct err *e)
{
	struct packet_ask q;
	AUTO_BUF struct buf text = {0};
	buf_init(&text, 4096);
	int r = ask_read(k, n, &q, e);
	if (r == 0)
		r = packet_seal_text(&q.seal, &text, e);
	if (r == 0)
		r = note_sign(&k->keys.signing, buf_slice(&text), ret_note, e);
	struct kpacket p = {.made = q.seal.made, .until = q.seal.until, .bytes = q.seal.bytes, .persons = q.persons};
	r = r < 0 ? r : enter(k, &q, n, who, "made", &p.entry, e);
	if (r < 0)
		return r;
	memcpy(p.unit, q.seal.unit, sizeof p.unit);
	if (by_role && packets_there(k)) {
		struct slice sha256 = json_text(n, "sha256");
		k->packets->signed_last = p;
		snprintf(k->packets->signed_sha256, sizeof k->packets->signed_sha256, "%.*s", SLICE_FMT(sha256));
		return 0;
	}
	remember(k, &p);
	accounts_touch(k);
	return 0;
}

static int fetch(struct keeper *k, const struct json_node *n, const struct asker *who, struct err *e)
{
	uint8_t hash[SEAL_HASH];
	if (hex_get(hash, sizeof hash, json_text(n, "sha256")) < 0)
		return err_set(e, ERR_INPUT, NULL, "which packet?");
	int r = packet_unit_check(json_text(n, "unit"), e);
	return r < 0 ? r : enter(k, NULL, n, who, "fetched", NULL, e);
}

/* A unit got other words. It is said before they are in use. */
static int rekey(struct keeper *k, const struct json_node *n, const struct asker *who, struct err *e)
{
	const struct json_node *apart = json_get(n, "protected");
	int r = who->command ? packet_unit_check(json_text(n, "unit"), e) : err_set(e, ERR_DENIED, NULL, "words are made by a command on this machine");
	return r < 0 ? r : enter(k, NULL, n, who, apart && apart->type == JSON_TRUE ? "key-protected" : "key", NULL, e);
}

void op_packet(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf note = {0};
	struct asker who;
	struct json_node *n;
	struct err e = {0};
	buf_init(&note, 4096);
	bool by_role = ch->kind == CH_PACKET;
	int r = asker_read(k, ch, &c, 0, &who, &e);
	if (r == 0 && !by_role && !(who.may & MAY_STATION) && (who.may & (MAY_CENSUS | MAY_CHART)) != (MAY_CENSUS | MAY_CHART))
		r = err_set(&e, ERR_DENIED, NULL, "the role %s may not do this", who.role);
	if (r == 0)
		r = a ? json_tree(cur_take(&c, cur_left(&c)), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	struct slice what = r == 0 ? json_text(n, "do") : SLICE_NULL;
	if (r == 0 && by_role)
		r = slice_eq_str(what, "make") ? make(k, n, &who, true, &note, &e) : slice_eq_str(what, "kept") ? kept(k, n, &e) : slice_eq_str(what, "looked") ? looked(k, n, &e) : err_set(&e, ERR_INPUT, NULL, "no such request");
	else if (r == 0)
		r = slice_eq_str(what, "make") ? make(k, n, &who, false, &note, &e) : slice_eq_str(what, "fetch") ? fetch(k, n, &who, &e) : slice_eq_str(what, "key") ? rekey(k, n, &who, &e) : slice_eq_str(what, "transfer") ? keeper_transfer_sign(k, n, &who, &note, &e) : err_set(&e, ERR_INPUT, NULL, "no such request");
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_add_slice(&ch->c.out, buf_slice(&note));
	reply_end(ch, at);
}
