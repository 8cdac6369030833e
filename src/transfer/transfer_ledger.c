/* Entries of kind transfer, and what they add up to: which transfers there are, how far each is, and which of them nobody has said the arrival of. */
#include "transfer_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#define ENTRY_MAX ((size_t)64 << 10)
#define LOG_MAX ((size_t)1 << 30)

static const char *const names[TRANSFER_STATES] = {"begun", "made", "written", "sent", "received", "cancelled"};

const char *transfer_state_name(enum transfer_state s)
{
	assert(s < TRANSFER_STATES);
	return names[s];
}

static int state_of(struct slice s)
{
	for (int i = 0; i < TRANSFER_STATES; i++)
		if (slice_eq_str(s, names[i]))
			return i;
	return -1;
}

void transfer_entry_put(enum transfer_state what, const struct transfer_entry *n, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", names[what]);
	jsonw_kslice_opt(&w, "id", n->id);
	jsonw_kslice_opt(&w, "patient", n->patient);
	jsonw_kslice_opt(&w, "unit", n->unit);
	jsonw_kslice_opt(&w, "receiver", n->receiver);
	jsonw_kslice_opt(&w, "bed", n->bed);
	jsonw_kslice_opt(&w, "transport", n->transport);
	jsonw_kslice_opt(&w, "to", n->to);
	jsonw_kslice_opt(&w, "sha256", n->sha256);
	if (n->entries)
		jsonw_ku64(&w, "entries", n->entries);
	if (n->is_protected)
		jsonw_kbool(&w, "protected", true);
	jsonw_kslice_opt(&w, "at", n->at);
	jsonw_kslice(&w, "by", n->by);
	jsonw_kslice_opt(&w, "reason", n->reason);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

static void read_entry(const struct json_node *n, struct transfer_entry *ret)
{
	const struct json_node *hidden = json_get(n, "protected");
	*ret = (struct transfer_entry){.id = json_text(n, "id"), .patient = json_text(n, "patient"), .unit = json_text(n, "unit"), .receiver = json_text(n, "receiver"), .bed = json_text(n, "bed"), .transport = json_text(n, "transport"),
	                               .to = json_text(n, "to"), .sha256 = json_text(n, "sha256"), .by = json_text(n, "by"), .reason = json_text(n, "reason"), .at = json_text(n, "at"), .is_protected = hidden && hidden->type == JSON_TRUE};
}

int transfer_entry_check(struct slice body, uint64_t *ret_of, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct transfer_entry x;
	uint8_t hash[SEAL_HASH];
	int64_t at;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (body.n > ENTRY_MAX)
		return err_set(e, ERR_LIMIT, NULL, "what is said of a transfer is at most %zu bytes", ENTRY_MAX);
	int r = json_tree(body, a, &n, e);
	if (r < 0)
		return r;
	int what = state_of(json_text(n, "what"));
	read_entry(n, &x);
	if (what < 0 || !x.by.n || (x.at.n && time_parse(x.at, 0, &at) < 0))
		return err_set(e, ERR_DENIED, NULL, "no such thing is said of a transfer");
	*ret_of = UINT64_MAX;
	if (what == TRANSFER_BEGUN ? !x.patient.n || x.id.n : transfer_id_get(x.id, ret_of, NULL) < 0)
		return err_set(e, ERR_INPUT, NULL, "which transfer, of whom?");
	if (what == TRANSFER_MADE && (hex_get(hash, sizeof hash, x.sha256) < 0 || !x.patient.n))
		return err_set(e, ERR_INPUT, NULL, "a transfer that was made has a hash");
	if ((what == TRANSFER_CANCELLED || (what == TRANSFER_BEGUN && x.is_protected)) && !x.reason.n)
		return err_set(e, ERR_INPUT, NULL, "a reason is missing; it is recorded");
	return 0;
}

/* ---- what they add up to ---- */

struct transfer_log {
	struct arena *a;
	struct transfer_row *v; /* rising by entry, because the ledger is read in order */
	size_t n, cap, odd;
};

int transfer_log_new(struct transfer_log **ret, struct err *e)
{
	struct transfer_log *l = calloc(1, sizeof *l);
	if (l)
		l->a = arena_new(LOG_MAX);
	if (!l || !l->a) {
		free(l);
		return err_set(e, ERR_MEMORY, NULL, "no memory for the list of transfers");
	}
	*ret = l;
	return 0;
}

void transfer_log_free(struct transfer_log *l)
{
	if (!l)
		return;
	arena_free(l->a);
	free(l->v);
	free(l);
}

static struct transfer_row *find(const struct transfer_log *l, uint64_t entry)
{
	size_t low = 0, high = l->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (l->v[mid].entry < entry)
			low = mid + 1;
		else
			high = mid;
	}
	return low < l->n && l->v[low].entry == entry ? &l->v[low] : NULL;
}

