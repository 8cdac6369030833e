/* holdfast downtime calls import, list, mark: whom a cancelled appointment or a diversion has to be told, and what became of each call. */
#include "commands.h"
#include "contacts.h"
#include "downtime_cmd.h"

#include <fcntl.h>
#include <inttypes.h>

#define ARENA_MOST ((size_t)512 << 20)

struct job {
	const char *site, *list, *kind, *title, *by, *from, *until, *unit, *contacts, *state, *note, *at, *as_of;
	bool appointments, dry, json;
};

static int append(struct site *s, const struct contact_calls_entry *x, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	struct control *k = NULL;
	buf_init(&body, CONTACT_CALLS_BODY);
	contact_calls_put(x, &body);
	if (!buf_ok(&body))
		return err_set(e, buf_code(&body), NULL, "the list is too large: import it in parts; they join under one name");
	const struct control_append a = {.kind = LEDGER_CALLS, .body = buf_slice(&body)};
	int r = control_open(s, true, &k, e);
	if (r == 0)
		r = control_append(k, &a, 1, NULL, NULL, e);
	if (r == 0)
		r = control_flush(k, e);
	if (r == 0)
		r = control_catch_up(k, e);
	control_close(k);
	return r;
}

/* ---- where a list comes from ---- */

static int of_file(const struct job *j, const char *file, struct arena *a, struct contact_calls *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, CONTACTS_FILE_MAX);
	int r = file_read(AT_FDCWD, !strcmp(file, "-") ? "/dev/stdin" : file, CONTACTS_FILE_MAX, &b, e);
	(void)j;
	if (r < 0)
		return r;
	struct slice bytes = arena_dup(a, buf_slice(&b));
	if (b.n && !bytes.p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	r = contact_calls_read(bytes, a, ret, e);
	if (r < 0)
		err_in(e, file);
	return r;
}

static struct slice words_of(struct slice code)
{
	static const uint8_t parts[] = {FC_DISPLAY, FC_TEXT, FC_ALT_DISPLAY, FC_CODE};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (fact_part(code, parts[i]).n)
			return fact_part(code, parts[i]);
	return SLICE_NULL;
}

static struct slice person_of(struct arena *a, struct slice p)
{
	struct slice family = fact_part(p, FP_FAMILY), given = fact_part(p, FP_GIVEN);
	return family.n ? slice_str(arena_printf(a, "%.*s%s%.*s", SLICE_FMT(family), given.n ? ", " : "", SLICE_FMT(given))) : fact_part(p, FP_TEXT);
}

static int call_of(const struct chart_appointment *x, int zone_minutes, struct arena *a, struct contact_call *ret, struct err *e)
{
	const struct fact *f = x->item->fact;
	struct slice place = fact_get(f, FF_LOCATION), what = words_of(fact_get(f, FF_CODE)), when = fact_get(f, FF_TIME);
	int y, mo, d, h, mi, s;
	time_civil(x->begins + (int64_t)zone_minutes * 60 * TIME_SEC, &y, &mo, &d, &h, &mi, &s);
	char *text = when.n <= 10 ? arena_printf(a, "%04d-%02d-%02d", y, mo, d) : arena_printf(a, "%04d-%02d-%02dT%02d:%02d", y, mo, d, h, mi);
	struct contact_call c = {.patient = x->number, .birth = x->birth, .phone = x->phone, .phone2 = x->phone2, .when = slice_str(text), .what = what.n ? what : words_of(fact_get(f, FF_REASON)), .with = person_of(a, fact_get(f, FF_PERFORMER)),
	                         .unit = fact_part(place, FL_UNIT).n ? fact_part(place, FL_UNIT) : fact_part(place, FL_TEXT)};
	c.name = x->family.n || x->given.n ? slice_str(arena_printf(a, "%.*s%s%.*s", SLICE_FMT(x->family), x->family.n && x->given.n ? ", " : "", SLICE_FMT(x->given))) : SLICE_NULL;
	if (!c.what.n)
		c.what = words_of(fact_get(f, FF_SERVICE));
	if (!text || arena_code(a))
		return err_set(e, ERR_LIMIT, NULL, "more appointments than fit in memory: ask for a shorter time");
	*ret = c;
	return 0;
}

