/* holdfast ledger list|show|cat|head|prove|verify: what was recorded, and that it was not changed. Reads the folder, and writes nothing in it but the note for status when all was verified. */
#include "commands.h"
#include "ledger_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>
#include <sys/stat.h>

struct listing {
	bool json;
	int kind; /* -1: all */
	struct buf out;
};

static void put_leaf_members(struct jsonw *w, uint64_t seq, const struct ledger_leaf *l)
{
	jsonw_ku64(w, "seq", seq);
	jsonw_kstr(w, "kind", ledger_kind_name(l->kind));
	jsonw_ktime(w, "time", l->time);
	jsonw_kstr(w, "source", l->source);
	jsonw_ku64(w, "size", l->size);
	if (l->flags) {
		jsonw_key(w, "flags");
		jsonw_arr(w);
		if (l->flags & LEDGER_FLAG_ID_REUSED)
			jsonw_str(w, "control-id-reused");
		if (l->flags & LEDGER_FLAG_REPAIRED)
			jsonw_str(w, "odd-frame");
		jsonw_arr_end(w);
	}
}

static int list_one(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct listing *l = arg;
	if (l->kind >= 0 && en->leaf.kind != l->kind)
		return 0;
	buf_reset(&l->out);
	if (l->json) {
		struct jsonw w;
		jsonw_init(&w, &l->out);
		jsonw_obj(&w);
		put_leaf_members(&w, en->seq, &en->leaf);
		jsonw_obj_end(&w);
		buf_u8(&l->out, '\n');
	} else {
		char t[32];
		buf_printf(&l->out, "%10" PRIu64 "  %s  %-16s %10" PRIu64 "  %s\n", en->seq, time_rfc3339(en->leaf.time, 3, t), ledger_kind_name(en->leaf.kind), en->leaf.size,
		           en->leaf.source);
	}
	if (fwrite(l->out.p, 1, l->out.n, stdout) != l->out.n)
		return err_sys(e, "standard output", "cannot write");
	return 0;
}

static int list(struct ledger *l, uint64_t from, uint64_t to, const char *kind, bool json, struct err *e)
{
	struct listing li = {.json = json, .kind = -1};
	if (kind) {
		li.kind = ledger_kind_parse(slice_str(kind));
		if (li.kind < 0)
			return err_set(e, ERR_USAGE, "--kind", "there is no kind '%s'", kind);
	}
	buf_init(&li.out, 1 << 16);
	uint64_t end = ledger_size(l);
	if (to != UINT64_MAX && to + 1 < end)
		end = to + 1;
	int r = from < end ? ledger_scan(l, from, end, false, list_one, &li, e) : 0;
	buf_done(&li.out);
	return r == ERR_SYSTEM && errno == EPIPE ? 0 : r;
}

/* A body goes to a terminal only with its control characters shown; its exact bytes are for --raw. */
static void print_body(struct slice body)
{
	size_t n = body.n > 65536 ? 65536 : body.n, from = 0;
	for (size_t i = 0; i < n; i++)
		if (body.p[i] == '\r' || body.p[i] == '\n') {
			cli_slice(stdout, slice_of(body.p + from, i - from));
			fputc('\n', stdout);
			from = i + 1;
		}
	if (from < n)
		cli_slice(stdout, slice_of(body.p + from, n - from));
	fputc('\n', stdout);
	if (n < body.n)
		printf("... %zu more bytes; --raw gives them all\n", body.n - n);
}

