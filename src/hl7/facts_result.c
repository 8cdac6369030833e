/* Results: OBR as a report (4.5.3), OBX as an observation (7.4.2), SPM (7.4.3), and the notes (NTE 2.14.10) of everything.
 *
 * The hot path: most messages of a hospital are results. A value is read by its type (OBX-2); a type that is missing is guessed by nobody. */
#include "facts_internal.h"

/* ---- status ---- */

/* Table 0123, OBR-25 */
static const struct fx_word report_states[] = {
	{"F", "final"},       {"P", "preliminary"}, {"C", "corrected"},  {"A", "preliminary"}, {"R", "preliminary"}, {"M", "corrected"},
	{"O", "registered"},  {"I", "registered"},  {"S", "registered"}, {"N", "registered"},  {"X", "cancelled"},   {"Y", "unknown"},   {"Z", "unknown"},
};
/* Table 0085, OBX-11. U: final now, the value stands as sent before. D, W: the value must not be used. */
static const char *observation_state(uint8_t c)
{
	switch (c) {
	case 'F': case 'U': case 'V': return "final";
	case 'P': case 'R': case 'S': return "preliminary";
	case 'C': return "corrected";
	case 'A': return "amended";
	case 'B': return "appended";
	case 'D': case 'W': return "entered-in-error";
	case 'X': return "cancelled";
	case 'I': case 'O': return "registered";
	case 'N': return "unknown"; /* not asked for */
	default: return NULL;
	}
}

/* OBR-25; or OBR-24, where the status stands in it: a field too few before it is common, and no section of table 0074 is one letter. */
static unsigned status_field(const struct fx *x)
{
	struct slice early = fx_trim(fx_field(x, 24));
	return fx_trim(fx_field(x, 25)).n == 0 && early.n == 1 && FX_LOOKUP(report_states, early) ? 24 : 25;
}

static void put_report_status(struct fx *x, struct fact *t)
{
	struct slice raw = fx_field(x, status_field(x)), code = fx_comp(x, raw, 1);
	if (fx_trim(code).n == 0)
		return;
	const char *state = FX_LOOKUP(report_states, code);
	fx_put_str(x, t, FF_STATUS, state ? state : "unknown");
	fx_put(x, t, FF_STATUS_RAW, fx_part(x, code));
	if (!state && !fx_null(raw))
		fx_problem(x);
}

static void put_status(struct fx *x, struct fact *t)
{
	static const struct fx_word words[] = {{"final", "final"}, {"preliminary", "preliminary"}, {"corrected", "corrected"}, {"amended", "amended"},
		{"cancelled", "cancelled"}, {"canceled", "cancelled"}, {"pending", "registered"}};
	struct slice raw = fx_field(x, 11);
	if (raw.n != 1)
		raw = fx_trim(fx_comp(x, raw, 1));
	if (raw.n == 0 && x->report)
		fx_put(x, t, FF_STATUS, fact_get(x->report, FF_STATUS)); /* not valued: what OBR-25 says of all */
	if (raw.n == 0 || fx_null(raw))
		return;
	const char *state = raw.n == 1 ? observation_state(raw.p[0]) : FX_LOOKUP(words, raw);
	if (!state) {
		state = "unknown";
		fx_problem(x);
	}
	fx_put_str(x, t, FF_STATUS, state);
	fx_put(x, t, FF_STATUS_RAW, fx_part(x, raw));
	if (raw.n == 1 && raw.p[0] == 'D')
		fx_put_lit(x, t, FF_ACTION, "delete");
}

/* ---- category ---- */

