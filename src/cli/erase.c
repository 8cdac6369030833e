/* holdfast erase quarter|entry|status: a quarter, or the body of one entry, erased by order and not by a rule; what was erased, which copies said so, and what is pending where until when. */
#include "retain.h"

#include <stdlib.h>

struct options {
	const struct cli_args *args;
	const char *site, *reason;
	bool json, dry_run;
};

/* ---- status ---- */

static void put_hash(struct jsonw *w, const uint8_t sha[SEAL_HASH])
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 80);
	hex_put(&b, slice_of(sha, SEAL_HASH));
	jsonw_kslice(w, "sha256", buf_slice(&b));
}

static void put_receipt(struct jsonw *w, const struct retain_receipt *r)
{
	jsonw_obj(w);
	jsonw_kstr(w, "copy", r->copy);
	jsonw_kstr(w, "where", r->where);
	jsonw_kstr(w, "state", r->done ? "destroyed" : r->pending ? "pending" : "failed");
	jsonw_ku64(w, "entry", r->seq);
	jsonw_ktime(w, "time", r->time);
	jsonw_ku64(w, "destroyed", r->destroyed);
	jsonw_ku64(w, "pending", r->pending);
	if (r->until)
		jsonw_ktime(w, "until", r->until);
	if (r->why[0])
		jsonw_kstr(w, "why", r->why);
	jsonw_obj_end(w);
}

struct view {
	const struct retain_open *x;
	const struct retain_erasure *er;
	struct jsonw *w; /* NULL: text */
	size_t open;
};

static const struct retain_receipt *receipt_of(const struct view *v, const char *copy)
{
	for (size_t i = 0; i < v->x->state.receipt_n; i++)
		if (v->x->state.receipt[i].erasure == v->er->seq && !strcmp(v->x->state.receipt[i].copy, copy))
			return &v->x->state.receipt[i];
	return NULL;
}

/* A replica that has said nothing yet. */
static int untold(void *arg, const struct vault_replica *r, const struct vault_replica_state *st, struct err *e)
{
	struct view *v = arg;
	(void)st;
	(void)e;
	if (receipt_of(v, r->name))
		return 0;
	v->open++;
	if (!v->w) {
		printf("  %-12s NOT TOLD YET: %s\n", r->name, r->target);
		return 0;
	}
	jsonw_obj(v->w);
	jsonw_kstr(v->w, "copy", r->name);
	jsonw_kstr(v->w, "where", r->target);
	jsonw_kstr(v->w, "state", "untold");
	jsonw_obj_end(v->w);
	return 0;
}

static void print_receipt(const struct retain_receipt *r)
{
	char t[32], u[32];
	time_rfc3339(r->time, 0, t);
	if (r->done)
		printf("  %-12s destroyed, %llu files: entry %llu of %s; %s\n", r->copy, (unsigned long long)r->destroyed, (unsigned long long)r->seq, t, r->where);
	else if (r->until)
		printf("  %-12s PENDING until %s: %llu files %s; entry %llu of %s; %s\n", r->copy, time_rfc3339(r->until, 0, u), (unsigned long long)r->pending, r->why, (unsigned long long)r->seq, t, r->where);
	else
		printf("  %-12s NOT DONE: %s; entry %llu of %s; %s\n", r->copy, r->why[0] ? r->why : "?", (unsigned long long)r->seq, t, r->where);
}