/* Whom the entry speaks of, where the view can be read and knows it: the first in *ret_patient (size 32), all (or as many as fit) in query. */
static void whom(const struct site *s, uint64_t seq, char ret_patient[32], char *query, size_t size)
{
	char path[4200];
	struct chart *c = NULL;
	struct chart_moment now;
	struct err e;
	char(*ids)[32];
	size_t n, used;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct chart_options o = {.zone_minutes = s->zone_minutes, .site_name = s->name};
	snprintf(path, sizeof path, "%s/view/chart.db", s->path);
	*ret_patient = 0;
	used = strlen(query);
	if (a && chart_open(path, &o, &c, &e) == 0 && chart_now(c, &now, &e) == 0 && chart_entry_patients(c, seq, now, a, &ids, &n, &e) == 0)
		for (size_t i = 0; i < n; i++) {
			if (i == 0)
				memcpy(ret_patient, ids[0], 32);
			else if (used + 40 < size)
				used += (size_t)snprintf(query + used, size - used, " %s", ids[i]);
		}
	chart_close(c);
}

static int show(const struct site *s, struct ledger *l, struct control **k, uint64_t seq, bool raw, bool json, struct err *e)
{
	struct ledger_entry en;
	int r = ledger_read(l, seq, &en, e);
	if (r < 0)
		return r;
	char query[1024], patient[32];
	snprintf(query, sizeof query, "entry/%" PRIu64, seq);
	whom(s, seq, patient, query, sizeof query);
	cli_record(s, k, "raw", patient[0] ? patient : NULL, query, seq);
	AUTO_BUF struct buf redacted = {0};
	buf_init(&redacted, (size_t)1 << 20);
	if (en.leaf.kind == LEDGER_ACCOUNT && !raw) { /* (--raw is the body's exact bytes, for who holds the keys) */
		serve_account_redact(en.body, &redacted);
		en.body = buf_slice(&redacted);
	}
	if (raw) {
		fwrite(en.body.p, 1, en.body.n, stdout);
		return 0;
	}
	uint8_t leaf[LEDGER_LEAF_MAX];
	size_t n = ledger_leaf_encode(&en.leaf, leaf);
	AUTO_BUF struct buf out = {0};
	buf_init(&out, (size_t)1 << 30);
	if (json) {
		struct jsonw w;
		jsonw_init(&w, &out);
		jsonw_obj(&w);
		put_leaf_members(&w, seq, &en.leaf);
		buf_str(&out, ",\"commit\":\"");
		hex_put(&out, slice_of(en.leaf.commit, SEAL_HASH));
		buf_str(&out, "\",\"leaf\":\"");
		base64_put(&out, slice_of(leaf, n));
		buf_str(&out, "\",\"salt\":\"");
		base64_put(&out, slice_of(en.salt, sizeof en.salt));
		buf_str(&out, "\"");
		if (en.leaf.kind == LEDGER_ACCOUNT)
			jsonw_kbool(&w, "redacted", true);
		if (utf8_valid(en.body))
			jsonw_kslice(&w, "body", en.body);
		else {
			buf_str(&out, ",\"bodyBase64\":\"");
			base64_put(&out, en.body);
			buf_str(&out, "\"");
		}
		jsonw_obj_end(&w);
		buf_u8(&out, '\n');
		fwrite(out.p, 1, out.n, stdout);
		return 0;
	}
	char t[32];
	hex_put(&out, slice_of(en.leaf.commit, SEAL_HASH));
	printf("entry       %" PRIu64 "\nkind        %s\nreceived    %s\nsource      %s\nsize        %" PRIu64 " bytes\ncommitment  %s\n%s%s%s\n", seq, ledger_kind_name(en.leaf.kind),
	       time_rfc3339(en.leaf.time, 9, t), en.leaf.source, en.leaf.size, buf_cstr(&out), en.leaf.flags & LEDGER_FLAG_ID_REUSED ? "note        control id was used before with other bytes\n" : "",
	       en.leaf.flags & LEDGER_FLAG_REPAIRED ? "note        the frame was odd (no start block, no CR at its end, bytes between frames ...); the body is as it stood\n" : "",
	       en.leaf.kind == LEDGER_ACCOUNT ? "note        password and token hashes are left out\n" : "");
	print_body(en.body);
	return 0;
}

struct catting {
	int kind;
	uint64_t erased;
};

