/* Tables of samples as text: the Apple Watch's export, our own, and those of other programs.
 *
 * Apple: rows of key and value (in the watch's language), then one value a line in microvolts:
 *     Name,Jane Doe / Date of Birth,... / Recorded Date,2020-03-01 08:15:30 +0100 / Classification,Sinus Rhythm / Symptoms, / Software Version,1.90 / Device,"Watch6,1" / Sample Rate,512.414 hertz / (blank) /
 *     Lead,Lead I / Unit,µV / (blank) / -12.345 ...
 * A watch that counts with a decimal comma writes "Messrate,511,422 hertz" and "-12,345".
 * Others: one row of names (a unit behind a name in brackets, or in a second row), then rows; a column may be the time in s, ms, us, ns, as h:m:s or as a date, or a running number.
 * Without time and rate nothing in the file says how fast it was recorded: 500 Hz are assumed, loudly.
 */
#include "decimals.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#define COLUMNS_MAX 80
#define HEAD_LINES 200
#define ASSUMED_RATE 500

enum role { SIGNAL, TIME, NUMBER, WORDS };
struct column {
	struct slice name, unit;
	enum role role;
	struct decimals seen;
	int digits;
	int32_t *out;
	uint64_t bad;
};
struct table {
	struct slice body;  /* from the first row of values */
	uint8_t delimiter;  /* 0: one column */
	bool comma;         /* decimals have a comma */
	bool apple;
	unsigned columns;
	struct column column[COLUMNS_MAX];
	bool lead_like;     /* something says that this is an ECG */
	bool named;         /* there is a row of names */
};

/* ---- lines and fields ---- */

static struct slice next_line(struct slice *rest)
{
	struct slice line = slice_cut(*rest, '\n', rest);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static struct slice plain(struct slice s) /* without blanks (also those that do not break) and quotes */
{
	for (;;) {
		struct slice t = slice_trim(s);
		if (t.n >= 2 && t.p[0] == 0xc2 && t.p[1] == 0xa0)
			t = slice_of(t.p + 2, t.n - 2);
		if (t.n >= 2 && (t.p[0] == '"' || t.p[0] == '\'') && t.p[t.n - 1] == t.p[0])
			t = slice_of(t.p + 1, t.n - 2);
		if (t.n == s.n)
			return t;
		s = t;
	}
}

/* The next field; quotes hold delimiters. */
static struct slice next_field(struct slice *rest, uint8_t delimiter, bool *more)
{
	struct slice s = *rest;
	bool quoted = false;
	if (delimiter == ' ')
		s = slice_trim(s);
	for (size_t i = 0; i < s.n && delimiter; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == delimiter && !quoted) {
			*rest = slice_of(s.p + i + 1, s.n - i - 1);
			*more = true;
			return plain(slice_of(s.p, i));
		}
	}
	*rest = SLICE_NULL;
	*more = false;
	return plain(s);
}

static unsigned split(struct slice line, uint8_t delimiter, struct slice *out, unsigned max)
{
	unsigned n = 0;
	bool more = true;
	while (more && n < max)
		out[n++] = next_field(&line, delimiter, &more);
	return more ? max + 1 : n;
}

static bool is_gap(struct slice s)
{
	return !s.n || slice_eq_nocase(s, "nan") || slice_eq_nocase(s, "na") || slice_eq_nocase(s, "null") || slice_eq_str(s, "-");
}

/* ---- where the values begin ---- */

static bool looks_like_values(struct slice line)
{
	struct slice s = plain(line);
	while (s.n && (s.p[0] == '\'' || s.p[0] == '"'))
		s = slice_of(s.p + 1, s.n - 1);
	size_t digits = 0, letters = 0;
	if (!s.n || (!isdigit(s.p[0]) && !strchr("+-.[,;", s.p[0]) && !slice_starts(s, "nan")))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (i + 3 <= s.n && slice_eq_nocase(slice_of(s.p + i, 3), "nan"))
			i += 2;
		else if (isdigit(s.p[i]))
			digits++;
		else if (isalpha(s.p[i]) && !((s.p[i] | 32) == 'e' && i && isdigit(s.p[i - 1])))
			letters++;
	}
	/* "2020-01-01T10:00:00Z" has some letters; a row of words has more of them than digits */
	return letters <= digits / 2 && (digits || slice_starts(s, "nan"));
}

