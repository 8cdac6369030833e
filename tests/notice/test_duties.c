/* Which duties a case brings: every rule at its border against a table made with another calendar; the traps; what is said and what changed. */
#include "notice_internal.h"
#include "csv.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena *room;

static int setup(void **state)
{
	(void)state;
	room = arena_new((size_t)256 << 20);
	return room ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(room);
	return 0;
}

static struct notice_duties duties_in(const char *lang, struct slice json)
{
	static struct notice_facts f;
	struct notice_duties d = {.n = 0};
	struct err e = {0};
	char text[700];
	arena_reset(room);
	if (notice_facts_read(json, room, &f, &e) < 0 || notice_duties(&f, lang, room, &d, &e) < 0)
		fail_msg("%.*s: %s", SLICE_FMT(json), err_line(&e, text, sizeof text));
	return d;
}

static struct notice_duties duties(const char *json)
{
	return duties_in(NULL, slice_str(json));
}

static const struct notice_duty *find(const struct notice_duties *d, const char *id)
{
	for (size_t i = 0; i < d->n; i++)
		if (slice_eq_str(d->v[i].id, id))
			return &d->v[i];
	return NULL;
}

static const struct notice_duty *possible(const struct notice_duties *d, const char *id)
{
	for (size_t i = 0; i < d->possible_n; i++)
		if (slice_eq_str(d->possible[i].id, id))
			return &d->possible[i];
	return NULL;
}

static void due_of(const struct notice_duty *d, const char *id, const char *want)
{
	char text[NOTICE_DUE_TEXT];
	if (!strcmp(want, "absent")) {
		if (d)
			fail_msg("%s applies", id);
		return;
	}
	if (!d)
		fail_msg("%s does not apply", id);
	const char *got = notice_due_text(&d->due, text);
	if (strcmp(got ? got : "null", want) != 0)
		fail_msg("%s is due %s, not %s", id, got ? got : "null", want);
}

/* Of this case this rule comes to this. */
static void is(const char *json, const char *id, const char *want)
{
	struct notice_duties d = duties(json);
	due_of(find(&d, id), id, want);
}

