/* holdfast contacts import, remove: a list into the ledger, as it came; or away. A list is read before anything is stored: one line that cannot be read, and the list before it stays as it is. */
#include "contacts_cmd.h"

#include <fcntl.h>
#include <inttypes.h>

#define ARENA_MOST ((size_t)96 << 20)

/* What a list is called where nobody says: its file, without folder and ending, in letters that a name may have. */
static void source_of(const char *file, char ret[CONTACTS_SOURCE_MAX + 1])
{
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file, *dot = strrchr(base, '.');
	size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base), k = 0;
	for (size_t i = 0; i < n && k < CONTACTS_SOURCE_MAX; i++)
		ret[k++] = contacts_source_ok(slice_of(base + i, 1)) ? base[i] : '-';
	ret[k] = 0;
}

static int append(struct control *k, const struct buf *body, struct err *e)
{
	const struct control_append a = {.kind = LEDGER_CONTACTS, .body = buf_slice(body)};
	int r = control_append(k, &a, 1, NULL, NULL, e);
	r = r < 0 ? r : control_flush(k, e);
	return r < 0 ? r : control_catch_up(k, e);
}

/* As a chart shows it, so that a list which fits nobody's screen is seen by whoever brings it. */
static void tell(const struct contacts *list, const char *source, bool json, bool dry)
{
	size_t of[CONTACT_CATEGORIES] = {0}, said = 0;
	for (size_t i = 0; i < list->n; i++)
		of[list->v[i].category]++;
	if (list->ignored.n) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 16);
		buf_add_slice(&b, list->ignored);
		cli_note("holdfast: columns that are not known, and were kept in the ledger only: %s", buf_cstr(&b));
	}
	if (list->unreachable)
		cli_note("holdfast: %zu of them have no number, no mail and no address", list->unreachable);
	if (json) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kstr(&w, "source", source);
		jsonw_ku64(&w, "contacts", list->n);
		jsonw_ku64(&w, "unreachable", list->unreachable);
		jsonw_key(&w, "categories");
		jsonw_obj(&w);
		for (int i = 0; i < CONTACT_CATEGORIES; i++)
			if (of[i])
				jsonw_ku64(&w, contact_category_name((enum contact_category)i), of[i]);
		jsonw_obj_end(&w);
		jsonw_kbool(&w, "stored", !dry);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
		return;
	}
	printf("%s: %zu contacts (", source, list->n);
	for (int i = 0; i < CONTACT_CATEGORIES; i++)
		if (of[i])
			printf("%s%zu %s", said++ ? ", " : "", of[i], contact_category_name((enum contact_category)i));
	printf(")%s\n", dry ? ", nothing was stored" : "");
}