/* LOINC's vital signs (the FHIR vital-signs profile and its panels): the number before the check digit. */
static bool is_vital_number(uint32_t n)
{
	switch (n) {
	case 2708: case 2710: case 3140: case 3141: case 3150: case 3151: case 8277: case 8280: case 8287: case 8289: case 8302: case 8306: case 8310:
	case 8328: case 8331: case 8332: case 8333: case 8334: case 8339:
	case 8341: case 8343: case 8344: case 8357: case 8358: case 8359: case 8360: case 8361: case 8362: case 8363: case 8364: case 8365: case 8366:
	case 8453: case 8454: case 8455: case 8459: case 8460: case 8461:
	case 8462: case 8478: case 8480: case 8866: case 8867: case 8893: case 9279: case 9843: case 20564: case 29463: case 34471: case 35094:
	case 39156: case 40443: case 55284: case 59408: case 59574: case 59575:
	case 59576: case 60833: case 72514: case 75997: case 76534: case 76535: case 85353: case 85354: case 96607: case 96608: return true;
	default: return false;
	}
}

/* The same of ISO/IEEE 11073-10101, which monitors speak: heart rate, pulse, saturation, pressures, respiration, temperatures, weight, height. */
static bool is_vital_mdc(struct slice code)
{
	uint64_t n;
	if (code.n != 6 || num_u64(code, 147842, 188740, &n) < 0)
		return false;
	switch (n) {
	case 147842: case 149514: case 149530: case 150016: case 150017: case 150018: case 150019: case 150020: case 150021: case 150022: case 150023:
	case 150032: case 150033: case 150034: case 150035:
	case 150344: case 150364: case 150368: case 150456: case 151562: case 188420: case 188424: case 188736: case 188740: return true;
	default: return false;
	}
}

static bool is_vital_loinc(struct slice code)
{
	uint32_t n = 0;
	if (code.n < 6 || code.n > 7 || code.p[code.n - 2] != '-')
		return false;
	for (size_t i = 0; i < code.n - 2; i++) {
		if (code.p[i] < '0' || code.p[i] > '9')
			return false;
		n = n * 10 + (code.p[i] - '0');
	}
	return is_vital_number(n);
}

/* Table 0074, diagnostic service section */
static const struct fx_word sections[] = {
	{"LAB", "laboratory"}, {"CH", "laboratory"},  {"HM", "laboratory"},  {"MB", "laboratory"},  {"MCB", "laboratory"}, {"MYC", "laboratory"},
	{"IMM", "laboratory"}, {"SR", "laboratory"}, {"TX", "laboratory"},
	{"VR", "laboratory"},  {"BG", "laboratory"},  {"BLB", "laboratory"}, {"CG", "laboratory"},  {"GE", "laboratory"},  {"HEM", "laboratory"},
	{"CHEM", "laboratory"}, {"COAG", "laboratory"}, {"MIC", "laboratory"}, {"URN", "laboratory"},
	{"RAD", "imaging"},    {"RX", "imaging"},     {"CT", "imaging"},     {"MR", "imaging"},     {"MRI", "imaging"},    {"NMR", "imaging"},
	{"US", "imaging"},     {"RUS", "imaging"},   {"OUS", "imaging"},
	{"VUS", "imaging"},    {"NMS", "imaging"},    {"CUS", "imaging"},    {"XR", "imaging"},     {"XRC", "imaging"},    {"CR", "imaging"},
	{"MG", "imaging"},     {"PT", "imaging"},
	{"VITAL", "vital-signs"}, {"VITALS", "vital-signs"}, {"VS", "vital-signs"},
};

static bool mentions(struct slice s, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= s.n; i++)
		if (slice_eq_nocase(slice_of(s.p + i, n), word))
			return true;
	return false;
}

/* ---- OBR ---- */

static bool is_obr_part(uint32_t name)
{
	return name != SEG('O', 'B', 'R') && name != SEG('O', 'R', 'C') && name != SEG('P', 'I', 'D');
}

