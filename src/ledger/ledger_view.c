/* Copies of the view: how their files are named, and what their entry says. What is in them is the chart's and no business of the ledger's; but an entry names their bytes, and replicas carry them by name.
 *
 *   SITE/copies/copy-ENTRIES-RECORD-VERSION-PART.PARTS.age
 *
 * ENTRIES (12 digits or more): the view's entries, 0 to ENTRIES - 1; RECORD: the entry that names this copy; VERSION: small letters, digits and dots ("v3.hl7.1.fhir.1": store and readers that it was made by); PART from 1 to
 * PARTS, 4 digits. A copy is all its parts; decrypted, decompressed and put one behind the other they are chart.db.
 *
 * The entry (kind snapshot): {"what":"view-copy","entries":N,"version":V,"period":P,"plain":N,"parts":[{"size":N,"sha256":"..."},...]}
 */
#include "ledger_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool version_ok(struct slice v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!((v.p[i] >= 'a' && v.p[i] <= 'z') || (v.p[i] >= '0' && v.p[i] <= '9') || v.p[i] == '.'))
			return false;
	return v.n > 0 && v.n < LEDGER_VIEW_VERSION_MAX;
}

void ledger_view_name(const struct ledger_view_copy *c, unsigned part, char out[LEDGER_VIEW_NAME_MAX])
{
	snprintf(out, LEDGER_VIEW_NAME_MAX, "copy-%012" PRIu64 "-%012" PRIu64 "-%s-%04u.%04u.age", c->entries, c->record, c->version, part, c->parts);
}

static bool digits(struct slice s, size_t least, uint64_t max, uint64_t *ret)
{
	return s.n >= least && (s.n == least || s.p[0] != '0') && num_u64(s, 0, max, ret) == 0;
}

bool ledger_view_name_read(const char *name, struct ledger_view_copy *ret, unsigned *ret_part)
{
	struct slice rest, word = slice_cut(slice_str(name), '-', &rest), entries = slice_cut(rest, '-', &rest), record = slice_cut(rest, '-', &rest), version = slice_cut(rest, '-', &rest);
	struct slice part = slice_cut(rest, '.', &rest), parts = slice_cut(rest, '.', &rest);
	struct ledger_view_copy c = {0};
	uint64_t of, n;
	if (!slice_eq_str(word, "copy") || !digits(entries, 12, INT64_MAX, &c.entries) || !digits(record, 12, INT64_MAX, &c.record) || !version_ok(version) || !digits(part, 4, LEDGER_VIEW_PARTS_MAX, &n) ||
	    !digits(parts, 4, LEDGER_VIEW_PARTS_MAX, &of) || !slice_eq_str(rest, "age") || n < 1 || n > of)
		return false;
	memcpy(c.version, version.p, version.n);
	c.parts = (unsigned)of;
	*ret = c;
	*ret_part = (unsigned)n;
	return true;
}

bool ledger_view_same(const struct ledger_view_copy *a, const struct ledger_view_copy *b)
{
	return a->entries == b->entries && a->record == b->record && a->parts == b->parts && !strcmp(a->version, b->version);
}

void ledger_view_body_put(const struct ledger_view_copy *c, const char *period, uint64_t plain, const struct ledger_view_part *part, struct buf *out)
{
	AUTO_BUF struct buf hex = {0};
	struct jsonw w;
	buf_init(&hex, 256);
	jsonw_init(&w, out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "view-copy");
	jsonw_ku64(&w, "entries", c->entries);
	jsonw_kstr(&w, "version", c->version);
	jsonw_kstr(&w, "period", period);
	jsonw_ku64(&w, "plain", plain);
	jsonw_key(&w, "parts");
	jsonw_arr(&w);
	for (unsigned i = 0; i < c->parts; i++) {
		buf_reset(&hex);
		hex_put(&hex, slice_of(part[i].sha256, SEAL_HASH));
		jsonw_obj(&w);
		jsonw_ku64(&w, "size", part[i].size);
		jsonw_kslice(&w, "sha256", buf_slice(&hex));
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

static bool number(const struct json_node *n, const char *key, uint64_t most, uint64_t *ret)
{
	return num_u64(json_text(n, key), 0, most, ret) == 0;
}

/* Pure. ERR_NO: it is the entry of something else. */
int ledger_view_body_read(struct slice body, struct arena *a, struct ledger_view_copy *ret, struct ledger_view_part **ret_part, struct err *e)
{
	struct json_node *n;
	struct ledger_view_copy c = {0};
	uint64_t parts = 0;
	if (json_tree(body, a, &n, NULL) < 0 || !slice_eq_str(json_text(n, "what"), "view-copy"))
		return err_set(e, ERR_NO, "view", "this entry names no copy of the view");
	const struct json_node *list = json_get(n, "parts");
	struct slice version = json_text(n, "version");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next)
		parts++;
	struct ledger_view_part *part = parts && parts <= LEDGER_VIEW_PARTS_MAX ? arena_array(a, parts, sizeof *part) : NULL;
	if (!part || !number(n, "entries", INT64_MAX, &c.entries) || !version_ok(version))
		return err_set(e, ERR_CORRUPT, "view", "the entry of a copy of the view does not read");
	memcpy(c.version, version.p, version.n);
	for (const struct json_node *x = list->child; x; x = x->next) {
		struct ledger_view_part *p = &part[c.parts++];
		if (!number(x, "size", INT64_MAX, &p->size) || hex_get(p->sha256, SEAL_HASH, json_text(x, "sha256")) < 0)
			return err_set(e, ERR_CORRUPT, "view", "the entry of a copy of the view does not read");
	}
	*ret = c;
	*ret_part = part;
	return 0;
}

/* Is this the entry of that copy, and has each part these bytes? */
int ledger_view_proven(struct ledger *l, const struct ledger_view_copy *c, const struct ledger_view_part *part, struct err *e)
{
	struct ledger_entry en;
	struct ledger_view_copy said;
	struct ledger_view_part *bytes;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (c->record >= ledger_size(l))
		return err_set(e, ERR_NO, "view", "its entry %" PRIu64 " is not in this ledger", c->record);
	int r = ledger_read(l, c->record, &en, e);
	if (r == 0 && (en.leaf.kind != LEDGER_SNAPSHOT || strcmp(en.leaf.source, "site")))
		return err_set(e, ERR_NO, "view", "entry %" PRIu64 " names no copy of the view", c->record);
	if (r == 0)
		r = ledger_view_body_read(en.body, a, &said, &bytes, e);
	if (r < 0)
		return r;
	said.record = c->record;
	if (!ledger_view_same(&said, c))
		return err_set(e, ERR_NO, "view", "entry %" PRIu64 " names another copy", c->record);
	for (unsigned i = 0; i < c->parts; i++)
		if (bytes[i].size != part[i].size || memcmp(bytes[i].sha256, part[i].sha256, SEAL_HASH))
			return err_set(e, ERR_NO, "view", "part %u is not the one that entry %" PRIu64 " names", i + 1, c->record);
	return 0;
}
