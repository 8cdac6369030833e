/* Rules 2, 5, 6, 7: unknown is not none; precedence is status, then source time, then entry; "" deletes, absent leaves alone; corrections keep their history; origins stay apart; last given. */
#include "story.h"

#define P "1001@HOSP:MR"

static uint64_t oru(struct story *s, const char *time, const char *result)
{
	char text[600];
	snprintf(text, sizeof text, "ORU^R01 LAB@HOSP %s | " P " | result group=F1 code=K^Potassium^LN %s", time, result);
	return tell(s, text);
}

static struct slice value(struct story *s)
{
	const struct fact_item *it = item(PAGE(s, "1001"), CHART_RESULTS, "K");
	return it ? fact_get(it->fact, FF_VALUE) : SLICE("(none)");
}

static size_t count(struct story *s, enum chart_section_id id)
{
	return PAGE(s, "1001")->s[id].count;
}

static void test_result_precedence(void **state)
{
	struct story *s = story_new();
	oru(s, "2026-11-01T08:00", "value=4.0 status=preliminary flag=H unit=mmol/L");
	assert_slice(value(s), "4.0");
	oru(s, "2026-11-01T09:00", "value=4.1 status=final");
	assert_slice(value(s), "4.1");
	assert_slice(fact_get(item(PAGE(s, "1001"), CHART_RESULTS, "K")->fact, FF_FLAG), ""); /* the old flag was the old value's */
	oru(s, "2026-11-01T10:00", "value=9.9 status=preliminary"); /* newer, and no better */
	assert_slice(value(s), "4.1");
	oru(s, "2026-11-01T11:00", "value=4.2 status=corrected");
	oru(s, "2026-11-01T10:30", "value=5.0 status=corrected"); /* an older correction arrives later */
	assert_slice(value(s), "4.2");
	oru(s, "2026-11-01T12:00", "value=4.3 status=final"); /* sent again after the correction */
	assert_slice(value(s), "4.2");
	const struct fact_item *it = item(PAGE(s, "1001"), CHART_RESULTS, "K");
	size_t n = 0;
	for (const struct fact_item *h = it->history; h; h = h->next, n++)
		assert_string_equal(h->id, it->id);
	assert_int_equal(n, 5);
	assert_int_equal(count(s, CHART_RESULTS), 1);
	/* equal in status and source time: the later entry */
	oru(s, "2026-11-01T11:00", "value=4.4 status=corrected");
	assert_slice(value(s), "4.4");
	both_agree(s);
	story_free(s);
}

static void test_result_taken_back(void **state)
{
	struct story *s = story_new();
	oru(s, "2026-11-01T08:00", "value=4.0 status=final");
	oru(s, "2026-11-01T09:00", "value=4.2 status=corrected");
	oru(s, "2026-11-01T10:00", "status=entered-in-error"); /* W: the wrong patient's */
	assert_slice(value(s), "(none)");
	struct chart_patient *p = PAGE(s, "1001");
	assert_int_equal(p->s[CHART_RESULTS].count, 0);
	assert_int_equal(p->s[CHART_RESULTS].items->state, FACT_IN_ERROR);
	assert_slice(fact_get(p->s[CHART_RESULTS].items->fact, FF_VALUE), "4.2"); /* what it was can be seen */
	oru(s, "2026-11-01T09:30", "value=7.7 status=corrected"); /* said before it was taken back */
	assert_slice(value(s), "(none)");
	oru(s, "2026-11-01T11:00", "value=3.9 status=final"); /* said after */
	assert_slice(value(s), "3.9");
	both_agree(s);
	story_free(s);
}

/* U: "final, not sent again": the value is the one before. */
static void test_status_alone(void **state)
{
	struct story *s = story_new();
	oru(s, "2026-11-01T08:00", "value=4.0 unit=mmol/L status=preliminary");
	oru(s, "2026-11-01T09:00", "status=final");
	assert_slice(value(s), "4.0");
	assert_slice(fact_get(item(PAGE(s, "1001"), CHART_RESULTS, "K")->fact, FF_STATUS), "final");
	assert_slice(fact_get(item(PAGE(s, "1001"), CHART_RESULTS, "K")->fact, FF_UNIT), "mmol/L");
	oru(s, "2026-11-01T10:00", "value=\"\" status=corrected"); /* deleted, not left alone */
	assert_slice(value(s), "");
	story_free(s);
}

