/* Signs: how damage shows in one snapshot, so that a look back (clean-point, restore --clean) tells for every file whether it belongs to it, and the next judgement knows what it left open.
 *
 * Text of tokens with ';' between, in a snapshot's entry, sealed as that is:
 *   v1                  first
 *   in-place replaced scrambled gone sealed      kinds of damage
 *   order               bytes of texts stand in another order
 *   all                 with in-place: two thirds of what changed, and can be told, was lost
 *   s=HEX               names of copies end with these bytes
 *   n=HEX16             content hash of a note, or of what files were overwritten with
 *   m=HEX16             judge_plain_hash of a note's base name
 *   p=HEX16 c=HEX16     judge_plain_hash of a path that is gone with a copy in its place; of a copy whose line has no mark yet
 *   o=NS                new files that look enciphered came as copies at this time
 *   e=NS                texts that were emptied then were wiped
 *   g=N/OF@NS           so many of so many files were taken away then
 * Valid if and only if it begins with v1; tokens that a reader does not know are passed over.
 */
#include "vault_judge_internal.h"

static void put_list(struct buf *b, char name, const uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, ";%c=%016llx", name, (unsigned long long)v[i]);
}

void judge_signs_write(const struct judge_signs *s, char out[VAULT_SIGNS_MAX])
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, VAULT_SIGNS_MAX - 1);
	buf_printf(&b, "v1%s%s%s%s%s%s%s", s->in_place ? ";in-place" : "", s->all ? ";all" : "", s->order ? ";order" : "", s->replaced ? ";replaced" : "", s->scrambled ? ";scrambled" : "", s->gone ? ";gone" : "", s->sealed ? ";sealed" : "");
	for (size_t i = 0; i < s->suffix_n; i++) {
		buf_str(&b, ";s=");
		hex_put(&b, slice_of(s->suffix[i].p, s->suffix[i].n));
	}
	for (size_t i = 0; i < s->note_n; i++) {
		buf_str(&b, ";n=");
		hex_put(&b, slice_of(s->note[i], 8));
	}
	put_list(&b, 'm', s->note_name, s->note_name_n);
	put_list(&b, 'p', s->original, s->original_n);
	put_list(&b, 'c', s->copy, s->copy_n);
	if (s->opaque_since)
		buf_printf(&b, ";o=%lld", (long long)s->opaque_since);
	if (s->emptied_since)
		buf_printf(&b, ";e=%lld", (long long)s->emptied_since);
	if (s->gone_at)
		buf_printf(&b, ";g=%llu/%llu@%lld", (unsigned long long)s->gone_n, (unsigned long long)s->gone_of, (long long)s->gone_at);
	struct slice text = buf_slice(&b);
	assert(text.n || buf_code(&b) == ERR_MEMORY); /* the limits of the lists keep it under VAULT_SIGNS_MAX */
	memcpy(out, text.p ? text.p : (const uint8_t *)"", text.n);
	out[text.n] = 0;
}

static void take_hash(struct slice v, uint64_t *list, size_t *n, size_t most)
{
	uint8_t raw[8];
	if (*n == most || hex_get(raw, sizeof raw, v) != 0)
		return;
	uint64_t x = 0;
	for (size_t i = 0; i < 8; i++)
		x = x << 8 | raw[i];
	list[(*n)++] = x;
}

static void take_gone(struct slice v, struct judge_signs *s)
{
	struct slice at, of, n = slice_cut(v, '/', &of);
	of = slice_cut(of, '@', &at);
	uint64_t count, all;
	int64_t when;
	if (num_u64(n, 0, UINT64_MAX, &count) == 0 && num_u64(of, 0, UINT64_MAX, &all) == 0 && num_i64(at, 0, INT64_MAX, &when) == 0) {
		s->gone_n = count;
		s->gone_of = all;
		s->gone_at = when;
	}
}

static void take(struct slice t, struct judge_signs *s)
{
	s->in_place |= slice_eq_str(t, "in-place");
	s->all |= slice_eq_str(t, "all");
	s->order |= slice_eq_str(t, "order");
	s->replaced |= slice_eq_str(t, "replaced");
	s->scrambled |= slice_eq_str(t, "scrambled");
	s->gone |= slice_eq_str(t, "gone");
	s->sealed |= slice_eq_str(t, "sealed");
	if (t.n < 3 || t.p[1] != '=')
		return;
	struct slice v = slice_of(t.p + 2, t.n - 2);
	switch (t.p[0]) {
	case 's':
		if (s->suffix_n < SIGNS_SUFFIX && v.n / 2 <= JUDGE_SUFFIX_MAX && hex_get(s->suffix[s->suffix_n].p, v.n / 2, v) == 0)
			s->suffix[s->suffix_n++].n = (uint8_t)(v.n / 2);
		break;
	case 'n':
		if (s->note_n < SIGNS_NOTES && hex_get(s->note[s->note_n], 8, v) == 0)
			s->note_n++;
		break;
	case 'm':
		take_hash(v, s->note_name, &s->note_name_n, SIGNS_NOTES);
		break;
	case 'p':
		take_hash(v, s->original, &s->original_n, SIGNS_PATHS);
		break;
	case 'c':
		take_hash(v, s->copy, &s->copy_n, SIGNS_PATHS);
		break;
	case 'o':
		if (num_i64(v, 0, INT64_MAX, &s->opaque_since) != 0)
			s->opaque_since = 0;
		break;
	case 'e':
		if (num_i64(v, 0, INT64_MAX, &s->emptied_since) != 0)
			s->emptied_since = 0;
		break;
	case 'g':
		take_gone(v, s);
		break;
	}
}

void judge_signs_after(struct judge_signs *s, int64_t accepted)
{
	if (s->gone_at && s->gone_at <= accepted) {
		s->gone = false;
		s->gone_n = s->gone_of = 0;
		s->gone_at = 0;
	}
	if (s->opaque_since <= accepted)
		s->opaque_since = 0;
	if (s->emptied_since <= accepted)
		s->emptied_since = 0;
}

void judge_signs_read(const char *text, struct judge_signs *ret)
{
	*ret = (struct judge_signs){0};
	struct slice rest = slice_of(text, strnlen(text, VAULT_SIGNS_MAX));
	if (!slice_eq_str(slice_cut(rest, ';', &rest), "v1"))
		return;
	while (rest.n)
		take(slice_cut(rest, ';', &rest), ret);
}
