/* Advisories against devices, the rank, the plan. */
#include "exposure_internal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <cmocka.h>

static int64_t today;

static void read_path(const char *path, struct buf *b)
{
	struct err e = {0};
	buf_init(b, 1 << 24);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 24, b, &e), 0);
}

struct all {
	struct gate_inventory *v;
	struct gate_advisories *s;
	struct gate_exposure *x;
};

static void add_advisory(struct all *a, const char *path)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	read_path(path, &b);
	if (gate_advisory_read(a->s, path, buf_slice(&b), &e) < 0)
		fail_msg("%s: %s", path, e.text);
}

static void begin(struct all *a)
{
	*a = (struct all){gate_inventory_new((size_t)256 << 20), gate_advisories_new((size_t)256 << 20), NULL};
	assert_true(a->v && a->s);
}

static void judge(struct all *a)
{
	struct err e = {0};
	if (gate_exposure_judge(a->v, a->s, today, (size_t)256 << 20, &a->x, &e) < 0)
		fail_msg("%s", e.text);
}

static void end(struct all *a)
{
	gate_exposure_free(a->x);
	gate_advisories_free(a->s);
	gate_inventory_free(a->v);
}

static void fixtures(struct all *a)
{
	static const char *const files[] = {"tests/data/gate/devices.csv", "tests/data/gate/scan.xml"};
	begin(a);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_BUF struct buf b = {0};
		struct err e = {0};
		read_path(files[i], &b);
		assert_int_equal(gate_inventory_read(a->v, files[i], buf_slice(&b), &e), 0);
	}
	add_advisory(a, "tests/data/gate/csaf/2026/ex-26-001.json");
	add_advisory(a, "tests/data/gate/csaf/2026/ex-26-002.json");
	add_advisory(a, "tests/data/gate/csaf/ex-26-003.json");
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	read_path("tests/data/gate/kev.json", &b);
	assert_int_equal(gate_kev_read(a->s, "kev", buf_slice(&b), &e), 0);
	judge(a);
}

static const struct gate_risk *risk_of(const struct all *a, const char *name)
{
	for (size_t i = 0; i < a->x->n; i++)
		if (slice_eq_nocase(gate_device_text(a->x->risk[i].device, GATE_F_NAME), name))
			return &a->x->risk[i];
	fail_msg("no device %s", name);
	return NULL;
}

static const struct gate_finding *finding(const struct gate_risk *r, const char *cve)
{
	for (const struct gate_finding *f = r->findings; f; f = f->next)
		if (slice_eq_str(f->vuln->cve, cve))
			return f;
	return NULL;
}

static void answers(void **state)
{
	struct all a;
	fixtures(&a);
	const struct gate_finding *f = finding(risk_of(&a, "ICU-MON-1"), "CVE-2026-10001");
	assert_non_null(f);
	assert_int_equal(f->answer, GATE_A_AFFECTED);
	assert_true(f->vuln->remote && !f->vuln->exploited); /* "no known public exploitation" is no exploitation */
	assert_true(slice_eq_str(f->vuln->remedy, "Update to B.02."));
	assert_true(strstr(f->why, "devices.csv line 3") != NULL);
	f = finding(risk_of(&a, "PACS-1"), "CVE-2026-10002");
	assert_int_equal(f->answer, GATE_A_AFFECTED);
	assert_true(f->vuln->exploited && f->vuln->ransomware && slice_eq_str(f->vuln->exploited_since, "2026-06-01"));
	/* a range nobody understands: it could not be told, and it is not called safe by the same words */
	assert_int_equal(finding(risk_of(&a, "CT-1"), "CVE-2026-10003")->answer, GATE_A_CANNOT_TELL);
	assert_null(finding(risk_of(&a, "CT-1"), "CVE-2026-10002"));
	assert_int_equal(finding(risk_of(&a, "CT-1"), "CVE-2026-10004")->answer, GATE_A_AFFECTED); /* by the scan's CPE */
	assert_int_equal(finding(risk_of(&a, "LAB-AN-3"), "CVE-2026-10005")->answer, GATE_A_INVESTIGATED);
	assert_null(risk_of(&a, "WS-22")->findings);
	end(&a);
}

