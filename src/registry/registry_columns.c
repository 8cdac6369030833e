/* Which column is what: by its title, by a mapping file, or by its place and what stands in it. */
#include "registry_internal.h"

#include "csv.h"

#include <stdio.h>

static const char *const words[COLUMNS] = {"name", "state", "entity", "persons", "submitted", "type", "location", "associate", "description", "aware", "notified", "began", "ended", "view"};

const char *registry_column_word(enum column c)
{
	return (unsigned)c < COLUMNS ? words[c] : "?";
}

const char *registry_column_says(enum column c)
{
	static const char *const says[COLUMNS] = {"the name", "the state", "the type of entity", "the number of persons", "the day of submission", "the type of breach", "the location", "whether a business associate was present", "the description", "the day of discovery", "the day of notice", "the first day", "the last day", "the list"};
	return (unsigned)c < COLUMNS ? says[c] : "?";
}

/* Titles by their letters and digits, folded (csv_key). The portal's own, what people who keep copies write, and Washington's. */
static const struct {
	const char *key;
	enum column c;
} titles[] = {
	{"nameofcoveredentity", COL_NAME}, {"coveredentityname", COL_NAME}, {"coveredentity", COL_NAME}, {"entityname", COL_NAME}, {"nameofentity", COL_NAME}, {"name", COL_NAME}, {"organization", COL_NAME}, {"organizationname", COL_NAME}, {"organisation", COL_NAME}, {"company", COL_NAME},
	{"nameofcoveredentityorbusinessassociate", COL_NAME}, {"nameofthecoveredentity", COL_NAME}, {"cename", COL_NAME},
	{"state", COL_STATE}, {"statecode", COL_STATE}, {"usstate", COL_STATE}, {"st", COL_STATE},
	{"coveredentitytype", COL_ENTITY}, {"entitytype", COL_ENTITY}, {"typeofcoveredentity", COL_ENTITY}, {"industrytype", COL_ENTITY},
	{"individualsaffected", COL_PERSONS}, {"numberofindividualsaffected", COL_PERSONS}, {"numberofindividuals", COL_PERSONS}, {"individuals", COL_PERSONS}, {"affectedindividuals", COL_PERSONS}, {"personsaffected", COL_PERSONS}, {"peopleaffected", COL_PERSONS}, {"recordsaffected", COL_PERSONS},
	{"numberaffected", COL_PERSONS}, {"washingtoniansaffected", COL_PERSONS}, {"persons", COL_PERSONS}, {"individualsaffectedcount", COL_PERSONS},
	{"breachsubmissiondate", COL_SUBMITTED}, {"submissiondate", COL_SUBMITTED}, {"datesubmitted", COL_SUBMITTED}, {"dateofsubmission", COL_SUBMITTED}, {"reportdate", COL_SUBMITTED}, {"datereported", COL_SUBMITTED}, {"reporteddate", COL_SUBMITTED}, {"breachreportdate", COL_SUBMITTED}, {"submitted", COL_SUBMITTED},
	{"typeofbreach", COL_TYPE}, {"breachtype", COL_TYPE}, {"type", COL_TYPE}, {"databreachcause", COL_TYPE}, {"typesofbreach", COL_TYPE},
	{"locationofbreachedinformation", COL_LOCATION}, {"locationofbreach", COL_LOCATION}, {"breachlocation", COL_LOCATION}, {"location", COL_LOCATION}, {"locationofinformation", COL_LOCATION}, {"locationofbreachedphi", COL_LOCATION},
	{"businessassociatepresent", COL_ASSOCIATE}, {"businessassociateinvolved", COL_ASSOCIATE}, {"baspresent", COL_ASSOCIATE}, {"bapresent", COL_ASSOCIATE}, {"bainvolved", COL_ASSOCIATE}, {"businessassociate", COL_ASSOCIATE},
	{"webdescription", COL_DESCRIPTION}, {"description", COL_DESCRIPTION}, {"summary", COL_DESCRIPTION}, {"breachdescription", COL_DESCRIPTION},
	{"dateaware", COL_AWARE}, {"discoverydate", COL_AWARE}, {"datediscovered", COL_AWARE}, {"dateofdiscovery", COL_AWARE},
	{"datestart", COL_BEGAN}, {"breachstartdate", COL_BEGAN}, {"dateend", COL_ENDED}, {"breachenddate", COL_ENDED},
	{"datenotified", COL_NOTIFIED}, {"notificationdate", COL_NOTIFIED},
	{"status", COL_VIEW}, {"casestatus", COL_VIEW}, {"investigationstatus", COL_VIEW}, {"list", COL_VIEW}, {"view", COL_VIEW},
};

int registry_column_of(struct slice title)
{
	char key[64];
	csv_key(title, key);
	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (!strcmp(key, titles[i].key))
			return titles[i].c;
	return -1;
}

bool registry_is_blank(struct slice s)
{
	static const char *const w[] = {"\\N", "NULL", "nan", "NaN", "None", "N/A", "NA", "<NA>", "NaT"};
	for (size_t i = 0; s.n && i < ARRAY_LEN(w); i++)
		if (slice_eq_str(s, w[i]))
			return true;
	return s.n == 0;
}

