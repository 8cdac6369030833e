/* Versions compared, and ranges as advisories write them. */
#include "exposure_internal.h"

#include <setjmp.h>
#include <cmocka.h>

static void compares(void **state)
{
	static const struct {
		const char *a, *b;
		int want; /* 9: they do not compare */
	} t[] = {
		{"1.0", "1.0", 0}, {"1.0", "1.0.0", 0}, {"1.0.0.0", "1", 0}, {"1.2", "1.10", -1}, {"1.02", "1.2", 0}, {"2", "10", -1}, {"v1.2", "1.2", 0}, {"Version 3.1", "3.1", 0},
		{"1.0a", "1.0", 1}, {"1.0a", "1.0b", -1}, {"1.0.2k", "1.0.2zz", 9}, {"1.0-rc1", "1.0", -1}, {"1.0-rc1", "1.0-rc2", -1}, {"1.0-alpha", "1.0-beta", -1}, {"1.0-beta2", "1.0-rc1", -1}, {"1.0-rc1", "1.0.3", -1},
		{"5 SP1", "5", 1}, {"5 SP1", "5 SP2", -1}, {"5.0 SP2", "5.0 SP10", -1}, {"1.0-dev", "1.0-alpha", -1}, {"1.0 build 7", "1.0 build 12", -1}, {"B.01", "B.02", -1}, {"b.01", "B.01", 0}, {"B.01", "2.0", 9},
		{"U-12.00.03", "U-12.00.03", 0}, {"", "1", 9}, {"unknown", "1.0", 9}, {"99999999999999999999999", "100000000000000000000000", -1}, {"1.0.0a", "1.0a", 0}, {"2012 R2", "2012", 1}, {"4.0p1", "4.0u1", -1}, {"1.0 sp1", "1.0 patch 1", 9},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		int k = 0, back = 0;
		bool ok = gate_version_compare(slice_str(t[i].a), slice_str(t[i].b), &k), other = gate_version_compare(slice_str(t[i].b), slice_str(t[i].a), &back);
		if (ok != (t[i].want != 9) || (ok && k != t[i].want) || other != ok || (ok && back != -k))
			fail_msg("'%s' and '%s': %d %d, back %d", t[i].a, t[i].b, ok, k, back);
	}
}

