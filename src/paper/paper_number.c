/* Numbers of sheets, and what their QR code says. Check characters: ISO/IEC 7064:2003, hybrid system MOD 37,36 (one character) for the number, pure system MOD 1271-36 (two) for the code; both over 0-9 A-Z. In a number the hyphens count, as Z, and in a code with a page the colons: one that moves makes another number. */
#include "paper.h"

#include <stdio.h>

static const char *const names[PAPER_KINDS] = {"census", "summary", "mar", "labs", "orders", "labels", "wristbands", "registration", "vitals", "mar-form", "orders-form", "notes", "lab-requisition", "transfer", "contacts", "calls"};

const char *paper_kind_name(enum paper_kind k)
{
	assert(k < PAPER_KINDS);
	return names[k];
}

int paper_kind_parse(struct slice name)
{
	for (int k = 0; k < PAPER_KINDS; k++)
		if (slice_eq_nocase(name, names[k]))
			return k;
	return -1;
}

bool paper_kind_is_form(enum paper_kind k)
{
	return k >= PAPER_REGISTRATION && k <= PAPER_TRANSFER;
}

bool paper_kind_is_written(enum paper_kind k)
{
	return paper_kind_is_form(k) || k == PAPER_MAR;
}

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static int value(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

static char check_one(struct slice s)
{
	unsigned p = 36;
	for (size_t i = 0; i < s.n; i++) {
		int v = s.p[i] == '-' ? 35 : value(s.p[i]);
		p = (p + (unsigned)v) % 36;
		p = (p ? p : 36) * 2 % 37;
	}
	return digits[(37 - p) % 36];
}

static void check_two(struct slice s, bool colons, char ret[3])
{
	unsigned p = 0;
	for (size_t i = 0; i < s.n; i++) {
		int v = colons && s.p[i] == ':' ? 35 : value(s.p[i]);
		if (v >= 0)
			p = (p + (unsigned)v) * 36 % 1271;
	}
	p = p * 36 % 1271; /* room for the second of them */
	unsigned c = (1 + 1271 - p) % 1271;
	ret[0] = digits[c / 36];
	ret[1] = digits[c % 36];
	ret[2] = 0;
}

/* Crockford's letters: none that is taken for a digit, and no U, so that no word comes out. */
void paper_block(const uint8_t hash[32], char ret[PAPER_BLOCK_MAX])
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned v = (unsigned)hash[0] << 8 | hash[1];
	ret[0] = letters[v >> 10 & 31];
	ret[1] = letters[v >> 5 & 31];
	ret[2] = letters[v & 31];
	ret[3] = 0;
}

void paper_number_put(const struct paper_number *n, char ret[PAPER_NUMBER_MAX])
{
	int k = snprintf(ret, PAPER_NUMBER_MAX, "%s-%llu-%u-", n->block, (unsigned long long)n->entry, n->sheet);
	ret[k] = check_one(slice_of(ret, (size_t)k));
	ret[k + 1] = 0;
}

void paper_code_put(const struct paper_code *c, char ret[PAPER_CODE_MAX])
{
	char number[PAPER_NUMBER_MAX], check[3], upper[24];
	size_t i = 0;
	for (const char *k = paper_kind_name(c->kind); *k; k++)
		upper[i++] = *k >= 'a' && *k <= 'z' ? (char)(*k - 32) : *k; /* what a QR code holds at five and a half bits a letter */
	upper[i] = 0;
	paper_number_put(&c->number, number);
	int k = snprintf(ret, PAPER_CODE_MAX, "HF%c:%s:%s:%llu:", c->page ? '2' : '1', number, upper, (unsigned long long)c->entry);
	if (c->page)
		k += snprintf(ret + k, PAPER_CODE_MAX - (size_t)k, "%u:", c->page);
	check_two(slice_of(ret, (size_t)k), c->page, check);
	snprintf(ret + k, PAPER_CODE_MAX - (size_t)k, "%s", check);
}