/* Equal codes: sub-ids, several in one message, one number used for ever by a monitor, numbers without a report. */
static void test_which_result(void **state)
{
	struct story *s = story_new();
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:00 | " P " | result group=F1 code=T sub=1 value=a status=final | result group=F1 code=T sub=2 value=b status=final | result group=F1 code=X value=line1 status=final | result group=F1 code=X value=line2 status=final");
	assert_int_equal(count(s, CHART_RESULTS), 4);
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:00 | " P " | result group=F1 code=X value=line1 status=corrected | result group=F1 code=X value=line2b status=corrected");
	assert_int_equal(count(s, CHART_RESULTS), 4);
	tell(s, "ORU^R01 MON@ICU 2026-11-01T08:00 | " P " | result group=MON code=8867-4^HR^LN value=80 status=final time=2026-11-01T08:00:00");
	tell(s, "ORU^R01 MON@ICU 2026-11-01T08:01 | " P " | result group=MON code=8867-4^HR^LN value=81 status=final time=2026-11-01T08:01:00");
	assert_int_equal(count(s, CHART_VITALS), 2); /* by its LOINC code a vital sign, and two of them */
	tell(s, "ORU^R01 MON@ICU 2026-11-01T08:02 | " P " | result group=MON code=8867-4^HR^LN value=82 status=corrected time=2026-11-01T08:01:00");
	assert_int_equal(count(s, CHART_VITALS), 2);
	assert_slice(fact_get(PAGE(s, "1001")->s[CHART_VITALS].items->fact, FF_VALUE), "82");
	tell(s, "ORU^R01 MON@ICU 2026-11-01T08:03 | " P " | result group=MON code=8867-4^HR^LN value=83 status=corrected time=2026-11-01T08:01:30"); /* of a time never heard of: it corrects the last one */
	assert_int_equal(count(s, CHART_VITALS), 2);
	/* the placer's number first, then both, then the filler's alone: one report, one result */
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T10:00 | " P " | report id=P9 placer=P9 status=preliminary code=BMP | result group=P9 code=NA value=1 status=preliminary");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T11:00 | " P " | report id=F9 placer=P9 filler=F9 status=final code=BMP | result group=F9 code=NA value=2 status=final");
	assert_int_equal(count(s, CHART_REPORTS), 1);
	assert_non_null(item(PAGE(s, "1001"), CHART_RESULTS, "NA"));
	assert_int_equal(count(s, CHART_RESULTS), 5);
	both_agree(s);
	story_free(s);
}

/* One number written with its authority's name, with its universal id, in other letters and with neither is one order and one report; with two authorities it is two, and the bare one stands for itself. */
static void test_ways_to_write_a_number(void **state)
{
	struct story *s = story_new();
	tell(s, "OML^O21 EHR@HOSP 2026-11-01T08:00 | " P " | order id=O1^EHR placer=O1^EHR code=BMP status=active");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:00 | " P " | order id=O1 placer=O1 filler=F1^LAB code=BMP status=active | report id=F1^LAB placer=O1 filler=F1^LAB code=BMP status=preliminary | result group=F1^LAB code=NA value=1 status=preliminary");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T10:00 | " P " | order id=O1^ehr placer=O1^ehr filler=F1^1.2.3 code=BMP status=completed | report id=F1^LAB^^1.2.3^ISO placer=O1^ehr filler=F1^LAB^^1.2.3^ISO code=BMP status=final | result group=F1^LAB^^1.2.3^ISO code=NA value=2 status=final");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T11:00 | " P " | report id=F1^1.2.3 filler=F1^1.2.3 code=BMP status=corrected | result group=F1^1.2.3 code=NA value=3 status=corrected");
	assert_int_equal(count(s, CHART_ORDERS), 1);
	assert_slice(fact_get(PAGE(s, "1001")->s[CHART_ORDERS].items->fact, FF_STATUS), "completed");
	assert_int_equal(count(s, CHART_REPORTS), 1);
	assert_int_equal(count(s, CHART_RESULTS), 1);
	assert_slice(fact_get(item(PAGE(s, "1001"), CHART_RESULTS, "NA")->fact, FF_VALUE), "3");
	/* a filler's number says nothing of a placer's */
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T12:00 | " P " | report id=O1 filler=O1 code=CBC status=final | result group=O1 code=HB value=9 status=final");
	assert_int_equal(count(s, CHART_REPORTS), 2);
	assert_slice(fact_get(PAGE(s, "1001")->s[CHART_ORDERS].items->fact, FF_STATUS), "completed");
	tell(s, "OML^O21 EHR@HOSP 2026-11-01T08:00 | " P " | order id=N7^WEST placer=N7^WEST code=A status=active | order id=N7^EAST placer=N7^EAST code=B status=active | order id=N7 placer=N7 code=C status=active");
	assert_int_equal(count(s, CHART_ORDERS), 4);
	both_agree(s);
	story_free(s);
}

