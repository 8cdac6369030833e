/* Names: formats, leads, units. Spellings as they are met in files. */
#include "ecg_internal.h"

#include <ctype.h>
#include <stdio.h>

const char *ecg_format_name(enum ecg_format f)
{
	static const char *const names[ECG_FORMAT_COUNT] = {
		"unknown",
#define X(n, id, name, text) [n] = name,
		ECG_FORMATS(X)
#undef X
	};
	return (unsigned)f < ECG_FORMAT_COUNT ? names[f] : names[0];
}

enum ecg_format ecg_format_parse(struct slice name)
{
	for (unsigned i = 1; i < ECG_FORMAT_COUNT; i++)
		if (slice_eq_nocase(name, ecg_format_name((enum ecg_format)i)))
			return (enum ecg_format)i;
	return ECG_UNKNOWN;
}

static const char *const lead_names[ECG_LEAD_COUNT] = {
	"",
#define X(n, id, name) [n] = name,
	ECG_LEADS(X)
#undef X
};

const char *ecg_lead_name(enum ecg_lead l)
{
	return (unsigned)l < ECG_LEAD_COUNT ? lead_names[l] : "";
}

static bool letter_or_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* A word in front that says only that a lead follows, with what parts it from the lead: "Lead II", "ECG_V1", "MDC_ECG_LEAD_aVF", "ECGII". Empty where nothing would be left. */
static struct slice without(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);
	if (s.n <= n || !slice_eq_nocase(slice_of(s.p, n), prefix))
		return s;
	struct slice t = slice_of(s.p + n, s.n - n);
	while (t.n > 1 && (t.p[0] == ' ' || t.p[0] == '_' || t.p[0] == ':' || t.p[0] == '.' || (t.p[0] == '-' && !slice_eq_nocase(t, "-aVR"))))
		t = slice_of(t.p + 1, t.n - 1);
	return t;
}

/* Spellings of other houses. D1 and DI: derivation, in Romance languages; VX of the Frank leads; arabic numbers. */
static const struct {
	const char *name;
	uint8_t lead;
} other_names[] = {
	{"1", ECG_LEAD_I}, {"2", ECG_LEAD_II}, {"3", ECG_LEAD_III}, {"L1", ECG_LEAD_I}, {"L2", ECG_LEAD_II}, {"L3", ECG_LEAD_III}, {"LI", ECG_LEAD_I}, {"LII", ECG_LEAD_II}, {"LIII", ECG_LEAD_III},
	{"D1", ECG_LEAD_I}, {"D2", ECG_LEAD_II}, {"D3", ECG_LEAD_III}, {"DI", ECG_LEAD_I}, {"DII", ECG_LEAD_II}, {"DIII", ECG_LEAD_III}, {"VX", ECG_LEAD_X}, {"VY", ECG_LEAD_Y}, {"VZ", ECG_LEAD_Z},
	{"ML1", ECG_LEAD_MLI}, {"ML2", ECG_LEAD_MLII}, {"ML3", ECG_LEAD_MLIII}, {"rV2", ECG_LEAD_V2R}, {"rV3", ECG_LEAD_V3R}, {"rV4", ECG_LEAD_V4R}, {"rV5", ECG_LEAD_V5R}, {"rV6", ECG_LEAD_V6R},
	{"-VR", ECG_LEAD_MAVR}, {"aVR-", ECG_LEAD_MAVR}, {"maVR", ECG_LEAD_MAVR}, {"VR", ECG_LEAD_AVR}, {"VL", ECG_LEAD_AVL}, {"VF", ECG_LEAD_AVF},
};

static enum ecg_lead whole_name(struct slice s, bool bare)
{
	for (unsigned i = 1; i < ECG_LEAD_COUNT; i++)
		if (slice_eq_nocase(s, lead_names[i]))
			return (enum ecg_lead)i;
	for (size_t i = 0; i < ARRAY_LEN(other_names); i++)
		/* a number alone is a channel's, not a lead's: only behind "Lead" */
		if ((!bare || other_names[i].name[1]) && slice_eq_nocase(s, other_names[i].name))
			return (enum ecg_lead)other_names[i].lead;
	return ECG_LEAD_OTHER;
}

/* Leads whose names are words, letters or abbreviations of other things, too: "I felt dizzy", "as before", "X-axis accelerometer", "AI confidence", "VF since 10:20". */
static bool is_a_word(struct slice name)
{
	static const char *const words[] = {"I", "X", "Y", "Z", "AS", "ES", "AI", "VF", "VR", "VL", "DI", "LI", "1", "2", "3"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_nocase(name, words[i]))
			return true;
	return false;
}

/* What may stand behind such a lead: a number, a unit, something in brackets, how it was treated; and no other word. */
static bool is_a_remark(struct slice s)
{
	static const char *const words[] = {"raw", "filtered", "filt", "unfiltered", "lead", "ch", "channel", "ECG", "EKG", "mV", "uV", "V", "nV", "median", "rhythm", "signal", "Frank"};
	for (size_t i = 0, n; i < s.n; i += n) {
		for (n = 0; i + n < s.n && letter_or_digit(s.p[i + n]);)
			n++;
		if (!n) {
			if (s.p[i] == '(' || s.p[i] == '[')
				return true;
			n = 1;
			continue;
		}
		bool known = false;
		uint64_t v;
		for (size_t k = 0; k < ARRAY_LEN(words); k++)
			known = known || slice_eq_nocase(slice_of(s.p + i, n), words[k]);
		if (!known && num_u64(slice_of(s.p + i, n), 0, 9999, &v) < 0)
			return false;
	}
	return true;
}