/* One product, devices of many sorts. */
static void table(void **state)
{
	static const struct {
		const char *device, *answer; /* NULL: nothing is said */
	} t[] = {
		{"Philips,IntelliVue MX700,B.01,", "affected"}, {"philips,INTELLIVUE-MX700,b.01,", "affected"}, {"Philips Healthcare,Philips IntelliVue MX700,B.01,", "affected"}, {"Philips,IntelliVue MX700,B.02,", "fixed"},
		{"Philips,IntelliVue MX700,,", "possible"}, {"Philips,IntelliVue MX700,B.03,", NULL}, {"Philips,IntelliVue MX700,7.1,", "could not tell"}, {"Philips,IntelliVue MX700 Patient Monitor,B.01,", "possible"}, {"Philips,IntelliVue MX700 Patient Monitor,B.02,", NULL},
		{"Philips,IntelliVue MX800,B.01,", NULL}, {"Other,IntelliVue MX700,B.01,", NULL}, {"Philips,Patient Monitor,B.01,", NULL}, {",IntelliVue MX700,B.01,", NULL}, {"Philips,MX700,B.01,", "possible"}, {"Philips,IntelliVue MX40,B.05,", "affected"},
		{",,,cpe:/o:microsoft:windows_xp::sp2", "affected"}, {",,,cpe:2.3:o:microsoft:windows_xp:*:sp3:*:*:*:*:*:*", "affected"}, {",,,cpe:/o:microsoft:windows_7", NULL}, {",,,cpe:/a:microsoft:windows_xp", NULL},
		{"Example Labs,ChemLine 3000,1.0,", "under investigation"}, {"Example Labs,ChemLine,1.0,", "possible"},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct all a;
		char csv[512];
		struct err e = {0};
		begin(&a);
		snprintf(csv, sizeof csv, "name,vendor,model,version,cpe\nx,%s\n", t[i].device);
		assert_int_equal(gate_inventory_read(a.v, "t", slice_str(csv), &e), 0);
		add_advisory(&a, "tests/data/gate/csaf/2026/ex-26-001.json");
		add_advisory(&a, "tests/data/gate/csaf/ex-26-003.json");
		judge(&a);
		const struct gate_finding *f = a.x->risk[0].findings;
		if (t[i].answer ? !f || strcmp(gate_answer_name(f->answer), t[i].answer) : f != NULL)
			fail_msg("%s: %s and not %s (%s)", t[i].device, f ? gate_answer_name(f->answer) : "nothing", t[i].answer ? t[i].answer : "nothing", f ? f->why : "");
		end(&a);
	}
}