static bool has(struct slice s, const char *what)
{
	return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

#define CE "\"entity\":{\"kind\":\"covered-entity\",\"country\":\"US\",\"state\":\"TX\"},\"elements\":[\"name\",\"ssn\",\"diagnosis\"]"
#define ON "{\"discovered\":\"2026-03-02\","

/* ---- every rule ---- */

static void test_every_rule(void **state)
{
	(void)state;
	AUTO_BUF struct buf file = {0};
	struct err e = {0};
	struct rule *rules;
	size_t n, at[RULES_MAX] = {0}, lines = 0;
	buf_init(&file, (size_t)1 << 20);
	assert_int_equal(file_read(AT_FDCWD, HF_SOURCE_DIR "/tests/notice/duties_expected.tsv", file.max, &file, &e), 0);
	for (struct slice text = buf_slice(&file); text.n;) {
		struct slice line = slice_cut(text, '\n', &text), rest, id = slice_cut(line, '\t', &rest), json = slice_cut(rest, '\t', &rest);
		char name[64], want[64];
		if (!line.n || line.p[0] == '#')
			continue;
		snprintf(name, sizeof name, "%.*s", SLICE_FMT(id));
		snprintf(want, sizeof want, "%.*s", SLICE_FMT(rest));
		struct notice_duties d = duties_in(NULL, json);
		const struct notice_duty *got = find(&d, name);
		if (got ? !strcmp(want, "absent") : strcmp(want, "absent") != 0)
			fail_msg("%.*s\n%s %s", SLICE_FMT(json), name, got ? "applies" : "does not apply");
		due_of(got, name, want);
		if (got) {
			assert_true(got->why.n > 60 && got->citation.n && got->jurisdiction.n && got->recipient.n);
			assert_true(utf8_valid(got->why));
			assert_false(has(got->why, "{"));
			if (strcmp(want, "null") != 0 && !has(got->why, want))
				fail_msg("why does not come to the date: %.*s", SLICE_FMT(got->why));
		}
		assert_int_equal(notice_rules(room, &rules, &n, &e), 0);
		for (size_t i = 0; i < n; i++)
			at[i] += slice_eq_str(rules[i].id, name);
		lines++;
	}
	assert_true(lines > 400);
	assert_int_equal(n, 189);
	for (size_t i = 0; i < n; i++)
		if (!at[i])
			fail_msg("no case for rule %zu", i);
}

static void test_table(void **state)
{
	(void)state;
	struct rule *rules;
	struct err e = {0};
	struct notice_rule one;
	size_t n;
	static const char *const sure[] = {"page", "statute-text", "secondary-2", "secondary-1", "conflict", "not-seen"};
	arena_reset(room);
	assert_int_equal(notice_rules(room, &rules, &n, &e), 0);
	for (size_t i = 0; i < n; i++) {
		const struct rule *r = &rules[i];
		bool known = false;
		for (size_t k = 0; k < i; k++)
			assert_false(slice_eq(rules[k].id, r->id));
		for (size_t k = 0; k < ARRAY_LEN(sure); k++)
			known = known || slice_eq_str(r->checked, sure[k]);
		assert_true(known && r->citation.n && r->law.n && r->recipient.n);
		assert_true(r->seen_at.n || slice_eq_str(r->checked, "not-seen"));
		assert_true(!r->has_effective || (r->effective_day >= notice_day_of(2009, 1, 1) && r->effective_day <= notice_day_of(2030, 1, 1)));
		assert_true(r->scope == SCOPE_NEVER ? r->to < 0 : r->to >= 0);
		if (r->scope == SCOPE_STATE || r->scope == SCOPE_PUBLIC)
			assert_true(r->base >= 0 && (rules[r->base].groups & GROUP_CORE) && rules[r->base].encryption && rules[r->base].trigger != TRIGGER_ANY);
		assert_true(r->clock == CLOCK_NONE || r->clock == CLOCK_WITH || r->clock == CLOCK_BEFORE || r->term.unit != UNIT_NONE || r->to == NOTICE_TO_INDIVIDUAL);
		assert_true(notice_rule(i, &one) && slice_eq(one.id, r->id) && slice_eq(one.seen_at, r->seen_at));
	}
	assert_false(notice_rule(n, &one));
}

/* The published table, where it is at hand: each of its rows is a rule, of the same id, place, source and certainty. */
static void test_published(void **state)
{
	(void)state;
	AUTO_BUF struct buf file = {0};
	struct err e = {0};
	struct rule *rules;
	struct csv c;
	struct slice f[CSV_FIELDS_MAX], text;
	size_t n, fields, rows = 0;
	char path[600];
	const char *corpus = getenv("HOLDFAST_CORPUS");
	snprintf(path, sizeof path, "%s/notice/deadlines.csv", corpus ? corpus : "");
	buf_init(&file, (size_t)4 << 20);
	arena_reset(room);
	if (!corpus || file_read(AT_FDCWD, path, file.max, &file, &e) < 0)
		skip();
	assert_int_equal(notice_rules(room, &rules, &n, &e), 0);
	assert_int_equal(csv_utf8(buf_slice(&file), room, &text, &e), 0);
	csv_init(&c, text, ',', room);
	assert_true(csv_row(&c, f, &fields) && fields == 24 && slice_eq_str(f[0], "id") && slice_eq_str(f[22], "checked"));
	for (; csv_row(&c, f, &fields); rows++) {
		const struct rule *r = NULL;
		for (size_t i = 0; i < n && !r; i++)
			r = slice_eq(rules[i].id, f[0]) ? &rules[i] : NULL;
		if (!r)
			fail_msg("no rule for %.*s", SLICE_FMT(f[0]));
		assert_true(slice_eq(r->jurisdiction, f[1]) && slice_eq(r->recipient, f[3]) && slice_eq(r->citation, f[5]) && slice_eq(r->checked, f[22]));
		uint64_t count;
		if (num_u64(f[7], 0, UINT32_MAX, &count) == 0)
			assert_true(r->threshold.op != OP_NONE && r->threshold.n == count && slice_eq_str(f[8], r->threshold.op == OP_MORE ? ">" : r->threshold.op == OP_LEAST ? ">=" : "<"));
		if (num_u64(f[11], 0, UINT32_MAX, &count) == 0)
			assert_true(r->term.n == count);
		if (f[20].n)
			assert_true(slice_eq(r->effective, f[20]));
	}
	assert_int_equal(rows, n);
}

/* ---- HIPAA ---- */

static void test_two_thresholds(void **state)
{
	(void)state;
	static const struct {
		const char *persons, *media, *all, *few;
	} cases[] = {
		{"{\"US-TX\":499}", "absent", "absent", "2027-03-01"},
		{"{\"US-TX\":500}", "absent", "2026-05-01", "absent"},
		{"{\"US-TX\":501}", "2026-05-01", "2026-05-01", "absent"},
		{"{\"US-TX\":250,\"US-OK\":249}", "absent", "absent", "2027-03-01"},
		{"{\"US-TX\":250,\"US-OK\":250}", "absent", "2026-05-01", "absent"},
		{"{\"US-TX\":500,\"US-OK\":500}", "absent", "2026-05-01", "absent"},
		{"{\"US-TX\":500,\"US-DC\":501}", "2026-05-01", "2026-05-01", "absent"},
		{"{\"US-TX\":0}", "absent", "absent", "absent"},
		{"{}", "absent", "absent", "absent"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char json[400];
		snprintf(json, sizeof json, ON CE ",\"persons\":%s}", cases[i].persons);
		is(json, "us-hipaa-media", cases[i].media);
		is(json, "us-hipaa-ocr-ge500", cases[i].all);
		is(json, "us-hipaa-ocr-lt500", cases[i].few);
	}
	struct notice_duties d = duties(ON CE ",\"persons\":{\"US-TX\":501,\"US-OK\":500,\"US-NY\":900}}");
	assert_true(slice_eq_str(find(&d, "us-hipaa-media")->places, "US-TX US-NY"));
}

static void test_associate(void **state)
{
	(void)state;
	struct notice_duties d = duties("{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"business-associate\",\"country\":\"US\"},\"persons\":{\"US-TX\":600,\"FR\":2},\"elements\":[\"name\",\"ssn\"]}");
	due_of(find(&d, "us-hipaa-ba"), "us-hipaa-ba", "2026-05-01");
	due_of(find(&d, "us-hipaa-individual"), "us-hipaa-individual", "absent");
	due_of(find(&d, "us-hipaa-ocr-ge500"), "us-hipaa-ocr-ge500", "absent");
	due_of(find(&d, "us-hipaa-media"), "us-hipaa-media", "absent");
	due_of(find(&d, "eu-gdpr-33"), "eu-gdpr-33", "absent");
	assert_true(find(&d, "eu-gdpr-33-processor")->to == NOTICE_TO_OWNER);
	const struct notice_duty *tx = find(&d, "us-tx-individual");
	assert_true(tx && tx->may_apply && has(tx->why, "owner"));
}

static void test_defers_to_hipaa(void **state)
{
	(void)state;
	is(ON CE ",\"persons\":{\"US-MD\":5}}", "us-md-individual", "2026-05-01");
	is("{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"controller\",\"country\":\"US\"},\"persons\":{\"US-MD\":5}}", "us-md-individual", "2026-04-16");
	is(ON CE ",\"persons\":{\"US-NM\":5000}}", "us-nm-individual", "absent");
	is(ON CE ",\"persons\":{\"US-NM\":5000}}", "us-nm-regulator", "absent");
	struct notice_duties d = duties(ON CE ",\"persons\":{\"US-NM\":5000,\"US-WI\":4,\"US-NY\":3}}");
	assert_true(has(d.remarks, "US-NM"));
	const struct notice_duty *wi = find(&d, "us-wi-individual"); /* an exemption that nobody verified is not relied on */
	due_of(wi, "us-wi-individual", "2026-04-16");
	assert_true(wi->may_apply && has(wi->why, "exempt"));
	assert_false(find(&d, "us-ny-individual")->may_apply);
	due_of(find(&d, "us-ny-individual"), "us-ny-individual", "2026-04-01");
}

/* ---- clocks ---- */

static void test_chains(void **state)
{
	(void)state;
	/* after the letters: which have to go by the earlier of the state's date and HIPAA's */
	is(ON CE ",\"persons\":{\"US-LA\":5}}", "us-la-regulator", "2026-05-11");
	is(ON CE ",\"persons\":{\"US-LA\":5},\"notified\":\"2026-03-20\"}", "us-la-regulator", "2026-03-30");
	is(ON CE ",\"persons\":{\"US-CA\":501}}", "us-ca-regulator", "2026-04-16");
	is(ON CE ",\"persons\":{\"US-IA\":501}}", "us-ia-regulator", "2026-05-08");
	is(ON CE ",\"persons\":{\"US-OK\":500}}", "us-ok-regulator", "2026-06-30");
	/* whichever comes first */
	is(ON CE ",\"persons\":{\"US-VT\":1},\"notified\":\"2026-03-10\"}", "us-vt-regulator", "2026-03-10");
	is(ON CE ",\"persons\":{\"US-VT\":1},\"notified\":\"2026-04-10\"}", "us-vt-regulator", "2026-03-20");
	is(ON CE ",\"persons\":{\"US-AR\":1001},\"notified\":\"2026-03-10\"}", "us-ar-regulator", "2026-03-10");
	/* after HHS */
	is(ON CE ",\"persons\":{\"US-NY\":600},\"hhs_notified\":\"2026-03-20\"}", "us-ny-hipaa-ag", "2026-03-27");
	is(ON CE ",\"persons\":{\"US-NY\":6}}", "us-ny-hipaa-ag", "2027-03-08");
	/* with the letters, or before them: no date of its own */
	struct notice_duties d = duties(ON CE ",\"persons\":{\"US-CT\":5,\"US-NJ\":4,\"US-AK\":2}}");
	char text[NOTICE_DUE_TEXT];
	due_of(find(&d, "us-ct-regulator"), "us-ct-regulator", "null");
	assert_string_equal(notice_due_text(&find(&d, "us-ct-regulator")->latest, text), "2026-05-01");
	assert_string_equal(notice_due_text(&find(&d, "us-nj-regulator")->latest, text), "2026-05-01");
	assert_string_equal(notice_due_text(&find(&d, "us-ak-individual")->latest, text), "2026-05-01"); /* HIPAA's */
	/* determination, where it is given */
	is(ON CE ",\"persons\":{\"US-TX\":250},\"determined\":\"2026-03-10\"}", "us-tx-regulator", "2026-04-09");
	is(ON CE ",\"persons\":{\"US-TX\":250},\"determined\":\"2026-03-10\"}", "us-hipaa-individual", "2026-05-01");
	is(ON CE ",\"persons\":{\"US-TX\":249}}", "us-tx-regulator", "absent");
}

static void test_older_rules(void **state)
{
	(void)state;
#define BEFORE(day, place, n) "{\"discovered\":\"" day "\"," CE ",\"persons\":{\"" place "\":" #n "}}"
	is(BEFORE("2025-12-31", "US-CA", 501), "us-ca-individual", "null");
	is(BEFORE("2026-01-01", "US-CA", 501), "us-ca-individual", "2026-01-31");
	is(BEFORE("2025-12-31", "US-CA", 501), "us-ca-regulator", "null");
	is(BEFORE("2024-12-20", "US-NY", 1), "us-ny-individual", "null");
	is(BEFORE("2024-12-21", "US-NY", 1), "us-ny-individual", "2025-01-20");
	is(BEFORE("2023-08-31", "US-TX", 250), "us-tx-regulator", "2023-10-30");
	is(BEFORE("2023-09-01", "US-TX", 250), "us-tx-regulator", "2023-10-01");
	is(BEFORE("2025-12-31", "US-OK", 500), "us-ok-regulator", "absent");
	is(BEFORE("2024-09-25", "US-PA", 1000), "us-pa-cra", "absent");
	is(BEFORE("2024-09-25", "US-PA", 1001), "us-pa-cra", "null");
	is(BEFORE("2024-09-26", "US-PA", 501), "us-pa-cra", "null");
	is(BEFORE("2024-09-25", "US-PA", 1), "us-pa-creditmonitoring", "absent");
	is(BEFORE("2022-06-30", "US-IN", 1), "us-in-individual", "null");
	is("{\"discovered\":\"2024-07-28\",\"entity\":{\"kind\":\"phr-vendor\"},\"persons\":{\"US-TX\":500}}", "us-ftc-hbnr-ftc", "2024-08-09");
}

static void test_zones(void **state)
{
	(void)state;
	/* the day it was where the entity is; New Year's Eve in Texas is the next year in UTC */
	is("{\"discovered\":\"2026-01-01T03:00:00Z\"," CE ",\"persons\":{\"US-TX\":4}}", "us-hipaa-ocr-lt500", "2026-03-01");
	is("{\"discovered\":\"2026-01-01T03:00:00Z\",\"entity\":{\"kind\":\"hospital\"},\"persons\":{\"US-TX\":4}}", "us-hipaa-ocr-lt500", "2027-03-01");
	is("{\"discovered\":\"2025-12-31T23:30:00-06:00\"," CE ",\"persons\":{\"US-TX\":4}}", "us-hipaa-individual", "2026-03-01");
	is("{\"discovered\":\"2026-01-15T00:30:00-06:00\"," CE ",\"persons\":{\"US-TX\":4}}", "us-hipaa-individual", "2026-03-16");
	is("{\"discovered\":\"2026-01-15T06:30:00Z\"," CE ",\"persons\":{\"US-TX\":4}}", "us-hipaa-individual", "2026-03-15"); /* in El Paso still the 14th */
#define FR "\"entity\":{\"kind\":\"hospital\",\"country\":\"FR\"},\"persons\":{\"FR\":4}}"
	/* hours: real ones, over the night when clocks change */
	is("{\"discovered\":\"2026-03-28T10:00:00+01:00\"," FR, "fr-cnil", "2026-03-31T10:00:00+01:00");
	is("{\"discovered\":\"2026-03-28\"," FR, "fr-cnil", "2026-03-31T01:00:00+02:00");
	is("{\"discovered\":\"2026-10-24\"," FR, "fr-cnil", "2026-10-26T23:00:00+01:00");
	is("{\"discovered\":\"2026-10-24\"," FR, "eu-nis2-24h", "2026-10-25T00:00:00+02:00");
	is("{\"discovered\":\"2026-01-28T12:00:00+01:00\"," FR, "eu-nis2-1m", "2026-02-28");
	is("{\"discovered\":\"2026-01-28T12:00:00+01:00\",\"incident_notified\":\"2026-01-29\"," FR, "eu-nis2-1m", "2026-02-28");
	struct notice_duties d = duties("{\"discovered\":\"2026-03-28T10:00:00+01:00\"," FR);
	char text[NOTICE_DUE_TEXT];
	assert_string_equal(notice_due_text(&find(&d, "fr-cnil")->local, text), "2026-03-31T11:00:00+02:00");
	assert_true(has(find(&d, "fr-cnil")->why, "2026-03-31T11:00:00+02:00"));
	/* nobody said where the entity is: the place of the law */
	is("{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"controller\"},\"persons\":{\"FR\":4}}", "fr-cnil", "2026-03-05T00:00:00+01:00");
}

/* ---- what was touched, and how ---- */

static void test_elements(void **state)
{
	(void)state;
#define WITH(elements, place) "{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"hospital\",\"country\":\"US\"},\"elements\":[" elements "],\"persons\":{\"" place "\":5}}"
	is(WITH("\"name\",\"diagnosis\"", "US-TX"), "us-tx-individual", "2026-05-01");
	is(WITH("\"name\",\"diagnosis\"", "US-OH"), "us-oh-individual", "absent");
	is(WITH("\"name\",\"diagnosis\"", "US-OH"), "us-hipaa-individual", "2026-05-01");
	is(WITH("\"name\",\"dl\"", "US-OH"), "us-oh-individual", "2026-04-16");
	is(WITH("\"name\",\"ssn4\"", "US-OH"), "us-oh-individual", "absent");
	is(WITH("\"name\",\"biometric\"", "US-WI"), "us-wi-individual", "2026-04-16");
	is(WITH("\"name\",\"biometric\"", "US-KS"), "us-ks-individual", "absent");
	is(WITH("\"name\",\"card\"", "US-CT"), "us-ct-creditmonitoring", "absent");
	is(WITH("\"name\",\"tin\"", "US-CT"), "us-ct-creditmonitoring", "null");
	is(WITH("\"name\",\"ssn\"", "US-MA"), "us-ma-creditmonitoring", "null");
	struct notice_duties d = duties(WITH("\"ssn\"", "US-OH")); /* no name */
	assert_true(find(&d, "us-oh-individual")->may_apply);
	d = duties(WITH("", "US-OR"));
	assert_true(!find(&d, "us-or-individual")->may_apply && has(find(&d, "us-or-individual")->why, "not said"));
	d = duties(WITH("\"Driver License\",\"name\",\"aura\"", "US-OH"));
	assert_true(find(&d, "us-oh-individual") && has(d.remarks, "aura"));
	d = duties(WITH("\"name\",\"diagnosis\"", "US-OH"));
	assert_true(has(d.remarks, "US-OH"));
	/* New York names medical information since 21 March 2025 */
	is("{\"discovered\":\"2025-03-20\"," CE ",\"persons\":{\"US-NY\":5},\"elements\":[\"name\"]}", "us-ny-individual", "2025-04-19"); /* a key that stands twice: the first is read */
	is("{\"discovered\":\"2025-03-20\",\"entity\":{\"kind\":\"hospital\"},\"persons\":{\"US-NY\":5},\"elements\":[\"name\",\"lab\"]}", "us-ny-individual", "absent");
	is("{\"discovered\":\"2025-03-21\",\"entity\":{\"kind\":\"hospital\"},\"persons\":{\"US-NY\":5},\"elements\":[\"name\",\"lab\"]}", "us-ny-individual", "2025-04-20");
}

static void test_acquired(void **state)
{
	(void)state;
	const char *json = ON CE ",\"persons\":{\"US-TX\":600,\"US-FL\":600,\"US-NJ\":4},\"acquired\":false}";
	struct notice_duties d = duties(json);
	assert_null(find(&d, "us-tx-individual"));
	assert_null(find(&d, "us-tx-regulator"));
	assert_non_null(find(&d, "us-fl-individual"));
	assert_non_null(find(&d, "us-fl-regulator"));
	assert_non_null(find(&d, "us-nj-individual"));
	assert_non_null(find(&d, "us-hipaa-individual")); /* 164.402: acquisition, access, use, or disclosure */
	assert_true(has(d.remarks, "US-TX") && has(d.remarks, "acqui"));
}

static void test_encrypted(void **state)
{
	(void)state;
	struct notice_duties d = duties(ON CE ",\"persons\":{\"US-TX\":600,\"US-NY\":5},\"encrypted\":true}");
	assert_int_equal(d.n, 0);
	assert_true(has(d.remarks, "US-TX US-NY") || has(d.remarks, "US-NY US-TX"));
	d = duties(ON CE ",\"persons\":{\"US-TX\":600},\"encrypted\":true,\"key_taken\":true}");
	assert_non_null(find(&d, "us-hipaa-individual"));
	assert_non_null(find(&d, "us-tx-individual"));
	d = duties("{\"discovered\":\"2026-03-02\"," "\"encrypted\":true," FR);
	assert_true(find(&d, "fr-cnil")->may_apply);
	assert_null(find(&d, "eu-gdpr-34"));
}

static void test_low_risk(void **state)
{
	(void)state;
	struct notice_duties d = duties(ON CE ",\"persons\":{\"US-TX\":600,\"US-AL\":4,\"US-FL\":4,\"US-AK\":4},\"risk\":\"low\"}");
	assert_null(find(&d, "us-hipaa-individual"));
	assert_null(find(&d, "us-al-individual"));
	assert_non_null(find(&d, "us-tx-individual")); /* Texas knows no such exception in this table */
	assert_true(find(&d, "us-fl-individual")->may_apply); /* only after asking the police */
	assert_null(find(&d, "us-ak-individual"));
	assert_false(find(&d, "us-ak-regulator")->may_apply); /* but then Alaska is told of the finding */
	assert_true(has(d.remarks, "US-AL"));
}

/* ---- who lives where ---- */

static void test_residence(void **state)
{
	(void)state;
	struct notice_duties d = duties(ON CE ",\"persons\":{\"US-TX\":240,\"US\":20,\"unknown\":300,\"ZZ\":1,\"BR\":2,\"TX\":7,\"us-vt\":1}}");
	assert_null(find(&d, "us-tx-regulator"));
	assert_non_null(possible(&d, "us-tx-regulator"));
	assert_true(has(possible(&d, "us-tx-regulator")->why, "321"));
	assert_non_null(possible(&d, "us-hipaa-media"));
	assert_non_null(find(&d, "us-hipaa-ocr-ge500")); /* all of them count */
	assert_non_null(find(&d, "us-vt-regulator"));
	assert_true(has(d.remarks, "BR") && has(d.remarks, "TX is no place") && has(d.remarks, "321"));
	d = duties(ON CE ",\"persons\":{\"US-FL\":600,\"US-TX\":600}}"); /* whom the laws count that tell credit bureaus */
	assert_null(find(&d, "us-fl-cra"));
	assert_true(has(possible(&d, "us-fl-cra")->why, "1200"));
	assert_null(possible(&d, "us-tx-cra"));
	/* a number that is not sure */
	d = duties(ON CE ",\"persons\":{\"US-TX\":{\"low\":240,\"high\":260}}}");
	assert_true(find(&d, "us-tx-regulator")->may_apply && find(&d, "us-tx-regulator")->count.low == 240);
	assert_false(find(&d, "us-tx-individual")->may_apply);
	d = duties(ON CE ",\"persons\":{\"US-TX\":{\"low\":480,\"high\":520}}}");
	assert_true(find(&d, "us-hipaa-ocr-ge500")->may_apply && find(&d, "us-hipaa-ocr-lt500")->may_apply && find(&d, "us-hipaa-media")->may_apply);
	d = duties(ON CE ",\"persons\":{\"US-TX\":250.0}}");
	assert_true(find(&d, "us-tx-regulator")->count.high == 250);
	d = duties(ON CE ",\"persons\":{\"US-TX\":{\"low\":0,\"high\":700}}}");
	assert_true(find(&d, "us-hipaa-ocr-lt500")->may_apply && find(&d, "us-hipaa-individual")->may_apply);
}

static void test_abroad(void **state)
{
	(void)state;
	struct notice_duties d = duties(ON CE ",\"persons\":{\"FR\":12,\"GB\":3,\"CA-ON\":2,\"CA-BC\":1,\"CN\":4,\"AU\":1,\"RE\":1}}");
	assert_true(find(&d, "fr-cnil")->may_apply && find(&d, "eu-gdpr-33")->may_apply && find(&d, "uk-gdpr-33")->may_apply && find(&d, "cn-pipl-57")->may_apply);
	assert_true(find(&d, "fr-cnil")->count.high == 13); /* Réunion is France */
	assert_null(find(&d, "cn-nir-other")); /* for networks run in China */
	assert_null(find(&d, "fr-ars"));
	assert_null(find(&d, "us-ca-individual")); /* Canada is not California */
	d = duties("{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"hospital\",\"country\":\"DE\"},\"persons\":{\"FR\":1,\"US-TX\":300}}");
	assert_true(find(&d, "fr-cnil")->may_apply && !find(&d, "eu-gdpr-33")->may_apply && find(&d, "us-tx-individual")->may_apply);
	assert_null(find(&d, "us-hipaa-individual"));
	/* a hospital, nobody says where, and nobody of the United States */
	is("{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"hospital\"},\"persons\":{\"FR\":1}}", "us-hipaa-individual", "absent");
	is("{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"hospital\"},\"persons\":{\"FR\":1,\"US-TX\":1}}", "us-hipaa-individual", "2026-05-01");
	is("{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"covered-entity\"},\"persons\":{\"FR\":1}}", "us-hipaa-individual", "2026-05-01");
	is("{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"covered-entity\",\"state\":\"California\"},\"persons\":{\"Texas\":250}}", "us-tx-regulator", "2026-04-01");
	is("{\"discovered\":\"2026-03-02\",\"entity\":{\"kind\":\"covered-entity\",\"state\":\"California\"},\"persons\":{\"Texas\":250}}", "us-ca-cdph", "2026-03-23");
}

/* ---- order, binding, words, changes ---- */

static void test_order(void **state)
{
	(void)state;
	struct notice_duties d = duties(ON CE ",\"persons\":{\"US-TX\":900,\"US-NY\":7000,\"US-VT\":4,\"FR\":3,\"US-CT\":4}}");
	for (size_t i = 1; i < d.n; i++) {
		int c = notice_due_cmp(&d.v[i - 1].due, &d.v[i].due);
		assert_true(c < 0 || (c == 0 && slice_cmp(d.v[i - 1].jurisdiction, d.v[i].jurisdiction) <= 0));
	}
	assert_true(find(&d, "us-ny-individual")->binding && find(&d, "us-tx-regulator")->binding && find(&d, "us-hipaa-media")->binding);
	assert_true(find(&d, "us-hipaa-individual")->binding); /* in Texas and Connecticut */
	assert_false(find(&d, "us-hipaa-ocr-ge500")->binding && find(&d, "us-ny-hipaa-ag")->binding);
	d = duties(ON CE ",\"persons\":{\"US-NY\":7000}}");
	assert_false(find(&d, "us-hipaa-individual")->binding);
	d = duties("{\"discovered\":\"2026-03-02\"," FR); /* the law of networks does not hide that of persons */
	assert_true(find(&d, "fr-cnil")->binding && find(&d, "eu-nis2-24h")->binding && !find(&d, "eu-nis2-72h")->binding);
}

static void test_words(void **state)
{
	(void)state;
	static const char *const langs[] = {"en", "fr", "zh", "es"};
	char key[64];
	size_t n = 0;
	for (; notice_word_key(n, key); n++)
		for (size_t l = 0; l < ARRAY_LEN(langs); l++) {
			struct slice s, en;
			assert_true(notice_word(key, langs[l], &s) && notice_word(key, "en", &en));
			assert_true(s.n && utf8_valid(s) && s.p[0] != '{' + 1);
			for (char c = 'a'; c <= 'c'; c++) {
				const char in[] = {'{', c, '}', 0};
				assert_int_equal(has(s, in), has(en, in));
			}
			if (l && s.n > 20)
				assert_false(slice_eq(s, en));
		}
	assert_true(n > 90);
	/* whom, and what is said of the case, too; without a language the table's own word alone */
	static const char *const whom[] = {"each affected person", "chaque personne", "\xe6\xaf\x8f\xe4\xbd\x8d", "cada persona"}, *const slip[] = {"the key \"shoe\"", "la cl\xc3\xa9 \xc2\xab shoe", "\xe9\x94\xae\xe2\x80\x9cshoe", "la clave \xc2\xabshoe"};
	for (size_t l = 0; l < ARRAY_LEN(langs); l++) {
		struct notice_duties d = duties_in(langs[l], SLICE(ON CE ",\"persons\":{\"US-TX\":600},\"shoe\":1}"));
		size_t at = (size_t)(!strcmp(langs[l], "fr") ? 1 : !strcmp(langs[l], "zh") ? 2 : !strcmp(langs[l], "es") ? 3 : 0);
		assert_true(has(find(&d, "us-hipaa-individual")->recipient_words, whom[at]) && slice_eq_str(find(&d, "us-hipaa-individual")->recipient, "individual"));
		assert_true(has(d.remarks, slip[at]));
	}
	struct notice_duties plain = duties(ON CE ",\"persons\":{\"US-TX\":600}}");
	assert_false(find(&plain, "us-hipaa-individual")->recipient_words.n);
	for (size_t l = 0; l < ARRAY_LEN(langs); l++) {
		struct notice_duties d = duties_in(langs[l], SLICE(ON CE ",\"persons\":{\"US-TX\":600}}"));
		const struct notice_duty *tx = find(&d, "us-tx-regulator");
		assert_true(has(tx->why, "600") && has(tx->why, "250") && has(tx->why, "2026-04-01") && has(tx->why, "521.053"));
	}
	assert_false(notice_lang("de"));
}

static struct slice json_of(const struct notice_duties *d, struct buf *b)
{
	struct jsonw w;
	buf_init(b, (size_t)8 << 20);
	jsonw_init(&w, b);
	jsonw_arr(&w);
	for (size_t i = 0; i < d->n; i++)
		notice_duty_json(&w, &d->v[i]);
	jsonw_arr_end(&w);
	jsonw_done(&w);
	assert_true(buf_ok(b));
	return buf_slice(b);
}

static void test_updates(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	struct notice_change *c;
	struct err e = {0};
	size_t n;
	struct notice_duties d = duties("{\"discovered\":\"2026-03-02\"," CE ",\"persons\":{\"US-TX\":499}}");
	struct slice old = json_of(&d, &b);
	assert_int_equal(notice_updates(old, &d, room, &c, &n, &e), 0);
	assert_int_equal(n, 0);
	d = duties("{\"discovered\":\"2026-03-01\"," CE ",\"persons\":{\"US-TX\":501}}");
	assert_int_equal(notice_updates(old, &d, room, &c, &n, &e), 0);
	size_t seen[3] = {0};
	for (size_t i = 0; i < n; i++) {
		seen[c[i].what]++;
		if (slice_eq_str(c[i].id, "us-hipaa-media"))
			assert_true(c[i].what == NOTICE_ADDED && slice_eq_str(c[i].to, "2026-04-30"));
		if (slice_eq_str(c[i].id, "us-hipaa-ocr-lt500"))
			assert_true(c[i].what == NOTICE_REMOVED && slice_eq_str(c[i].from, "2027-03-01"));
		if (slice_eq_str(c[i].id, "us-tx-regulator"))
			assert_true(c[i].what == NOTICE_MOVED && slice_eq_str(c[i].from, "2026-04-01") && slice_eq_str(c[i].to, "2026-03-31"));
	}
	assert_true(seen[NOTICE_ADDED] == 2 && seen[NOTICE_REMOVED] == 1 && seen[NOTICE_MOVED] == 3);
	assert_int_equal(notice_updates(SLICE("{}"), &d, room, &c, &n, &e), ERR_INPUT);
	assert_int_equal(notice_updates(SLICE("[{\"x\":1}]"), &d, room, &c, &n, &e), ERR_INPUT);
}

/* ---- what is refused ---- */

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *json, *place;
	} cases[] = {
		{"[]", ""},
		{"{\"persons\":{}}", "discovered"},
		{"{\"discovered\":\"2026-02-30\",\"persons\":{}}", "discovered"},
		{"{\"discovered\":\"2026-03-01T10:00:00\",\"persons\":{}}", "discovered"}, /* no zone: no moment */
		{"{\"discovered\":\"soon\",\"persons\":{}}", "discovered"},
		{"{\"discovered\":\"1700-01-01\",\"persons\":{}}", "discovered"},
		{"{\"discovered\":20260301,\"persons\":{}}", "discovered"},
		{"{\"discovered\":\"2026-03-01\"}", "persons"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":[1]}", "persons"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{\"US-TX\":-1}}", "persons.US-TX"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{\"US-TX\":1.5}}", "persons.US-TX"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{\"US-TX\":\"5\"}}", "persons.US-TX"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{\"US-TX\":99999999999}}", "persons.US-TX"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{\"US-TX\":{\"low\":9,\"high\":8}}}", "persons.US-TX"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{\"US-TX\":{\"low\":9}}}", "persons.US-TX"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{\"US-TX\":1,\"us-tx\":1}}", "persons.US-TX"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{},\"encrypted\":\"yes\"}", "encrypted"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{},\"risk\":\"none\"}", "risk"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{},\"entity\":\"hospital\"}", "entity"},
		{"{\"discovered\":\"2026-03-01\",\"determined\":\"2026-02-28\",\"persons\":{}}", "determined"},
		{"{\"discovered\":\"2026-03-01T10:00:00Z\",\"determined\":\"2026-03-01T09:59:59Z\",\"persons\":{}}", "determined"},
		{"{\"discovered\":\"2026-03-01T10:00:00Z\",\"determined\":\"2026-02-27\",\"persons\":{}}", "determined"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{},\"elements\":\"ssn\"}", "elements"},
		{"{\"discovered\":\"2026-03-01\",\"persons\":{},\"entity\":{\"roles\":\"nis2\"}}", "roles"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static struct notice_facts f;
		struct err e = {0};
		arena_reset(room);
		int r = notice_facts_read(slice_str(cases[i].json), room, &f, &e);
		if (r != ERR_INPUT || strcmp(e.place, cases[i].place) != 0)
			fail_msg("%s: %d at '%s'", cases[i].json, r, e.place);
	}
	/* what is passed over, and said */
	struct notice_duties d = duties("{\"discovered\":\"2026-03-01\",\"persons\":{\"US-TX\":1},\"entity\":{\"kind\":\"zoo\",\"country\":\"Atlantis\",\"roles\":[\"x\"]},\"letter\":{}}");
	assert_true(has(d.remarks, "zoo") && has(d.remarks, "Atlantis") && has(d.remarks, "role \"x\""));
	assert_non_null(find(&d, "us-hipaa-individual"));
	/* a state that there is not is a state that is not known: named, and counted where federal law counts */
	d = duties(ON CE ",\"persons\":{\"US-TX\":10,\"US-XX\":600,\"US-QQ\":40}}");
	assert_true(has(d.remarks, "\"US-XX\": 600 persons") && has(d.remarks, "\"US-QQ\" is no state: its 40 persons") && has(d.remarks, "640"));
	assert_non_null(find(&d, "us-hipaa-ocr-ge500"));
	assert_int_equal(find(&d, "us-hipaa-ocr-ge500")->count.high, 650);
	assert_non_null(possible(&d, "us-hipaa-media"));
	assert_null(find(&d, "us-tx-regulator"));
	/* what is likely a slip is said, and nothing moves */
	static const struct {
		const char *more, *said;
	} slips[] = {{",\"determind\":\"2026-04-01\"", "\"determind\" is not one"}, {",\"notified\":\"2020-01-01\"", "notified is before"}, {",\"resolved\":\"2020-01-01\"", "resolved is before"}, {",\"deceased\":900", "deceased is 900"}, {",\"bad_addresses\":{\"low\":7,\"high\":9}", "bad_addresses is 7"}, {",\"media\":7", "media is neither"}, {",\"discovered\":\"2026-04-09\"", "discovered\" stands there twice"},
		{",\"combinations\":{\"US-TX\":{\"core\":{\"touched\":9}}}", "combinations of US-TX are of 9"}};
	for (size_t i = 0; i < ARRAY_LEN(slips); i++) {
		char json[400];
		snprintf(json, sizeof json, ON CE ",\"persons\":{\"US-TX\":5}%s}", slips[i].more);
		d = duties(json);
		if (!has(d.remarks, slips[i].said))
			fail_msg("%s: %.*s", slips[i].more, SLICE_FMT(d.remarks));
		assert_non_null(find(&d, "us-hipaa-individual"));
	}
	d = duties(ON CE ",\"persons\":{\"US-TX\":0}}");
	assert_true(has(d.remarks, "counts nobody"));
	/* a determination on the day of discovery, as written in another zone, is none before it; and what is not yet is said to be so */
	static struct notice_facts f;
	struct err quiet = {0};
	AUTO_BUF struct buf ahead = {0};
	int64_t now;
	buf_init(&ahead, 4096);
	assert_int_equal(time_parse(SLICE("2026-03-01T12:00:00Z"), 0, &now), 0);
	arena_reset(room);
	assert_int_equal(notice_facts_read(SLICE("{\"discovered\":\"2026-03-01T02:00:00+08:00\",\"determined\":\"2026-02-28\",\"resolved\":\"2026-03-03\",\"notified\":\"2026-03-01\",\"persons\":{\"US-TX\":1}}"), room, &f, &quiet), 0);
	notice_facts_ahead(&f, now, NULL, &ahead);
	assert_string_equal(buf_cstr(&ahead), "resolved is in the future: dates are counted from it as it stands\n");
	/* paper, and null for what is not said */
	d = duties(ON CE ",\"persons\":{\"US-TX\":1},\"media\":\"paper\",\"determined\":null,\"encrypted\":null}");
	assert_true(find(&d, "us-tx-individual")->may_apply && !find(&d, "us-hipaa-individual")->may_apply);
}

/* Whose data a state's definition covers is counted from what was touched of each: Texas names medical data, Minnesota does not; what must be acquired counts as far as it was. */
static void combinations(void **state)
{
	(void)state;
#define CASE(more) "{\"name\":\"x\",\"discovered\":\"2026-07-05\",\"persons\":{\"US-TX\":600,\"US-MN\":{\"low\":690,\"high\":710},\"US-GA\":50},\"elements\":[\"name\",\"ssn\",\"diagnosis\"],\"entity\":{\"kind\":\"covered-entity\",\"country\":\"US\",\"state\":\"US-TX\"}" more "}"
#define MIX(tx, mn, ga) ",\"combinations\":{\"US-TX\":" tx ",\"US-MN\":" mn ",\"US-GA\":" ga ",\"US-NV\":{\"core\":{\"touched\":1,\"acquired\":1}}}"
	struct notice_duties d = duties(CASE(""));
	assert_int_equal(find(&d, "us-mn-individual")->count.high, 710);
	assert_non_null(find(&d, "us-mn-cra"));
	assert_non_null(find(&d, "us-ga-individual"));
	assert_non_null(find(&d, "us-tx-regulator"));
	d = duties(CASE(MIX("{\"core medical\":{\"touched\":100,\"acquired\":90},\"medical\":{\"touched\":400,\"acquired\":200},\"\":{\"touched\":100,\"acquired\":310}}", "{\"core medical\":{\"touched\":3,\"acquired\":2},\"medical\":{\"touched\":697,\"acquired\":697},\"\":{\"touched\":0,\"acquired\":1}}", "{\"medical\":{\"touched\":50,\"acquired\":50}}")));
	const struct notice_duty *tx = find(&d, "us-tx-individual"), *mn = find(&d, "us-mn-individual");
	assert_true(tx && tx->count.low == 290 && tx->count.high == 290);
	assert_non_null(find(&d, "us-tx-regulator"));
	assert_non_null(memmem(tx->why.p, tx->why.n, "covers 290 of 600 affected residents", 36));
	assert_true(mn && mn->count.low == 0 && mn->count.high == 12 && mn->may_apply); /* two, and ten that may be one person with somebody else */
	assert_null(find(&d, "us-mn-cra"));
	assert_null(find(&d, "us-ga-individual")); /* acquired, and of nobody there a number that it names */
	assert_non_null(memmem(d.remarks.p, d.remarks.n, "US-GA", 5));
	assert_int_equal(find(&d, "us-hipaa-ocr-ge500")->count.high, 1360); /* HIPAA counts everybody */
	d = duties(CASE(MIX("{\"core\":{\"touched\":200,\"acquired\":200},\"\":{\"touched\":400,\"acquired\":400}}", "{}", "{}")));
	assert_null(find(&d, "us-tx-regulator")); /* 200 are not 250 */
	assert_int_equal(find(&d, "us-mn-individual")->count.high, 710); /* of Minnesota nothing was said */
	static const char *const wrong[] = {",\"combinations\":[]", ",\"combinations\":{\"US-TX\":{\"core\":5}}", ",\"combinations\":{\"US-TX\":{\"core\":{\"touched\":-1}}}", ",\"combinations\":{\"US-TX\":{\"core\":{\"touched\":\"many\"}}}"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct notice_facts f;
		struct err e = {0};
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 4096);
		buf_str(&b, CASE(""));
		b.n--;
		buf_str(&b, wrong[i]);
		buf_str(&b, "}");
		arena_reset(room);
		assert_int_equal(notice_facts_read(buf_slice(&b), room, &f, &e), ERR_INPUT);
	}
#undef CASE
#undef MIX
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(combinations), cmocka_unit_test(test_every_rule), cmocka_unit_test(test_table), cmocka_unit_test(test_published), cmocka_unit_test(test_two_thresholds), cmocka_unit_test(test_associate), cmocka_unit_test(test_defers_to_hipaa), cmocka_unit_test(test_chains), cmocka_unit_test(test_older_rules),
		cmocka_unit_test(test_zones), cmocka_unit_test(test_elements), cmocka_unit_test(test_acquired), cmocka_unit_test(test_encrypted), cmocka_unit_test(test_low_risk), cmocka_unit_test(test_residence), cmocka_unit_test(test_abroad),
		cmocka_unit_test(test_order), cmocka_unit_test(test_words), cmocka_unit_test(test_updates), cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