static uint8_t delimiter_of(struct slice line, bool *comma)
{
	*comma = false;
	if (memchr(line.p, ';', line.n) || memchr(line.p, '\t', line.n)) {
		*comma = true;
		return memchr(line.p, ';', line.n) ? ';' : '\t';
	}
	if (memchr(line.p, ',', line.n))
		return ',';
	return memchr(slice_trim(line).p, ' ', slice_trim(line).n) ? ' ' : 0;
}

/* ---- names ---- */

static bool word_in(struct slice s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_nocase(s, words[i]))
			return true;
	return false;
}
#define ANY(s, ...) word_in((s), (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bool is_volt(struct slice u)
{
	return ANY(u, "uV", "\xc2\xb5V", "\xce\xbcV", "\xb5V", "mV", "V", "nV", "microvolt", "microvolts", "millivolt", "millivolts");
}

static bool is_time_unit(struct slice u)
{
	return ANY(u, "s", "sec", "second", "seconds", "ms", "msec", "millisecond", "milliseconds", "us", "\xc2\xb5s", "microseconds", "ns", "nanoseconds", "hh:mm:ss.mmm", "mm:ss.mmm", "hh:mm:ss");
}

/* "ECG (mV)", "ecg_mv", "time [ms]", "time_s": the unit comes off the name. */
static void name_and_unit(struct column *c, struct slice h)
{
	c->name = h;
	for (size_t i = 0; i < h.n; i++)
		if ((h.p[i] == '(' || h.p[i] == '[') && h.n > i + 2 && strchr(")]", h.p[h.n - 1])) {
			struct slice u = plain(slice_of(h.p + i + 1, h.n - i - 2));
			if (is_volt(u) || is_time_unit(u) || h.p[i] == '[') {
				c->unit = u;
				c->name = plain(slice_of(h.p, i));
			}
			return;
		}
	for (size_t i = h.n; i > 1; i--)
		if (h.p[i - 1] == '_' || h.p[i - 1] == ' ') {
			struct slice u = slice_of(h.p + i, h.n - i);
			if (is_volt(u) || is_time_unit(u)) {
				c->unit = u;
				c->name = slice_of(h.p, i - 1);
			}
			return;
		}
}

static void role(struct column *c)
{
	struct slice n = c->name, rest;
	if (is_time_unit(n)) { /* a column named "s" or "seconds" */
		c->unit = n;
		c->role = TIME;
		return;
	}
	for (size_t i = 0; i + 4 <= n.n; i++)
		if (slice_eq_nocase(slice_of(n.p + i, 4), "time") || slice_eq_nocase(slice_of(n.p + i, 4), "zeit") || slice_eq_nocase(slice_of(n.p + i, 4), "temp") /* temps */) {
			c->role = slice_eq_nocase(slice_of(n.p + i, n.n - i < 11 ? n.n - i : 11), "temperature") ? SIGNAL : TIME;
			return;
		}
	if (ANY(n, "t", "elapsed", "date", "datetime", "hora", "tiempo"))
		c->role = TIME;
	else if (!n.n || ANY(n, "sample", "sample #", "samples", "index", "idx", "n", "#", "no", "nr", "row", "id") || slice_eq_nocase(slice_cut(n, ':', &rest), "unnamed"))
		c->role = NUMBER;
}

static bool lead_like(const struct column *c)
{
	if (c->role != SIGNAL)
		return false;
	for (size_t i = 0; i + 3 <= c->name.n; i++)
		if (slice_eq_nocase(slice_of(c->name.p + i, 3), "ecg") || slice_eq_nocase(slice_of(c->name.p + i, 3), "ekg"))
			return true;
	return is_volt(c->unit) || ecg_lead_parse(c->name) != ECG_LEAD_OTHER;
}

/* ---- rows of key and value ---- */

