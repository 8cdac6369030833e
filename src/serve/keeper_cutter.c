/* keeper_cutter: what the cutter (cutter.c) is told, and what it found. It is told the whole list each time: the far sides and listeners of links that are cut, addresses that are cut, and whether the host is isolated
 * and who still talks to it. Something is on the list from the moment somebody says so, and leaves it when the entry that says that is durable.
 *
 * Entries of kind gate-act beside those of links (keeper_gate.c): what "cut-address", "free-sign" (with first and firstUntil: who has signed first for its end) and "free-address" (with until: when it is cut again) with address; "island" with members and admins; "isolate", "isolate-sign", "isolate-end" with isolation: how it
 * stands after it; "address-proof" and "isolate-proof" with method, at, result. */
#include "keeper.h"
#include "cutter.h"
#include "gate.h"

#include <stdlib.h>

#define ADDRESSES_MAX 1024
#define MEMBERS_MAX 2048
#define ADMINS_MAX 64
#define PENDING_MAX 64
#define PATIENCE (8 * TIME_SEC)

struct cut_address {
	struct gate_element x;
	int64_t since;
	char by[USER_MAX], reason[128];
	bool freed;               /* and that is not durable yet */
	int64_t until;            /* freed until then, and cut again by itself; 0: no */
	char first[GATE_WHO_MAX]; /* has signed for its end */
	int64_t first_until;
	uint64_t packets;         /* stopped, at the last probe */
	char proof[200];
};
struct pending { /* a command waits for the probe */
	uint64_t tag, chan, chan_tag;
	int64_t until;
	struct gate_element x;    /* kind 0: of the host */
};
struct found {
	struct gate_element x;
	enum cut_found what;
	uint64_t packets, bytes;
};
struct keeper_cutter {
	struct kchan *ch;         /* NULL: it is not there */
	uint64_t tags;
	uint8_t able;
	int failed;               /* of the last list: below 0, it is not in force */
	char why[200];
	uint32_t ended;           /* sockets, by the last list */
	uint64_t micros;          /* how long it took */
	struct cut_address *addresses;
	size_t address_n;
	struct gate_element *members; /* admins among them */
	size_t member_n;
	struct gate_element admins[ADMINS_MAX];
	size_t admin_n;
	struct gate_isolation iso;
	bool isolated;            /* what the cutter is told: iso, and its end not before it is durable */
	char iso_proof[200];
	int64_t iso_proof_at;
	struct pending pending[PENDING_MAX];
	size_t pending_n;
	struct found *found;      /* of the last probe, sorted */
	size_t found_n;
	enum cut_found host;      /* of the last probe, of the host */
	uint64_t host_packets;
	bool later;               /* something leaves the list when this round is durable */
	bool through;             /* a probe of the host or of an address passed */
};

static struct keeper_cutter *cutter(struct keeper *k)
{
	if (!k->cutter)
		k->cutter = calloc(1, sizeof *k->cutter);
	return k->cutter;
}

static void copy_text(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

/* Is it cut, as far as anybody is told? */
static bool is_cut(const struct cut_address *a)
{
	return a && !a->freed && !a->until;
}

static struct cut_address *address_find(struct keeper_cutter *c, const struct gate_element *x)
{
	for (size_t i = 0; i < c->address_n; i++)
		if (!gate_element_compare(&c->addresses[i].x, x))
			return &c->addresses[i];
	return NULL;
}

static struct cut_address *address_add(struct keeper_cutter *c, const struct gate_element *x)
{
	struct cut_address *a = address_find(c, x), *p;
	if (a)
		return a;
	p = c->address_n < ADDRESSES_MAX ? reallocarray(c->addresses, c->address_n + 1, sizeof *p) : NULL;
	if (!p)
		return NULL;
	c->addresses = p;
	a = &p[c->address_n++];
	*a = (struct cut_address){.x = *x};
	return a;
}

static void address_drop(struct keeper_cutter *c, size_t i)
{
	memmove(&c->addresses[i], &c->addresses[i + 1], (--c->address_n - i) * sizeof *c->addresses);
}

/* "IP, IP/BITS ..." or a JSON array of such. */
static int members_read(const struct json_node *list, struct gate_element *out, size_t room, size_t *ret_n, struct err *e)
{
	size_t n = 0;
	for (const struct json_node *m = list ? list->child : NULL; m; m = m->next) {
		char text[64];
		if (n == room)
			return err_set(e, ERR_LIMIT, NULL, "at most %zu addresses", room);
		copy_text(text, sizeof text, m->value);
		if (m->type != JSON_STR || gate_element_parse(text, GATE_MEMBER, &out[n]) < 0)
			return err_set(e, ERR_USAGE, NULL, "an address is IP or IP/BITS, in numbers: not '%s'", text);
		n++;
	}
	*ret_n = gate_elements_sort(out, n);
	return 0;
}

static void put_elements(struct jsonw *w, const char *key, const struct gate_element *v, size_t n)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++) {
		char text[64];
		gate_element_text(&v[i], text);
		jsonw_str(w, text);
	}
	jsonw_arr_end(w);
}

