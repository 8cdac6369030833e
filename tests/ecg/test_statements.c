/* Statements: values in, codes out, each rule on both sides of its limit. */
#include "ecg_test.h"
#include "statements.h"

static struct {
	struct ecg g;
	struct ecg_analysis n;
	struct ecg_lead_measure lead[12];
	struct ecg_beat beat[20];
	struct ecg_episode episode[2];
	struct arena *a;
} t;

static struct ecg_value val(double v)
{
	return (struct ecg_value){(float)v, 90};
}

/* A healthy man of 45. */
static void healthy(void)
{
	static const float r[12] = {600, 900, 350, 0, 200, 600, 200, 500, 900, 1200, 1100, 900}, s[12] = {-100, -100, -100, -700, -100, -100, -800, -1000, -600, -300, -150, -50};
	if (t.a)
		arena_free(t.a);
	memset(&t, 0, sizeof t);
	t.a = arena_new(1 << 24);
	t.g = (struct ecg){.a = t.a, .channels = 12, .rate = 500, .samples = 5000};
	t.g.person.sex = SLICE("male");
	t.g.person.age = SLICE("45 a");
	struct ecg_measure *m = &t.n.measure;
	m->lead = t.lead;
	m->rate_bpm = val(70);
	m->rr_ms = val(857);
	m->p_ms = val(100);
	m->pr_ms = val(160);
	m->qrs_ms = val(90);
	m->qt_ms = val(380);
	m->qtc_bazett_ms = val(410);
	m->qtc_fridericia_ms = val(400);
	m->qrs_axis_deg = val(50);
	m->beats = (struct ecg_beats){t.beat, 11, 500, 1};
	for (size_t i = 0; i < 11; i++)
		t.beat[i] = (struct ecg_beat){.at = 200 + 428 * i, .class = 'N'};
	for (unsigned c = 0; c < 12; c++) {
		struct ecg_lead_measure *l = &t.lead[c];
		t.g.channel[c] = (struct ecg_channel){.lead = ECG_LEAD_I + c, .ecg = true, .rate = 500, .samples = 5000, .scale = 1};
		snprintf(t.g.channel[c].name, sizeof t.g.channel[c].name, "%s", ecg_lead_name(ECG_LEAD_I + c));
		l->quality.score = 95;
		l->p_uv = val(c == 3 ? -80 : 80);
		l->q_uv = val(c == 3 ? -700 : 0);
		l->r_uv = val((double)r[c]);
		l->s_uv = val(c == 3 ? 0 : (double)s[c]);
		l->r2_uv = l->s2_uv = val(0);
		l->t_uv = val(c == 3 ? -250 : 250);
		l->q_ms = val(0);
		l->s_ms = val(20);
		l->vat_ms = val(35);
		l->j_uv = l->st60_uv = l->st80_uv = val(10);
	}
	t.episode[0] = (struct ecg_episode){ECG_RHYTHM_SR, 0, 5000, 95, false};
	t.n.rhythm = (struct ecg_rhythm_result){.episode = t.episode, .count = 1, .total = 11, .normal = 11, .longest_rr_s = 0.9};
}

static struct ecg_lead_measure *lead(enum ecg_lead l)
{
	return &t.lead[l - ECG_LEAD_I];
}

static const struct ecg_statement *said(const char *code)
{
	struct err e = {0};
	assert_int_equal(st_all(&t.g, &t.n, t.a, &e), 0);
	for (size_t i = 0; i < t.n.statements; i++)
		if (!strcmp(t.n.statement[i].code, code))
			return &t.n.statement[i];
	return NULL;
}

static void yes(const char *code, enum ecg_weight w)
{
	const struct ecg_statement *s = said(code);
	if (!s)
		fail_msg("%s is not said", code);
	assert_int_equal(s->weight, w);
	assert_true(s->text[0] && s->why[0] && s->confidence >= 1 && s->confidence <= 100);
	assert_null(strstr(s->text, "iagnos"));
}

static void no(const char *code)
{
	if (said(code))
		fail_msg("%s is said: %s (%s)", code, said(code)->text, said(code)->why);
}

