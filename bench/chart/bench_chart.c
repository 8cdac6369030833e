/* The chart's speed and size, without the rooms around it: facts are made here, as a reader would make them from 1 kB messages.
 *
 *   bench_chart build FILE PERSONS MESSAGES   a rebuild (bulk): every person registered once, the rest of the messages (results, visit events, orders, doses) for patients
 *                                             of the day, 2,000 of them at a time; 500 in bed at the end; one patient with 1,000 messages
 *   bench_chart live FILE PERSONS MESSAGES    the same through ordinary transactions of 200
 *   bench_chart ask FILE [SECONDS [WHICH]]    pages, census now and as of, search, moments: median, 95th and 99th percentile
 *   bench_chart wards FILE N SECONDS          N processes, each opening a patient every second or so, and a bed board every tenth time
 *   bench_chart sqlite FILE PERSONS MESSAGES  the peer: the same rows put into one SQLite table with one index, nothing understood
 */
#include "chart.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START INT64_C(1767225600000000000) /* 2026-01-01 */
#define ACTIVE 2000
#define BEDS 500

static void must(int r, const struct err *e)
{
	char line[640];
	if (r >= 0)
		return;
	fprintf(stderr, "bench_chart: %s\n", e ? err_line(e, line, sizeof line) : "failed");
	exit(1);
}

static uint64_t state = 88172645463325252u;
static uint32_t rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 16) % n);
}

/* ---- people ---------------------------------------------------------------------------------------------------------------- */

static const char *const starts[] = {"Ander", "Bau", "Cas", "Dela", "Eck", "Fern", "Gar", "Hoff", "Ivan", "Jans", "Kowal", "Lam", "Mart", "Nowa", "Oliv", "Pere", "Quin", "Rich", "Schmi", "Thom", "Ulr", "Varg", "Wag", "Xav", "Yil", "Zim"};
static const char *const ends[] = {"son", "er", "tillo", "croix", "hart", "andez", "cia", "mann", "ov", "sen", "ski", "bert", "inez", "k", "eira", "z", "n", "ards", "dt", "as", "ich", "as", "ner", "ier", "maz", "mer", "a", "y", "berg", "stein"};
static const char *const givens[] = {"Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jan", "Katja", "Leon", "Maria", "Noah", "Olga", "Paul", "Rosa", "Simon", "Tina", "Uwe", "Vera", "Willi", "Yara", "Zoe", "John", "Mary", "James", "Linda", "Jose", "Ana"};

static char *name_of(struct arena *a, uint32_t person)
{
	uint64_t h = (person + 1) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t k = (uint32_t)(h >> 40);
	/* a few names are common */
	uint32_t s = k % 7 ? (uint32_t)(h >> 20) % ARRAY_LEN(starts) : 18, t = k % 7 ? (uint32_t)(h >> 9) % ARRAY_LEN(ends) : 18;
	return arena_printf(a, "%s%s%s\x1f%s", starts[s], ends[t], k % 3 ? "" : ends[(h >> 30) % ARRAY_LEN(ends)], givens[(h >> 52) % ARRAY_LEN(givens)]);
}

static char *birth_of(struct arena *a, uint32_t person)
{
	uint64_t h = (person + 7) * UINT64_C(0xbf58476d1ce4e5b9);
	return arena_printf(a, "%04u-%02u-%02u", 1930 + (unsigned)(h >> 50) % 90, 1 + (unsigned)(h >> 30) % 12, 1 + (unsigned)(h >> 20) % 28);
}

/* ---- messages ------------------------------------------------------------------------------------------------------------------- */

struct maker {
	struct arena *a;
	uint32_t persons;
	uint64_t seq;
	uint32_t registered, bed[BEDS];
	char now[32];
};