/* ---- none, list, not received ------------------------------------------------------------------------------------------------------------- */

static const char *reviewed(struct story *s)
{
	const struct chart_review *r = PAGE(s, "1001")->review;
	return r ? r->what : "";
}

/* OBR-25 X alone: what had been reported stands, and somebody has to look. */
static void test_report_cancelled(void **state)
{
	struct story *s = story_new();
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:00 | " P " | report id=F1 filler=F1 code=A status=final | result group=F1 code=K value=1.1 status=final");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:00 | " P " | report id=F2 filler=F2 code=A status=cancelled"); /* nothing of it had come */
	assert_string_equal(reviewed(s), "");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:00 | " P " | report id=F1 filler=F1 code=A status=cancelled");
	assert_string_equal(reviewed(s), "report-cancelled");
	assert_int_equal(count(s, CHART_RESULTS), 1);
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T10:00 | " P " | report id=F1 filler=F1 code=A status=cancelled | result group=F1 code=K status=cancelled");
	assert_string_equal(reviewed(s), "");
	both_agree(s);
	story_free(s);
}

/* One filler number for several panels (an accession number): a correction of the one is not one of the other, whether they came together or not. */
static void test_panels_of_one_number(void **state)
{
	struct story *s = story_new();
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:00 | " P " | report id=F1 filler=F1 code=A^Serum status=final | result group=F1 code=K value=1.1 status=final | report id=F1 filler=F1 code=B^Urine status=final | result group=F1 code=K value=2.1 status=final");
	assert_int_equal(count(s, CHART_REPORTS), 2);
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:00 | " P " | report id=F1 filler=F1 code=B^Urine status=corrected | result group=F1 code=K value=2.7 status=corrected");
	assert_int_equal(count(s, CHART_REPORTS), 2);
	assert_int_equal(count(s, CHART_RESULTS), 2);
	const struct fact_item *it = PAGE(s, "1001")->s[CHART_RESULTS].items;
	assert_slice(fact_get(it->fact, FF_VALUE), "2.7");
	assert_slice(fact_get(it->history->fact, FF_VALUE), "2.1");
	assert_slice(fact_get(it->next->fact, FF_VALUE), "1.1");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T07:00 | " P " | report id=F1 filler=F1 code=C^Blood status=final | result group=F1 code=K value=3.1 status=final"); /* in a message of its own */
	assert_int_equal(count(s, CHART_RESULTS), 3);
	/* orders: two of one message under one number; another code later is the same order, changed */
	tell(s, "OML^O21 EHR@HOSP 2026-11-01T08:00 | " P " | order id=O1 placer=O1 code=GLU status=active | order id=O1 placer=O1 code=NA status=active");
	tell(s, "OML^O21 EHR@HOSP 2026-11-01T09:00 | " P " | order id=O1 placer=O1 code=NA status=cancelled");
	assert_slice(fact_get(item(PAGE(s, "1001"), CHART_ORDERS, "GLU")->fact, FF_STATUS), "active");
	assert_slice(fact_get(item(PAGE(s, "1001"), CHART_ORDERS, "NA")->fact, FF_STATUS), "cancelled");
	tell(s, "RDE^O11 PHA@HOSP 2026-11-01T08:00 | " P " | medication-order id=M1 placer=M1 code=brand status=active");
	tell(s, "RDE^O11 PHA@HOSP 2026-11-01T09:00 | " P " | medication-order id=M1 placer=M1 code=generic status=active");
	assert_int_equal(count(s, CHART_MEDICATIONS), 1);
	both_agree(s);
	story_free(s);
}

