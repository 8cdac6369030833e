/* What copying tools keep as XML: WinSCP's XML log (winscp.net/eng/docs/logging_xml) and FileZilla's queue. Each transfer is an element by itself; a log that was cut off has no end, and that is no matter.
 * Of ATNA's messages see atna.c: a file of those is told by its own element. */
#include "evidence_internal.h"

#include <expat.h>

struct transfer {
	struct evidence *v;
	struct buf text;
	struct slice filename, destination, size, local, remote, remote_path, download;
	bool done, failed;
	int code; /* why a text in it could not be kept */
};

static const char *attr_of(const char **attr, const char *name)
{
	for (size_t i = 0; attr[i]; i += 2)
		if (!strcmp(attr[i], name))
			return attr[i + 1];
	return NULL;
}

static void XMLCALL start(void *user, const char *name, const char **attr)
{
	struct transfer *t = user;
	const char *value = attr_of(attr, "value"), *colon = strrchr(name, ':');
	name = colon ? colon + 1 : name;
	buf_reset(&t->text);
	if (!strcmp(name, "filename") && value)
		t->filename = arena_dup(t->v->a, slice_str(value));
	else if (!strcmp(name, "destination") && value)
		t->destination = arena_dup(t->v->a, slice_str(value));
	else if (!strcmp(name, "size") && value)
		t->size = arena_dup(t->v->a, slice_str(value));
	else if (!strcmp(name, "result")) {
		const char *ok = attr_of(attr, "success");
		t->done = ok && !strcmp(ok, "true");
		t->failed = ok && !t->done;
	}
}

static void XMLCALL end(void *user, const char *name)
{
	struct transfer *t = user;
	struct slice s = arena_dup(t->v->a, slice_trim(buf_slice(&t->text)));
	if (!strcmp(name, "LocalFile"))
		t->local = s;
	else if (!strcmp(name, "RemoteFile"))
		t->remote = s;
	else if (!strcmp(name, "RemotePath"))
		t->remote_path = s;
	else if (!strcmp(name, "Download"))
		t->download = s;
	else if (!strcmp(name, "Size"))
		t->size = s;
	buf_reset(&t->text);
}

static void XMLCALL text(void *user, const char *s, int n)
{
	struct transfer *t = user;
	buf_add(&t->text, s, (size_t)n);
	t->code = t->code ? t->code : buf_code(&t->text);
}

/* FileZilla writes a remote folder as "1 0 3 out 5 stage": kind, prefix, then each part with its length before it. */
static struct slice remote_of(struct transfer *t)
{
	AUTO_BUF struct buf b = {0};
	struct slice rest = t->remote_path;
	buf_init(&b, EVIDENCE_PATH_MAX);
	(void)slice_cut(rest, ' ', &rest);
	(void)slice_cut(rest, ' ', &rest);
	while (rest.n) {
		uint64_t n;
		struct slice len = slice_cut(rest, ' ', &rest);
		if (num_u64(len, 0, EVIDENCE_PATH_MAX, &n) < 0 || n > rest.n)
			break;
		buf_u8(&b, '/');
		buf_add_slice(&b, evidence_upto(rest, (size_t)n));
		rest = evidence_from(rest, (size_t)n + 1);
	}
	buf_u8(&b, '/');
	buf_add_slice(&b, t->remote);
	t->code = t->code ? t->code : buf_code(&b);
	return arena_dup(t->v->a, buf_slice(&b));
}

static int say(struct evidence *v, struct transfer *t)
{
	struct evidence_touch x = {.time = EVIDENCE_NO_TIME, .level = EVIDENCE_ACQUIRED, .confidence = 95, .reason = SLICE("WinSCP's own log says it was transferred")};
	v->account.records++;
	if (t->filename.n) {
		x.path = t->filename;
		if (t->failed) {
			v->account.failed++;
			return 0;
		}
		if (!t->done) {
			x.confidence = 60;
			x.reason = SLICE("WinSCP's own log says its transfer began; how it ended is not said");
		}
	} else {
		x.path = slice_eq_str(t->download, "1") ? remote_of(t) : t->local;
		x.confidence = 60;
		x.reason = SLICE("it stands in FileZilla's queue; whether it was sent is not said");
	}
	if (t->size.n && num_u64(t->size, 0, UINT64_MAX, &x.bytes) == 0)
		x.has_bytes = true;
	if (t->code == ERR_LIMIT) { /* longer than any path */
		evidence_damaged(v);
		return 0;
	}
	if (t->code)
		return t->code;
	return evidence_put(v, &x);
}

static int each(struct evidence *v, struct slice xml)
{
	struct transfer t = {.v = v};
	v->record++;
	arena_reset(v->a);
	XML_Parser p = XML_ParserCreate("UTF-8");
	if (!p)
		return ERR_MEMORY;
	buf_init(&t.text, EVIDENCE_PATH_MAX * 4);
	XML_SetUserData(p, &t);
	XML_SetElementHandler(p, start, end);
	XML_SetCharacterDataHandler(p, text);
	bool ok = xml.n <= INT32_MAX && XML_Parse(p, (const char *)xml.p, (int)xml.n, 1) == XML_STATUS_OK;
	XML_ParserFree(p);
	buf_done(&t.text);
	int code = t.code ? t.code : arena_code(v->a);
	if (code == ERR_MEMORY)
		return code;
	if (!ok || code) {
		evidence_damaged(v);
		return 0;
	}
	return say(v, &t);
}

static int bytes(struct evidence *v, struct slice s)
{
	static const char *const names[] = {"download", "upload", "File", NULL};
	v->account.dialect = "a copying tool's XML";
	v->account.clock = "none: a transfer's own time is not in it";
	v->account.records += v->account.records == 0;
	return evidence_split_xml(v, s, names, each);
}

static int probe(struct slice head)
{
	size_t at;
	return evidence_find(head, "winscp.net/schema/session", &at) || (evidence_find(head, "<FileZilla3", &at) && evidence_find(head, "<Queue", &at)) ? 94 : 0;
}

const struct evidence_reader evidence_xml = {.kind = EVIDENCE_COPY, .probe = probe, .bytes = bytes};