enum key { K_NONE, K_NAME, K_BIRTH, K_DATE, K_CLASS, K_SYMPTOMS, K_SOFTWARE, K_DEVICE, K_RATE, K_LEAD, K_UNIT };
static enum key key_of(struct slice k)
{
	static const struct {
		const char *word;
		enum key key;
	} keys[] = {
		{"Name", K_NAME}, {"Nom", K_NAME}, {"Nombre", K_NAME}, {"Nome", K_NAME}, {"Naam", K_NAME}, {"Patient", K_NAME}, {"Namn", K_NAME}, {"Navn", K_NAME},
		{"Date of Birth", K_BIRTH}, {"Geburtstag", K_BIRTH}, {"Geburtsdatum", K_BIRTH}, {"Date de naissance", K_BIRTH}, {"Fecha de nacimiento", K_BIRTH}, {"Data di nascita", K_BIRTH},
		{"Data de nascimento", K_BIRTH}, {"Geboortedatum", K_BIRTH},
		{"Recorded Date", K_DATE}, {"Aufzeichnungsdatum", K_DATE}, {"Date d\xe2\x80\x99" "enregistrement", K_DATE}, {"Date d'enregistrement", K_DATE}, {"Fecha de registro", K_DATE},
		{"Data di registrazione", K_DATE}, {"Data de registro", K_DATE}, {"Opnamedatum", K_DATE}, {"Start", K_DATE}, {"Start time", K_DATE}, {"Date", K_DATE},
		{"Classification", K_CLASS}, {"Klassifizierung", K_CLASS}, {"Clasificaci\xc3\xb3n", K_CLASS}, {"Classificazione", K_CLASS}, {"Classifica\xc3\xa7\xc3\xa3o", K_CLASS}, {"Classificatie", K_CLASS},
		{"Symptoms", K_SYMPTOMS}, {"Symptome", K_SYMPTOMS}, {"Sympt\xc3\xb4mes", K_SYMPTOMS}, {"S\xc3\xadntomas", K_SYMPTOMS}, {"Sintomi", K_SYMPTOMS}, {"Sintomas", K_SYMPTOMS}, {"Symptomen", K_SYMPTOMS},
		{"Software Version", K_SOFTWARE}, {"Softwareversion", K_SOFTWARE}, {"Version du logiciel", K_SOFTWARE}, {"Versi\xc3\xb3n de software", K_SOFTWARE}, {"Versione software", K_SOFTWARE}, {"Softwareversie", K_SOFTWARE},
		{"Device", K_DEVICE}, {"Ger\xc3\xa4t", K_DEVICE}, {"Appareil", K_DEVICE}, {"Dispositivo", K_DEVICE}, {"Apparaat", K_DEVICE},
		{"Sample Rate", K_RATE}, {"Sampling Rate", K_RATE}, {"SampleRate", K_RATE}, {"Sampling Frequency", K_RATE}, {"SamplingFrequency", K_RATE}, {"fs", K_RATE}, {"Messrate", K_RATE}, {"Abtastrate", K_RATE},
		{"Lead", K_LEAD}, {"Ableitung", K_LEAD}, {"D\xc3\xa9rivation", K_LEAD}, {"Derivaci\xc3\xb3n", K_LEAD}, {"Derivazione", K_LEAD}, {"Deriva\xc3\xa7\xc3\xa3o", K_LEAD}, {"Afleiding", K_LEAD},
		{"Unit", K_UNIT}, {"Units", K_UNIT}, {"Einheit", K_UNIT}, {"Unit\xc3\xa9", K_UNIT}, {"Unidad", K_UNIT}, {"Unit\xc3\xa0", K_UNIT}, {"Unidade", K_UNIT}, {"Eenheid", K_UNIT},
	};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (slice_eq_nocase(k, keys[i].word))
			return keys[i].key;
	return K_NONE;
}

struct head { /* what stands before the values */
	struct slice key[HEAD_LINES], value[HEAD_LINES];
	unsigned rows;
	struct slice said[K_UNIT + 1];
	double rate; /* 0: not said */
};