static void test_unknown_is_not_none(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " P " | patient name=SMITH^JOHN");
	struct chart_patient *p = PAGE(s, "1001");
	for (int i = 0; i < CHART_SECTIONS; i++) { /* nobody has said anything about any of them */
		assert_int_equal(p->s[i].state, FHIR_NOT_RECEIVED);
		assert_int_equal(p->s[i].received, 0);
	}
	uint64_t none = tell(s, "ADT^A08 EHR@HOSP 2026-11-01T09:00 | " P " | section category=allergies status=none code=NKA");
	p = PAGE(s, "1001");
	assert_int_equal(p->s[CHART_ALLERGIES].state, FHIR_STATED_NONE);
	assert_int_equal(p->s[CHART_ALLERGIES].stated->entry, none);
	assert_slice(p->s[CHART_ALLERGIES].source_time, "2026-11-01T09:00");
	assert_int_equal(p->s[CHART_PROBLEMS].state, FHIR_NOT_RECEIVED);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T10:00 | " P " | section category=allergies status=unknown");
	assert_int_equal(PAGE(s, "1001")->s[CHART_ALLERGIES].state, FHIR_NOT_RECEIVED); /* "unknown" is no "none" */
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T11:00 | " P " | section category=allergies status=none");
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T12:00 | " P " | allergy action=add id=I1 code=PCN^Penicillin");
	assert_int_equal(PAGE(s, "1001")->s[CHART_ALLERGIES].state, FHIR_LIST); /* a later allergy beats it */
	assert_false(has_review(PAGE(s, "1001"), "none-against-list"));
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T13:00 | " P " | section category=allergies status=none");
	p = PAGE(s, "1001");
	assert_int_equal(p->s[CHART_ALLERGIES].state, FHIR_LIST); /* kept, and somebody looks */
	assert_non_null(item(p, CHART_ALLERGIES, "PCN"));
	assert_true(has_review(p, "none-against-list"));
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T14:00 | " P " | allergy action=delete id=I1");
	assert_int_equal(PAGE(s, "1001")->s[CHART_ALLERGIES].state, FHIR_STATED_NONE); /* withdrawn, and "none" was said after it */
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T15:00 | " P " | allergy action=add id=I2 code=LTX^Latex");
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T16:00 | " P " | allergy action=delete id=I2");
	p = PAGE(s, "1001");
	assert_int_equal(p->s[CHART_ALLERGIES].state, FHIR_NOT_RECEIVED); /* all withdrawn, and nobody has said "none" since */
	assert_int_equal(p->s[CHART_ALLERGIES].items->state, FACT_DELETED);
	both_agree(s);
	story_free(s);
}

/* AL1 is the whole list of its feed; IAM adds and takes away; another feed's list is its own. */
static void test_allergy_lists(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " P " | allergy action=snapshot code=PCN^Penicillin category=DA | allergy action=snapshot code=NUT^Nuts category=FA");
	tell(s, "RDE^O11 PHARM@HOSP 2026-11-01T08:30 | " P " | allergy action=add code=SULF^Sulfa");
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T09:00 | " P " | allergy action=add id=I1 code=LTX^Latex");
	assert_int_equal(count(s, CHART_ALLERGIES), 4);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T10:00 | " P " | allergy action=snapshot code=PCN^Penicillin category=DA severity=SV"); /* nuts and latex are not on it */
	struct chart_patient *p = PAGE(s, "1001");
	assert_int_equal(p->s[CHART_ALLERGIES].count, 2);
	assert_slice(fact_get(item(p, CHART_ALLERGIES, "PCN")->fact, FF_SEVERITY), "SV");
	assert_non_null(item(p, CHART_ALLERGIES, "SULF")); /* the pharmacy's stays */
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T09:30 | " P " | allergy action=snapshot code=NUT^Nuts"); /* an older list, late */
	assert_null(item(PAGE(s, "1001"), CHART_ALLERGIES, "NUT"));
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T11:00 | " P " | patient name=SMITH^JOHN"); /* says nothing of allergies */
	assert_int_equal(count(s, CHART_ALLERGIES), 2);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T12:00 | " P " | section category=allergies status=replaced"); /* AL1-3 "": the list is empty */
	assert_int_equal(count(s, CHART_ALLERGIES), 1);
	/* after a merge the survivor's list does not take away what was said under the other number */
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T12:30 | 2002@HOSP:MR | allergy action=add id=J1 code=EGG^Egg");
	tell(s, "ADT^A40 EHR@HOSP 2026-11-01T13:00 | " P " | identity action=merge other=2002^HOSP^MR");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T14:00 | " P " | allergy action=snapshot code=PCN^Penicillin");
	assert_non_null(item(PAGE(s, "1001"), CHART_ALLERGIES, "EGG"));
	both_agree(s);
	story_free(s);
}