/* Names as hospitals write them, against products as published advisories of medical devices describe them. */
static void constructions(void **state)
{
	static const struct {
		const char *device, *answer; /* vendor, model, version, os, software */
	} t[] = {
		{"Northwick,Vitaview VX800 SW L.01,,,", "possible"}, {"Northwick Medical,Vitaview VX800,N.03,,", "possible"}, {"Northwick,Vitaview VX800,P.00,,", NULL}, {"Northwick,Vitaview VX900,L.01,,", NULL}, {",Northwick Medical Vitaview VX450 SW M.02,,,", "possible"},
		{"Northwick,IC iX,C.02,,", "possible"}, {"Northwick,IC iX C.04,C.04,,", NULL}, {"Northwick,Information Center iX,B.02,,", "possible"}, {"Northwick,Vitaview VX3,N,,", "possible"}, {"Northwick,,,Vitaview VX3,", "possible"}, {"Eastwick,,,Vitaview VX3,", NULL}, {",,,Northwick Medical Vitaview VX3,", "possible"},
		{"GE Healthcare,CAREFRAME Central Post CFCP,2.1,,", "affected"}, {"GEHC,GE CAREFRAME Central Post,2.0.3,,", "possible"}, {"GE Medical Systems,CAREFRAME Central Post v3.0,,,", NULL}, {"General Electric,CAREFRAME Central Post (CFCP),2.7,,", "affected"},
		{"GE,Anaestation 650,4.5,,", "possible"}, {"GE,Anaestation 7,4.5,,", NULL}, {"GE Healthcare,Echoline E9,R2,,", "possible"}, {"GE Healthcare,Echoline,3,,", "could not tell"},
		{"BD,Cabinetta MedPost ES,,,", "affected"}, {"Becton Dickinson,BD Cabinetta MedPost ES,1.6,,", "affected"}, {"BD,Cabinetta Station,,,", "possible"}, {",BD Cabinetta MedPost ES,,,", "affected"}, {"Dickens,Cabinetta MedPost ES,,,", NULL},
		{"Pumpwerk,Spectra IQ,9.1,,", "could not tell"}, {"Pumpwerk,Spectra IQ,8.1,,", NULL}, {"Pumpwerk,SpaceHub with Com 2,L80,,", "affected"}, {"Pumpwerk,SpaceHub with Com 2 FW L93,,,", NULL},
		{"Imago,,,,Imago PACS v12.2.8.0", "affected"}, {"Imago,,,,PACS version 12.3", NULL}, {"Imago,Imago Portal,8/29/2024,,", "could not tell"},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct all a;
		char csv[512];
		struct err e = {0};
		begin(&a);
		snprintf(csv, sizeof csv, "name,vendor,model,version,operating system,software\nx,%s\n", t[i].device);
		assert_int_equal(gate_inventory_read(a.v, "t", slice_str(csv), &e), 0);
		add_advisory(&a, "tests/data/gate/ex-26-004.json");
		judge(&a);
		const struct gate_finding *f = a.x->risk[0].findings;
		if (t[i].answer ? !f || strcmp(gate_answer_name(f->answer), t[i].answer) : f != NULL)
			fail_msg("%s: %s and not %s (%s)", t[i].device, f ? gate_answer_name(f->answer) : "nothing", t[i].answer ? t[i].answer : "nothing", f ? f->why : "");
		if (f)
			assert_true(slice_eq_str(f->vuln->remedy, "Take them off the network."));
		end(&a);
	}
}

static void rank(void **state)
{
	struct all a;
	fixtures(&a);
	assert_true(a.x->risk[0].device == risk_of(&a, "PACS-1")->device || a.x->risk[0].device == risk_of(&a, "CT-1")->device);
	for (size_t i = 0; i < a.x->n; i++) {
		const struct gate_risk *r = &a.x->risk[i];
		int care = 0, danger = 0;
		for (size_t k = 0; k < r->terms; k++)
			*(r->term_danger[k] ? &danger : &care) += r->term[k].points;
		assert_int_equal(r->care, care > 10 ? 10 : care);
		assert_int_equal(r->danger, danger > 10 ? 10 : danger);
		assert_int_equal(r->risk, r->care * r->danger);
		assert_true(i == 0 || a.x->risk[i - 1].risk >= r->risk);
	}
	const struct gate_risk *ct = risk_of(&a, "CT-1");
	assert_int_equal(ct->care, 8);   /* 5, and 3 for 40 that depend on it */
	assert_int_equal(ct->danger, 10); /* affected 2, network 2, out of support 3, SMB 2, RDP 1 */
	assert_int_equal(ct->support.state, GATE_SUPPORT_ENDED);
	assert_int_equal(risk_of(&a, "PUMP-7")->care, 7);
	assert_int_equal(risk_of(&a, "WS-22")->care, 2);
	AUTO_BUF struct buf b = {0}, out = {0};
	struct jsonw w;
	struct err e = {0};
	struct json_node *root;
	struct arena *arena = arena_new(1 << 24);
	buf_init(&b, 1 << 24);
	buf_init(&out, 1 << 24);
	jsonw_init(&w, &b);
	gate_exposure_json(a.x, &w);
	jsonw_done(&w);
	assert_int_equal(json_tree(buf_slice(&b), arena, &root, &e), 0);
	assert_true(slice_eq_str(json_text(root, "today"), "2026-11-22"));
	assert_int_equal(json_get(root, "devices")->count, a.x->n);
	gate_exposure_text(a.x, &out);
	assert_non_null(strstr(buf_cstr(&out), "Windows XP has had no updates since 2014-04-08"));
	arena_free(arena);
	end(&a);
}

