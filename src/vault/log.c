/* SITE/vault/log: the ledger's entries of the vault, in order, so that no command looks for them among ten million leaves. A cache: made again from the ledger when it is deleted.
 *
 * First line "holdfast-vault-log 1". Then a line an entry: SEQ TIME KIND BODY, one blank between; SEQ and TIME decimal (TIME: ns of the receive time, may be negative), KIND as the ledger prints
 * it, BODY the entry's body (JSON, no line ends) to the end of the line. SEQ rises. A last line without LF comes from a crash and does not count.
 *
 * What an entry of kind retention erased is not there for whoever reads the log: packs and snapshots of an erased quarter stand apart, so that nothing asks for them, checks them or copies them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault_internal.h"

#define LOG_MAX ((size_t)1 << 30)
#define STRINGS_MAX 65535

struct snapshot_place {
	uint64_t seq;
	int64_t time;
	size_t at, n; /* the body, in text */
};
struct gone_place {
	struct snapshot_place place;
	size_t by; /* which erasure */
};
struct vault_log {
	struct buf text;      /* bodies of snapshots only: packs are kept as numbers */
	struct buf packs;     /* of struct vault_known_pack */
	struct buf snapshots; /* of struct snapshot_place */
	struct buf accepted;  /* of the same: seq is that of the snapshot that an operator accepted */
	struct buf strings;   /* of char[64] */
	struct buf gone, gone_snapshots; /* the same of what was erased */
	struct ledger_retain retain;
};

/* ---- lines, pure ---- */

int vault_log_next(struct cur *c, struct vault_log_entry *ret)
{
	if (c->failed || !memchr(c->p, '\n', cur_left(c)))
		return c->failed ? ERR_CORRUPT : 0;
	struct slice seq, time, kind, rest = cur_line(c);
	struct vault_log_entry en = {0};
	seq = slice_cut(rest, ' ', &rest);
	time = slice_cut(rest, ' ', &rest);
	kind = slice_cut(rest, ' ', &rest);
	if (num_u64(seq, 0, INT64_MAX, &en.seq) < 0 || num_i64(time, INT64_MIN, INT64_MAX, &en.time) < 0 || kind.n == 0 || rest.n == 0) {
		cur_fail(c);
		return ERR_CORRUPT;
	}
	en.kind = kind;
	en.body = rest;
	*ret = en;
	return 1;
}

void vault_log_line(struct buf *b, const struct vault_log_entry *en)
{
	assert(!en->body.n || !memchr(en->body.p, '\n', en->body.n));
	buf_printf(b, "%llu %lld ", (unsigned long long)en->seq, (long long)en->time);
	buf_add_slice(b, en->kind);
	buf_u8(b, ' ');
	buf_add_slice(b, en->body);
	buf_u8(b, '\n');
}

/* ---- the whole of it ---- */

static int string(struct vault_log *l, const char *s, uint16_t *ret, struct err *e)
{
	size_t n = l->strings.n / 64;
	for (size_t i = 0; i < n; i++)
		if (!strcmp((const char *)l->strings.p + i * 64, s)) {
			*ret = (uint16_t)i;
			return 0;
		}
	char fixed[64] = {0};
	if (n >= STRINGS_MAX || strlen(s) >= sizeof(fixed))
		return err_set(e, ERR_CORRUPT, "vault/log", "more names of periods and domains than any site has");
	memcpy(fixed, s, strlen(s));
	buf_add(&l->strings, fixed, sizeof(fixed));
	*ret = (uint16_t)n;
	return buf_code(&l->strings) ? err_set(e, buf_code(&l->strings), NULL, "no memory for the vault's log") : 0;
}

static int add_pack(struct vault_log *l, const struct vault_log_entry *en, struct err *e)
{
	struct vault_pack_info p;
	struct vault_known_pack k = {.entry = en->seq};
	int class, r = vault_pack_body_parse(en->body, &p, e);
	if (r == 0)
		r = string(l, p.period, &k.period, e);
	if (r == 0)
		r = string(l, p.domain, &k.domain, e);
	if (r < 0)
		return r;
	if (vault_pack_parse(slice_str(p.name), &class, &k.number) < 0)
		return err_set(e, ERR_CORRUPT, "vault/log", "a pack's name is not one of ours");
	k.class = (uint16_t)class;
	k.size = p.size;
	k.plain = p.plain;
	memcpy(k.sha256, p.sha256, SEAL_HASH);
	buf_add(&l->packs, &k, sizeof(k));
	return buf_ok(&l->packs) ? 0 : err_set(e, buf_code(&l->packs), NULL, "no memory for the vault's log");
}

static int add_snapshot(struct vault_log *l, const struct vault_log_entry *en, struct err *e)
{
	struct snapshot_place s = {.seq = en->seq, .time = en->time, .at = l->text.n, .n = en->body.n};
	buf_add_slice(&l->text, en->body);
	buf_add(&l->snapshots, &s, sizeof(s));
	return buf_ok(&l->text) && buf_ok(&l->snapshots) ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for the vault's log");
}