/* ---- "" and absent -------------------------------------------------------------------------------------------------------------------------- */

static struct slice said(struct story *s, uint8_t field)
{
	return fact_get(PAGE(s, "1001")->demographics->fact, field);
}

/* AL1 has no number of its own, IAM may: the code finds the one that is meant, and two numbers are two allergies whatever their code. */
static void test_allergy_by_number_and_code(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " P " | allergy action=snapshot code=PCN^Penicillin");
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T09:00 | " P " | allergy action=add id=A1 code=PCN^Penicillin severity=SV | allergy action=add id=A2 code=OTH^Dye | allergy action=add id=A3 code=OTH^Glue");
	assert_int_equal(count(s, CHART_ALLERGIES), 3);
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T10:00 | " P " | allergy action=delete id=A1 code=PCN^Penicillin");
	assert_int_equal(count(s, CHART_ALLERGIES), 2); /* also what AL1 had said */
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T11:00 | " P " | allergy action=delete id=A3 code=OTH^Glue");
	assert_int_equal(count(s, CHART_ALLERGIES), 1);
	assert_slice(fact_get(item(PAGE(s, "1001"), CHART_ALLERGIES, "OTH")->fact, FF_ID), "A2");
	tell(s, "ADT^A60 EHR@HOSP 2026-11-01T12:00 | " P " | allergy action=delete code=OTH^Dye");
	assert_int_equal(count(s, CHART_ALLERGIES), 0);
	both_agree(s);
	story_free(s);
}

static void test_null_and_absent(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " P " | patient name=SMITH^JOHN birth=1957-03-12 sex=male telecom=phone^1 telecom=phone^2 language=en");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T09:00 | " P " | patient name=SMITH^JOHN telecom=phone^3 language=\"\"");
	assert_slice(said(s, FF_BIRTH), "1957-03-12"); /* absent: left alone */
	assert_slice(said(s, FF_LANGUAGE), "");        /* "": deleted */
	assert_int_equal(fact_count(PAGE(s, "1001")->demographics->fact, FF_TELECOM), 1); /* a list replaces the list */
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:30 | " P " | patient language=fr"); /* older than the deletion */
	assert_slice(said(s, FF_LANGUAGE), "");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T10:00 | " P " | patient action=mention name=SMITHE^JOHN sex=\"\" language=de marital=M"); /* a result's PID neither overwrites nor deletes nor brings back */
	assert_slice(fact_part(said(s, FF_NAME), FN_FAMILY), "SMITH");
	assert_slice(said(s, FF_SEX), "male");
	assert_slice(said(s, FF_LANGUAGE), "");
	assert_slice(said(s, FF_MARITAL), "M"); /* ... but fills what nobody has said */
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T10:30 | " P " | patient telecom=\"\" telecom=phone^7 telecom=\"\" | allergy action=add code=N^Nut reaction=\"\" reaction=Rash reaction=\"\""); /* "" among others says nothing */
	assert_int_equal(fact_count(PAGE(s, "1001")->demographics->fact, FF_TELECOM), 1);
	assert_slice(said(s, FF_TELECOM), "phone\x1f" "7");
	assert_slice(fact_get(item(PAGE(s, "1001"), CHART_ALLERGIES, "N")->fact, FF_REACTION), "Rash");
	tell(s, "OMP^O09 EHR@HOSP 2026-11-01T10:00 | " P " | medication-order id=P1 placer=P1 code=D^Drug status=active dose=5 dose-unit=mg route=PO frequency=Q6H");
	tell(s, "OMP^O09 EHR@HOSP 2026-11-01T11:00 | " P " | medication-order id=P1 placer=P1 status=on-hold route=\"\"");
	const struct fact_item *m = item(PAGE(s, "1001"), CHART_MEDICATIONS, "D");
	assert_slice(fact_get(m->fact, FF_DOSE), "5");
	assert_slice(fact_get(m->fact, FF_ROUTE), "");
	assert_slice(fact_get(m->fact, FF_STATUS), "on-hold");
	assert_non_null(m->history);
	both_agree(s);
	story_free(s);
}

