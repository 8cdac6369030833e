/* holdfast backload send: captured items, back to an EHR that can be reached again, over MLLP, one at a time.
 *
 * The bytes are an entry of the ledger before the first of them goes out. Killed at any moment, the next run finds what is open: one whose bytes may have gone out is "unknown", and its very bytes go out again only to a destination that
 * was proven to de-duplicate (backload prove), or by a person's word; else it stays open until the EHR's feed echoes it or a person has looked.
 *
 * Order: registrations first, then merges of records, then by the time at which it happened. While a merge is not made there what is about its two records waits (backload_merge.c). What is known of a person only by a downtime number waits until the registration is filed; while the outcome of one item of a person is unknown the next ones of that
 * person wait, or it might overtake them when it is sent again. */
#include "backload_cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define SILENT_MAX 2  /* messages in a row without an answer: the receiver is not itself, and each one costs somebody a look */
#define CONTROL_HASH 5

struct run {
	struct site *s;
	struct backload_way way;
	struct backload_which which;
	const char *paper;        /* where it is kept, for the downtime note */
	bool reviewed_only, dry, json, no_notes;
	double pace;              /* messages a second; 0: as fast as they are answered */
	struct backlog l;
	struct control *k;
	struct chart *chart;
	struct send_line *line;
	struct slice *waits;      /* whose items wait: as the item names them, and our ids; in l.a */
	size_t waits_n, waits_room;
	struct told {             /* answered, and not said yet: it is not durable before the next entry is */
		const struct backlog_item *it;
		char text[200];
		unsigned strays;
	} told;
	int64_t last;             /* when the last one went out, monotonic */
	unsigned silent;
	uint64_t sent, filed, there, refused, unknown, waiting, impossible;
	int status;
};

/* ---- the message ---- */

struct making {
	struct capture c, of;
	struct backload_message m;
	struct chart_patient *p;
	struct backload_merge merge;
	char control_id[HL7_CONTROL_ID_MAX + 1];
	struct buf bytes;
};

/* HF, what tells this site and epoch from another one, the entry in base 32, and which message of it this is: never used twice. */
static void control_id(const struct run *x, const struct backlog_item *it, char out[HL7_CONTROL_ID_MAX + 1])
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t hash[SEAL_HASH];
	char *to = out;
	seal_sha256_once(slice_str(x->s->origin), hash);
	*to++ = 'H';
	*to++ = 'F';
	for (size_t i = 0; i < CONTROL_HASH; i++)
		*to++ = letters[hash[i] & 31];
	for (int shift = 35; shift >= 0; shift -= 5) /* 40 bits: a hundred years of ten thousand entries a minute */
		*to++ = letters[it->entry >> shift & 31];
	*to = 0;
	if (it->b.messages)
		snprintf(to, (size_t)(out + HL7_CONTROL_ID_MAX + 1 - to), ".%u", it->b.messages + 1);
}

/* The visit that was open when it happened. */
static const struct fact *visit_at(const struct run *x, const struct chart_patient *p, const struct backlog_item *it)
{
	const struct fact *v = p->visit ? p->visit->fact : NULL;
	int64_t from = v ? fact_time_ns(fact_get(v, FF_START), x->s->zone_minutes) : INT64_MIN;
	return v && (from == INT64_MIN || it->occurred >= from) ? v : NULL;
}

