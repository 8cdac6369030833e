/* Holdfast's own: verdicts and looks of `holdfast watch run --json` (files that a process was seen destroying), what its rescan found, and the bytes of links in `holdfast gate status --json`. */
#include "evidence_internal.h"

static int files(struct evidence *v, const struct json_node *n, int64_t t, const char *why)
{
	const struct json_node *list = json_get(n, "files");
	struct slice who = json_text(n, "user"), comm = json_text(n, "comm");
	char *uid = json_text(n, "uid").n ? arena_printf(v->a, "uid=%.*s", SLICE_FMT(json_text(n, "uid"))) : NULL;
	char *reason = comm.n ? arena_printf(v->a, "%s by %.*s", why, SLICE_FMT(comm)) : arena_strdup(v->a, slice_str(why));
	struct evidence_touch x = {.who = who.n ? who : slice_str(uid), .from = json_text(n, "client"), .reason = slice_str(reason), .time = t};
	bool verdict = slice_eq_str(json_text(n, "event"), "verdict");
	int r = 0;
	/* who encrypts a file has read it; where the bytes went nobody saw. A look and a rescan say only that it was changed. */
	x.level = verdict ? EVIDENCE_ACCESSED : EVIDENCE_OPENED;
	x.confidence = verdict ? 70 : 80;
	for (const struct json_node *f = list && list->type == JSON_ARR ? list->child : NULL; r == 0 && f; f = f->next) {
		x.path = f->type == JSON_STR ? f->value : json_text(f, "path");
		r = evidence_put(v, &x);
	}
	return r;
}

static int link_bytes(struct evidence *v, const struct json_node *n)
{
	struct evidence_flow f = {.from = SLICE("gate"), .to = json_text(n, "name"), .service = SLICE("link"), .time = evidence_time_any(v, json_text(n, "last_message"))};
	if (num_u64(json_text(n, "bytes"), 0, UINT64_MAX, &f.bytes) < 0 || !f.bytes)
		return 0;
	return evidence_put_flow(v, &f);
}

int evidence_json_holdfast(struct evidence *v, const struct json_node *n)
{
	struct slice event = json_text(n, "event");
	int r = 0;
	if (event.n && json_get(n, "mono_ns")) {
		struct slice began = json_text(n, "began"), at = json_text(n, "time");
		int64_t t = evidence_time_any(v, began.n ? began : at.n ? at : json_text(n, "since"));
		evidence_saw(v, t);
		if (slice_eq_str(event, "verdict"))
			r = files(v, n, t, "its content was read and written over, as watch saw it,");
		else if (slice_eq_str(event, "look"))
			r = files(v, n, t, "it was changed in a manner that watch has somebody look at,");
		else if (slice_eq_str(event, "rescanned"))
			r = files(v, n, t, "it was changed while watch did not run");
		v->account.dialect = "holdfast watch";
	} else if (json_text(n, "name").n && json_text(n, "state").n && json_get(n, "proof") && json_get(n, "bytes")) {
		r = link_bytes(v, n);
		v->account.dialect = "holdfast gate";
	} else
		return 0;
	v->account.kind = EVIDENCE_HOLDFAST;
	v->account.clock = "UTC";
	v->account.records++;
	return r ? r : 1;
}
