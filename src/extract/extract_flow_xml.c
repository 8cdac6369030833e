/* WordprocessingML and DrawingML (ECMA-376): what stands in paragraphs and tables of a document's body, headers, notes, comments and slides. Text that was deleted under "track changes" is in the file, and is read. */
#include "extract_flow.h"
#include "extract_office.h"
#include "extract_xml.h"

struct flowing {
	struct extract_flow f;
	unsigned text; /* inside an element whose text counts */
};

static bool is(const char *name, const char *const *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, of[i]))
			return true;
	return false;
}
#define IS(name, ...) is(name, (const char *const[]){__VA_ARGS__}, ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

static void start(void *arg, const char *name, const char **atts)
{
	struct flowing *x = arg;
	if (IS(name, "t", "delText", "instrText", "delInstrText", "text"))
		x->text++;
	else if (IS(name, "tab", "ptab"))
		extract_flow_blank(&x->f, '\t');
	else if (IS(name, "br", "cr"))
		extract_flow_blank(&x->f, '\n');
	else if (IS(name, "noBreakHyphen"))
		extract_flow_text(&x->f, SLICE("-"));
	else if (!strcmp(name, "tbl"))
		extract_flow_table(&x->f, true);
	else if (IS(name, "docPr", "cNvPr")) { /* what a picture is said to show */
		const char *said = extract_xml_att(atts, "descr");
		if (said && *said) {
			extract_flow_text(&x->f, slice_str(said));
			extract_flow_blank(&x->f, '\n');
		}
	} else if (IS(name, "comment", "ins", "del")) {
		const char *who = extract_xml_att(atts, "author");
		if (who && !strcmp(name, "comment")) {
			extract_flow_text(&x->f, slice_str(who));
			extract_flow_text(&x->f, SLICE(": "));
		}
	}
}

static void end(void *arg, const char *name)
{
	struct flowing *x = arg;
	if (IS(name, "t", "delText", "instrText", "delInstrText", "text"))
		x->text -= x->text > 0;
	else if (!strcmp(name, "p"))
		extract_flow_blank(&x->f, '\n');
	else if (!strcmp(name, "tc"))
		extract_flow_cell(&x->f);
	else if (!strcmp(name, "tr"))
		extract_flow_row(&x->f);
	else if (!strcmp(name, "tbl"))
		extract_flow_table(&x->f, false);
}

static void text(void *arg, struct slice s)
{
	struct flowing *x = arg;
	if (x->text)
		extract_flow_text(&x->f, s);
}

int extract_flow_xml(const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	static const struct extract_xml_taker taker = {start, end, text, NULL};
	struct flowing x = {.text = 0};
	int r = extract_flow_init(&x.f, o, false, e);
	if (r == 0)
		r = extract_xml_parse(s, &taker, &x, &x.f.code, o, e);
	int told = extract_flow_done(&x.f);
	return r ? r : told;
}
