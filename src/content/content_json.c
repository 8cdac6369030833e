/* JSON, RFC 8259, as it comes: states and a stack of bits. Also NDJSON and texts one behind the other (a log): values at the top, with blanks
 * between. */
#include "content_text_internal.h"

enum { VALUE, FIRST_VALUE, FIRST_KEY, KEY, COLON, AFTER, TOP, STRING, ESCAPE, HEX, NUMBER, LITERAL };

static bool json_sniff(struct content_checker *c, struct slice h)
{
	if (h.n < 2)
		return false;
	if (c->r.named == CONTENT_JSON)
		return h.p[0] == '{' || h.p[0] == '[' || h.p[0] == '"';
	if (h.p[0] != '{' && h.p[0] != '[')
		return false;
	struct slice in = slice_trim(slice_of(h.p + 1, h.n - 1));
	if (!in.n)
		return false;
	if (h.p[0] == '{')
		return in.p[0] == '"' && memchr(in.p, ':', in.n);
	return in.p[0] == '{' || in.p[0] == '"';
}

static void json_begin(struct content_checker *c, struct slice head)
{
	STATE_OF(c, struct text_state)->u.json.state = TOP;
}

static bool in_object(const struct text_json_state *j)
{
	unsigned d = j->depth - 1;
	return j->stack[d / 8] >> (d % 8) & 1;
}

static void value_over(struct text_json_state *j)
{
	j->state = j->depth ? AFTER : TOP;
	j->seen = true;
}

static void open_one(struct text_json_state *j, bool object)
{
	unsigned d = j->depth++;
	if (j->depth >= TEXT_DEPTH) {
		j->broken = true;
		return;
	}
	uint8_t bit = (uint8_t)(1u << (d % 8));
	j->stack[d / 8] = (uint8_t)(object ? j->stack[d / 8] | bit : j->stack[d / 8] & ~bit);
	j->state = object ? FIRST_KEY : FIRST_VALUE;
}

static void close_one(struct text_json_state *j, bool object)
{
	if (!j->depth || in_object(j) != object) {
		j->broken = true;
		return;
	}
	j->depth--;
	value_over(j);
}

static void value_begins(struct text_json_state *j, uint8_t b)
{
	j->literal_n = 0;
	if (b == '"') {
		j->after = AFTER;
		j->state = STRING;
	} else if (b == '{' || b == '[')
		open_one(j, b == '{');
	else if (b == '-' || (b >= '0' && b <= '9')) {
		j->state = NUMBER;
	} else if (b == 't' || b == 'f' || b == 'n') {
		j->state = LITERAL;
		j->literal[j->literal_n++] = b;
	} else
		j->broken = true;
}

static void literal_over(struct text_json_state *j)
{
	struct slice s = slice_of(j->literal, j->literal_n);
	if (j->state == LITERAL && !slice_eq_str(s, "true") && !slice_eq_str(s, "false") && !slice_eq_str(s, "null"))
		j->broken = true;
	value_over(j);
}

static void structure(struct text_json_state *j, uint8_t b)
{
	if (b == ' ' || b == '\n' || b == '\r' || b == '\t' || (b == 0x1E && j->state == TOP)) /* RFC 7464 */
		return;
	switch (j->state) {
	case FIRST_VALUE:
		if (b == ']') {
			close_one(j, false);
			break;
		}
		/* fall through */
	case VALUE:
	case TOP:
		value_begins(j, b);
		break;
	case FIRST_KEY:
		if (b == '}') {
			close_one(j, true);
			break;
		}
		/* fall through */
	case KEY:
		j->after = COLON;
		j->state = STRING;
		j->broken = b != '"';
		break;
	case COLON:
		j->broken = b != ':';
		j->state = VALUE;
		break;
	default: /* AFTER */
		if (b == ',')
			j->state = in_object(j) ? KEY : VALUE;
		else if (b == '}' || b == ']')
			close_one(j, b == '}');
		else
			j->broken = true;
	}
}

static const uint8_t *in_string(struct text_json_state *j, const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p != '"' && *p != '\\' && *p >= 0x20)
		p++;
	if (p == end)
		return p;
	if (*p == '"') {
		if (j->after == COLON)
			j->state = COLON;
		else
			value_over(j);
	} else if (*p == '\\')
		j->state = ESCAPE;
	else
		j->broken = true;
	return p + 1;
}

static void json_feed(struct content_checker *c, struct slice s)
{
	struct text_json_state *j = &STATE_OF(c, struct text_state)->u.json;
	const uint8_t *p = s.p, *end = s.p + s.n;
	while (p < end && !j->broken) {
		uint8_t b = *p;
		switch (j->state) {
		case STRING:
			p = in_string(j, p, end);
			continue;
		case ESCAPE:
			j->broken = !strchr("\"\\/bfnrtu", b) || !b;
			j->hex = 4;
			j->state = b == 'u' ? HEX : STRING;
			break;
		case HEX:
			j->broken = !((b >= '0' && b <= '9') || ((b | 32) >= 'a' && (b | 32) <= 'f'));
			if (!--j->hex)
				j->state = STRING;
			break;
		case NUMBER:
			if ((b >= '0' && b <= '9') || b == '.' || b == 'e' || b == 'E' || b == '+' || b == '-')
				break;
			literal_over(j);
			continue;
		case LITERAL:
			if (b >= 'a' && b <= 'z' && j->literal_n < sizeof j->literal) {
				j->literal[j->literal_n++] = b;
				break;
			}
			literal_over(j);
			continue;
		default:
			structure(j, b);
		}
		p++;
	}
}

static enum grammar json_end(struct content_checker *c)
{
	struct text_json_state *j = &STATE_OF(c, struct text_state)->u.json;
	if (!j->broken && (j->state == NUMBER || j->state == LITERAL))
		literal_over(j);
	if (j->broken)
		return GRAMMAR_BROKEN;
	return j->state == TOP && j->seen ? GRAMMAR_HOLDS : GRAMMAR_CUT;
}

const struct text_reader text_json = {CONTENT_JSON, json_sniff, json_begin, json_feed, json_end};