/* There and back: the same demographics as once before are news when something else was said in between. */
static void test_said_again(void **state)
{
	struct story *s = story_new();
	static const char *const names[] = {"SMITH", "BAKER", "SMITH", "BAKER", "BAKER", "SMITH"};
	char text[200];
	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof text, "ADT^A08 EHR@HOSP 2026-11-01T0%d:00 | " P " | patient name=%s^JOHN | allergy action=snapshot code=%s^X", i, names[i], names[i]);
		tell(s, text);
		assert_slice(fact_part(said(s, FF_NAME), FN_FAMILY), names[i]);
		assert_non_null(item(PAGE(s, "1001"), CHART_ALLERGIES, names[i]));
		assert_int_equal(count(s, CHART_ALLERGIES), 1);
		both_agree(s);
	}
	story_free(s);
}

/* ---- origins -------------------------------------------------------------------------------------------------------------------------------------- */

static void test_origins(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " P " | patient name=SMITH^JOHN birth=1957-03-12 | allergy action=snapshot code=PCN^Penicillin");
	s->source = "web/ward3";
	tell(s, "Bundle/transaction ward3 2026-11-02T08:00 | " P " | patient name=SMITH^JON birth=1957-03-13 telecom=phone^9 | allergy action=snapshot code=LTX^Latex | allergy action=delete code=PCN^Penicillin | result group=F1 code=K value=4 status=final");
	struct chart_patient *p = PAGE(s, "1001");
	assert_slice(said(s, FF_BIRTH), "1957-03-12"); /* fed data is not altered silently */
	assert_slice(said(s, FF_TELECOM), "phone\x1f" "9"); /* gaps are filled */
	assert_true(has_review(p, "captured-differs"));
	assert_non_null(item(p, CHART_ALLERGIES, "PCN"));
	assert_int_equal(item(p, CHART_ALLERGIES, "PCN")->origin, FACT_FED);
	assert_int_equal(item(p, CHART_ALLERGIES, "LTX")->origin, FACT_CAPTURED);
	s->source = "mllp/lab";
	oru(s, "2026-11-02T09:00", "value=5 status=final"); /* the laboratory's own result of the same number stands beside the captured one */
	assert_int_equal(count(s, CHART_RESULTS), 2);
	s->source = "partner/clinic";
	oru(s, "2026-11-02T09:00", "value=6 status=final");
	s->source = "restore/vault";
	oru(s, "2026-11-02T09:00", "value=7 status=final");
	unsigned seen = 0;
	for (const struct fact_item *it = PAGE(s, "1001")->s[CHART_RESULTS].items; it; it = it->next)
		seen |= 1u << it->origin;
	assert_int_equal(seen, 15);
	both_agree(s);
	story_free(s);
}

/* ---- medications ------------------------------------------------------------------------------------------------------------------------------------ */