/* "512.414 hertz", "511,422 Hz", "250". */
static double hertz(struct slice v, bool unit_needed)
{
	size_t n = 0;
	int64_t mant;
	int dec;
	if (!v.n)
		return 0;
	while (n < v.n && (isdigit(v.p[n]) || v.p[n] == '.' || v.p[n] == ','))
		n++;
	struct slice unit = plain(slice_of(v.p + n, v.n - n));
	bool hz = ANY(unit, "Hz", "hertz", "\xe3\x83\x98\xe3\x83\xab\xe3\x83\x84", "\xe8\xb5\xab\xe5\x85\xb9", "sps", "samples/s");
	if (!n || (!hz && (unit_needed || unit.n)) || !decimal_read(slice_of(v.p, n), true, &mant, &dec))
		return 0;
	double r = (double)mant * decimals_step(dec);
	if (dec) { /* divided, not multiplied: 512.414 is what the compiler makes of it */
		char text[32];
		snprintf(text, sizeof text, "%lld", (long long)mant);
		double whole;
		if (ecg_number(slice_str(text), &whole))
			r = whole / floor(1 / decimals_step(dec) + 0.5);
	}
	return r > 0 && r <= ECG_RATE_MAX ? r : 0;
}

static void key_value(struct head *h, struct slice line)
{
	struct slice value = SLICE_NULL, key = line;
	while (key.n && key.p[0] == '#')
		key = slice_trim(slice_of(key.p + 1, key.n - 1));
	line = key;
	for (size_t i = 0; i < line.n; i++)
		if (strchr(",;\t:=", line.p[i])) {
			key = slice_of(line.p, i);
			value = slice_of(line.p + i + 1, line.n - i - 1);
			break;
		}
	while (value.n && strchr(",;", value.p[value.n - 1])) /* rows filled up to the table's width */
		value.n--;
	key = plain(key);
	value = plain(value);
	if (h->rows == HEAD_LINES)
		return;
	h->key[h->rows] = key;
	h->value[h->rows++] = value;
	enum key k = key_of(key);
	if (k && !h->said[k].n)
		h->said[k] = value;
	double r = hertz(value, k != K_RATE);
	if (!h->rate && r > 0)
		h->rate = r;
	if (!k && !h->said[K_UNIT].n && is_volt(value))
		h->said[K_UNIT] = value;
}

/* ---- the layout ---- */

static bool find_body(struct slice file, struct table *t, struct head *h, struct slice last[2], unsigned *lasts)
{
	struct slice rest = file;
	for (unsigned i = 0; i < HEAD_LINES && rest.n; i++) {
		struct slice from = rest, line = next_line(&rest), s = slice_trim(line);
		if (!s.n)
			continue;
		if (looks_like_values(line)) {
			t->body = from;
			t->delimiter = delimiter_of(line, &t->comma);
			return true;
		}
		key_value(h, s);
		last[1] = last[0];
		last[0] = s;
		(*lasts)++;
	}
	return false;
}

static bool all_units(const struct slice *f, unsigned n)
{
	unsigned volts = 0;
	for (unsigned i = 0; i < n; i++) {
		if (!is_volt(f[i]) && !is_time_unit(f[i]) && f[i].n && !ANY(f[i], "sample", "-"))
			return false;
		volts += is_volt(f[i]);
	}
	return volts > 0;
}

static int names(struct table *t, const struct slice last[2], unsigned lasts, struct err *e)
{
	struct slice field[COLUMNS_MAX], first[COLUMNS_MAX], rest = t->body, units[COLUMNS_MAX];
	unsigned n = split(next_line(&rest), t->delimiter, first, COLUMNS_MAX), units_n = 0;
	if (n > COLUMNS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "more than %d columns", COLUMNS_MAX);
	unsigned have = lasts ? split(last[0], t->delimiter, field, COLUMNS_MAX) : 0;
	if (lasts > 1 && have == n && all_units(field, n)) {
		memcpy(units, field, sizeof units);
		units_n = n;
		have = split(last[1], t->delimiter, field, COLUMNS_MAX);
	}
	if (t->delimiter == ',' && lasts && have < n && !memchr(last[0].p, ',', last[0].n) && n == 2) { /* one name over "1,25" */
		t->delimiter = 0;
		t->comma = true;
		have = n = 1;
		field[0] = plain(last[0]);
	}
	t->columns = n;
	t->named = have == n || (have == n - 1 && have > 1); /* a row number without a name */
	for (unsigned i = 0; i < n; i++) {
		struct column *c = &t->column[i];
		if (t->named && i >= n - have)
			name_and_unit(c, field[i - (n - have)]);
		if (units_n == n && units[i].n)
			c->unit = units[i];
		if (t->named)
			role(c);
		if (is_time_unit(c->unit) && c->role == SIGNAL)
			c->role = TIME;
		t->lead_like = t->lead_like || lead_like(c);
	}
	return 0;
}

