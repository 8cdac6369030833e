/* A reading as the message that goes out: what the chart says of patient and recording, now. */
#include "ecg_deliver.h"

#include <stdlib.h>

#define APPLICATION "HOLDFAST"
#define PDF_MAX ((size_t)2 << 20)

/* "E2RS9-1a2b3c": the version's entry in base 36, and what origin and destination make; an attempt after a refusal has its number behind. At most 9 characters of a number, so 20 in all. */
static void control_id(const struct deliver *d, const struct chart_ecg_due *due, char out[HL7_CONTROL_ID_MAX + 1])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	uint8_t hash[SEAL_HASH];
	char number[14];
	size_t at = sizeof number - 1;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	buf_add(&b, d->site->origin, strlen(d->site->origin) + 1);
	buf_str(&b, d->to);
	seal_sha256_once(buf_slice(&b), hash);
	number[at] = 0;
	for (uint64_t v = due->version; v || at == sizeof number - 1; v /= 36)
		number[--at] = digits[v % 36];
	int n = snprintf(out, HL7_CONTROL_ID_MAX + 1, "%c%s-%02x%02x%02x", due->what == CHART_DUE_WITHDRAWN ? 'W' : 'E', number + at, hash[0], hash[1], hash[2]);
	if (due->attempts && n > 0 && n < HL7_CONTROL_ID_MAX)
		snprintf(out + n, (size_t)(HL7_CONTROL_ID_MAX + 1 - n), ".%u", due->attempts + 1);
}

/* The recording's two items in its patient's chart. */
static const struct fact *item_of(const struct chart_patient *p, uint64_t ecg, uint8_t kind)
{
	uint64_t number;
	for (const struct fact_item *it = p->s[CHART_ECGS].items; it; it = it->next)
		if (it->fact->kind == kind && it->state == FACT_CURRENT && num_u64(fact_part(fact_get(it->fact, FF_ID), FI_VALUE), 0, UINT64_MAX, &number) == 0 && number == ecg)
			return it->fact;
	return NULL;
}

/* The visit during which it was recorded, where that is the one that is open. */
static const struct fact *visit_of(const struct deliver *d, const struct chart_patient *p, const struct fact *ecg)
{
	const struct fact *v = p->visit ? p->visit->fact : NULL;
	if (!v || !ecg)
		return NULL;
	struct slice said[] = {fact_get(v, FF_START), fact_get(v, FF_TIME), p->visit->source_time}; /* many say when by the message's own time alone */
	size_t i = 0;
	while (i + 1 < ARRAY_LEN(said) && (!said[i].n || fact_is_null(said[i])))
		i++;
	int64_t from = fact_time_ns(said[i], d->site->zone_minutes), at = fact_time_ns(fact_get(ecg, FF_TIME), d->site->zone_minutes);
	return from != INT64_MIN && at != INT64_MIN && at >= from ? v : NULL;
}

int64_t deliver_made(const struct chart_ecg *g, const struct chart_ecg_due *due)
{
	if (due->what == CHART_DUE_PRELIMINARY)
		return g->received;
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next)
		if (x->entry == due->version)
			return x->time;
	return g->signed_at ? g->signed_at : g->received;
}

static int as_hl7(const struct deliver *d, const struct chart_ecg *g, const struct chart_ecg_due *due, const struct chart_patient *p, struct slice pdf, struct deliver_message *m, struct err *e)
{
	bool withdrawn = due->what == CHART_DUE_WITHDRAWN;
	char filler[24];
	static const enum hl7_result results[] = {[CHART_DUE_PRELIMINARY] = HL7_RESULT_PRELIMINARY, [CHART_DUE_FINAL] = HL7_RESULT_FINAL, [CHART_DUE_CORRECTED] = HL7_RESULT_CORRECTED, [CHART_DUE_WITHDRAWN] = HL7_RESULT_WITHDRAWN};
	const struct fact *ecg = withdrawn ? g->fact : item_of(p, g->entry, FACT_ECG);
	if (!ecg)
		return err_set(e, ERR_NO, NULL, "it changed while it was looked at: the next run sends it");
	snprintf(filler, sizeof filler, "%llu", (unsigned long long)g->entry);
	struct hl7_oru o = {.version = d->version, .sending_app = SLICE(APPLICATION), .sending_fac = slice_str(d->site->name), .receiving_app = slice_str(d->application), .receiving_fac = slice_str(d->facility),
	                    .control_id = slice_str(m->control_id), .time = deliver_made(g, due), .idents = p->idents, .ident_count = p->ident_count, .patient = p->demographics ? p->demographics->fact : NULL,
	                    .visit = visit_of(d, p, ecg), .ecg = ecg, .result = item_of(p, g->entry, FACT_RESULT), .filler = slice_str(filler), .filler_ns = SLICE(APPLICATION), .status = results[due->what], .pdf = pdf};
	if (!withdrawn && due->what != CHART_DUE_PRELIMINARY) {
		o.signer = g->signed_by;
		o.signed_at = deliver_made(g, due);
	}
	return hl7_oru_write(&o, &m->bytes, e);
}