static void test_healthy(void **state)
{
	healthy();
	yes("rhythm-sr", ECG_NORMAL);
	yes("normal", ECG_NORMAL);
	assert_int_equal(t.n.statements, 2);
	assert_int_equal(t.n.weight, ECG_NORMAL);
}

static void test_rate(void **state)
{
	healthy();
	t.n.measure.rate_bpm = val(39.9);
	yes("rate-very-low", ECG_URGENT);
	assert_int_equal(t.n.weight, ECG_URGENT);
	assert_string_equal(t.n.statement[0].code, "rate-very-low"); /* what is urgent stands first */
	t.n.measure.rate_bpm = val(40);
	no("rate-very-low");
	t.n.measure.rate_bpm = val(150);
	no("rate-very-high");
	t.n.measure.rate_bpm = val(151);
	yes("rate-very-high", ECG_URGENT);
	t.n.measure.rate_bpm.conf = 0;
	no("rate-very-high");
}

static void test_rhythm(void **state)
{
	healthy();
	t.episode[0].rhythm = ECG_RHYTHM_AF;
	yes("rhythm-af", ECG_ABNORMAL);
	no("rhythm-sr");
	healthy();
	t.episode[1] = (struct ecg_episode){ECG_RHYTHM_VT, 100, 600, 70, true};
	t.n.rhythm.count = 2;
	yes("rhythm-vt", ECG_URGENT);
	yes("rhythm-sr", ECG_NORMAL);
	healthy();
	t.n.rhythm.longest_rr_s = 3.1;
	yes("pause-long", ECG_URGENT);
	t.n.rhythm.longest_rr_s = 3.0;
	no("pause-long");
	t.n.rhythm.pauses = 1;
	yes("pause", ECG_ABNORMAL);
	t.n.rhythm.v = 1;
	yes("ectopy-v", ECG_BORDERLINE);
	t.n.rhythm.couplets = 1;
	yes("ectopy-v", ECG_ABNORMAL);
	t.n.rhythm.s = 2;
	yes("ectopy-s", ECG_BORDERLINE);
	t.n.rhythm.runs = 1;
	t.n.rhythm.longest_run = 3;
	yes("ectopy-run", ECG_ABNORMAL);
}

static void test_block(void **state)
{
	healthy();
	t.n.measure.rate_bpm = val(45);
	no("block-complete"); /* there is a PR */
	t.n.measure.pr_ms.conf = 0;
	yes("block-complete", ECG_URGENT);
	t.beat[5].at += 150; /* irregular */
	no("block-complete");
	t.beat[5].at -= 150;
	t.n.measure.rate_bpm = val(60);
	no("block-complete");
	t.n.measure.rate_bpm = val(45);
	for (int i = 0; i < 6; i++) /* mains would hide a P in half of the leads */
		t.lead[i].quality.mains = true;
	no("block-complete");
	t.lead[0].quality.mains = false;
	yes("block-complete", ECG_URGENT);
	t.episode[0].rhythm = ECG_RHYTHM_AF;
	no("block-complete");
}

static void test_pr(void **state)
{
	healthy();
	t.n.measure.pr_ms = val(200);
	no("pr-long");
	t.n.measure.pr_ms = val(201);
	yes("pr-long", ECG_BORDERLINE);
	t.n.measure.pr_ms = val(301);
	yes("pr-long", ECG_ABNORMAL);
	t.n.measure.pr_ms = val(230);
	for (int i = 0; i < 12; i++) /* earliest of two leads; the middle of them has less */
		t.lead[i].pr_ms = val(i < 5 ? 230 : 196);
	no("pr-long");
	t.lead[5].pr_ms = t.lead[6].pr_ms = val(204);
	yes("pr-long", ECG_BORDERLINE);
	t.n.measure.pr_ms.conf = 79; /* they do not agree on where P begins */
	no("pr-long");
	for (int i = 0; i < 12; i++)
		t.lead[i].pr_ms.conf = i == 1 ? 90 : 0;
	t.n.measure.pr_ms.conf = 65; /* of one lead */
	yes("pr-long", ECG_BORDERLINE);
	t.n.measure.pr_ms.conf = 64;
	no("pr-long");
	t.n.measure.pr_ms = val(120);
	no("pr-short");
	t.n.measure.pr_ms = val(119);
	yes("pr-short", ECG_BORDERLINE);
	no("qrs-preexcitation");
	t.n.measure.qrs_ms = val(110);
	yes("qrs-preexcitation", ECG_ABNORMAL);
}

