/* Every quirk of lists that was met in the wild, each in a few rows. */
#include "registry_read.h"

#include "said.h"

static struct arena *fresh(void)
{
	struct arena *a = arena_new((size_t)256 << 20);
	assert_non_null(a);
	return a;
}

static void portal_as_it_is(void **state)
{
	struct arena *a = fresh();
	struct registry_list l = read_as(SLICE(HEAD
		"\"TheraCom, L.L.C.\",PA,Healthcare Provider,9271,10/08/2024,Hacking/IT Incident,Network Server,No,\n"
		"\"Dohman, Akerlund & Eddy\",NE,Business Associate,9941,10/07/2024,\"Theft, Unauthorized Access/Disclosure\",\"Desktop Computer, Laptop, Other Portable Electronic Device\",Yes,\n"), NULL, 0, NULL, a);
	struct slice v[8];
	assert_int_equal(l.source, REGISTRY_OCR);
	assert_int_equal(l.view, REGISTRY_UNDER_INVESTIGATION);
	is_day(l.as_of, "2024-10-08");
	assert_int_equal(l.as_of_from, REGISTRY_AS_OF_NEWEST);
	assert_int_equal(l.n, 2);
	is(l.v[0].name, "TheraCom, L.L.C.");
	is(l.v[0].state, "PA");
	is(l.v[0].entity_type, "Healthcare Provider");
	assert_true(l.v[0].persons_known && l.v[0].persons == 9271);
	is_day(l.v[0].submitted, "2024-10-08");
	assert_true(l.v[0].associate_known && !l.v[0].associate);
	assert_true(l.v[1].associate);
	assert_int_equal(registry_values(l.v[1].location, v, 8), 3);
	is(v[2], "Other Portable Electronic Device");
	assert_int_equal(registry_values(l.v[1].type, v, 8), 2);
	assert_int_equal(l.w_n, 0);
	arena_free(a);
}

#define FACES "\"javax.faces.component.UIPanel@495f2e1e\",\"State\",\"Covered Entity Type\",\"Individuals Affected\",\"Breach Submission Date\",\"Type of Breach\",\"Location of Breached Information\",\"javax.faces.component.UIPanel@3408c427\",\"Web Description\"\n"

static void broken_header(void **state)
{
	struct arena *a = fresh();
	struct registry_list l = read_as(SLICE(FACES
		"\"A Clinic\",\"UT\",\"Healthcare Provider\",\"50640\",\"04/03/2026\",\"Hacking/IT Incident\",\"Network Server\",\"Yes\",\"\"\n"
		"\"B Clinic\",\"\",\"Healthcare Provider\",\"92000\",\"04/06/2026\",\"Hacking/IT Incident\",\"Email\",\"No\",\"\"\n"), NULL, 0, NULL, a);
	is(l.v[0].name, "A Clinic");
	assert_true(l.v[0].associate && l.v[0].associate_known);
	assert_int_equal(l.v[1].state.n, 0);
	assert_true(warned(&l, "header"));
	/* every title gone */
	l = read_as(SLICE("\"javax.faces@1\",\"javax.faces@2\",\"javax.faces@3\",\"javax.faces@4\",\"javax.faces@5\",\"javax.faces@6\",\"javax.faces@7\",\"javax.faces@8\",\"javax.faces@9\"\n"
		"\"A Clinic\",\"UT\",\"Healthcare Provider\",\"50640\",\"04/03/2026\",\"Hacking/IT Incident\",\"Network Server\",\"Yes\",\"\"\n"), NULL, 0, NULL, a);
	assert_int_equal(l.n, 1);
	is(l.v[0].name, "A Clinic");
	is(l.v[0].location, "Network Server");
	/* no header at all */
	l = read_as(SLICE("A Clinic,UT,Healthcare Provider,50640,04/03/2026,Hacking/IT Incident,Network Server,Yes,\n"
		"B Clinic,UT,Health Plan,600,04/02/2026,Theft,Laptop,No,\n"), NULL, 0, NULL, a);
	assert_int_equal(l.n, 2);
	is(l.v[1].entity_type, "Health Plan");
	is(l.v[1].name, "B Clinic");
	arena_free(a);
}

