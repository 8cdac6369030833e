/* Facts as text: one line for the message, one a group, one a fact. For tests (golden files) and for people who look for what a reader made of a
 * message.
 *
 *   message ADT^A01 id=... feed=... time=... event=... [test] [uninterpreted] [problems=N] [failed]
 *   group VALUE^ASSIGNER^TYPE also=... [incomplete]
 *   patient name=Doe^John^^^^official birth=1980-01-02
 * Parts are joined by ^; a ^, blank-separating newline, backslash or double quote inside text is written \^ \n \\ \"; FACT_NULL is "". */
#include "facts.h"

static void text(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c == FACT_US)
			buf_u8(out, '^');
		else if (c == '\n')
			buf_str(out, "\\n");
		else if (c == '\t')
			buf_str(out, "\\t");
		else if (c == '^' || c == '\\' || c == '"')
			buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_u8(out, c);
	}
}

static void field(struct buf *out, const char *name, struct slice s)
{
	if (s.n == 0)
		return;
	buf_printf(out, " %s=", name);
	if (fact_is_null(s))
		buf_str(out, "\"\"");
	else
		text(out, s);
}

static void ident(struct buf *out, struct fact_ident id)
{
	text(out, id.value);
	buf_u8(out, '^');
	text(out, id.assigner);
	buf_u8(out, '^');
	text(out, id.type);
}

static void group(struct buf *out, const struct fact_group *g)
{
	buf_str(out, "group ");
	if (g->id.value.n)
		ident(out, g->id);
	else
		buf_u8(out, '-');
	for (unsigned i = 0; i < g->also_count; i++) {
		buf_str(out, " also=");
		ident(out, g->also[i]);
	}
	buf_str(out, g->incomplete ? " incomplete\n" : "\n");
	for (const struct fact *t = g->first; t; t = t->next) {
		buf_str(out, fact_kind_name(t->kind));
		for (unsigned i = 0; i < t->count; i++)
			field(out, fact_field_name(t->values[i].id), t->values[i].v);
		buf_u8(out, '\n');
	}
}

void facts_dump(const struct facts *f, struct buf *out)
{
	buf_str(out, "message");
	field(out, "type", f->type);
	field(out, "id", f->control_id);
	field(out, "feed", f->feed);
	field(out, "time", f->time);
	field(out, "event", f->event_time);
	if (f->test)
		buf_str(out, " test");
	if (f->uninterpreted)
		buf_str(out, " uninterpreted");
	if (f->problems)
		buf_printf(out, " problems=%u", f->problems);
	if (f->failed)
		buf_str(out, " failed");
	buf_u8(out, '\n');
	for (unsigned i = 0; i < f->authority_count; i++) {
		buf_str(out, "authority");
		field(out, "name", f->authorities[i].name);
		field(out, "id", f->authorities[i].id);
		buf_u8(out, '\n');
	}
	for (const struct fact_group *g = f->first; g; g = g->next)
		group(out, g);
}
