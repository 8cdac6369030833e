/* What goes along beside the record: ECGs of this stay, each as a page and as the device wrote it; documents whose bytes the ledger holds; and a list of the imaging that is not in it.
 *
 * Which ones is asked of the chart; then their bodies are read, the keys are wiped, and only then is anything opened that came from outside. */
#include "ecg_deliver.h"
#include "transfer_cmd.h"

#include <stdlib.h>

struct attached {
	uint64_t entry;
	const struct chart_ecg *ecg;      /* one of these two */
	const struct fact_item *document;
	uint8_t kind;
	struct slice body;                /* p NULL: it was erased, or cannot be read */
};
struct attaching {
	struct gather *g;
	struct attached v[TRANSFER_ECGS_MAX + 1 + TRANSFER_DOCUMENTS_MAX];
	size_t n;
};

/* ---- which ones ---- */

static struct slice known(const struct fact *f, uint8_t field)
{
	struct slice s = f ? fact_get(f, field) : SLICE_NULL;
	return fact_is_null(s) ? SLICE_NULL : s;
}

static struct slice words_of(struct slice code)
{
	static const uint8_t parts[] = {FC_DISPLAY, FC_TEXT, FC_ALT_DISPLAY, FC_CODE};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (fact_part(code, parts[i]).n)
			return fact_part(code, parts[i]);
	return SLICE_NULL;
}

static int64_t stay_began(const struct gather *g)
{
	int64_t t = g->p->visit ? fact_time_ns(known(g->p->visit->fact, FF_START), g->s->zone_minutes) : INT64_MIN;
	return t == INT64_MIN ? 0 : t;
}

/* Those of this stay, and the newest of before it, to compare with. One that was rejected, and one of a test, is none. */
static int pick_ecgs(struct attaching *x, struct err *e)
{
	struct gather *g = x->g;
	struct chart_ecgs_ask q = {.list = CHART_ECG_LIST_ALL, .patient = slice_str(g->p->id), .fold = true, .brief = true, .before = CHART_NOW, .max = 200};
	struct chart_ecg *list;
	int64_t since = stay_began(g);
	bool before = false;
	size_t n = 0;
	do {
		uint64_t next;
		int r = chart_ecgs(g->c, &q, g->a, &list, &next, e);
		if (r < 0)
			return r;
		for (struct chart_ecg *y = list; y; y = y->next) {
			int64_t at = fact_time_ns(known(y->fact, FF_TIME), g->s->zone_minutes);
			bool old = (at == INT64_MIN ? y->received : at) < since;
			if (y->reading == CHART_ECG_REJECTED || !y->patient || (old && before))
				continue;
			if (old ? n > TRANSFER_ECGS_MAX : n >= TRANSFER_ECGS_MAX) {
				g->ecgs_left_out += !old;
				continue;
			}
			before |= old;
			x->v[x->n++] = (struct attached){.entry = y->entry, .ecg = y};
			n++;
		}
		q.before = next;
	} while (q.before != CHART_NOW);
	return 0;
}

static void pick_documents(struct attaching *x)
{
	struct gather *g = x->g;
	size_t n = 0;
	for (const struct fact_item *it = g->p->s[CHART_DOCUMENTS].items; it; it = it->next) {
		if (it->state != FACT_CURRENT || (!known(it->fact, FF_CONTENT_PLACE).n && !known(it->fact, FF_CONTENT).n))
			continue;
		if (n >= TRANSFER_DOCUMENTS_MAX) {
			g->documents_left_out++;
			continue;
		}
		x->v[x->n++] = (struct attached){.entry = it->entry, .document = it};
		n++;
	}
}

