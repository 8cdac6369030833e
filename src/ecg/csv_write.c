/* A record as CSV: a row of lead names, then one row a sample, in microvolts (a channel that is no voltage: in its unit, which stands behind its name in brackets). What was not recorded is "nan".
 * The format has no field for the rate; whoever reads such a file has to be told it. */
#include "ecg_write_internal.h"

#include <math.h>
#include <stdio.h>

/* Decimals that tell steps apart a thousandfold, at most 9. */
static unsigned decimals(const struct ecg_channel *c)
{
	double step = fabs(c->scale), off = fabs(c->offset);
	unsigned d = 0;
	if (c->offset == 0 && step == floor(step))
		return 0;
	for (double p = 1; d < 9 && (step * p < 1000 || (off > 0 && off * p < 1000)); d++, p *= 10)
		if (off == 0 && fabs(step * p - floor(step * p + 0.5)) < 1e-9 * step * p)
			break; /* all values are whole at this many */
	return d;
}

static size_t number(char *out, double v, unsigned d)
{
	static const double power[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	char digit[32];
	size_t n = 0, k = 0;
	double scaled = floor(fabs(v) * power[d] + 0.5);
	if (!(scaled < 9e18))
		return (size_t)snprintf(out, 32, "%.9g", v);
	uint64_t u = (uint64_t)scaled;
	while (d && u % 10 == 0) {
		u /= 10;
		d--;
	}
	bool zero = !u;
	for (unsigned i = 0; i < d; i++, u /= 10)
		digit[k++] = (char)('0' + u % 10);
	if (d)
		digit[k++] = '.';
	do
		digit[k++] = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0 && !zero)
		out[n++] = '-';
	while (k)
		out[n++] = digit[--k];
	return n;
}

int ecg_write_csv(const struct ecg *g, const struct ecg_analysis *n, struct slice name, const struct ecg_sink *sink, struct err *e)
{
	struct ecg_out o;
	int32_t block[4096];
	unsigned d[ECG_CHANNELS_MAX];
	uint64_t rows = 0;
	for (unsigned i = 0; i < g->channels; i++) {
		if (g->channel[i].rate != g->channel[0].rate)
			return err_set(e, ERR_INPUT, NULL, "the channels have different sampling rates (%g and %g Hz), which rows of one table cannot hold; edf, wfdb and fhir can", g->channel[0].rate, g->channel[i].rate);
		rows = g->channel[i].samples > rows ? g->channel[i].samples : rows;
		d[i] = decimals(&g->channel[i]);
	}
	ecg_out_begin(&o, sink, name, ".csv", e);
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_channel *c = &g->channel[i];
		ecg_out_printf(&o, "%s%s", i ? "," : "", c->name);
		if (strcmp(c->unit, "uV") != 0 && c->unit[0])
			ecg_out_printf(&o, " [%s]", c->unit);
	}
	ecg_out_str(&o, "\n");
	size_t many = ARRAY_LEN(block) / g->channels;
	for (uint64_t at = 0; at < rows && o.code == 0; at += many) {
		size_t k = rows - at < many ? (size_t)(rows - at) : many;
		for (unsigned i = 0; i < g->channels; i++)
			ecg_read(g, i, at, k, block + i * many);
		for (size_t row = 0; row < k; row++)
			for (unsigned i = 0; i < g->channels; i++) {
				const struct ecg_channel *c = &g->channel[i];
				int32_t s = block[i * many + row];
				char text[48];
				size_t len = 3;
				if (s == ECG_GAP)
					memcpy(text, "nan", 3);
				else
					len = number(text, ((double)s - c->baseline) * c->scale + c->offset, d[i]);
				text[len++] = i + 1 == g->channels ? '\n' : ',';
				ecg_out_bytes(&o, text, len);
			}
	}
	return ecg_out_end(&o);
}