static void test_left_bundle(void **state)
{
	healthy();
	for (enum ecg_lead l = ECG_LEAD_I; l <= ECG_LEAD_V6; l++)
		lead(l)->vat_ms = val(70);
	t.n.measure.qrs_ms = val(140);
	yes("qrs-lbbb", ECG_ABNORMAL);
	no("qrs-ivcd");
	t.n.measure.qrs_ms = val(119);
	no("qrs-lbbb");
	yes("qrs-ilbbb", ECG_BORDERLINE);
	t.n.measure.qrs_ms = val(140);
	for (enum ecg_lead l = ECG_LEAD_I; l <= ECG_LEAD_V6; l++)
		lead(l)->q_uv = val(-120);
	no("qrs-lbbb");
	yes("qrs-ivcd", ECG_ABNORMAL);
}

static void test_right_bundle(void **state)
{
	healthy();
	lead(ECG_LEAD_V1)->r2_uv = val(700);
	lead(ECG_LEAD_V6)->s_uv = val(-300);
	lead(ECG_LEAD_V6)->s_ms = val(50);
	no("qrs-rbbb");
	no("qrs-irbbb");
	t.n.measure.qrs_ms = val(100);
	yes("qrs-irbbb", ECG_BORDERLINE);
	t.n.measure.qrs_ms = val(120);
	yes("qrs-rbbb", ECG_ABNORMAL);
	lead(ECG_LEAD_V6)->s_ms = val(20);
	no("qrs-rbbb");
}

static void test_axis(void **state)
{
	healthy();
	t.n.measure.qrs_axis_deg = val(-30);
	no("axis-left");
	t.n.measure.qrs_axis_deg = val(-31);
	yes("axis-left", ECG_BORDERLINE);
	no("qrs-lafb");
	t.n.measure.qrs_axis_deg = val(-50);
	lead(ECG_LEAD_AVL)->q_uv = val(-40);
	lead(ECG_LEAD_III)->s_uv = val(-700);
	lead(ECG_LEAD_AVF)->s_uv = val(-700);
	yes("qrs-lafb", ECG_ABNORMAL);
	t.n.measure.qrs_axis_deg = val(90);
	no("axis-right");
	t.n.measure.qrs_axis_deg = val(91);
	yes("axis-right", ECG_BORDERLINE);
	t.n.measure.qrs_axis_deg = val(-120);
	yes("axis-extreme", ECG_ABNORMAL);
	no("axis-left");
	healthy();
	t.n.measure.qrs_axis_deg = val(110);
	lead(ECG_LEAD_III)->q_uv = lead(ECG_LEAD_AVF)->q_uv = val(-60);
	lead(ECG_LEAD_AVL)->s_uv = val(-500);
	yes("qrs-lpfb", ECG_ABNORMAL);
}

static void test_qt(void **state)
{
	healthy();
	t.n.measure.qtc_bazett_ms = val(450);
	no("qt-long");
	t.n.measure.qtc_bazett_ms = val(451);
	yes("qt-long", ECG_ABNORMAL);
	t.g.person.sex = SLICE("female");
	no("qt-long");
	t.n.measure.qtc_bazett_ms = val(461);
	yes("qt-long", ECG_ABNORMAL);
	t.n.measure.rate_bpm = val(110); /* Bazett is not judged here */
	no("qt-long");
	assert_non_null(said("normal"));
	t.n.measure.qtc_fridericia_ms = val(501);
	yes("qt-very-long", ECG_ABNORMAL);
	assert_non_null(strstr(said("qt-very-long")->why, "Fridericia"));
	t.n.measure.qrs_ms = val(150); /* 50 ms of it are the QRS's */
	no("qt-very-long");
	no("qt-long");
	healthy();
	t.n.measure.qtc_bazett_ms = val(349);
	yes("qt-short", ECG_BORDERLINE);
	t.n.measure.qtc_bazett_ms = val(350);
	no("qt-short");
}

