/* One message of any bytes: everything that reads it stays in bounds, agrees with itself, and says UTF-8. The header's reader and the acknowledgement take the same bytes. */
#include "hl7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const struct hl7_msg *m, struct slice s)
{
	assert(!s.p || (s.p >= m->text.p && s.p + s.n <= m->text.p + m->text.n));
}

/* The walk and the loops see the same parts. */
static void walk(const struct hl7_msg *m, const struct hl7_segment *s, struct arena *a)
{
	struct hl7_walk w;
	hl7_walk_segment(&w, m, s);
	for (unsigned f = 1; f <= s->fields; f++) {
		struct slice field = hl7_field(m, s, f), rest = field, rep;
		inside(m, field);
		unsigned r = 0, c, k;
		while (hl7_next_rep(m, &rest, &rep)) {
			struct slice comp, crest = rep;
			r++;
			c = 0;
			while (hl7_next_comp(m, &crest, &comp)) {
				struct slice sub, srest = comp;
				c++;
				k = 0;
				while (hl7_next_sub(m, &srest, &sub)) {
					k++;
					assert(hl7_walk_next(&w));
					assert(w.field == f && w.rep == r && w.comp == c && w.sub == k);
					assert(w.value.p == sub.p && w.value.n == sub.n);
					struct slice t = hl7_text(m, sub, a);
					assert(!t.p || hl7_uncut(m, sub) || utf8_valid(t));
					if (r < 4 && c < 4 && k < 4) {
						struct slice again = hl7_sub(m, hl7_comp(m, hl7_rep(m, field, r), c), k);
						assert(again.p == sub.p && again.n == sub.n);
					}
				}
			}
		}
		assert(hl7_reps(m, field) == (field.n ? r : 0));
	}
	assert(!hl7_walk_next(&w));
}

static void parse(struct slice s)
{
	struct arena *a = arena_new(64 << 20);
	struct hl7_msg m;
	struct hl7_problem problems[16];
	size_t n = 0;
	struct err e = {0};
	int r = hl7_parse(s, a, &m, problems, 16, &n, &e);
	assert(r == 0 || e.code == r);
	if (r == 0) {
		assert(n <= 16 && m.count > 0);
		uint32_t at = 0;
		for (uint32_t i = 0; i < m.count; i++) {
			const struct hl7_segment *g = &m.segments[i];
			assert(g->at >= at && g->n > 0 && (size_t)g->at + g->n <= m.text.n && g->first + g->fields <= m.field_count);
			at = g->at + g->n;
			inside(&m, hl7_segment_name(&m, g));
			walk(&m, g, a);
		}
		AUTO_BUF struct buf out = {0};
		buf_init(&out, 64 << 20);
		struct jsonw w;
		jsonw_init(&w, &out);
		hl7_show_json(&m, problems, n, a, &w);
		jsonw_done(&w);
		struct json_node *tree;
		if (buf_ok(&out) && arena_used(a) < 32 << 20)
			assert(json_tree(buf_slice(&out), a, &tree, &e) == 0 || e.code == ERR_LIMIT);
		hl7_get(&m, "MSH-9.2");
		hl7_get(&m, "OBX[2]-5(2).1.1");
	}
	arena_free(a);
}

static void acknowledge(struct slice s)
{
	struct hl7_header h, back;
	hl7_header_read(s, &h);
	for (int mode = HL7_ACK_AUTO; mode <= HL7_ACK_ALWAYS_AA; mode++)
		for (int v = HL7_STORED; v <= HL7_REFUSED_VERSION; v++) {
			AUTO_BUF struct buf a = {0}, b = {0}, later = {0};
			buf_init(&a, 4 << 20);
			buf_init(&b, 4 << 20);
			buf_init(&later, 4 << 20);
			hl7_ack_write(&h, (enum hl7_ack_mode)mode, (enum hl7_ack_verdict)v, "ID1", 0, &a);
			hl7_ack_write(&h, (enum hl7_ack_mode)mode, (enum hl7_ack_verdict)v, "ID1", 0, &b);
			hl7_ack_write_application(&h, (enum hl7_ack_mode)mode, (enum hl7_ack_verdict)v, "ID2", 0, &later);
			assert(slice_eq(buf_slice(&a), buf_slice(&b)));
			if (mode == HL7_ACK_ORIGINAL && !a.n) { /* only an acknowledgement is not acknowledged */
				assert(memmem(s.p, s.n, "ACK", 3) || memmem(s.p, s.n, "MCF", 3) || memmem(s.p, s.n, "A\0C\0K", 5) || memmem(s.p, s.n, "M\0C\0F", 5));
				continue;
			}
			if (mode == HL7_ACK_ORIGINAL || mode == HL7_ACK_ALWAYS_AA) {
				assert(a.n > 0);
				hl7_header_read(buf_slice(&a), &back);
				assert(back.d.field == (h.d.field ? h.d.field : '|'));
			}
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse(slice_of(data, size));
	acknowledge(slice_of(data, size));
	return 0;
}