/* Their bodies, copied; the keys are gone when this returns. */
static int read_bodies(struct attaching *x, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	struct ledger_entry en;
	uint64_t size = 0;
	int r = x->n ? cli_ledger(x->g->s, true, &keys, &l, e) : 0;
	for (size_t i = 0; r == 0 && i < x->n; i++) {
		r = ledger_read(l, x->v[i].entry, &en, e);
		bool gone = r == ERR_ERASED || (r == 0 && en.erased), large = r == 0 && !gone && en.body.n > TRANSFER_ROOM - size;
		if (r == ERR_ERASED)
			r = 0;
		if (gone || large) {
			x->g->ecgs_left_out += x->v[i].ecg != NULL;
			x->g->documents_left_out += x->v[i].ecg == NULL;
		}
		if (r < 0 || gone || large)
			continue;
		size += en.body.n;
		x->v[i].kind = en.leaf.kind;
		x->v[i].body = arena_dup(x->g->a, en.body);
		if (!x->v[i].body.p)
			r = err_set(e, ERR_MEMORY, NULL, "no memory for what goes along");
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	return r;
}

/* ---- ECGs ---- */

static const char *reading_of(const struct chart_ecg *y)
{
	return y->reading == CHART_ECG_SIGNED || y->reading == CHART_ECG_AMENDED ? "read and signed" : "not read by a physician yet";
}

static int put_original(struct gather *g, const struct attached *x, const struct ecg_body *b, size_t i, struct err *e)
{
	AUTO_BUF struct buf name = {0};
	buf_init(&name, 512);
	buf_printf(&name, "ecg/%llu/%.*s", (unsigned long long)x->entry, SLICE_FMT(b->name[i]));
	if (!buf_ok(&name) || !transfer_name_ok(buf_slice(&name))) {
		buf_reset(&name);
		buf_printf(&name, "ecg/%llu/file-%zu.bin", (unsigned long long)x->entry, i + 1);
	}
	struct buf *to = gather_file(g, buf_cstr(&name), "application/octet-stream", SLICE("ECG, as the device wrote it"), x->entry, e);
	if (!to)
		return ERR_LIMIT;
	buf_add_slice(to, b->file[i]);
	return gather_filled(g, e);
}

/* A recording that cannot be read goes along as it is: the receiver's own program may read it. */
static int put_ecg(struct gather *g, const struct attached *x, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	struct ecg_body b;
	struct err why = {0};
	char name[64];
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for an ECG");
	if (ecg_body_read(x->body, a, &b, &why) < 0) {
		g->ecgs_left_out++;
		return 0;
	}
	struct slice at = known(x->ecg->fact, FF_TIME);
	char *title = arena_printf(a, "ECG %.*s, %s", SLICE_FMT(at), reading_of(x->ecg));
	snprintf(name, sizeof name, "ecg/%llu.pdf", (unsigned long long)x->entry);
	struct buf *to = gather_file(g, name, "application/pdf", slice_str(title), x->entry, e);
	int r = to ? deliver_report(g->s, x->ecg, x->body, a, to, &why) : ERR_LIMIT;
	if (!to)
		return r;
	if (r == 0)
		r = gather_filled(g, e);
	else if (r == ERR_SYSTEM || r == ERR_MEMORY)
		return err_set(e, r, why.place, "%s", why.text);
	else
		gather_drop(g), r = 0;
	for (size_t i = 0; r == 0 && i < b.files && g->n + 8 < TRANSFER_FILES_MAX; i++)
		r = put_original(g, x, &b, i, e);
	return r;
}

/* ---- documents ---- */

/* Only what a viewer shows without running anything keeps a name by which programs open it. */
static const char *suffix(struct slice type, const char **ret_type)
{
	static const struct {
		const char *type, *suffix;
	} known_types[] = {{"application/pdf", "pdf"}, {"text/plain", "txt"}, {"image/png", "png"}, {"image/jpeg", "jpg"}, {"image/tiff", "tif"}, {"text/xml", "xml"}, {"application/xml", "xml"}, {"application/dicom", "dcm"}};
	struct slice bare = slice_trim(slice_cut(type, ';', &type));
	for (size_t i = 0; i < ARRAY_LEN(known_types); i++)
		if (slice_eq_nocase(bare, known_types[i].type)) {
			*ret_type = known_types[i].type;
			return known_types[i].suffix;
		}
	*ret_type = "application/octet-stream";
	return "bin";
}

static int from_json(struct slice body, struct slice place, struct arena *a, struct buf *out, struct err *e)
{
	struct json_node *root;
	int r = json_tree(body, a, &root, e);
	char *path = arena_strdup(a, place);
	if (r < 0 || !path)
		return r < 0 ? r : err_set(e, ERR_MEMORY, NULL, "no memory for a document");
	const struct json_node *n = slice_eq_str(place, "resource") ? root : json_path(root, path);
	if (n && n->type == JSON_OBJ)
		n = json_get(n, "data") ? json_get(n, "data") : json_path(n, "content.0.attachment.data");
	if (!n || n->type != JSON_STR)
		return err_set(e, ERR_NOT_FOUND, NULL, "its bytes do not stand in the entry");
	return base64_get_loose(out, n->value);
}

static int document_bytes(const struct attached *x, struct arena *a, struct buf *out, struct err *e)
{
	struct slice place = known(x->document->fact, FF_CONTENT_PLACE), scan;
	struct hl7_msg m;
	size_t faults;
	int r;
	if (!place.n || !x->body.p)
		return ERR_NOT_FOUND;
	switch (x->kind) {
	case LEDGER_HL7V2:
		r = hl7_parse(x->body, a, &m, NULL, 0, &faults, e);
		return r < 0 ? r : hl7_document(&m, place, out, e);
	case LEDGER_CAPTURE: /* a scanned sheet stands behind its line */
		(void)slice_cut(x->body, '\n', &scan);
		buf_add_slice(out, scan);
		return scan.n ? buf_code(out) : ERR_NOT_FOUND;
	default:
		return from_json(x->body, place, a, out, e);
	}
}

static int put_document(struct gather *g, const struct attached *x, size_t no, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	AUTO_BUF struct buf title = {0};
	const struct fact *f = x->document->fact;
	struct slice text = known(f, FF_CONTENT), said = known(f, FF_TITLE), when = known(f, FF_TIME);
	struct err why = {0};
	const char *type;
	char name[80];
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a document");
	buf_init(&title, 4096);
	buf_add_slice(&title, said.n ? said : words_of(known(f, FF_CODE)));
	if (when.n)
		buf_printf(&title, "%s%.*s", title.n ? ", " : "", SLICE_FMT(when));
	bool inside = known(f, FF_CONTENT_PLACE).n && x->body.p;
	const char *end = suffix(inside ? known(f, FF_CONTENT_TYPE) : SLICE("text/plain"), &type);
	snprintf(name, sizeof name, "documents/%02zu-%llu.%s", no, (unsigned long long)x->entry, end);
	struct buf *to = gather_file(g, name, type, buf_slice(&title), x->entry, e);
	if (!to)
		return ERR_LIMIT;
	int r = inside ? document_bytes(x, a, to, &why) : ERR_NOT_FOUND;
	if (r == ERR_MEMORY)
		return err_set(e, r, NULL, "no memory for a document");
	if ((r < 0 || !to->n) && text.n && !inside) { /* it came as text */
		buf_reset(to);
		buf_add_slice(to, text);
		r = 0;
	}
	if (r < 0 || !buf_ok(to) || !to->n) {
		gather_drop(g);
		g->documents_left_out++;
		return 0;
	}
	return gather_filled(g, e);
}

int gather_attached(struct gather *g, struct err *e)
{
	struct attaching x = {.g = g};
	size_t no = 1;
	int r = pick_ecgs(&x, e);
	if (r == 0) {
		pick_documents(&x);
		r = read_bodies(&x, e);
	}
	for (size_t i = 0; r == 0 && i < x.n; i++) {
		if (g->n + 8 >= TRANSFER_FILES_MAX) {
			g->ecgs_left_out += x.v[i].ecg != NULL;
			g->documents_left_out += x.v[i].ecg == NULL;
		} else if (x.v[i].ecg && x.v[i].body.p) {
			r = put_ecg(g, &x.v[i], e);
		} else if (!x.v[i].ecg) {
			r = put_document(g, &x.v[i], no++, e);
		}
	}
	struct buf *list = r == 0 ? gather_file(g, "images.txt", "text/plain", SLICE("Imaging that is not in this file"), UINT64_MAX, e) : NULL;
	if (r == 0)
		r = list ? gather_images(g, list, e) : ERR_LIMIT;
	return r < 0 ? r : gather_filled(g, e);
}

/* ---- imaging ---- */

/* HL7 table 0074, which FHIR's DiagnosticReport.category takes over: the services that make images. */
static bool makes_images(struct slice category)
{
	static const char *const services[] = {"RAD", "RX", "CT", "CTH", "CUS", "IMG", "MRI", "MR", "NMR", "NMS", "OUS", "RUS", "US", "VUS", "XRC", "EC", "LP18748-4"};
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (slice_eq_nocase(fact_part(category, FC_CODE), services[i]) || slice_eq_nocase(fact_part(category, FC_ALT_CODE), services[i]))
			return true;
	return false;
}

static size_t put_images(const struct gather *g, enum chart_section_id id, struct buf *ret)
{
	size_t n = 0;
	for (const struct fact_item *it = g->p->s[id].items; it; it = it->next) {
		struct slice type = known(it->fact, FF_CONTENT_TYPE), url = known(it->fact, FF_URL), title = known(it->fact, FF_TITLE), when = known(it->fact, FF_TIME), number = fact_part(known(it->fact, FF_FILLER), FI_VALUE), status = known(it->fact, FF_STATUS);
		bool image = makes_images(known(it->fact, FF_CATEGORY)) || slice_starts(type, "image/") || slice_eq_nocase(type, "application/dicom");
		if (it->state != FACT_CURRENT || !image)
			continue;
		title = title.n ? title : words_of(known(it->fact, FF_CODE));
		buf_printf(ret, "%.*s\t%.*s\t%.*s\t%.*s\t%.*s\t#%llu\n", SLICE_FMT(when), SLICE_FMT(title), SLICE_FMT(number), SLICE_FMT(status), SLICE_FMT(url), (unsigned long long)it->entry);
		n++;
	}
	return n;
}

int gather_images(struct gather *g, struct buf *ret, struct err *e)
{
	buf_str(ret, "Imaging that is known here. The images are NOT in this file: ask the sender for them.\n"
	             "Imagerie connue ici. Les images ne sont PAS dans ce fichier : les demander à l'expéditeur.\n"
	             "本院已知的影像检查。影像不在此文件中：请向发送方索取。\n\n"
	             "time\twhat\tnumber\tstatus\taddress\tentry\n");
	size_t n = put_images(g, CHART_REPORTS, ret) + put_images(g, CHART_DOCUMENTS, ret) + put_images(g, CHART_PROCEDURES, ret);
	if (!n)
		buf_str(ret, "none was received (this does not say that none was made)\naucune n'a été reçue (cela ne dit pas qu'il n'y en a pas eu)\n未收到任何影像检查（不表示没有做过）\n");
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the list of images is too long");
}