/* Between groups of three digits: , . ' and blanks, those among them that do not break a line (in cp1252, too); how many bytes. 0: it is none. */
static size_t group_mark(struct slice s)
{
	static const char *const marks[] = {",", ".", " ", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE2\x80\x99", "\xA0"};
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (slice_starts(s, marks[i]))
			return strlen(marks[i]);
	return 0;
}

static size_t digits(struct slice s, uint64_t *v)
{
	size_t n = 0;
	for (; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
		*v = *v > UINT64_MAX / 20 ? UINT64_MAX : *v * 10 + (uint64_t)(s.p[n] - '0');
	return n;
}

/* What a spreadsheet puts behind a whole number: .0 .00 ,0 ,00, and more where the point cannot be a group's. */
static bool zeros(struct slice s, size_t lead, struct slice mark)
{
	if (!s.n || (s.p[0] != '.' && s.p[0] != ','))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] != '0')
			return false;
	return s.n != 4 || (s.p[0] == '.' && (mark.n ? mark.p[0] != '.' : lead > 3));
}

bool registry_is_number(struct slice s, uint64_t *ret)
{
	uint64_t v = 0;
	struct slice mark = SLICE_NULL;
	if (s.n > 3 && s.p[0] == '=' && s.p[1] == '"' && s.p[s.n - 1] == '"') /* ="4237": told a spreadsheet to leave it alone */
		s = slice_of(s.p + 2, s.n - 3);
	s = slice_trim(s);
	size_t n = digits(s, &v), lead = n;
	if (!n)
		return false;
	for (s = slice_of(s.p + n, s.n - n); s.n && !zeros(s, lead, mark);) {
		size_t m = group_mark(s);
		struct slice is = slice_of(s.p, m);
		s = slice_of(s.p + m, s.n - m);
		if (!m || lead > 3 || (mark.n && !slice_eq(mark, is)) || digits(s, &v) != 3)
			return false;
		mark = is;
		s = slice_of(s.p + 3, s.n - 3);
	}
	if (v == UINT64_MAX)
		return false;
	*ret = v;
	return true;
}

/* ---- a mapping file ---- */

static int map_line(struct registry_map *m, struct slice line, unsigned number, struct err *e)
{
	struct slice value, field = slice_trim(slice_cut(line, '=', &value));
	char place[32];
	uint64_t n;
	value = slice_trim(value);
	snprintf(place, sizeof place, "line %u", number);
	if (!value.n)
		return err_set(e, ERR_INPUT, place, "is not FIELD = COLUMN");
	if (slice_eq_nocase(field, "dates")) {
		static const char *const orders[] = {"auto", "mdy", "dmy", "ymd"};
		for (int i = 0; i < 4; i++)
			if (slice_eq_nocase(value, orders[i])) {
				m->order = (enum registry_order)i;
				return 0;
			}
		return err_set(e, ERR_INPUT, place, "dates are mdy, dmy, ymd or auto");
	}
	if (slice_eq_nocase(field, "source")) {
		int s = registry_source_parse(value);
		if (s < 0)
			return err_set(e, ERR_INPUT, place, "a source is ocr, wa-ag or other");
		m->source = (enum registry_source)s;
		m->source_given = true;
		return 0;
	}
	for (int c = 0; c < COLUMNS; c++)
		if (slice_eq_nocase(field, words[c])) {
			if (value.p[0] == '#') {
				if (num_u64(slice_of(value.p + 1, value.n - 1), 1, CSV_FIELDS_MAX, &n) < 0)
					return err_set(e, ERR_INPUT, place, "#N is a column's place, from 1 to %d", CSV_FIELDS_MAX);
				m->place[c] = (unsigned)n;
			} else
				m->title[c] = value;
			return 0;
		}
	return err_set(e, ERR_INPUT, place, "no such field: there are name, state, entity, persons, submitted, type, location, associate, description, aware, notified, began, ended, view, and dates and source");
}

int registry_map_read(struct slice text, struct arena *a, struct registry_map **ret, struct err *e)
{
	struct registry_map *m = arena_alloc(a, sizeof *m);
	unsigned number = 0;
	if (!m)
		return err_set(e, arena_code(a), NULL, "no memory");
	m->source = REGISTRY_OTHER;
	if (text.n >= 3 && !memcmp(text.p, "\xEF\xBB\xBF", 3))
		text = slice_of(text.p + 3, text.n - 3);
	if (!utf8_valid(text))
		return err_set(e, ERR_INPUT, NULL, "a mapping file is UTF-8");
	for (struct slice rest = text; rest.p && rest.n;) {
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		number++;
		if (!line.n || line.p[0] == '#')
			continue;
		int r = map_line(m, line, number, e);
		if (r < 0)
			return r;
	}
	if ((!m->title[COL_NAME].n && !m->place[COL_NAME]) || (!m->title[COL_SUBMITTED].n && !m->place[COL_SUBMITTED]))
		return err_set(e, ERR_INPUT, NULL, "a mapping names at least the columns of name and submitted");
	*ret = m;
	return 0;
}