int contacts_import_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *source = NULL, *category = NULL, *by = NULL;
	bool json = false, dry = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"source", CLI_STRING, &source, "NAME", "which list it is: it takes the place of the one of this name (without it: the file's name)"},
		{"category", CLI_STRING, &category, "C", "of lines that do not say one: on-call, unit, staff, neighbour, partner, supplier, authority, regulator, police, insurer, other"},
		{"dry-run", CLI_FLAG, &dry, NULL, "read it, say what is in it, and store nothing"},
		{"by", CLI_STRING, &by, "NAME", "who brings it, when it is not you"},
		{"json", CLI_FLAG, &json, NULL, "JSON on stdout"},
	};
	int r = cli_parse(argc, argv, "contacts import --site DIR [--source NAME] [--category C] [--dry-run] FILE.csv",
	                  "Takes a list of contacts in. The first row names the columns, in any order: name, role, unit, phone, phone2, mobile, pager, fax, email, address, note, category, and of who is on call from and to (or the same in French or Chinese).\n"
	                  "UTF-8, UTF-16 or cp1252; commas, semicolons or tabs. The list is taken whole or not at all: an error names the line and the column.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("contacts import: name one file, '-' for standard input");
	int kind = category ? contact_category_parse(slice_str(category)) : -1;
	if (category && kind < 0)
		return cli_usage("contacts import: --category %s: there are on-call, unit, staff, neighbour, partner, supplier, authority, regulator, police, insurer and other", category);
	char name[CONTACTS_SOURCE_MAX + 1], who[64];
	bool stdin_too = !strcmp(args.v[0], "-");
	if (!source && stdin_too)
		return cli_usage("contacts import: from standard input the list needs a name: --source NAME");
	source_of(args.v[0], name);
	if (!contacts_source_ok(slice_str(source ? source : name)))
		return cli_usage("contacts import: --source is letters, digits, - _ and ., at most %u", CONTACTS_SOURCE_MAX);
	struct err e = {0};
	struct site s;
	struct control *k = NULL;
	struct contacts list = {0};
	AUTO_ARENA struct arena *a = arena_new(ARENA_MOST);
	AUTO_BUF struct buf file = {0}, body = {0};
	buf_init(&file, CONTACTS_FILE_MAX);
	buf_init(&body, CONTACTS_FILE_MAX + (1 << 16));
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = a ? file_read(AT_FDCWD, stdin_too ? "/dev/stdin" : args.v[0], CONTACTS_FILE_MAX, &file, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && contacts_read(buf_slice(&file), kind, a, &list, &e) < 0) {
		err_in(&e, args.v[0]);
		r = e.code;
	}
	if (r == 0 && !dry) {
		control_who(who);
		const char *base = strrchr(args.v[0], '/') ? strrchr(args.v[0], '/') + 1 : args.v[0];
		struct slice shown = slice_of(base, strlen(base) < 200 ? strlen(base) : 200);
		const struct contacts_entry x = {.what = SLICE("import"), .source = slice_str(source ? source : name), .file = stdin_too || !utf8_valid(shown) ? SLICE_NULL : shown, .by = slice_str(by ? by : who), .category = kind, .n = list.n, .bytes = buf_slice(&file)};
		contacts_entry_put(&x, &body);
		r = buf_ok(&body) ? control_open(&s, true, &k, &e) : err_set(&e, buf_code(&body), NULL, "the list is too large");
		if (r == 0)
			r = append(k, &body, &e);
	}
	if (r == 0)
		tell(&list, source ? source : name, json, dry);
	control_close(k);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

/* ---- away ---- */

static int known(struct site *s, const char *source, struct err *e)
{
	struct chart *c = NULL;
	struct control *unused = NULL;
	struct chart_moment at;
	struct chart_contact *v;
	struct chart_contact_list *lists = NULL;
	size_t n;
	const struct chart_contacts_ask q = {.now = time_now(), .category = -1, .past = true};
	AUTO_ARENA struct arena *a = arena_new(2 * ARENA_MOST);
	int r = a ? cli_chart(s, &c, &unused, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = chart_now(c, &at, e);
	if (r == 0)
		r = chart_contacts(c, at, &q, a, &v, &n, &lists, e);
	while (r == 0 && lists && !slice_eq_str(lists->source, source))
		lists = lists->next;
	if (r == 0 && !lists)
		r = err_set(e, ERR_NOT_FOUND, NULL, "there is no list of this name; `holdfast contacts list --lists` shows those there are");
	chart_close(c);
	control_close(unused);
	return r;
}

int contacts_remove_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct cli_decision d = {0};
	const char *source = NULL;
	bool done;
	const struct cli_opt opts[] = {
		CLI_DECISION_OPTS(d),
		{"source", CLI_STRING, &source, "NAME", "which list"},
	};
	int r = cli_parse(argc, argv, "contacts remove --site DIR --source NAME --reason TEXT", "Takes a list away. The ledger keeps it, and who took it away when.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n || !source || !contacts_source_ok(slice_str(source)))
		return cli_usage("contacts remove: say which list with --source NAME");
	r = cli_reason_given(&d, "contacts", "remove");
	if (r)
		return r;
	struct err e = {0};
	struct site s;
	struct control *k = NULL;
	char who[64];
	AUTO_BUF struct buf body = {0};
	buf_init(&body, 1 << 13);
	if (cli_site(d.site, &s, &e) < 0)
		return cli_fail(&e);
	control_who(who);
	const struct contacts_entry x = {.what = SLICE("remove"), .source = slice_str(source), .reason = slice_str(d.reason), .by = slice_str(d.by ? d.by : who), .category = -1};
	contacts_entry_put(&x, &body);
	r = buf_ok(&body) ? control_open(&s, true, &k, &e) : err_set(&e, buf_code(&body), NULL, "the reason is too long");
	if (r == 0)
		r = control_catch_up(k, &e);
	if (r == 0)
		r = known(&s, source, &e);
	if (r == 0)
		r = append(k, &body, &e);
	control_close(k);
	site_close(&s);
	if (r == 0)
		printf("%s: taken away\n", source);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