static void test_last_given(void **state)
{
	struct story *s = story_new();
	tell(s, "RDE^O11 PHARM@HOSP 2026-11-01T08:00 | " P " | medication-order id=P1 placer=P1 filler=R1 code=D1^Morphine^RXN status=active | medication-order id=P2 placer=P2 code=D2^Heparin^RXN status=active");
	tell(s, "RAS^O17 PHARM@HOSP 2026-11-01T10:00 | " P " | medication-administration group=P1 placer=P1 code=D1^Morphine^RXN time=2026-11-01T10:00 status=completed dose=5 performer=7^NIGHT^NURSE");
	tell(s, "RAS^O17 PHARM@HOSP 2026-11-01T09:00 | " P " | medication-administration group=P1 placer=P1 code=D1^Morphine^RXN time=2026-11-01T09:00 status=completed dose=4"); /* earlier, arrives later */
	tell(s, "RAS^O17 PHARM@HOSP 2026-11-01T11:00 | " P " | medication-administration filler=R1 code=D1^Morphine^RXN time=2026-11-01T11:00 status=not-done reason=SLEEP"); /* by the pharmacy's number */
	tell(s, "RAS^O17 ED@HOSP 2026-11-01T11:00 | " P " | medication-administration code=D2^Heparin^RXN time=2026-11-01T11:30 status=completed dose=5000"); /* by the drug */
	struct chart_patient *p = PAGE(s, "1001");
	const struct fact_item *not_given, *given = chart_last_given(p, item(p, CHART_MEDICATIONS, "D1"), &not_given);
	assert_non_null(given);
	assert_slice(fact_get(given->fact, FF_DOSE), "5");
	assert_slice(fact_part(fact_get(given->fact, FF_PERFORMER), FP_FAMILY), "NIGHT");
	assert_non_null(not_given);
	assert_slice(fact_get(not_given->fact, FF_REASON), "SLEEP");
	given = chart_last_given(p, item(p, CHART_MEDICATIONS, "D2"), &not_given);
	assert_slice(fact_get(given->fact, FF_DOSE), "5000");
	assert_null(not_given);
	/* taken back: then the one before is the last */
	tell(s, "RAS^O17 PHARM@HOSP 2026-11-01T12:00 | " P " | medication-administration group=P1 placer=P1 code=D1^Morphine^RXN time=2026-11-01T10:00 status=entered-in-error");
	p = PAGE(s, "1001");
	assert_slice(fact_get(chart_last_given(p, item(p, CHART_MEDICATIONS, "D1"), NULL)->fact, FF_DOSE), "4");
	struct buf b;
	page_json(s, "1001", CHART_NOW, &b);
	assert_non_null(memmem(b.p, b.n, "\"lastGiven\":{", 13));
	assert_non_null(memmem(b.p, b.n, "\"notGiven\":{", 12));
	buf_done(&b);
	both_agree(s);
	story_free(s);
}

/* An order that another one replaces is not current beside it: no drug twice. */
static void test_replaced_order(void **state)
{
	struct story *s = story_new();
	tell(s, "OMP^O09 EHR@HOSP 2026-11-01T08:00 | " P " | medication-order id=P1 placer=P1 code=D1^Heparin status=active dose=5000");
	tell(s, "OMP^O09 EHR@HOSP 2026-11-01T09:00 | " P " | medication-order id=P2 placer=P2 parent=P1 relation=replaces code=D1^Heparin status=active dose=7500");
	assert_int_equal(count(s, CHART_MEDICATIONS), 1);
	assert_slice(fact_get(item(PAGE(s, "1001"), CHART_MEDICATIONS, "D1")->fact, FF_DOSE), "7500");
	tell(s, "MDM^T02 EHR@HOSP 2026-11-01T09:00 | " P " | document id=DOC1 code=DS^Discharge title=one status=current");
	tell(s, "MDM^T10 EHR@HOSP 2026-11-01T10:00 | " P " | document id=DOC2 parent=DOC1 relation=replaces code=DS^Discharge title=two status=current");
	assert_int_equal(count(s, CHART_DOCUMENTS), 1);
	story_free(s);
}

/* PD1-4 of a result names a general practitioner; a registration says who it is. */
static void test_care_team(void **state)
{
	struct story *s = story_new();
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:00 | " P " | care-team action=mention role=primary-care performer=1^OLD^DOC");
	assert_int_equal(count(s, CHART_CARE_TEAM), 1);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T09:00 | " P " | care-team action=update role=primary-care performer=2^NEW^DOC | care-team role=attending visit=V1 performer=3^ATT^DOC");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T10:00 | " P " | care-team action=mention role=primary-care performer=1^OLD^DOC");
	struct chart_patient *p = PAGE(s, "1001");
	assert_int_equal(p->s[CHART_CARE_TEAM].count, 2);
	for (const struct fact_item *it = p->s[CHART_CARE_TEAM].items; it; it = it->next)
		assert_true(it->state != FACT_CURRENT || !fact_says(it->fact, FF_ROLE, "primary-care") || slice_eq_str(fact_part(fact_get(it->fact, FF_PERFORMER), FP_FAMILY), "NEW"));
	both_agree(s);
	story_free(s);
}