static void put_isolation(struct jsonw *w, const struct gate_isolation *s)
{
	jsonw_key(w, "isolation");
	jsonw_obj(w);
	jsonw_kbool(w, "on", s->on);
	jsonw_ki64(w, "since", s->since);
	if (s->first[0]) {
		jsonw_kstr(w, "first", s->first);
		jsonw_ki64(w, "firstUntil", s->first_until);
	}
	jsonw_obj_end(w);
}

/* What does not read is isolated: a state that nobody knows is the closed one. */
static void read_isolation(const struct json_node *n, struct gate_isolation *ret)
{
	const struct json_node *on = json_get(n, "on");
	struct gate_isolation s = {.on = !on || on->type != JSON_FALSE};
	copy_text(s.first, sizeof s.first, json_text(n, "first"));
	if (num_i64(json_text(n, "since"), 0, INT64_MAX, &s.since) < 0)
		s.since = 0;
	if (num_i64(json_text(n, "firstUntil"), 0, INT64_MAX, &s.first_until) < 0)
		s.first[0] = 0;
	*ret = s;
}

/* ---- the fold ---- */

static void set_members(struct keeper_cutter *c, const struct json_node *members, const struct json_node *admins)
{
	size_t n = 0, a = 0;
	struct gate_element *v = calloc(MEMBERS_MAX + ADMINS_MAX, sizeof *v);
	if (!v || members_read(members, v, MEMBERS_MAX, &n, NULL) < 0 || members_read(admins, c->admins, ADMINS_MAX, &a, NULL) < 0) {
		free(v);
		return;
	}
	memcpy(v + n, c->admins, a * sizeof *v);
	free(c->members);
	c->members = v;
	c->member_n = gate_elements_sort(v, n + a);
	c->admin_n = a;
}

/* Who has signed first for the end of a cut; what does not read is nobody. */
static void read_first(const struct json_node *n, struct cut_address *a)
{
	copy_text(a->first, sizeof a->first, json_text(n, "first"));
	if (num_i64(json_text(n, "firstUntil"), 0, INT64_MAX, &a->first_until) < 0)
		a->first[0] = 0;
}

static void put_first(struct jsonw *w, const struct cut_address *a)
{
	if (!a->first[0])
		return;
	jsonw_kstr(w, "first", a->first);
	jsonw_ki64(w, "firstUntil", a->first_until);
}

/* What the sensor of a file server cut by its own judgement, its own release lets in again: one command undoes a stop. As soon as somebody else wants it cut, too, that one's word stands, and its end needs two people. */
static bool by_sensor(struct slice user)
{
	return slice_starts(user, "watch (uid ");
}

/* Somebody wants it cut. Who had signed for its end has signed for nothing. False: nothing is new in that. */
static bool take_cut(struct cut_address *a, struct slice by, struct slice reason, int64_t time)
{
	bool was = a->since && is_cut(a), takes = !was || (by_sensor(slice_str(a->by)) && !by_sensor(by)), news = takes || a->first[0];
	a->freed = false;
	a->until = 0;
	a->first[0] = 0;
	if (!was)
		a->since = time;
	if (takes) {
		copy_text(a->by, sizeof a->by, by);
		copy_text(a->reason, sizeof a->reason, reason);
	}
	return news;
}

bool keeper_cutter_note(struct keeper *k, const struct json_node *n, int64_t time)
{
	struct slice what = json_text(n, "what");
	struct gate_element x;
	char text[64];
	bool cut = slice_eq_str(what, "cut-address"), freed = slice_eq_str(what, "free-address"), sign = slice_eq_str(what, "free-sign"), mine = cut || freed || sign || slice_eq_str(what, "island") || slice_starts(what, "isolate") || slice_eq_str(what, "address-proof");
	struct keeper_cutter *c = mine ? cutter(k) : NULL;
	if (!c)
		return mine;
	if (cut || freed || sign) {
		copy_text(text, sizeof text, json_text(n, "address"));
		if (gate_element_parse(text, GATE_ADDRESS, &x) < 0)
			return true;
		struct cut_address *a = cut ? address_add(c, &x) : address_find(c, &x);
		if (a && cut)
			(void)take_cut(a, json_text(n, "by"), json_text(n, "reason"), time);
		else if (a && sign)
			read_first(n, a);
		else if (a && num_i64(json_text(n, "until"), 1, INT64_MAX, &a->until) == 0)
			a->first[0] = 0;
		else if (a)
			address_drop(c, (size_t)(a - c->addresses));
	} else if (slice_eq_str(what, "island")) {
		set_members(c, json_get(n, "members"), json_get(n, "admins"));
	} else if (json_get(n, "isolation")) {
		read_isolation(json_get(n, "isolation"), &c->iso);
	}
	return true;
}