static int whose(struct run *x, const struct backlog_item *it, struct making *k, struct arena *a, struct err *e)
{
	struct chart_moment now;
	struct fact_ident named;
	struct slice name = it->patient;
	struct err quiet = {0};
	if (!it->patient.n)
		return err_set(e, ERR_INPUT, NULL, "it is about nobody: there is no message for it");
	capture_patient(&k->c, &named);
	if (named.assigner.n)
		name = slice_str(arena_printf(a, "%.*s@%.*s", SLICE_FMT(named.value), SLICE_FMT(named.assigner)));
	int r = chart_now(x->chart, &now, e);
	if (r < 0)
		return r;
	r = chart_patient(x->chart, name, now, a, &k->p, NULL, &quiet);
	if (r == ERR_EXISTS)
		return err_set(e, ERR_INPUT, NULL, "several persons have the number that it names: it waits until somebody has said which one (identity)");
	if (r < 0 && r != ERR_NOT_FOUND) {
		*e = quiet;
		return r;
	}
	if (r == 0 && k->p->ident_count) {
		k->m.idents = k->p->idents;
		k->m.ident_count = k->p->ident_count;
		k->m.patient = k->p->demographics ? k->p->demographics->fact : NULL;
		k->m.visit = visit_at(x, k->p, it);
		return 0;
	}
	struct fact_ident *one = arena_alloc(a, sizeof *one);
	if (!one)
		return err_set(e, arena_code(a), NULL, "no memory");
	*one = named;
	k->m.idents = one;
	k->m.ident_count = 1;
	return 0;
}

/* A scan is not kept in memory with the rest. */
static int with_scan(struct run *x, const struct backlog_item *it, struct arena *a, struct capture *ret, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *led = NULL;
	struct ledger_entry en;
	int r = cli_ledger(x->s, true, &keys, &led, e);
	if (r == 0)
		r = ledger_read(led, it->entry, &en, e);
	struct slice body = r == 0 ? arena_dup(a, en.body) : SLICE_NULL;
	if (r == 0)
		r = body.p ? capture_read(body, a, ret, e) : err_set(e, ERR_MEMORY, NULL, "no memory for a scan");
	ledger_free(led);
	site_keys_wipe(&keys);
	return r;
}

static void of_merge(struct making *k)
{
	k->m.idents = &k->merge.stays;
	k->m.ident_count = 1;
	k->m.patient = k->merge.patient;
	k->m.prior = k->merge.goes;
	k->m.prior_patient = k->merge.prior;
}

static int make(struct run *x, const struct backlog_item *it, struct arena *a, struct making *k, struct err *e)
{
	int r = it->kind == CAPTURE_SHEET ? with_scan(x, it, a, &k->c, e) : backlog_capture(it, a, &k->c, e);
	if (r < 0)
		return r;
	const struct backlog_item *of = it->of != BACKLOG_NONE ? &x->l.items[it->of] : it->kind == CAPTURE_CANCEL && it->named.n ? backlog_find(&x->l, it->named) : NULL;
	if (of && of->unreadable)
		of = NULL;
	if (of && (r = backlog_capture(of, a, &k->of, e)) < 0)
		return r;
	control_id(x, it, k->control_id);
	bool corrects = it->of != BACKLOG_NONE && (of->counts == BACK_FILED || of->counts == BACK_ALREADY_THERE);
	k->m = (struct backload_message){.version = x->way.version, .sending_app = SLICE(BACKLOAD_APPLICATION), .sending_fac = slice_str(x->s->name), .receiving_app = slice_str(x->way.application), .receiving_fac = slice_str(x->way.facility),
		.control_id = slice_str(k->control_id), .time = time_now(), .zone_minutes = x->s->zone_minutes, .number = corrects ? x->l.items[it->root].number : it->number, .received = it->received, .of = of ? &k->of : NULL, .training = x->s->drill, .notes_as_results = x->way.notes && !strcmp(x->way.notes, "oru"), .lang = x->way.lang, .corrects = corrects};
	if (it->kind == CAPTURE_MERGE)
		of_merge(k);
	else
		r = whose(x, it, k, a, e);
	return r < 0 ? r : backload_message(&k->c, &k->m, &k->bytes, e);
}