enum ecg_lead ecg_lead_parse(struct slice s)
{
	static const char *const prefixes[] = {"MDC_ECG_LEAD", "MDC_ECG", "ECG", "EKG", "Channel", "Lead", "Ableitung", "Derivation", "Einthoven", "Wilson", "Goldberger"};
	bool bare = true;
	s = slice_trim(s);
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct slice t = without(s, prefixes[i]);
		bare = bare && (t.n == s.n || !strcmp(prefixes[i], "Channel") || !strcmp(prefixes[i], "ECG") || !strcmp(prefixes[i], "EKG"));
		s = t;
	}
	if (!s.n)
		return ECG_LEAD_OTHER;
	enum ecg_lead l = whole_name(s, bare);
	/* else what stands before the first thing that is no part of a name: "V1 (ch 3)", "II-0", "V5_filtered"; but "C3-A2" and "V-1" are none */
	for (size_t i = 1; l == ECG_LEAD_OTHER && i < s.n; i++)
		if (!letter_or_digit(s.p[i])) {
			struct slice name = slice_of(s.p, i);
			l = whole_name(name, bare);
			return is_a_word(name) && !is_a_remark(slice_of(s.p + i, s.n - i)) ? ECG_LEAD_OTHER : l;
		}
	return l;
}

/* Channels that carry a voltage and are no ECG: a word of the label begins so. */
static bool something_else(struct slice label)
{
	static const char *const words[] = {"EEG", "EOG", "EMG", "RESP", "ABP", "ART", "PLETH", "PPG", "SPO2", "SAO2", "CVP", "PAP", "BP", "ICP", "TEMP", "ACC", "EVENT", "STATUS", "TRIG", "ANNOT", "CO2", "ETCO2",
		"FLOW", "SOUND", "SNOR", "MARKER", "THOR", "ABDO", "CHIN", "LEG", "IMP"};
	char up[64] = "";
	size_t n = label.n < sizeof up - 1 ? label.n : sizeof up - 1;
	for (size_t i = 0; i < n; i++)
		up[i] = (char)toupper(label.p[i]);
	if (strstr(up, "ECG") || strstr(up, "EKG"))
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < ARRAY_LEN(words) && (i == 0 || !letter_or_digit((uint8_t)up[i - 1])); k++)
			if (!strncmp(up + i, words[k], strlen(words[k])))
				return true;
	return false;
}

void ecg_unit(struct ecg_channel *c, struct slice unit, double scale)
{
	static const struct {
		const char *name;
		double uv;
	} volts[] = {{"uV", 1}, {"\xc2\xb5V", 1}, {"\xce\xbcV", 1}, {"\xb5V", 1}, {"microvolt", 1}, {"mV", 1000}, {"millivolt", 1000}, {"V", 1e6}, {"nV", 1e-3}, {"uVolt", 1}, {"mVolt", 1000}};
	unit = slice_trim(unit);
	c->scale = scale;
	c->ecg = false;
	for (size_t i = 0; i < ARRAY_LEN(volts); i++)
		/* letter for letter: "MV" is a slip of the keyboard for mV, a megavolt is nothing that lives */
		if (slice_eq_nocase(unit, volts[i].name)) {
			c->scale = volts[i].uv < 1 ? scale / 1000 : scale * volts[i].uv;
			snprintf(c->unit, sizeof c->unit, "uV");
			c->ecg = c->lead != ECG_LEAD_OTHER || !something_else(c->label);
			return;
		}
	size_t n = 0;
	for (size_t i = 0; i < unit.n && n < sizeof c->unit - 1; i++)
		if (unit.p[i] > ' ' && unit.p[i] < 0x7f)
			c->unit[n++] = (char)unit.p[i];
	c->unit[n] = 0;
}

static bool taken(const struct ecg *g, const struct ecg_channel *c)
{
	for (unsigned i = 0; i < g->channels; i++)
		if (&g->channel[i] != c && !strcmp(g->channel[i].name, c->name))
			return true;
	return false;
}

struct ecg_channel *ecg_channel_add(struct ecg *g, struct slice label, struct err *e)
{
	if (g->channels == ECG_CHANNELS_MAX) {
		err_set(e, ERR_LIMIT, NULL, "more than %d channels", ECG_CHANNELS_MAX);
		return NULL;
	}
	struct ecg_channel *c = &g->channel[g->channels++];
	c->label = ecg_text(g, label);
	c->lead = ecg_lead_parse(c->label);
	if (c->lead != ECG_LEAD_OTHER && ecg_find(g, c->lead) != (int)(g->channels - 1))
		c->lead = ECG_LEAD_OTHER; /* the second of a name has no place of its own */
	if (c->lead != ECG_LEAD_OTHER) {
		snprintf(c->name, sizeof c->name, "%s", ecg_lead_name(c->lead));
	} else {
		size_t n = 0;
		for (size_t i = 0; i < c->label.n && n < sizeof c->name - 4; i++)
			if (c->label.p[i] >= ' ' && c->label.p[i] < 0x7f && c->label.p[i] != ',' && c->label.p[i] != '"')
				c->name[n++] = (char)c->label.p[i];
		c->name[n] = 0;
		if (!n)
			snprintf(c->name, sizeof c->name, "ch%u", g->channels);
	}
	char plain[sizeof c->name];
	memcpy(plain, c->name, sizeof plain);
	for (unsigned k = 2; taken(g, c); k++)
		snprintf(c->name, sizeof c->name, "%.19s.%u", plain, k);
	return c;
}