void keeper_cutter_save(const struct keeper *k, struct jsonw *w)
{
	const struct keeper_cutter *c = k->cutter;
	jsonw_obj(w);
	jsonw_key(w, "addresses");
	jsonw_arr(w);
	for (size_t i = 0; c && i < c->address_n; i++) {
		char text[64];
		gate_element_text(&c->addresses[i].x, text);
		jsonw_obj(w);
		jsonw_kstr(w, "address", text);
		jsonw_ki64(w, "since", c->addresses[i].since);
		jsonw_kslice_opt(w, "by", slice_str(c->addresses[i].by));
		jsonw_kslice_opt(w, "reason", slice_str(c->addresses[i].reason));
		if (c->addresses[i].until)
			jsonw_ki64(w, "until", c->addresses[i].until);
		put_first(w, &c->addresses[i]);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	put_elements(w, "members", c ? c->members : NULL, c ? c->member_n : 0);
	put_elements(w, "admins", c ? c->admins : NULL, c ? c->admin_n : 0);
	if (c)
		put_isolation(w, &c->iso);
	jsonw_obj_end(w);
}

void keeper_cutter_load(struct keeper *k, const struct json_node *root)
{
	const struct json_node *list = json_get(root, "addresses"), *iso = json_get(root, "isolation");
	struct keeper_cutter *c = iso ? cutter(k) : NULL;
	if (!c)
		return;
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		struct gate_element x;
		char text[64];
		copy_text(text, sizeof text, json_text(n, "address"));
		struct cut_address *a = gate_element_parse(text, GATE_ADDRESS, &x) == 0 ? address_add(c, &x) : NULL;
		if (!a)
			continue;
		(void)!num_i64(json_text(n, "since"), 0, INT64_MAX, &a->since);
		(void)!num_i64(json_text(n, "until"), 0, INT64_MAX, &a->until);
		read_first(n, a);
		copy_text(a->by, sizeof a->by, json_text(n, "by"));
		copy_text(a->reason, sizeof a->reason, json_text(n, "reason"));
	}
	set_members(c, json_get(root, "members"), json_get(root, "admins"));
	read_isolation(iso, &c->iso);
}

void keeper_cutter_forget(struct keeper *k)
{
	if (k->cutter) {
		free(k->cutter->addresses);
		free(k->cutter->members);
		free(k->cutter->found);
		free(k->cutter);
	}
	k->cutter = NULL;
}

/* ---- telling ---- */