/* A reading and not a measurement: all its observations are text or files, and it is not of the laboratory, where text is one value among others. */
bool fx_obr_is_narrative(struct fx *x)
{
	if (x->result_category && strcmp(x->result_category, "imaging"))
		return false;
	unsigned text = 0;
	bool long_text = false;
	for (uint32_t i = x->at + 1; i < x->m->count && is_obr_part(fx_name(&x->m->segments[i])); i++) {
		const struct hl7_segment *s = &x->m->segments[i];
		if (fx_name(s) != SEG('O', 'B', 'X'))
			continue;
		struct slice type = fx_trim(fx_seg_field(x, s, 2)), value = fx_seg_field(x, s, 5);
		bool text_type = type.n == 2 && (!memcmp(type.p, "TX", 2) || !memcmp(type.p, "FT", 2));
		if (!text_type && value.n == 0)
			continue; /* only names what follows */
		if (type.n != 2)
			return false;
		if (text_type) {
			text++;
			long_text |= value.n >= 250 || (x->rep >= 0 && value.n && memchr(value.p, x->rep, value.n)) || mentions(value, ".br");
		} else if (memcmp(type.p, "ED", 2) && memcmp(type.p, "RP", 2)) {
			return false;
		}
	}
	return text > 1 || long_text;
}

/* OBR-26: the parent's observation code, its OBX-4 and its value (a culture's organism, for the susceptibilities under it). */
static void put_parent(struct fx *x, struct fact *t)
{
	if (fx_has(x, 29)) {
		struct slice placer = fx_comp(x, fx_field(x, 29), 1), filler = fx_comp(x, fx_field(x, 29), 2), v = SLICE_NULL;
		if (filler.n)
			v = fx_ei(x, filler);
		fx_put(x, t, FF_PARENT, v.n || !placer.n ? v : fx_ei(x, placer));
	}
	if (fx_has(x, 26)) {
		fx_put(x, t, FF_SUB, fx_part(x, fx_comp(x, fx_field(x, 26), 2)));
		fx_put(x, t, FF_VALUE, fx_part(x, fx_comp(x, fx_field(x, 26), 3)));
	}
}

/* OBR: 4 service, 7/8 observed from, to, 15 specimen, 16 ordered by, 22 reported, 24 section, 25 status, 26 and 29 parent, 31 reason, 32
 * interpreter */
void fx_obr_result(struct fx *x)
{
	struct fact *t = x->report = fx_add(x, FACT_REPORT);
	x->document = NULL;
	x->details = 0;
	fx_order_keys(x, fx_field(x, 2), fx_field(x, 3), true, &x->report_key);
	fx_put_order_keys(x, t, x->report_key);
	x->report_code = fx_code(x, fx_field(x, 4));
	fx_put(x, t, FF_CODE, x->report_code);
	put_report_status(x, t);
	x->report_time = fx_has(x, 7) ? fx_time(x, fx_field(x, 7)) : SLICE_NULL;
	fx_put(x, t, FF_TIME, x->report_time);
	fx_put_field(x, t, FF_END, 8, fx_time);
	fx_put_field(x, t, FF_RECORDED, 22, fx_time);
	if (status_field(x) != 24)
		fx_put_field(x, t, FF_CATEGORY, 24, fx_code);
	x->result_category = FX_LOOKUP(sections, fx_comp(x, fx_field(x, 24), 1));
	if (!x->result_category && mentions(x->report_code, "VITAL SIGN"))
		x->result_category = "vital-signs";
	if (fx_has(x, 16))
		fx_put_first(x, t, FF_AUTHOR, 16, fx_person);
	else if (fx_seg_field(x, x->orc, 12).n)
		fx_put(x, t, FF_AUTHOR, fx_person(x, fx_first_rep(x, fx_seg_field(x, x->orc, 12))));
	if (fx_has(x, 32))
		fx_put_reps(x, t, FF_PERFORMER, 32, fx_person_ndl);
	if (fx_seg_field(x, x->orc, 4).n)
		fx_put(x, t, FF_GROUP, fx_ei(x, fx_seg_field(x, x->orc, 4)));
	put_parent(x, t);
	fx_put_specimen(x, t);
	fx_put_reps(x, t, FF_REASON, 31, fx_code);
	x->narrative = fx_obr_is_narrative(x);
}

