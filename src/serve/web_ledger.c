/* Public tiles and checkpoint: anyone may fetch and verify them; they hold no patient data. Only the names of C2SP tlog-tiles are served. */
#include "web_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* tile/<L>/<N>[.p/<W>] and tile/entries/<N>[.p/<W>]: digits, 'x', '/', ".p" and "entries" are all that can stand in one. No dot-dot can. */
static bool tile_name(const char *p)
{
	if (strncmp(p, "tile/", 5))
		return false;
	p += 5;
	if (!strncmp(p, "entries/", 8))
		p += 8;
	else if (*p >= '0' && *p <= '9' && p[1] == '/')
		p += 2;
	else if (*p >= '0' && *p <= '9' && p[1] >= '0' && p[1] <= '9' && p[2] == '/')
		p += 3;
	else
		return false;
	for (; *p; p++)
		if (!((*p >= '0' && *p <= '9') || *p == 'x' || *p == '/' || (*p == '.' && p[1] == 'p' && p[2] == '/') || (*p == 'p' && p[-1] == '.')))
			return false;
	return true;
}

void web_ledger(struct web_request *q, const char *path)
{
	bool tile = tile_name(path), head = !strcmp(path, "checkpoint"), witnessed = !strcmp(path, "witnessed"), vkey = !strcmp(path, "vkey");
	if ((q->method != WEB_GET && q->method != WEB_HEAD) || (!tile && !head && !vkey && !witnessed)) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	char name[300];
	struct err e = {0};
	if (witnessed && !web_witnessed(q->web->role->sitefd, &q->out)) {
		web_error(q, 404, "not-found", "No witness has signed a checkpoint of this log yet.");
		return;
	}
	snprintf(name, sizeof name, "ledger/%s", path);
	if (!witnessed && file_read(q->web->role->sitefd, name, 32 << 20, &q->out, &e) < 0) {
		buf_reset(&q->out);
		web_error(q, 404, "not-found", "There is no such tile (yet).");
		return;
	}
	if (head)
		web_join_cosignatures(q->web->role->sitefd, &q->out);
	q->status = 200;
	q->content_type = tile ? "application/octet-stream" : "text/plain; charset=utf-8";
	q->public_cache = tile && !strstr(path, ".p/"); /* a full tile never changes */
}