/* A newer release of the same advisory takes the older one's place, in whatever order they are read. */
static void newer(void **state)
{
	static const char form[] = "{\"document\":{\"csaf_version\":\"2.0\",\"publisher\":{\"name\":\"P\"},\"tracking\":{\"id\":\"A\",\"current_release_date\":\"%s\"}},\"product_tree\":{\"full_product_names\":[{\"name\":\"V Prod9000\",\"product_id\":\"1\"}]},"
	                           "\"vulnerabilities\":[{\"cve\":\"%s\",\"product_status\":{\"known_affected\":[\"1\",\"nobody\"]}}]}";
	for (int order = 0; order < 2; order++) {
		struct all a;
		struct err e = {0};
		begin(&a);
		for (int i = 0; i < 2; i++) {
			char text[1024];
			bool new = i == order;
			snprintf(text, sizeof text, form, new ? "2026-02-01T00:00:00Z" : "2026-01-01T00:00:00Z", new ? "CVE-NEW" : "CVE-OLD");
			assert_int_equal(gate_advisory_read(a.s, "x", slice_str(text), &e), 0);
		}
		assert_int_equal(a.s->n, 1);
		assert_int_equal(a.s->superseded, 1);
		assert_true(slice_eq_str(a.s->first->vuln[0].cve, "CVE-NEW"));
		assert_int_equal(gate_inventory_read(a.v, "t", SLICE("name,vendor,model\nx,V,Prod9000\n"), &e), 0);
		judge(&a);
		assert_int_equal(a.x->risk[0].findings->answer, GATE_A_AFFECTED);
		assert_null(a.x->risk[0].findings->next);
		end(&a);
	}
}

static void related(void **state) /* an installed component, and CSAF 2.1's metrics */
{
	static const char text[] = "{\"document\":{\"csaf_version\":\"2.1\",\"tracking\":{\"id\":\"R\"}},\"product_tree\":{\"branches\":[{\"category\":\"vendor\",\"name\":\"V\",\"branches\":[{\"category\":\"product_name\",\"name\":\"Compon77\",\"branches\":["
	                           "{\"category\":\"product_version\",\"name\":\"1.0\",\"product\":{\"name\":\"c\",\"product_id\":\"C\"}}]},{\"category\":\"product_name\",\"name\":\"Base\",\"product\":{\"name\":\"b\",\"product_id\":\"B\"}}]}],"
	                           "\"relationships\":[{\"category\":\"installed_on\",\"product_reference\":\"C\",\"relates_to_product_reference\":\"B\",\"full_product_name\":{\"name\":\"c on b\",\"product_id\":\"CB\"}},{\"product_reference\":\"X\",\"full_product_name\":{\"product_id\":\"Z\",\"name\":\"z\"}}]},"
	                           "\"vulnerabilities\":[{\"cve\":\"CVE-1\",\"metrics\":[{\"products\":[\"CB\"],\"content\":{\"cvss_v4\":{\"baseScore\":9.3,\"vectorString\":\"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N\"}}}],\"product_status\":{\"known_affected\":[\"CB\"]}}]}";
	struct all a;
	struct err e = {0};
	begin(&a);
	assert_int_equal(gate_advisory_read(a.s, "x", SLICE(text), &e), 0);
	assert_int_equal(gate_inventory_read(a.v, "t", SLICE("name,vendor,model,version\nx,V,Compon77,1.0\n"), &e), 0);
	judge(&a);
	const struct gate_finding *f = a.x->risk[0].findings;
	assert_int_equal(f->answer, GATE_A_POSSIBLE); /* whether it is installed on B was not looked for */
	assert_true(f->vuln->remote && slice_eq_str(f->vuln->score, "9.3"));
	end(&a);
}

