/* keeper_feed: the scribe gets every entry in order, in the clear. What was just committed goes to it from memory; what it is behind is read back from the
 * ledger as it takes it, so that a slow or dead scribe costs no memory here. */
#include "keeper.h"

#include <stdlib.h>

#define FRAME_FILL ((size_t)256 << 10)  /* a frame of entries is closed when it is this full */
#define AHEAD ((size_t)1 << 20)         /* bytes that wait for the kernel to take them: then no more is read back */
#define BULK 5000                       /* an empty view this far behind is built as a rebuild is */
#define TELL_EVERY (TIME_SEC / 5)
#define PATIENCE (30 * TIME_SEC)         /* without a scribe; longer than any pause before it is started again */

/* ---- frames of entries ---- */

struct packing {
	struct keeper *k;
	struct buf *out;
	size_t at;     /* of the open frame */
	bool open, full;
};

static void close_frame(struct packing *p)
{
	if (p->open)
		frame_end(p->out, p->at);
	p->open = false;
}

static bool body_wanted(uint8_t kind)
{
	switch (kind) {
	case LEDGER_HL7V2_ENVELOPE:
	case LEDGER_HL7V2_FRAGMENT:
	case LEDGER_OTHER:
	case LEDGER_PACK:
	case LEDGER_REPACK:
	case LEDGER_SNAPSHOT: /* names of files may stand in its reasons */
	case LEDGER_VAULT_PACK:
	case LEDGER_KEYS:
	case LEDGER_RETENTION:
	case LEDGER_KEPT:
	case LEDGER_GATE_HELD:
	case LEDGER_GATE_SENT:
	case LEDGER_GATE_COUNT:
	case LEDGER_SHEET:
	case LEDGER_TRANSFER:
	case LEDGER_STATION:
		return false; /* counted, never read */
	default:
		return true;
	}
}

static void put_entry(struct packing *p, uint64_t seq, int64_t time, uint8_t kind, uint8_t flags, const char *source, uint64_t size, struct slice body, bool erased)
{
	AUTO_BUF struct buf redacted = {0};
	buf_init(&redacted, FRAME_SMALL);
	uint8_t mark = 0;
	bool silent;
	if (erased) {
		mark = MARK_ERASED;
	} else if (keeper_is_quarantined(p->k, seq, &silent)) {
		mark = MARK_QUARANTINED;
		if (silent || kind != LEDGER_HL7V2)
			body = SLICE_NULL;
	} else if (kind == LEDGER_ACCOUNT) {
		accounts_redact(body, &redacted);
		body = buf_slice(&redacted);
		mark = MARK_REDACTED;
	} else if (!body_wanted(kind)) {
		body = SLICE_NULL;
	} else if (kind == LEDGER_SCAN) {
		struct slice picture;
		body = slice_cut(body, '\n', &picture);
	}
	size_t n = strlen(source);
	if (p->open && p->out->n - p->at + body.n + n + 64 > FRAME_FILL)
		close_frame(p);
	if (!p->open) {
		p->at = frame_begin(p->out, FRAME_S_ENTRIES, 0);
		p->open = true;
	}
	buf_u64le(p->out, seq);
	buf_u64le(p->out, (uint64_t)time);
	buf_u8(p->out, kind);
	buf_u8(p->out, flags);
	buf_u8(p->out, mark);
	buf_u64le(p->out, size);
	buf_u8(p->out, (uint8_t)n);
	buf_add(p->out, source, n);
	frame_blob(p->out, body);
	p->k->feed.next = seq + 1;
	p->full = p->out->n > AHEAD;
}

static int from_ledger(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct packing *p = arg;
	if (en->seq != p->k->feed.next)
		return err_set(e, ERR_CORRUPT, NULL, "the ledger gave entry %llu where %llu was due", (unsigned long long)en->seq, (unsigned long long)p->k->feed.next);
	put_entry(p, en->seq, en->leaf.time, en->leaf.kind, en->leaf.flags, en->leaf.source, en->leaf.size, en->erased ? en->rest : en->body, en->erased);
	return p->full ? ERR_LIMIT : 0; /* enough for now */
}