void keeper_cutter_tell(struct keeper *k)
{
	struct keeper_cutter *c = k->cutter;
	if (!c || !c->ch || c->ch->dead)
		return;
	c->isolated |= c->iso.on;
	struct gate_element *v = calloc(GATE_ELEMENTS_MAX, sizeof *v);
	if (!v)
		return; /* what was in force stays */
	size_t n = keeper_gate_elements(k, v, 2 * GATE_LINKS_MAX);
	for (size_t i = 0; i < c->address_n && n < GATE_ELEMENTS_MAX; i++)
		if (!c->addresses[i].until || c->addresses[i].freed) /* freed, and not durable yet: it stays */
			v[n++] = c->addresses[i].x;
	for (size_t i = 0; i < c->member_n && n < GATE_ELEMENTS_MAX; i++)
		v[n++] = c->members[i];
	n = gate_elements_sort(v, n);
	size_t at = frame_begin(&c->ch->c.out, FRAME_C_WANT, ++c->tags);
	buf_u8(&c->ch->c.out, c->isolated);
	buf_u32le(&c->ch->c.out, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		gate_element_put(&v[i], &c->ch->c.out);
	frame_end(&c->ch->c.out, at);
	free(v);
	(void)!chan_write(&c->ch->c); /* now: it closes, or what it opens is durable */
}

void keeper_cutter_attach(struct keeper *k, struct kchan *ch)
{
	struct keeper_cutter *c = cutter(k);
	if (!c)
		return;
	c->ch = ch;
	c->able = 0;
	c->isolated = c->iso.on;
	keeper_cutter_tell(k);
}

void keeper_cutter_lost(struct keeper *k, const struct kchan *ch)
{
	struct keeper_cutter *c = k->cutter;
	if (!c || c->ch != ch)
		return;
	c->ch = NULL;
	c->able = 0;
	snprintf(c->why, sizeof c->why, "the cutter is being started; what was cut stays cut");
}

void keeper_cutter_later(struct keeper *k)
{
	if (cutter(k))
		k->cutter->later = true;
}

/* Durable: what has been reopened leaves the list. */
void keeper_cutter_committed(struct keeper *k)
{
	struct keeper_cutter *c = k->cutter;
	if (!c || !c->later)
		return;
	c->later = false;
	for (size_t i = c->address_n; i-- > 0;)
		if (c->addresses[i].freed && c->addresses[i].until)
			c->addresses[i].freed = false;
		else if (c->addresses[i].freed)
			address_drop(c, i);
	c->isolated = c->iso.on;
	keeper_cutter_tell(k);
}

/* ---- what it says ---- */

void op_cutter_have(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur in = cur_of(f->payload);
	struct keeper_cutter *c = k->cutter;
	uint8_t able = cur_u8(&in);
	int code = (int)cur_u32le(&in);
	char why[sizeof c->why];
	copy_text(why, sizeof why, frame_get_str(&in));
	uint32_t ended = cur_u32le(&in);
	uint64_t micros = cur_u64le(&in);
	if (!cur_done(&in) || !c || c->ch != ch) {
		keeper_chan_drop(k, ch, "an answer that does not read");
		return;
	}
	if (code < 0 && able & CUT_ABLE_NFT && c->failed == 0)
		role_log(k->r, "a cut is not in force in nftables: %s", why);
	c->able = able;
	c->failed = code;
	c->ended = ended;
	c->micros = micros;
	memcpy(c->why, why, sizeof why);
}

static int by_element(const void *a, const void *b)
{
	return gate_element_compare(&((const struct found *)a)->x, &((const struct found *)b)->x);
}

static const struct found *found(const struct keeper_cutter *c, const struct gate_element *x)
{
	struct found key = {.x = *x};
	return c && c->found_n ? bsearch(&key, c->found, c->found_n, sizeof key, by_element) : NULL;
}

bool keeper_cutter_says(const struct keeper *k, const struct gate_element *x, enum cut_found *ret, uint64_t *ret_packets)
{
	const struct found *v = found(k->cutter, x);
	if (!v)
		return false;
	*ret = v->what;
	*ret_packets = v->packets;
	return true;
}

const char *keeper_cutter_why(const struct keeper *k)
{
	return k->cutter && k->cutter->why[0] ? k->cutter->why : "there is no cutter";
}

bool keeper_cutter_able(const struct keeper *k)
{
	return k->cutter && k->cutter->ch && k->cutter->able & CUT_ABLE_NFT;
}

/* ---- entries ---- */

struct act {
	const char *what, *by, *role, *reason;
	const struct gate_element *address;
	const char *method, *result; /* proofs */
	const struct cut_address *freeing; /* what is kept of its freeing */
	bool isolation;
};

static int record(struct keeper *k, const struct act *a, const struct json_node *island, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char text[64];
	buf_init(&b, 256 << 10);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", a->what);
	if (a->address) {
		gate_element_text(a->address, text);
		jsonw_kstr(&w, "address", text);
	}
	jsonw_kslice_opt(&w, "by", slice_str(a->by));
	jsonw_kslice_opt(&w, "role", slice_str(a->role));
	jsonw_kslice_opt(&w, "reason", slice_str(a->reason));
	if (a->result) {
		jsonw_kstr(&w, "method", a->method);
		jsonw_ki64(&w, "at", time_now());
		jsonw_kstr(&w, "result", a->result);
	}
	if (a->freeing) {
		put_first(&w, a->freeing);
		if (a->freeing->until)
			jsonw_ki64(&w, "until", a->freeing->until);
	}
	if (island) {
		const char *const keys[] = {"members", "admins"};
		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			if (json_get(island, keys[i])) {
				jsonw_key(&w, keys[i]);
				jsonw_raw(&w, json_get(island, keys[i])->raw);
			}
	}
	if (a->isolation)
		put_isolation(&w, &k->cutter->iso);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	int r = buf_ok(&b) ? keeper_record(k, LEDGER_GATE_ACT, "gate", buf_slice(&b), NULL, NULL, e) : err_set(e, ERR_LIMIT, NULL, "too long for an entry");
	accounts_touch(k);
	return r;
}

/* ---- probes ---- */

/* 0: it was not asked: there is no cutter, or it can do nothing. */
uint64_t keeper_cutter_prove(struct keeper *k, const struct gate_element *v, size_t n)
{
	struct keeper_cutter *c = k->cutter;
	if (!c || !c->ch || c->ch->dead || !(c->able & CUT_ABLE_NFT))
		return 0;
	size_t at = frame_begin(&c->ch->c.out, FRAME_C_PROVE, ++c->tags);
	buf_u32le(&c->ch->c.out, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		gate_element_put(&v[i], &c->ch->c.out);
	frame_end(&c->ch->c.out, at);
	(void)!chan_write(&c->ch->c);
	return c->tags;
}

static void put_moment(struct jsonw *w, const char *key, int64_t t)
{
	char text[32];
	jsonw_key(w, key);
	if (t)
		jsonw_str(w, time_rfc3339(t, 3, text));
	else
		jsonw_null(w);
}

static void put_proof(struct jsonw *w, const char *result, bool good)
{
	jsonw_key(w, "proof");
	jsonw_obj(w);
	jsonw_kstr(w, "method", good ? "nft" : "none");
	put_moment(w, "at", time_now());
	jsonw_kstr(w, "result", result);
	jsonw_obj_end(w);
}

static void put_address(struct jsonw *w, const struct cut_address *a)
{
	char text[64];
	gate_element_text(&a->x, text);
	jsonw_kstr(w, "address", text);
	jsonw_kstr(w, "state", is_cut(a) ? "CUT" : "FREE");
	put_moment(w, "since", a->since);
	jsonw_kstr(w, "by", a->by);
	if (a->until)
		put_moment(w, "cutAgain", a->until);
	if (a->first[0]) {
		jsonw_kstr(w, "signed", a->first);
		put_moment(w, "signedUntil", a->first_until);
	}
	jsonw_kslice_opt(w, "reason", slice_str(a->reason));
	jsonw_ku64(w, "packets_stopped", a->packets);
}

static const char *finding(enum cut_found what, const char *not_in_force)
{
	return what == CUT_STOPPED ? "a probe was stopped on this host" : what == CUT_NO_WAY ? "this host has no way there" : what == CUT_THROUGH ? "A PROBE PASSED: IT STILL ANSWERS OR IS STILL SENT TO" : not_in_force;
}

/* What the last probe found of an address that is cut, as text and as an entry. True: it was stopped. */
static bool address_proven(struct keeper *k, struct cut_address *a, bool proven, char text[200])
{
	struct keeper_cutter *c = k->cutter;
	const struct found *v = proven ? found(c, &a->x) : NULL;
	enum cut_found what = v ? v->what : CUT_NOT;
	bool good = what == CUT_STOPPED || what == CUT_NO_WAY;
	struct err e = {0};
	char since[32];
	a->packets = v ? v->packets : a->packets;
	if (good)
		snprintf(text, 200, "%s; %llu packets stopped since %s", finding(what, ""), (unsigned long long)a->packets, time_rfc3339(a->since, 0, since));
	else
		snprintf(text, 200, "NOT CUT IN THE KERNEL: %.140s", what == CUT_THROUGH ? finding(what, "") : keeper_cutter_why(k));
	c->through |= what == CUT_THROUGH;
	struct act act = {.what = "address-proof", .address = &a->x, .method = good ? "nft" : "none", .result = text};
	if (record(k, &act, NULL, &e) < 0)
		role_log(k->r, "the proof of a cut cannot be recorded: %s", e.text);
	return good;
}

static void answer_address(struct keeper *k, const struct pending *p, bool proven)
{
	struct kchan *to = keeper_chan_find(k, p->chan);
	struct cut_address *a = address_find(k->cutter, &p->x);
	char text[200];
	if (!is_cut(a)) { /* freed meanwhile */
		if (to)
			reply_ok(to, p->chan_tag);
		return;
	}
	bool good = address_proven(k, a, proven, text);
	if (!to)
		return;
	struct jsonw w;
	size_t at = reply_begin(to, p->chan_tag);
	jsonw_init(&w, &to->c.out);
	jsonw_obj(&w);
	put_address(&w, a);
	put_proof(&w, text, good);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(to, at);
}

static void put_addresses(struct jsonw *w, const char *key, const struct keeper_cutter *c, bool cut)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < c->address_n; i++) {
		if (is_cut(&c->addresses[i]) != cut)
			continue;
		jsonw_obj(w);
		put_address(w, &c->addresses[i]);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_state(struct keeper *k, struct jsonw *w)
{
	struct keeper_cutter *c = k->cutter;
	jsonw_kbool(w, "isolated", c->iso.on);
	put_moment(w, "since", c->iso.since);
	if (c->iso.first[0]) {
		jsonw_kstr(w, "signed", c->iso.first);
		put_moment(w, "signedUntil", c->iso.first_until);
	}
	put_elements(w, "members", c->members, c->member_n);
	put_elements(w, "admins", c->admins, c->admin_n);
	put_addresses(w, "addresses", c, true);
	put_addresses(w, "freed", c, false); /* for a time */
	jsonw_kbool(w, "nft", keeper_cutter_able(k) && c->failed == 0);
	jsonw_ku64(w, "took_us", c->micros); /* the last list: until it was in force and what stood had ended */
	jsonw_ku64(w, "ended", c->ended);
	if (c->why[0])
		jsonw_kstr(w, "why", c->why);
}

/* As address_proven, of this host. */
static bool host_proven(struct keeper *k, bool proven, char text[200])
{
	struct keeper_cutter *c = k->cutter;
	struct err e = {0};
	char since[32];
	bool good = proven && (c->host == CUT_STOPPED || c->host == CUT_NO_WAY);
	if (good)
		snprintf(text, 200, "%s (192.0.2.1, 2001:db8::1); %llu packets stopped since %s", finding(c->host, ""), (unsigned long long)c->host_packets, time_rfc3339(c->iso.since, 0, since));
	else
		snprintf(text, 200, "NOT ISOLATED IN THE KERNEL: %.140s", proven && c->host == CUT_THROUGH ? finding(c->host, "") : keeper_cutter_why(k));
	c->through |= proven && c->host == CUT_THROUGH;
	if (!c->iso.on)
		return good;
	struct act act = {.what = "isolate-proof", .method = good ? "nft" : "none", .result = text};
	memcpy(c->iso_proof, text, sizeof c->iso_proof);
	c->iso_proof_at = time_now();
	if (record(k, &act, NULL, &e) < 0)
		role_log(k->r, "the proof of an isolation cannot be recorded: %s", e.text);
	return good;
}

static void answer_host(struct keeper *k, const struct pending *p, bool proven)
{
	struct kchan *to = keeper_chan_find(k, p->chan);
	char text[200];
	bool good = host_proven(k, proven, text);
	if (!to)
		return;
	struct jsonw w;
	size_t at = reply_begin(to, p->chan_tag);
	jsonw_init(&w, &to->c.out);
	jsonw_obj(&w);
	put_state(k, &w);
	if (k->cutter->iso.on)
		put_proof(&w, text, good);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(to, at);
}

static void answer(struct keeper *k, const struct pending *p, bool proven)
{
	if (p->x.kind)
		answer_address(k, p, proven);
	else
		answer_host(k, p, proven);
}

void op_cutter_proven(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur in = cur_of(f->payload);
	struct keeper_cutter *c = k->cutter;
	uint8_t able = cur_u8(&in);
	struct slice why = frame_get_str(&in);
	uint32_t n = cur_u32le(&in);
	struct found *v = n <= GATE_ELEMENTS_MAX ? calloc(n + 1, sizeof *v) : NULL;
	bool bad = !v || !c || c->ch != ch;
	for (uint32_t i = 0; i < n && !bad; i++) {
		bad = !gate_element_get(&in, &v[i].x);
		v[i].what = cur_u8(&in) & 3;
		v[i].packets = cur_u64le(&in);
		v[i].bytes = cur_u64le(&in);
	}
	enum cut_found host = cur_u8(&in) & 3;
	uint64_t packets = cur_u64le(&in);
	if (bad || !cur_done(&in)) {
		free(v);
		keeper_chan_drop(k, ch, "a proof that does not read");
		return;
	}
	if (n)
		qsort(v, n, sizeof *v, by_element);
	free(c->found);
	c->found = v;
	c->found_n = n;
	c->able = able;
	copy_text(c->why, sizeof c->why, why);
	c->through = false;
	c->host = host;
	c->host_packets = packets;
	for (size_t i = 0; i < c->pending_n; i++)
		if (c->pending[i].tag == f->tag) {
			struct pending p = c->pending[i];
			c->pending[i] = c->pending[--c->pending_n];
			answer(k, &p, true);
			return;
		}
	keeper_gate_proven(k, f->tag);
}

static void prove_for(struct keeper *k, struct kchan *ch, uint64_t tag, const struct gate_element *x)
{
	struct keeper_cutter *c = k->cutter;
	struct pending p = {.chan = ch->id, .chan_tag = tag, .until = time_monotonic() + PATIENCE};
	if (x)
		p.x = *x;
	p.tag = c->pending_n < PENDING_MAX ? keeper_cutter_prove(k, x, x ? 1 : 0) : 0;
	if (p.tag)
		c->pending[c->pending_n++] = p;
	else
		answer(k, &p, false);
}

/* ---- what commands ask ---- */

/* Put on the list, which the caller says to the cutter. 1: to be recorded, since it was not cut before, or not by a person, or somebody had signed for its end; 0: it was. */
int keeper_cutter_cut(struct keeper *k, const struct gate_element *x, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct keeper_cutter *c = cutter(k);
	struct cut_address *a = c ? address_find(c, x) : NULL;
	if (gate_loopback(x->six, x->ip))
		return err_set(e, ERR_USAGE, "--address", "loopback is this host itself");
	if (c && gate_element_holds(c->admins, c->admin_n, x))
		return err_set(e, ERR_DENIED, "--address", "this is an administrator's address (holdfast gate island): it is never cut, or nobody could undo it");
	if (!a && !(a = c ? address_add(c, x) : NULL))
		return err_set(e, ERR_LIMIT, NULL, "at most %d addresses", ADDRESSES_MAX);
	return take_cut(a, slice_str(who->user), slice_str(reason), time_now());
}

int keeper_cutter_record(struct keeper *k, const char *what, const struct gate_element *x, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct act act = {.what = what, .address = x, .by = who->user, .role = who->role, .reason = reason, .isolation = !x};
	return record(k, &act, NULL, e);
}

static int cut_address(struct keeper *k, struct kchan *ch, uint64_t tag, const struct gate_element *x, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct err why = {0};
	int r = keeper_cutter_cut(k, x, who, reason, e);
	if (r < 0)
		return r;
	if (r) {
		keeper_cutter_tell(k); /* first */
		if (keeper_cutter_record(k, "cut-address", x, who, reason, &why) < 0)
			role_log(k->r, "a cut cannot be recorded: %s", why.text);
	}
	prove_for(k, ch, tag, x);
	return 0;
}

/* The entry; it leaves the list when that is durable. until: when it is cut again by itself; 0: it is not. */
static int let_in(struct keeper *k, struct cut_address *a, int64_t until, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct cut_address before = *a;
	struct act act = {.what = "free-address", .address = &a->x, .by = who->user, .role = who->role, .reason = reason, .freeing = a};
	a->until = until;
	int r = record(k, &act, NULL, e);
	if (r < 0) {
		*a = before;
		return r;
	}
	a->first[0] = 0;
	a->freed = true;
	k->cutter->later = true;
	return 0;
}

int keeper_cutter_free(struct keeper *k, const struct gate_element *x, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct keeper_cutter *c = cutter(k);
	struct cut_address *a = c ? address_find(c, x) : NULL;
	return is_cut(a) ? let_in(k, a, 0, who, reason, e) : err_set(e, ERR_NOT_FOUND, NULL, "this address is not cut");
}

static void answer_freeing(struct kchan *ch, uint64_t tag, const struct cut_address *a)
{
	struct jsonw w;
	size_t at = reply_begin(ch, tag);
	jsonw_init(&w, &ch->c.out);
	jsonw_obj(&w);
	jsonw_kbool(&w, "freed", a->freed);
	put_address(&w, a);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(ch, at);
}

/* One signature of two for the end of a cut, recorded. */
static int sign_freeing(struct keeper *k, struct cut_address *a, const struct gate_isolation *st, const struct gate_asker *who, const char *reason, struct err *e)
{
	const struct cut_address before = *a;
	struct act act = {.what = "free-sign", .address = &a->x, .by = who->user, .role = who->role, .reason = reason, .freeing = a};
	memcpy(a->first, st->first, sizeof a->first);
	a->first_until = st->first_until;
	int r = record(k, &act, NULL, e);
	if (r < 0)
		*a = before;
	return r;
}

static int free_address(struct keeper *k, struct kchan *ch, uint64_t tag, const struct gate_element *x, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct cut_address *a = address_find(k->cutter, x);
	struct slice expires = json_text(n, "expires");
	int64_t until = 0;
	int how = GATE_MOVED, r = 0;
	if (!is_cut(a))
		return err_set(e, ERR_NOT_FOUND, NULL, "this address is not cut");
	if (expires.n && !slice_eq_str(expires, "never") && (r = gate_until_parse(expires, time_now(), k->r->zone_minutes, &until, e)) < 0)
		return r;
	struct gate_isolation st = {.on = true, .since = a->since, .first_until = a->first_until};
	memcpy(st.first, a->first, sizeof st.first);
	if (who->person || !by_sensor(slice_str(who->user)) || strcmp(who->user, a->by) != 0)
		how = gate_isolation_end(&st, who->person ? who->user : NULL, who->role, time_now(), &st, e);
	if (how < 0)
		return how;
	r = how == GATE_MOVED ? let_in(k, a, until, who, reason, e) : sign_freeing(k, a, &st, who, reason, e);
	if (r == 0)
		answer_freeing(ch, tag, a);
	return r;
}

/* A freeing that was for a time ends with it. */
static void cut_again(struct keeper *k)
{
	static const struct gate_asker itself = {.person = false};
	struct keeper_cutter *c = k->cutter;
	int64_t now = time_now();
	struct err e = {0};
	for (size_t i = 0; c && i < c->address_n; i++) {
		struct cut_address *a = &c->addresses[i];
		if (!a->until || a->freed || now < a->until || keeper_cutter_never(k, &a->x))
			continue;
		struct gate_element x = a->x;
		if (keeper_cutter_cut(k, &x, &itself, "the time for which it was free has ended", &e) != 1)
			continue;
		keeper_cutter_tell(k); /* first */
		if (keeper_cutter_record(k, "cut-address", &x, &itself, "the time for which it was free has ended", &e) < 0)
			role_log(k->r, "a cut cannot be recorded: %s", e.text);
	}
}

void keeper_cutter_tick(struct keeper *k, int64_t now)
{
	struct keeper_cutter *c = k->cutter;
	if (c && !k->reading)
		cut_again(k);
	for (size_t i = 0; c && i < c->pending_n;) {
		struct pending p = c->pending[i];
		if (now < p.until && c->ch) {
			i++;
			continue;
		}
		c->pending[i] = c->pending[--c->pending_n];
		answer(k, &p, false);
	}
}

static int set_island(struct keeper *k, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct keeper_cutter *c = k->cutter;
	struct act act = {.what = "island", .by = who->user, .role = who->role, .reason = reason};
	size_t m = 0;
	struct gate_element *v = calloc(MEMBERS_MAX, sizeof *v);
	int r = v ? members_read(json_get(n, "members"), v, MEMBERS_MAX, &m, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = members_read(json_get(n, "admins"), v, ADMINS_MAX, &m, e);
	free(v);
	if (r == 0 && c->iso.on)
		r = err_set(e, ERR_NO, NULL, "this host is isolated: who belongs to the island is changed before or after");
	if (r == 0)
		r = record(k, &act, n, e);
	if (r == 0)
		set_members(c, json_get(n, "members"), json_get(n, "admins"));
	c->later |= r == 0;
	return r;
}

/* Would the terminal that says so be cut off? members: of a plan that has its own; NULL: the island as it stands. */
int keeper_cutter_from(struct keeper *k, const struct json_node *n, const struct gate_addresses *members, const struct gate_addresses *admins, struct err *e)
{
	struct keeper_cutter *c = cutter(k);
	struct gate_element from;
	char text[64];
	copy_text(text, sizeof text, json_text(n, "from"));
	if (!c || !text[0] || gate_element_parse(text, GATE_MEMBER, &from) < 0 || gate_loopback(from.six, from.ip))
		return 0;
	if (members ? gate_element_holds(members->v, members->n, &from) || gate_element_holds(admins->v, admins->n, &from) : gate_element_holds(c->members, c->member_n, &from))
		return 0;
	return err_set(e, ERR_NO, NULL, "you are connected from %s, which is not of the island: this would cut you off. Make it a member first (holdfast gate island), or say --anyway", text);
}

static int isolate(struct keeper *k, struct kchan *ch, uint64_t tag, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct keeper_cutter *c = k->cutter;
	struct err why = {0};
	int r = keeper_cutter_from(k, n, NULL, NULL, e);
	if (r < 0)
		return r;
	if (!c->iso.on) {
		c->iso = (struct gate_isolation){.on = true, .since = time_now()};
		keeper_cutter_tell(k); /* first */
		if (keeper_cutter_record(k, "isolate", NULL, who, reason, &why) < 0)
			role_log(k->r, "an isolation cannot be recorded: %s", why.text);
	} else if (c->iso.first[0]) {
		c->iso.first[0] = 0; /* who signed for its end has signed for nothing */
		if (keeper_cutter_record(k, "isolate", NULL, who, reason, &why) < 0)
			role_log(k->r, "an isolation cannot be recorded: %s", why.text);
	}
	prove_for(k, ch, tag, NULL);
	return 0;
}

static void answer_state(struct keeper *k, struct kchan *ch, uint64_t tag)
{
	struct jsonw w;
	size_t at = reply_begin(ch, tag);
	jsonw_init(&w, &ch->c.out);
	jsonw_obj(&w);
	put_state(k, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(ch, at);
}

static int isolate_end(struct keeper *k, struct kchan *ch, uint64_t tag, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct keeper_cutter *c = k->cutter;
	struct gate_isolation before = c->iso;
	int how = gate_isolation_end(&c->iso, who->person ? who->user : NULL, who->role, time_now(), &c->iso, e);
	if (how < 0)
		return how;
	struct act act = {.what = how == GATE_MOVED ? "isolate-end" : "isolate-sign", .by = who->user, .role = who->role, .reason = reason, .isolation = true};
	int r = record(k, &act, NULL, e);
	if (r < 0) {
		c->iso = before;
		return r;
	}
	c->later = true;
	answer_state(k, ch, tag);
	return 0;
}

/* ---- of a plan (keeper_plan.c): one list for all that it cuts, which its caller says to the cutter ---- */

bool keeper_cutter_has(const struct keeper *k, const struct gate_element *x)
{
	return k->cutter && is_cut(address_find(k->cutter, x));
}

bool keeper_cutter_never(const struct keeper *k, const struct gate_element *x)
{
	return k->cutter && gate_element_holds(k->cutter->admins, k->cutter->admin_n, x);
}

bool keeper_cutter_isolated(const struct keeper *k)
{
	return k->cutter && k->cutter->iso.on;
}

bool keeper_cutter_isolate(struct keeper *k, const struct json_node *island)
{
	struct keeper_cutter *c = cutter(k);
	if (!c || c->iso.on)
		return false;
	if (island)
		set_members(c, json_get(island, "members"), json_get(island, "admins"));
	c->iso = (struct gate_isolation){.on = true, .since = time_now()};
	return true;
}

int keeper_cutter_record_island(struct keeper *k, const struct json_node *island, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct act act = {.what = "island", .by = who->user, .role = who->role, .reason = reason};
	return record(k, &act, island, e);
}

int keeper_cutter_end(struct keeper *k, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct keeper_cutter *c = k->cutter;
	struct gate_isolation before = c->iso;
	c->iso = (struct gate_isolation){.since = time_now()};
	int r = keeper_cutter_record(k, "isolate-end", NULL, who, reason, e);
	if (r < 0)
		c->iso = before;
	c->later |= r == 0;
	return r;
}

void keeper_cutter_put_proven(struct keeper *k, const struct gate_addresses *v, bool host, bool proven, struct jsonw *w)
{
	struct keeper_cutter *c = cutter(k);
	char text[200];
	jsonw_key(w, "addresses");
	jsonw_arr(w);
	for (size_t i = 0; c && i < v->n; i++) {
		struct cut_address *a = address_find(c, &v->v[i]);
		if (!is_cut(a))
			continue;
		bool good = address_proven(k, a, proven, text);
		jsonw_obj(w);
		put_address(w, a);
		jsonw_kbool(w, "cut", true);
		put_proof(w, text, good);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	if (!c || !host || !c->iso.on)
		return;
	bool good = host_proven(k, proven, text);
	put_proof(w, text, good);
}

bool keeper_cutter_asks(struct slice what)
{
	static const char *const asked[] = {"cut-address", "free-address", "island", "isolate", "isolate-end"};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		if (slice_eq_str(what, asked[i]))
			return true;
	return false;
}

int keeper_cutter_ask(struct keeper *k, struct kchan *ch, uint64_t tag, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct slice what = json_text(n, "do");
	struct gate_element x = {0};
	char text[64];
	if (!cutter(k))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (slice_eq_str(what, "cut-address") || slice_eq_str(what, "free-address")) {
		copy_text(text, sizeof text, json_text(n, "address"));
		if (gate_element_parse(text, GATE_ADDRESS, &x) < 0)
			return err_set(e, ERR_USAGE, "--address", "an address is an IPv4 or IPv6 address, in numbers");
		return slice_eq_str(what, "cut-address") ? cut_address(k, ch, tag, &x, who, reason, e) : free_address(k, ch, tag, &x, n, who, reason, e);
	}
	if (slice_eq_str(what, "isolate"))
		return isolate(k, ch, tag, n, who, reason, e);
	if (slice_eq_str(what, "isolate-end"))
		return isolate_end(k, ch, tag, who, reason, e);
	if (json_get(n, "members") || json_get(n, "admins")) {
		int r = set_island(k, n, who, reason, e);
		if (r < 0)
			return r;
	}
	const struct json_node *quiet = json_get(n, "quiet"); /* who only looks has nothing probed, and nothing recorded */
	if (quiet && quiet->type == JSON_TRUE)
		answer_state(k, ch, tag);
	else
		prove_for(k, ch, tag, NULL);
	return 0;
}

/* A cut that is not one is said until a probe says otherwise. */
bool keeper_cutter_alarm(const struct keeper *k, char *out, size_t size)
{
	const struct keeper_cutter *c = k->cutter;
	if (!c || !(c->through || (c->able & CUT_ABLE_NFT && c->failed < 0)))
		return false;
	snprintf(out, size, "%s", c->through ? "a probe of what is cut passed" : c->why);
	return true;
}