static void test_size(void **state)
{
	healthy();
	lead(ECG_LEAD_V1)->s_uv = val(-2000);
	lead(ECG_LEAD_V5)->r_uv = val(1500);
	no("size-lvh");
	lead(ECG_LEAD_V5)->r_uv = val(1510);
	yes("size-lvh", ECG_BORDERLINE);
	for (enum ecg_lead l = ECG_LEAD_V5; l <= ECG_LEAD_V6; l++) {
		lead(l)->st60_uv = val(-50);
		lead(l)->t_uv = val(-80);
	}
	yes("size-lvh", ECG_ABNORMAL);
	healthy();
	lead(ECG_LEAD_V3)->s_uv = val(-2000); /* Cornell 2.2 mV: a woman's limit is 2.0, a man's 2.8 */
	no("size-lvh");
	t.g.person.sex = SLICE("female");
	yes("size-lvh", ECG_BORDERLINE);
	healthy();
	t.n.measure.qrs_axis_deg = val(110);
	lead(ECG_LEAD_V1)->r_uv = val(900);
	yes("size-rvh", ECG_ABNORMAL);
	t.n.measure.qrs_axis_deg = val(60);
	no("size-rvh");
	healthy();
	t.n.measure.p_ms = val(129);
	no("p-wide");
	t.n.measure.p_ms = val(130);
	yes("p-wide", ECG_BORDERLINE);
	lead(ECG_LEAD_II)->p_uv = val(251);
	yes("p-tall", ECG_BORDERLINE);
	lead(ECG_LEAD_II)->p_uv = val(250);
	no("p-tall");
	for (enum ecg_lead l = ECG_LEAD_I; l <= ECG_LEAD_AVF; l++) {
		lead(l)->r_uv = val(250);
		lead(l)->q_uv = val(0);
		lead(l)->s_uv = val(-200);
	}
	yes("voltage-low-limb", ECG_BORDERLINE);
	lead(ECG_LEAD_II)->r_uv = val(300);
	no("voltage-low-limb");
}

static void test_q(void **state)
{
	healthy();
	for (enum ecg_lead l = ECG_LEAD_II; l <= ECG_LEAD_AVF; l++)
		if (l == ECG_LEAD_III || l == ECG_LEAD_AVF) {
			lead(l)->q_uv = val(-250);
			lead(l)->q_ms = val(40);
		}
	yes("q-inferior", ECG_ABNORMAL);
	lead(ECG_LEAD_AVF)->q_ms = val(28);
	no("q-inferior");
	healthy();
	for (enum ecg_lead l = ECG_LEAD_V1; l <= ECG_LEAD_V3; l++) {
		lead(l)->q_uv = val(-900);
		lead(l)->r_uv = lead(l)->s_uv = val(0);
	}
	yes("q-anterior", ECG_ABNORMAL);
	no("r-progression"); /* the Q say it already */
	healthy();
	lead(ECG_LEAD_V2)->r_uv = lead(ECG_LEAD_V3)->r_uv = val(200);
	yes("r-progression", ECG_BORDERLINE);
	lead(ECG_LEAD_V3)->r_uv = val(310);
	no("r-progression");
}

static void st(enum ecg_lead l, double uv)
{
	lead(l)->j_uv = lead(l)->st60_uv = lead(l)->st80_uv = val(uv);
}