static int as_fhir(const struct deliver *d, const struct chart_ecg *g, const struct chart_ecg_due *due, const struct chart_patient *p, struct slice pdf, struct deliver_message *m, struct err *e)
{
	bool withdrawn = due->what == CHART_DUE_WITHDRAWN;
	const struct fact *ecg = withdrawn ? g->fact : item_of(p, g->entry, FACT_ECG);
	const struct fhir_options o = {.zone_minutes = d->site->zone_minutes};
	uint8_t hash[SEAL_HASH];
	if (!ecg)
		return err_set(e, ERR_NO, NULL, "it changed while it was looked at: the next run sends it");
	seal_sha256_once(slice_str(m->control_id), hash);
	struct fhir_ecg x = {.origin = d->site->origin, .number = g->entry, .control_id = slice_str(m->control_id), .uuid = hash, .time = deliver_made(g, due), .patient_system = slice_str(d->patient_system), .ecg = ecg,
	                     .result = item_of(p, g->entry, FACT_RESULT), .status = withdrawn ? "entered-in-error" : due->what == CHART_DUE_PRELIMINARY ? "preliminary" : due->what == CHART_DUE_CORRECTED ? "corrected" : "final", .pdf = pdf};
	if (p->ident_count)
		x.patient = p->idents[0];
	if (!withdrawn && due->what != CHART_DUE_PRELIMINARY) {
		x.signer = g->signed_by;
		x.signed_at = deliver_made(g, due);
	}
	return fhir_ecg_bundle(&x, &o, &m->bytes, e);
}

int deliver_make(struct deliver *d, const struct chart_ecg *g, const struct chart_ecg_due *due, struct arena *a, struct deliver_message *m, struct err *e)
{
	static const char *const codes[] = {[CHART_DUE_PRELIMINARY] = "P", [CHART_DUE_FINAL] = "F", [CHART_DUE_CORRECTED] = "C", [CHART_DUE_WITHDRAWN] = "X"};
	struct chart_patient *p;
	struct chart_moment now;
	assert(due->what != CHART_DUE_NOTHING && due->what != CHART_DUE_SAME);
	struct slice of = due->what == CHART_DUE_WITHDRAWN ? due->of->patient : slice_str(g->patient->id);
	int r = chart_now(d->chart, &now, e);
	if (r == 0)
		r = chart_patient(d->chart, of, now, a, &p, NULL, e);
	if (r < 0)
		return r;
	control_id(d, due, m->control_id);
	snprintf(m->patient, sizeof m->patient, "%.*s", SLICE_FMT(of));
	m->status = codes[due->what];
	m->version = due->version;
	AUTO_BUF struct buf pdf = {0};
	buf_init(&pdf, PDF_MAX);
	if (d->with_pdf && due->what != CHART_DUE_WITHDRAWN && (r = deliver_paper(d, g, a, &pdf, e)) < 0)
		return r;
	return d->fhir ? as_fhir(d, g, due, p, buf_slice(&pdf), m, e) : as_hl7(d, g, due, p, buf_slice(&pdf), m, e);
}

int deliver_not_due(struct deliver *d, const struct chart_ecg *g, struct arena *a, struct err *e)
{
	struct chart_ecg_delivery *list;
	int r = chart_ecg_deliveries(g, a, &list, e);
	if (r < 0)
		return r;
	if ((g->reading == CHART_ECG_UNREAD || g->reading == CHART_ECG_READING) && (!d->preliminary || g->strip.id.n))
		return err_set(e, ERR_NO, NULL, "it is not signed: what nobody has confirmed is not sent%s", g->strip.id.n ? ", and a live strip's minute not at all" : " without --preliminary");
	if (!g->patient)
		return err_set(e, ERR_NO, NULL, "it is unmatched: nobody has said whose it is");
	for (; list; list = list->next)
		if (slice_eq_str(list->to, d->to) && list->state == CHART_DELIVERED) {
			cli_note("holdfast: ECG %llu: delivered to %s already", (unsigned long long)g->entry, d->to);
			return 0;
		}
	return err_set(e, ERR_NO, NULL, "there is nothing of it to be delivered");
}
