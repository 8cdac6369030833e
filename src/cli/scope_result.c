/* The result of a run, written and read: SITE/scope/NAME/{exposure,persons,objects,review}.ndjson, {grey,beside}.csv. Written whole beside their names, fsynced, and named; hashed while they are written. */
#include "scope_result.h"

#include "csv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WRITE_AT ((size_t)1 << 20)

static const char *const names[RESULT_FILES] = {"exposure.ndjson", "persons.ndjson", "objects.ndjson", "grey.csv", "review.ndjson", "beside.csv"};

const char *result_name(int file)
{
	return names[file];
}

int result_this_year(void)
{
	int y, mo, d, h, mi, s;
	time_civil(time_now(), &y, &mo, &d, &h, &mi, &s);
	return y;
}

/* ---- writing ---- */

struct out {
	int dir, fd;
	const char *name;
	char temp[40];
	struct buf b;
	struct seal_sha256 *h;
	uint64_t bytes, lines;
};

static int out_begin(struct out *o, int dir, const char *name, struct err *e)
{
	*o = (struct out){.dir = dir, .name = name, .fd = -1, .h = seal_sha256_new()};
	snprintf(o->temp, sizeof o->temp, ".%s.new", name);
	buf_init(&o->b, 2 * WRITE_AT);
	if (!o->h)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	seal_sha256_begin(o->h);
	if (unlinkat(dir, o->temp, 0) < 0 && errno != ENOENT)
		return err_sys(e, o->temp, "cannot be taken away");
	o->fd = openat(dir, o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return o->fd < 0 ? err_sys(e, o->temp, "cannot be made") : 0;
}

static int out_put(struct out *o, bool all, struct err *e)
{
	if (!buf_ok(&o->b))
		return err_set(e, buf_code(&o->b), o->name, "a line is too long");
	if (!all && o->b.n < WRITE_AT)
		return 0;
	seal_sha256_add(o->h, buf_slice(&o->b));
	o->bytes += o->b.n;
	int r = file_write_all(o->fd, buf_slice(&o->b), e, o->name);
	buf_reset(&o->b);
	return r;
}

static int out_line(struct out *o, struct err *e)
{
	buf_u8(&o->b, '\n');
	o->lines++;
	return out_put(o, false, e);
}

static int out_end(struct out *o, struct result_files *f, int which, struct err *e)
{
	uint8_t hash[SEAL_HASH];
	int r = out_put(o, true, e);
	if (r == 0 && fsync(o->fd) < 0)
		r = err_sys(e, o->name, "cannot be made durable");
	if (r == 0 && renameat(o->dir, o->temp, o->dir, o->name) < 0)
		r = err_sys(e, o->name, "cannot be named");
	if (r == 0) {
		seal_sha256_end(o->h, hash);
		case_hex(hash, f->of[which].sha256);
		f->of[which].bytes = o->bytes;
		f->of[which].lines = o->lines;
	}
	return r;
}

static void out_done(struct out *o)
{
	if (o->fd >= 0)
		close(o->fd);
	buf_done(&o->b);
	seal_sha256_free(o->h);
}

/* ---- exposure: a person and element a line ---- */

static int put_exposure(struct out *o, const struct scope_exposure *x, struct err *e)
{
	for (size_t i = 0; i < scope_exposure_rows(x); i++) {
		struct scope_row row;
		scope_exposure_row(x, i, &row);
		for (int el = 0; el < PERSON_ELEMENTS_N; el++) {
			struct jsonw w;
			if (!((row.accessed | row.acquired) & PERSON_BIT(el)))
				continue;
			jsonw_init(&w, &o->b);
			jsonw_obj(&w);
			jsonw_kslice(&w, "person", row.person);
			jsonw_kstr(&w, "element", person_element_word(el));
			jsonw_kstr(&w, "touch", row.acquired & PERSON_BIT(el) ? "acquired" : "accessed");
			jsonw_key(&w, "sources");
			jsonw_arr(&w);
			for (size_t k = 0; k < row.n; k++) {
				struct scope_place p;
				scope_exposure_place(x, row.first + k, &p);
				if (p.elements & PERSON_BIT(el))
					jsonw_slice(&w, p.path);
			}
			jsonw_arr_end(&w);
			jsonw_obj_end(&w);
			int r = out_line(o, e);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* ---- persons ---- */

static const int kept[] = {PERSON_ROLE_LAST, PERSON_ROLE_FIRST, PERSON_ROLE_MIDDLE, PERSON_ROLE_SUFFIX, PERSON_ROLE_NAME, PERSON_ROLE_DOB, PERSON_ROLE_DEATH, PERSON_ROLE_STREET, PERSON_ROLE_APT, PERSON_ROLE_ADDRESS, PERSON_ROLE_CITY, PERSON_ROLE_STATE, PERSON_ROLE_ZIP, PERSON_ROLE_COUNTRY, PERSON_ROLE_LANGUAGE};
enum { K_LAST, K_FIRST, K_MIDDLE, K_SUFFIX, K_NAME, K_DOB, K_DEATH, K_STREET, K_APT, K_ADDRESS, K_CITY, K_STATE, K_ZIP, K_COUNTRY, K_LANGUAGE, KEPT };
/* Behind them what a list says of whom a letter goes to instead: names, as in "Parent/Guardian", "Guarantor Name", "Next of Kin". */
enum { K_GUARDIAN = KEPT, K_GUARANTOR, K_KIN, K_REPRESENTATIVE, LISTED };

struct facts_of { /* of known persons who are in the exposure, by number: offsets in text + 1 */
	uint32_t (*v)[LISTED];
	size_t n;
	struct buf text;
};

/* K_GUARDIAN ... for a column that names somebody beside the person; -1. */
static int listed_beside(struct slice header, int who)
{
	if (who == PERSON_GUARANTOR)
		return K_GUARANTOR;
	switch (who == PERSON_KIN ? person_kinship(header) : PERSON_SELF) {
	case PERSON_PARENT:
	case PERSON_GUARDIAN: return K_GUARDIAN;
	case PERSON_RELATIVE:
	case PERSON_SPOUSE:
	case PERSON_CHILD: return K_KIN;
	case PERSON_REPRESENTATIVE: return K_REPRESENTATIVE;
	default: return -1; /* somebody who is to be called */
	}
}

static bool keep_listed(struct facts_of *f, uint32_t person, int k, struct slice a, struct slice b)
{
	if (f->v[person][k] || !(a.n + b.n) || f->text.n >= UINT32_MAX - (1 << 20))
		return false;
	f->v[person][k] = (uint32_t)f->text.n + 1;
	buf_add_slice(&f->text, a);
	if (a.n && b.n)
		buf_u8(&f->text, ' ');
	buf_add_slice(&f->text, b);
	buf_u8(&f->text, 0);
	return true;
}

/* A name in one column, or in two. */
static void keep_beside(struct facts_of *f, uint32_t person, const int *beside, const int *part, const struct slice *field, size_t n)
{
	for (int k = K_GUARDIAN; k < LISTED; k++) {
		struct slice name[3] = {SLICE_NULL, SLICE_NULL, SLICE_NULL}; /* whole, first, last */
		for (size_t i = 1; i < n; i++)
			if (beside[i] == k && !name[part[i]].n)
				name[part[i]] = slice_trim(field[i]);
		if (name[0].n)
			(void)keep_listed(f, person, k, name[0], SLICE_NULL);
		else if (name[1].n && name[2].n)
			(void)keep_listed(f, person, k, name[1], name[2]);
	}
}

static int one_list(struct facts_of *f, struct slice text, const struct scope_exposure *x, struct err *e)
{
	struct slice field[CSV_FIELDS_MAX];
	int column[CSV_FIELDS_MAX], beside[CSV_FIELDS_MAX], part[CSV_FIELDS_MAX];
	bool any = false;
	size_t n, columns;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct csv c;
	struct slice rest, head = slice_cut(text, '\n', &rest);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	csv_init(&c, text, csv_separator(head), a);
	if (!csv_row(&c, field, &columns))
		return 0;
	for (size_t i = 0; i < columns; i++) {
		int who, role = person_role_of_column(field[i], &who);
		column[i] = -1;
		for (int k = 0; k < KEPT; k++)
			if (i && kept[k] == role && who == PERSON_SUBJECT)
				column[i] = k;
		part[i] = role == PERSON_ROLE_NAME ? 0 : role == PERSON_ROLE_FIRST ? 1 : 2;
		beside[i] = i && (role == PERSON_ROLE_NAME || role == PERSON_ROLE_FIRST || role == PERSON_ROLE_LAST) ? listed_beside(field[i], who) : -1;
		if (i && role == PERSON_ROLE_OTHER && person_whom_of_column(field[i]) >= 0) { /* "Guarantor", "Mother": what stands under it are names */
			part[i] = 0;
			beside[i] = listed_beside(field[i], person_whom_of_column(field[i]));
		}
		any |= beside[i] >= 0;
	}
	while (csv_row(&c, field, &n)) {
		uint32_t p = n ? scope_exposure_find(x, field[0]) : SCOPE_NOBODY;
		for (size_t i = 1; p < f->n && i < n && i < columns; i++)
			if (column[i] >= 0)
				(void)keep_listed(f, p, column[i], field[i], SLICE_NULL);
		if (any && p < f->n)
			keep_beside(f, p, beside, part, field, n < columns ? n : columns);
		arena_reset(a);
		c.no_room = false;
	}
	return buf_ok(&f->text) ? 0 : err_set(e, buf_code(&f->text), NULL, "no memory");
}

static bool is_dead(struct slice s)
{
	return s.n && !slice_eq_nocase(s, "n") && !slice_eq_nocase(s, "no") && !slice_eq_nocase(s, "false") && !slice_eq_str(s, "0") && !slice_eq_nocase(s, "alive") && !slice_eq_nocase(s, "none");
}

/* Under 18 on the day of discovery, or today where that is not said. */
static bool is_minor(const struct person_date *d, int64_t on)
{
	int y, mo, day, h, mi, s;
	time_civil(on, &y, &mo, &day, &h, &mi, &s);
	int age = y - d->year - (mo < d->month || (mo == d->month && day < d->day));
	return age >= 0 && age < 18;
}

struct residence {
	char place[8];
	bool by_zip; /* the state is that of the ZIP Code: no state was said */
};

/* abroad: the site is not where ZIP Codes are, so that five digits without a country are no ZIP Code. */
static struct residence place_of(struct slice state, struct slice country, struct slice zip, bool abroad)
{
	struct residence r = {"ZZ", false};
	bool none = !country.n, american = slice_eq_nocase(country, "US") || slice_eq_nocase(country, "USA") || slice_eq_nocase(country, "UNITED STATES") || slice_eq_nocase(country, "UNITED STATES OF AMERICA");
	const char *us = none || american ? person_us_state(state) : NULL, *of_zip = american || (none && !abroad && !state.n) ? person_zip_state(zip) : NULL;
	char digits[10];
	if (us || of_zip) {
		snprintf(r.place, sizeof r.place, "US-%s", us ? us : of_zip);
		r.by_zip = !us;
	} else if (american || (none && !abroad && person_digits(zip, 9, digits) && (strlen(digits) == 5 || strlen(digits) == 9))) {
		snprintf(r.place, sizeof r.place, "US");
	} else if (country.n == 2) {
		snprintf(r.place, sizeof r.place, "%c%c", country.p[0] & 0xdf, country.p[1] & 0xdf);
	}
	return r;
}

/* ZIP Codes are of places west of Greenwich, and of Guam's. */
static bool is_abroad(int zone_minutes)
{
	return zone_minutes > 0 && zone_minutes != 600;
}

static void put_set(struct jsonw *w, const char *key, uint32_t set)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (int el = 0; el < PERSON_ELEMENTS_N; el++)
		if (set & PERSON_BIT(el))
			jsonw_str(w, person_element_word(el));
	jsonw_arr_end(w);
}

static void put_guarded(struct jsonw *w, unsigned flags)
{
	static const unsigned letters[] = {SCOPE_PART2, SCOPE_HIV, SCOPE_GENETIC, SCOPE_REPRODUCTIVE};
	jsonw_key(w, "protected");
	jsonw_arr(w);
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (flags & letters[i])
			jsonw_str(w, scope_flag_word(letters[i]));
	jsonw_arr_end(w);
}

static void put_classes(struct jsonw *w, unsigned classes)
{
	jsonw_key(w, "combinations");
	jsonw_arr(w);
	for (unsigned c = 1; c < 1u << PERSON_CLASSES_N; c <<= 1)
		if (classes & c)
			jsonw_str(w, person_class_word(c));
	jsonw_arr_end(w);
}

/* Who he is, and who is written to in his place (a minor's parents, the next of kin of somebody who has died). */
struct put {
	const struct survey_person *stranger; /* NULL: a known person */
	struct slice v[LISTED];
	unsigned flags;
	bool dated, minor, dead;
	struct person_date born;
	const struct survey *f;
	uint32_t number;
	char name[SURVEY_RELATIVES][520]; /* "": nobody is said */
	int at;                           /* whose address it is: enum survey_relative_for; -1: his own */
};

static void ages(const struct scope_case *c, struct put *p)
{
	p->dated = person_date(p->v[K_DOB], false, result_this_year(), &p->born, NULL);
	p->minor = p->dated && is_minor(&p->born, c->discovered != INT64_MIN ? c->discovered : time_now());
	p->dead = is_dead(p->v[K_DEATH]);
}

static void part_name(struct slice v[KEPT]);

/* As an address says it, "Sora Park", from whichever way it was written. */
static void name_beside(struct put *p, int purpose, struct slice listed)
{
	static const int of[] = {PERSON_ROLE_LAST, PERSON_ROLE_FIRST, PERSON_ROLE_MIDDLE, PERSON_ROLE_SUFFIX, PERSON_ROLE_NAME};
	struct slice n[KEPT] = {{0}};
	size_t at = 0;
	p->name[purpose][0] = 0;
	for (int k = K_LAST; k <= K_NAME; k++)
		n[k] = listed.n ? SLICE_NULL : survey_relative_value(p->f, p->number, (enum survey_relative_for)purpose, of[k]);
	if (listed.n)
		n[K_NAME] = listed;
	part_name(n);
	const struct slice order[] = {n[K_FIRST], n[K_MIDDLE], n[K_LAST], n[K_SUFFIX]};
	if (!n[K_LAST].n)
		snprintf(p->name[purpose], sizeof p->name[purpose], "%.*s", SLICE_FMT(n[K_NAME]));
	for (size_t i = 0; n[K_LAST].n && i < ARRAY_LEN(order) && at < sizeof p->name[purpose] - 1; i++)
		if (order[i].n)
			at += (size_t)snprintf(p->name[purpose] + at, sizeof p->name[purpose] - at, "%s%.*s", at ? " " : "", SLICE_FMT(order[i]));
}

/* The address of whom the letter goes to, where it is a whole one. */
static bool move_to(struct put *p, int purpose)
{
	static const int roles[] = {[K_STREET] = PERSON_ROLE_STREET, [K_APT] = PERSON_ROLE_APT, [K_ADDRESS] = PERSON_ROLE_ADDRESS, [K_CITY] = PERSON_ROLE_CITY, [K_STATE] = PERSON_ROLE_STATE, [K_ZIP] = PERSON_ROLE_ZIP, [K_COUNTRY] = PERSON_ROLE_COUNTRY};
	struct slice a[KEPT] = {{0}};
	for (int k = K_STREET; k <= K_COUNTRY; k++)
		a[k] = survey_relative_value(p->f, p->number, (enum survey_relative_for)purpose, roles[k]);
	if (!(a[K_STREET].n && (a[K_ZIP].n || a[K_CITY].n)) && !a[K_ADDRESS].n)
		return false;
	for (int k = K_STREET; k <= K_COUNTRY; k++)
		p->v[k] = a[k];
	p->at = purpose;
	return true;
}

/* What a list says counts; its address is the person's own. */
static void to_whom(struct put *p)
{
	bool home = p->v[K_STREET].n || p->v[K_ADDRESS].n;
	p->at = -1;
	for (int i = 0; i < SURVEY_RELATIVES; i++)
		p->name[i][0] = 0;
	if (p->dead) {
		name_beside(p, SURVEY_REPRESENTATIVE, p->v[K_REPRESENTATIVE]);
		name_beside(p, SURVEY_KIN, p->v[K_KIN].n ? p->v[K_KIN] : p->v[K_GUARDIAN]);
		bool one = p->name[SURVEY_REPRESENTATIVE][0] && !p->v[K_REPRESENTATIVE].n && move_to(p, SURVEY_REPRESENTATIVE);
		if (!one && !p->name[SURVEY_REPRESENTATIVE][0] && p->name[SURVEY_KIN][0] && !p->v[K_KIN].n && !p->v[K_GUARDIAN].n)
			(void)move_to(p, SURVEY_KIN);
	} else if (p->minor) {
		bool said = survey_relative_value(p->f, p->number, SURVEY_GUARDIAN, PERSON_ROLE_LAST).n || survey_relative_value(p->f, p->number, SURVEY_GUARDIAN, PERSON_ROLE_NAME).n;
		name_beside(p, SURVEY_GUARDIAN, p->v[K_GUARDIAN].n || said ? p->v[K_GUARDIAN] : p->v[K_GUARANTOR]);
		if (!home && p->name[SURVEY_GUARDIAN][0] && !p->v[K_GUARDIAN].n && said)
			(void)move_to(p, SURVEY_GUARDIAN);
	}
}

static const char *const purposes[SURVEY_RELATIVES] = {"guardian", "kin", "representative"}; /* members of a person, doc/notice.md */

static int put_person(struct out *o, const struct scope_row *row, struct put *p, struct result_files *files, struct err *e)
{
	size_t before = o->b.n;
	const struct survey_person *stranger = p->stranger;
	const struct slice *v = p->v;
	unsigned flags = p->flags;
	bool minor = p->minor, dead = p->dead;
	struct jsonw w;
	char dob[16] = "";
	if (p->dated)
		snprintf(dob, sizeof dob, "%04u-%02u-%02u", p->born.year, p->born.month, p->born.day);
	const struct residence home = place_of(v[K_STATE], v[K_COUNTRY], v[K_ZIP], files->abroad);
	const char *place = home.place;
	to_whom(p); /* he lives where he lives, whoever is written to */
	size_t at = result_count_place(files->place, ARRAY_LEN(files->place), &files->places, place);
	unsigned classes = person_classes(row->accessed | row->acquired);
	files->mix[at][classes][0]++;
	files->mix[at][person_classes(row->acquired)][1]++;
	files->minors += minor;
	files->deceased += dead;
	files->guarded += (flags & (SCOPE_PART2 | SCOPE_HIV | SCOPE_GENETIC | SCOPE_REPRODUCTIVE)) != 0;
	files->nowhere += !strcmp(place, "ZZ") || !strcmp(place, "US");
	files->by_zip += home.by_zip;
	for (int el = 0; el < PERSON_ELEMENTS_N; el++) {
		files->element[el][1] += (row->acquired & PERSON_BIT(el)) != 0;
		files->element[el][0] += (row->accessed & ~row->acquired & PERSON_BIT(el)) != 0;
	}
	jsonw_init(&w, &o->b);
	jsonw_obj(&w);
	jsonw_kslice(&w, "person_id", row->person);
	if (stranger) {
		jsonw_kslice(&w, "stranger", stranger->what);
		jsonw_ku64(&w, "records", stranger->records);
	}
	jsonw_kslice_opt(&w, "last", v[K_LAST].n ? v[K_LAST] : v[K_NAME]);
	jsonw_kslice_opt(&w, "first", v[K_FIRST]);
	jsonw_kslice_opt(&w, "middle", v[K_MIDDLE]);
	jsonw_kslice_opt(&w, "suffix", v[K_SUFFIX]);
	if (p->dated)
		jsonw_kstr(&w, "dob", dob);
	jsonw_kslice_opt(&w, "addr1", v[K_STREET].n ? v[K_STREET] : v[K_ADDRESS]);
	jsonw_kslice_opt(&w, "addr2", v[K_APT]);
	jsonw_kslice_opt(&w, "city", v[K_CITY]);
	jsonw_kslice_opt(&w, "state", v[K_STATE]);
	jsonw_kslice_opt(&w, "zip", v[K_ZIP]);
	jsonw_kslice_opt(&w, "country", v[K_COUNTRY]);
	jsonw_kstr(&w, "place", place);
	jsonw_kslice_opt(&w, "language", v[K_LANGUAGE]);
	if (minor)
		jsonw_kbool(&w, "minor", true);
	if (dead)
		jsonw_kbool(&w, "deceased", true);
	for (int i = 0; i < SURVEY_RELATIVES; i++)
		if (p->name[i][0])
			jsonw_kstr(&w, purposes[i], p->name[i]);
	if (p->at >= 0)
		jsonw_kstr(&w, "address_source", purposes[p->at]);
	files->guided += minor && !dead && p->name[SURVEY_GUARDIAN][0];
	files->heirs += dead && (p->name[SURVEY_KIN][0] || p->name[SURVEY_REPRESENTATIVE][0]);
	put_set(&w, "accessed", row->accessed & ~row->acquired);
	put_set(&w, "acquired", row->acquired);
	put_classes(&w, classes);
	if (flags)
		put_guarded(&w, flags);
	jsonw_obj_end(&w);
	return buf_ok(&o->b) ? result_letters_add(files->letters, slice_of(o->b.p + before, o->b.n - before), place, e) : 0;
}

/* A stranger's name as a whole, "Park, Ji-woo": the letter goes to Ji-woo Park. What has no comma stays as it was written. */
static void part_name(struct slice v[KEPT])
{
	struct slice given, last = slice_trim(slice_cut(v[K_NAME], ',', &given));
	given = slice_trim(given);
	if (v[K_LAST].n || v[K_FIRST].n || !last.n || !given.n || memchr(given.p, ',', given.n))
		return;
	v[K_LAST] = last;
	v[K_FIRST] = slice_trim(slice_cut(given, ' ', &v[K_MIDDLE]));
	v[K_MIDDLE] = slice_trim(v[K_MIDDLE]);
	if (slice_eq_nocase(v[K_FIRST], "Jr") || slice_eq_nocase(v[K_FIRST], "Jr.") || slice_eq_nocase(v[K_FIRST], "Sr") || slice_eq_nocase(v[K_FIRST], "Sr.") || slice_eq_nocase(v[K_FIRST], "II") || slice_eq_nocase(v[K_FIRST], "III") || slice_eq_nocase(v[K_FIRST], "MD"))
		v[K_LAST] = v[K_FIRST] = v[K_MIDDLE] = SLICE_NULL; /* "Reed, Jr.": the comma parts something else */
}

/* In which language somebody is written to: what the list says, else what his records say, as a code. One that has no code here stays as it was written. */
static struct slice language_of(struct slice listed, int recorded, char code[4])
{
	int said = person_language(listed);
	const char *is = person_language_code(said >= 0 ? said : recorded, code);
	return is && said != PERSON_LANGUAGE_OTHER ? slice_str(is) : said == PERSON_LANGUAGE_OTHER ? listed : SLICE_NULL;
}

static int put_persons(struct out *o, const struct scope_case *c, struct survey *f, const struct result_people *p, struct result_files *files, struct err *e)
{
	struct scope_exposure *x = survey_exposure(f);
	size_t rows = scope_exposure_rows(x);
	struct facts_of facts = {0};
	int r = 0;
	for (size_t i = 0; i < rows; i++) {
		struct scope_row row;
		scope_exposure_row(x, i, &row);
		facts.n = row.number >= facts.n ? (size_t)row.number + 1 : facts.n;
	}
	facts.v = calloc(facts.n ? facts.n : 1, sizeof *facts.v);
	buf_init(&facts.text, UINT32_MAX - 1);
	files->letters = result_letters_new(c->discovered != INT64_MIN ? c->discovered : time_now());
	if (!facts.v || !files->letters)
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < p->n; i++)
		r = one_list(&facts, p->list[i], x, e);
	for (size_t i = 0; r == 0 && i < rows; i++) {
		struct scope_row row;
		struct survey_person s;
		static struct put one;
		char code[4];
		scope_exposure_row(x, i, &row);
		bool stranger = survey_stranger(f, row.number, &s);
		one = (struct put){.stranger = stranger ? &s : NULL, .f = f, .number = row.number, .flags = survey_flags(f, row.number), .at = -1};
		for (int k = 0; k < LISTED; k++)
			one.v[k] = stranger ? k < KEPT ? survey_value(f, row.number, kept[k]) : SLICE_NULL : facts.v[row.number][k] ? slice_str((const char *)facts.text.p + facts.v[row.number][k] - 1) : SLICE_NULL;
		if (stranger)
			part_name(one.v);
		one.v[K_LANGUAGE] = language_of(one.v[K_LANGUAGE], survey_language(f, row.number), code);
		ages(c, &one);
		r = put_person(o, &row, &one, files, e);
		if (r == 0)
			r = out_line(o, e);
	}
	free(facts.v);
	buf_done(&facts.text);
	return r;
}

/* ---- objects, grey pairs ---- */

static int put_objects(struct out *o, const struct survey *f, const struct evidence_fold *fold, struct err *e)
{
	static const char *const states[] = {"read", "read-in-part", "not-found", "not-a-file", "unreadable", "unresolved"};
	for (size_t i = 0; i < survey_objects(f); i++) {
		const struct survey_object *b = survey_object(f, i);
		AUTO_BUF struct buf line = {0};
		struct jsonw w;
		buf_init(&line, 1 << 20);
		evidence_object_json(fold, evidence_fold_at(fold, b->touched), &line);
		jsonw_init(&w, &o->b);
		jsonw_obj(&w);
		jsonw_kstr(&w, "state", b->level < EVIDENCE_ACCESSED ? "not-asked-for" : states[b->state]);
		if (b->file && b->state <= SURVEY_READ_IN_PART) {
			char hex[2 * SEAL_HASH + 1];
			case_hex(b->sha256, hex);
			jsonw_kstr(&w, "file", b->file);
			jsonw_kstr(&w, "sha256", hex);
			jsonw_ku64(&w, "size", b->size);
			jsonw_ku64(&w, "found", b->hits);
			jsonw_ku64(&w, "records", b->records);
		}
		if (b->same_as >= 0)
			jsonw_kslice(&w, "same_as", survey_object(f, (size_t)b->same_as)->path);
		if (b->trouble)
			jsonw_kstr(&w, "trouble", b->trouble);
		jsonw_key(&w, "object");
		jsonw_raw(&w, buf_slice(&line));
		jsonw_obj_end(&w);
		int r = buf_ok(&line) ? out_line(o, e) : err_set(e, buf_code(&line), NULL, "an object's line is too long");
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_grey(struct out *o, struct survey *f, struct err *e)
{
	buf_str(&o->b, "a,b,person_a,person_b,probability,why");
	int r = out_line(o, e);
	o->lines--;
	for (size_t i = 0; r == 0 && i < survey_grey_n(f); i++) {
		struct survey_grey g;
		r = survey_grey(f, i, &g, e);
		if (r < 0)
			break;
		const struct slice who[] = {g.a, g.b, g.pa, g.pb};
		for (size_t k = 0; k < ARRAY_LEN(who); k++) {
			csv_put(&o->b, who[k]);
			buf_u8(&o->b, ',');
		}
		buf_printf(&o->b, "%.4f,", (double)g.probability);
		csv_put(&o->b, g.why);
		r = out_line(o, e);
	}
	return r;
}

static int put_review(struct out *o, struct survey *f, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < survey_grey_n(f) && i < SCOPE_QUEUE_MAX; i++) {
		r = result_review_line(f, i, &o->b, e);
		if (r == 0)
			r = out_line(o, e);
	}
	return r;
}

/* Who is named beside somebody, a name alone. */
static int put_beside(struct out *o, struct survey *f, struct err *e)
{
	buf_str(&o->b, "who,first,last,name,file,offset");
	int r = out_line(o, e);
	o->lines--;
	for (size_t i = 0; r == 0 && i < survey_beside_n(f); i++) {
		struct survey_beside x;
		survey_beside(f, i, &x);
		const struct slice cell[] = {slice_str(x.who), x.first, x.last, x.name, x.object->path};
		for (size_t k = 0; k < ARRAY_LEN(cell); k++) {
			csv_put(&o->b, cell[k]);
			buf_u8(&o->b, ',');
		}
		buf_printf(&o->b, "%" PRIu64, x.offset);
		r = out_line(o, e);
	}
	return r;
}

/* ---- all of it ---- */

static int folder(const struct site *s, const struct scope_case *c, bool make, char ret[160], struct err *e)
{
	snprintf(ret, 160, "scope/%.*s", SLICE_FMT(c->name));
	if (!make)
		return 0;
	int r = file_mkdir(s->fd, "scope", 0700, e);
	return r < 0 ? r : file_mkdir(s->fd, ret, 0700, e);
}

void result_files_done(struct result_files *f)
{
	result_letters_free(f->letters);
	free(f->mix);
	*f = (struct result_files){0};
}

int result_write(const struct site *s, const struct scope_case *c, struct survey *f, const struct evidence_fold *fold, const struct result_people *p, struct result_files *ret, struct err *e)
{
	char path[160];
	int r = folder(s, c, true, path, e);
	AUTO_CLOSE int dir = r < 0 ? -1 : file_open_dir(s->fd, path, e);
	*ret = (struct result_files){.abroad = is_abroad(s->zone_minutes)};
	if (dir < 0)
		return r < 0 ? r : dir;
	ret->mix = calloc(ARRAY_LEN(ret->place), sizeof *ret->mix);
	if (!ret->mix)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (int i = 0; r == 0 && i < RESULT_FILES; i++) {
		struct out o;
		r = out_begin(&o, dir, names[i], e);
		if (r == 0)
			r = i == RESULT_EXPOSURE ? put_exposure(&o, survey_exposure(f), e) : i == RESULT_PERSONS ? put_persons(&o, c, f, p, ret, e) : i == RESULT_OBJECTS ? put_objects(&o, f, fold, e) : i == RESULT_GREY ? put_grey(&o, f, e) : i == RESULT_REVIEW ? put_review(&o, f, e) : put_beside(&o, f, e);
		if (r == 0)
			r = out_end(&o, ret, i, e);
		out_done(&o);
	}
	if (r == 0)
		r = site_give_result(s, path, e);
	return r < 0 ? r : file_sync_dir(dir, ".", e);
}

void result_totals_json(struct jsonw *w, const struct survey *f)
{
	struct survey_totals t;
	survey_totals(f, &t);
	const struct {
		const char *key;
		uint64_t v;
	} all[] = {{"objects", t.objects}, {"listed", t.listed}, {"opened", t.opened}, {"accessed", t.accessed}, {"acquired", t.acquired}, {"read", t.read}, {"in_part", t.in_part}, {"not_found", t.not_found}, {"unreadable", t.unreadable}, {"not_files", t.not_files}, {"unresolved", t.unresolved}, {"unresolved_ids", t.unresolved_ids},
	           {"same", t.same}, {"bytes", t.bytes}, {"found", t.hits}, {"records", t.records}, {"unattributed", t.unattributed}, {"known", t.known}, {"strangers", t.strangers}, {"persons", t.known + t.strangers}, {"low", t.low}, {"point", t.point}, {"high", t.high},
	           {"grey", survey_grey_n(f)}, {"named_beside", survey_beside_n(f)}};
	jsonw_key(w, "totals");
	jsonw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		jsonw_ku64(w, all[i].key, all[i].v);
	jsonw_obj_end(w);
}

void result_files_json(struct jsonw *w, const struct result_files *f)
{
	jsonw_key(w, "files");
	jsonw_obj(w);
	for (int i = 0; i < RESULT_FILES; i++) {
		jsonw_key(w, names[i]);
		jsonw_obj(w);
		jsonw_kstr(w, "sha256", f->of[i].sha256);
		jsonw_ku64(w, "bytes", f->of[i].bytes);
		jsonw_ku64(w, "lines", f->of[i].lines);
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
	jsonw_key(w, "places");
	jsonw_obj(w);
	for (size_t i = 0; i < f->places; i++)
		jsonw_ku64(w, f->place[i].place, f->place[i].persons);
	jsonw_obj_end(w);
	jsonw_key(w, "combinations");
	jsonw_obj(w);
	for (size_t i = 0; f->mix && i < f->places; i++) {
		jsonw_key(w, f->place[i].place);
		jsonw_obj(w);
		for (unsigned m = 0; m < 1u << PERSON_CLASSES_N; m++) {
			char words[128] = "";
			size_t n = 0;
			if (!f->mix[i][m][0] && !f->mix[i][m][1])
				continue;
			for (unsigned c = 1; c < 1u << PERSON_CLASSES_N; c <<= 1)
				if (m & c)
					n += (size_t)snprintf(words + n, sizeof words - n, "%s%s", n ? " " : "", person_class_word(c));
			jsonw_key(w, words);
			jsonw_obj(w);
			jsonw_ku64(w, "touched", f->mix[i][m][0]);
			jsonw_ku64(w, "acquired", f->mix[i][m][1]);
			jsonw_obj_end(w);
		}
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
	jsonw_key(w, "elements");
	jsonw_obj(w);
	for (int el = 0; el < PERSON_ELEMENTS_N; el++) {
		if (!f->element[el][0] && !f->element[el][1])
			continue;
		jsonw_key(w, person_element_word(el));
		jsonw_obj(w);
		jsonw_ku64(w, "accessed", f->element[el][0]);
		jsonw_ku64(w, "acquired", f->element[el][1]);
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
	jsonw_ku64(w, "minors", f->minors);
	jsonw_ku64(w, "deceased", f->deceased);
	jsonw_ku64(w, "minors_with_guardian", f->guided);
	jsonw_ku64(w, "deceased_with_kin", f->heirs);
	jsonw_ku64(w, "protected", f->guarded);
	jsonw_ku64(w, "residence_unknown", f->nowhere);
	jsonw_ku64(w, "residence_by_zip", f->by_zip);
	result_letters_json(w, f->letters);
}

/* ---- reading ---- */

static int said_hash(const struct scope_case *c, int file, char ret[2 * SEAL_HASH + 1], struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)32 << 20);
	struct json_node *n;
	if (!c->run_n)
		return err_set(e, ERR_NOT_FOUND, NULL, "there was no run of this case yet: holdfast scope case run");
	int r = a ? json_tree(c->run[c->run_n - 1].json, a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	struct slice hash = json_text(json_get(json_get(n, "files"), names[file]), "sha256");
	if (hash.n != 2 * SEAL_HASH)
		return err_set(e, ERR_CORRUPT, NULL, "the run's entry names no such file");
	memcpy(ret, hash.p, hash.n);
	ret[hash.n] = 0;
	return 0;
}

int result_open(const struct site *s, const struct scope_case *c, int file, int *ret_fd, struct err *e)
{
	char path[160], full[200], want[2 * SEAL_HASH + 1], got[2 * SEAL_HASH + 1];
	uint8_t hash[SEAL_HASH], *block;
	int r = said_hash(c, file, want, e);
	if (r < 0)
		return r;
	(void)!folder(s, c, false, path, e);
	snprintf(full, sizeof full, "%s/%s", path, names[file]);
	int fd = openat(s->fd, full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, full, "is gone: it is a view, holdfast scope case run makes it again") : err_sys(e, full, "cannot be opened");
	struct seal_sha256 *h = seal_sha256_new();
	ssize_t n = 0;
	block = malloc(WRITE_AT);
	r = h && block ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0) {
		seal_sha256_begin(h);
		while ((n = read(fd, block, WRITE_AT)) > 0)
			seal_sha256_add(h, slice_of(block, (size_t)n));
		seal_sha256_end(h, hash);
		case_hex(hash, got);
		if (n < 0 || lseek(fd, 0, SEEK_SET) < 0)
			r = err_sys(e, full, "cannot be read");
		else if (strcmp(want, got))
			r = err_set(e, ERR_CORRUPT, full, "is not what the newest run wrote: run it again");
	}
	free(block);
	seal_sha256_free(h);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}
