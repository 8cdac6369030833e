/* CPE names: 2.2 URI "cpe:/o:microsoft:windows_xp::sp3" (NISTIR 7695, 6.1) and 2.3 formatted string "cpe:2.3:o:microsoft:windows_xp:*:sp3:*..." (6.2). */
#include "exposure_internal.h"

static int hex(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* The next component into out: lower case, "\" (2.3) and "%xx" (2.2) undone, * is "". False: it does not fit. */
static bool component(struct slice *s, bool formatted, char *out, size_t size)
{
	size_t i = 0, n = 0;
	for (; i < s->n && s->p[i] != ':'; i++) {
		uint8_t c = s->p[i];
		if (formatted && c == '\\' && i + 1 < s->n)
			c = s->p[++i];
		else if (!formatted && c == '%' && i + 2 < s->n && hex(s->p[i + 1]) >= 0 && hex(s->p[i + 2]) >= 0) {
			c = (uint8_t)(hex(s->p[i + 1]) << 4 | hex(s->p[i + 2]));
			i += 2;
		}
		if (n + 1 == size || c < 0x20)
			return false;
		out[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	out[n] = 0;
	if (n == 1 && (out[0] == '*' || out[0] == '-'))
		out[0] = 0;
	*s = i < s->n ? slice_of(s->p + i + 1, s->n - i - 1) : SLICE_NULL;
	return true;
}

bool cpe_read(struct slice s, struct cpe *ret)
{
	struct cpe c;
	s = slice_trim(s);
	bool formatted = slice_starts(s, "cpe:2.3:"), uri = slice_starts(s, "cpe:/");
	if (!formatted && !uri)
		return false;
	s = slice_of(s.p + (formatted ? 8 : 5), s.n - (formatted ? 8 : 5));
	if (!component(&s, formatted, c.part, sizeof c.part) || !component(&s, formatted, c.vendor, sizeof c.vendor) || !component(&s, formatted, c.product, sizeof c.product) ||
	    !component(&s, formatted, c.version, sizeof c.version) || !component(&s, formatted, c.update, sizeof c.update) || !c.vendor[0] || !c.product[0])
		return false;
	*ret = c;
	return true;
}