static struct fact_group *begin(struct maker *m, struct facts *f, const char *type, const char *feed, uint32_t person, bool registration)
{
	char t[32];
	facts_init(f, m->a);
	f->type = slice_str(type);
	f->feed = slice_str(feed);
	time_rfc3339(START + (int64_t)m->seq * 100000000, 0, t);
	t[19] = 0;
	snprintf(m->now, sizeof m->now, "%s", t);
	f->time = slice_str(arena_printf(m->a, "%s", t));
	f->control_id = slice_str(arena_printf(m->a, "C%" PRIu64, m->seq));
	struct fact_group *g = facts_group(f, (struct fact_ident){slice_str(arena_printf(m->a, "%07u", person)), SLICE("HOSP"), SLICE("MR")});
	facts_also(f, g, (struct fact_ident){slice_str(arena_printf(m->a, "E%07u", person)), SLICE("EPIC"), SLICE("EPI")});
	struct fact *p = facts_add(f, g, FACT_PATIENT);
	if (!registration)
		facts_put_str(f, p, FF_ACTION, "mention");
	facts_put_str(f, p, FF_NAME, name_of(m->a, person));
	facts_put_str(f, p, FF_BIRTH, birth_of(m->a, person));
	facts_put_str(f, p, FF_SEX, person & 1 ? "male" : "female");
	if (registration) {
		facts_put_str(f, p, FF_ADDRESS, "12 Long Street\x1f\x1fTown\x1f\x1f" "12345\x1fUS");
		facts_put_str(f, p, FF_TELECOM, "phone\x1f+1 555 0100\x1fhome");
	}
	return g;
}

static void visit(struct maker *m, struct facts *f, struct fact_group *g, const char *action, uint32_t person, int bed)
{
	struct fact *v = facts_add(f, g, FACT_VISIT);
	facts_put_str(f, v, FF_ACTION, action);
	facts_put_str(f, v, FF_VISIT, arena_printf(m->a, "V%07u\x1fHOSP", person));
	facts_put_str(f, v, FF_CLASS, "inpatient");
	facts_put_str(f, v, FF_TIME, arena_printf(m->a, "%s", m->now));
	facts_put_str(f, v, FF_LOCATION, arena_printf(m->a, "U%02d\x1f%d\x1f%c\x1fHOSP", bed / 25, bed % 25 / 2 + 1, 'A' + bed % 2));
}

static void results(struct maker *m, struct facts *f, struct fact_group *g, uint32_t person)
{
	static const char *const codes[] = {"2823-3\x1fPotassium\x1fLN", "2951-2\x1fSodium\x1fLN", "2075-0\x1f" "Chloride\x1fLN", "2160-0\x1f" "Creatinine\x1fLN", "3094-0\x1fUrea nitrogen\x1fLN", "2345-7\x1fGlucose\x1fLN"};
	const char *key = arena_printf(m->a, "F%" PRIu64 "\x1fLAB", m->seq), *when = arena_printf(m->a, "%s", m->now);
	struct fact *r = facts_add(f, g, FACT_REPORT);
	facts_put_str(f, r, FF_ID, key);
	facts_put_str(f, r, FF_FILLER, key);
	facts_put_str(f, r, FF_PLACER, arena_printf(m->a, "P%" PRIu64 "\x1f" "EHR", m->seq));
	facts_put_str(f, r, FF_STATUS, "final");
	facts_put_str(f, r, FF_CODE, "BMP\x1f" "Basic metabolic panel\x1fL");
	facts_put_str(f, r, FF_TIME, when);
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct fact *t = facts_add(f, g, FACT_RESULT);
		facts_put_str(f, t, FF_GROUP, key);
		facts_put_str(f, t, FF_VISIT, arena_printf(m->a, "V%07u\x1fHOSP", person));
		facts_put_str(f, t, FF_CODE, codes[i]);
		facts_put_str(f, t, FF_VALUE, arena_printf(m->a, "%u.%u", rnd(150), rnd(10)));
		facts_put_str(f, t, FF_TYPE, "NM");
		facts_put_str(f, t, FF_UNIT, "mmol/L\x1fmmol/L\x1fUCUM");
		facts_put_str(f, t, FF_RANGE, "3.5-5.1");
		facts_put_str(f, t, FF_STATUS, rnd(10) ? "final" : "preliminary");
		facts_put_str(f, t, FF_TIME, when);
	}
}