static int of_appointments(const struct job *j, const struct site *s, struct chart *c, struct chart_moment at, struct arena *a, struct contact_calls *ret, struct err *e)
{
	struct chart_appointment *v;
	int64_t from, until;
	size_t n, k = 0;
	if (time_parse(slice_str(j->from), s->zone_minutes, &from) < 0 || time_parse(slice_str(j->until), s->zone_minutes, &until) < 0 || until <= from)
		return err_set(e, ERR_USAGE, NULL, "--from and --until are times such as 2026-11-24T00:00, the second after the first");
	int r = chart_appointments(c, at, from, until, CONTACT_CALLS_MAX, a, &v, &n, e);
	struct contact_call *out = r == 0 ? arena_array(a, n ? n : 1, sizeof *out) : NULL;
	if (r == 0 && !out)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < n && r == 0; i++) {
		r = call_of(&v[i], s->zone_minutes, a, &out[k], e);
		if (r == 0 && (!j->unit || slice_eq_str(out[k].unit, j->unit))) {
			ret->unreachable += !out[k].phone.n && !out[k].phone2.n;
			k++;
		}
	}
	ret->v = out;
	ret->n = k;
	return r == 0 && !k ? err_set(e, ERR_NO, NULL, "no appointment that stands is known of that time: where the feed has none, import a CSV of the scheduling system") : r;
}

static int of_contacts(const struct job *j, struct chart *c, struct chart_moment at, struct arena *a, struct contact_calls *ret, struct err *e)
{
	struct slice list = slice_str(j->contacts);
	struct contact_call *out = arena_array(a, CONTACT_CALLS_MAX, sizeof *out);
	if (!out)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	while (list.n) {
		struct slice one = slice_trim(slice_cut(list, ',', &list));
		struct chart_contacts_ask q = {.now = time_now(), .category = contact_category_parse(one)};
		struct chart_contact *v;
		size_t n;
		if (q.category < 0)
			return err_set(e, ERR_USAGE, NULL, "--contacts: '%.*s' is no category of contacts: neighbour, partner, authority, regulator, supplier and others", SLICE_FMT(one));
		int r = chart_contacts(c, at, &q, a, &v, &n, NULL, e);
		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++) {
			const struct contact *x = &v[i].is;
			if (ret->n == CONTACT_CALLS_MAX)
				return err_set(e, ERR_LIMIT, NULL, "more than %u contacts are of these categories", CONTACT_CALLS_MAX);
			struct contact_call *o = &out[ret->n++];
			*o = (struct contact_call){.name = x->name.n ? x->name : x->role.n ? x->role : x->unit, .phone = x->phone.n ? x->phone : x->mobile, .phone2 = x->phone.n && x->mobile.n ? x->mobile : x->phone2, .email = x->email, .with = x->name.n ? x->role : SLICE_NULL, .unit = x->unit, .note = x->note};
			ret->unreachable += !o->phone.n && !o->phone2.n && !o->email.n;
		}
	}
	ret->v = out;
	return ret->n ? 0 : err_set(e, ERR_NO, NULL, "no contact is of these categories: 'holdfast contacts import' takes a list in");
}

/* ---- import ---- */

static void tell(const struct contact_calls *list, const struct job *j)
{
	if (list->ignored.n) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 16);
		buf_add_slice(&b, list->ignored);
		cli_note("holdfast: columns that are not known, and were not taken: %s", buf_cstr(&b));
	}
	if (list->unreachable)
		cli_note("holdfast: %zu of them have no number and no mail", list->unreachable);
	if (j->json)
		printf("{\"list\":\"%s\",\"calls\":%zu,\"unreachable\":%zu,\"stored\":%s}\n", j->list, list->n, list->unreachable, j->dry ? "false" : "true");
	else
		printf("%s: %zu calls%s\n", j->list, list->n, j->dry ? ", nothing was stored" : "");
}

static int gather(const struct job *j, struct site *s, const char *file, struct arena *a, struct contact_calls *ret, struct err *e)
{
	struct chart *c = NULL;
	struct control *k = NULL;
	struct chart_moment at;
	if (file)
		return of_file(j, file, a, ret, e);
	int r = cli_chart(s, &c, &k, e);
	if (r == 0)
		r = chart_now(c, &at, e);
	if (r == 0)
		r = j->appointments ? of_appointments(j, s, c, at, a, ret, e) : of_contacts(j, c, at, a, ret, e);
	if (r == 0 && j->appointments)
		cli_record(s, &k, "list", NULL, "appointments to be called off", at.end ? at.end - 1 : 0);
	chart_close(c);
	control_close(k);
	return r;
}

