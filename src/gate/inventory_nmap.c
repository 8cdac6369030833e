/* nmap -oX (nmap.dtd): hosts that are up, their addresses, names, open ports with what answers there, and what the scanner takes their system for.
 *
 * expat; no entity is ever defined (a document type with declarations of its own is refused). A file that ends in the middle (a scan that was
 * broken off) gives the hosts that are whole. A system is a guess unless there is one match of accuracy 100. */
#include "exposure_internal.h"

#include <expat.h>

#define PORTS_MAX 4096u
#define NAMES_MAX 64u

struct reader {
	XML_Parser p;
	struct gate_inventory *v;
	struct err *e;
	const char *file;
	int code;
	unsigned depth;
	struct gate_device *d; /* the host that is open */
	bool up, open_port;
	unsigned ports, said, osmatches;
	int accuracy;
	struct slice os, os_cpe, os_vendor, os_gen;
	enum { NO_TEXT, SERVICE_CPE, OS_CPE } want;
	struct buf text;
	size_t hosts;
	bool in_match, in_service;
};

static void stop(struct reader *r, int code)
{
	if (r->code == 0)
		r->code = code;
	XML_StopParser(r->p, XML_FALSE);
}

static uint32_t line_of(const struct reader *r)
{
	return (uint32_t)XML_GetCurrentLineNumber(r->p);
}

static struct slice attr(const XML_Char **a, const char *name)
{
	for (; a[0]; a += 2)
		if (!strcmp(a[0], name))
			return slice_str(a[1]);
	return SLICE_NULL;
}

static void say(struct reader *r, enum gate_field f, struct slice column, struct slice value, bool guess)
{
	if (r->said++ < NAMES_MAX * 4) {
		int code = inv_say(r->v, r->d, f, column, value, guess, r->file, line_of(r), r->e);
		if (code < 0)
			stop(r, code);
	}
}

static struct slice copy(struct reader *r, struct slice s)
{
	if (!s.n)
		return SLICE_NULL;
	struct slice c = arena_dup(r->v->a, slice_of(s.p, s.n < 512 ? s.n : 512));
	if (!c.p)
		stop(r, inv_room(r->v, r->e));
	return c;
}

static void begin_port(struct reader *r, const XML_Char **a)
{
	uint64_t n;
	r->open_port = false;
	if (r->ports == PORTS_MAX || num_u64(attr(a, "portid"), 1, 65535, &n) < 0)
		return;
	struct gate_port *p = arena_alloc(r->v->a, sizeof *p);
	if (!p) {
		stop(r, inv_room(r->v, r->e));
		return;
	}
	*p = (struct gate_port){.port = (uint16_t)n, .tcp = !slice_eq_str(attr(a, "protocol"), "udp"), .file = r->file, .line = line_of(r)};
	/* it hangs on the device only once its state says open */
	p->next = NULL;
	if (r->d->ports_last)
		r->d->ports_last->next = p;
	else
		r->d->ports = p;
	r->d->ports_last = p;
	r->ports++;
}

static void service(struct reader *r, const XML_Char **a)
{
	struct gate_port *p = r->d->ports_last;
	if (!p || !r->open_port)
		return;
	p->service = copy(r, attr(a, "name"));
	p->product = copy(r, attr(a, "product"));
	p->version = copy(r, attr(a, "version"));
	r->in_service = true;
}

static void address(struct reader *r, const XML_Char **a)
{
	int code;
	if (r->said++ >= NAMES_MAX)
		return;
	if (slice_eq_str(attr(a, "addrtype"), "mac")) {
		code = inv_macs(r->v, r->d, attr(a, "addr"), r->file, line_of(r), r->e);
		if (code == 0)
			code = inv_say(r->v, r->d, GATE_F_NIC, SLICE_NULL, attr(a, "vendor"), false, r->file, line_of(r), r->e);
	} else
		code = inv_addresses(r->v, r->d, attr(a, "addr"), r->file, line_of(r), r->e);
	if (code < 0)
		stop(r, code);
}

static void osmatch(struct reader *r, const XML_Char **a)
{
	int64_t accuracy = 0;
	if (num_i64(attr(a, "accuracy"), 0, 100, &accuracy) < 0)
		accuracy = 0;
	r->in_match = true;
	if (r->osmatches++ && accuracy <= r->accuracy) {
		r->in_match = false; /* the best one's classes count; that there are others makes it a guess */
		return;
	}
	r->accuracy = (int)accuracy;
	r->os = copy(r, attr(a, "name"));
	r->os_cpe = r->os_vendor = r->os_gen = SLICE_NULL;
}

static void begin_host(struct reader *r)
{
	r->d = inv_begin(r->v, r->e);
	if (!r->d)
		stop(r, ERR_MEMORY);
	r->up = true;
	r->ports = r->said = r->osmatches = 0;
	r->accuracy = 0;
	r->os = r->os_cpe = SLICE_NULL;
	r->open_port = r->in_match = r->in_service = false;
}