void feed_send(struct keeper *k)
{
	struct feed *fd = &k->feed;
	keeper_view_look(k);
	if (!fd->ch || fd->ch->dead || !fd->hello || (fd->pinned && !fd->rebuilding))
		return;
	struct packing p = {.k = k, .out = &fd->ch->c.out};
	uint64_t upto = ledger_durable(k->l);
	if (upto > fd->end)
		upto = fd->end;
	if (p.out->n > AHEAD) {
		if (fd->ch->c.out_at < p.out->n / 2)
			return;
		buf_drop(p.out, fd->ch->c.out_at); /* the kernel took most of it: make room in front */
		fd->ch->c.out_at = 0;
	}
	for (size_t i = 0; i < k->staged_count && !p.full; i++) {
		const struct staged *s = &k->staged[i];
		if (s->seq == fd->next && s->seq < upto && (s->body.p || s->size == 0))
			put_entry(&p, s->seq, s->time, s->kind, s->flags, s->source, s->size, s->body, false);
	}
	if (!p.full && fd->next < upto) {
		struct err e = {0};
		int r = ledger_scan(k->l, fd->next, upto, true, from_ledger, &p, &e);
		if (r < 0 && !p.full) { /* the ledger stays open for writing; the view stands still, and status says so */
			if (fd->failed.code == 0)
				role_log(k->r, "the view cannot go on at entry %llu: %s", (unsigned long long)fd->next, e.text);
			fd->failed = e;
			fd->unreadable = true;
		} else if (fd->unreadable) {
			role_log(k->r, "the view goes on at entry %llu", (unsigned long long)fd->next);
			fd->failed = (struct err){0};
			fd->unreadable = false;
		}
	}
	close_frame(&p);
}

/* More is to be sent, and the kernel has taken all there was: nobody else would wake us for it. */
bool feed_more(const struct keeper *k)
{
	const struct feed *fd = &k->feed;
	if (!fd->ch || fd->ch->dead || !fd->hello || (fd->pinned && !fd->rebuilding) || fd->failed.code || chan_unsent(&fd->ch->c))
		return false;
	uint64_t upto = ledger_durable(k->l);
	return fd->next < (upto < fd->end ? upto : fd->end);
}

/* ---- rebuilds ---- */

static void tell_progress(struct keeper *k, bool always)
{
	struct feed *fd = &k->feed;
	int64_t now = time_monotonic();
	struct kchan *ch = fd->by_chan ? keeper_chan_find(k, fd->by_chan) : NULL;
	if (!ch || (!always && now - fd->told_at < TELL_EVERY))
		return;
	fd->told_at = now;
	size_t at = frame_begin(&ch->c.out, FRAME_K_PROGRESS, fd->by_tag);
	buf_u64le(&ch->c.out, fd->applied);
	buf_u64le(&ch->c.out, fd->end);
	frame_end(&ch->c.out, at);
}

static void start_rebuild(struct keeper *k, uint64_t end, bool pin)
{
	struct feed *fd = &k->feed;
	fd->rebuilding = true;
	fd->pin_after = pin;
	fd->end = end;
	fd->next = 0;
	fd->applied = fd->pace_from = 0;
	fd->pace_at = time_monotonic();
	fd->erased = keeper_erased_quarters(k);
	/* entries of the old view that are still in the out buffer come before this frame, and the scribe takes them as what they are */
	size_t at = frame_begin(&fd->ch->c.out, FRAME_S_REBUILD, 0);
	buf_u64le(&fd->ch->c.out, end);
	buf_u8(&fd->ch->c.out, pin);
	frame_end(&fd->ch->c.out, at);
}

void op_rebuild(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct feed *fd = &k->feed;
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	uint64_t to = cur_u64le(&c), durable = ledger_size(k->l);
	if (!cur_done(&c)) {
		keeper_chan_drop(k, ch, "a bad rebuild");
		return;
	}
	if (fd->rebuilding && fd->by_chan) {
		err_set(&e, ERR_BUSY, NULL, "the view is being rebuilt already");
		reply_err(ch, f->tag, &e);
		return;
	}
	if (to != CHART_NOW && to >= durable) {
		err_set(&e, ERR_NOT_FOUND, NULL, "the ledger has %llu entries: the last one is %llu", (unsigned long long)durable, (unsigned long long)(durable - 1));
		reply_err(ch, f->tag, &e);
		return;
	}
	fd->by_chan = ch->id;
	fd->by_tag = f->tag;
	if (fd->rebuilding && to == CHART_NOW && !fd->pin_after && fd->erased == keeper_erased_quarters(k))
		return; /* the one that was begun by ourselves will do */
	fd->force_rebuild = true;
	fd->force_to = to;
	if (!fd->ch || !fd->hello)
		return; /* the scribe is being started: feed_hello goes on */
	fd->force_rebuild = false;
	start_rebuild(k, to == CHART_NOW ? durable : to + 1, to != CHART_NOW);
}