static void other_columns(void **state)
{
	struct arena *a = fresh();
	/* order, names and more of them; a title above; a BOM; CRLF; semicolons; a row of nothing */
	struct registry_list l = read_as(SLICE("\xEF\xBB\xBF" "Breaches reported;;;\r\n\r\n"
		"Year;Breach Submission Date;Covered Entity Name;Individuals Affected;State;Covered Entity Type;Primary Breach Type;Type of Breach;Location of Breached Information;Business Associate Present;Status\r\n"
		"2024;2024-10-13;St. Gabriel;4,237.0;tx;Health Plan;Hacking;Hacking/IT Incident;Email;Yes;Under Investigation\r\n"
		";;;;;;;;;;\r\n"
		"2021;2021-03-14;Old Mill;4237.0;TX;Health Plan;Theft;Theft;Laptop;No;Archived\r\n"), NULL, 0, NULL, a);
	assert_int_equal(l.n, 2);
	is(l.v[0].name, "St. Gabriel");
	is(l.v[0].state, "TX");
	assert_int_equal(l.v[0].persons, 4237);
	assert_int_equal(l.v[1].persons, 4237);
	is_day(l.v[0].submitted, "2024-10-13");
	is(l.v[0].type, "Hacking/IT Incident");
	assert_int_equal(l.v[0].view, REGISTRY_UNDER_INVESTIGATION);
	assert_int_equal(l.v[1].view, REGISTRY_ARCHIVE);
	assert_int_equal(l.view, REGISTRY_FULL);
	arena_free(a);
}

static void cells(void **state)
{
	struct arena *a = fresh();
	struct registry_list l = read_as(SLICE(HEAD
		"\"A \"\"B\"\" Clinic \",TX,Healthcare Provider,\"1,234\",10/08/2024,Theft,Laptop,No,\"one\ntwo\r\nthree\"\n"
		"B Clinic,\\N,,nan,10/07/2024,,Laptop,,\\N\n"
		"C Clinic, Inc.,TX,Healthcare Provider,700,10/06/2024,Theft,Laptop,No,\n"
		"D Clinic,TX,Healthcare Provider,about 700,10/05/2024,Theft,Laptop,No,\n"
		"E Clinic,TX,Healthcare Provider,700,,Theft,Laptop,No,\n"
		"F Clinic,TX,Healthcare Provider,700,10/04/2024,Theft,Laptop, Other,No,\n"
		"Total,,,123456,,,,,\n"
		"Name of Covered Entity,State,Covered Entity Type,Individuals Affected,Breach Submission Date,Type of Breach,Location of Breached Information,Business Associate Present,Web Description\n"), NULL, REGISTRY_ARCHIVE, "2024-10-08", a);
	assert_int_equal(l.n, 6);
	is(l.v[0].name, "A \"B\" Clinic");
	is(l.v[0].description, "one\ntwo\r\nthree");
	assert_int_equal(l.v[0].persons, 1234);
	assert_true(!l.v[1].persons_known && !l.v[1].state.n && !l.v[1].type.n && !l.v[1].description.n && !l.v[1].associate_known);
	is(l.v[2].name, "C Clinic, Inc.");
	is(l.v[2].state, "TX");
	assert_false(l.v[3].persons_known);
	assert_int_equal(l.v[4].submitted, REGISTRY_NO_DAY);
	is(l.v[5].location, "Laptop, Other");
	assert_int_equal(l.unread, 2);
	assert_true(warned(&l, "commas") && warned(&l, "persons") && warned(&l, "undated") && warned(&l, "unread"));
	assert_int_equal(l.v[1].line, 5); /* line feeds in a cell count */
	arena_free(a);
}