static int cat_one(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct catting *k = arg;
	if (k->kind >= 0 && en->leaf.kind != k->kind)
		return 0;
	if (en->erased) {
		k->erased++;
		return 0;
	}
	AUTO_BUF struct buf redacted = {0};
	struct slice body = en->body;
	buf_init(&redacted, (size_t)1 << 20);
	if (en->leaf.kind == LEDGER_ACCOUNT) {
		serve_account_redact(body, &redacted);
		body = buf_slice(&redacted);
	}
	if (fwrite(body.p, 1, body.n, stdout) != body.n || putchar('\n') == EOF)
		return err_sys(e, "standard output", "cannot write");
	return 0;
}

/* Every body in order, as it came, an LF after each: what another system can be fed from, or grep. */
static int cat(const struct site *s, struct ledger *l, struct control **keeper, uint64_t from, uint64_t to, const char *kind, struct err *e)
{
	int k = kind ? ledger_kind_parse(slice_str(kind)) : -1;
	if (kind && k < 0)
		return err_set(e, ERR_USAGE, "--kind", "there is no kind '%s'", kind);
	uint64_t end = ledger_size(l);
	if (to != UINT64_MAX && to + 1 < end)
		end = to + 1;
	if (from >= end)
		return 0;
	char query[128];
	snprintf(query, sizeof query, "entries %" PRIu64 " to %" PRIu64 "%s%s", from, end - 1, kind ? " of kind " : "", kind ? kind : "");
	cli_record(s, keeper, "export", NULL, query, end - 1);
	struct catting c = {.kind = k};
	int r = ledger_scan(l, from, end, true, cat_one, &c, e);
	if (r == 0 && c.erased)
		cli_note("%" PRIu64 " bodies were erased, and are left out: `holdfast erase status` says by whom", c.erased);
	return r == ERR_SYSTEM && errno == EPIPE ? 0 : r;
}

static int head(struct ledger *l, bool json, struct err *e)
{
	AUTO_BUF struct buf note = {0}, out = {0};
	buf_init(&note, 1 << 16);
	buf_init(&out, 1 << 16);
	ledger_checkpoint(l, &note);
	if (!json) {
		fwrite(note.p, 1, note.n, stdout);
		return 0;
	}
	struct tlog_checkpoint cp;
	int r = tlog_checkpoint_parse(buf_slice(&note), &cp, e);
	if (r < 0)
		return r;
	struct jsonw w;
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "origin", cp.origin);
	jsonw_ku64(&w, "size", cp.size);
	buf_str(&out, ",\"root\":\"");
	base64_put(&out, slice_of(cp.root, SEAL_HASH));
	buf_str(&out, "\"");
	jsonw_ku64(&w, "durable", ledger_durable(l));
	jsonw_kslice(&w, "checkpoint", buf_slice(&note));
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
	return 0;
}

static void progress(void *arg, uint64_t done, uint64_t total)
{
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries", done, total);
}

/* A checkpoint that somebody kept: in a mail with CRLF, saved by an editor that adds a byte order mark or empty lines. No signed note holds a CR, so none of that can be part of it. */
static void plain_note(struct slice in, struct buf *out)
{
	if (slice_starts(in, "\xef\xbb\xbf"))
		in = slice_of(in.p + 3, in.n - 3);
	in = slice_trim(in);
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] != '\r' || i + 1 == in.n || in.p[i + 1] != '\n')
			buf_u8(out, in.p[i]);
	buf_u8(out, '\n');
}

/* The copies of the keys that are sealed to the recovery key: nobody opens them before the day on which nothing else is left, so somebody has to look whether they are there. Only the shares can tell that
 * what is inside is whole. */