static void begin(void *arg, const XML_Char *name, const XML_Char **a)
{
	struct reader *r = arg;
	if (r->code)
		return;
	if (++r->depth > 64) {
		stop(r, err_set(r->e, ERR_LIMIT, r->file, "elements lie deeper in each other than is read here"));
		return;
	}
	r->want = NO_TEXT;
	if (!strcmp(name, "host")) {
		begin_host(r);
		return;
	}
	if (!r->d)
		return;
	if (!strcmp(name, "status"))
		r->up = !slice_eq_str(attr(a, "state"), "down");
	else if (!strcmp(name, "address"))
		address(r, a);
	else if (!strcmp(name, "hostname"))
		say(r, GATE_F_NAME, SLICE_NULL, attr(a, "name"), slice_eq_str(attr(a, "type"), "PTR"));
	else if (!strcmp(name, "port"))
		begin_port(r, a);
	else if (!strcmp(name, "state"))
		r->open_port = slice_eq_str(attr(a, "state"), "open");
	else if (!strcmp(name, "service"))
		service(r, a);
	else if (!strcmp(name, "osmatch"))
		osmatch(r, a);
	else if (!strcmp(name, "cpe"))
		r->want = r->in_service ? SERVICE_CPE : r->in_match ? OS_CPE : NO_TEXT;
	buf_reset(&r->text);
}

static void text(void *arg, const XML_Char *s, int n)
{
	struct reader *r = arg;
	if (r->code == 0 && r->want != NO_TEXT && r->text.n + (size_t)n < 512)
		buf_add(&r->text, s, (size_t)n);
}

static void end_cpe(struct reader *r)
{
	struct slice s = slice_trim(slice_of(r->text.p, r->text.p ? r->text.n : 0));
	if (r->want == SERVICE_CPE && r->d->ports_last && !r->d->ports_last->cpe.n && slice_starts(s, "cpe:/a"))
		r->d->ports_last->cpe = copy(r, s);
	if (r->want == OS_CPE && !r->os_cpe.n)
		r->os_cpe = copy(r, s);
	r->want = NO_TEXT;
}

/* A port that is not open is of no interest: it is taken off again. */
static void end_port(struct reader *r)
{
	r->in_service = false;
	if (r->open_port || !r->d->ports_last || !r->ports)
		return;
	struct gate_port *last = r->d->ports_last, *p = r->d->ports;
	if (p == last)
		r->d->ports = r->d->ports_last = NULL;
	else {
		while (p->next != last)
			p = p->next;
		p->next = NULL;
		r->d->ports_last = p;
	}
	r->ports--;
}

static void end_host(struct reader *r)
{
	bool guess = r->accuracy < 100 || r->osmatches > 1;
	if (r->os.n)
		say(r, GATE_F_OS, SLICE_NULL, r->os, guess);
	if (r->os_cpe.n)
		say(r, GATE_F_CPE, SLICE_NULL, r->os_cpe, guess);
	int code = r->code == 0 && r->up ? inv_add(r->v, r->d, r->e) : 0;
	if (code < 0)
		stop(r, code);
	r->d = NULL;
	r->hosts++;
}

static void end(void *arg, const XML_Char *name)
{
	struct reader *r = arg;
	if (r->code)
		return;
	r->depth--;
	if (!r->d)
		return;
	if (!strcmp(name, "cpe"))
		end_cpe(r);
	else if (!strcmp(name, "port"))
		end_port(r);
	else if (!strcmp(name, "osmatch"))
		r->in_match = false;
	else if (!strcmp(name, "host"))
		end_host(r);
}

static void doctype(void *arg, const XML_Char *name, const XML_Char *sys, const XML_Char *pub, int internal)
{
	struct reader *r = arg;
	if (internal && r->code == 0)
		stop(r, err_set(r->e, ERR_INPUT, r->file, "its document type has declarations of its own: entities and defaults are not read here"));
}

int inv_nmap(struct gate_inventory *v, const char *file, struct slice in, struct err *e)
{
	struct reader r = {.v = v, .e = e, .file = file};
	r.p = XML_ParserCreate(NULL);
	if (!r.p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	buf_init(&r.text, 1024);
	XML_SetUserData(r.p, &r);
	XML_SetElementHandler(r.p, begin, end);
	XML_SetCharacterDataHandler(r.p, text);
	XML_SetStartDoctypeDeclHandler(r.p, doctype);
	int code = 0;
	if (XML_Parse(r.p, (const char *)in.p, (int)in.n, 1) != XML_STATUS_OK && r.code == 0) {
		char where[48];
		uint32_t line = line_of(&r);
		enum XML_Error bad = XML_GetErrorCode(r.p);
		bool cut = bad == XML_ERROR_NO_ELEMENTS || bad == XML_ERROR_UNCLOSED_TOKEN || bad == XML_ERROR_PARTIAL_CHAR || bad == XML_ERROR_UNCLOSED_CDATA_SECTION;
		snprintf(where, sizeof where, "line %u", line);
		if (bad == XML_ERROR_NO_MEMORY)
			code = err_set(e, ERR_MEMORY, NULL, "no memory");
		else if (cut && r.depth)
			code = inv_note(v, file, line, e, "the file ends in the middle: %zu whole hosts were read", r.hosts);
		else {
			code = err_set(e, ERR_INPUT, where, "this is no XML: %s", XML_ErrorString(bad));
			err_in(e, file);
		}
	}
	XML_ParserFree(r.p);
	buf_done(&r.text);
	return r.code ? r.code : code;
}