/* What went out, or was about to: from the ledger, and whole. */
static int same_bytes(struct run *x, const struct backlog_item *it, struct making *k, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct site_keys keys = {0};
	struct ledger *led = NULL;
	struct ledger_entry en;
	struct json_node *n;
	uint8_t hash[SEAL_HASH], want[SEAL_HASH];
	int r = a ? cli_ledger(x->s, true, &keys, &led, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = ledger_read(led, it->b.made, &en, e);
	if (r == 0) {
		struct slice bytes, line = slice_cut(en.body, '\n', &bytes);
		r = json_tree(line, a, &n, e);
		if (r == 0) {
			buf_add_slice(&k->bytes, bytes);
			seal_sha256_once(bytes, hash);
			if (!bytes.n || hex_get(want, sizeof want, json_text(n, "sha256")) < 0 || memcmp(hash, want, sizeof hash) != 0)
				r = err_set(e, ERR_CORRUPT, NULL, "entry %" PRIu64 " does not hold what it says was sent", it->b.made);
		}
	}
	ledger_free(led);
	site_keys_wipe(&keys);
	snprintf(k->control_id, sizeof k->control_id, "%s", it->b.control_id);
	return r;
}

/* ---- acts ---- */

static int enter_made(struct run *x, struct backlog_item *it, const struct making *k, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	uint8_t hash[SEAL_HASH];
	char hex[2 * SEAL_HASH + 1];
	buf_init(&b, SEND_MESSAGE_MAX + 65536);
	seal_sha256_once(buf_slice(&k->bytes), hash);
	for (size_t i = 0; i < SEAL_HASH; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	backload_begin(&w, &b, "made", it);
	jsonw_kstr(&w, "to", x->way.name);
	jsonw_kstr(&w, "controlId", k->control_id);
	jsonw_kslice(&w, "order", k->m.number);
	jsonw_kstr(&w, "hl7", x->way.version);
	jsonw_kstr(&w, "sha256", hex);
	jsonw_obj_end(&w);
	buf_u8(&b, '\n');
	buf_add_slice(&b, buf_slice(&k->bytes));
	return backload_enter(x->k, &b, it, e);
}

static int enter_about(struct run *x, struct backlog_item *it, const char *act, const char *key, const char *text, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 16);
	backload_begin(&w, &b, act, it);
	jsonw_kstr(&w, "controlId", it->b.control_id);
	if (key)
		jsonw_kstr(&w, key, text);
	jsonw_obj_end(&w);
	return backload_enter(x->k, &b, it, e);
}

static int enter_answer(struct run *x, struct backlog_item *it, const struct send_heard *h, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 16);
	backload_begin(&w, &b, "answer", it);
	jsonw_kstr(&w, "controlId", it->b.control_id);
	jsonw_kstr(&w, "ack", h->ack);
	if (h->text[0])
		jsonw_kstr(&w, "text", h->text);
	if (h->outcome == SEND_NOT_TAKEN && h->duplicate)
		jsonw_kbool(&w, "duplicate", true);
	jsonw_obj_end(&w);
	return backload_enter_soon(x->k, &b, it, e); /* one wait for the disk an item: with the bytes of the next one. Killed before, it is unknown, as if the answer had not come */
}

/* ---- what is said ---- */

static void tell(struct run *x, const struct backlog_item *it, const char *state, const char *why, unsigned strays)
{
	if (x->json) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kslice(&w, "id", it->id);
		jsonw_kstr(&w, "kind", it->unreadable ? "unreadable" : capture_kind_name(it->kind));
		jsonw_kslice(&w, "person", it->patient);
		jsonw_kstr(&w, "owner", capture_owner_name(it->owner));
		jsonw_kstr(&w, "state", state);
		jsonw_kstr(&w, "control_id", it->b.control_id);
		jsonw_kstr(&w, "ack", it->b.ack);
		if (why && *why)
			jsonw_kstr(&w, "why", why);
		if (strays)
			jsonw_ku64(&w, "strays", strays);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
	} else {
		cli_slice(stdout, it->id);
		printf(" %s: %s", it->unreadable ? "unreadable" : capture_kind_name(it->kind), state);
		if (it->b.control_id[0])
			printf(" (%s%s%s)", it->b.control_id, it->b.ack[0] ? ", " : "", it->b.ack);
		if (why && *why) {
			printf(": ");
			cli_slice(stdout, slice_str(why));
		}
		printf("\n");
	}
	if (strays)
		cli_note("holdfast: %u acknowledgement%s came that %s not of this message, and count for nothing", strays, strays == 1 ? "" : "s", strays == 1 ? "is" : "are");
	fflush(stdout);
}

