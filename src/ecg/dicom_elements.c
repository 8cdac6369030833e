/* DICOM data sets: elements, sequences, items, in all encodings that are not compressed. See dicom.h. */
#include "dicom.h"

#define UNDEFINED UINT32_MAX
#define ITEM DICOM_TAG(0xfffe, 0xe000)
#define ITEM_END DICOM_TAG(0xfffe, 0xe00d)
#define SEQUENCE_END DICOM_TAG(0xfffe, 0xe0dd)

static uint16_t u16(struct cur *c, bool big)
{
	return big ? cur_u16be(c) : cur_u16le(c);
}

static uint32_t u32(struct cur *c, bool big)
{
	return big ? cur_u32be(c) : cur_u32le(c);
}

static uint32_t tag(struct cur *c, bool big)
{
	uint32_t group = u16(c, big);
	return group << 16 | u16(c, big);
}

bool dicom_vr(const uint8_t *p)
{
	static const char known[] = "AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUV";
	for (size_t i = 0; i + 1 < sizeof known; i += 2)
		if (p[0] == (uint8_t)known[i] && p[1] == (uint8_t)known[i + 1])
			return true;
	return false;
}

static bool long_form(const char *vr)
{
	static const char known[] = "OBODOFOLOVOWSQSVUCUNURUTUV";
	for (size_t i = 0; i + 1 < sizeof known; i += 2)
		if (vr[0] == known[i] && vr[1] == known[i + 1])
			return true;
	return false;
}

static void skip_items(struct cur *c, bool big, bool implicit, unsigned depth);

/* Tag, VR and length; the value is not touched. */
static uint32_t head(struct cur *c, bool big, bool implicit, struct dicom_element *el)
{
	*el = (struct dicom_element){.tag = tag(c, big), .big = big, .implicit = implicit};
	if (implicit || el->tag >> 16 == 0xfffe)
		return u32(c, big);
	struct slice vr = cur_take(c, 2);
	if (!vr.p)
		return 0;
	if (!dicom_vr(vr.p)) {
		cur_fail(c);
		return 0;
	}
	memcpy(el->vr, vr.p, 2);
	if (!long_form(el->vr))
		return u16(c, big);
	(void)cur_take(c, 2);
	return u32(c, big);
}

/* Elements up to the delimiter of their item, which is taken too. */
static void skip_elements(struct cur *c, bool big, bool implicit, unsigned depth)
{
	struct dicom_element el;
	while (!c->failed) {
		uint32_t n = head(c, big, implicit, &el);
		if (el.tag == ITEM_END || c->failed)
			return;
		if (n != UNDEFINED)
			(void)cur_take(c, n);
		else if (memcmp(el.vr, "UN", 2) == 0)
			skip_items(c, false, true, depth + 1);
		else
			skip_items(c, big, implicit, depth + 1);
	}
}

/* Items up to the delimiter of their sequence, which is taken too. */
static void skip_items(struct cur *c, bool big, bool implicit, unsigned depth)
{
	if (depth > DICOM_DEPTH_MAX)
		cur_fail(c);
	while (!c->failed) {
		uint32_t t = tag(c, big), n = u32(c, big);
		if (t == SEQUENCE_END || c->failed)
			return;
		if (t != ITEM)
			cur_fail(c);
		else if (n != UNDEFINED)
			(void)cur_take(c, n);
		else
			skip_elements(c, big, implicit, depth);
	}
}

bool dicom_next(struct dicom_set *s, struct dicom_element *ret)
{
	if (s->c.p == s->c.end)
		return false;
	uint32_t n = head(&s->c, s->big, s->implicit, ret);
	ret->depth = s->depth;
	if (s->c.failed || ret->tag == ITEM_END || ret->tag == SEQUENCE_END)
		return false;
	if (n != UNDEFINED) {
		ret->value = cur_take(&s->c, n);
		return !s->c.failed;
	}
	if (memcmp(ret->vr, "UN", 2) == 0) { /* PS3.5 6.2.2: a sequence, whatever the rest is written in */
		ret->implicit = true;
		ret->big = false;
	}
	const uint8_t *from = s->c.p;
	skip_items(&s->c, ret->big, ret->implicit, s->depth + 1);
	if (s->c.failed)
		return false;
	ret->value = slice_of(from, (size_t)(s->c.p - from) - 8);
	return true;
}