static void look_at_sealed_keys(const struct site *s)
{
	static const char *const names[] = {"keys/care.age", "keys/signing.age", "keys/dedupe.age"};
	static const char begins[] = "age-encryption.org/v1\n";
	struct stat st;
	for (size_t i = 0; i < ARRAY_LEN(names) && fstatat(s->fd, "keys", &st, 0) == 0; i++) {
		AUTO_BUF struct buf b = {0};
		struct err e = {0};
		buf_init(&b, 1 << 16);
		int r = file_read(s->fd, names[i], 1 << 16, &b, &e);
		if (r == ERR_NOT_FOUND || (r == 0 && (!slice_starts(buf_slice(&b), begins) || b.n < 200))) /* the shortest has 265 bytes */
			cli_note("holdfast: %s: the copy that is sealed to the recovery key is %s: put it back from a replica or an older copy of the site", names[i], r == 0 ? "damaged" : "missing");
	}
}

/* The checkpoint that --since names. 0, or the exit status. */
static int read_kept(const char *since, struct buf *kept)
{
	struct err e = {0};
	AUTO_BUF struct buf file = {0};
	buf_init(&file, 1 << 16);
	buf_init(kept, (1 << 16) + 1);
	if (since && file_read(AT_FDCWD, since, 1 << 16, &file, &e) < 0)
		return cli_fail(&e);
	if (since && slice_trim(buf_slice(&file)).n)
		plain_note(buf_slice(&file), kept);
	return since && !kept->n ? cli_usage("--since: '%s' is empty; it should hold a checkpoint such as 'holdfast ledger head' prints", since) : 0;
}

static int verify(struct site *s, const char *since, bool bodies, bool json)
{
	struct err e = {0};
	AUTO_BUF struct buf kept = {0}, faults = {0}, out = {0};
	buf_init(&faults, 1 << 20);
	buf_init(&out, 2 << 20);
	int given = read_kept(since, &kept);
	if (given)
		return given;
	struct site_keys keys = {0};
	(void)!seal_lock_memory(&keys, sizeof keys, NULL);
	int opened = site_keys_open(s->fd, &keys, &e);
	if (opened < 0 && (bodies || (opened != ERR_NOT_FOUND && opened != ERR_DENIED)))
		return cli_fail(&e);
	if (opened < 0) { /* what is public is checked all the same */
		keys = (struct site_keys){0};
		e = (struct err){0};
	}
	struct ledger_verify_options o = {.since = buf_slice(&kept), .bodies = bodies, .progress = cli_progress_wanted() ? progress : NULL};
	struct ledger_verify_report rep = {0};
	int r = ledger_verify(s->fd, &keys, &o, &rep, &faults, &e);
	site_keys_wipe(&keys);
	look_at_sealed_keys(s);
	if (r == 0)
		site_note_verified(s, rep.size);
	if (o.progress)
		fputc('\n', stderr);
	if (r < 0 && !faults.n) {
		if (json)
			printf("{\"ok\":false}\n");
		return cli_fail(&e);
	}
	if (json) {
		struct jsonw w;
		jsonw_init(&w, &out);
		jsonw_obj(&w);
		jsonw_kbool(&w, "ok", r == 0);
		jsonw_kstr(&w, "origin", rep.origin);
		jsonw_ku64(&w, "size", rep.size);
		buf_str(&out, ",\"root\":\"");
		base64_put(&out, slice_of(rep.root, SEAL_HASH));
		buf_str(&out, "\"");
		jsonw_ku64(&w, "entries", rep.entries);
		jsonw_ku64(&w, "packs", rep.packs);
		jsonw_ku64(&w, "packBytes", rep.pack_bytes);
		jsonw_ku64(&w, "walEntries", rep.wal_entries);
		jsonw_ku64(&w, "bodies", rep.bodies);
		jsonw_ku64(&w, "erased", rep.erased);
		jsonw_kbool(&w, "walChecked", rep.wal_checked);
		jsonw_kbool(&w, "sinceChecked", rep.since_checked);
		cli_put_faults(&w, &faults);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&out));
	} else if (r == 0) {
		printf("whole: %" PRIu64 " entries, %" PRIu64 " packs of %" PRIu64 " bytes, %" PRIu64 " entries in the write-ahead tail%s%s\n", rep.entries, rep.packs, rep.pack_bytes, rep.wal_entries,
		       rep.since_checked ? "; extends the kept checkpoint" : "", rep.wal_checked ? "" : " (tail not opened: no key)");
		if (rep.erased)
			printf("%" PRIu64 " bodies were erased, as entries say: `holdfast erase status`\n", rep.erased);
	}
	return cli_verdict(r, &faults, json);
}

