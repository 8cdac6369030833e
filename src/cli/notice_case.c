/* A case of the site as the files that letters, forms and deadlines are made from: SITE/scope/NAME/case.json, put together from the case's entries, and persons.ndjson of its newest run. Each figure carries the entry it stands in. */
#include "notice_cmd.h"
#include "scope_result.h"

#include <unistd.h>

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
	*case_file = of_case;
	if (persons)
		*persons = of_persons;
	return 0;
}
