/* web_view: what is wrong with the view that an answer was made from. A view that is being made anew, or is behind, or of a site that is only read, shows what it has: who asks is told up to where that is, each time, in a header, and in a
 * FHIR bundle by an outcome of its own. A view that has nothing yet is no empty hospital: it is an error that says how long it will take. */
#include "web_internal.h"

#include <inttypes.h>
#include <stdio.h>

#define EMPTY_MOST 50 /* entries of a site that just begins */

static void pace(const struct keeper_view *v, char *out, size_t size)
{
	char left[40] = "";
	if (v->left != VIEW_LEFT_UNKNOWN && v->left < 120)
		snprintf(left, sizeof left, ", about %" PRIu32 " s more", v->left);
	else if (v->left != VIEW_LEFT_UNKNOWN)
		snprintf(left, sizeof left, ", about %" PRIu32 " min more", (v->left + 59) / 60);
	snprintf(out, size, "%" PRIu64 " of %" PRIu64 " entries, %" PRIu64 " %%%s", v->done, v->total, v->total ? (uint64_t)((double)v->done * 100 / (double)v->total) : 0, left);
}

static void not_yet(struct web_request *q)
{
	const struct keeper_view *v = &q->session.view;
	char how[120];
	pace(v, how, sizeof how);
	if (v->state == VIEW_RESTORING)
		web_error(q, 503, "no-view", "This site is being rebuilt, and its charts are not back yet. There is nothing to show before.");
	else
		web_error(q, 503, "no-view", "The charts are being made from the ledger: %s. There is nothing to show before; nothing is lost.", how);
	q->retry_after = v->left != VIEW_LEFT_UNKNOWN && v->left < 30 ? (int)v->left : 5;
}

bool web_view_empty(struct web_request *q, struct chart *c)
{
	const struct keeper_view *v = &q->session.view;
	/* the one entry is the site's own, which init made; that of the next few somebody has not seen yet is a moment's matter */
	bool sure = v->state == VIEW_PINNED || (v->state == VIEW_FOLLOWS && v->done > 1); /* the common case costs no question */
	if (!q->signed_in || sure || v->total <= EMPTY_MOST || chart_applied(c) > 1)
		return false;
	not_yet(q);
	return true;
}

void web_view_missing(struct web_request *q, const struct err *why)
{
	if (q->signed_in && (q->session.view.state == VIEW_REBUILDING || q->session.view.state == VIEW_RESTORING)) {
		not_yet(q);
		return;
	}
	web_error(q, 503, "no-view", "There is no chart view yet, or it cannot be read: %s", why->text);
	q->retry_after = 2;
}

void web_view_note(struct web_request *q, struct chart_moment at)
{
	static const char *const states[] = {[VIEW_FOLLOWS] = "following", [VIEW_BEHIND] = "behind", [VIEW_REBUILDING] = "rebuilding", [VIEW_PINNED] = "pinned", [VIEW_DOWN] = "down", [VIEW_RESTORING] = "restoring"};
	const struct keeper_view *v = &q->session.view;
	char t[32];
	if (!q->signed_in || v->state >= ARRAY_LEN(states) || (v->state == VIEW_FOLLOWS && !v->read_only))
		return;
	size_t n = (size_t)snprintf(q->view, sizeof q->view, "%s; done=%" PRIu64 "; total=%" PRIu64 "%s", states[v->state], v->done, v->total, v->read_only ? "; read-only" : "");
	if (at.end && n < sizeof q->view)
		n += (size_t)snprintf(q->view + n, sizeof q->view - n, "; shown=%" PRIu64 "; time=%s", at.end - 1, time_rfc3339(at.time, 0, t));
	if (v->left != VIEW_LEFT_UNKNOWN && n < sizeof q->view)
		snprintf(q->view + n, sizeof q->view - n, "; left=%" PRIu32, v->left);
}

bool web_view_sentence(const struct web_request *q, char *out, size_t size)
{
	const struct keeper_view *v = &q->session.view;
	char how[120];
	if (!q->view[0])
		return false;
	pace(v, how, sizeof how);
	const char *only = v->read_only && v->state != VIEW_RESTORING ? " This copy of the site is read-only: others have seen more of its log than stands here, and what is missing is not shown." : "";
	switch (v->state) {
	case VIEW_REBUILDING:
		snprintf(out, size, "The charts are being made anew from the ledger (%s): this is from the ones before, and later messages are not in it.%s", how, only);
		break;
	case VIEW_BEHIND:
		snprintf(out, size, "The charts are behind what was received (%s): later messages are not in this.%s", how, only);
		break;
	case VIEW_PINNED:
		snprintf(out, size, "The charts were made up to a chosen entry and stay there: later messages are not in this.%s", only);
		break;
	case VIEW_RESTORING:
		snprintf(out, size, "This site is being rebuilt: this is from a copy of its charts, later messages are not in it, and it is not yet verified against the ledger.");
		break;
	case VIEW_DOWN:
		snprintf(out, size, "The charts are not being written at the moment: later messages are not in this.%s", only);
		break;
	default:
		snprintf(out, size, "%s", only + (*only == ' '));
	}
	return true;
}