/* What was entered last is durable. */
static void tell_last(struct run *x)
{
	if (x->told.it)
		tell(x, x->told.it, backload_state_name(x->told.it->b.state), x->told.text, x->told.strays);
	x->told.it = NULL;
}

static int settle_last(struct run *x, struct err *e)
{
	int r = x->told.it ? control_flush(x->k, e) : 0;
	if (r == 0)
		tell_last(x);
	return r;
}

/* ---- who waits ---- */

static void waits_for(struct run *x, struct slice who)
{
	if (!who.n)
		return;
	if (x->waits_n == x->waits_room) {
		size_t room = x->waits_room ? 2 * x->waits_room : 64;
		struct slice *more = arena_array(x->l.a, room, sizeof *more);
		if (!more)
			return; /* out of memory for it: the run ends at the next allocation */
		if (x->waits_n)
			memcpy(more, x->waits, x->waits_n * sizeof *more);
		x->waits = more;
		x->waits_room = room;
	}
	x->waits[x->waits_n++] = arena_dup(x->l.a, who);
}

static bool is_waiting(const struct run *x, struct slice who)
{
	for (size_t i = 0; i < x->waits_n; i++)
		if (slice_eq(x->waits[i], who))
			return true;
	return false;
}

/* A merge that is not made there: what is about its two records waits, by whatever number and of whichever of our charts. */
static void wait_for_merge(struct run *x, const struct backlog_item *merge)
{
	waits_for(x, merge->patient);
	waits_for(x, merge->named);
	waits_for(x, merge->person);
	for (uint32_t i = 0; i < x->l.n; i++)
		if (slice_eq(x->l.items[i].patient, merge->named) || slice_eq(x->l.items[i].patient, merge->patient))
			waits_for(x, x->l.items[i].person);
}

/* One that is not for this run to send. */
static bool holds(struct run *x, const struct backlog_item *it)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	struct backload_merge m;
	if (!backload_merge_holds(it) || it->counts == BACK_SENT_UNKNOWN || it->counts == BACK_REFUSED)
		return backload_merge_holds(it);
	return !a || backload_merge(&x->l, x->chart, it, a, &m, &(struct err){0}) < 0 || !m.moot[0];
}

/* A registration of one of the two that has not gone out yet, or may not have arrived. */
static bool unregistered_merge(const struct run *x, const struct backlog_item *it)
{
	for (uint32_t i = 0; i < x->l.n; i++) {
		const struct backlog_item *r = &x->l.items[i];
		if (r->kind == CAPTURE_REGISTRATION && !r->withdraw && it->person.n && slice_eq(r->person, it->person) && (r->counts == BACK_OPEN || r->counts == BACK_REVIEWED || r->counts == BACK_SENT_UNKNOWN))
			return true;
	}
	return false;
}

/* A registration of that number that is neither filed nor there. */
static bool unregistered(const struct run *x, const struct backlog_item *it)
{
	if (it->kind == CAPTURE_MERGE)
		return !it->apart && unregistered_merge(x, it);
	for (uint32_t i = 0; i < x->l.n; i++) {
		const struct backlog_item *r = &x->l.items[i];
		if (r->kind == CAPTURE_REGISTRATION && r != it && slice_eq(r->patient, it->patient) && !r->withdraw && r->counts != BACK_FILED && r->counts != BACK_ALREADY_THERE && r->counts != BACK_SUPERSEDED)
			return true;
	}
	return false;
}

/* ---- one ---- */

static void keep_pace(struct run *x)
{
	if (x->pace > 0 && x->last) {
		int64_t next = x->last + (int64_t)((double)TIME_SEC / x->pace), now = time_monotonic();
		if (next > now) {
			struct timespec ts = {.tv_sec = (time_t)((next - now) / TIME_SEC), .tv_nsec = (long)((next - now) % TIME_SEC)};
			(void)nanosleep(&ts, NULL);
		}
	}
	x->last = time_monotonic();
}

