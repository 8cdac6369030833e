/* The site as a replica, for those who pull: GET /replica/NAME with a token of the role "replica", which can read nothing else. Names are those of doc/formats.md 12; what they lead to is sealed or public, and we have no key.
 * Objects go out straight from their files, in any number of ranges' requests (one range a request, RFC 9110 14.2), so neither a pack nor a slow reader takes memory.
 *
 *   GET, HEAD /replica/newest         the newest head; the keeper is asked for one that is at most a minute old
 *   GET, HEAD /replica/...            what it speaks of
 *   POST /replica/cosign              a witness's vkey, LF, and a checkpoint of ours with its cosignature */
#include "web_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD_AGE 60 /* seconds */
#define COST 1      /* of an object, in the tokens of web_limit.c */

/* "bytes=A-B", "bytes=A-", "bytes=-N". False: none that we keep (several, another unit, not a number): all of it is sent, as the RFC allows. */
bool web_range(const char *h, uint64_t size, uint64_t *ret_from, uint64_t *ret_n, bool *ret_outside)
{
	*ret_outside = false;
	if (!h || strncmp(h, "bytes=", 6) || strchr(h, ','))
		return false;
	struct slice last, first = slice_cut(slice_str(h + 6), '-', &last);
	uint64_t a = 0, b = 0;
	if (!last.p || (first.n == 0 && last.n == 0) || (first.n && num_u64(first, 0, UINT64_MAX, &a) < 0) || (last.n && num_u64(last, 0, UINT64_MAX, &b) < 0) || (first.n && last.n && b < a))
		return false;
	if (first.n == 0) { /* the last b bytes */
		*ret_outside = b == 0 || size == 0;
		*ret_n = b < size ? b : size;
		*ret_from = size - *ret_n;
		return true;
	}
	*ret_outside = a >= size;
	*ret_from = a;
	*ret_n = *ret_outside ? 0 : last.n && b < size - 1 ? b - a + 1 : size - a;
	return true;
}

static void send_object(struct web_request *q, const char *name)
{
	struct vault_site_place at;
	struct err e = {0};
	uint64_t from = 0, n;
	bool outside;
	int fd = vault_site_open(q->web->role->sitefd, name, &at, &e);
	if (fd < 0) {
		web_error(q, fd == ERR_NOT_FOUND ? 404 : 503, "not-found", "There is no such object (any more).");
		return;
	}
	n = at.n;
	q->status = 200;
	q->content_type = "application/octet-stream";
	if (web_range(web_header(q, "Range"), at.n, &from, &n, &outside)) {
		q->status = outside ? 416 : 206;
		if (outside)
			snprintf(q->range, sizeof q->range, "bytes */%llu", (unsigned long long)at.n);
		else
			snprintf(q->range, sizeof q->range, "bytes %llu-%llu/%llu", (unsigned long long)from, (unsigned long long)(from + n - 1), (unsigned long long)at.n);
	}
	if (outside || n == 0) {
		close(fd);
		return;
	}
	q->fd = fd + 1;
	q->fd_offset = at.offset + from;
	q->fd_size = n;
}

static void take_cosignature(struct web_request *q)
{
	struct err e = {0};
	int r = keeper_cosign(q->w->keeper, &q->who, NULL, buf_slice(&q->body), &e);
	if (r == ERR_CORRUPT) {
		web_error(q, 409, "ahead", "%s", e.text);
		return;
	}
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	buf_str(&q->out, "ok\n");
	q->status = 200;
}

void web_replica(struct web_request *q, const char *name)
{
	struct err e = {0};
	bool post = q->method == WEB_POST;
	if (!web_may(q, MAY_REPLICA))
		return;
	if (q->method != WEB_GET && q->method != WEB_HEAD && !(post && !strcmp(name, "cosign"))) {
		q->allow = !strcmp(name, "cosign") ? "POST" : "GET, HEAD";
		web_error(q, 405, "method", "Only GET here.");
		return;
	}
	if (post) {
		take_cosignature(q);
		return;
	}
	/* One that was made before is a head, too: what there is goes out also while the keeper cannot make another. */
	if (!strcmp(name, "newest") && keeper_head(q->w->keeper, HEAD_AGE, &e) < 0)
		role_log(q->web->role, "web: no new head for a replica: %s: %s", e.place, e.text);
	send_object(q, name);
}

/* ---- cosignatures on what is public ---- */

struct joining {
	struct slice text; /* of the checkpoint */
	struct buf *out;
	struct buf best;   /* the newest that was cosigned, where it is not this one */
	uint64_t size;
};

/* Lines of the note behind the log's own: those of this witness. */
static void add_lines(struct buf *out, const struct vault_witness *w)
{
	char want[NOTE_NAME_MAX + 8];
	int n = snprintf(want, sizeof want, "\xe2\x80\x94 %s ", w->vkey.name);
	struct slice rest = slice_of(w->note.p + w->text.n, w->note.n - w->text.n);
	while (rest.n) {
		struct slice line = slice_cut(rest, '\n', &rest);
		if (line.n > (size_t)n && !memcmp(line.p, want, (size_t)n)) {
			buf_add_slice(out, line);
			buf_u8(out, '\n');
			return; /* one a witness */
		}
	}
}

static int join(void *arg, const struct vault_witness *w, struct err *e)
{
	struct joining *j = arg;
	if (j->out && slice_eq(w->text, j->text))
		add_lines(j->out, w);
	if (!j->out && (w->cp.size > j->size || !j->best.n)) {
		buf_reset(&j->best);
		buf_add_slice(&j->best, w->note);
		j->size = w->cp.size;
	} else if (!j->out && w->cp.size == j->size && j->best.n) {
		add_lines(&j->best, w);
	}
	return 0;
}

static bool own_key(int sitefd, struct note_vkey *ret)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	return file_read(sitefd, "ledger/vkey", 4096, &b, NULL) == 0 && note_vkey_parse(slice_trim(buf_slice(&b)), ret, NULL) == 0;
}

/* What witnesses have signed of this very checkpoint stands beside our own signature. */
void web_join_cosignatures(int sitefd, struct buf *note)
{
	struct note_vkey v;
	const uint8_t *end = note->n ? memmem(note->p, note->n, "\n\n", 2) : NULL;
	AUTO_BUF struct buf lines = {0};
	buf_init(&lines, 1 << 16);
	if (!end || !own_key(sitefd, &v))
		return;
	struct joining j = {.text = slice_of(note->p, (size_t)(end + 1 - note->p)), .out = &lines};
	if (vault_witness_each(sitefd, &v, join, &j, NULL) == 0 && buf_ok(&lines))
		buf_add_slice(note, buf_slice(&lines));
}

/* The newest checkpoint that a witness has signed, with all who signed that one. */
bool web_witnessed(int sitefd, struct buf *ret)
{
	struct note_vkey v;
	struct joining j = {.out = NULL};
	buf_init(&j.best, 1 << 16);
	bool ok = own_key(sitefd, &v) && vault_witness_each(sitefd, &v, join, &j, NULL) == 0 && j.best.n && buf_ok(&j.best);
	if (ok)
		buf_add_slice(ret, buf_slice(&j.best));
	buf_done(&j.best);
	return ok;
}