/* As other programs write the same list: the portal's words are told in any case, behind other separators; the row as it stood is kept. */
static void other_words(void **state)
{
	struct arena *a = fresh();
	struct registry_list l = read_as(SLICE("\xEF\xBB\xBF" "Name of Covered Entity;State;Covered Entity Type;Individuals Affected;Breach Submission Date;Type of Breach;Location of Breached Information;Business Associate Present\r"
		"A Clinic;California;HEALTHCARE PROVIDER;1\xE2\x80\xAF" "234\xE2\x80\xAF" "567;28-Jun-2024;hacking/it incident;\"Desktop Computer; Other\";Yes\r"
		"B Clinic;District of Columbia;Healthcare Clearinghouse;=\"501\";June 27, 2024;Theft|Loss;EMAIL;No\r"
		"C Clinic;Texass;Health plan;12.345;26-Jun-2024;theft, sabotage;Laptop;No\r"), NULL, REGISTRY_ARCHIVE, "2024-10-08", a);
	assert_int_equal(l.n, 3);
	is(l.v[0].state, "CA");
	is(l.v[0].entity_type, "Healthcare Provider");
	is(l.v[0].type, "Hacking/IT Incident");
	is(l.v[0].location, "Desktop Computer, Other");
	assert_int_equal(l.v[0].persons, 1234567);
	is_day(l.v[0].submitted, "2024-06-28");
	assert_true(l.v[0].raw.n > 0);
	is(l.v[1].state, "DC");
	is(l.v[1].entity_type, "Healthcare Clearing House");
	is(l.v[1].type, "Theft, Loss");
	is(l.v[1].location, "Email");
	assert_int_equal(l.v[1].persons, 501);
	is_day(l.v[1].submitted, "2024-06-27");
	is(l.v[2].state, "Texass"); /* what nobody knows stays as it is */
	is(l.v[2].type, "theft, sabotage");
	assert_int_equal(l.v[2].persons, 12345);
	/* not one number: that is said, and no sum of nothing passes for one */
	l = read_as(SLICE(HEAD "A Clinic,CA,Health Plan,many,06/28/2024,Theft,Laptop,No,\nB Clinic,CA,Health Plan,few,06/27/2024,Theft,Laptop,No,\nC Clinic,CA,Health Plan,some,06/26/2024,Theft,Laptop,No,\n"), NULL, REGISTRY_ARCHIVE, "2024-10-08", a);
	assert_false(l.v[0].persons_known);
	assert_true(warned(&l, "persons"));
	arena_free(a);
}

static void broken_text(void **state)
{
	struct arena *a = fresh();
	struct registry_list l = read_as(SLICE(HEAD
		"WebTPA (\xC3\xA2\xE2\x82\xAC\xE2\x84\xA2???WebTPA\xC3\xA2\xE2\x82\xAC\xE2\x84\xA2???\xC3\x82\xC2\x9D),TX,Business Associate,2518533,05/08/2024,Theft,Laptop,No,\n"
		"Boston Children\x83??s Hospital,MA,Healthcare Provider,700,05/07/2024,Theft,Laptop,No,\n"
		"Plain,MA,Healthcare Provider,700,05/06/2024,Theft,Laptop,No,\n"), NULL, 0, NULL, a);
	is(l.v[0].name, "WebTPA (\u201cWebTPA\u201d)");
	is(l.v[1].name, "Boston Children\u2019s Hospital");
	assert_int_equal(l.repaired, 2);
	assert_true(warned(&l, "repaired"));
	assert_true(memmem(l.v[1].raw.p, l.v[1].raw.n, "Children\x83??s", 12) != NULL); /* as it stood */
	assert_int_equal(l.v[2].raw.n, 0);
	arena_free(a);
}

static void utf16(void **state)
{
	static const char text[] = HEAD "A Clinic,TX,Healthcare Provider,700,05/06/2024,Theft,Laptop,No,\n";
	for (int mark = 0; mark < 2; mark++) {
		struct arena *a = fresh();
		uint8_t wide[2 * sizeof text + 2];
		size_t n = 0;
		if (mark) {
			wide[n++] = 0xfe;
			wide[n++] = 0xff;
		}
		for (size_t i = 0; i + 1 < sizeof text; i++) {
			wide[n + (mark ? 1 : 0)] = (uint8_t)text[i];
			wide[n + (mark ? 0 : 1)] = 0;
			n += 2;
		}
		struct registry_list l = read_as(slice_of(wide, n), NULL, 0, NULL, a);
		assert_int_equal(l.n, 1);
		is(l.v[0].name, "A Clinic");
		is(l.encoding, "UTF-16");
		arena_free(a);
	}
}

