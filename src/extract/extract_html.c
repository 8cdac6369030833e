/* HTML as text: what a reader of the page sees, and what the page carries unseen (comments, hidden inputs, titles, addresses of links), for both can name a person. Tables are tables. No tree is built, and nothing is refused: HTML that browsers
 * show is often not well-formed. Source: WHATWG HTML, section 13.2, as far as it tells text from tags. */
#include "extract_flow.h"

#define TEXT_MAX ((size_t)1 << 30)

struct entity {
	const char *name;
	uint16_t code;
};
static const struct entity entities[] = { /* sorted by strcmp; those of HTML 4.01 that stand in names and letters */
	{"AElig", 198}, {"Aacute", 193}, {"Acirc", 194}, {"Agrave", 192}, {"Aring", 197}, {"Atilde", 195}, {"Auml", 196}, {"Ccedil", 199}, {"ETH", 208}, {"Eacute", 201}, {"Ecirc", 202}, {"Egrave", 200}, {"Euml", 203}, {"Iacute", 205}, {"Icirc", 206},
	{"Igrave", 204}, {"Iuml", 207}, {"Ntilde", 209}, {"OElig", 338}, {"Oacute", 211}, {"Ocirc", 212}, {"Ograve", 210}, {"Oslash", 216}, {"Otilde", 213}, {"Ouml", 214}, {"Scaron", 352}, {"THORN", 222}, {"Uacute", 218}, {"Ucirc", 219}, {"Ugrave", 217},
	{"Uuml", 220}, {"Yacute", 221}, {"Yuml", 376}, {"aacute", 225}, {"acirc", 226}, {"acute", 180}, {"aelig", 230}, {"agrave", 224}, {"amp", 38}, {"apos", 39}, {"aring", 229}, {"atilde", 227}, {"auml", 228}, {"bull", 8226}, {"ccedil", 231},
	{"cedil", 184}, {"cent", 162}, {"colon", 58}, {"comma", 44}, {"commat", 64}, {"copy", 169}, {"deg", 176}, {"eacute", 233}, {"ecirc", 234}, {"egrave", 232}, {"emsp", 8195}, {"ensp", 8194}, {"eth", 240}, {"euml", 235}, {"euro", 8364}, {"frac12", 189},
	{"gt", 62}, {"hellip", 8230}, {"hyphen", 8208}, {"iacute", 237}, {"icirc", 238}, {"iexcl", 161}, {"igrave", 236}, {"iquest", 191}, {"iuml", 239}, {"laquo", 171}, {"ldquo", 8220}, {"lpar", 40}, {"lsquo", 8216}, {"lt", 60}, {"mdash", 8212},
	{"micro", 181}, {"middot", 183}, {"nbsp", 32}, {"ndash", 8211}, {"ntilde", 241}, {"num", 35}, {"oacute", 243}, {"ocirc", 244}, {"oelig", 339}, {"ograve", 242}, {"ordf", 170}, {"ordm", 186}, {"oslash", 248}, {"otilde", 245}, {"ouml", 246},
	{"para", 182}, {"percnt", 37}, {"period", 46}, {"plusmn", 177}, {"pound", 163}, {"quot", 34}, {"raquo", 187}, {"rdquo", 8221}, {"reg", 174}, {"rpar", 41}, {"rsquo", 8217}, {"scaron", 353}, {"sect", 167}, {"shy", 173}, {"sol", 47}, {"szlig", 223},
	{"thinsp", 8201}, {"thorn", 254}, {"times", 215}, {"trade", 8482}, {"uacute", 250}, {"ucirc", 251}, {"ugrave", 249}, {"uuml", 252}, {"yacute", 253}, {"yen", 165}, {"yuml", 255}, {"zwj", 8205}, {"zwnj", 8204}};

