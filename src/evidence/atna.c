/* Audit messages of clinical systems: DICOM PS3.15 A.5 (RFC 3881), as IHE ATNA sends them by syslog or keeps them in files. Attributes of codes are csd-code or, in older ones, code.
 * Export and transfer put content elsewhere: acquired. Reads, accesses and queries: accessed. */
#include "evidence_internal.h"

#include <expat.h>

#define OBJECTS 64

struct message {
	struct evidence *v;
	struct slice action, outcome, when, id, source, object[OBJECTS], role[OBJECTS], type[OBJECTS];
	struct slice who, from, to;          /* the requestor's, and where an export went */
	struct slice user, address;          /* of the participant that is read */
	bool requestor, any_who;
	size_t objects;
};

static const char *attr_of(const char **attr, const char *name)
{
	for (size_t i = 0; attr[i]; i += 2) {
		const char *colon = strrchr(attr[i], ':');
		if (!strcmp(colon ? colon + 1 : attr[i], name))
			return attr[i + 1];
	}
	return NULL;
}

static struct slice keep(struct message *m, const char **attr, const char *name)
{
	const char *value = attr_of(attr, name);
	return value ? arena_dup(m->v->a, slice_trim(slice_str(value))) : SLICE_NULL;
}

static void participant(struct message *m, const char **attr)
{
	struct slice requestor = keep(m, attr, "UserIsRequestor"), name = keep(m, attr, "UserName");
	m->user = name.n ? name : keep(m, attr, "UserID");
	m->address = keep(m, attr, "NetworkAccessPointID");
	m->requestor = slice_eq_nocase(requestor, "true") || slice_eq_str(requestor, "1");
	if (m->requestor || !m->any_who) {
		m->who = m->user;
		m->from = m->address;
		m->any_who = m->requestor;
	}
}

static void XMLCALL start(void *user, const char *name, const char **attr)
{
	struct message *m = user;
	const char *colon = strrchr(name, ':');
	struct slice e = slice_str(colon ? colon + 1 : name), code = keep(m, attr, "csd-code");
	if (!code.n)
		code = keep(m, attr, "code");
	if (slice_eq_str(e, "EventIdentification")) {
		m->action = keep(m, attr, "EventActionCode");
		m->outcome = keep(m, attr, "EventOutcomeIndicator");
		m->when = keep(m, attr, "EventDateTime");
	} else if (slice_eq_str(e, "EventID"))
		m->id = code;
	else if (slice_eq_str(e, "ActiveParticipant"))
		participant(m, attr);
	else if (slice_eq_str(e, "RoleIDCode")) {
		if (slice_eq_str(code, "110152")) /* destination */
			m->to = m->address;
	} else if (slice_eq_str(e, "AuditSourceIdentification"))
		m->source = keep(m, attr, "AuditSourceID");
	else if (slice_eq_str(e, "ParticipantObjectIdentification") && m->objects < OBJECTS) {
		m->object[m->objects] = keep(m, attr, "ParticipantObjectID");
		m->role[m->objects] = keep(m, attr, "ParticipantObjectTypeCodeRole");
		m->type[m->objects++] = keep(m, attr, "ParticipantObjectTypeCode");
	}
}

static void XMLCALL end(void *user, const char *name)
{
	(void)user, (void)name;
}

static int say(struct evidence *v, struct message *m)
{
	bool exported = slice_eq_str(m->id, "110106") || slice_eq_str(m->id, "110104") || slice_eq_str(m->id, "110102");
	bool used = slice_eq_str(m->id, "110103") || slice_eq_str(m->id, "110112") || slice_eq_str(m->action, "R");
	bool changed = slice_eq_str(m->action, "C") || slice_eq_str(m->action, "U") || slice_eq_str(m->action, "D");
	struct evidence_touch t = {.host = m->source, .who = m->who, .from = exported && m->to.n ? m->to : m->from, .time = evidence_time_any(v, m->when), .confidence = 90};
	int r = 0;
	evidence_saw(v, t.time);
	if (m->outcome.n && !slice_eq_str(m->outcome, "0")) {
		v->account.failed++;
		return 0;
	}
	t.level = exported ? EVIDENCE_ACQUIRED : used && !changed ? EVIDENCE_ACCESSED : used ? EVIDENCE_ACCESSED : EVIDENCE_OPENED;
	t.reason = exported ? SLICE("the audit message says it was exported or transferred") : t.level == EVIDENCE_ACCESSED ? SLICE("the audit message says it was read or found by a query") : SLICE("the audit message says that something was done with it");
	for (size_t i = 0; r == 0 && i < m->objects; i++) {
		/* persons who are patients, and system objects that are records, reports, studies; no users, no security objects, no queries */
		bool patient = slice_eq_str(m->type[i], "1") && slice_eq_str(m->role[i], "1");
		bool person = slice_eq_str(m->type[i], "1") && !patient, other = slice_eq_str(m->role[i], "13") || slice_eq_str(m->role[i], "24") || slice_eq_str(m->role[i], "12");
		if (!m->object[i].n || person || other)
			continue;
		char *path = patient ? arena_printf(v->a, "Patient/%.*s", SLICE_FMT(m->object[i])) : NULL;
		t.path = path ? slice_str(path) : m->object[i];
		r = evidence_put(v, &t);
	}
	return r;
}

static int each(struct evidence *v, struct slice xml)
{
	struct message m = {.v = v};
	v->record++;
	arena_reset(v->a);
	XML_Parser p = XML_ParserCreate("UTF-8");
	if (!p)
		return ERR_MEMORY;
	XML_SetUserData(p, &m);
	XML_SetElementHandler(p, start, end);
	bool ok = xml.n <= INT32_MAX && XML_Parse(p, (const char *)xml.p, (int)xml.n, 1) == XML_STATUS_OK;
	XML_ParserFree(p);
	if (!ok) {
		evidence_damaged(v);
		return 0;
	}
	v->account.records++;
	v->account.dialect = "ATNA audit message";
	v->account.clock = "the sender's, with its zone";
	return say(v, &m);
}

static int bytes(struct evidence *v, struct slice s)
{
	static const char *const names[] = {"AuditMessage", NULL};
	return evidence_split_xml(v, s, names, each);
}

static int probe(struct slice head)
{
	size_t at;
	return evidence_find(head, "<AuditMessage", &at) || (evidence_find(head, ":AuditMessage", &at) && at && head.p[at - 1] != '/') ? 93 : 0;
}

const struct evidence_reader evidence_atna = {.kind = EVIDENCE_ATNA, .probe = probe, .bytes = bytes};