static int layout(struct slice file, struct table *t, struct head *h, struct err *e)
{
	struct slice last[2] = {SLICE_NULL, SLICE_NULL};
	unsigned lasts = 0;
	if (!find_body(file, t, h, last, &lasts))
		return err_set(e, ERR_INPUT, NULL, "no row of values stands in its first %d lines", HEAD_LINES);
	if (h->said[K_UNIT].n && h->rate > 0 && (h->said[K_LEAD].n || h->rows >= 8) && t->delimiter != ';' && t->delimiter != '\t') {
		struct slice rest = t->body, line = next_line(&rest);
		size_t commas = 0;
		for (size_t i = 0; i < line.n; i++)
			commas += line.p[i] == ',';
		if (commas <= 1) { /* one value a line; a comma is its point */
			t->apple = t->lead_like = t->named = true;
			t->delimiter = 0;
			t->comma = true;
			t->columns = 1;
			t->column[0] = (struct column){.name = h->said[K_LEAD], .unit = h->said[K_UNIT]};
			return 0;
		}
	}
	return names(t, last, lasts, e);
}

static bool printable(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
			return false;
	return true;
}

static bool ends_in(struct slice name, const char *extension)
{
	size_t n = strlen(extension);
	return name.n > n && slice_eq_nocase(slice_of(name.p + name.n - n, n), extension);
}

static struct slice without_bom(struct slice s)
{
	return s.n >= 3 && !memcmp(s.p, "\xef\xbb\xbf", 3) ? slice_of(s.p + 3, s.n - 3) : s;
}

static int sniff(struct slice file, struct slice name)
{
	bool named = ends_in(name, ".csv") || ends_in(name, ".tsv");
	struct slice head = slice_of(file.p, file.n < 8192 ? file.n : 8192), s = slice_trim(without_bom(head));
	if (!s.n || s.p[0] == '{' || s.p[0] == '<')
		return 0;
	if (!printable(head))
		return named;
	struct table *t = calloc(1, sizeof *t + sizeof(struct head));
	if (!t)
		return named;
	struct head *h = (struct head *)(void *)(t + 1);
	int r = layout(s, t, h, NULL);
	bool like = r == 0 && t->lead_like && t->named;
	free(t);
	return named || like;
}

/* ---- what the head says ---- */

static void birth(struct ecg *g, struct slice v)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct slice rest;
	uint64_t y, m = 0, d;
	if (v.n >= 10 && v.p[4] == '-' && v.p[7] == '-' && num_u64(slice_of(v.p, 4), 1000, 9999, &y) == 0 && num_u64(slice_of(v.p + 5, 2), 1, 12, &m) == 0 && num_u64(slice_of(v.p + 8, 2), 1, 31, &d) == 0) {
		g->person.birth = slice_of(v.p, 10);
		return;
	}
	struct slice a = slice_cut(v, '.', &rest), b = slice_cut(rest, '.', &rest); /* 31.12.1970 */
	if (num_u64(a, 1, 31, &d) == 0 && num_u64(slice_trim(b), 1, 12, &m) == 0 && num_u64(slice_trim(rest), 1000, 9999, &y) == 0) {
		g->person.birth = slice_str(arena_printf(g->a, "%04u-%02u-%02u", (unsigned)y, (unsigned)m, (unsigned)d));
		return;
	}
	struct slice mo = slice_cut(v, ' ', &rest), day = slice_cut(rest, ',', &rest); /* Dec 31, 1970 */
	for (size_t i = 0; i < 12 && mo.n >= 3; i++)
		if (slice_eq_nocase(slice_of(mo.p, 3), months[i]))
			m = i + 1;
	if (m && num_u64(slice_trim(day), 1, 31, &d) == 0 && num_u64(slice_trim(rest), 1000, 9999, &y) == 0)
		g->person.birth = slice_str(arena_printf(g->a, "%04u-%02u-%02u", (unsigned)y, (unsigned)m, (unsigned)d));
	else if (v.n) /* written in a way that two countries read differently: kept in words */
		(void)ecg_note(g, slice_str(arena_printf(g->a, "date of birth as written: %.*s", (int)(v.n < 60 ? v.n : 60), (const char *)v.p)));
}