/* OUL: ORC stands behind its OBR and adds what that left out. */
void fx_orc_of_report(struct fx *x)
{
	struct fact *t = x->report;
	x->orc = x->s;
	if (!t || !fx_budget(x))
		return;
	struct slice key;
	struct slice placer = fact_get(t, FF_PLACER), filler = fact_get(t, FF_FILLER);
	fx_order_keys(x, SLICE_NULL, SLICE_NULL, true, &key);
	fx_put_absent(x, t, FF_PLACER, x->placer);
	fx_put_absent(x, t, FF_FILLER, x->filler);
	fx_put_absent(x, t, FF_ID, key);
	x->placer = placer.n ? placer : x->placer;
	x->filler = filler.n ? filler : x->filler;
	x->report_key = fact_get(t, FF_ID);
	if (fx_has(x, 12))
		fx_put_absent(x, t, FF_AUTHOR, fx_person(x, fx_first_rep(x, fx_field(x, 12))));
	if (fx_has(x, 4))
		fx_put_absent(x, t, FF_GROUP, fx_ei(x, fx_field(x, 4)));
}

/* SPM: 4 type, 8 source site, of the report or order at hand */
void fx_spm(struct fx *x)
{
	struct fact *t = x->report ? x->report : x->order;
	if (!t || !fx_budget(x))
		return;
	fx_put_absent(x, t, FF_SPECIMEN, fx_code(x, fx_field(x, 4)));
	fx_put_absent(x, t, FF_BODY_SITE, fx_code(x, fx_field(x, 8)));
}

/* ---- OBX-5 by type ---- */

#define TYPE(a, b) ((unsigned)(a) << 8 | (unsigned)(b))
static unsigned type_of(struct slice type)
{
	type = fx_trim(type);
	return type.n == 2 ? TYPE(type.p[0], type.p[1]) : type.n == 3 ? TYPE(type.p[0], type.p[1]) | (unsigned)type.p[2] << 16 : 0;
}
#define TYPE3(a, b, c) (TYPE(a, b) | (unsigned)(c) << 16)

static const struct fx_word comparators[] = {{"<", "<"}, {"<=", "<="}, {">", ">"}, {">=", ">="}};

/* A number, and in a field that should be one also "<0.5": the comparator stands apart, so that the number is a number. */
static void put_number(struct fx *x, struct fact *t, struct slice raw)
{
	struct slice s = fx_text(x, raw);
	if (s.n && !fact_is_null(s) && (s.p[0] == '<' || s.p[0] == '>')) {
		size_t n = s.n > 1 && s.p[1] == '=' ? 2 : 1;
		struct slice number = fx_trim(slice_of(s.p + n, s.n - n));
		if (num_is_decimal(number)) {
			fx_put(x, t, FF_COMPARATOR, slice_of(s.p, n));
			s = number;
		}
	}
	fx_put(x, t, FF_VALUE, s);
}

/* SN: comparator ^ number ^ separator or suffix ^ number. The comparator apart, the rest as it reads: 100-200, 1:128, 2+. */
static void put_structured(struct fx *x, struct fact *t, struct slice raw)
{
	struct slice c[4];
	if (fx_null(raw)) {
		fx_put(x, t, FF_VALUE, SLICE(FACT_NULL));
		return;
	}
	if (fx_cut(x, raw, x->comp, c, 4) == 1) { /* written as a number: 103.4, <=0.25 */
		put_number(x, t, raw);
		return;
	}
	const char *comparator = FX_LOOKUP(comparators, c[0]);
	struct slice other = fx_part(x, c[0]);
	struct slice all[4] = {comparator || fx_is(c[0], "=") ? SLICE_NULL : other, fx_part(x, c[1]), fx_part(x, c[2]), fx_part(x, c[3])};
	size_t n = all[0].n + all[1].n + all[2].n + all[3].n;
	uint8_t *to = n ? fx_room(x, n) : NULL, *p = to;
	if (!to)
		return;
	for (unsigned i = 0; i < 4; i++) {
		if (all[i].n)
			memcpy(p, all[i].p, all[i].n);
		p += all[i].n;
	}
	fx_put_str(x, t, FF_COMPARATOR, comparator);
	fx_put(x, t, FF_VALUE, slice_of(to, n));
}

