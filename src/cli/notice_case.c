/* A case of the site as the files that letters, forms and deadlines are made from: SITE/scope/NAME/case.json, put together from the case's entries, and persons.ndjson of its newest run. Each figure carries the entry it stands in. */
#include "notice_cmd.h"
#include "scope_result.h"

#include <unistd.h>

/* The case that files are made from, for notice_made. */
static struct {
	const char *site, *name;
	uint64_t run, facts;
} from;

int notice_of_case(const char *site, const char *name, bool persons, char ret_case[NOTICE_PATH], char ret_persons[NOTICE_PATH], struct err *e)
{
	struct site s;
	struct scope_case *c = NULL;
	AUTO_BUF struct buf b = {0};
	char path[200];
	int fd = -1, r = cli_site(site, &s, e);
	if (r < 0)
		return r;
	buf_init(&b, (size_t)16 << 20);
	r = case_load(&s, name, &c, e);
	if (r == 0 && !c->run_n)
		r = err_set(e, ERR_NOT_FOUND, name, "nothing was found yet: holdfast scope case run comes first");
	if (r == 0)
		r = result_open(&s, c, persons ? RESULT_PERSONS : RESULT_EXPOSURE, &fd, e); /* as the newest run wrote it, or nothing is made from it */
	if (r == 0)
		r = scope_case_notice(c, &b, e);
	if (r == 0) {
		snprintf(path, sizeof path, "scope/%.*s/case.json", SLICE_FMT(c->name));
		r = file_replace(s.fd, path, buf_slice(&b), 0600, e);
	}
	if (r == 0) {
		struct control *k = NULL;
		from.run = c->run[c->run_n - 1].entry;
		from.facts = c->facts_n ? c->facts[c->facts_n - 1].entry : 0;
		snprintf(ret_case, NOTICE_PATH, "%.*s/%s", NOTICE_PATH - 220, s.path, path);
		if (persons) {
			snprintf(ret_persons, NOTICE_PATH, "%.*s/scope/%.*s/%s", NOTICE_PATH - 220, s.path, SLICE_FMT(c->name), result_name(RESULT_PERSONS));
			cli_record(&s, &k, "notice-letters", NULL, name, c->last_entry);
		}
		control_close(k);
	}
	if (fd >= 0)
		close(fd);
	scope_case_free(c);
	site_close(&s);
	return r;
}

int notice_made(const char *set, const char *file, const uint8_t sha256[SEAL_HASH], const struct notice_count_of *counts, size_t n, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct case_opened o;
	struct jsonw w;
	char hex[2 * SEAL_HASH + 1], who[64];
	uint64_t entry;
	if (!from.name)
		return 0;
	case_hex(sha256, hex);
	control_who(who);
	buf_init(&b, 1 << 14);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "made");
	jsonw_kstr(&w, "case", from.name);
	jsonw_kstr(&w, "set", set);
	jsonw_kstr(&w, "file", file);
	jsonw_kstr(&w, "sha256", hex);
	jsonw_ku64(&w, "run", from.run);
	jsonw_ku64(&w, "facts", from.facts);
	jsonw_kstr(&w, "by", who);
	jsonw_key(&w, "counts");
	jsonw_obj(&w);
	for (size_t i = 0; i < n; i++)
		jsonw_ku64(&w, counts[i].key, counts[i].n);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	int r = case_open(from.site, from.name, &o, e);
	if (r == 0)
		r = control_notice_sign(o.k, NULL, buf_slice(&b), &entry, e);
	case_close(&o);
	if (r == 0)
		cli_note("%s: sha256 %s, entry %llu: two different people sign for it, in the browser or with holdfast notice sign", file, hex, (unsigned long long)entry);
	return r;
}

void notice_sum_line(struct seal_sha256 *sums, const uint8_t of[SEAL_HASH], const char *name)
{
	char hex[2 * SEAL_HASH + 1], line[2 * SEAL_HASH + 300];
	case_hex(of, hex);
	snprintf(line, sizeof line, "%s  %s\n", hex, name);
	seal_sha256_add(sums, slice_str(line));
}

int notice_named(const struct cli_args *args, const char *site, const char **case_file, const char **persons)
{
	static char of_case[NOTICE_PATH], of_persons[NOTICE_PATH];
	struct err e = {0};
	if (args->n == 0)
		return 0;
	if (args->n != 1)
		return cli_usage("notice: one case at a time");
	if (notice_of_case(site, args->v[0], persons != NULL, of_case, of_persons, &e) < 0)
		return cli_fail(&e);
	from.site = site;
	from.name = args->v[0];
	*case_file = of_case;
	if (persons)
		*persons = of_persons;
	return 0;
}