static int one(struct view *v, struct err *e)
{
	const struct retain_erasure *x = v->er;
	char q[16], t[32];
	ledger_quarter_format(x->quarter, q);
	if (v->w) {
		jsonw_obj(v->w);
		jsonw_ku64(v->w, "entry", x->seq);
		jsonw_ktime(v->w, "time", x->time);
		jsonw_kstr(v->w, "class", ledger_retain_class_name(x->class));
		if (x->one)
			jsonw_ku64(v->w, "body", x->first);
		else
			jsonw_kstr(v->w, "quarter", q);
		jsonw_kstr(v->w, "who", x->who);
		jsonw_kstr(v->w, "reason", x->reason);
		jsonw_ku64(v->w, "packs", x->packs);
		jsonw_ku64(v->w, "bytes", x->bytes);
		if (x->class == RETAIN_CARE && !x->one) {
			jsonw_ku64(v->w, "first", x->first);
			jsonw_ku64(v->w, "end", x->end);
			jsonw_ku64(v->w, "erased", x->erased);
			jsonw_ku64(v->w, "keptInUse", x->active);
		}
		jsonw_key(v->w, "keys");
		jsonw_arr(v->w);
		for (size_t i = 0; i < x->key_n; i++) {
			jsonw_obj(v->w);
			jsonw_kstr(v->w, "name", x->key[i].name);
			put_hash(v->w, x->key[i].sha256);
			jsonw_obj_end(v->w);
		}
		jsonw_arr_end(v->w);
		jsonw_key(v->w, "copies");
		jsonw_arr(v->w);
	} else if (x->one) {
		printf("entry %llu of %s: the body of entry %llu erased by %s: %s\n", (unsigned long long)x->seq, time_rfc3339(x->time, 0, t), (unsigned long long)x->first, x->who, x->reason);
	} else {
		printf("entry %llu of %s: %s of %s erased by %s: %s; %zu keys, %llu packs of %llu bytes\n", (unsigned long long)x->seq, time_rfc3339(x->time, 0, t), ledger_retain_class_name(x->class), q, x->who, x->reason, x->key_n,
		       (unsigned long long)x->packs, (unsigned long long)x->bytes);
		if (x->class == RETAIN_CARE)
			printf("  %llu bodies of the entries %llu to %llu; %llu were kept for charts in use\n", (unsigned long long)x->erased, (unsigned long long)x->first, (unsigned long long)x->end - 1,
			       (unsigned long long)x->active);
	}
	if (!receipt_of(v, "here")) {
		v->open++;
		if (!v->w)
			printf("  %-12s keys destroyed; packs NOT REMOVED YET\n", "here");
	}
	for (size_t i = 0; i < v->x->state.receipt_n; i++) {
		const struct retain_receipt *r = &v->x->state.receipt[i];
		if (r->erasure != x->seq)
			continue;
		v->open += !r->done;
		if (v->w)
			put_receipt(v->w, r);
		else
			print_receipt(r);
	}
	int r = vault_replica_each(v->x->s.fd, untold, v, e);
	if (v->w) {
		jsonw_arr_end(v->w);
		jsonw_obj_end(v->w);
	}
	return r;
}

static int status(const struct options *o)
{
	struct err e = {0};
	struct retain_open x;
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	if (retain_open(o->site, &x, &e) < 0)
		return cli_fail(&e);
	buf_init(&out, 64 << 20);
	jsonw_init(&w, &out);
	jsonw_arr(&w);
	struct view v = {.x = &x, .w = o->json ? &w : NULL};
	int r = 0;
	for (size_t i = 0; r == 0 && i < x.state.erasure_n; i++) {
		v.er = &x.state.erasure[i];
		r = one(&v, &e);
	}
	jsonw_arr_end(&w);
	if (r == 0 && o->json)
		printf("%s\n", buf_cstr(&out));
	else if (r == 0 && !x.state.erasure_n)
		printf("nothing was erased\n");
	if (r == 0 && v.open)
		cli_note("%zu copies are not done; holdfast retention apply tries them again. Copies that others pull are not in this list.", v.open);
	retain_close(&x);
	return r < 0 ? cli_fail(&e) : v.open ? 1 : 0;
}

/* ---- by order ---- */

static int entry(const struct options *o)
{
	struct err e = {0};
	struct retain_open x;
	struct control *c = NULL;
	uint64_t no, seq = 0;
	int64_t time = 0;
	size_t open = 0;
	char t[32];
	if (num_u64(slice_str(o->args->v[1]), 0, INT64_MAX - 1, &no) < 0)
		return cli_usage("erase entry: '%s' is no number of an entry", o->args->v[1]);
	if (!o->reason || !*o->reason)
		return cli_usage("erase entry: --reason is missing; it stands in the place of the body");
	if (retain_open(o->site, &x, &e) < 0)
		return cli_fail(&e);
	int r = o->dry_run ? 0 : control_open(&x.s, true, &c, &e);
	if (r == 0 && c)
		r = control_catch_up(c, &e);
	if (r == 0 && c)
		r = retain_refresh(&x, &e);
	if (r == 0)
		r = retain_entry(&x, c, no, o->reason, &seq, &time, &e);
	if (r == 0 && c)
		r = retain_carry_out(&x, c, &open, &e);
	control_close(c);
	if (r == 0 && !o->dry_run && o->json)
		printf("{\"entry\":%llu,\"erasedBy\":%llu,\"time\":\"%s\",\"open\":%zu}\n", (unsigned long long)no, (unsigned long long)seq, time_rfc3339(time, 0, t), open);
	else if (r == 0 && !o->dry_run)
		printf("erased the body of entry %llu: entry %llu of %s\n", (unsigned long long)no, (unsigned long long)seq, time_rfc3339(time, 0, t));
	if (r == 0 && open)
		cli_note("%zu copies still hold something of what was erased: holdfast erase status names them.", open);
	retain_close(&x);
	return r < 0 ? cli_fail(&e) : 0;
}