static int no_number(struct err *e)
{
	return err_set(e, ERR_INPUT, NULL, "this is no number of a sheet; one looks like K7Q-4711-12-X, and stands beside its QR code");
}

/* In capitals into out. */
static int tidy(struct slice text, char *out, size_t size, struct slice *ret)
{
	text = slice_trim(text);
	if (!text.n || text.n >= size)
		return ERR_INPUT;
	for (size_t i = 0; i < text.n; i++)
		out[i] = text.p[i] >= 'a' && text.p[i] <= 'z' ? (char)(text.p[i] - 32) : (char)text.p[i];
	*ret = slice_of(out, text.n);
	return 0;
}

static int number_of(struct slice s, struct paper_number *ret, struct err *e)
{
	struct slice rest, block, entry, sheet;
	uint64_t seq, no;
	struct paper_number n = {0};
	char again[PAPER_NUMBER_MAX];
	block = slice_cut(s, '-', &rest);
	entry = slice_cut(rest, '-', &rest);
	sheet = slice_cut(rest, '-', &rest);
	if (block.n != PAPER_BLOCK_MAX - 1 || num_u64(entry, 0, INT64_MAX - 1, &seq) < 0 || num_u64(sheet, 1, PAPER_SHEETS_MAX, &no) < 0 || rest.n != 1)
		return no_number(e);
	for (size_t i = 0; i < block.n; i++)
		if (value(block.p[i]) < 0)
			return no_number(e);
	memcpy(n.block, block.p, block.n);
	n.entry = seq;
	n.sheet = (uint32_t)no;
	paper_number_put(&n, again);
	if (!slice_eq_str(s, again)) /* leading zeros, too: a number has one form */
		return err_set(e, ERR_INPUT, NULL, "the check character does not fit: a character of the number is wrong, or two stand in each other's place");
	*ret = n;
	return 0;
}

int paper_code_get(struct slice text, struct paper_code *ret, struct err *e)
{
	char up[PAPER_CODE_MAX], again[PAPER_CODE_MAX];
	struct slice s, rest, number, kind, entry;
	struct paper_code c = {.page = 0};
	uint64_t page;
	if (tidy(text, up, sizeof up, &s) < 0 || !(slice_starts(s, "HF1:") || slice_starts(s, "HF2:")))
		return err_set(e, ERR_INPUT, NULL, "this is not what the QR code of a sheet says");
	number = slice_cut(slice_of(s.p + 4, s.n - 4), ':', &rest);
	kind = slice_cut(rest, ':', &rest);
	entry = slice_cut(rest, ':', &rest);
	int r = number_of(number, &c.number, e), k = paper_kind_parse(kind);
	if (r < 0)
		return r;
	if (k < 0 || num_u64(entry, 0, UINT64_MAX, &c.entry) < 0)
		return err_set(e, ERR_INPUT, NULL, "this is not what the QR code of a sheet says");
	if (s.p[2] == '2' && num_u64(slice_cut(rest, ':', &rest), 1, PAPER_PAGES_OF_SHEET_MAX, &page) < 0)
		return err_set(e, ERR_INPUT, NULL, "this is not what the QR code of a sheet says");
	c.kind = (enum paper_kind)k;
	c.page = s.p[2] == '2' ? (uint32_t)page : 0;
	paper_code_put(&c, again);
	if (!slice_eq_str(s, again))
		return err_set(e, ERR_INPUT, NULL, "the check characters do not fit: the code was misread");
	*ret = c;
	return 0;
}

int paper_number_get(struct slice text, struct paper_number *ret, struct err *e)
{
	char up[PAPER_CODE_MAX];
	struct slice s;
	struct paper_code c;
	if (tidy(text, up, sizeof up, &s) < 0)
		return no_number(e);
	if (!slice_starts(s, "HF1:") && !slice_starts(s, "HF2:"))
		return number_of(s, ret, e);
	int r = paper_code_get(s, &c, e);
	if (r == 0)
		*ret = c.number;
	return r;
}
