/* Lines and notes, as the station's texts have them: a word, a blank, a value. */
#include "station_internal.h"

struct slice station_line(struct cur *c, const char *word)
{
	struct slice line = cur_line(c);
	size_t n = strlen(word);
	if (c->failed || line.n < n + 2 || memcmp(line.p, word, n) || line.p[n] != ' ') {
		cur_fail(c);
		return SLICE_NULL;
	}
	return slice_of(line.p + n + 1, line.n - n - 1);
}

void station_line_text(struct cur *c, const char *word, char *out, size_t size)
{
	struct slice s = station_line(c, word);
	if (c->failed || !station_word_ok(s, size - 1)) {
		cur_fail(c);
		return;
	}
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

void station_line_number(struct cur *c, const char *word, uint64_t max, uint64_t *ret)
{
	struct slice s = station_line(c, word);
	if (c->failed || (s.n > 1 && s.p[0] == '0') || num_u64(s, 0, max, ret) < 0)
		cur_fail(c);
}

void station_line_time(struct cur *c, const char *word, int64_t *ret)
{
	struct slice s = station_line(c, word);
	char again[32];
	if (c->failed || time_parse(s, 0, ret) < 0 || !slice_eq_str(s, time_rfc3339(*ret, 0, again)))
		cur_fail(c);
}

void station_line_vkey(struct cur *c, const char *word, struct note_vkey *ret)
{
	struct slice s = station_line(c, word);
	if (c->failed || note_vkey_parse(s, ret, NULL) < 0 || ret->alg != 0x01)
		cur_fail(c);
}

void station_line_to(struct cur *c, const char *word, struct age_recipient *ret)
{
	struct slice s = station_line(c, word);
	if (c->failed || age_recipient_parse(s, ret, NULL) < 0)
		cur_fail(c);
}

bool station_word_ok(struct slice s, size_t max)
{
	if (!s.n || s.n > max || !utf8_valid(s) || slice_trim(s).n != s.n)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

void station_put_vkey(struct buf *b, const char *word, const struct note_vkey *v)
{
	buf_str(b, word);
	buf_u8(b, ' ');
	note_vkey_format(v, b);
	buf_u8(b, '\n');
}

void station_put_to(struct buf *b, const char *word, const struct age_recipient *to)
{
	char text[80];
	age_recipient_format(to, text);
	buf_printf(b, "%s %s\n", word, text);
}

/* text LF LF signature LF: the text ends before the first empty line, and one line follows it. */
int station_note_split(struct slice all, struct slice *ret_text, struct slice *ret_note, struct slice *rest, struct err *e)
{
	size_t most = all.n < 8192 ? all.n : 8192;
	const uint8_t *blank = most ? memmem(all.p, most, "\n\n", 2) : NULL;
	if (!blank)
		return err_set(e, ERR_INPUT, NULL, "no signed note stands at its beginning");
	size_t text = (size_t)(blank - all.p) + 1;
	const uint8_t *end = memchr(blank + 2, '\n', most - text - 1);
	if (!end)
		return err_set(e, ERR_INPUT, NULL, "the note at its beginning has no signature");
	size_t note = (size_t)(end - all.p) + 1;
	*ret_text = slice_of(all.p, text);
	*ret_note = slice_of(all.p, note);
	*rest = slice_of(all.p + note, all.n - note);
	return 0;
}

int station_note_check(struct slice note, struct slice text, const struct note_vkey *v, struct err *e)
{
	struct slice signed_text;
	uint64_t mask = 0;
	int r = note_verify(note, v, 1, &signed_text, &mask, NULL, e);
	if (r == ERR_NO)
		return err_set(e, ERR_CRYPTO, NULL, "it is not signed by %.100s", v->name);
	if (r < 0)
		return r;
	return slice_eq(signed_text, text) ? 0 : err_set(e, ERR_CRYPTO, NULL, "what is signed is another text");
}
