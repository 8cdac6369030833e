/* The site's own patients as a list of known persons, for holdfast scope case persons --charts: what the charts know of each as of an entry, a row for each wording (a name of before, a second address, another number).
 *
 * Who a patient's relatives are is not in it: they are not the patient. Test patients are left out, and counted. */
#include "scope_cmd.h"

#include "chart.h"
#include "csv.h"
#include "person.h"

#include <inttypes.h>

#define PAGE 512                       /* persons asked for at a time */
#define WORDINGS 64                    /* different values of one kind that are listed of a person: as many numbers as a message can say */
#define CHARTS_MOST ((size_t)1 << 30)  /* bytes of one chart in memory */

enum column { C_ID, C_LAST, C_FIRST, C_MIDDLE, C_SUFFIX, C_DOB, C_DEATH, C_SEX, C_LANGUAGE, C_MRN, C_VISIT, C_SSN, C_MBI, C_MEDICAID, C_MEMBER, C_DL, C_PASSPORT, C_PHONE, C_EMAIL, C_STREET, C_APT, C_CITY, C_STATE, C_ZIP, COLUMNS };
static const char *const titles[COLUMNS] = {"person_id", "last", "first", "middle", "suffix", "dob", "death", "sex", "language", "mrn", "visit_number", "ssn", "mbi", "medicaid", "member_id", "dl", "passport", "phone", "email", "street", "apt", "city", "state", "zip"};

/* HL7 table 0203. What stands in no line here is a number that some provider gave to its patient. */
static const struct {
	const char *type;
	enum column column;
} types[] = {{"SS", C_SSN}, {"MC", C_MBI}, {"MA", C_MEDICAID}, {"MB", C_MEMBER}, {"HC", C_MEMBER}, {"SN", C_MEMBER}, {"DL", C_DL}, {"PPN", C_PASSPORT}, {"VN", C_VISIT}, {"AN", C_VISIT}};

struct wordings {
	struct slice v[WORDINGS];
	size_t n;
};
struct known { /* of one person; names and addresses are composites, the others values in their column */
	struct wordings name, address, value[COLUMNS];
	struct slice birth, death, sex, language;
	bool more; /* of something there was more than is listed */
};

static void also(struct known *k, struct wordings *w, struct slice s)
{
	if (!s.n)
		return;
	for (size_t i = 0; i < w->n; i++)
		if (slice_eq(w->v[i], s))
			return;
	if (w->n == WORDINGS)
		k->more = true;
	else
		w->v[w->n++] = s;
}

static struct slice day_of(struct slice iso)
{
	return iso.n > 10 ? slice_of(iso.p, 10) : iso;
}

static void number(struct known *k, struct slice value, struct slice type)
{
	enum column c = C_MRN;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (slice_eq_str(type, types[i].type))
			c = types[i].column;
	also(k, &k->value[c], value);
}

/* Its code where it is one that is known by its code or its words; else as it stands. */
static struct slice language_of(struct slice coded)
{
	static const unsigned parts[] = {FC_CODE, FC_DISPLAY, FC_TEXT};
	struct slice other = SLICE_NULL;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct slice one = fact_part(coded, parts[i]);
		int is = person_language(one);
		if (is >= 0)
			return one;
		other = is == PERSON_LANGUAGE_OTHER && !other.n ? one : other;
	}
	return other;
}

/* One registration: as it is now, or as it was before. */
static void registration(struct known *k, const struct fact *f)
{
	for (size_t i = 0; i < fact_count(f, FF_NAME); i++)
		if (!slice_eq_str(fact_part(fact_nth(f, FF_NAME, i), FN_USE), "anonymous"))
			also(k, &k->name, fact_nth(f, FF_NAME, i));
	for (size_t i = 0; i < fact_count(f, FF_ALIAS); i++)
		also(k, &k->name, fact_nth(f, FF_ALIAS, i));
	for (size_t i = 0; i < fact_count(f, FF_ADDRESS); i++)
		also(k, &k->address, fact_nth(f, FF_ADDRESS, i));
	for (size_t i = 0; i < fact_count(f, FF_TELECOM); i++) {
		struct slice t = fact_nth(f, FF_TELECOM, i), system = fact_part(t, FT_SYSTEM);
		if (slice_eq_str(system, "email"))
			also(k, &k->value[C_EMAIL], fact_part(t, FT_VALUE));
		else if (!slice_eq_str(system, "url") && !slice_eq_str(system, "other"))
			also(k, &k->value[C_PHONE], fact_part(t, FT_VALUE));
	}
	for (size_t i = 0; i < fact_count(f, FF_ACCOUNT); i++)
		also(k, &k->value[C_VISIT], fact_part(fact_nth(f, FF_ACCOUNT, i), FI_VALUE));
	if (!k->birth.n)
		k->birth = day_of(fact_get(f, FF_BIRTH));
	if (!k->sex.n)
		k->sex = fact_get(f, FF_SEX);
	for (size_t i = 0; !k->language.n && i < fact_count(f, FF_LANGUAGE); i++)
		k->language = language_of(fact_nth(f, FF_LANGUAGE, i));
	if (!k->death.n && slice_eq_str(fact_get(f, FF_DECEASED), "yes"))
		k->death = fact_get(f, FF_DECEASED_TIME).n ? day_of(fact_get(f, FF_DECEASED_TIME)) : SLICE("yes");
}

