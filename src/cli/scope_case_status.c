/* holdfast scope case status, export: a case as its entries say it; the persons and elements that its newest run found. */
#include "scope_cmd.h"
#include "scope_result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static int status_json(const struct scope_case *c, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct jsonw w;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	buf_init(&b, (size_t)1 << 30);
	jsonw_init(&w, &b);
	scope_case_json(c, a, &w);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "the case is too large to show at once");
	printf("%s\n", buf_cstr(&b));
	return 0;
}

static void say_words(const struct scope_case *c, int what, const char *head)
{
	bool any = false;
	for (size_t i = 0; i < c->word_n; i++) {
		const struct scope_word *o = &c->word[i];
		char at[32];
		if (o->what != what)
			continue;
		printf("%s", any ? "" : head);
		any = true;
		printf("  %s  ", time_rfc3339(o->time, 0, at));
		cli_slice(stdout, o->subject);
		if (o->outcome.n) {
			printf(": ");
			cli_slice(stdout, o->outcome);
		}
		if (o->text.n) {
			printf(" (");
			cli_slice(stdout, o->text);
			printf(")");
		}
		printf(", ");
		cli_slice(stdout, o->by);
		printf(", entry %" PRIu64 "\n", o->entry);
	}
}

/* Letters that went, authorities that were told. */
static void say_sent(const struct scope_case *c)
{
	for (size_t i = 0; i < c->sent_n; i++) {
		const struct scope_sent *s = &c->sent[i];
		printf("%s  ", i ? "" : "sent and told:\n");
		if (s->told) {
			cli_slice(stdout, s->on);
			printf("  ");
			cli_slice(stdout, s->duty);
			printf(" told");
			if (s->reference.n) {
				printf(", ");
				cli_slice(stdout, s->reference);
			}
		} else {
			cli_slice(stdout, s->first.n ? s->first : SLICE("no day"));
			printf("  letters: %" PRIu64 " of %" PRIu64 " mailed", s->mailed, s->sent);
			if (s->last.n) {
				printf(" until ");
				cli_slice(stdout, s->last);
			}
			printf(", %" PRIu64 " came back", s->returned);
			if (s->no_address)
				printf(", %" PRIu64 " without an address", s->no_address);
			if (s->returned + s->no_address)
				printf(": %" PRIu64 " to reach by substitute notice", s->returned + s->no_address);
		}
		if (s->sha256.n) {
			printf(" (");
			cli_slice(stdout, s->file);
			printf(", sha256 %.16s..)", (const char *)s->sha256.p);
		}
		printf(", ");
		cli_slice(stdout, s->by);
		printf(", entry %" PRIu64 "\n", s->entry);
	}
}

static uint64_t total(const struct json_node *n, const char *key)
{
	uint64_t v = 0;
	(void)!num_u64(json_text(json_get(n, "totals"), key), 0, UINT64_MAX, &v);
	return v;
}