/* "2020-03-01 08:15:30 +0100" as ISO. */
static void started(struct ecg *g, struct slice v)
{
	int64_t t;
	uint64_t zone;
	if (v.n >= 25 && v.p[10] == ' ' && v.p[19] == ' ' && (v.p[20] == '+' || v.p[20] == '-') && num_u64(slice_of(v.p + 21, 4), 0, 2359, &zone) == 0 && time_parse(slice_of(v.p, 19), 0, &t) == 0)
		g->start = slice_str(arena_printf(g->a, "%.10sT%.8s%.3s:%.2s", (const char *)v.p, (const char *)v.p + 11, (const char *)v.p + 20, (const char *)v.p + 23));
	else if (v.n >= 19 && (v.p[10] == ' ' || v.p[10] == 'T') && time_parse(v, 0, &t) == 0)
		g->start = slice_str(arena_printf(g->a, "%.10sT%.*s", (const char *)v.p, (int)(v.n - 11 < 40 ? v.n - 11 : 40), (const char *)v.p + 11));
	else if (v.n)
		(void)ecg_note(g, slice_str(arena_printf(g->a, "recorded (as written): %.*s", (int)(v.n < 60 ? v.n : 60), (const char *)v.p)));
}

static void said(struct ecg *g, struct head *h)
{
	/* a language that is not in the table: the order is that of every Apple file */
	struct slice v;
	int64_t t;
	if (!h->said[K_DATE].n && h->rows >= 8 && h->value[2].n >= 19 && time_parse(slice_of(h->value[2].p, 19), 0, &t) == 0 && hertz(h->value[7], true) > 0) {
		static const enum key order[] = {K_NAME, K_BIRTH, K_DATE, K_CLASS, K_SYMPTOMS, K_SOFTWARE, K_DEVICE};
		for (size_t i = 0; i < ARRAY_LEN(order); i++)
			if (!h->said[order[i]].n)
				h->said[order[i]] = h->value[i];
	}
	v = ecg_text(g, h->said[K_NAME]);
	if (v.n) {
		size_t at = v.n;
		while (at && v.p[at - 1] != ' ')
			at--;
		g->person.family = slice_of(v.p + at, v.n - at);
		g->person.given = slice_trim(slice_of(v.p, at));
	}
	birth(g, ecg_text(g, h->said[K_BIRTH]));
	started(g, ecg_text(g, h->said[K_DATE]));
	g->software = ecg_text(g, h->said[K_SOFTWARE]);
	g->device = ecg_text(g, h->said[K_DEVICE]);
	struct ecg_note *n = h->said[K_CLASS].n ? ecg_note(g, h->said[K_CLASS]) : NULL;
	if (n)
		n->statement = true;
	if (h->said[K_SYMPTOMS].n && (v = ecg_text(g, h->said[K_SYMPTOMS])).n)
		(void)ecg_note(g, slice_str(arena_printf(g->a, "symptoms: %.*s", (int)(v.n < 400 ? v.n : 400), (const char *)v.p)));
}

/* ---- values ---- */

static bool time_cell(struct slice s, bool comma, double *ret)
{
	int64_t t;
	int dec;
	double part, sum = 0;
	if (s.n > 2 && s.p[0] == '[')
		s = plain(slice_of(s.p + 1, s.n - 2));
	if (!s.n)
		return false;
	if (!memchr(s.p, ':', s.n)) {
		if (!decimal_read(s, comma, &t, &dec))
			return false;
		*ret = (double)t * decimals_step(dec);
		return true;
	}
	if (s.n >= 16 && s.p[4] == '-') {
		if (time_parse(s, 0, &t) < 0)
			return false;
		*ret = (double)t / 1e9;
		return true;
	}
	while (s.n) {
		struct slice p = slice_cut(s, ':', &s);
		if (!ecg_number(p, &part) || part < 0)
			return false;
		sum = sum * 60 + part;
	}
	*ret = sum;
	return true;
}

struct times { /* of the time column */
	double first, last, before, worst;
	uint64_t n, rows;
	bool clock;
};

struct pass {
	struct ecg *g;
	struct table *t;
	struct times times;
	uint64_t rows, short_rows, bad;
	bool fill;
};

