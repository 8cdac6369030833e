/* Events as XML: wevtutil qe /f:xml (with or without a root), Get-WinEvent's ToXml, the Event Viewer's "save as", NetApp ONTAP's. Each <Event> is found in the stream and parsed by itself: what stands around it, several roots, an end that is missing and versions
 * like "101.3" are no matter, and one that is damaged takes no other with it. The schema's versions differ; only names are relied on. */
#include "evidence_internal.h"

#include <expat.h>
#include <stdlib.h>

static struct slice local_name(const char *name)
{
	const char *colon = strrchr(name, ':');
	return slice_str(colon ? colon + 1 : name);
}

struct parse {
	struct evidence *v;
	struct evidence_win_state *s;
	int code; /* why a text in it could not be kept */
};

static void XMLCALL start(void *user, const char *name, const char **attr)
{
	struct parse *p = user;
	struct evidence_win *w = p->s->win;
	struct slice own = arena_dup(p->v->a, local_name(name));
	buf_reset(&p->s->text);
	evidence_win_open(w, own);
	for (size_t i = 0; attr[i]; i += 2)
		evidence_win_attr(w, local_name(attr[i]), arena_dup(p->v->a, slice_str(attr[i + 1])));
}

static void XMLCALL end(void *user, const char *name)
{
	struct parse *p = user;
	(void)name;
	if (p->s->text.n)
		evidence_win_text(p->s->win, arena_dup(p->v->a, buf_slice(&p->s->text)));
	buf_reset(&p->s->text);
	evidence_win_close(p->s->win);
}

static void XMLCALL text(void *user, const char *s, int n)
{
	struct parse *p = user;
	buf_add(&p->s->text, s, (size_t)n);
	p->code = p->code ? p->code : buf_code(&p->s->text);
}

static int each(struct evidence *v, struct slice xml)
{
	struct evidence_win_state *s = v->state;
	struct parse p = {v, s};
	v->record++;
	arena_reset(v->a);
	if (!s->win) {
		s->win = calloc(1, sizeof *s->win);
		s->parser = XML_ParserCreate(NULL);
		buf_init(&s->text, EVIDENCE_LINE_MAX);
	}
	if (!s->win || !s->parser || !XML_ParserReset(s->parser, "UTF-8"))
		return ERR_MEMORY;
	*s->win = (struct evidence_win){0};
	buf_reset(&s->text);
	XML_SetUserData(s->parser, &p);
	XML_SetElementHandler(s->parser, start, end);
	XML_SetCharacterDataHandler(s->parser, text);
	bool ok = xml.n <= INT32_MAX && XML_Parse(s->parser, (const char *)xml.p, (int)xml.n, 1) == XML_STATUS_OK;
	int code = p.code ? p.code : arena_code(v->a);
	if (code == ERR_MEMORY)
		return code;
	if (!ok || code) {
		evidence_damaged(v);
		return 0;
	}
	return evidence_win_event(v, s, s->win);
}

static int bytes(struct evidence *v, struct slice s)
{
	static const char *const names[] = {"Event", NULL};
	return evidence_split_xml(v, s, names, each);
}

static void done(struct evidence *v)
{
	evidence_win_done(v->state);
}

static int probe(struct slice head)
{
	size_t at, in;
	struct slice s = head;
	while (evidence_find(s, "<Event", &at)) {
		s = evidence_from(s, at + 6);
		if (s.n && (s.p[0] == '>' || s.p[0] == ' ' || s.p[0] == '\n' || s.p[0] == '\r') && evidence_find(evidence_upto(s, 4096), "EventID", &in))
			return 95;
	}
	return 0;
}

const struct evidence_reader evidence_winxml = {.kind = EVIDENCE_WINDOWS, .probe = probe, .bytes = bytes, .done = done, .state = sizeof(struct evidence_win_state)};