/* The bytes are durable. negative: the run ends. */
static int exchange(struct run *x, struct backlog_item *it, const struct making *k, struct err *e)
{
	struct send_heard h = {0};
	int r;
	keep_pace(x);
	send_line_message(x->line, buf_slice(&k->bytes), slice_str(k->control_id), &h);
	switch (h.outcome) {
	case SEND_TAKEN:
	case SEND_NOT_TAKEN:
		r = enter_answer(x, it, &h, e);
		if (r < 0)
			return r;
		x->silent = 0;
		x->filed += it->b.state == BACK_FILED;
		x->there += it->b.state == BACK_ALREADY_THERE;
		x->refused += it->b.state == BACK_REFUSED;
		x->told = (struct told){.it = it, .strays = h.strays};
		snprintf(x->told.text, sizeof x->told.text, "%s", h.text);
		return 0;
	case SEND_NOT_SENT:
		*e = h.why;
		r = enter_about(x, it, "not-sent", NULL, NULL, &(struct err){0});
		x->unknown += it->b.state == BACK_SENT_UNKNOWN;
		return r < 0 ? r : e->code ? e->code : ERR_BUSY;
	case SEND_UNKNOWN:
		break;
	}
	r = enter_about(x, it, "unknown", "why", h.why.text, e);
	if (r < 0)
		return r;
	x->unknown++;
	waits_for(x, it->patient);
	if (k->p)
		waits_for(x, slice_str(k->p->id));
	tell(x, it, "unknown", h.why.text, h.strays);
	if (++x->silent < SILENT_MAX)
		return 0;
	*e = h.why;
	return e->code ? e->code : ERR_BUSY;
}

/* A merge of which the EHR need not be told. */
static int leave_out(struct run *x, struct backlog_item *it, const char *why, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	int r = 0;
	if (x->dry) {
		it->b.state = BACK_SUPERSEDED; /* as it would be */
	} else {
		buf_init(&b, 1 << 16);
		backload_begin(&w, &b, "resolved", it);
		jsonw_kstr(&w, "as", "superseded");
		jsonw_kstr(&w, "reason", why);
		jsonw_obj_end(&w);
		r = backload_enter(x->k, &b, it, e);
	}
	if (r < 0)
		return r;
	tell_last(x);
	tell(x, it, "superseded", why, 0);
	return 0;
}

static int send_one(struct run *x, struct backlog_item *it, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct making k = {.p = NULL};
	bool again = it->b.made != 0;
	buf_init(&k.bytes, SEND_MESSAGE_MAX);
	int r = !a ? err_set(e, ERR_MEMORY, NULL, "no memory") : it->kind == CAPTURE_MERGE && it->counts != BACK_SENT_UNKNOWN ? backload_merge(&x->l, x->chart, it, a, &k.merge, e) : 0;
	if (r == 0 && k.merge.moot[0])
		return leave_out(x, it, k.merge.moot, e);
	if (r == 0)
		r = again ? same_bytes(x, it, &k, e) : make(x, it, a, &k, e);
	if (r == 0 && !again && k.p && is_waiting(x, slice_str(k.p->id))) {
		buf_done(&k.bytes);
		x->waiting++;
		return 0;
	}
	if (r == 0 && x->dry) {
		x->sent++;
		tell(x, it, "due", k.control_id, 0);
	} else if (r == 0) {
		r = send_line_ready(x->line, e); /* before the entry: nothing is unknown that never went out */
		if (r == 0)
			r = again ? enter_about(x, it, "sending", NULL, NULL, e) : enter_made(x, it, &k, e);
		if (r == 0)
			tell_last(x);
		if (r == 0 && it->b.state != BACK_SENT_UNKNOWN)
			r = err_set(e, ERR_SYSTEM, NULL, "item %.*s is %s: it was changed while it was sent", SLICE_FMT(it->id), backload_state_name(it->b.state));
		if (r == 0) {
			x->sent++;
			r = exchange(x, it, &k, e);
		}
	}
	buf_done(&k.bytes);
	return r;
}

