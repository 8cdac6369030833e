/* Entries of kind "contacts", and what they say as facts. */
#include "contacts_internal.h"

#define LINE_MAX_BYTES ((size_t)8 << 10)
#define READ_MAX ((size_t)96 << 20) /* of a file at its largest: what was read of it is copied into the facts' own arena */

bool contacts_source_ok(struct slice s)
{
	bool ok = s.n && s.n <= CONTACTS_SOURCE_MAX;
	for (size_t i = 0; i < s.n && ok; i++)
		ok = (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-' || s.p[i] == '_' || s.p[i] == '.';
	return ok;
}

void contacts_entry_put(const struct contacts_entry *x, struct buf *ret)
{
	struct jsonw w;
	bool import = slice_eq_str(x->what, "import");
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kslice(&w, "what", x->what);
	jsonw_kslice(&w, "source", x->source);
	jsonw_kslice_opt(&w, "file", x->file);
	if (x->category >= 0)
		jsonw_kstr(&w, "category", contact_category_name((enum contact_category)x->category));
	if (import)
		jsonw_ku64(&w, "contacts", x->n);
	jsonw_kslice_opt(&w, "reason", x->reason);
	jsonw_kslice(&w, "by", x->by);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (import) {
		buf_u8(ret, '\n');
		buf_add_slice(ret, x->bytes);
	}
}

int contacts_entry_read(struct slice body, struct arena *a, struct contacts_entry *ret, struct err *e)
{
	struct slice bytes, line = slice_cut(body, '\n', &bytes);
	struct json_node *n;
	uint64_t many = 0;
	if (line.n > LINE_MAX_BYTES || bytes.n > CONTACTS_FILE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "an entry of contacts is larger than it may be");
	int r = json_tree(line, a, &n, e);
	if (r < 0)
		return r;
	struct slice category = json_text(n, "category");
	struct contacts_entry x = {.what = json_text(n, "what"), .source = json_text(n, "source"), .file = json_text(n, "file"), .by = json_text(n, "by"), .reason = json_text(n, "reason"), .category = category.n ? contact_category_parse(category) : -1, .bytes = bytes};
	bool import = slice_eq_str(x.what, "import"), gone = slice_eq_str(x.what, "remove");
	if ((!import && !gone) || !contacts_source_ok(x.source) || !x.by.n || (category.n && x.category < 0) || (import && (num_u64(json_text(n, "contacts"), 1, CONTACTS_MAX, &many) < 0 || !bytes.n)) || (gone && (bytes.n || !x.reason.n)))
		return err_set(e, ERR_INPUT, NULL, "that is no entry of contacts");
	x.n = (size_t)many;
	*ret = x;
	return 0;
}

/* ---- facts ---- */

void contact_fact_put(struct facts *f, struct fact *t, uint8_t field, struct slice v)
{
	struct slice kept = arena_dup(f->a, facts_text(f, v));
	f->failed |= v.n && !kept.p;
	facts_put(f, t, field, kept);
}

void contact_fact_telecom(struct facts *f, struct fact *t, const char *system, const char *use, struct slice v)
{
	const struct slice parts[] = {[FT_SYSTEM] = slice_str(system), [FT_VALUE] = facts_text(f, v), [FT_USE] = slice_str(use)};
	if (v.n)
		facts_put_parts(f, t, FF_TELECOM, parts, ARRAY_LEN(parts));
}

void contact_fact_part(struct facts *f, struct fact *t, uint8_t field, unsigned i, struct slice v)
{
	struct slice parts[8] = {{0}};
	assert(i < ARRAY_LEN(parts));
	parts[i] = arena_dup(f->a, facts_text(f, v)); /* one part alone is kept as the slice it is, and this one lies in what goes away */
	f->failed |= v.n && !parts[i].p;
	if (v.n)
		facts_put_parts(f, t, field, parts, i + 1);
}

static void put_contact(struct facts *f, struct fact_group *g, const struct contact *c)
{
	struct fact *t = facts_add(f, g, FACT_STAFF);
	contact_fact_part(f, t, FF_CATEGORY, FC_CODE, slice_str(contact_category_name(c->category)));
	contact_fact_part(f, t, FF_NAME, FN_TEXT, c->name);
	contact_fact_part(f, t, FF_ROLE, FC_TEXT, c->role);
	contact_fact_part(f, t, FF_LOCATION, FL_UNIT, c->unit);
	contact_fact_telecom(f, t, "phone", "work", c->phone);
	contact_fact_telecom(f, t, "phone", "other", c->phone2);
	contact_fact_telecom(f, t, "phone", "mobile", c->mobile);
	contact_fact_telecom(f, t, "pager", "work", c->pager);
	contact_fact_telecom(f, t, "fax", "work", c->fax);
	contact_fact_telecom(f, t, "email", "work", c->email);
	contact_fact_part(f, t, FF_ADDRESS, FA_TEXT, c->address);
	contact_fact_put(f, t, FF_TEXT, c->note);
	contact_fact_put(f, t, FF_START, c->from);
	contact_fact_put(f, t, FF_END, c->to);
}

void contacts_facts(struct slice body, struct facts *f)
{
	AUTO_ARENA struct arena *a = arena_new(READ_MAX); /* columns, rows, texts in their encoding: none of it is needed once facts are made of it */
	struct contacts_entry x;
	struct contacts list = {0};
	int r = a ? contacts_entry_read(body, a, &x, NULL) : ERR_MEMORY;
	f->type = SLICE("contacts");
	if (r == 0 && x.bytes.n)
		r = contacts_read(x.bytes, x.category, a, &list, NULL);
	if (r < 0) {
		f->uninterpreted = true;
		return;
	}
	f->feed = SLICE("contacts"); /* one feed, whose rhythm nobody waits for */
	struct fact_group *g = facts_group(f, (struct fact_ident){0});
	struct fact *s = facts_add(f, g, FACT_SECTION);
	facts_put_str(f, s, FF_CATEGORY, "contacts");
	facts_put_str(f, s, FF_STATUS, "replaced");
	contact_fact_part(f, s, FF_ID, FI_VALUE, x.source);
	contact_fact_put(f, s, FF_TITLE, x.file);
	for (size_t i = 0; i < list.n; i++)
		put_contact(f, g, &list.v[i]);
}

void contacts_of_fact(const struct fact *t, struct contact *ret)
{
	int k = contact_category_parse(fact_part(fact_get(t, FF_CATEGORY), FC_CODE));
	struct contact c = {.category = k < 0 ? CONTACT_OTHER : (enum contact_category)k, .name = fact_part(fact_get(t, FF_NAME), FN_TEXT), .role = fact_part(fact_get(t, FF_ROLE), FC_TEXT), .unit = fact_part(fact_get(t, FF_LOCATION), FL_UNIT),
	                    .address = fact_part(fact_get(t, FF_ADDRESS), FA_TEXT), .note = fact_get(t, FF_TEXT), .from = fact_get(t, FF_START), .to = fact_get(t, FF_END)};
	for (size_t i = 0; i < fact_count(t, FF_TELECOM); i++) {
		struct slice v = fact_nth(t, FF_TELECOM, i), system = fact_part(v, FT_SYSTEM), use = fact_part(v, FT_USE), value = fact_part(v, FT_VALUE);
		bool phone = slice_eq_str(system, "phone");
		struct slice *at = slice_eq_str(system, "pager") ? &c.pager : slice_eq_str(system, "fax") ? &c.fax : slice_eq_str(system, "email") ? &c.email : phone && slice_eq_str(use, "mobile") ? &c.mobile : phone && slice_eq_str(use, "other") ? &c.phone2 : phone ? &c.phone : NULL;
		if (at && !at->n)
			*at = value;
	}
	*ret = c;
}
