/* What comes back for a message that was sent: MSA of an acknowledgement (v2.9, 2.14.8). Any bytes are fine; what is no acknowledgement of that very message says nothing. */
#include "hl7_internal.h"

#define ROOM ((size_t)4 << 20)
#define ANSWER_MAX ((size_t)256 << 10) /* an acknowledgement is some hundred bytes; one with a whole message quoted in it is still not this large */

static void copy(struct slice s, char *out, size_t size)
{
	size_t n = 0, whole = utf8_valid_prefix(slice_of(s.p, s.n < size - 1 ? s.n : size - 1));
	for (size_t i = 0; i < whole; i++)
		out[n++] = s.p[i] >= 0x20 && s.p[i] != 0x7f ? (char)s.p[i] : ' ';
	out[n] = 0;
}

static enum hl7_heard meaning(struct slice code)
{
	static const struct {
		const char *code;
		enum hl7_heard heard;
	} codes[] = {{"AA", HL7_HEARD_ACCEPTED}, {"CA", HL7_HEARD_ACCEPTED}, {"AE", HL7_HEARD_ERROR}, {"CE", HL7_HEARD_ERROR}, {"AR", HL7_HEARD_REJECTED}, {"CR", HL7_HEARD_REJECTED}};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (slice_eq_str(code, codes[i].code))
			return codes[i].heard;
	return HL7_HEARD_NOTHING;
}

static void words(const struct hl7_msg *m, struct arena *a, struct hl7_answer *ret)
{
	static const char *const places[] = {"MSA-3", "ERR-8", "ERR-7", "ERR-3.2", "ERR-1.4.2"};
	for (size_t i = 0; i < ARRAY_LEN(places) && !ret->text[0]; i++) {
		struct slice raw = hl7_get(m, places[i]);
		if (raw.n)
			copy(slice_trim(hl7_text(m, raw, a)), ret->text, sizeof ret->text);
	}
}

/* Where an error's code stands: ERR-3 since 2.5, ERR-1.4 and MSA-6 before. */
static bool says_duplicate(const struct hl7_msg *m)
{
	static const char *const places[] = {"ERR-3.1", "ERR-1.4.1", "MSA-6.1"};
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (slice_eq_str(slice_trim(hl7_get(m, places[i])), "205"))
			return true;
	return false;
}

void hl7_answer_read(struct slice message, struct slice control_id, struct hl7_answer *ret)
{
	*ret = (struct hl7_answer){.heard = HL7_HEARD_NOTHING};
	AUTO_ARENA struct arena *a = arena_new(ROOM);
	struct hl7_msg m;
	if (!a || message.n > ANSWER_MAX || !control_id.n || hl7_parse(message, a, &m, NULL, 0, NULL, NULL) < 0)
		return;
	const struct hl7_segment *msa = hl7_segment(&m, "MSA", 0);
	struct slice code = slice_trim(hl7_field(&m, msa, 1)), of = hl7_field(&m, msa, 2);
	if (!msa || hl7_segment(&m, "MSA", 1) || !slice_eq(of, control_id)) /* two of them speak of two messages, or of nothing */
		return;
	ret->heard = meaning(code);
	if (ret->heard == HL7_HEARD_NOTHING)
		return;
	copy(code, ret->code, sizeof ret->code);
	ret->duplicate = ret->heard != HL7_HEARD_ACCEPTED && says_duplicate(&m);
	words(&m, a, ret);
}