bool dicom_item(const struct dicom_element *seq, size_t *at, struct dicom_set *ret)
{
	if (*at >= seq->value.n || seq->depth >= DICOM_DEPTH_MAX)
		return false;
	struct cur c = cur_of(slice_of(seq->value.p + *at, seq->value.n - *at));
	uint32_t t = tag(&c, seq->big), n = u32(&c, seq->big);
	if (c.failed || t != ITEM)
		return false;
	const uint8_t *from = c.p;
	size_t whole = n;
	if (n == UNDEFINED) {
		skip_elements(&c, seq->big, seq->implicit, seq->depth + 1);
		if (c.failed)
			return false;
		whole = (size_t)(c.p - from) - 8;
	} else if (!cur_take(&c, n).p) {
		return false;
	}
	*at += (size_t)(c.p - c.begin);
	*ret = (struct dicom_set){.c = cur_of(slice_of(from, whole)), .big = seq->big, .implicit = seq->implicit, .depth = seq->depth + 1};
	return true;
}

bool dicom_first(const struct dicom_element *seq, struct dicom_set *ret)
{
	size_t at = 0;
	return dicom_item(seq, &at, ret);
}

struct slice dicom_string(const struct dicom_element *el)
{
	struct slice s = el->value;
	while (s.n && (s.p[s.n - 1] == 0 || s.p[s.n - 1] == ' '))
		s.n--;
	return slice_trim(s);
}

/* Binary numbers by VR; where that is implicit, two and four bytes are US and UL, of which alone this room has any. */
static bool binary(const struct dicom_element *el, double *ret)
{
	struct cur c = cur_of(el->value);
	union {
		uint64_t u;
		double d;
	} f64;
	union {
		uint32_t u;
		float f;
	} f32;
	const char *vr = el->vr[0] ? el->vr : el->value.n == 2 ? "US" : "UL";
	if (!memcmp(vr, "US", 2))
		*ret = u16(&c, el->big);
	else if (!memcmp(vr, "SS", 2))
		*ret = (int16_t)u16(&c, el->big);
	else if (!memcmp(vr, "UL", 2))
		*ret = u32(&c, el->big);
	else if (!memcmp(vr, "SL", 2))
		*ret = (int32_t)u32(&c, el->big);
	else if (!memcmp(vr, "FL", 2))
		f32.u = u32(&c, el->big), *ret = (double)f32.f;
	else if (!memcmp(vr, "FD", 2))
		f64.u = el->big ? cur_u64be(&c) : cur_u64le(&c), *ret = f64.d;
	else
		return false;
	return !c.failed && *ret - *ret == 0;
}

static bool decimal_tag(uint32_t t)
{
	switch (t) {
	case DICOM_TAG(0x003a, 0x0005):
	case DICOM_TAG(0x003a, 0x0010):
	case DICOM_TAG(0x003a, 0x021a):
	case DICOM_TAG(0x5400, 0x1004): return false;
	default: return true;
	}
}

bool dicom_number(const struct dicom_element *el, double *ret)
{
	bool text = el->vr[0] ? !memcmp(el->vr, "DS", 2) || !memcmp(el->vr, "IS", 2) : decimal_tag(el->tag);
	struct slice rest;
	if (text)
		return ecg_number(slice_cut(dicom_string(el), '\\', &rest), ret);
	return binary(el, ret);
}

struct dicom_code dicom_code(const struct dicom_element *seq)
{
	struct dicom_code code = {0};
	struct dicom_set s;
	struct dicom_element el;
	if (!dicom_first(seq, &s))
		return code;
	while (dicom_next(&s, &el))
		switch (el.tag) {
		case DICOM_TAG(0x0008, 0x0100):
		case DICOM_TAG(0x0008, 0x0119): code.value = dicom_string(&el); break;
		case DICOM_TAG(0x0008, 0x0102): code.scheme = dicom_string(&el); break;
		case DICOM_TAG(0x0008, 0x0104): code.meaning = dicom_string(&el); break;
		default: break;
		}
	return code;
}