/* The log goes on under a new name and key: after a theft of the signing key, or because an operator knows why. */
static int epoch(struct site *s, const char *reason, bool resume, bool json)
{
	struct err e = {0};
	struct site_keys keys = {0}, now = {0};
	struct ledger_epoch ended = {0};
	(void)!seal_lock_memory(&keys, sizeof keys, NULL);
	int lock = site_lock(s->fd, &e);
	int r = lock < 0 ? lock : site_keys_open(s->fd, &keys, &e);
	if (r == 0 && resume) {
		r = ledger_epoch_resume(s->fd, &keys, &e);
		now = keys;
		if (r == 0)
			r = err_set(&e, ERR_NOT_FOUND, "keys/epoch.next", "no epoch was begun that is not finished");
	} else if (r == 0) {
		r = ledger_epoch_begin(s->fd, &keys, reason, &now, &ended, &e);
	}
	if (lock >= 0)
		close(lock);
	if (r >= 0) { /* a keeper of our own, once: it gives new files to the site's users, and shows the entry */
		struct control *k = NULL;
		r = control_open(s, true, &k, &e);
		control_close(k);
	}
	if (r >= 0 && json) {
		AUTO_BUF struct buf out = {0}, vkey = {0};
		struct jsonw w;
		buf_init(&out, 1 << 16);
		buf_init(&vkey, 4096);
		note_vkey_format(&now.signing.v, &vkey);
		jsonw_init(&w, &out);
		jsonw_obj(&w);
		jsonw_kstr(&w, "origin", now.signing.v.name);
		jsonw_kslice(&w, "vkey", buf_slice(&vkey));
		if (!resume) {
			jsonw_ku64(&w, "epoch", ended.number + 1);
			jsonw_kstr(&w, "previous", ended.last.origin);
			jsonw_ku64(&w, "size", ended.last.size);
		}
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&out));
	} else if (r >= 0) {
		printf("the log is %s from here on", now.signing.v.name);
		if (!resume)
			printf("; %s ended with %" PRIu64 " entries, and stays provable under its last checkpoint (ledger/epochs/%" PRIu64 ")", ended.last.origin, ended.last.size, ended.number);
		printf("\nGive the new ledger/vkey to whoever verifies, and push to each replica; those who pull say `holdfast replica pull NAME --accept-epoch`\n");
	}
	site_keys_wipe(&keys);
	site_keys_wipe(&now);
	return r < 0 ? cli_fail(&e) : 0;
}