/* The next message of the stream. */
static void next(struct maker *m, struct facts *f, uint64_t messages)
{
	arena_reset(m->a);
	uint64_t left = messages - m->seq;
	bool must_register = m->registered < m->persons && (left <= m->persons - m->registered || rnd((uint32_t)(messages / m->persons + 1)) == 0);
	if (must_register || m->registered == 0) {
		uint32_t person = m->registered++;
		struct fact_group *g = begin(m, f, "ADT^A04", "EHR@HOSP", person, true);
		for (uint32_t i = 0; i < person % 3; i++) {
			struct fact *t = facts_add(f, g, FACT_ALLERGY);
			facts_put_str(f, t, FF_ACTION, "snapshot");
			facts_put_str(f, t, FF_CODE, i ? "111088007\x1fLatex\x1fSCT" : "91936005\x1fPenicillin\x1fSCT");
		}
		m->seq++;
		return;
	}
	uint32_t active = m->registered < ACTIVE ? m->registered : ACTIVE, person = m->registered - 1 - rnd(active), kind = rnd(10);
	if (m->seq % 2000 == 7)
		person = 0, kind = 9; /* the one with many */
	if (kind < 1 && m->seq > 2 * BEDS) {
		int bed = (int)rnd(BEDS);
		/* whoever lies there goes, somebody comes */
		bool leaves = m->bed[bed] != UINT32_MAX && m->seq + 20 * BEDS < messages;
		struct fact_group *g = begin(m, f, leaves ? "ADT^A03" : "ADT^A01", "EHR@HOSP", leaves ? m->bed[bed] : person, true);
		visit(m, f, g, leaves ? "discharge" : "admit", leaves ? m->bed[bed] : person, bed);
		m->bed[bed] = leaves ? UINT32_MAX : person;
	} else if (kind < 2) {
		struct fact_group *g = begin(m, f, "ADT^A08", "EHR@HOSP", person, true);
		struct fact *t = facts_add(f, g, FACT_ALLERGY);
		facts_put_str(f, t, FF_ACTION, "snapshot");
		facts_put_str(f, t, FF_CODE, "91936005\x1fPenicillin\x1fSCT");
	} else if (kind < 4) {
		struct fact_group *g = begin(m, f, "RAS^O17", "PHARM@HOSP", person, false);
		const char *key = arena_printf(m->a, "R%07u-%u\x1fPHARM", person, rnd(5));
		struct fact *t = facts_add(f, g, FACT_MED_ADMIN);
		facts_put_str(f, t, FF_GROUP, key);
		facts_put_str(f, t, FF_PLACER, key);
		facts_put_str(f, t, FF_CODE, "1049502\x1fOxycodone 5 MG\x1fRXN");
		facts_put_str(f, t, FF_TIME, arena_printf(m->a, "%s", m->now));
		facts_put_str(f, t, FF_STATUS, "completed");
		facts_put_str(f, t, FF_DOSE, "5");
	} else {
		struct fact_group *g = begin(m, f, "ORU^R01", "LAB@HOSP", person, false);
		results(m, f, g, person);
	}
	m->seq++;
}

/* ---- building --------------------------------------------------------------------------------------------------------------------- */

/* Processor seconds of this process: what is comparable on a machine that others use, too. */
static double cpu(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static long max_rss_mb(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return r.ru_maxrss / 1024;
}

static void drop(const char *path)
{
	static const char *const more[] = {"", "-wal", "-shm", ".new"};
	char name[4200];
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		snprintf(name, sizeof name, "%s%s", path, more[i]);
		unlink(name);
	}
}

static struct maker *maker_new(uint32_t persons)
{
	struct maker *m = calloc(1, sizeof *m);
	m->a = arena_new((size_t)64 << 20);
	m->persons = persons;
	for (int i = 0; i < BEDS; i++)
		m->bed[i] = UINT32_MAX;
	return m;
}