static int import(const struct job *j, const char *file)
{
	AUTO_ARENA struct arena *a = arena_new(ARENA_MOST);
	struct contact_calls list = {0};
	struct err e = {0};
	struct site s;
	char who[64];
	int kind = j->kind ? call_kind_parse(slice_str(j->kind)) : j->contacts ? CALL_DIVERSION : CALL_CANCELLED;
	if (!j->list || !contacts_source_ok(slice_str(j->list)))
		return cli_usage("downtime calls import: --list says which list it is: letters, digits, - _ and ., at most %u", CONTACTS_SOURCE_MAX);
	if (kind < 0)
		return cli_usage("downtime calls import: --kind is cancelled, diversion or other");
	if ((file != NULL) + j->appointments + (j->contacts != NULL) != 1)
		return cli_usage("downtime calls import: name one of: a CSV file ('-' for standard input), --appointments, --contacts CATEGORY,...");
	if (j->appointments != (j->from && j->until) || (!j->appointments && (j->from || j->until || j->unit)))
		return cli_usage("downtime calls import: --from and --until say which --appointments; --unit at which clinic");
	if (j->title && (strlen(j->title) > CONTACTS_VALUE_MAX || !utf8_valid(slice_str(j->title))))
		return cli_usage("downtime calls import: --title is at most %u bytes of UTF-8", CONTACTS_VALUE_MAX);
	if (cli_site(j->site, &s, &e) < 0)
		return cli_fail(&e);
	int r = a ? gather(j, &s, file, a, &list, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && !j->dry) {
		control_who(who);
		const struct contact_calls_entry x = {.list = slice_str(j->list), .title = slice_str(j->title), .kind = (enum call_kind)kind, .v = list.v, .n = list.n, .by = slice_str(j->by ? j->by : who)};
		r = append(&s, &x, &e);
	}
	if (r == 0)
		tell(&list, j);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

/* ---- what is known ---- */

struct known {
	struct arena *a;
	struct chart_call **v;
	struct chart_call_list *lists;
	size_t n, more;
	uint64_t as_of;
};

static int look(struct site *s, const struct job *j, const struct chart_calls_ask *q, struct known *x, bool record, struct err *e)
{
	struct chart *c = NULL;
	struct control *k = NULL;
	struct chart_moment at;
	int r = cli_chart(s, &c, &k, e);
	if (r == 0)
		r = cli_moment(c, s, j->as_of, &at, e);
	if (r == 0)
		r = chart_calls(c, at, q, x->a, &x->v, &x->n, &x->more, &x->lists, e);
	if (r == 0 && record && x->n)
		cli_record(s, &k, "list", NULL, "calls", at.end ? at.end - 1 : 0);
	chart_close(c);
	control_close(k);
	return r;
}

static void put(const char *before, struct slice v)
{
	if (v.n) {
		printf("%s", before);
		cli_slice(stdout, v);
	}
}

static void say_call(const struct chart_call *x)
{
	const struct contact_call *c = &x->is;
	const struct chart_call_mark *m = x->marks;
	char t[32];
	printf("%-14s %-10s ", x->id, call_state_name(x->state));
	put("", c->name.n ? c->name : c->patient);
	if (c->name.n)
		put("  ", c->patient);
	put("  born ", c->birth);
	put("  tel ", c->phone);
	put(", ", c->phone2);
	put("  ", c->email);
	put("\n               ", c->when);
	put("  ", c->what);
	put("  with ", c->with);
	put("  ", c->unit);
	put("  (", c->note);
	printf(c->note.n ? ")\n" : "\n");
	for (; m; m = m->next) {
		printf("               %s  %s by ", time_rfc3339(m->at, 0, t), call_state_name(m->state));
		cli_slice(stdout, m->by);
		put(": ", m->note);
		printf(m->counts ? "\n" : "  (stayed %s)\n", call_state_name(x->state));
	}
}

static void say_list(const struct chart_call_list *l)
{
	bool first = true;
	put("", l->name);
	printf(" (%s", call_kind_name(l->kind));
	put(": ", l->title);
	printf("): %u calls: ", l->n);
	for (int i = 0; i < CALL_STATES; i++)
		if (l->counts[i]) {
			printf("%s%u %s", first ? "" : ", ", l->counts[i], call_state_name((enum call_state)i));
			first = false;
		}
	printf("\n");
}

static int list(const struct job *j)
{
	bool open = j->state && !strcmp(j->state, "open"), found = !j->list;
	struct chart_calls_ask q = {.list = slice_str(j->list), .state = j->state && !open ? call_state_parse(slice_str(j->state)) : -1, .open = open};
	struct known x = {0};
	struct err e = {0};
	struct site s;
	if (j->state && !open && q.state < 0)
		return cli_usage("downtime calls list: --state is open, to-call, called, no-answer, reached, letter or not-needed");
	if (cli_site_charts(j->site, &s, &e) < 0)
		return cli_fail(&e);
	AUTO_ARENA struct arena *a = x.a = arena_new(ARENA_MOST);
	int r = a ? look(&s, j, &q, &x, true, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	for (const struct chart_call_list *l = r == 0 ? x.lists : NULL; l; l = l->next)
		found = found || slice_eq_str(l->name, j->list);
	if (r == 0 && !found)
		r = err_set(&e, ERR_NOT_FOUND, NULL, "there is no list of calls '%s'; 'holdfast downtime calls list' without --list shows those there are", j->list);
	site_close(&s);
	if (r < 0)
		return cli_fail(&e);
	for (size_t i = 0; i < x.n; i++)
		if (j->json) {
			AUTO_BUF struct buf b = {0};
			struct jsonw w;
			buf_init(&b, (size_t)8 << 20);
			jsonw_init(&w, &b);
			chart_json_call(&w, x.v[i], false);
			printf("%s\n", buf_cstr(&b));
		} else {
			if (!i || x.v[i]->list != x.v[i - 1]->list) {
				printf(i ? "\n" : "");
				say_list(x.v[i]->list);
			}
			say_call(x.v[i]);
		}
	if (!x.n && !x.lists && !j->json)
		cli_note("holdfast: no list of calls was imported");
	for (const struct chart_call_list *l = x.n || j->json ? NULL : x.lists; l; l = l->next)
		say_list(l);
	return cli_flush();
}

/* By its id; in a list that is named, by the record number, too. */
static int one(const struct known *x, const char *id, const char *list, struct chart_call **ret, struct err *e)
{
	struct chart_call *found = NULL;
	size_t n = 0;
	for (size_t i = 0; i < x->n; i++)
		if (!strcmp(x->v[i]->id, id) || (list && slice_eq_str(x->v[i]->is.patient, id))) {
			found = x->v[i];
			n++;
		}
	if (!n)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no call %s: 'holdfast downtime calls list' shows their ids", id);
	if (n > 1)
		return err_set(e, ERR_EXISTS, NULL, "%zu calls of this list are of the number %s: name one by its id, as 'holdfast downtime calls list' shows it", n, id);
	*ret = found;
	return 0;
}

static int mark(const struct job *j, const char *id)
{
	struct chart_calls_ask q = {.call = j->list ? SLICE_NULL : slice_str(id), .list = slice_str(j->list), .state = -1};
	struct chart_call *call = NULL;
	AUTO_ARENA struct arena *a = arena_new(ARENA_MOST);
	struct known x = {.a = a};
	struct err e = {0};
	struct site s;
	char who[64], at[32];
	int64_t t = time_now();
	int state = call_state_parse(slice_str(j->state));
	if (state < 0)
		return cli_usage("downtime calls mark: --state is to-call, called, no-answer, reached, letter or not-needed");
	if (j->note && (strlen(j->note) > CONTACT_CALL_NOTE_MAX || !utf8_valid(slice_str(j->note))))
		return cli_usage("downtime calls mark: --note is at most %u bytes of UTF-8", CONTACT_CALL_NOTE_MAX);
	if (cli_site(j->site, &s, &e) < 0)
		return cli_fail(&e);
	int r = j->at && time_parse(slice_str(j->at), s.zone_minutes, &t) < 0 ? err_set(&e, ERR_USAGE, NULL, "--at %s: write a time such as 2026-11-23T22:00", j->at) : 0;
	if (r == 0)
		r = a ? look(&s, j, &q, &x, false, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = one(&x, id, j->list, &call, &e);
	control_who(who);
	const struct contact_calls_entry say = {.mark = true, .call = slice_str(call ? call->id : id), .state = (enum call_state)(state < 0 ? 0 : state), .note = slice_str(j->note), .at = slice_str(time_rfc3339(t, 3, at)), .by = slice_str(j->by ? j->by : who)};
	if (r == 0)
		r = append(&s, &say, &e);
	if (r == 0)
		q = (struct chart_calls_ask){.call = say.call, .state = -1};
	if (r == 0)
		r = look(&s, j, &q, &x, true, &e);
	site_close(&s);
	if (r < 0)
		return cli_fail(&e);
	if (!j->json) {
		say_call(x.v[0]);
		return cli_flush();
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, (size_t)8 << 20);
	jsonw_init(&w, &b);
	chart_json_call(&w, x.v[0], false);
	printf("%s\n", buf_cstr(&b));
	return cli_flush();
}

int downtime_calls(int argc, char **argv)
{
	static struct cli_args args;
	struct job j = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &j.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"list", CLI_STRING, &j.list, "NAME", "which list; mark: then ID may be the record number; several imports of one name are one list, and who is on it already keeps what was said"},
		{"kind", CLI_STRING, &j.kind, "KIND", "import: cancelled (appointments), diversion or other; of contacts diversion, else cancelled"},
		{"title", CLI_STRING, &j.title, "TEXT", "import: what is to be said"},
		{"appointments", CLI_FLAG, &j.appointments, NULL, "import: of the appointments that the feed told of and that stand"},
		{"from", CLI_STRING, &j.from, "TIME", "import --appointments: that begin from then"},
		{"until", CLI_STRING, &j.until, "TIME", "import --appointments: and before then"},
		{"unit", CLI_STRING, &j.unit, "UNIT", "import --appointments: at this clinic alone"},
		{"contacts", CLI_STRING, &j.contacts, "CATEGORY,...", "import: of the contacts of these categories: neighbour, partner, authority"},
		{"state", CLI_STRING, &j.state, "STATE", "mark: to-call called no-answer reached letter not-needed; list: of this state alone, or open"},
		{"note", CLI_STRING, &j.note, "TEXT", "mark: what was said"},
		{"at", CLI_STRING, &j.at, "TIME", "mark: when, if not now"},
		{"as-of", CLI_STRING, &j.as_of, "TIME", "list: as it was then (#ENTRY, or a time)"},
		{"by", CLI_STRING, &j.by, "NAME", "who brings it, or called, when it is not you"},
		{"dry-run", CLI_FLAG, &j.dry, NULL, "import: read it, say what is in it, and store nothing"},
		{"json", CLI_FLAG, &j.json, NULL, "as JSON; of a list a line each"},
	};
	int r = cli_parse(argc, argv, "downtime calls import --site DIR --list NAME [--kind KIND] [--title TEXT] FILE.csv | --appointments --from TIME --until TIME [--unit UNIT] | --contacts CATEGORY,... ; calls list [--list NAME] [--state STATE] [--json] ; calls mark ID [--list NAME] --state STATE [--note TEXT]",
	                  "Who has to be told that an appointment does not take place, or that the house diverts, and what became of each call. A file's first row names the columns, in any order: name (or surname and given name), patient (record number), birth, phone, mobile, email, when, time, what, with, unit, note (or the same in French or Chinese).\n"
	                  "Every mark is kept. One that is reached, got a letter or need not be called is not made open by somebody who tried meanwhile: only the state to-call opens it again.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool imports = !strcmp(verb, "import"), lists = !strcmp(verb, "list"), marks = !strcmp(verb, "mark");
	if ((!imports && !lists && !marks) || args.n > (lists ? 1u : 2u) || (marks && args.n != 2))
		return cli_usage("downtime calls: say 'import FILE', 'list' or 'mark ID'");
	if ((!imports && (j.kind || j.title || j.appointments || j.from || j.until || j.unit || j.contacts || j.dry)) || (!marks && (j.note || j.at)) || (imports && j.state) || (!lists && j.as_of) || (lists && j.by))
		return cli_usage("downtime calls %s: an option is another verb's; see --help", verb);
	if (marks && j.list && !contacts_source_ok(slice_str(j.list)))
		return cli_usage("downtime calls mark: --list says in which list the record number stands");
	if (marks && !j.state)
		return cli_usage("downtime calls mark: --state says what became of it");
	return imports ? import(&j, args.n > 1 ? args.v[1] : NULL) : lists ? list(&j) : mark(&j, args.v[1]);
}