static void hostile(void **state)
{
	static const char *const bad[] = {"", "{}", "[1]", "{\"document\":{\"csaf_version\":\"1.2\"}}", "{\"document\":{\"csaf_version\":\"2.0\"", "nonsense"};
	struct all a;
	struct err e = {0};
	begin(&a);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(gate_advisory_read(a.s, "x", slice_str(bad[i]), &e), ERR_INPUT);
	/* all of the wrong types, branches of branches */
	assert_int_equal(gate_advisory_read(a.s, "x", SLICE("{\"document\":{\"csaf_version\":\"2.0\"},\"product_tree\":{\"branches\":7,\"full_product_names\":{\"a\":1},\"relationships\":\"x\"},\"vulnerabilities\":[1,null,{\"product_status\":[1],\"scores\":{},\"threats\":9}]}"), &e), 0);
	assert_int_equal(gate_kev_read(a.s, "k", SLICE("{\"a\":1}"), &e), ERR_INPUT);
	assert_int_equal(gate_kev_read(a.s, "k", SLICE("a,b\n1,2\n"), &e), ERR_INPUT);
	assert_int_equal(gate_kev_read(a.s, "k", SLICE("cveID,vendorProject,dateAdded,knownRansomwareCampaignUse\nCVE-9,x,2026-01-01,Known\n"), &e), 0);
	assert_true(kev_find(a.s, SLICE("CVE-9"))->ransomware);
	assert_null(kev_find(a.s, SLICE("CVE-8")));
	end(&a);
}

/* ---- plan ---- */

static struct gate_plan *plan_of(struct all *a, const char *groups, const char *own, const char *admin)
{
	struct gate_plan *p = NULL;
	struct err e = {0};
	struct slice o = slice_str(own), m = slice_str(admin);
	int r = gate_plan_make(a->x, "g", slice_str(groups), &o, own != NULL, &m, admin != NULL, &p, &e);
	assert_int_equal(r, 0);
	return p;
}