/* Forty reports in order, on working days; how each date is written is asked. */
static void dated(struct buf *b, int32_t newest, int n, const char *(*write)(int32_t, char *))
{
	char t[32];
	buf_str(b, HEAD);
	for (int i = 0; i < n; newest -= 5) {
		unsigned w = registry_weekday(newest);
		if (w == 0 || w == 6) {
			newest += 3;
			continue;
		}
		buf_printf(b, "Clinic of %c%c,TX,Healthcare Provider,%d,%s,Theft,Laptop,No,\n", 'A' + i / 26, 'A' + i % 26, 700 + i * i * 37, write(newest, t));
		i++;
	}
}

static const char *us(int32_t d, char *t)
{
	snprintf(t, 32, "%02d/%02d/%04d", registry_day_month(d), registry_day_of_month(d), registry_day_year(d));
	return t;
}
static const char *european(int32_t d, char *t)
{
	snprintf(t, 32, "%02d/%02d/%04d", registry_day_of_month(d), registry_day_month(d), registry_day_year(d));
	return t;
}
/* What a spreadsheet with the day first makes of the portal's list: it turns what it can read, and leaves the rest. */
static const char *spreadsheet(int32_t d, char *t)
{
	if (registry_day_of_month(d) <= 12)
		snprintf(t, 32, "%04d-%02d-%02d", registry_day_year(d), registry_day_of_month(d), registry_day_month(d));
	else
		us(d, t);
	return t;
}
static const char *spreadsheet_same(int32_t d, char *t)
{
	return registry_day_of_month(d) <= 12 ? european(d, t) : us(d, t);
}
static const char *dashes(int32_t d, char *t)
{
	snprintf(t, 32, "%02d-%02d-%02d 0:00", registry_day_month(d), registry_day_of_month(d), registry_day_year(d) % 100);
	return t;
}

static void days(void **state)
{
	static const struct {
		const char *(*write)(int32_t, char *);
		bool turned;
	} ways[] = {{us, false}, {european, true}, {spreadsheet, true}, {spreadsheet_same, true}, {dashes, false}};
	struct arena *a = fresh();
	AUTO_BUF struct buf want = {0};
	buf_init(&want, 1 << 20);
	dated(&want, day("2024-10-08"), 60, us);
	struct registry_list right = read_as(buf_slice(&want), NULL, 0, NULL, a);
	assert_int_equal(right.turned, 0);
	assert_false(warned(&right, "swapped-dates"));
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 20);
		dated(&b, day("2024-10-08"), 60, ways[i].write);
		struct registry_list l = read_as(buf_slice(&b), NULL, 0, NULL, a);
		assert_int_equal(l.n, right.n);
		for (size_t k = 0; k < l.n; k++)
			assert_int_equal(l.v[k].submitted, right.v[k].submitted);
		assert_int_equal(warned(&l, "swapped-dates"), ways[i].turned);
		assert_int_equal(l.turned > 0, ways[i].turned);
		for (size_t k = 0; k < l.n; k++) /* what stood there is kept where it was turned */
			assert_true(!ways[i].turned || l.v[k].raw.n || slice_eq(l.v[k].name, right.v[k].name));
	}
	arena_free(a);
}