/* ---- marks -------------------------------------------------------------------------------------------------------------------------------------------- */

/* Part of a message could not be read: its sections say so while what it said stands; the others do not. */
static void test_incomplete(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " P " | patient name=SMITH^JOHN | allergy action=snapshot code=PCN^Penicillin");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:10 | " P " ! | result group=F1 code=K value=4 status=final");
	struct chart_patient *p = PAGE(s, "1001");
	assert_true(p->incomplete);
	assert_true(p->s[CHART_RESULTS].incomplete);
	assert_false(p->s[CHART_ALLERGIES].incomplete);
	assert_true(item(p, CHART_RESULTS, "K")->incomplete);
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:20 | " P " | result group=F1 code=K value=4 status=corrected"); /* sent again, whole */
	assert_false(PAGE(s, "1001")->incomplete);
	both_agree(s);
	story_free(s);
}

/* Rule 1: each section says who spoke last, when they say it was, and when we got it. */

/* The neighbour's label, a registration written over another person's: by its number it is this chart's, and somebody has to look. */
static void test_names_somebody_else(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " P " | patient name=KELLER^JEANNE birth=1957-03-12");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:10 | " P " | patient action=mention name=KELER^JEANNE birth=1957-03-21"); /* slips of the pen */
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:20 | " P " | patient action=mention name=ROTH^JEANNE birth=1957-03-12"); /* married */
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:30 | " P " | patient action=mention name=ROTH^MAX birth=1957-03-12");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:40 | " P " | patient action=mention name=JEANNE^KELLER birth=1960-05-05");
	tell(s, "ADT^A08 ED@HOSP 2026-11-01T07:00 | " P " | patient name=UNKNOWN^FEMALE birth=1900-01-01"); /* came in without a name */
	assert_string_equal(reviewed(s), "");
	uint64_t entry = tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:00 | " P " | patient action=mention name=ROTH^MAX birth=1980-05-17 | result group=F9 code=K value=6.9 status=final");
	assert_string_equal(reviewed(s), "names-somebody-else");
	assert_int_equal(PAGE(s, "1001")->review->entry, entry);
	assert_slice(fact_get(PAGE(s, "1001")->demographics->fact, FF_BIRTH), "1957-03-12");
	assert_int_equal(count(s, CHART_RESULTS), 1); /* shown: nothing is hidden on a guess */
	both_agree(s);
	story_free(s);
}

static void test_section_ages(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T07:00 | " P " | allergy action=snapshot code=PCN^Penicillin");
	uint64_t lab = tell(s, "ORU^R01 LAB@HOSP 2026-11-01T07:30 | " P " | result group=F1 code=K value=4 status=final");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T06:30 | " P " | result group=F0 code=K value=3 status=final"); /* older, received later */
	struct chart_patient *p = PAGE(s, "1001");
	assert_slice(p->s[CHART_RESULTS].feed, "LAB@HOSP");
	assert_slice(p->s[CHART_ALLERGIES].feed, "EHR@HOSP");
	assert_slice(p->s[CHART_RESULTS].source_time, "2026-11-01T07:30");
	assert_int_equal(p->s[CHART_RESULTS].entry, lab + 1);
	assert_int_equal(p->s[CHART_RESULTS].received, STORY_START + 2 * TIME_SEC);
	assert_int_equal(p->s[CHART_ALLERGIES].received, STORY_START);
	assert_int_equal(page(s, "1001", lab + 1)->s[CHART_RESULTS].entry, lab);
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result_precedence), cmocka_unit_test(test_result_taken_back), cmocka_unit_test(test_status_alone), cmocka_unit_test(test_which_result), cmocka_unit_test(test_panels_of_one_number), cmocka_unit_test(test_ways_to_write_a_number), cmocka_unit_test(test_report_cancelled), cmocka_unit_test(test_unknown_is_not_none),
		cmocka_unit_test(test_allergy_lists), cmocka_unit_test(test_allergy_by_number_and_code), cmocka_unit_test(test_null_and_absent), cmocka_unit_test(test_said_again), cmocka_unit_test(test_origins), cmocka_unit_test(test_last_given), cmocka_unit_test(test_replaced_order), cmocka_unit_test(test_care_team), cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_section_ages), cmocka_unit_test(test_names_somebody_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