/* HHMM[SS[.S]] */
static struct slice time_of_day(struct fx *x, struct slice raw)
{
	struct slice s = fx_text(x, raw);
	if (s.n < 4)
		return s;
	for (size_t i = 0; i < (s.n < 6 ? 4u : 6u); i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return s;
	bool seconds = s.n >= 6;
	uint8_t *to = fx_room(x, 8);
	if (!to)
		return SLICE_NULL;
	memcpy(to, s.p, 2);
	to[2] = ':';
	memcpy(to + 3, s.p + 2, 2);
	if (seconds) {
		to[5] = ':';
		memcpy(to + 6, s.p + 4, 2);
	}
	return slice_of(to, seconds ? 8 : 5);
}

/* A time that is none is still what was observed. */
static struct slice time_or_text(struct fx *x, struct slice raw)
{
	struct slice v = fx_time(x, raw);
	return v.n ? v : fx_text(x, raw);
}

/* XCN, XAD, CX ...: the components there are, readable. */
static struct slice readable(struct fx *x, struct slice raw)
{
	struct slice c[12];
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	fx_cut(x, raw, x->comp, c, 12);
	for (unsigned i = 0; i < 12; i++)
		c[i] = fx_part(x, c[i]);
	return fx_words(x, c, 12, ' ');
}

static void put_value(struct fx *x, struct fact *t, unsigned type, struct slice raw)
{
	switch (type) {
	case TYPE('N', 'M'): put_number(x, t, raw); break;
	case TYPE('S', 'N'): put_structured(x, t, raw); break;
	case TYPE('C', 'E'):
	case TYPE('C', 'F'):
	case TYPE3('C', 'W', 'E'):
	case TYPE3('C', 'N', 'E'): fx_put(x, t, FF_VALUE_CODE, fx_code(x, raw)); break;
	case TYPE('T', 'S'):
	case TYPE('D', 'T'):
	case TYPE3('D', 'T', 'M'): fx_put(x, t, FF_VALUE, time_or_text(x, raw)); break;
	case TYPE('T', 'M'): fx_put(x, t, FF_VALUE, time_of_day(x, raw)); break;
	case TYPE('S', 'T'):
	case TYPE('I', 'S'):
	case TYPE('I', 'D'):
	case TYPE('S', 'I'):
	case TYPE('N', 'A'): /* an array, as written: its ^ are its own */
	case TYPE('M', 'A'): fx_put(x, t, FF_VALUE, fx_text(x, raw)); break;
	case TYPE('T', 'X'):
	case TYPE('F', 'T'): fx_put(x, t, FF_VALUE, fx_line(x, raw)); break;
	case TYPE('C', 'Q'):
	case TYPE('C', 'P'):
	case TYPE('M', 'O'): fx_put(x, t, FF_VALUE, fx_quantity(x, raw)); break;
	case 0: /* no type: a code where it looks like one, else what stands there */
		if (x->comp >= 0 && raw.n && memchr(raw.p, x->comp, raw.n))
			fx_put(x, t, FF_VALUE_CODE, fx_code(x, raw));
		else
			fx_put(x, t, FF_VALUE, fx_text(x, raw));
		break;
	default: fx_put(x, t, FF_VALUE, readable(x, raw)); break;
	}
}

static void put_values(struct fx *x, struct fact *t, unsigned type)
{
	struct slice rest = fx_field(x, 5), rep;
	if (rest.n == 0)
		return;
	if (fx_null(rest)) {
		fx_put(x, t, FF_VALUE, SLICE(FACT_NULL));
		return;
	}
	if (type == TYPE('T', 'X') || type == TYPE('F', 'T')) {
		/* repetitions of text are lines: one value */
		struct slice lines[64];
		size_t n = 0;
		if (x->rep < 0 || !memchr(rest.p, x->rep, rest.n)) {
			fx_put(x, t, FF_VALUE, fx_line(x, rest));
			return;
		}
		while (n < ARRAY_LEN(lines) && fx_next_rep(x, &rest, &rep))
			lines[n++] = fx_line(x, rep);
		fx_put(x, t, FF_VALUE, fx_words(x, lines, n, '\n'));
		while (fx_next_rep(x, &rest, &rep))
			fx_put(x, t, FF_VALUE, fx_line(x, rep));
		return;
	}
	if (fx_find(x, rest.p, rest.p + rest.n, x->rep) == rest.p + rest.n) {
		if (fx_trim(rest).n)
			put_value(x, t, type, rest);
		return;
	}
	while (fx_next_rep(x, &rest, &rep))
		put_value(x, t, type, rep);
}

/* OBX-8: each flag its own value; a code in 2.7 and later */
static void put_flags(struct fx *x, struct fact *t)
{
	struct slice rest = fx_field(x, 8), rep;
	if (rest.n == 0)
		return;
	if (rest.n == 1) { /* N, H, L */
		fx_put(x, t, FF_FLAG, fx_part(x, rest));
		return;
	}
	if (fx_null(rest)) {
		fx_put(x, t, FF_FLAG, SLICE(FACT_NULL));
		return;
	}
	while (fx_next_rep(x, &rest, &rep)) {
		struct slice v = fx_part(x, fx_comp(x, rep, 1));
		fx_put(x, t, FF_FLAG, v.n ? v : fx_part(x, fx_comp(x, rep, 2)));
	}
}

/* ---- OBX ---- */

/* The text lines behind this one that go on with it: same code, and the same OBX-4 or one that counts lines. */
static uint32_t run_of_text(struct fx *x)
{
	uint32_t i = x->at + 1;
	struct slice code = fx_field(x, 3), sub = fx_trim(fx_field(x, 4)), type = fx_trim(fx_field(x, 2)), status = fx_field(x, 11);
	uint64_t n = 0;
	bool counts = num_u64(sub, 1, UINT32_MAX, &n) == 0;
	for (; i < x->m->count; i++) {
		const struct hl7_segment *s = &x->m->segments[i];
		if (fx_name(s) != SEG('O', 'B', 'X') || !slice_eq(fx_seg_field(x, s, 3), code) ||
			 !slice_eq(fx_trim(fx_seg_field(x, s, 2)), type) || !slice_eq(fx_seg_field(x, s, 11), status))
			break;
		struct slice other = fx_trim(fx_seg_field(x, s, 4));
		uint64_t line;
		if (!slice_eq(other, sub) && !(counts && num_u64(other, 1, UINT32_MAX, &line) == 0 && line == n + (i - x->at)))
			break;
	}
	return i;
}

/* OBX of one text cut in lines: the value of the first gets them all, so that the last line does not replace the others. */
static void put_text_run(struct fx *x, struct fact *t, unsigned type)
{
	uint32_t end = run_of_text(x);
	if (end == x->at + 1) {
		put_values(x, t, type);
		return;
	}
	uint32_t count = end - x->at;
	struct slice *lines = arena_array(x->f->a, count, sizeof *lines);
	if (!lines) {
		x->f->failed = true;
		return;
	}
	size_t size = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct slice raw = fx_seg_field(x, &x->m->segments[x->at + i], 5);
		lines[i] = fx_null(raw) ? SLICE_NULL : fx_line(x, raw);
		size += lines[i].n + 1;
	}
	uint8_t *to = fx_room(x, size), *p = to;
	if (!to)
		return;
	for (uint32_t i = 0; i < count; i++) {
		if (lines[i].n)
			memcpy(p, lines[i].p, lines[i].n);
		p += lines[i].n;
		*p++ = '\n';
	}
	fx_put(x, t, FF_VALUE, slice_of(to, size - 1));
	x->obx += count - 1;
	x->skip_to = end;
}