/* Rules of a plan: longer prefixes are taken out of shorter ones, and a name cannot end its line. */
static void rules(void **state)
{
	static const char groups[] = "group,prefix,island\nwards,10.1.0.0/16,yes\n\"lab\n\tdrop\",10.1.2.0/24,yes\nlab2,2001:db8::/127,yes\nwards,PUMP-7,yes\noffice,10.1.2.9,no\noffice,CT-1,no\noffice,link referrals,\n";
	static const char *const nft[] = {"\t\telements = { 10.1.0.0-10.1.1.255,\n\t\t\t10.1.3.0-10.1.255.255 }\n", "elements = { 10.1.2.0-10.1.2.8,\n\t\t\t10.1.2.10-10.1.2.255 }\n", "elements = { 2001:db8:0:0:0:0:0:0-2001:db8:0:0:0:0:0:1 }\n",
		"elements = { 10.1.2.9,\n\t\t\t10.2.0.5 }\n", "ip saddr @g1_4 ip daddr @g2_4 accept\n", "ip saddr @g4_4 ip daddr @g4_4 accept\n", "ip daddr @g4_4 counter drop\n", "\t# lab  drop\n"};
	static const char *const table[] = {"member\twards\t10.1.3.0-10.1.255.255\n", "member\toffice\t10.1.2.9\n", "allow\twards\tlab2\n", "deny\toffice\t*\n", "cut-link\toffice\treferrals\n"};
	struct all a;
	struct err e = {0};
	AUTO_BUF struct buf out = {0};
	fixtures(&a);
	buf_init(&out, 1 << 20);
	struct gate_plan *p = plan_of(&a, groups, NULL, NULL);
	assert_true(gate_plan_sound(p));
	assert_int_equal(gate_plan_rules(p, GATE_RULES_NFT, &out, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(nft); i++)
		if (!strstr(buf_cstr(&out), nft[i]))
			fail_msg("no '%s' in\n%s", nft[i], buf_cstr(&out));
	assert_null(strstr(buf_cstr(&out), "ip saddr @g1_4 ip daddr @g4_4 accept"));
	out.n = 0;
	assert_int_equal(gate_plan_rules(p, GATE_RULES_TABLE, &out, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (!strstr(buf_cstr(&out), table[i]))
			fail_msg("no '%s' in\n%s", table[i], buf_cstr(&out));
	assert_null(strstr(buf_cstr(&out), "allow\twards\toffice"));
	gate_plan_free(p);
	p = plan_of(&a, "group,prefix\noffice,10.4.0.0/16\n", NULL, NULL);
	assert_int_equal(gate_plan_rules(p, GATE_RULES_NFT, &out, &e), ERR_INPUT);
	gate_plan_free(p);
	end(&a);
}

static void plans(void **state)
{
	static const struct {
		const char *groups, *own, *admin;
		bool sound;
		const char *says;
	} t[] = {
		{"group,address,reason\nwards,10.1.0.0/16,\nlab,10.3.0.0/16,\nholdfast,10.9.0.0/24,\nadmin,10.4.0.0/16,\nradiology,10.2.0.0/16,\n", "10.9.0.1", "10.4.0.9", true, "The plan is sound"},
		{"group,prefix\nwards,10.1.0.0/16\nlab,10.1.0.0/16\n", NULL, NULL, false, "nobody can say which"},
		{"group,prefix\nwards,10.0.0.0/8\nradiology,10.2.0.0/16\nholdfast,10.9.0.0/24\nadmin,10.8.0.0/24\n", NULL, NULL, true, "the longer prefix counts"},
		{"group,prefix\nwards,10.1.0.0/16\n", "10.9.0.1", NULL, false, "10.9.0.1 is in no group"},
		{"group,prefix,island\nwards,10.1.0.0/16,yes\nit,10.9.0.0/16,no\n", NULL, "10.9.0.1", false, "which is not in the island"},
		{"group,prefix,island\nholdfast,10.9.0.0/16,no\nwards,10.1.0.0/16,\n", NULL, NULL, false, "group holdfast is not in the island"},
		{"group,prefix\noffice,10.4.0.0/16\n", NULL, NULL, false, "no group is in the island"},
		{"group,prefix,talks_to\nwards,10.1.0.0/16,nobody\n", NULL, NULL, false, "which is no group"},
		{"group,prefix,talks_to\nwards,10.1.0.0/16,radiology\nradiology,10.2.0.0/16,\n", NULL, NULL, true, "it is open there"},
		{"group,prefix\nwards,10.1.0.0/16\nwards,ICU-MON-1\nradiology,PUMP-7\n", NULL, NULL, false, "it would join them"},
		{"group,prefix\nwards,10.1.0.0/16\n", NULL, NULL, true, "CT-1 is in no group"},
		{"group,prefix\nwards,10.1.0.0/16\nlab,NOSUCH\n", NULL, NULL, true, "no device of that name"},
		{"group,prefix\nwards,10.1.0.0/99\nlab,10.3.0.0/16\n", NULL, NULL, false, "is no prefix"},
		{"group,address,reason\nwards,10.1.0.0/16,\nwards,link referrals,letters\n", NULL, NULL, true, "link cut   referrals  letters"},
		{"group;prefix;island\nwards;10.1.0.0/16;perhaps\n", NULL, NULL, false, "neither yes nor no"},
		{"group,prefix\nwards,2001:db8::/32\nwards,10.2.0.5\n", "2001:db8::1", NULL, true, "CT-1 in group wards has danger"},
	};
	struct all a;
	fixtures(&a);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		AUTO_BUF struct buf out = {0}, json = {0};
		struct jsonw w;
		buf_init(&out, 1 << 24);
		buf_init(&json, 1 << 24);
		struct gate_plan *p = plan_of(&a, t[i].groups, t[i].own, t[i].admin);
		gate_plan_text(p, &out);
		if (gate_plan_sound(p) != t[i].sound || !strstr(buf_cstr(&out), t[i].says))
			fail_msg("%zu: sound %d\n%s", i, gate_plan_sound(p), buf_cstr(&out));
		jsonw_init(&w, &json);
		gate_plan_json(p, &w);
		jsonw_done(&w);
		gate_plan_free(p);
	}
	struct gate_plan *p;
	struct err e = {0};
	assert_int_equal(gate_plan_make(a.x, "g", SLICE("a,b\n1,2\n"), NULL, 0, NULL, 0, &p, &e), ERR_INPUT);
	assert_int_equal(gate_plan_make(a.x, NULL, SLICE_NULL, NULL, 0, NULL, 0, &p, &e), 0); /* the units are the groups */
	gate_plan_free(p);
	end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(table), cmocka_unit_test(constructions), cmocka_unit_test(rank), cmocka_unit_test(newer), cmocka_unit_test(related), cmocka_unit_test(hostile), cmocka_unit_test(plans), cmocka_unit_test(rules)};
	return time_parse(SLICE("2026-11-22"), 0, &today) < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
