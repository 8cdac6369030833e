/* Forms and notices to the public: every field that the portal of HHS has is there; what the case says is filled with its entry, what it does not say is blank; an answer that a form does not know is refused; both thresholds; four languages. */
#include "letters.h"

static void make(const char *the_case, const char *id, struct arena *a, struct notice_form *f, int want)
{
	struct notice_incident in;
	struct err e = {0};
	assert_int_equal(notice_incident_read(slice_str(the_case), a, &in, &e), 0);
	assert_int_equal(notice_form_make(&in, id, a, f, &e), want);
}

static const struct notice_form_field *field(const struct notice_form *f, const char *key)
{
	for (size_t i = 0; i < f->n; i++)
		if (slice_eq_str(f->field[i].key, key))
			return &f->field[i];
	fail_msg("no field %s", key);
	return NULL;
}

static void is(const struct notice_form *f, const char *key, const char *value, uint64_t entry)
{
	const struct notice_form_field *x = field(f, key);
	if (!slice_eq_str(x->value, value) || x->entry != entry)
		fail_msg("%s is '%.*s' of #%llu, not '%s' of #%llu", key, SLICE_FMT(x->value), (unsigned long long)x->entry, value, (unsigned long long)entry);
}

static void hhs(void **state)
{
	static const char *const keys[] = {"report_type", "breach_tracking_number", "breach_affecting", "filer_role", "entity_name", "entity_type", "street1", "street2", "city", "state", "zip", "poc_first", "poc_last", "poc_email", "poc_phone", "poc_phone_usage", "breach_start_date", "breach_end_date", "discovery_start_date",
		"discovery_end_date", "individuals_affected", "type_of_breach", "location", "type_of_phi", "description", "safeguards_before", "individual_notice_date", "projected_date", "substitute_notice", "media_notice", "actions_taken", "attestation_name", "attestation_date"};
	struct arena *a = arena_new((size_t)32 << 20);
	struct notice_form f;
	(void)state;
	make(CASE_A "\"elements\":[\"name\",\"ssn\",\"lab\",\"card\"]," CASE_B ENTRIES, "us-hhs-ocr", a, &f, 0);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		(void)field(&f, keys[i]);
	is(&f, "breach_affecting", "500 or more", 4800);
	is(&f, "individuals_affected", "4161", 4800);
	is(&f, "breach_start_date", "2026-06-30", 4712);
	is(&f, "discovery_end_date", "2026-07-05", 4711);
	is(&f, "type_of_breach", "Hacking/IT Incident", 0);
	is(&f, "type_of_phi", "Clinical; Demographic; Financial", 0);
	is(&f, "media_notice", "yes", 4800);
	is(&f, "media_states", "TX", 4800);
	is(&f, "street1", "1 River Road", 0);
	is(&f, "city", "Austin", 0);
	is(&f, "state", "TX", 0);
	is(&f, "zip", "78701", 0);
	is(&f, "filer_role", "covered entity for itself", 0);
	is(&f, "report_type", "", 0); /* blank: nobody said */
	is(&f, "safeguards_before", "", 0);
	is(&f, "substitute_notice", "", 0);
	is(&f, "actions_taken", "We shut them out. We watch.", 0);
	assert_true(f.blanks > 0);
	arena_free(a);
}