/* What a code is called: its display, else the code, else its text. */
static struct slice first_part(struct slice code)
{
	static const uint8_t order[] = {FC_DISPLAY, FC_CODE, FC_TEXT};
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (fact_part(code, order[i]).n)
			return fact_part(code, order[i]);
	return SLICE_NULL;
}

/* VXU: an OBX under RXA says something of the vaccination (eligibility, information sheet, funding): one line of text. */
static void vaccine_remark(struct fx *x, struct fact *t)
{
	struct slice code = fx_code(x, fx_field(x, 3)), raw = fx_first_rep(x, fx_field(x, 5)), value;
	unsigned type = type_of(fx_field(x, 2));
	if (type == TYPE('C', 'E') || type == TYPE3('C', 'W', 'E')) {
		struct slice c = fx_code(x, raw);
		value = first_part(c);
	} else if (type == TYPE('T', 'S') || type == TYPE('D', 'T') || type == TYPE3('D', 'T', 'M')) {
		value = time_or_text(x, raw);
	} else {
		value = readable(x, raw);
	}
	struct slice name = first_part(code);
	if (!value.n || fact_is_null(value))
		return;
	struct slice both[2] = {name, value};
	size_t n = name.n + value.n + 2;
	uint8_t *to = name.n ? fx_room(x, n) : NULL;
	if (!to) {
		fx_put(x, t, FF_TEXT, fx_words(x, both, 2, ' '));
		return;
	}
	memcpy(to, name.p, name.n);
	memcpy(to + name.n, ": ", 2);
	memcpy(to + name.n + 2, value.p, value.n);
	fx_put(x, t, FF_TEXT, slice_of(to, n));
}