static void test_st_elevation(void **state)
{
	healthy();
	st(ECG_LEAD_II, 150);
	no("st-elevation-inferior"); /* one lead alone */
	st(ECG_LEAD_AVF, 100);
	yes("st-elevation-inferior", ECG_URGENT);
	assert_null(strstr(said("st-elevation-inferior")->text, "reciprocal"));
	st(ECG_LEAD_AVF, 90);
	no("st-elevation-inferior");
	st(ECG_LEAD_AVF, 150);
	st(ECG_LEAD_I, -100);
	st(ECG_LEAD_AVL, -100);
	yes("st-elevation-inferior", ECG_URGENT);
	assert_non_null(strstr(said("st-elevation-inferior")->text, "reciprocal"));
	yes("st-depression-lateral", ECG_ABNORMAL);
	healthy();
	st(ECG_LEAD_V2, 190);
	st(ECG_LEAD_V3, 190);
	no("st-elevation-anterior"); /* 0.2 mV there for a man of 40 and more */
	t.g.person.sex = SLICE("female");
	yes("st-elevation-anterior", ECG_URGENT);
	healthy(); /* tall R, tall T, nothing lowered, young: borderline */
	t.g.person.age = SLICE("25 a");
	for (enum ecg_lead l = ECG_LEAD_V4; l <= ECG_LEAD_V6; l++) {
		st(l, 150);
		lead(l)->t_uv = val(700);
	}
	yes("st-early-repolarisation", ECG_BORDERLINE);
	no("st-elevation-lateral");
	t.g.person.age = SLICE("72 a");
	yes("st-elevation-lateral", ECG_URGENT);
	t.g.person.age = SLICE("11 a");
	no("st-elevation-lateral");
	yes("age-child", ECG_TECHNICAL);
}

static void test_st_depression_and_t(void **state)
{
	healthy();
	for (enum ecg_lead l = ECG_LEAD_V3; l <= ECG_LEAD_V6; l++)
		st(l, -100);
	yes("st-depression-lateral", ECG_ABNORMAL);
	no("st-depression-wide");
	st(ECG_LEAD_I, -100);
	st(ECG_LEAD_II, -100);
	st(ECG_LEAD_AVR, 100);
	yes("st-depression-wide", ECG_URGENT);
	healthy();
	lead(ECG_LEAD_V5)->t_uv = lead(ECG_LEAD_V6)->t_uv = val(-100);
	yes("t-lateral", ECG_ABNORMAL);
	lead(ECG_LEAD_V5)->t_uv = val(-90);
	no("t-lateral");
	lead(ECG_LEAD_V3)->t_uv = val(1201);
	yes("t-tall", ECG_BORDERLINE);
}

static void test_paced_says_no_more(void **state)
{
	healthy();
	t.episode[0].rhythm = ECG_RHYTHM_PACED;
	t.n.measure.qrs_ms = val(160);
	t.n.measure.qrs_axis_deg = val(-70);
	st(ECG_LEAD_II, 200);
	st(ECG_LEAD_AVF, 200);
	yes("rhythm-paced", ECG_ABNORMAL);
	no("qrs-lbbb");
	no("qrs-ivcd");
	no("axis-left");
	no("st-elevation-inferior");
	healthy();
	t.beat[2].paced = true;
	yes("paced-some", ECG_ABNORMAL);
}

static void test_technical(void **state)
{
	healthy();
	lead(ECG_LEAD_V3)->quality.lead_off = true;
	yes("tech-lead-off", ECG_TECHNICAL);
	assert_non_null(strstr(said("tech-lead-off")->why, "V3"));
	lead(ECG_LEAD_V4)->quality.noisy = true;
	yes("tech-noise", ECG_TECHNICAL);
	assert_int_equal(t.n.weight, ECG_TECHNICAL);
	healthy(); /* arms changed over */
	lead(ECG_LEAD_I)->p_uv = val(-80);
	lead(ECG_LEAD_I)->r_uv = val(100);
	lead(ECG_LEAD_I)->s_uv = val(-600);
	lead(ECG_LEAD_AVR)->r_uv = val(600);
	lead(ECG_LEAD_AVR)->q_uv = val(0);
	lead(ECG_LEAD_AVR)->p_uv = val(80);
	yes("tech-limb-reversal", ECG_TECHNICAL);
	lead(ECG_LEAD_I)->p_uv = val(80);
	no("tech-limb-reversal");
	healthy();
	lead(ECG_LEAD_II)->r_uv = val(40);
	lead(ECG_LEAD_II)->s_uv = val(-30);
	lead(ECG_LEAD_II)->t_uv = val(10);
	yes("tech-leg-reversal", ECG_TECHNICAL);
	healthy(); /* V2 and V3 changed over */
	lead(ECG_LEAD_V2)->r_uv = val(1000);
	lead(ECG_LEAD_V2)->s_uv = val(-500);
	lead(ECG_LEAD_V3)->r_uv = val(250);
	lead(ECG_LEAD_V3)->s_uv = val(-900);
	yes("tech-chest-reversal", ECG_TECHNICAL);
	healthy();
	for (int i = 0; i < ECG_MEDIAN_N; i++) {
		lead(ECG_LEAD_I)->median[i] = 400;
		lead(ECG_LEAD_II)->median[i] = 900;
		lead(ECG_LEAD_III)->median[i] = 500;
	}
	no("tech-leads-disagree");
	lead(ECG_LEAD_III)->median[ECG_MEDIAN_R] = 800;
	yes("tech-leads-disagree", ECG_TECHNICAL);
	st(ECG_LEAD_II, 200);
	st(ECG_LEAD_AVF, 200);
	no("st-elevation-inferior"); /* millivolts are not to be trusted */
}