static int quarter(const struct options *o)
{
	struct err e = {0};
	struct retain_open x;
	struct control *c = NULL;
	const struct vault_quarter *q = NULL;
	struct retain_line l;
	uint32_t no;
	uint64_t seq;
	int64_t time;
	size_t open = 0;
	char t[32];
	int class = ledger_retain_class(slice_str(o->args->v[1]));
	if (class < 0 || ledger_quarter_parse(slice_str(o->args->v[2]), &no) < 0)
		return cli_usage("erase quarter: say a class (care, files or catalogue) and a quarter such as 2026Q3");
	if (!o->reason || !*o->reason)
		return cli_usage("erase quarter: --reason is missing; it stands in the ledger");
	if (retain_open(o->site, &x, &e) < 0)
		return cli_fail(&e);
	int r = 0;
	for (size_t i = 0; i < x.q_n; i++)
		if (x.q[i].class == class && x.q[i].quarter == no)
			q = &x.q[i];
	const struct retain_erasure *before = ledger_retain_erased(&x.state, class, no);
	if (before)
		r = err_set(&e, ERR_EXISTS, NULL, "it was erased by entry %llu of %s", (unsigned long long)before->seq, time_rfc3339(before->time, 0, t));
	else if (!q)
		r = err_set(&e, ERR_NOT_FOUND, NULL, "nothing of this class lies in this quarter; `retention plan` lists what there is");
	if (r == 0) {
		retain_judge(&x, q, &l);
		if (l.hold)
			r = ledger_retain_refuse(l.hold, &e);
		else if (no >= ledger_quarter_of(x.now))
			r = err_set(&e, ERR_DENIED, NULL, "the quarter in which the ledger stands is never erased");
		else if (q->newest_of[0])
			r = err_set(&e, ERR_DENIED, NULL, "the newest snapshot of %s lies there: back it up first, then it is not needed any more", q->newest_of);
		else if (l.fate == FATE_HELD)
			r = err_set(&e, ERR_DENIED, NULL, "%s", l.why);
	}
	if (r == 0 && o->dry_run && class == RETAIN_CARE) {
		r = retain_care_preview(&x, no, o->json, &e);
	} else if (r == 0 && o->dry_run) {
		printf("would erase %s of %s: %llu packs, %llu snapshots\n", o->args->v[1], o->args->v[2], (unsigned long long)q->packs, (unsigned long long)q->snapshots);
	} else if (r == 0) {
		r = control_open(&x.s, true, &c, &e);
		if (r == 0)
			r = retain_erase(&x, c, q, NULL, 0, 0, o->reason, &seq, &time, &e);
		if (r == 0)
			r = retain_carry_out(&x, c, &open, &e);
		control_close(c);
		if (r == 0 && o->json)
			printf("{\"class\":\"%s\",\"quarter\":\"%s\",\"entry\":%llu,\"time\":\"%s\",\"open\":%zu}\n", o->args->v[1], o->args->v[2], (unsigned long long)seq, time_rfc3339(time, 0, t), open);
		else if (r == 0)
			printf("erased %s of %s: entry %llu of %s\n", o->args->v[1], o->args->v[2], (unsigned long long)seq, time_rfc3339(time, 0, t));
		if (r == 0 && open)
			cli_note("%zu copies still hold something of what was erased: holdfast erase status names them.", open);
	}
	retain_close(&x);
	return r < 0 ? cli_fail(&e) : 0;
}

int cmd_erase(int argc, char **argv)
{
	static struct cli_args args;
	struct options o = {.args = &args};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"reason", CLI_STRING, &o.reason, "TEXT", "quarter, entry: why; it stands in the ledger"},
		{"dry-run", CLI_FLAG, &o.dry_run, NULL, "quarter, entry: say what would be erased, and erase nothing"},
		{"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "erase status | quarter CLASS QUARTER --reason TEXT [--dry-run] | entry N --reason TEXT [--dry-run]   --site DIR [--json]",
	                  "status: what was erased, when, by whom and why, the receipt of each copy, and what is pending until when; exit 1 while a copy is not done. quarter: erases one by order, not by a rule. entry: erases the body of one message or recording; its pack is written anew without it.", opts, ARRAY_LEN(opts),
	                  &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool is_status = !strcmp(verb, "status");
	if ((o.reason || o.dry_run) && is_status)
		return cli_usage("erase status: --reason and --dry-run are for quarter and entry");
	if (is_status)
		return args.n == 1 ? status(&o) : cli_usage("erase status takes no argument");
	if (!strcmp(verb, "entry") && args.n == 2)
		return entry(&o);
	return !strcmp(verb, "quarter") && args.n == 3 ? quarter(&o) : cli_usage("erase: say 'status', 'quarter CLASS QUARTER' or 'entry N'");
}