/* In no order, or few: working days decide where they are many, and nothing is turned where nothing is clear. */
static void unordered(void **state)
{
	struct arena *a = fresh();
	AUTO_BUF struct buf b = {0};
	char t[32], u[32];
	buf_init(&b, 1 << 20);
	for (int way = 0; way < 2; way++) {
		buf_reset(&b);
		buf_str(&b, HEAD);
		for (int i = 0; i < 200; i++) {
			int32_t d = day("2022-01-03") + (i * 397) % 1000;
			while (registry_weekday(d) == 0 || registry_weekday(d) == 6)
				d++;
			buf_printf(&b, "Clinic of %s,TX,Healthcare Provider,%d,%s,Theft,Laptop,No,\n", registry_day_text(d, u), 700 + i * i * 37, way ? spreadsheet_same(d, t) : us(d, t));
		}
		struct registry_list l = read_as(buf_slice(&b), NULL, 0, NULL, a);
		assert_int_equal(l.turned > 0, way);
		for (size_t i = 0; i < l.n; i++)
			is(slice_of(l.v[i].name.p + 10, 10), registry_day_text(l.v[i].submitted, t));
	}
	/* ten reports at weekends, here and there: the portal's own habit stands */
	static const char *const few[] = {"06/01/2024", "03/02/2024", "09/07/2024", "01/06/2024", "11/02/2024", "05/11/2024", "10/05/2024", "02/10/2024", "07/06/2024", "08/03/2024"};
	buf_reset(&b);
	buf_str(&b, HEAD);
	for (size_t i = 0; i < ARRAY_LEN(few); i++)
		buf_printf(&b, "Clinic %c,TX,Healthcare Provider,700,%s,Theft,Laptop,No,\n", (int)('A' + i), few[i]);
	struct registry_list l = read_as(buf_slice(&b), NULL, 0, NULL, a);
	assert_int_equal(l.turned, 0);
	is_day(l.v[0].submitted, "2024-06-01");
	arena_free(a);
}

static void commas(void **state)
{
	struct arena *a = fresh();
	struct registry_list l = read_as(SLICE(HEAD
		"A, B, and C, Inc.,TX,Healthcare Provider,700,10/08/2024,Theft, Loss,Laptop, Other, Email,No,\n"
		"D,TX,Healthcare Provider,800,10/07/2024,Theft,Laptop,No,\n"), NULL, 0, NULL, a);
	assert_int_equal(l.n, 2);
	is(l.v[0].name, "A, B, and C, Inc.");
	is(l.v[0].type, "Theft, Loss");
	is(l.v[0].location, "Laptop, Other, Email");
	assert_int_equal(l.v[0].persons, 700);
	assert_true(warned(&l, "commas"));
	/* the description's column is told by its sentences, wherever it stands */
	l = read_as(SLICE("x1,State,x2,x3,Covered Entity Type,Individuals Affected,x4\n"
		"The covered entity reported that a laptop with protected health information of its patients was stolen from a locked car on the way home.,TX,A Clinic,10/08/2024,Health Plan,700,Theft\n"
		"The covered entity reported that a letter with protected health information of its patients was sent to somebody else who told it so at once.,TX,B Clinic,10/07/2024,Health Plan,800,Loss\n"), NULL, REGISTRY_ARCHIVE, NULL, a);
	is(l.v[0].name, "A Clinic");
	assert_true(l.v[1].description.n > 100);
	arena_free(a);
}

static void one_day(void **state)
{
	struct arena *a = fresh();
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	dated(&b, day("2024-10-08"), 60, us);
	/* one row of an ordered list, whose day and month somebody changed over */
	uint8_t *at = NULL;
	for (size_t i = b.n / 3; i + 5 < b.n && !at; i++)
		if (b.p[i] == '0' && b.p[i + 2] == '/' && b.p[i + 3] == '0' && b.p[i + 5] == '/' && b.p[i + 1] != b.p[i + 4])
			at = b.p + i;
	assert_non_null(at);
	uint8_t t[2] = {at[0], at[1]};
	memcpy(at, at + 3, 2);
	memcpy(at + 3, t, 2);
	AUTO_BUF struct buf right = {0};
	buf_init(&right, 1 << 20);
	dated(&right, day("2024-10-08"), 60, us);
	struct registry_list l = read_as(buf_slice(&b), NULL, 0, NULL, a), want = read_as(buf_slice(&right), NULL, 0, NULL, a);
	for (size_t i = 0; i < l.n; i++)
		assert_int_equal(l.v[i].submitted, want.v[i].submitted);
	assert_true(warned(&l, "swapped-dates"));
	assert_int_equal(l.turned, 1);
	/* a day after the list's own */
	l = read_as(SLICE(HEAD "A,TX,Health Plan,700,12/03/2024,Theft,Laptop,No,\nB,TX,Health Plan,700,03/10/2024,Theft,Laptop,No,\n"), "list_2024-04-01.csv", 0, NULL, a);
	is_day(l.v[0].submitted, "2024-03-12");
	assert_true(warned(&l, "swapped-dates"));
	arena_free(a);
}