int cmd_ledger(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *since = NULL, *kind = NULL;
	const char *reason = NULL;
	bool json = false, raw = false, bodies = false, resume = false;
	uint64_t from = 0, to = UINT64_MAX;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "JSON on stdout (list: NDJSON)"},
		{"raw", CLI_FLAG, &raw, NULL, "show: the body's exact bytes"},
		{"from", CLI_NUMBER, &from, "SEQ", "list, cat: from this entry"},
		{"to", CLI_NUMBER, &to, "SEQ", "list, cat: up to and with this entry"},
		{"kind", CLI_STRING, &kind, "KIND", "list, cat: only this kind, such as hl7v2"},
		{"since", CLI_STRING, &since, "FILE", "verify: the ledger must extend this kept checkpoint"},
		{"bodies", CLI_FLAG, &bodies, NULL, "verify: open every body and check it against its leaf"},
		{"reason", CLI_STRING, &reason, "TEXT", "epoch: why; it stands in the ledger"},
		{"resume", CLI_FLAG, &resume, NULL, "epoch: finish one that was broken off (the daemon does it at its start)"},
	};
	bool done;
	int r = cli_parse(argc, argv, "ledger list | show SEQ [--raw] | cat | head | prove SEQ | verify [--since CHECKPOINT_FILE] [--bodies] | epoch --reason TEXT   --site DIR [--json]",
	                  "Reads the append-only record and checks it. Keep what 'head' prints somewhere else: 'verify --since' then finds a rewritten or shortened history.", opts,
	                  ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool needs_seq = !strcmp(verb, "show") || !strcmp(verb, "prove");
	if (strcmp(verb, "list") && strcmp(verb, "cat") && strcmp(verb, "head") && strcmp(verb, "verify") && strcmp(verb, "epoch") && !needs_seq)
		return cli_usage("ledger: say list, show SEQ, cat, head, prove SEQ, verify or epoch");
	if (args.n != (needs_seq ? 2u : 1u))
		return cli_usage("ledger %s: %s", verb, needs_seq ? "name one entry" : "takes no argument");
	/* an option that does nothing would be taken for one that did something: a head that was "checked", a list that is "all" */
	bool lists = !strcmp(verb, "list") || !strcmp(verb, "cat"), verifies = !strcmp(verb, "verify");
	if ((from || to != UINT64_MAX || kind) && !lists)
		return cli_usage("ledger %s: --from, --to and --kind are for list and cat", verb);
	if ((since || bodies) && !verifies)
		return cli_usage("ledger %s: --since and --bodies are for verify", verb);
	if (raw && strcmp(verb, "show"))
		return cli_usage("ledger %s: --raw is for show", verb);
	if ((reason || resume) && strcmp(verb, "epoch"))
		return cli_usage("ledger %s: --reason and --resume are for epoch", verb);
	if (!strcmp(verb, "epoch") && !reason == !resume)
		return cli_usage("ledger epoch: say --reason TEXT: it stands in the ledger for ever (or --resume to finish one that was broken off)");
	uint64_t seq = 0;
	if (needs_seq && num_u64(slice_str(args.v[1][0] == '#' ? args.v[1] + 1 : args.v[1]), 0, UINT64_MAX - 1, &seq) < 0)
		return cli_usage("ledger %s: '%s' is not an entry's number", verb, args.v[1]);
	struct err e = {0};
	struct site s;
	if (verifies && ledger_is_replica(site)) {
		AUTO_BUF struct buf kept = {0};
		if (bodies)
			return cli_usage("ledger verify: a replica's bodies open with the recovery shares alone, after `holdfast rebuild`; without --bodies every byte is checked");
		int status = read_kept(since, &kept);
		return status ? status : ledger_verify_replica(site, buf_slice(&kept), json);
	}
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	if (!strcmp(verb, "verify")) {
		int status = verify(&s, since, bodies, json);
		site_close(&s);
		return status;
	}
	if (!strcmp(verb, "epoch")) {
		int status = epoch(&s, reason, resume, json);
		site_close(&s);
		return status;
	}
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	struct control *k = NULL;
	bool opens = !strcmp(verb, "show") || !strcmp(verb, "cat");
	r = cli_ledger(&s, opens, &keys, &l, &e);
	if (r == 0 && !strcmp(verb, "list"))
		r = list(l, from, to, kind, json, &e);
	else if (r == 0 && !strcmp(verb, "cat"))
		r = cat(&s, l, &k, from, to, kind, &e);
	else if (r == 0 && !strcmp(verb, "show"))
		r = show(&s, l, &k, seq, raw, json, &e);
	else if (r == 0 && !strcmp(verb, "head"))
		r = head(l, json, &e);
	else if (r == 0) {
		AUTO_BUF struct buf proof = {0};
		buf_init(&proof, 1 << 20);
		r = ledger_prove(l, seq, &proof, &e);
		if (r == 0)
			fwrite(proof.p, 1, proof.n, stdout);
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	fflush(stdout);
	control_close(k);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