static void cell(struct pass *p, struct column *c, struct slice s, uint64_t row)
{
	int64_t mant;
	int dec;
	bool ok = decimal_read(s, p->t->comma, &mant, &dec);
	if (!p->fill) {
		if (ok)
			decimals_see(&c->seen, mant, dec);
		else if (!is_gap(s))
			c->bad++;
	} else if (c->out) {
		c->out[row] = ok ? decimals_value(c->digits, mant, dec) : ECG_GAP;
	}
}

static void time_seen(struct times *t, struct slice s, bool comma)
{
	double v;
	if (!time_cell(s, comma, &v))
		return;
	t->clock = t->clock || memchr(s.p, ':', s.n);
	if (!t->n++)
		t->first = v;
	else if (v - t->before > t->worst)
		t->worst = v - t->before;
	t->before = t->last = v;
}

static void each_row(struct pass *p)
{
	struct slice rest = p->t->body;
	unsigned time = p->t->columns;
	for (unsigned i = p->t->columns; i-- > 0;)
		if (p->t->column[i].role == TIME)
			time = i;
	p->rows = 0;
	while (rest.n) {
		struct slice line = next_line(&rest);
		bool more = true, last = !rest.n;
		if (!slice_trim(line).n && (p->t->columns > 1 || last))
			continue;
		if (!slice_trim(line).n && !slice_trim(rest).n)
			break; /* blank lines at the end */
		for (unsigned i = 0; i < p->t->columns; i++) {
			p->short_rows += !more;
			struct slice s = more ? next_field(&line, p->t->delimiter, &more) : SLICE_NULL;
			if (p->t->column[i].role == SIGNAL)
				cell(p, &p->t->column[i], s, p->rows);
			else if (i == time && !p->fill)
				time_seen(&p->times, s, p->t->comma);
		}
		p->rows++;
	}
}

/* What one unit of the time column is, in seconds. */
static double time_unit(struct ecg *g, const struct column *c, const struct times *t)
{
	struct slice u = c->unit;
	double step = t->n > 1 ? (t->last - t->first) / (double)(t->n - 1) : 0;
	if (t->clock || ANY(u, "s", "sec", "second", "seconds"))
		return 1;
	if (ANY(u, "ms", "msec", "millisecond", "milliseconds"))
		return 1e-3;
	if (ANY(u, "us", "\xc2\xb5s", "microseconds"))
		return 1e-6;
	if (ANY(u, "ns", "nanoseconds"))
		return 1e-9;
	ecg_warn(g, "the time column has no unit: %s are taken from the size of its steps", step < 0.2 ? "seconds" : step < 100 ? "milliseconds" : step < 1e5 ? "microseconds" : "nanoseconds");
	return step < 0.2 ? 1 : step < 100 ? 1e-3 : step < 1e5 ? 1e-6 : 1e-9;
}

static int rate(struct ecg *g, const struct table *t, const struct head *h, const struct times *s, double *ret, struct err *e)
{
	const struct column *c = NULL;
	for (unsigned i = t->columns; i-- > 0;)
		if (t->column[i].role == TIME)
			c = &t->column[i];
	*ret = h->rate;
	if (c && s->n > 1) {
		double unit = time_unit(g, c, s), step = (s->last - s->first) / (double)(s->n - 1) * unit;
		if (!(step > 0) || 1 / step > ECG_RATE_MAX)
			return err_set(e, ERR_INPUT, NULL, "the time column does not run forward: no sampling rate can be had from it");
		double r = 1 / step, whole = floor(r + 0.5);
		if (!h->rate)
			*ret = fabs(r - whole) < 5e-4 * r ? whole : floor(r * 1000 + 0.5) / 1000;
		if (s->worst * unit > 1.9 * step && s->worst * unit > step + 0.002)
			ecg_warn(g, "the time column jumps by up to %.3f s where %.4f s are usual: rows are missing, and all are taken to follow each other", s->worst * unit, step);
		if (s->first * unit > 9e8 && s->first * unit < 5e9 && !g->start.n) { /* seconds since 1970 */
			char text[32];
			g->start = slice_str(arena_printf(g->a, "%s", time_rfc3339((int64_t)(s->first * unit * 1000) * 1000000, 3, text)));
		}
	}
	if (*ret > 0)
		return 0;
	*ret = ASSUMED_RATE;
	ecg_warn(g, "NOTHING IN THE FILE SAYS HOW MANY SAMPLES A SECOND IT HAS: %d are assumed, and every time, rate and interval is wrong if that is", ASSUMED_RATE);
	return 0;
}