static int add_accepted(struct vault_log *l, const struct vault_log_entry *en, struct err *e)
{
	struct vault_accepted x;
	if (vault_accept_parse(en->body, &x, NULL) < 0)
		return 0; /* nobody's word counts for nothing */
	struct snapshot_place s = {.seq = x.seq, .time = en->time, .at = l->text.n, .n = en->body.n};
	buf_add_slice(&l->text, en->body);
	buf_add(&l->accepted, &s, sizeof(s));
	return buf_ok(&l->text) && buf_ok(&l->accepted) ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for the vault's log");
}

/* ---- what was erased ---- */

static const struct retain_erasure *erased(const struct vault_log *l, int class, const char *period)
{
	char name[SITE_PERIOD_MAX];
	int year, quarter, m;
	if (site_period_parts(period, name, &year, &quarter, &m, NULL) < 0)
		return NULL;
	return ledger_retain_erased(&l->retain, class == VAULT_CONTENT ? RETAIN_FILES : RETAIN_CATALOGUE, (uint32_t)(year * 10 + quarter));
}

static int part_packs(struct vault_log *l, struct err *e)
{
	struct vault_known_pack *p = (void *)l->packs.p;
	size_t n = l->packs.n / sizeof(*p), stay = 0;
	for (size_t i = 0; i < n; i++)
		if (erased(l, p[i].class, vault_log_string(l, p[i].period)))
			buf_add(&l->gone, &p[i], sizeof(*p));
		else
			p[stay++] = p[i];
	l->packs.n = stay * sizeof(*p);
	return buf_ok(&l->gone) ? 0 : err_set(e, buf_code(&l->gone), NULL, "no memory for the vault's log");
}

/* A snapshot is gone with its contents or with its catalogue. */
static int part_snapshots(struct vault_log *l, struct err *e)
{
	size_t n = vault_log_snapshots(l), stay = 0;
	for (size_t i = 0; i < n; i++) {
		struct snapshot_place s;
		struct vault_body b;
		memcpy(&s, l->snapshots.p + i * sizeof(s), sizeof(s));
		int r = vault_log_snapshot(l, i, &b, e);
		const struct retain_erasure *x = r < 0 ? NULL : erased(l, VAULT_CONTENT, b.files_period);
		if (r == 0 && !x)
			x = erased(l, VAULT_CATALOGUE, b.catalogue_period);
		vault_body_done(&b);
		if (r < 0)
			return r;
		if (x)
			buf_add(&l->gone_snapshots, &(struct gone_place){.place = s, .by = (size_t)(x - l->retain.erasure)}, sizeof(struct gone_place));
		else
			memcpy(l->snapshots.p + stay++ * sizeof(s), &s, sizeof(s));
	}
	l->snapshots.n = stay * sizeof(struct snapshot_place);
	return buf_ok(&l->gone_snapshots) ? 0 : err_set(e, buf_code(&l->gone_snapshots), NULL, "no memory for the vault's log");
}