/* More than 500 of one state is for the media, 500 in all is for the Secretary: they are not the same. */
static void thresholds(void **state)
{
	static const struct {
		const char *persons, *affecting, *media, *states;
	} table[] = {
		{"{\"US-TX\":499}", "fewer than 500", "no", ""}, {"{\"US-TX\":500}", "500 or more", "no", ""}, {"{\"US-TX\":501}", "500 or more", "yes", "TX"}, {"{\"US-TX\":300,\"US-OK\":300}", "500 or more", "no", ""}, {"{\"US-TX\":501,\"US-OK\":502}", "500 or more", "yes", "TX, OK"},
		{"{\"US-TX\":400,\"US\":200}", "500 or more", "", ""}, /* where they live is not known: it may be */
		{"{\"US-TX\":600,\"US\":200}", "500 or more", "yes", "TX"}, {"{\"FR\":9000}", "500 or more", "no", ""}, {"{}", "", "", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct arena *a = arena_new((size_t)32 << 20);
		struct notice_form f;
		char text[300];
		snprintf(text, sizeof text, "{\"discovered\":\"2026-07-05\",\"persons\":%s}", table[i].persons);
		make(text, "us-hhs-ocr", a, &f, 0);
		is(&f, "breach_affecting", table[i].affecting, 0);
		is(&f, "media_notice", table[i].media, 0);
		is(&f, "media_states", table[i].states, 0);
		arena_free(a);
	}
}

static void answers(void **state)
{
	struct arena *a = arena_new((size_t)32 << 20);
	struct notice_form f;
	(void)state;
	make("{\"bad_addresses\":10,\"forms\":{\"us-hhs-ocr\":{\"report_type\":\"Initial Breach Report\",\"location\":[\"Network Server\",\"Email\"],\"individuals_affected\":501},\"us-me-ag\":{\"firm\":\"Law LLP\",\"cra_notified\":true}},\"entries\":{\"forms.us-hhs-ocr.location\":77}}", "us-hhs-ocr", a, &f, 0);
	is(&f, "report_type", "Initial Breach Report", 0);
	is(&f, "location", "Network Server; Email", 77);
	is(&f, "individuals_affected", "501", 0);
	is(&f, "substitute_notice", "yes: 10 or more", 0);
	make("{\"forms\":{\"us-me-ag\":{\"firm\":\"Law LLP\",\"cra_notified\":true}}}", "us-me-ag", a, &f, 0);
	is(&f, "firm", "Law LLP", 0);
	is(&f, "cra_notified", "yes", 0);
	is(&f, "maine_residents", "", 0);
	make("{\"persons\":{\"US-TX\":4},\"entries\":{\"persons\":9}}", "us-me-ag", a, &f, 0);
	is(&f, "maine_residents", "0", 9);
	make("{\"forms\":{\"us-hhs-ocr\":{\"report_type\":\"First\"}}}", "us-hhs-ocr", a, &f, ERR_INPUT);
	make("{\"forms\":{\"us-hhs-ocr\":{\"location\":[\"Email\",\"Cellar\"]}}}", "us-hhs-ocr", a, &f, ERR_INPUT);
	make("{}", "us-zz-ag", a, &f, ERR_NOT_FOUND);
	arena_free(a);
}

/* What a state's own form asks for is answered from the case where it follows, with its residents alone; what nobody but a person can say is a blank. */
static void of_states(void **state)
{
	struct arena *a = arena_new((size_t)32 << 20);
	struct notice_form f;
	static const char the_case[] = "{\"discovered\":\"2026-07-05\",\"window\":\"2026-06-30/2026-07-04\",\"persons\":{\"US-OR\":310,\"US-LA\":12,\"US-TX\":5},\"elements\":[\"ssn\"],\"bad_addresses\":3,\"entity\":{\"name\":\"Oak\",\"address\":[\"4700 River Road\",\"Austin, TX 78701\"]},\"letter\":{\"date\":\"2026-08-01\",\"doing\":\"We watch.\"},\"entries\":{\"US-OR\":12}}";
	(void)state;
	make(the_case, "us-or-ag", a, &f, 0);
	is(&f, "residents", "310", 12);
	is(&f, "breach_end", "2026-07-04", 0);
	is(&f, "zip", "78701", 0);
	is(&f, "substitute", "yes: fewer than 10", 0);
	assert_true(!field(&f, "police_report")->value.n && field(&f, "police_report")->required && !field(&f, "media")->value.n);
	make(the_case, "us-la-ag", a, &f, 0);
	is(&f, "residents", "12", 0);
	assert_true(!field(&f, "names")->value.n && field(&f, "names")->required && slice_eq_str(field(&f, "names")->citation, "16:III.701(A)"));
	make(the_case, "us-va-ag", a, &f, 0);
	is(&f, "residents", "0", 0); /* nobody there */
	arena_free(a);
}

/* Every form: from an empty case nothing but blanks; as JSON and on paper. */
static void all_of_them(void **state)
{
	static const char *const want[] = {"us-hhs-ocr", "us-me-ag", "us-ca-ag", "us-tx-ag", "us-wa-ag", "us-vt-ag", "us-ma-ag", "us-ny-ag", "us-or-ag", "us-nc-ag", "us-nj-njccic", "us-ia-ag", "us-co-ag", "us-la-ag", "us-nh-ag", "us-va-ag", "us-ct-ag", "us-md-ag", "us-in-ag", "us-il-ag", "us-fl-dla", "eu-gdpr-33", "eu-nis2-24h", "eu-nis2-72h", "eu-nis2-1m", "fr-cnil", "cn-cac", "cn-pipl-57"};
	size_t n = 0;
	(void)state;
	for (; n < ARRAY_LEN(want); n++) {
		struct arena *a = arena_new((size_t)32 << 20);
		AUTO_BUF struct buf b = {0}, text = {0};
		struct notice_incident in;
		struct notice_form f;
		struct paper_letter p;
		struct jsonw w;
		struct json_node *root;
		struct err e = {0};
		assert_string_equal(notice_form_id(n), want[n]);
		make("{}", want[n], a, &f, 0);
		for (size_t i = 0; i < f.n; i++) {
			bool constant = slice_eq_str(f.field[i].key, "notification_type");
			assert_true(f.field[i].label.n && (constant || !f.field[i].value.n));
		}
		assert_true(f.n > 8 - 1 && f.citation.n && f.checked.n && f.recipient.n);
		make(CASE, want[n], a, &f, 0);
		assert_int_equal(notice_incident_read(SLICE(CASE), a, &in, &e), 0);
		buf_init(&b, 1 << 20);
		buf_init(&text, 1 << 20);
		jsonw_init(&w, &b);
		notice_form_json(&f, &w);
		jsonw_done(&w);
		assert_int_equal(json_tree(buf_slice(&b), a, &root, &e), 0);
		assert_int_equal(json_get(root, "fields")->count, f.n);
		assert_int_equal(notice_form_paper(&f, &in, a, &p, &e), 0);
		paper_text(&p, &text);
		has(&text, "Oak Recovery Clinic");
		arena_free(a);
	}
	assert_null(notice_form_id(n));
}

static void to_the_public(void **state)
{
	static const char *const says[2][NOTICE_LANGS] = {{"This notice stays on our web site", "Este aviso permanece", "Cet avis reste", "\xe5\x9c\xa8\xe6\x88\x91\xe4\xbb\xac\xe7\x9a\x84\xe7\xbd\x91\xe7\xab\x99"}, {"about 4,161 [#4800] persons", "sobre 4,161 [#4800] personas", "sur 4 161 [#4800] personnes", "4,161 [#4800]"}};
	(void)state;
	for (unsigned k = 0; k < NOTICE_PUBLICS; k++)
		for (unsigned l = 0; l < NOTICE_LANGS; l++) {
			struct arena *a = arena_new((size_t)32 << 20);
			AUTO_BUF struct buf b = {0};
			struct notice_incident in;
			struct paper_letter p;
			struct err e = {0};
			assert_int_equal(notice_incident_read(SLICE(CASE_A "\"elements\":[\"name\",\"genetic\"]," CASE_B ENTRIES), a, &in, &e), 0);
			assert_int_equal(notice_public_make(&in, (enum notice_public)k, (enum notice_lang)l, k == NOTICE_MEDIA, a, &p, &e), 0);
			buf_init(&b, 1 << 20);
			paper_text(&p, &b);
			squeeze(&b);
			has(&b, says[k][l]);
			has(&b, "Oak Recovery Clinic");
			has(&b, "1-800-555-0142");
			if (l == NOTICE_EN)
				has(&b, "genetic test information");
			arena_free(a);
		}
	struct arena *a = arena_new((size_t)32 << 20);
	struct notice_incident in;
	struct paper_letter p;
	struct err e = {0};
	assert_int_equal(notice_incident_read(SLICE("{\"letter\":{\"doing\":\"x\"}}"), a, &in, &e), 0);
	assert_int_equal(notice_public_make(&in, NOTICE_MEDIA, NOTICE_ZH, false, a, &p, &e), ERR_INPUT);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hhs), cmocka_unit_test(thresholds), cmocka_unit_test(answers), cmocka_unit_test(of_states), cmocka_unit_test(all_of_them), cmocka_unit_test(to_the_public)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