/* Whether a component says both limits, or one and on which side: 3.5-5.1, >40, <= 8. */
static bool is_whole_range(struct slice s)
{
	if (s.n && (s.p[0] == '<' || s.p[0] == '>'))
		return true;
	for (size_t i = 1; i + 1 < s.n; i++)
		if (s.p[i] == '-' && s.p[i - 1] != 'e' && s.p[i - 1] != 'E')
			return true;
	return false;
}

/* OBX-7 is text: 3.5-5.1. Some put low, high and words into components; some the text first and its limits behind it; and in some the ^ is one of its
 * unit: 4.5-11.0 10^3/uL. */
static struct slice range(struct fx *x, struct slice raw)
{
	if (fx_find(x, raw.p, raw.p + raw.n, x->comp) == raw.p + raw.n)
		return fx_text(x, raw);
	struct slice c[3];
	fx_cut(x, raw, x->comp, c, 3);
	struct slice limits[2] = {fx_part(x, c[0]), fx_part(x, c[1])};
	if (is_whole_range(limits[0]))
		return fx_is_power(limits[0], limits[1]) ? fx_text(x, raw) : limits[0];
	struct slice all[2] = {fx_words(x, limits, 2, '-'), fx_part(x, c[2])};
	return fx_words(x, all, 2, ' ');
}

static void put_category(struct fx *x, struct fact *t, struct slice code)
{
	struct slice rest, first = slice_cut(code, FACT_US, &rest);
	if (is_vital_loinc(first) || (rest.n && is_vital_loinc(fact_part(rest, FC_ALT_CODE - 1))) ||
		 (is_vital_mdc(first) && slice_eq_str(fact_part(code, FC_SYSTEM), "MDC")))
		fx_put_lit(x, t, FF_CATEGORY, "vital-signs");
	else if (x->result_category)
		fx_put_str(x, t, FF_CATEGORY, x->result_category);
}

/* A line of text without a code is a remark of the report or order it stands under; a number without one is of nobody knows what. */
static void nameless(struct fx *x)
{
	struct slice raw = fx_field(x, 5);
	if (raw.n == 0 || fx_null(raw))
		return;
	unsigned type = type_of(fx_field(x, 2));
	struct fact *of = x->report ? x->report : x->order;
	if (of && (type == TYPE('T', 'X') || type == TYPE('F', 'T') || type == TYPE('S', 'T')) && fx_budget(x))
		fx_put(x, of, FF_TEXT, fx_line(x, raw));
	else
		fx_lost(x);
}

/* Observations without their sub-id (OBX-4), all that follows one field too early: the unit stands where the number should, and no status. Known from a
 * sample that many have built on. It is shown as it was sent, and the chart says that something could not be read. */