static void ranges(void **state)
{
	static const struct {
		const char *range, *version;
		enum gate_in want;
	} t[] = {
		{"vers:all/*", "7", GATE_INSIDE}, {"vers:intdot/<3.1", "3.0.9", GATE_INSIDE}, {"vers:intdot/<3.1", "3.1", GATE_OUTSIDE}, {"vers:generic/>=2.0|<3.1", "2.5", GATE_INSIDE}, {"vers:generic/>=2.0|<3.1", "1.9", GATE_OUTSIDE},
		{"vers:semver/1.2|>=2.0|<3.0|5.1", "1.2", GATE_INSIDE}, {"vers:semver/1.2|>=2.0|<3.0|5.1", "5.1", GATE_INSIDE}, {"vers:semver/1.2|>=2.0|<3.0|5.1", "4", GATE_OUTSIDE}, {"vers:semver/>=2.0|!=2.5|<3.0", "2.5", GATE_OUTSIDE},
		{"vers:semver/<1.0|>=2.0|<3.0", "1.5", GATE_OUTSIDE}, {"vers:semver/<1.0|>=2.0|<3.0", "0.5", GATE_INSIDE}, {"vers:semver/>=2.0", "9", GATE_INSIDE}, {"vers:semver", "1", GATE_IN_UNKNOWN},
		{"<=3.1", "3.1", GATE_INSIDE}, {"<3.1", "3.1", GATE_OUTSIDE}, {"< 3.1", "3.0", GATE_INSIDE}, {">=2.0, <3.1", "2.0", GATE_INSIDE}, {">=2.0 and <3.1", "3.1", GATE_OUTSIDE}, {">=2.0 <3.1", "3.0", GATE_INSIDE}, {">=2.0|<3.1", "3.2", GATE_OUTSIDE},
		{"3.0 and prior", "2.9", GATE_INSIDE}, {"3.0 and prior", "3.0.1", GATE_OUTSIDE}, {"version 3.0 and earlier", "3.0", GATE_INSIDE}, {"Versions prior to 4.2", "4.1.9", GATE_INSIDE}, {"prior to v4.2", "4.2", GATE_OUTSIDE},
		{"All versions prior to 4.2", "4.3", GATE_OUTSIDE}, {"before 4.2", "4.1", GATE_INSIDE}, {"2.0 through 3.1", "3.1", GATE_INSIDE}, {"Versions 2.0 through 3.1", "3.2", GATE_OUTSIDE}, {"2.0 to 3.1", "2.0", GATE_INSIDE}, {"from 2.0 up to 3.1", "1.0", GATE_OUTSIDE},
		{"from 2.0 before 3.1", "3.1", GATE_OUTSIDE}, {"2.0 - 3.1", "2.5", GATE_INSIDE}, {"2.0-3.1", "2.5", GATE_IN_UNKNOWN}, {"between 2.0 and 3.1", "2.5", GATE_INSIDE}, {"up to and including 3.1", "3.1", GATE_INSIDE}, {"up to 3.1", "3.2", GATE_OUTSIDE},
		{"All versions", "1", GATE_INSIDE}, {"all", "1", GATE_INSIDE}, {"*", "x", GATE_INSIDE}, {"3.x", "3.7.1", GATE_INSIDE}, {"3.x", "4.0", GATE_OUTSIDE}, {"3.1.*", "3.1.8", GATE_INSIDE}, {"3.1", "3.1.0", GATE_INSIDE}, {"3.1", "3.2", GATE_OUTSIDE},
		{"3.1 and later", "4", GATE_INSIDE}, {"3.1 or newer", "3.0", GATE_OUTSIDE}, {"all releases of the fourth kind", "4.2", GATE_IN_UNKNOWN}, {"", "1", GATE_IN_UNKNOWN}, {"<B.02", "B.01", GATE_INSIDE}, {"<B.02", "3", GATE_IN_UNKNOWN}, {"<3.1", "unknown", GATE_IN_UNKNOWN},
		/* constructions of published advisories of medical devices */
		{"CMS7.820.075.08/0.74(0.75)", "cms7.820.075.08/0.74(0.75)", GATE_INSIDE}, {"CMS7.820.075.08/0.74(0.75)", "7.9", GATE_IN_UNKNOWN}, {"<8/30/2024", "8/29/2024", GATE_IN_UNKNOWN}, {"<= L81", "L80", GATE_INSIDE}, {"<= L81", "L93", GATE_OUTSIDE},
		{"<= 012U000061", "012U000093", GATE_OUTSIDE}, {"<= 012U000061", "012U000060", GATE_INSIDE}, {"<= 012U000061", "L80", GATE_IN_UNKNOWN}, {"A10 < A11", "A10", GATE_INSIDE}, {"A10 < A11", "A11", GATE_IN_UNKNOWN}, {"A10 < A11", "A12", GATE_OUTSIDE},
		{"2.0 <= 3.1", "3.1", GATE_INSIDE}, {"2.X", "2.0.7", GATE_INSIDE}, {"2.X", "3.0", GATE_OUTSIDE}, {"4.X | 5.X", "5.1", GATE_INSIDE}, {"4.X | 5.X", "6.0", GATE_OUTSIDE}, {"B.02 | C.02 | C.03", "C.02", GATE_INSIDE}, {"B.02 | C.02 | C.03", "C.04", GATE_OUTSIDE},
		{"1.10 | 1.11 | 1.13", "1.11", GATE_INSIDE}, {"1.10 | 1.11 | 1.13", "1.12", GATE_OUTSIDE}, {"7100 | 7900 | Protiva View", "7900", GATE_INSIDE}, {"7100 | 7900 | Protiva View", "4.5", GATE_IN_UNKNOWN}, {"4.0|<=4.2", "4.1", GATE_INSIDE}, {"4.0|<=4.2", "4.3", GATE_OUTSIDE},
		{"<= N", "L.01", GATE_INSIDE}, {"<= N", "N.03", GATE_INSIDE}, {"<= N", "P.00", GATE_OUTSIDE}, {"< N", "N.03", GATE_OUTSIDE}, {"Versions N and prior", "SW M.04", GATE_INSIDE}, {"<= N", "3.1", GATE_IN_UNKNOWN},
		{"<= 12.2.x.x", "12.2.8.0", GATE_INSIDE}, {"<= 12.2.x.x", "12.1", GATE_INSIDE}, {"<= 12.2.x.x", "12.3", GATE_OUTSIDE}, {"< 12.2.x", "12.2.1", GATE_OUTSIDE}, {"12.2.x.x and prior", "12.2.9", GATE_INSIDE},
		{"* (excluding 40 R1-3 and 50 R4-5)", "3", GATE_IN_UNKNOWN}, {"All versions except 7", "3", GATE_IN_UNKNOWN}, {"9.x model 35700XY3", "9.1", GATE_IN_UNKNOWN}, {"9.x model 35700XY3", "8.2", GATE_OUTSIDE},
		{"8.x (battery modules 17 | 17D19 >= 20D29 | <= 20D32)", "8.1", GATE_IN_UNKNOWN}, {"8.x (battery modules 17 | 17D19 >= 20D29 | <= 20D32)", "6.0", GATE_OUTSIDE}, {"<=2023.3_Build_9342", "2023.3 (Build 9000)", GATE_INSIDE},
		{"<=2023.3_Build_9342", "2024.1", GATE_OUTSIDE}, {"All versions < V3.1", "V3.0", GATE_INSIDE}, {"All versions prior to B.02", "B.02", GATE_OUTSIDE}, {">= 22D19 | <= v22D28", "22D20", GATE_INSIDE}, {">= 22D19 | <= v22D28", "22D29", GATE_OUTSIDE},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		enum gate_in in = gate_version_in(slice_str(t[i].range), slice_str(t[i].version));
		if (in != t[i].want)
			fail_msg("'%s' in '%s': %d and not %d", t[i].version, t[i].range, in, t[i].want);
	}
}