/* ---- all ---- */

static const struct backlog_item *ordering; /* qsort has no argument for it */

static int rank(const struct backlog_item *it)
{
	return it->kind == CAPTURE_REGISTRATION ? 0 : it->kind == CAPTURE_MERGE ? 1 : 2;
}

static int by_time(const void *pa, const void *pb)
{
	const struct backlog_item *a = &ordering[*(const uint32_t *)pa], *b = &ordering[*(const uint32_t *)pb];
	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	return a->occurred != b->occurred ? (a->occurred < b->occurred ? -1 : 1) : a->entry < b->entry ? -1 : a->entry > b->entry;
}

static bool due(struct run *x, const struct backlog_item *it)
{
	bool waits = it->counts == BACK_OPEN || it->counts == BACK_REVIEWED, unknown = it->counts == BACK_SENT_UNKNOWN;
	if (it->unreadable || !backload_wanted(&x->which, it) || (!waits && !unknown))
		return false;
	if (unknown && (!backlog_proven(&x->l, x->way.name) || strcmp(it->b.to, x->way.name)))
		return false;
	if (waits && it->b.made && strcmp(it->b.to, x->way.name)) /* its bytes were made for another one */
		return false;
	return !waits || !x->reviewed_only || it->b.reviewed;
}

/* One whose message cannot be made keeps no other from going out; a receiver that is gone does. */
static bool goes_on(int r)
{
	return r == ERR_INPUT || r == ERR_NOT_FOUND || r == ERR_ERASED || r == ERR_CORRUPT || r == ERR_LIMIT || r == ERR_NO;
}

static bool one_of_them(struct run *x, struct backlog_item *it)
{
	struct err e = {0};
	if (unregistered(x, it) || (it->counts != BACK_SENT_UNKNOWN && is_waiting(x, it->patient))) {
		x->waiting++;
		return true;
	}
	int r = send_one(x, it, &e);
	if (r < 0 && settle_last(x, &(struct err){0}) < 0)
		x->status = 3;
	if (r == 0) {
		backlog_count(&x->l);
		return true;
	}
	char place[96], line[640];
	snprintf(place, sizeof place, "item %.*s", SLICE_FMT(it->id));
	if (goes_on(r)) {
		x->impossible++;
		if (x->json)
			tell(x, it, "open", e.text, 0);
		err_in(&e, place);
		cli_note("holdfast: %s", err_line(&e, line, sizeof line));
		x->status = x->status > 1 ? x->status : 1;
		return true;
	}
	int status = cli_fail(&e);
	if (r == ERR_BUSY || r == ERR_CRYPTO || r == ERR_DENIED)
		status = 1; /* the receiver's no, and not a failure of ours */
	x->status = status > x->status ? status : x->status;
	return false;
}

static int send_all(struct run *x, struct err *e)
{
	uint32_t *order = calloc(x->l.n ? x->l.n : 1, sizeof *order), n = 0;
	if (!order)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint32_t i = 0; i < x->l.n; i++) {
		const struct backlog_item *it = &x->l.items[i];
		bool is_due = due(x, it);
		if (is_due)
			order[n++] = i;
		else if (it->kind == CAPTURE_MERGE && holds(x, it))
			wait_for_merge(x, it);
		else if (it->counts == BACK_SENT_UNKNOWN)
			waits_for(x, it->patient);
	}
	ordering = x->l.items;
	qsort(order, n, sizeof *order, by_time);
	for (uint32_t i = 0; i < n; i++) {
		struct backlog_item *it = &x->l.items[order[i]];
		if (due(x, it) && !one_of_them(x, it)) {
			x->waiting += n - i - 1;
			break;
		}
		if (backload_merge_holds(it))
			wait_for_merge(x, it);
	}
	free(order);
	return settle_last(x, e);
}