static void rebuilt(struct keeper *k, uint64_t applied)
{
	struct feed *fd = &k->feed;
	struct kchan *ch = fd->by_chan ? keeper_chan_find(k, fd->by_chan) : NULL;
	fd->rebuilding = false;
	fd->applied = applied;
	fd->pinned = fd->pin_after;
	if (k->view_erased != fd->erased) {
		k->view_erased = fd->erased;
		accounts_touch(k);
	}
	if (k->view_erased < keeper_erased_quarters(k)) { /* another one was erased meanwhile, and what lay in it may have been read before */
		start_rebuild(k, ledger_durable(k->l), false);
		return;
	}
	tell_progress(k, true);
	fd->end = CHART_NOW;
	if (ch)
		reply_ok(ch, fd->by_tag);
	fd->by_chan = 0;
}

void feed_erased(struct keeper *k)
{
	struct feed *fd = &k->feed;
	if (fd->ch && fd->hello && !fd->rebuilding && k->view_erased < keeper_erased_quarters(k))
		start_rebuild(k, ledger_durable(k->l), false); /* one that goes on now sees to it at its end; without a scribe, its hello does */
}

void feed_follow(struct keeper *k)
{
	struct feed *fd = &k->feed;
	fd->follow = !fd->hello; /* it is being started: when it has said how it stands */
	if (!fd->ch || !fd->hello || !fd->pinned || fd->rebuilding)
		return;
	fd->pinned = false;
	fd->next = fd->applied;
	frame_end(&fd->ch->c.out, frame_begin(&fd->ch->c.out, FRAME_S_FOLLOW, 0));
}

/* ---- what the scribe says ---- */

void feed_attach(struct keeper *k, struct kchan *ch)
{
	k->feed.ch = ch;
	k->feed.hello = false;
}

void feed_lost(struct keeper *k)
{
	struct feed *fd = &k->feed;
	copy_lost(k);
	fd->ch = NULL;
	if (fd->hello) /* one that dies before it has said hello has not come back */
		fd->lost_at = time_monotonic();
	fd->hello = false;
	if (fd->rebuilding && fd->by_chan) { /* its successor begins again */
		fd->force_rebuild = true;
		fd->force_to = fd->pin_after ? fd->end - 1 : CHART_NOW;
	}
	fd->rebuilding = false;
}

static void hello(struct keeper *k, uint64_t applied, bool pinned, bool unusable)
{
	struct feed *fd = &k->feed;
	uint64_t durable = ledger_durable(k->l);
	fd->hello = true;
	fd->failed = (struct err){0};
	fd->unreadable = false;
	fd->applied = fd->next = applied;
	fd->pinned = pinned;
	fd->end = CHART_NOW;
	fd->level_at = fd->pace_at = time_monotonic();
	fd->pace_from = applied;
	if (fd->force_rebuild) {
		fd->force_rebuild = false;
		start_rebuild(k, fd->force_to == CHART_NOW ? durable : fd->force_to + 1, fd->force_to != CHART_NOW);
	} else if (applied > durable && k->reading) {
		role_log(k->r, "the view has %llu entries and the ledger, of which others have seen more, %llu: it is shown as it is", (unsigned long long)applied, (unsigned long long)durable);
	} else if (applied > durable) {
		role_log(k->r, "the view has %llu entries and the ledger %llu: it is of another ledger, or of one that was restored; it is rebuilt", (unsigned long long)applied, (unsigned long long)durable);
		start_rebuild(k, durable, false);
	} else if (fd->follow && pinned && !unusable) {
		feed_follow(k);
	} else if (k->view_erased < keeper_erased_quarters(k)) {
		start_rebuild(k, durable, false); /* what was erased must not stand in it */
	} else if (unusable || (applied <= 1 && durable > BULK && !pinned)) {
		start_rebuild(k, durable, false);
	}
}