static void build(const char *path, uint32_t persons, uint64_t messages, bool bulk)
{
	struct err e = {0};
	struct chart *c = NULL;
	struct facts f;
	struct stat st;
	drop(path);
	struct maker *m = maker_new(persons);
	/* making the facts is not what is measured: how long it takes alone */
	uint64_t sample = messages < 300000 ? messages : 300000, bytes = 0;
	struct buf b;
	buf_init(&b, 1 << 20);
	double c0 = cpu();
	int64_t t0 = time_monotonic();
	for (uint64_t i = 0; i < sample; i++)
		next(m, &f, messages);
	double making = (double)(time_monotonic() - t0) / 1e9 / (double)sample, making_cpu = (cpu() - c0) / (double)sample;
	for (uint64_t i = 0; i < 2000; i++) {
		next(m, &f, messages);
		buf_reset(&b);
		facts_encode_group(&f, f.first, &b);
		bytes += b.n;
	}
	m = maker_new(persons);
	state = 88172645463325252u;
	must(chart_open(path, &(struct chart_options){.write = true}, &c, &e), &e);
	if (bulk)
		must(chart_bulk(c, true, &e), &e);
	t0 = time_monotonic();
	c0 = cpu();
	int64_t mark = t0;
	for (uint64_t i = 0; i < messages; i++) {
		next(m, &f, messages);
		struct chart_entry en = {.seq = i, .time = START + (int64_t)i * 100000000, .kind = 1, .source = SLICE("mllp/all"), .size = 1000};
		must(chart_apply(c, &en, &f, SLICE_NULL, &e), &e);
		if (i % 200 == 199)
			must(chart_commit(c, &e), &e);
		if (i % 1000000 == 999999) {
			int64_t now = time_monotonic();
			fprintf(stderr, "  %" PRIu64 " M, %.0f/s\n", (i + 1) / 1000000, 1e15 / (double)(now - mark));
			mark = now;
		}
	}
	must(chart_commit(c, &e), &e);
	if (bulk)
		must(chart_bulk(c, false, &e), &e);
	double all = (double)(time_monotonic() - t0) / 1e9 - making * (double)messages, all_cpu = cpu() - c0 - making_cpu * (double)messages;
	chart_close(c);
	stat(path, &st);
	printf("%-8s %9" PRIu64 " messages, %u persons, %" PRIu64 " B of facts each: %.1f s, %.0f messages/s; processor %.1f s, %.0f messages/s; %.1f GB, %ld MB memory\n", bulk ? "bulk" : "live", messages, persons, bytes / 2000, all, (double)messages / all,
	       all_cpu, (double)messages / all_cpu, (double)st.st_size / 1e9, max_rss_mb());
}

static void peer(const char *path, uint32_t persons, uint64_t messages)
{
	struct facts f;
	drop(path);
	struct maker *m = maker_new(persons);
	struct buf b;
	buf_init(&b, 1 << 20);
	sqlite3 *db;
	sqlite3_stmt *st;
	sqlite3_open(path, &db);
	sqlite3_exec(db, "PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144; CREATE TABLE t(id INTEGER PRIMARY KEY, patient TEXT, blob BLOB); CREATE INDEX i ON t(patient, id); BEGIN", NULL, NULL, NULL);
	sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?1,?2,?3)", -1, &st, NULL);
	int64_t t0 = time_monotonic();
	double c0 = cpu();
	for (uint64_t i = 0; i < messages; i++)
		next(m, &f, messages);
	double making = (double)(time_monotonic() - t0) / 1e9, making_cpu = cpu() - c0;
	m = maker_new(persons);
	t0 = time_monotonic();
	c0 = cpu();
	for (uint64_t i = 0; i < messages; i++) {
		next(m, &f, messages);
		buf_reset(&b);
		facts_encode_group(&f, f.first, &b);
		sqlite3_bind_int64(st, 1, (int64_t)i);
		sqlite3_bind_text(st, 2, (const char *)f.first->id.value.p, (int)f.first->id.value.n, SQLITE_STATIC);
		sqlite3_bind_blob(st, 3, b.p, (int)b.n, SQLITE_STATIC);
		sqlite3_step(st);
		sqlite3_reset(st);
	}
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	double s = (double)(time_monotonic() - t0) / 1e9 - making, s_cpu = cpu() - c0 - making_cpu;
	printf("%-8s %9" PRIu64 " rows into one table with one index (patient, entry): %.1f s, %.0f rows/s; processor %.1f s, %.0f rows/s\n", "sqlite", messages, s, (double)messages / s, s_cpu, (double)messages / s_cpu);
	sqlite3_finalize(st);
	sqlite3_close(db);
}