static bool lacks_sub_id(struct fx *x, unsigned type)
{
	struct slice value = fx_trim(fx_field(x, 5)), status = fx_trim(fx_field(x, 10));
	if (type != TYPE('N', 'M') || value.n == 0 || fx_null(value) || fx_has(x, 11) || !num_is_decimal(fx_trim(fx_field(x, 4))))
		return false;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] >= '0' && value.p[i] <= '9')
			return false;
	return status.n == 1 && memchr("FPCRSIXDW", status.p[0], 9);
}

/* OBX: 1 set, 2 type, 3 what, 4 sub-id, 5 value, 6 unit, 7 range, 8 flags, 11 status, 14 observed, 16 by whom, 17 method, 18 device, 19
 * analysed, 20 site, 21 instance */
static void result(struct fx *x)
{
	struct slice code = fx_code(x, fx_field(x, 3));
	if (!code.n || fact_is_null(code)) {
		nameless(x);
		return;
	}
	bool under_report = x->type->family == FX_RESULT || x->type->family == FX_LAB;
	struct fact *t = fx_add(x, FACT_RESULT);
	if (!t)
		return;
	unsigned type = type_of(fx_field(x, 2));
	fx_put(x, t, FF_GROUP, under_report ? x->report_key : x->order_key);
	fx_put_visit(x, t);
	fx_put(x, t, FF_CODE, code);
	fx_put_field(x, t, FF_SUB, 4, fx_word_of);
	fx_put_field(x, t, FF_SET, 1, fx_text);
	fx_put_field(x, t, FF_TYPE, 2, fx_text);
	put_status(x, t);
	struct slice time = fx_has(x, 14) ? fx_time(x, fx_field(x, 14)) : SLICE_NULL;
	fx_put(x, t, FF_TIME, time.n || !under_report ? time : x->report_time);
	fx_put_field(x, t, FF_UNIT, 6, fx_unit);
	fx_put_field(x, t, FF_RANGE, 7, range);
	put_flags(x, t);
	put_category(x, t, code);
	if (fx_has(x, 16))
		fx_put_reps(x, t, FF_PERFORMER, 16, fx_person);
	fx_put_field(x, t, FF_METHOD, 17, fx_code);
	if (fx_has(x, 18))
		fx_put(x, t, FF_DEVICE, fx_part(x, fx_comp(x, fx_first_rep(x, fx_field(x, 18)), 1)));
	fx_put_field(x, t, FF_RECORDED, 19, fx_time);
	fx_put_field(x, t, FF_BODY_SITE, 20, fx_code);
	fx_put_field(x, t, FF_ID, 21, fx_ei);
	if (type == TYPE('T', 'X') || type == TYPE('F', 'T'))
		put_text_run(x, t, type);
	else
		put_values(x, t, type);
	if (lacks_sub_id(x, type))
		fx_lost(x);
}

void fx_obx(struct fx *x)
{
	if (!x->patients)
		return;
	if (x->type->family == FX_VACCINE && x->given) {
		struct fact *last = x->g ? x->g->last : NULL;
		if (last && last->kind == FACT_IMMUNIZATION) {
			vaccine_remark(x, last);
			return;
		}
	}
	/* a number is never a document: most observations are told apart here */
	struct slice type = fx_field(x, 2);
	if ((type.n == 2 && type.p[0] == 'N' && type.p[1] == 'M') || !fx_obx_document(x))
		result(x);
}

/* ---- NTE ---- */

/* 3 comment: each repetition a line of its own. It belongs to what stands before it. */
void fx_nte(struct fx *x)
{
	if (!x->note)
		return;
	struct slice rest = fx_field(x, 3), rep;
	if (fx_null(rest)) {
		fx_put(x, x->note, FF_TEXT, SLICE(FACT_NULL));
		return;
	}
	while (rest.n && fx_next_rep(x, &rest, &rep))
		fx_put(x, x->note, FF_TEXT, fx_line(x, rep));
}