static uint32_t named(struct slice name)
{
	size_t lo = 0, hi = ARRAY_LEN(entities);
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = slice_cmp(name, slice_str(entities[mid].name));
		if (c == 0)
			return entities[mid].code;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

/* The character that stands at s, which begins with '&'; 0: it is an ampersand and no more. */
static uint32_t entity(struct slice s, size_t *ret_n)
{
	size_t i = 1, most = s.n < 12 ? s.n : 12;
	uint32_t c = 0;
	if (i < most && s.p[i] == '#') {
		bool hex = ++i < most && (s.p[i] | 32) == 'x';
		size_t first = i += hex;
		for (; i < most; i++) {
			uint8_t b = s.p[i];
			if (b >= '0' && b <= '9')
				c = c * (hex ? 16 : 10) + (b - '0');
			else if (hex && (b | 32) >= 'a' && (b | 32) <= 'f')
				c = c * 16 + ((b | 32) - 'a' + 10u);
			else
				break;
			if (c > 0x10FFFF)
				return 0;
		}
		if (i == first)
			return 0;
	} else {
		size_t first = i;
		while (i < most && (((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9')))
			i++;
		c = named(slice_of(s.p + first, i - first));
	}
	*ret_n = i + (i < s.n && s.p[i] == ';');
	return c == 0xA0 ? ' ' : c;
}

/* Text between tags: entities undone, runs of blanks one blank. */
static void text(struct extract_flow *f, struct slice s, bool preformatted)
{
	for (size_t i = 0; i < s.n && f->code == 0;) {
		size_t n = i, skip = 0;
		while (n < s.n && s.p[n] != '&' && (s.p[n] > ' ' || preformatted))
			n++;
		extract_flow_text(f, slice_of(s.p + i, n - i));
		i = n;
		if (i == s.n)
			break;
		if (s.p[i] != '&') {
			while (i < s.n && s.p[i] <= ' ')
				i++;
			extract_flow_blank(f, ' ');
			continue;
		}
		uint8_t out[4];
		uint32_t c = entity(slice_of(s.p + i, s.n - i), &skip);
		size_t k = c ? utf8_put(c, out) : 0;
		if (c == 0xAD) /* a place where a word may be divided */
			k = 0;
		else if (!k) {
			extract_flow_text(f, SLICE("&"));
			skip = 1;
		}
		extract_flow_text(f, slice_of(out, k));
		i += skip;
	}
}

enum tag { TAG_INLINE, TAG_BLOCK, TAG_TABLE, TAG_ROW, TAG_CELL, TAG_BREAK, TAG_RAW, TAG_PRE };

static enum tag kind_of(struct slice name)
{
	static const struct {
		const char *name;
		enum tag kind;
	} tags[] = {{"p", TAG_BLOCK}, {"div", TAG_BLOCK}, {"br", TAG_BREAK}, {"hr", TAG_BREAK}, {"table", TAG_TABLE}, {"tr", TAG_ROW}, {"td", TAG_CELL}, {"th", TAG_CELL}, {"li", TAG_BLOCK}, {"ul", TAG_BLOCK}, {"ol", TAG_BLOCK}, {"h1", TAG_BLOCK}, {"h2", TAG_BLOCK},
		{"h3", TAG_BLOCK}, {"h4", TAG_BLOCK}, {"h5", TAG_BLOCK}, {"h6", TAG_BLOCK}, {"title", TAG_BLOCK}, {"body", TAG_BLOCK}, {"head", TAG_BLOCK}, {"dt", TAG_BLOCK}, {"dd", TAG_BLOCK}, {"dl", TAG_BLOCK}, {"section", TAG_BLOCK}, {"article", TAG_BLOCK},
		{"header", TAG_BLOCK}, {"footer", TAG_BLOCK}, {"form", TAG_BLOCK}, {"fieldset", TAG_BLOCK}, {"legend", TAG_BLOCK}, {"address", TAG_BLOCK}, {"blockquote", TAG_BLOCK}, {"option", TAG_BLOCK}, {"textarea", TAG_BLOCK}, {"caption", TAG_BLOCK}, {"center", TAG_BLOCK},
		{"pre", TAG_PRE}, {"script", TAG_RAW}, {"style", TAG_RAW}};
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (slice_eq_nocase(name, tags[i].name))
			return tags[i].kind;
	return TAG_INLINE;
}

/* What a page carries in its attributes: what is filled in, and where links go. */
static void attribute(struct extract_flow *f, struct slice name, struct slice value)
{
	static const char *const told[] = {"value", "title", "alt", "placeholder", "content", "summary", "label", "cite"};
	if (!value.n)
		return;
	bool link = slice_eq_nocase(name, "href") && (slice_starts(value, "mailto:") || slice_starts(value, "tel:") || memchr(value.p, '?', value.n));
	bool tell = link || (name.n > 5 && !strncasecmp((const char *)name.p, "data-", 5));
	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		tell |= slice_eq_nocase(name, told[i]);
	if (!tell)
		return;
	extract_flow_blank(f, ' ');
	text(f, value, false);
	extract_flow_blank(f, ' ');
}

/* Behind '<' and the tag's name; returns where the tag ends. */
static size_t attributes(struct extract_flow *f, struct slice s, size_t i)
{
	while (i < s.n && s.p[i] != '>') {
		while (i < s.n && (s.p[i] <= ' ' || s.p[i] == '/'))
			i++;
		size_t from = i;
		while (i < s.n && s.p[i] > ' ' && s.p[i] != '=' && s.p[i] != '>' && s.p[i] != '/')
			i++;
		struct slice name = slice_of(s.p + from, i - from), value = SLICE_NULL;
		while (i < s.n && s.p[i] <= ' ')
			i++;
		if (i < s.n && s.p[i] == '=') {
			i++;
			while (i < s.n && s.p[i] <= ' ')
				i++;
			uint8_t quote = i < s.n && (s.p[i] == '"' || s.p[i] == '\'') ? s.p[i++] : 0;
			from = i;
			while (i < s.n && (quote ? s.p[i] != quote : s.p[i] > ' ' && s.p[i] != '>'))
				i++;
			value = slice_of(s.p + from, i - from);
			i += quote && i < s.n;
		} else if (!name.n && i < s.n && s.p[i] != '>')
			i++;
		attribute(f, name, value);
	}
	return i < s.n ? i + 1 : i;
}

static size_t find(struct slice s, size_t from, const char *what)
{
	size_t n = strlen(what);
	for (size_t i = from; i + n <= s.n; i++) {
		const uint8_t *p = memchr(s.p + i, what[0], s.n - n + 1 - i);
		if (!p)
			break;
		i = (size_t)(p - s.p);
		if (!strncasecmp((const char *)p, what, n))
			return i;
	}
	return s.n;
}

struct html {
	struct extract_flow f;
	bool pre;
	unsigned cells; /* a cell was begun and not ended: HTML lets its end be left out */
};

static void open_or_close(struct html *h, enum tag kind, bool closes)
{
	struct extract_flow *f = &h->f;
	bool in_row = f->tables == 1;
	switch (kind) {
	case TAG_TABLE:
		extract_flow_table(f, !closes);
		h->cells = in_row && !closes ? h->cells : 0;
		break;
	case TAG_ROW:
		if (in_row && h->cells)
			extract_flow_cell(f);
		h->cells = in_row ? 0 : h->cells;
		extract_flow_row(f);
		break;
	case TAG_CELL:
		if (!in_row)
			extract_flow_cell(f);
		else {
			if (h->cells)
				extract_flow_cell(f);
			h->cells = !closes;
		}
		break;
	case TAG_PRE: h->pre = !closes; /* fall through */
	case TAG_BLOCK: case TAG_BREAK: extract_flow_blank(f, '\n'); break;
	default: break;
	}
}

/* At '<'. Returns where to go on. */
static size_t tag(struct html *h, struct slice s, size_t i)
{
	struct extract_flow *f = &h->f;
	if (i + 4 <= s.n && !memcmp(s.p + i, "<!--", 4)) {
		size_t end = find(s, i + 4, "-->");
		text(f, slice_of(s.p + i + 4, end - i - 4), false);
		extract_flow_blank(f, '\n');
		return end + 3 < s.n ? end + 3 : s.n;
	}
	bool closes = i + 1 < s.n && s.p[i + 1] == '/';
	size_t from = i + 1 + closes, k = from;
	if (from < s.n && (s.p[from] == '!' || s.p[from] == '?')) {
		const uint8_t *end = memchr(s.p + from, '>', s.n - from);
		return end ? (size_t)(end - s.p) + 1 : s.n;
	}
	while (k < s.n && (((s.p[k] | 32) >= 'a' && (s.p[k] | 32) <= 'z') || (k > from && s.p[k] >= '0' && s.p[k] <= '9') || s.p[k] == ':' || s.p[k] == '-'))
		k++;
	if (k == from) { /* a sign: "< 3" */
		extract_flow_text(f, SLICE("<"));
		return i + 1;
	}
	struct slice name = slice_of(s.p + from, k - from);
	enum tag kind = kind_of(name);
	open_or_close(h, kind, closes);
	size_t end = closes ? k : attributes(f, s, k);
	if (closes) {
		const uint8_t *p = memchr(s.p + k, '>', s.n - k);
		end = p ? (size_t)(p - s.p) + 1 : s.n;
	}
	if (kind != TAG_RAW || closes)
		return end;
	/* a script may carry data: its text is told; a style's is not */
	bool script = (name.p[0] | 32) == 's' && (name.p[1] | 32) == 'c';
	size_t stop = find(s, end, script ? "</script" : "</style");
	if (script) {
		extract_flow_blank(f, '\n');
		extract_flow_text(f, slice_of(s.p + end, stop - end));
		extract_flow_blank(f, '\n');
	}
	return stop;
}

/* <meta charset="x"> or <meta http-equiv=... content="text/html; charset=x"> in the first kilobyte (HTML, 13.2.3.2). */
static const char *declared(struct slice raw, char out[40])
{
	struct slice head = slice_of(raw.p, raw.n < 1024 ? raw.n : 1024);
	size_t at = find(head, 0, "charset=");
	if (at == head.n || (raw.n >= 2 && (raw.p[0] >= 0xFE || raw.p[0] == 0 || raw.p[1] == 0)))
		return NULL;
	at += 8;
	size_t n = 0;
	while (at < head.n && (head.p[at] == '"' || head.p[at] == '\'' || head.p[at] == ' '))
		at++;
	while (at < head.n && n < 39 && (head.p[at] == '-' || head.p[at] == '_' || ((head.p[at] | 32) >= 'a' && (head.p[at] | 32) <= 'z') || (head.p[at] >= '0' && head.p[at] <= '9')))
		out[n++] = (char)head.p[at++];
	out[n] = 0;
	return n ? out : NULL;
}

int extract_html_text(struct slice s, const struct extract_out *o, struct err *e)
{
	struct html h = {.pre = false};
	int r = extract_flow_init(&h.f, o, false, e);
	for (size_t i = 0; r == 0 && i < s.n && h.f.code == 0;) {
		const uint8_t *p = memchr(s.p + i, '<', s.n - i);
		size_t end = p ? (size_t)(p - s.p) : s.n;
		text(&h.f, slice_of(s.p + i, end - i), h.pre);
		i = end < s.n ? tag(&h, s, end) : end;
	}
	int told = extract_flow_done(&h.f);
	return r < 0 ? r : told;
}

int extract_html(struct slice file, const struct extract_out *o, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct slice s;
	char charset[40];
	buf_init(&b, TEXT_MAX);
	int r = extract_utf8(file, declared(file, charset), &b, &s, NULL, e);
	return r < 0 ? r : extract_html_text(s, o, e);
}