static int status_text(const struct scope_case *c, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	char from[32], to[32], t[32];
	struct scope_many m;
	struct json_node *n;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	cli_slice(stdout, c->name);
	printf("  ");
	cli_slice(stdout, c->title);
	printf("\nwindow %s to %s", time_rfc3339(c->from, 0, from), time_rfc3339(c->to, 0, to));
	if (c->discovered != INT64_MIN)
		printf(", discovered %s", time_rfc3339(c->discovered, 0, t));
	else
		printf(", NOT SAID when it was discovered: no deadline can be counted");
	printf("\n");
	scope_case_many(c, a, &m);
	if (!m.known)
		printf("persons: NOTHING IS KNOWN YET: %s\n", c->input_n ? "holdfast scope case run" : "bring evidence: holdfast scope case evidence");
	else if (m.high_known && !m.point_known)
		printf("persons: between %" PRIu64 " and %" PRIu64 " (entry %" PRIu64 ")\n", m.low, m.high, m.entry);
	else if (m.high_known)
		printf("persons: between %" PRIu64 " and %" PRIu64 ", likely %" PRIu64 "%s (entry %" PRIu64 ")\n", m.low, m.high, m.point, m.running ? ", while files are still being read" : "", m.entry);
	else
		printf("persons: at least %" PRIu64 ", no upper end can be given yet (entry %" PRIu64 ")\n", m.low, m.entry);
	if (c->run_n && json_tree(c->run[c->run_n - 1].json, a, &n, e) == 0) {
		printf("newest run: %s, entry %" PRIu64 ": %" PRIu64 " objects touched, %" PRIu64 " acquired, %" PRIu64 " accessed; %" PRIu64 " read, %" PRIu64 " NOT READ; %" PRIu64 " known persons, %" PRIu64 " strangers, %" PRIu64 " pairs to review\n",
		       time_rfc3339(c->run[c->run_n - 1].time, 0, t), c->run[c->run_n - 1].entry, total(n, "objects"), total(n, "acquired"), total(n, "accessed"), total(n, "read") + total(n, "in_part"), total(n, "not_found") + total(n, "unreadable") + total(n, "in_part"), total(n, "known"),
		       total(n, "strangers"), total(n, "grey"));
		for (size_t i = 0; i < c->input_n; i++)
			if (c->input[i].entry > c->run[c->run_n - 1].entry) {
				printf("NEWER THAN THE RUN: something was brought since; run it again\n");
				break;
			}
	}
	printf("brought:\n");
	for (size_t i = 0; i < c->input_n; i++) {
		const struct scope_input *in = &c->input[i];
		printf("  %-8s ", scope_what_word(in->what));
		cli_slice(stdout, in->file);
		if (in->what != SCOPE_CONTENT)
			printf(", %" PRIu64 " bytes, sha256 %.16s..%s", in->size, (const char *)in->sha256.p, in->reference ? ", hash alone" : "");
		printf(", ");
		cli_slice(stdout, in->by);
		printf(", entry %" PRIu64 "\n", in->entry);
	}
	say_words(c, SCOPE_QUESTION, "questions:\n");
	printf("four factors (45 CFR 164.402(2)):\n");
	for (int i = 0; scope_factor(i); i++) {
		const struct scope_word *o = scope_case_factor(c, scope_factor(i));
		printf("  %-20s ", scope_factor(i));
		if (o) {
			cli_slice(stdout, o->outcome);
			printf(": ");
			cli_slice(stdout, o->text);
			printf(" (");
			cli_slice(stdout, o->by);
			printf(", entry %" PRIu64 ")\n", o->entry);
		} else {
			printf("NOT ASSESSED\n");
		}
	}
	say_words(c, SCOPE_DECIDE, "decided:\n");
	say_sent(c);
	return 0;
}

/* Both show a case; export shows whom it concerns, and that is an entry first. */
static int show(int argc, char **argv, bool export)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, export ? "NDJSON on stdout: person, element, touch, sources" : "JSON on stdout"},
	};
	int r = cli_parse(argc, argv, export ? "scope case export NAME --site DIR [--json]" : "scope case status NAME --site DIR [--json]",
	                  export ? "Whom the case concerns, and which elements of theirs, accessed or acquired, from where: a person and element a line. That it was taken out is recorded." : "What is known of a case, what was brought, asked, assessed and decided, each with its entry.", opts,
	                  ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("scope case %s: say which case", export ? "export" : "status");
	struct err e = {0};
	struct site s;
	struct scope_case *c = NULL;
	struct control *k = NULL;
	int fd = -1;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = case_load(&s, args.v[0], &c, &e);
	if (r == 0 && !export)
		r = json ? status_json(c, &e) : status_text(c, &e);
	if (r == 0 && export)
		r = result_open(&s, c, RESULT_EXPOSURE, &fd, &e);
	if (r == 0 && export) {
		char block[1 << 16];
		ssize_t n;
		cli_record(&s, &k, "scope-export", NULL, args.v[0], c->last_entry);
		while ((n = read(fd, block, sizeof block)) > 0 && fwrite(block, 1, (size_t)n, stdout) == (size_t)n)
			;
		if (n < 0)
			r = err_sys(&e, result_name(RESULT_EXPOSURE), "cannot be read");
	}
	if (fd >= 0)
		close(fd);
	control_close(k);
	scope_case_free(c);
	site_close(&s);
	int out = cli_flush();
	return r < 0 ? cli_fail(&e) : out;
}

int scope_case_status_cmd(int argc, char **argv)
{
	return show(argc, argv, false);
}

int scope_case_export_cmd(int argc, char **argv)
{
	return show(argc, argv, true);
}