static void cpes(void **state)
{
	struct cpe c;
	assert_true(cpe_read(SLICE("cpe:/o:microsoft:windows_xp::sp3"), &c));
	assert_string_equal(c.vendor, "microsoft");
	assert_string_equal(c.version, "");
	assert_string_equal(c.update, "sp3");
	assert_true(cpe_read(SLICE("cpe:2.3:a:b\\:x:Prod\\.1:1.2:*:*:*:*:*:*:*"), &c));
	assert_string_equal(c.vendor, "b:x");
	assert_string_equal(c.product, "prod.1");
	assert_string_equal(c.update, "");
	assert_false(cpe_read(SLICE("cpe:/o"), &c));
	assert_false(cpe_read(SLICE("cpe:2.3:o:microsoft"), &c));
	assert_false(cpe_read(SLICE("pkg:deb/x"), &c));
}

static void ends(void **state)
{
	static const struct {
		const char *os, *version, *system;
		enum gate_support_state want;
	} t[] = {
		{"Windows XP", "SP3", "Windows XP", GATE_SUPPORT_ENDED}, {"Microsoft Windows XP Professional", "5.1.2600", "Windows XP", GATE_SUPPORT_ENDED}, {"Windows", "5.1.2600", "Windows XP", GATE_SUPPORT_ENDED},
		{"Windows XP Embedded", "", "Windows XP Embedded", GATE_SUPPORT_ENDED}, {"Win 7", "", "Windows 7", GATE_SUPPORT_ENDED}, {"Windows 7 Professional", "6.1.7601", "Windows 7", GATE_SUPPORT_ENDED},
		{"Windows Embedded Standard 7", "", "Windows Embedded Standard 7", GATE_SUPPORT_ENDED}, {"Windows 8.1 Pro", "", "Windows 8.1", GATE_SUPPORT_ENDED}, {"Windows Server 2008 R2", "6.1.7601", "Windows Server 2008 R2", GATE_SUPPORT_ENDED},
		{"Windows Server 2012 R2 Standard", "", "Windows Server 2012 R2", GATE_SUPPORT_ENDED}, {"Windows Server 2016", "10.0.14393", "Windows Server 2016", GATE_SUPPORT_ENDING}, {"Windows Server 2019 Datacenter", "10.0.17763", "Windows Server 2019", GATE_SUPPORTED},
		{"Windows 10 Enterprise LTSC 2019", "", "Windows 10 LTSC 2019", GATE_SUPPORTED}, {"Windows 10 Enterprise LTSC", "10.0.17763.1", "Windows 10 LTSC 2019", GATE_SUPPORTED}, {"Windows 10 Pro", "22H2", "Windows 10 22H2", GATE_SUPPORT_PAID},
		{"Windows 10", "10.0.19045.3803", "Windows 10 22H2", GATE_SUPPORT_PAID}, {"Windows 10 Pro", "1607", "Windows 10 1607", GATE_SUPPORT_ENDED}, {"Windows 10", "", "Windows 10, release not said", GATE_SUPPORT_PAID}, {"Windows 10 LTSC", "", "", GATE_SUPPORT_UNKNOWN},
		{"Windows 11", "10.0.26100", "Windows 11 24H2", GATE_SUPPORTED}, {"Windows 11", "", "", GATE_SUPPORT_UNKNOWN}, {"Windows CE 6.0", "", "Windows Embedded CE 6.0", GATE_SUPPORT_ENDED}, {"Windows Embedded Compact 7", "", "Windows Embedded Compact 7", GATE_SUPPORT_ENDED},
		{"CentOS Linux 7", "7.9.2009", "CentOS 7", GATE_SUPPORT_ENDED}, {"CentOS Stream 9", "", "CentOS Stream 9", GATE_SUPPORTED}, {"Debian GNU/Linux 10 (buster)", "", "Debian 10", GATE_SUPPORT_ENDED}, {"Debian", "12.4", "Debian 12", GATE_SUPPORTED},
		{"Ubuntu 18.04.6 LTS", "", "Ubuntu 18.04", GATE_SUPPORT_PAID}, {"Ubuntu", "22.04", "Ubuntu 22.04", GATE_SUPPORT_ENDING}, {"Red Hat Enterprise Linux", "6.10", "Red Hat Enterprise Linux 6", GATE_SUPPORT_ENDED}, {"RHEL 8.6", "", "Red Hat Enterprise Linux 8", GATE_SUPPORTED},
		{"macOS 10.15.7", "", "macOS 10.15", GATE_SUPPORT_ENDED}, {"VxWorks", "6.9", "", GATE_SUPPORT_UNKNOWN}, {"Linux", "5.10", "", GATE_SUPPORT_UNKNOWN}, {"Windows 7 or Windows Server 2008 R2", "", "", GATE_SUPPORT_UNKNOWN}, {"", "10", "", GATE_SUPPORT_UNKNOWN},
	};
	int64_t today;
	assert_int_equal(time_parse(SLICE("2026-11-22"), 0, &today), 0);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct gate_support s = gate_support_of(slice_str(t[i].os), slice_str(t[i].version), today);
		if (s.state != t[i].want || !slice_eq_str(s.system, t[i].system))
			fail_msg("%s %s: %d %.*s", t[i].os, t[i].version, s.state, SLICE_FMT(s.system));
	}
	assert_int_equal(time_parse(SLICE("2014-04-08T23:00:00Z"), 0, &today), 0); /* the last day counts */
	assert_int_equal(gate_support_of(SLICE("Windows XP"), SLICE_NULL, today).state, GATE_SUPPORT_ENDING);
	assert_int_equal(gate_support_of(SLICE("Windows XP"), SLICE_NULL, today + 3600 * TIME_SEC).state, GATE_SUPPORT_ENDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(compares), cmocka_unit_test(ranges), cmocka_unit_test(cpes), cmocka_unit_test(ends)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