static struct slice kept(struct transfer_log *l, struct slice was, struct slice now)
{
	return now.n ? arena_dup(l->a, now) : was;
}

static int begin(struct transfer_log *l, uint64_t entry, int64_t time, const struct transfer_entry *x, struct err *e)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		struct transfer_row *v = reallocarray(l->v, cap, sizeof *v);
		if (!v)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the list of transfers");
		l->v = v;
		l->cap = cap;
	}
	struct transfer_row *t = &l->v[l->n++];
	*t = (struct transfer_row){.state = TRANSFER_BEGUN, .entry = entry, .begun = time, .is_protected = x->is_protected};
	transfer_id_put(entry, t->id);
	t->patient = kept(l, SLICE_NULL, x->patient);
	t->unit = kept(l, SLICE_NULL, x->unit);
	return 0;
}

int transfer_may_become(const struct transfer_row *t, enum transfer_state s, struct err *e)
{
	static const bool may[TRANSFER_STATES][TRANSFER_STATES] = {
		[TRANSFER_BEGUN] = {[TRANSFER_MADE] = true, [TRANSFER_CANCELLED] = true},
		[TRANSFER_MADE] = {[TRANSFER_WRITTEN] = true, [TRANSFER_SENT] = true, [TRANSFER_RECEIVED] = true, [TRANSFER_CANCELLED] = true},
		[TRANSFER_WRITTEN] = {[TRANSFER_SENT] = true, [TRANSFER_RECEIVED] = true, [TRANSFER_CANCELLED] = true},
		[TRANSFER_SENT] = {[TRANSFER_RECEIVED] = true, [TRANSFER_CANCELLED] = true},
	};
	if (may[t->state][s])
		return 0;
	if (t->state == s)
		return err_set(e, ERR_NO, t->id, "it is %s already", names[s]);
	return err_set(e, ERR_NO, t->id, t->state == TRANSFER_BEGUN ? "it was begun and no file was made: make another" : "it is %s: that is its end", names[t->state]);
}

int transfer_log_take(struct transfer_log *l, uint64_t entry, int64_t time, struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct transfer_entry x;
	struct err quiet;
	uint64_t of;
	int64_t at = time;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the list of transfers");
	if (transfer_entry_check(body, &of, &quiet) < 0 || json_tree(body, a, &n, &quiet) < 0) {
		l->odd++;
		return 0;
	}
	int what = state_of(json_text(n, "what"));
	read_entry(n, &x);
	if (x.at.n && time_parse(x.at, 0, &at) < 0)
		at = time;
	int r = what == TRANSFER_BEGUN ? begin(l, entry, time, &x, e) : 0;
	struct transfer_row *t = r == 0 ? find(l, what == TRANSFER_BEGUN ? entry : of) : NULL;
	if (r < 0)
		return r;
	if (t && what != TRANSFER_BEGUN && t->state == (enum transfer_state)what && (!x.sha256.n || slice_eq(x.sha256, t->sha256)))
		return 0; /* a keeper that died before it answered is told again */
	if (!t || (what != TRANSFER_BEGUN && transfer_may_become(t, (enum transfer_state)what, &quiet) < 0)) {
		l->odd++;
		return 0;
	}
	t->state = (enum transfer_state)what;
	t->since = at;
	t->made = what == TRANSFER_MADE ? time : t->made;
	t->sent = what == TRANSFER_SENT ? at : t->sent;
	t->received = what == TRANSFER_RECEIVED ? at : t->received;
	t->receiver = kept(l, t->receiver, x.receiver);
	t->bed = kept(l, t->bed, x.bed);
	t->transport = kept(l, t->transport, x.transport);
	t->to = kept(l, t->to, x.to);
	t->sha256 = kept(l, t->sha256, x.sha256);
	t->by = kept(l, SLICE_NULL, x.by);
	t->reason = kept(l, SLICE_NULL, x.reason);
	return arena_code(l->a) ? err_set(e, arena_code(l->a), NULL, "the list of transfers is larger than 1 GiB") : 0;
}

size_t transfer_log_count(const struct transfer_log *l)
{
	return l->n;
}

const struct transfer_row *transfer_log_row(const struct transfer_log *l, size_t i)
{
	return &l->v[i];
}

const struct transfer_row *transfer_log_find(const struct transfer_log *l, uint64_t entry)
{
	return find(l, entry);
}

size_t transfer_log_odd(const struct transfer_log *l)
{
	return l->odd;
}

int64_t transfer_waiting_since(const struct transfer_row *t)
{
	return t->state == TRANSFER_SENT ? t->sent : t->state == TRANSFER_MADE || t->state == TRANSFER_WRITTEN ? t->made : 0;
}