static void gather(struct known *k, const struct chart_patient *p)
{
	*k = (struct known){.more = false};
	for (size_t i = 0; i < p->ident_count; i++)
		number(k, p->idents[i].value, p->idents[i].type);
	if (p->demographics)
		registration(k, p->demographics->fact);
	for (const struct fact_item *it = p->demographics ? p->demographics->history : NULL; it; it = it->next)
		registration(k, it->fact);
	for (const struct fact_item *it = p->s[CHART_VISITS].items; it; it = it->next) {
		also(k, &k->value[C_VISIT], fact_part(fact_get(it->fact, FF_VISIT), FI_VALUE));
		also(k, &k->value[C_VISIT], fact_part(fact_get(it->fact, FF_ACCOUNT), FI_VALUE));
	}
	for (const struct fact_item *it = p->s[CHART_COVERAGE].items; it; it = it->next)
		also(k, &k->value[C_MEMBER], fact_get(it->fact, FF_POLICY));
}

static struct slice of(const struct wordings *w, size_t row)
{
	return row < w->n ? w->v[row] : SLICE_NULL;
}

/* Each row has the person's number, one of the names and the date of birth, so that it can be told by itself whose it is; the rest is as far as it goes. */
static void rows(const struct known *k, const char *id, struct buf *out, uint64_t *ret_rows)
{
	size_t n = k->name.n > k->address.n ? k->name.n : k->address.n;
	for (size_t c = 0; c < COLUMNS; c++)
		n = k->value[c].n > n ? k->value[c].n : n;
	for (size_t row = 0; row < (n ? n : 1); row++) {
		struct slice name = k->name.n ? k->name.v[row < k->name.n ? row : 0] : SLICE_NULL, address = of(&k->address, row), v[COLUMNS];
		for (size_t c = 0; c < COLUMNS; c++)
			v[c] = of(&k->value[c], row);
		v[C_ID] = slice_str(id);
		v[C_LAST] = fact_part(name, FN_FAMILY);
		v[C_FIRST] = fact_part(name, FN_GIVEN);
		v[C_MIDDLE] = fact_part(name, FN_MIDDLE);
		v[C_SUFFIX] = fact_part(name, FN_SUFFIX);
		v[C_DOB] = k->birth;
		v[C_DEATH] = k->death;
		v[C_SEX] = k->sex;
		v[C_LANGUAGE] = k->language;
		v[C_STREET] = fact_part(address, FA_LINE);
		v[C_APT] = fact_part(address, FA_LINE2);
		v[C_CITY] = fact_part(address, FA_CITY);
		v[C_STATE] = fact_part(address, FA_STATE);
		v[C_ZIP] = fact_part(address, FA_POSTAL);
		for (size_t c = 0; c < COLUMNS; c++) {
			if (c)
				buf_u8(out, ',');
			csv_put(out, v[c]);
		}
		buf_u8(out, '\n');
		++*ret_rows;
	}
}

static int one(struct chart *c, struct chart_moment at, const char *id, struct arena *a, struct buf *out, struct scope_charts *said, struct err *e)
{
	struct chart_patient *p;
	static struct known k;
	arena_reset(a);
	int r = chart_patient(c, slice_str(id), at, a, &p, NULL, e);
	if (r < 0)
		return r;
	if (p->test) {
		said->tests++;
		return 0;
	}
	gather(&k, p);
	said->more += k.more;
	said->persons++;
	rows(&k, p->id, out, &said->rows);
	return buf_ok(out) ? 0 : err_set(e, buf_code(out), NULL, "no room for the list of patients");
}

static int all(struct chart *c, struct chart_moment at, int fd, struct scope_charts *said, struct err *e)
{
	static char id[PAGE][32];
	AUTO_ARENA struct arena *a = arena_new(CHARTS_MOST);
	AUTO_BUF struct buf out = {0};
	uint64_t after = 0;
	size_t n;
	int r = a ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	buf_init(&out, CHARTS_MOST);
	for (size_t i = 0; i < COLUMNS; i++)
		buf_printf(&out, "%s%s", titles[i], i + 1 < COLUMNS ? "," : "\n");
	do {
		if (r == 0)
			r = chart_persons_page(c, at, after, PAGE, id, &n, &after, e);
		for (size_t i = 0; r == 0 && i < n; i++)
			r = one(c, at, id[i], a, &out, said, e);
		if (r == 0)
			r = file_write_all(fd, buf_slice(&out), e, "the list of patients");
		buf_reset(&out);
		if (cli_progress_wanted())
			fprintf(stderr, "\r%" PRIu64 " patients", said->persons);
	} while (r == 0 && after);
	if (cli_progress_wanted())
		fputc('\n', stderr);
	return r;
}

int scope_charts(const char *site, const char *as_of, int fd, struct scope_charts *ret, struct err *e)
{
	struct site s;
	struct chart *c = NULL;
	struct control *k = NULL;
	struct chart_moment at;
	*ret = (struct scope_charts){.persons = 0};
	int r = cli_site_charts(site, &s, e);
	if (r < 0)
		return r;
	r = cli_chart(&s, &c, &k, e);
	if (r == 0)
		r = cli_moment(c, &s, as_of, &at, e);
	if (r == 0) {
		ret->end = at.end;
		r = all(c, at, fd, ret, e);
	}
	chart_close(c);
	control_close(k);
	site_close(&s);
	if (r == 0 && ret->persons == 0)
		r = err_set(e, ERR_NOT_FOUND, NULL, "the charts know no patient then");
	return r;
}