static void summary(struct run *x)
{
	struct downtime_balance b;
	backlog_count(&x->l); /* the last one may have ended the run */
	backlog_balance(&x->l, -1, &b);
	if (x->refused || x->unknown || b.unknown)
		x->status = x->status > 1 ? x->status : 1;
	if (x->json)
		return;
	if (x->dry)
		printf("%" PRIu64 " due\n", x->sent);
	else
		printf("%" PRIu64 " filed, %" PRIu64 " already there, %" PRIu64 " refused, %" PRIu64 " unknown, %" PRIu64 " waiting, %" PRIu64 " that no message can bring; of all: %" PRIu64 " open, %" PRIu64 " unknown\n", x->filed, x->there, x->refused,
		       x->unknown, x->waiting, x->impossible, b.open, b.unknown);
	if (b.unknown && !x->dry)
		cli_note("holdfast: of %" PRIu64 " item%s it is not known whether the EHR has %s. Look there: holdfast backload resolve ID --as filed, or --as again; or wait for its feed (backload scan)", b.unknown, b.unknown == 1 ? "" : "s", b.unknown == 1 ? "it" : "them");
}

/* ---- the command ---- */

/* When the EHR takes entries again each chart that was touched is told of the downtime; with the rest, so not by a run that is for some of it. */
static int write_notes(struct run *x, struct err *e)
{
	uint32_t n = 0;
	if (x->dry || x->no_notes || x->reviewed_only || x->which.items.n || x->which.owner || x->which.unit || x->l.downtime.state != DOWNTIME_WRITE)
		return 0;
	int r = backlog_persons(x->chart, &x->l, e);
	if (r == 0)
		r = downtime_notes(&x->l, x->k, NULL, x->paper, x->way.lang, &n, e);
	if (r < 0 || !n)
		return r;
	cli_note("holdfast: %u downtime note%s made, one for each chart that was touched; they go with the rest", n, n == 1 ? " was" : "s were");
	backlog_done(&x->l);
	r = control_catch_up(x->k, e);
	return r == 0 ? backlog_load(x->s, &x->l, e) : r;
}

static int begin(struct run *x, struct err *e)
{
	unsigned echoes;
	int r = x->dry ? 0 : send_mllp_open(&x->way.to, &x->line, e);
	if (r == 0)
		r = cli_chart(x->s, &x->chart, &x->k, e);
	if (r == 0 && !x->k)
		r = control_open(x->s, true, &x->k, e);
	if (r == 0)
		r = control_sends(x->k, e);
	if (r == 0)
		r = control_catch_up(x->k, e);
	if (r == 0 && chart_pinned(x->chart))
		r = err_set(e, ERR_BUSY, NULL, "the charts stand at an earlier moment (view rebuild --to): whose an item is cannot be seen");
	if (r == 0)
		r = backlog_load(x->s, &x->l, e);
	if (r == 0 && !x->dry)
		r = backload_scan(x->s, x->k, &x->l, &echoes, e);
	if (r == 0)
		r = write_notes(x, e);
	for (uint32_t i = 0; i < x->l.n && r == 0; i++)
		if (x->l.items[i].kind == CAPTURE_MERGE)
			return backlog_persons(x->chart, &x->l, e);
	return r;
}

static int work(struct run *x)
{
	AUTO_CLOSE int fd = -1;
	struct err e = {0};
	int r = backload_lock(x->s, &fd, &e);
	if (r == 0)
		r = begin(x, &e);
	if (r == 0 && (x->status = backload_which_check(&x->which, &x->l)) == 0) {
		cli_record(x->s, &x->k, "export", NULL, "captured items, back to the EHR", x->l.head);
		r = send_all(x, &e);
		if (r == 0)
			summary(x);
	}
	if (r < 0)
		x->status = cli_fail(&e);
	fflush(stdout);
	send_line_close(x->line);
	control_close(x->k);
	chart_close(x->chart);
	backlog_done(&x->l);
	return x->status;
}