static void view_and_day(void **state)
{
	struct arena *a = fresh();
	int32_t d, m;
	registry_name_day("/x/breach_report_2024-10.csv", &d, &m);
	is_day(m, "2024-10-01");
	registry_name_day("breach 20241008 full.csv", &d, &m);
	is_day(d, "2024-10-08");
	registry_name_day("x/2024_10_08.csv", &d, &m);
	is_day(d, "2024-10-08");
	registry_name_day("breach_report_archive.csv", &d, &m);
	assert_true(d == REGISTRY_NO_DAY && m == REGISTRY_NO_DAY);
	registry_name_day("1234567890.csv", &d, &m);
	assert_true(d == REGISTRY_NO_DAY && m == REGISTRY_NO_DAY);
	static const char old[] = HEAD "A,TX,Health Plan,700,06/03/2024,Theft,Laptop,No,It was stolen.\nB,TX,Health Plan,700,03/11/2014,Theft,Laptop,No,So was this.\n";
	struct registry_list l = read_as(slice_str(old), "archive_2024-10.csv", 0, NULL, a);
	assert_int_equal(l.view, REGISTRY_ARCHIVE);
	assert_int_equal(l.as_of_from, REGISTRY_AS_OF_MONTH);
	is_day(l.as_of, "2024-10-01");
	l = read_as(slice_str(old), NULL, 0, NULL, a);
	assert_int_equal(l.as_of_from, REGISTRY_AS_OF_NEWEST);
	assert_true(warned(&l, "as-of-unsure"));
	l = read_as(slice_str(old), NULL, REGISTRY_FULL, "2025-01-02", a);
	assert_int_equal(l.view, REGISTRY_FULL);
	is_day(l.as_of, "2025-01-02");
	/* ten years without a description: neither, and asked for */
	l = read_as(SLICE(HEAD "A,TX,Health Plan,700,06/03/2024,Theft,Laptop,No,\nB,TX,Health Plan,700,03/11/2014,Theft,Laptop,No,\n"), NULL, 0, NULL, a);
	assert_int_equal(l.view, REGISTRY_UNKNOWN);
	arena_free(a);
}

static void washington(void **state)
{
	struct arena *a = fresh();
	struct registry_list l = read_as(SLICE("DateAware,DateSubmitted,DataBreachCause,DateStart,DateEnd,Name,Id,CyberattackType,WashingtoniansAffected,IndustryType,BusinessType,Year,DiscoveredInProgress\n"
		"03/28/2018 12:00:00 AM,04-11-18 0:00,Cyberattack,09/26/2017 12:00:00 AM,10-12-17 0:00,Delta Airlines,9561,Malware,24563,Business,Software,2018,FALSE\n"), "wa.csv", 0, NULL, a);
	assert_int_equal(l.source, REGISTRY_WA_AG);
	is(l.v[0].name, "Delta Airlines");
	is_day(l.v[0].aware, "2018-03-28");
	is_day(l.v[0].submitted, "2018-04-11");
	is_day(l.v[0].began, "2017-09-26");
	is_day(l.v[0].ended, "2017-10-12");
	assert_int_equal(l.v[0].persons, 24563);
	is(l.v[0].entity_type, "Business");
	assert_false(l.v[0].associate_known);
	assert_int_equal(l.view, REGISTRY_FULL);
	arena_free(a);
}