/* ---- asking -------------------------------------------------------------------------------------------------------------------------- */

static int cmp(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static void say(const char *what, int64_t *t, size_t n, double used)
{
	if (!n)
		return;
	qsort(t, n, sizeof *t, cmp);
	printf("%-44s %7zu times   median %8.3f ms   p95 %8.3f ms   p99 %8.3f ms", what, n, (double)t[n / 2] / 1e6, (double)t[n * 95 / 100] / 1e6, (double)t[n * 99 / 100] / 1e6);
	if (used > 0)
		printf("   processor, mean %8.3f ms", used / (double)n * 1e3);
	putchar('\n');
}

enum ask { PAGE, PAGE_ACTIVE, PAGE_BIG, PAGE_JSON, CENSUS, CENSUS_THEN, SEARCH_NAME, SEARCH_PAIR, SEARCH_PREFIX, SEARCH_SOUND, SEARCH_DATE, SEARCH_NUMBER, MOMENT, ASKS };
static const char *const ask_names[] = {"a page, any person", "a page, patients of the day", "a page of 1,000 messages or more", "... and its JSON", "census of the house", "census as of an earlier entry", "search: a common family name", "search: family and given name",
                                        "search: the beginnings of two names", "search: two names as they sound", "search: a birth date", "search: a record number", "as of a time"};

static void ask_one(struct chart *c, enum ask what, struct arena *a, struct chart_moment now, uint32_t persons, size_t *ret_n)
{
	struct err e = {0};
	struct chart_patient *p;
	struct chart_row *rows;
	struct chart_moment at = now;
	size_t n = 0;
	char text[100];
	uint32_t person = rnd(persons);
	if (what == PAGE_ACTIVE)
		person = persons - 1 - rnd(persons < ACTIVE ? persons : ACTIVE);
	if (what == PAGE_BIG || what == PAGE_JSON)
		person = 0;
	switch (what) {
	case PAGE: case PAGE_ACTIVE: case PAGE_BIG: case PAGE_JSON:
		snprintf(text, sizeof text, "%07u@HOSP", person);
		must(chart_patient(c, slice_str(text), now, a, &p, NULL, &e), &e);
		for (int i = 0; i < CHART_SECTIONS; i++)
			n += p->s[i].count;
		if (what == PAGE_JSON) {
			struct buf b;
			struct jsonw w;
			buf_init(&b, (size_t)1 << 30);
			jsonw_init(&w, &b);
			chart_json_patient(&w, p, &(struct fhir_options){0});
			n = b.n;
			buf_done(&b);
		}
		break;
	case CENSUS_THEN:
		must(chart_at_entry(c, now.end / 4 + rnd((uint32_t)(now.end / 2)), &at, &e), &e); /* fall through */
	case CENSUS: must(chart_census(c, at, SLICE_NULL, a, &rows, &n, &e), &e); break;
	case SEARCH_NAME: must(chart_search(c, SLICE("Schmidt"), now, 50, a, &rows, &n, &e), &e); break;
	case SEARCH_PAIR: must(chart_search(c, SLICE("schmidt maria"), now, 50, a, &rows, &n, &e), &e); break;
	case SEARCH_PREFIX: must(chart_search(c, SLICE("schm mar"), now, 50, a, &rows, &n, &e), &e); break;
	case SEARCH_SOUND: must(chart_search(c, SLICE("kowalskie oolga"), now, 50, a, &rows, &n, &e), &e); break;
	case SEARCH_DATE:
		must(chart_search(c, slice_str(birth_of(a, person)), now, 50, a, &rows, &n, &e), &e);
		break;
	case SEARCH_NUMBER:
		snprintf(text, sizeof text, "%07u", person);
		must(chart_search(c, slice_str(text), now, 50, a, &rows, &n, &e), &e);
		break;
	default: must(chart_at_time(c, START + (int64_t)rnd((uint32_t)(now.end / 10)) * TIME_SEC, &at, &e), &e);
	}
	*ret_n = n;
}

static uint32_t persons_of(struct chart *c)
{
	uint64_t n = chart_person_count(c);
	return n ? (uint32_t)n : 1;
}

static void ask(const char *path, int seconds, int only)
{
	struct err e = {0};
	struct chart *c = NULL;
	struct chart_moment now;
	struct arena *a = arena_new((size_t)2 << 30);
	must(chart_open(path, &(struct chart_options){0}, &c, &e), &e);
	must(chart_now(c, &now, &e), &e);
	uint32_t persons = persons_of(c);
	static int64_t t[200000];
	for (int what = 0; what < ASKS; what++) {
		if (only >= 0 && what != only)
			continue;
		size_t n = 0, got = 0;
		double c0 = cpu();
		int64_t until = time_monotonic() + seconds * TIME_SEC;
		while (n < ARRAY_LEN(t) && (n < 5 || time_monotonic() < until)) {
			arena_reset(a);
			int64_t t0 = time_monotonic();
			ask_one(c, (enum ask)what, a, now, persons, &got);
			t[n++] = time_monotonic() - t0;
		}
		char label[100];
		snprintf(label, sizeof label, "%s (%zu)", ask_names[what], got);
		say(label, t, n, cpu() - c0);
	}
	printf("memory of the reader: %ld MB\n", max_rss_mb());
	chart_close(c);
}

static void wards(const char *path, int n, int seconds)
{
	enum { EACH = 20000 };
	int64_t *t = mmap(NULL, (size_t)n * EACH * sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		exit(3);
	for (int k = 0; k < n; k++)
		if (fork() == 0) {
			struct err e = {0};
			struct chart *c = NULL;
			struct chart_moment now;
			struct arena *a = arena_new((size_t)2 << 30);
			state = (uint64_t)(k + 1) * UINT64_C(0x9e3779b97f4a7c15);
			must(chart_open(path, &(struct chart_options){0}, &c, &e), &e);
			must(chart_now(c, &now, &e), &e);
			uint32_t persons = persons_of(c);
			int64_t until = time_monotonic() + seconds * TIME_SEC;
			for (int i = 0; i < EACH && time_monotonic() < until; i++) {
				size_t got;
				usleep(rnd(2000000));
				arena_reset(a);
				int64_t t0 = time_monotonic();
				bool board = i % 10 == 9;
				ask_one(c, board ? CENSUS : i % 2 ? PAGE : PAGE_ACTIVE, a, now, persons, &got);
				t[(size_t)k * EACH + (size_t)i] = board ? -(time_monotonic() - t0) : time_monotonic() - t0;
			}
			_exit(0);
		}
	for (int k = 0; k < n; k++)
		wait(NULL);
	size_t pages = 0, boards = 0;
	int64_t *p = malloc((size_t)n * EACH * sizeof *p), *b = malloc((size_t)n * EACH * sizeof *b);
	for (size_t i = 0; i < (size_t)n * EACH; i++) {
		if (t[i] > 0)
			p[pages++] = t[i];
		else if (t[i] < 0)
			b[boards++] = -t[i];
	}
	printf("%d wards at once, %d s:\n", n, seconds);
	say("a page", p, pages, 0);
	say("the bed board of the whole house", b, boards, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	uint64_t n = argc > 3 ? strtoull(argv[3], NULL, 10) : 0, m = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if ((!strcmp(what, "build") || !strcmp(what, "live")) && n && m)
		build(argv[2], (uint32_t)n, m, what[0] == 'b');
	else if (!strcmp(what, "sqlite") && n && m)
		peer(argv[2], (uint32_t)n, m);
	else if (!strcmp(what, "ask") && argc > 2)
		ask(argv[2], n ? (int)n : 2, argc > 4 ? (int)m : -1);
	else if (!strcmp(what, "wards") && n && m)
		wards(argv[2], (int)n, (int)m);
	else {
		fprintf(stderr, "usage: bench_chart build|live|sqlite FILE PERSONS MESSAGES | ask FILE [SECONDS [WHICH]] | wards FILE N SECONDS\n");
		return 2;
	}
	return 0;
}
