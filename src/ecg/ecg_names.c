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

static struct slice without(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);
	if (s.n > n && slice_eq_nocase(slice_of(s.p, n), prefix))
		return slice_of(s.p + n, s.n - n);
	return s;
}

enum ecg_lead ecg_lead_parse(struct slice s)
{
	static const char *const prefixes[] = {"MDC_ECG_LEAD_", "ECG", "EKG", "Lead", "Channel", "LEAD", "D-"};
	s = slice_trim(s);
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		s = without(s, prefixes[i]);
		while (s.n > 1 && (s.p[0] == ' ' || s.p[0] == '_' || s.p[0] == '-' || s.p[0] == ':') && !(s.p[0] == '-' && slice_eq_nocase(s, "-aVR")))
			s = slice_of(s.p + 1, s.n - 1);
	}
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '(' || s.p[i] == '[' || s.p[i] == '-' || s.p[i] == '_' || s.p[i] == ' ')
			if (i > 0) {
				s = slice_of(s.p, i);
				break;
			}
	for (unsigned i = 1; i < ECG_LEAD_COUNT; i++)
		if (slice_eq_nocase(s, lead_names[i]))
			return (enum ecg_lead)i;
	return ECG_LEAD_OTHER;
}

/* Channels that carry a voltage and are no ECG. */
static bool something_else(struct slice label)
{
	static const char *const words[] = {"EEG", "EOG", "EMG", "RESP", "ABP", "ART", "PLETH", "PPG", "SPO2", "SAO2", "CVP", "PAP", "BP", "ICP", "TEMP", "ACC", "EVENT", "STATUS", "TRIG", "ANNOT", "CO2", "FLOW", "SOUND", "SNORE", "MARKER"};
	char up[64] = "";
	size_t n = label.n < sizeof up - 1 ? label.n : sizeof up - 1;
	for (size_t i = 0; i < n; i++)
		up[i] = (char)toupper(label.p[i]);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(up, words[i]))
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