static void mapped(void **state)
{
	struct arena *a = fresh();
	struct registry_map *m;
	struct registry_list l;
	struct err e = {0};
	static const char list[] = "Raison sociale;Quand;Combien;Region\nClinique du Lac;03/04/2024;1200;VD\nClinique du Mont;28/05/2024;900;VD\n";
	const struct registry_read_options bare = {.as_of = REGISTRY_NO_DAY, .today = REGISTRY_NO_DAY};
	assert_int_equal(registry_read(slice_str(list), &bare, a, &l, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "--map"));
	assert_int_equal(registry_map_read(SLICE("# ours\nname = Raison sociale\nsubmitted = #2\npersons = combien\nstate = Region\ndates = dmy\n"), a, &m, &e), 0);
	const struct registry_read_options o = {.map = m, .as_of = REGISTRY_NO_DAY, .today = REGISTRY_NO_DAY};
	assert_int_equal(registry_read(slice_str(list), &o, a, &l, &e), 0);
	assert_int_equal(l.source, REGISTRY_OTHER);
	is_day(l.v[0].submitted, "2024-04-03");
	is_day(l.v[1].submitted, "2024-05-28");
	is(l.v[0].name, "Clinique du Lac");
	assert_int_equal(l.v[0].persons, 1200);
	static const char *const bad[] = {"name Raison", "name = A", "colour = A\n", "name = #0\nsubmitted = #2", "name = A\nsubmitted = B\ndates = often"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(registry_map_read(slice_str(bad[i]), a, &m, &e), ERR_INPUT);
	arena_free(a);
}

static void no_list(void **state)
{
	static const char *const bad[] = {"", "\n\n", "hello", "a,b,c\n1,2,3\n", HEAD, "PK\3\4", "Name,State\nA,TX\n", "{\"a\":1}"};
	struct arena *a = fresh();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct registry_list l;
		struct err e = {0};
		const struct registry_read_options o = {.as_of = REGISTRY_NO_DAY, .today = REGISTRY_NO_DAY};
		assert_int_equal(registry_read(slice_str(bad[i]), &o, a, &l, &e), ERR_INPUT);
		assert_true(e.text[0] != 0);
	}
	arena_free(a);
}

/* ---- lists that somebody made up ---- */

static uint64_t seed = 1;
static uint64_t dice(uint64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % n;
}

static void made_up(void **state)
{
	struct arena *a = fresh();
	AUTO_BUF struct buf b = {0};
	char t[16];
	buf_init(&b, 1 << 20);
	buf_str(&b, HEAD);
	for (int i = 0; i < 300; i++) {
		int32_t d = day("2024-10-08") - (int32_t)dice(700);
		buf_printf(&b, "Hospital %d,%s,Healthcare Provider,%llu,%s,Hacking/IT Incident,Network Server,No,\n", i, i == 7 ? "ZZ" : "TX", (unsigned long long)(i == 9 ? 12 : 500 + dice(900000)), registry_day_text(d, t));
	}
	struct registry_list l = read_as(buf_slice(&b), NULL, 0, NULL, a);
	static const char *const want[] = {"weekends", "digits", "evenly", "numbered", "category", "under-500"};
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		if (!warned(&l, want[i]))
			fail_msg("%s was not said", want[i]);
	assert_int_equal(l.n, 300); /* never refused */
	buf_reset(&b);
	buf_str(&b, HEAD);
	for (int i = 0; i < 60; i++)
		buf_printf(&b, "Clinic %c%c,TX,Healthcare Provider,%d,%s,Theft,Laptop,No,\n", 'A' + i / 26, 'A' + i % 26, 1000 + 100 * i, registry_day_text(day("2024-10-08") - 7 * i, t));
	l = read_as(buf_slice(&b), NULL, 0, NULL, a);
	assert_true(warned(&l, "regular") && warned(&l, "round"));
	l = read_as(SLICE(HEAD "A,TX,Health Plan,700,06/03/2024,Hacked,Cloud,No,\nB,TX,Health Plan,700,06/02/2024,Theft,Laptop,No,\nC,TX,Hospital,700,12/25/2025,Theft,Laptop,No,\n"), NULL, 0, "2024-10-08", a);
	assert_true(warned(&l, "category") && warned(&l, "future"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(portal_as_it_is), cmocka_unit_test(broken_header), cmocka_unit_test(other_columns), cmocka_unit_test(cells), cmocka_unit_test(other_words), cmocka_unit_test(broken_text), cmocka_unit_test(utf16), cmocka_unit_test(days), cmocka_unit_test(unordered), cmocka_unit_test(commas), cmocka_unit_test(one_day),
		cmocka_unit_test(view_and_day), cmocka_unit_test(washington), cmocka_unit_test(mapped), cmocka_unit_test(no_list), cmocka_unit_test(made_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