int backload_way_check(struct backload_way *w, const char *verb)
{
	if (!w->mllp || !*w->mllp)
		return cli_usage("backload %s: --to HOST:PORT is missing", verb);
	if (!w->to.tls && (w->to.ca || w->to.cert || w->to.key))
		return cli_usage("backload %s: certificates are for --tls", verb);
	if (!hl7_writes_version(w->version))
		return cli_usage("backload %s: --hl7 is 2.3.1, 2.4, 2.5 or 2.5.1", verb);
	if (w->notes && strcmp(w->notes, "mdm") && strcmp(w->notes, "oru"))
		return cli_usage("backload %s: --notes is mdm or oru", verb);
	if (w->lang && !backload_lang_known(w->lang))
		return cli_usage("backload %s: --lang is en, fr or zh", verb);
	w->name = w->name ? w->name : w->mllp;
	if (strlen(w->name) > 200)
		return cli_usage("backload %s: the destination's name is longer than 200 bytes", verb);
	w->to.to = w->mllp;
	w->to.wait_s = w->wait < 1 ? 1 : w->wait > 600 ? 600 : (unsigned)w->wait;
	return 0;
}

static int pace_of(const char *s, double *ret)
{
	char *end = NULL;
	if (!s)
		return 0;
	*ret = strtod(s, &end);
	return end != s && (!*end || !strcmp(end, "/s")) && *ret > 0 && *ret <= 10000 ? 0 : cli_usage("backload send: --pace is messages a second, such as 5 or 0.5");
}

int backload_send_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct run x;
	const char *site = NULL, *pace = NULL;
	bool done;
	x = (struct run){.way = {.version = "2.5.1", .wait = 20}};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		BACKLOAD_WAY_OPTS(x.way),
		BACKLOAD_NOTE_OPTS(x.way),
		{"owner", CLI_STRING, &x.which.owner, "WHO", "only what registration, pharmacy, laboratory, imaging or nursing owns"},
		{"unit", CLI_STRING, &x.which.unit, "UNIT", "only what was written down there"},
		{"reviewed-only", CLI_FLAG, &x.reviewed_only, NULL, "only what its owner has looked at (backload review); else all that is open"},
		{"pace", CLI_STRING, &pace, "N", "at most so many messages a second"},
		{"no-notes", CLI_FLAG, &x.no_notes, NULL, "no downtime note for each chart that was touched (else made in state write by a run that is for everything)"},
		{"paper", CLI_STRING, &x.paper, "WHERE", "for the downtime notes: where the paper is kept"},
		{"dry-run", CLI_FLAG, &x.dry, NULL, "say what is due, and send nothing"},
		{"json", CLI_FLAG, &x.json, NULL, "a JSON object an item"},
	};
	int r = cli_parse(argc, argv, "backload send [ID...] --site DIR --to HOST:PORT [--tls] [--owner WHO] [--unit UNIT] [--reviewed-only] [--pace N] [--no-notes] [--paper WHERE] [--notes mdm|oru] [--lang en|fr|zh] [--dry-run] [--json]",
	                  "Sends what wards wrote down while the EHR was away back to it over MLLP, one at a time, in order for each patient. What is sent is an entry of the ledger before the first byte goes out. Where no answer comes the\n"
	                  "outcome is unknown, and stays so until the EHR's feed shows our number or a person has looked; only a destination that was proven to de-duplicate (backload prove) gets the very same bytes again. What nobody has reviewed is\n"
	                  "sent, too, without --reviewed-only. Works with and without a running daemon.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	for (size_t i = 0; i < args.n; i++) {
		if (x.which.items.n == ARRAY_LEN(x.which.items.v))
			return cli_usage("backload send: at most %zu items are named at once", ARRAY_LEN(x.which.items.v));
		x.which.items.v[x.which.items.n++] = args.v[i];
	}
	if ((r = backload_way_check(&x.way, "send")) || (r = pace_of(pace, &x.pace)))
		return r;
	struct err e = {0};
	struct site s;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	x.s = &s;
	x.way.to.here_only = s.drill;
	r = work(&x);
	site_close(&s);
	return r;
}