static void test_ages(void **state)
{
	static const struct {
		const char *age;
		int years;
	} ages[] = {{"63 a", 63}, {"4 mo", 0}, {">89", 89}, {"17", 17}, {"x", -1}, {"", -1}, {"500 a", -1}, {"30 mo", 2}};
	static struct st s;
	for (size_t i = 0; i < ARRAY_LEN(ages); i++) {
		healthy();
		t.g.person.age = slice_str(ages[i].age);
		st_begin(&s, &t.g, &t.n);
		assert_int_equal(s.age, ages[i].years);
	}
	healthy();
	t.g.person.age = SLICE_NULL;
	t.g.person.birth = SLICE("1950-03-01");
	t.g.start = SLICE("2020-01-01T10:00:00");
	st_begin(&s, &t.g, &t.n);
	assert_int_equal(s.age, 70);
}

/* Nothing measured: no rule may say anything of it. */
static void test_nothing(void **state)
{
	healthy();
	memset(t.lead, 0, sizeof t.lead);
	t.n.measure = (struct ecg_measure){.lead = t.lead};
	t.n.rhythm = (struct ecg_rhythm_result){0};
	yes("tech-nothing", ECG_TECHNICAL);
	no("normal");
	for (size_t i = 0; i < t.n.statements; i++)
		assert_int_equal(t.n.statement[i].weight, ECG_TECHNICAL);
}

/* All of it on a real recording, which a device measured too. */
static void test_analyse(void **state)
{
	struct ecg_test r;
	struct ecg_analysis n;
	if (!ecg_corpus_here("formats/scp/sbj123.scp"))
		skip();
	assert_int_equal(ecg_test_corpus(&r, "formats/scp/sbj123.scp"), 0);
	assert_int_equal(ecg_analyse(r.g, r.a, &n, &r.e), 0);
	assert_false(n.long_record);
	assert_true(n.statements >= 2);
	for (const struct ecg_stated *s = r.g->stated; s; s = s->next) {
		const struct ecg_value v = !strcmp(s->key, "pr_ms") ? n.measure.pr_ms : !strcmp(s->key, "qrs_ms") ? n.measure.qrs_ms : !strcmp(s->key, "qt_ms") ? n.measure.qt_ms : (struct ecg_value){0, 0};
		if (v.conf)
			assert_true(fabs((double)v.v - s->value) <= 12);
	}
	ecg_test_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy), cmocka_unit_test(test_rate), cmocka_unit_test(test_rhythm), cmocka_unit_test(test_block), cmocka_unit_test(test_pr), cmocka_unit_test(test_left_bundle),
		cmocka_unit_test(test_right_bundle), cmocka_unit_test(test_axis), cmocka_unit_test(test_qt), cmocka_unit_test(test_size), cmocka_unit_test(test_q), cmocka_unit_test(test_st_elevation),
		cmocka_unit_test(test_st_depression_and_t), cmocka_unit_test(test_paced_says_no_more), cmocka_unit_test(test_technical), cmocka_unit_test(test_ages), cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_analyse),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(t.a);
	return r;
}