static int by_number(const void *a, const void *b)
{
	const struct vault_known_pack *x = a, *y = b;
	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int take_in(struct vault_log *l, struct slice text, struct err *e)
{
	struct cur c = cur_of(text);
	struct vault_log_entry en;
	int r;
	if (text.n == 0)
		return 0;
	if (!slice_starts(text, VAULT_LOG_HEAD)) /* also: cut within its head */
		return text.n < sizeof(VAULT_LOG_HEAD) - 1 && !memcmp(text.p, VAULT_LOG_HEAD, text.n) ? 0 : err_set(e, ERR_CORRUPT, "vault/log", "this is not the vault's log; delete it, it is made again");
	(void)cur_take(&c, sizeof(VAULT_LOG_HEAD) - 1);
	while ((r = vault_log_next(&c, &en)) > 0) {
		if (slice_eq_str(en.kind, "vault-pack"))
			r = add_pack(l, &en, e);
		else if (slice_eq_str(en.kind, "snapshot"))
			r = add_snapshot(l, &en, e);
		else if (slice_eq_str(en.kind, "accept"))
			r = add_accepted(l, &en, e);
		else if (slice_eq_str(en.kind, "retention") && ledger_retain_take(&l->retain, en.seq, en.time, en.body, e) == ERR_MEMORY)
			r = ERR_MEMORY; /* what a later writer says and we do not understand erases nothing here */
		if (r < 0)
			break;
	}
	if (r < 0) {
		char at[32];
		(void)snprintf(at, sizeof(at), "vault/log:%zu", cur_offset(&c));
		return err_set(e, r == ERR_MEMORY ? r : ERR_CORRUPT, at, "this line of the vault's log is damaged; delete the file, it is made again from the ledger");
	}
	if (l->packs.n)
		qsort(l->packs.p, l->packs.n / sizeof(struct vault_known_pack), sizeof(struct vault_known_pack), by_number);
	if (!l->retain.erasure_n)
		return 0;
	r = part_packs(l, e);
	return r == 0 ? part_snapshots(l, e) : r;
}

int vault_log_open(int vaultfd, struct vault_log **ret, struct err *e)
{
	struct vault_log *l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the vault's log");
	buf_init(&l->text, LOG_MAX);
	buf_init(&l->packs, LOG_MAX);
	buf_init(&l->snapshots, LOG_MAX);
	buf_init(&l->strings, STRINGS_MAX * 64 + 64);
	buf_init(&l->accepted, LOG_MAX);
	buf_init(&l->gone, LOG_MAX);
	buf_init(&l->gone_snapshots, LOG_MAX);
	AUTO_BUF struct buf text = {0};
	buf_init(&text, LOG_MAX);
	int r = file_read(vaultfd, "log", LOG_MAX, &text, e);
	if (r == ERR_NOT_FOUND)
		r = 0;
	if (r == 0)
		r = take_in(l, buf_slice(&text), e);
	if (r < 0) {
		vault_log_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

void vault_log_close(struct vault_log *l)
{
	if (!l)
		return;
	buf_done(&l->text);
	buf_done(&l->packs);
	buf_done(&l->snapshots);
	buf_done(&l->strings);
	buf_done(&l->accepted);
	buf_done(&l->gone);
	buf_done(&l->gone_snapshots);
	ledger_retain_done(&l->retain);
	free(l);
}

size_t vault_log_packs(const struct vault_log *l, const struct vault_known_pack **ret)
{
	*ret = (const void *)l->packs.p;
	return l->packs.n / sizeof(**ret);
}

const struct vault_known_pack *vault_log_pack(const struct vault_log *l, int class, uint64_t number)
{
	struct vault_known_pack key = {.class = (uint16_t)class, .number = number};
	return l->packs.n ? bsearch(&key, l->packs.p, l->packs.n / sizeof(key), sizeof(key), by_number) : NULL;
}

const char *vault_log_string(const struct vault_log *l, uint16_t i)
{
	assert(((size_t)i + 1) * 64 <= l->strings.n);
	return (const char *)l->strings.p + (size_t)i * 64;
}

size_t vault_log_snapshots(const struct vault_log *l)
{
	return l->snapshots.n / sizeof(struct snapshot_place);
}

static struct snapshot_place place_of(const struct vault_log *l, size_t i)
{
	struct snapshot_place s;
	assert(i < vault_log_snapshots(l));
	memcpy(&s, l->snapshots.p + i * sizeof(s), sizeof(s));
	return s;
}

int vault_log_snapshot(const struct vault_log *l, size_t i, struct vault_body *ret, struct err *e)
{
	struct snapshot_place s = place_of(l, i);
	int r = vault_body_parse(slice_of(l->text.p + s.at, s.n), ret, e);
	ret->s.seq = s.seq;
	ret->s.time = s.time;
	vault_snapshot_id(s.seq, ret->s.id);
	for (size_t k = 0; r == 0 && !ret->s.accepted && k < l->accepted.n / sizeof(s); k++) { /* few: an operator's word each */
		struct vault_accepted x;
		memcpy(&s, l->accepted.p + k * sizeof(s), sizeof(s));
		if (s.seq != ret->s.seq || vault_accept_parse(slice_of(l->text.p + s.at, s.n), &x, e) < 0)
			continue;
		x.time = s.time;
		r = vault_accept_apply(&x, ret, e);
	}
	return r;
}

int vault_log_find_seq(const struct vault_log *l, uint64_t seq, size_t *ret_i)
{
	size_t n = vault_log_snapshots(l), from = 0, to = n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (place_of(l, mid).seq < seq)
			from = mid + 1;
		else
			to = mid;
	}
	if (from == n || place_of(l, from).seq != seq)
		return ERR_NOT_FOUND;
	*ret_i = from;
	return 0;
}

size_t vault_log_gone(const struct vault_log *l, const struct vault_known_pack **ret)
{
	*ret = (const void *)l->gone.p;
	return l->gone.n / sizeof(**ret);
}

bool vault_log_is_gone(const struct vault_log *l, int class, uint64_t number)
{
	struct vault_known_pack key = {.class = (uint16_t)class, .number = number};
	return l->gone.n && bsearch(&key, l->gone.p, l->gone.n / sizeof(key), sizeof(key), by_number); /* set apart in order */
}

const struct retain_erasure *vault_log_erased(const struct vault_log *l, uint64_t seq)
{
	for (size_t i = 0; i < l->gone_snapshots.n / sizeof(struct gone_place); i++) {
		struct gone_place g;
		memcpy(&g, l->gone_snapshots.p + i * sizeof(g), sizeof(g));
		if (g.place.seq == seq)
			return &l->retain.erasure[g.by];
	}
	return NULL;
}

const struct ledger_retain *vault_log_retain(const struct vault_log *l)
{
	return &l->retain;
}