static int channel(struct ecg *g, const struct table *t, const struct head *h, struct column *c, uint64_t rows, double hz, struct err *e)
{
	struct slice label = c->name, unit = c->unit;
	if (t->apple && label.n) { /* "Ableitung I": what lead it is stands last */
		size_t at = label.n;
		while (at && label.p[at - 1] != ' ')
			at--;
		if (ecg_lead_parse(slice_of(label.p + at, label.n - at)) != ECG_LEAD_OTHER)
			label = slice_of(label.p + at, label.n - at);
	}
	struct ecg_channel *n = ecg_channel_add(g, label, e);
	if (!n)
		return ERR_LIMIT;
	if (!unit.n)
		unit = h->said[K_UNIT];
	if (!unit.n) {
		bool time = false;
		for (unsigned i = 0; i < t->columns; i++)
			time = time || t->column[i].role == TIME;
		/* our own tables have names only and are in microvolts; a table with time and small numbers with a point is in millivolts */
		bool small = time && c->seen.largest < 20 && c->seen.most > 0;
		unit = small ? SLICE("mV") : SLICE("uV");
		if (time)
			ecg_warn(g, "channel %u has no unit: %s are taken from the size of its values", g->channels - 1, small ? "millivolts" : "microvolts");
	}
	c->digits = decimals_digits(&c->seen);
	n->rate = hz;
	n->samples = rows;
	n->bits = (uint8_t)decimals_bits(&c->seen, c->digits);
	ecg_unit(n, unit, decimals_step(c->digits));
	c->out = arena_array(g->a, (size_t)rows, sizeof *c->out);
	n->s32 = c->out;
	return c->out ? 0 : err_set(e, arena_code(g->a), NULL, "no room for the samples");
}

static int values(struct ecg *g, struct table *t, struct head *h, struct err *e)
{
	struct pass p = {.g = g, .t = t};
	double hz;
	uint64_t numbers = 0, bad = 0;
	each_row(&p);
	for (unsigned i = 0; i < t->columns; i++) {
		struct column *c = &t->column[i];
		if (c->role == SIGNAL && !c->seen.numbers && (c->bad || !c->name.n))
			c->role = WORDS; /* a lead that was off all the time stays */
		if (c->role == SIGNAL)
			numbers += c->seen.numbers, bad += c->bad;
	}
	if (!numbers)
		return err_set(e, ERR_INPUT, NULL, "no column holds samples");
	if (bad > numbers / 10)
		return err_set(e, ERR_INPUT, NULL, "one in ten values or more is no number: this is no table of samples");
	if (bad)
		ecg_warn(g, "%llu values are no numbers and are gaps", (unsigned long long)bad);
	if (p.short_rows)
		ecg_warn(g, "some rows have fewer columns than the first; what is missing is a gap");
	int r = rate(g, t, h, &p.times, &hz, e);
	for (unsigned i = 0; i < t->columns && r == 0; i++)
		if (t->column[i].role == SIGNAL)
			r = channel(g, t, h, &t->column[i], p.rows, hz, e);
	if (r < 0)
		return r;
	p.fill = true;
	each_row(&p);
	return 0;
}

static int open_csv(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	struct table *t = arena_alloc(g->a, sizeof *t);
	struct head *h = arena_alloc(g->a, sizeof *h);
	if (!t || !h)
		return err_set(e, arena_code(g->a), NULL, "no room for the table");
	file = without_bom(file);
	if (!printable(slice_of(file.p, file.n < 65536 ? file.n : 65536)))
		return err_set(e, ERR_INPUT, NULL, "this is no table in plain text");
	int r = layout(file, t, h, e);
	if (r < 0)
		return r;
	if (!t->named)
		return err_set(e, ERR_INPUT, NULL, "the columns have no names, so that nothing says that they are leads");
	if (!t->lead_like)
		ecg_warn(g, "no column is named like a lead");
	said(g, h);
	return values(g, t, h, e);
}

const struct ecg_reader ecg_reader_csv = {ECG_CSV, sniff, open_csv, NULL, NULL};
