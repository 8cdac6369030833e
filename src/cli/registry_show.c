/* holdfast registry show: incidents by their name, or one by its number with all that imports said of it. */
#include "registry_cmd.h"

#include <inttypes.h>
#include <stdlib.h>

static void put_row(struct jsonw *w, const struct registry_row *r)
{
	char t[16];
	jsonw_kslice(w, "name", r->name);
	jsonw_kslice(w, "state", r->state);
	jsonw_kslice(w, "entity_type", r->entity_type);
	jsonw_key(w, "persons");
	r->persons_known ? jsonw_u64(w, r->persons) : jsonw_null(w);
	jsonw_kbool(w, "placeholder", registry_placeholder(r));
	jsonw_kstr(w, "submitted", registry_day_text(r->submitted, t));
	jsonw_kslice(w, "type", r->type);
	jsonw_kslice(w, "location", r->location);
	if (r->associate_known)
		jsonw_kbool(w, "business_associate", r->associate);
	if (r->aware != REGISTRY_NO_DAY)
		jsonw_kstr(w, "aware", registry_day_text(r->aware, t));
}

static void say_row(const struct registry_row *r)
{
	char n[32], t[16];
	cli_cell(stdout, r->name, 56);
	printf(" %-2.*s %s %13s%s  ", SLICE_FMT(r->state), registry_day_text(r->submitted, t), r->persons_known ? registry_thousands(r->persons, n) : "?", registry_placeholder(r) ? "*" : " ");
	cli_slice(stdout, r->type);
	printf(", ");
	cli_slice(stdout, r->location);
}

static int one(struct registry *r, const struct registry_all *all, uint32_t incident, bool json, struct arena *a, struct err *e)
{
	struct registry_history *h;
	size_t n;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char t[16];
	int c = registry_history(all, incident, a, &h, &n, e);
	buf_init(&b, (size_t)8 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "incident", incident);
	jsonw_key(&w, "history");
	jsonw_arr(&w);
	for (size_t i = 0; c == 0 && i < n; i++) {
		const struct registry_import *im = &all->import[h[i].import];
		struct slice text, raw;
		c = registry_description(r, all, h[i].revision, a, &text, &raw, e);
		if (c < 0)
			break;
		if (!json) {
			printf("%s %-20s %s ", registry_day_text(im->as_of, t), registry_view_word((enum registry_view)h[i].view), h[i].changed ? " " : "=");
			say_row(&all->revision[h[i].revision].row);
			printf("\n");
			if (h[i].changed && text.n) {
				printf("    ");
				cli_slice(stdout, text);
				printf("\n");
			}
			continue;
		}
		jsonw_obj(&w);
		jsonw_ku64(&w, "import", im->id);
		jsonw_kstr(&w, "as_of", registry_day_text(im->as_of, t));
		jsonw_kstr(&w, "view", registry_view_word((enum registry_view)h[i].view));
		jsonw_kbool(&w, "changed", h[i].changed);
		put_row(&w, &all->revision[h[i].revision].row);
		jsonw_kslice_opt(&w, "description", text);
		jsonw_kslice_opt(&w, "as_it_stood", raw);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_key(&w, "merged_into");
	jsonw_arr(&w);
	for (size_t i = 0; c == 0 && i < all->merge_n; i++)
		if (all->merge[i].from == incident) {
			jsonw_obj(&w);
			jsonw_ku64(&w, "incident", all->merge[i].into);
			jsonw_kslice(&w, "why", all->merge[i].why);
			jsonw_kbool(&w, "perhaps", all->merge[i].perhaps);
			jsonw_obj_end(&w);
			if (!json)
				printf("%s of incident %" PRIu32 " since %s: %.*s\n", all->merge[i].perhaps ? "perhaps part" : "part", all->merge[i].into, registry_day_text(all->import[all->merge[i].import].as_of, t), SLICE_FMT(all->merge[i].why));
		}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (c == 0 && json)
		printf("%s\n", buf_cstr(&b));
	return c;
}

/* Words that all stand in the name: as it is written, or as names are compared ("St. Gabriel", "st gabriel", "Children's"). */
static bool named(struct slice name, const struct cli_args *args, struct arena *a)
{
	AUTO_BUF struct buf written = {0};
	struct slice key = registry_name_key(name, a);
	buf_init(&written, 1 << 16);
	utf8_fold(&written, name);
	for (size_t i = 0; i < args->n; i++) {
		AUTO_BUF struct buf b = {0};
		struct slice word = registry_name_key(slice_str(args->v[i]), a);
		buf_init(&b, 4096);
		utf8_fold(&b, slice_str(args->v[i]));
		if (!buf_ok(&b) || !buf_ok(&written) || !b.n || (!memmem(written.p, written.n, b.p, b.n) && !memmem(key.p, key.n, word.p, word.n)))
			return false;
	}
	return true;
}

static int search(const struct registry_all *all, const struct registry_question *q, const struct cli_args *args, bool json, struct arena *a, struct err *e)
{
	struct registry_counted *v;
	struct registry_basis basis;
	size_t n, hits = 0;
	int r = registry_select(all, q, a, &v, &n, &basis, e);
	if (r < 0)
		return r;
	registry_say_warnings(basis.w, basis.w_n);
	for (size_t i = 0; i < n; i++) {
		const struct registry_row *row = &all->revision[v[i].revision].row;
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		if (!named(row->name, args, a))
			continue;
		hits++;
		if (!json) {
			printf("%6" PRIu32 "  ", v[i].incident);
			say_row(row);
			printf("\n");
			continue;
		}
		buf_init(&b, 1 << 20);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_ku64(&w, "incident", v[i].incident);
		jsonw_kstr(&w, "view", registry_view_word((enum registry_view)v[i].view));
		jsonw_kbool(&w, "carried", v[i].carried);
		put_row(&w, row);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
	}
	return hits ? 0 : err_set(e, ERR_NO, NULL, "no report has all of these words in its name");
}

int registry_show_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct registry_asked asked = {0};
	uint64_t incident = 0;
	bool json = false, done;
	const struct cli_opt opts[] = {REGISTRY_ASKED_OPTS(asked), {"incident", CLI_NUMBER, &incident, "N", "one incident: every wording of it, with the imports that had it"}, {"json", CLI_FLAG, &json, NULL, "one JSON object an incident"}};
	int r = cli_parse(argc, argv, "registry show WORD... --site DIR|--db FILE, or registry show --incident N", "Reports whose name has all these words, and what imports said of one. A count with * is a placeholder; a line with = is as the import before had it.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if ((args.n == 0) == (incident == 0))
		return cli_usage("registry show: say words of a name, or --incident N");
	if (incident > UINT32_MAX)
		return cli_usage("--incident: there is no incident of this number");
	struct registry_question q;
	if ((r = registry_asked(&asked, &q)))
		return r;
	struct err e = {0};
	struct registry_opened o;
	struct registry_all all;
	AUTO_ARENA struct arena *a = arena_new(REGISTRY_MEMORY);
	if (!a)
		return cli_fail(&(struct err){.code = ERR_MEMORY, .text = "no memory"});
	r = registry_cmd_open(asked.site, asked.db, REGISTRY_READ, &o, &e);
	if (r == 0)
		r = registry_load(o.r, a, &all, &e);
	if (r == 0)
		r = incident ? one(o.r, &all, (uint32_t)incident, json, a, &e) : search(&all, &q, &args, json, a, &e);
	registry_cmd_close(&o);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