/* A first import of years: the old view stays readable until the new one is there. */
static bool far_behind(const struct keeper *k)
{
	const struct feed *fd = &k->feed;
	uint64_t behind = ledger_durable(k->l) - fd->applied;
	return !fd->pinned && behind > k->r->far_behind && behind > fd->applied / 2;
}

int feed_frame(struct keeper *k, const struct frame *f)
{
	struct feed *fd = &k->feed;
	struct cur c = cur_of(f->payload);
	if (f->type == FRAME_S_FAILED) {
		int code = (int)cur_u32le(&c);
		frame_get_err(&c, code, &fd->failed);
		return cur_done(&c) ? 0 : ERR_INPUT;
	}
	if (f->type == FRAME_S_SILENT) {
		buf_reset(&k->silent);
		buf_add_slice(&k->silent, f->payload);
		return 0;
	}
	if (f->type >= FRAME_S_COPY_WANTED && f->type <= FRAME_S_COPY_FAILED)
		return copy_frame(k, f);
	uint64_t applied = cur_u64le(&c);
	uint8_t how = f->type == FRAME_S_REBUILT ? 0 : cur_u8(&c);
	if (!cur_done(&c))
		return ERR_INPUT;
	switch (f->type) {
	case FRAME_S_HELLO:
		hello(k, applied, how == HELLO_PINNED, how == HELLO_REBUILD);
		return 0;
	case FRAME_S_APPLIED:
		/* a liar can only make somebody wait too short for a view that it writes itself */
		if (applied <= fd->next)
			fd->applied = applied;
		if (fd->rebuilding)
			tell_progress(k, false);
		else if (far_behind(k))
			start_rebuild(k, ledger_durable(k->l), false);
		return 0;
	case FRAME_S_REBUILT:
		if (fd->rebuilding)
			rebuilt(k, applied <= fd->next ? applied : fd->next);
		return 0;
	default:
		return ERR_DENIED;
	}
}

/* Nobody waits for ever for a view that cannot be written: a disk that is full, a file that is damaged. */
bool feed_hopeless(const struct keeper *k)
{
	const struct feed *fd = &k->feed;
	if (fd->hello)
		return fd->failed.code != 0;
	return time_monotonic() - fd->lost_at > PATIENCE;
}

/* ---- quarantine ---- */

/* The scribe is told whose it is by the body itself, of which it reads no more than that. One on which it died even so is not given to it at all (ret_silent); that is not kept: the next
 * keeper learns it again. */
bool keeper_is_quarantined(const struct keeper *k, uint64_t entry, bool *ret_silent)
{
	for (size_t i = 0; i < k->quarantined_count; i++)
		if (k->quarantined[i].entry == entry) {
			*ret_silent = k->quarantined[i].silent;
			return true;
		}
	return false;
}

void keeper_quarantine_note(struct keeper *k, uint64_t entry, bool lifted)
{
	for (size_t i = 0; i < k->quarantined_count; i++)
		if (k->quarantined[i].entry == entry) {
			if (lifted)
				k->quarantined[i] = k->quarantined[--k->quarantined_count];
			return;
		}
	if (lifted || k->quarantined_count >= QUARANTINE_MAX)
		return;
	struct quarantined *p = reallocarray(k->quarantined, k->quarantined_count + 1, sizeof *p);
	if (!p)
		return; /* it stays in the ledger: the next start knows */
	k->quarantined = p;
	k->quarantined[k->quarantined_count++] = (struct quarantined){.entry = entry};
}

void keeper_quarantine(struct keeper *k, uint64_t entry, uint32_t deaths)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	if (entry >= ledger_durable(k->l))
		return;
	for (size_t i = 0; i < k->quarantined_count; i++)
		if (k->quarantined[i].entry == entry) {
			k->quarantined[i].silent = true;
			return;
		}
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "quarantine");
	jsonw_ku64(&w, "entry", entry);
	jsonw_ku64(&w, "deaths", deaths);
	jsonw_kstr(&w, "reason", "the reader died on it twice; it is stored, and not shown until this is lifted");
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (keeper_record(k, LEDGER_QUARANTINE, "site", buf_slice(&b), NULL, NULL, &e) < 0) {
		role_log(k->r, "entry %llu cannot be put in quarantine: %s", (unsigned long long)entry, e.text);
		return;
	}
	role_log(k->r, "entry %llu is in quarantine: the scribe died on it twice", (unsigned long long)entry);
	keeper_quarantine_note(k, entry, false);
	accounts_touch(k);
}
