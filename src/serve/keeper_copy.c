/* keeper_copy: copies of the view. The scribe makes and seals them; the keeper gives it the public half of the quarter's key (class "view": care and recovery open it), and enters the hashes of what was made. Begun when a
 * command asks (`holdfast view copy`), or by the scribe of a daemon when the newest is a day old. */
#include "keeper.h"

#include <stdlib.h>

static void answer_no(struct keeper *k, const struct err *e)
{
	struct kchan *ch = k->copy.by_chan ? keeper_chan_find(k, k->copy.by_chan) : NULL;
	if (ch)
		reply_err(ch, k->copy.by_tag, e);
	else
		role_log(k->r, "no copy of the view could be made: %s", e->text);
	k->copy = (struct copy_state){0};
}

/* ERR_BUSY: not now. */
static int ask_scribe(struct keeper *k, struct err *e)
{
	struct feed *fd = &k->feed;
	struct age_recipient to;
	if (k->copy.running)
		return err_set(e, ERR_BUSY, "view", "a copy of the view is being made for somebody else already");
	if (!fd->ch || !fd->hello || fd->rebuilding)
		return err_set(e, ERR_BUSY, "view", "the view is being made: a copy can be made when it is there");
	if (fd->pinned)
		return err_set(e, ERR_NO, "view", "the view was made up to a chosen entry and stays there: `holdfast view rebuild` first");
	int64_t now = time_now(), last = ledger_last_time(k->l);
	site_period_current(k->r->sitefd, "view", now > last ? now : last, k->copy.period);
	while (keeper_key_erased(k, k->copy.period)) { /* a name that died with a quarter of messages is not used again: who sees it destroys it */
		char class[SITE_PERIOD_MAX];
		int year, quarter, m, c = site_period_parts(k->copy.period, class, &year, &quarter, &m, e);
		if (c < 0 || m >= SITE_PERIOD_M_MAX)
			return c < 0 ? c : err_set(e, ERR_LIMIT, k->copy.period, "more keys of one quarter than there are names");
		site_period_join(class, year, quarter, m + 1, k->copy.period);
	}
	int r = site_period_recipient(k->r->sitefd, &k->keys, k->copy.period, true, &to, e);
	if (r < 0)
		return r;
	size_t at = frame_begin(&fd->ch->c.out, FRAME_S_COPY, 0);
	buf_add(&fd->ch->c.out, to.pub, sizeof to.pub);
	frame_end(&fd->ch->c.out, at);
	k->copy.running = true;
	return 0;
}

void op_view_copy(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct err e = {0};
	int r = f->n ? err_set(&e, ERR_INPUT, NULL, "a bad request") : 0;
	if (r == 0 && ch->uid != 0 && ch->uid != k->r->owner_uid)
		r = err_set(&e, ERR_DENIED, NULL, "a copy of the view is asked for by root or the site's owner");
	bool ours = k->copy.running && !k->copy.by_chan; /* the day's own is being made: it will do */
	if (r == 0 && !ours)
		r = ask_scribe(k, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	k->copy.by_chan = ch->id;
	k->copy.by_tag = f->tag;
}

static int wanted(struct keeper *k)
{
	struct err e = {0};
	if (!k->r->private_keeper && !k->reading && !k->copy.running && ask_scribe(k, &e) < 0 && e.code != ERR_BUSY && e.code != ERR_NO)
		role_log(k->r, "no copy of the view can be made: %s", e.text);
	return 0;
}

/* u64 entries, u64 plain, str version, u32 parts, each u64 size and 32 bytes of SHA-256 */
static int made(struct keeper *k, struct cur *c)
{
	struct ledger_view_copy *v = &k->copy.made;
	AUTO_BUF struct buf body = {0};
	struct err e = {0};
	v->entries = cur_u64le(c);
	k->copy.plain = cur_u64le(c);
	frame_get_text(c, v->version, sizeof v->version);
	v->parts = cur_u32le(c);
	if (!c->failed && k->copy.running && k->feed.rebuilding) { /* it was on its way when the rebuild began: the scribe throws it away when it hears of that */
		err_set(&e, ERR_BUSY, "view", "the view is made anew: no copy of the old one");
		answer_no(k, &e);
		return 0;
	}
	if (c->failed || !k->copy.running || v->parts < 1 || v->parts > LEDGER_VIEW_PARTS_MAX || cur_left(c) != v->parts * (size_t)(8 + SEAL_HASH) || v->entries > k->feed.next)
		return ERR_INPUT;
	struct ledger_view_part *part = calloc(v->parts, sizeof *part);
	if (!part)
		return ERR_MEMORY;
	for (unsigned i = 0; i < v->parts; i++) {
		part[i].size = cur_u64le(c);
		k->copy.size += part[i].size;
		memcpy(part[i].sha256, cur_take(c, SEAL_HASH).p, SEAL_HASH);
	}
	char probe[LEDGER_VIEW_NAME_MAX];
	struct ledger_view_copy back;
	unsigned one;
	ledger_view_name(v, 1, probe);
	if (!ledger_view_name_read(probe, &back, &one)) { /* its version is not what a version is */
		free(part);
		return ERR_INPUT;
	}
	buf_init(&body, FRAME_VAULT);
	ledger_view_body_put(v, k->copy.period, k->copy.plain, part, &body);
	free(part);
	int r = buf_ok(&body) ? keeper_record(k, LEDGER_SNAPSHOT, "site", buf_slice(&body), &v->record, NULL, &e) : err_set(&e, buf_code(&body), NULL, "no memory");
	if (r < 0) {
		answer_no(k, &e);
		return 0; /* the scribe throws away what has no name when it begins the next one */
	}
	size_t at = frame_begin(&k->feed.ch->c.out, FRAME_S_COPY_ENTERED, 0); /* sent when the entry is durable, as everything is */
	buf_u64le(&k->feed.ch->c.out, v->record);
	frame_end(&k->feed.ch->c.out, at);
	return 0;
}

static int named(struct keeper *k)
{
	struct kchan *ch = k->copy.by_chan ? keeper_chan_find(k, k->copy.by_chan) : NULL;
	if (ch) {
		size_t at = reply_begin(ch, k->copy.by_tag);
		buf_u64le(&ch->c.out, k->copy.made.entries);
		buf_u64le(&ch->c.out, k->copy.made.record);
		buf_u64le(&ch->c.out, k->copy.plain);
		buf_u64le(&ch->c.out, k->copy.size);
		reply_end(ch, at);
	}
	k->copy = (struct copy_state){0};
	return 0;
}

int copy_frame(struct keeper *k, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	if (f->type == FRAME_S_COPY_WANTED)
		return wanted(k);
	if (f->type == FRAME_S_COPY_MADE)
		return made(k, &c);
	if (f->type == FRAME_S_COPY_NAMED)
		return cur_done(&c) ? named(k) : ERR_INPUT;
	int code = (int)cur_u32le(&c);
	frame_get_err(&c, code, &e);
	if (!cur_done(&c))
		return ERR_INPUT;
	if (k->copy.running)
		answer_no(k, &e);
	return 0;
}

void copy_lost(struct keeper *k)
{
	struct err e = {0};
	if (!k->copy.running)
		return;
	err_set(&e, ERR_BUSY, "view", "the scribe was started anew while it made a copy: ask again");
	answer_no(k, &e);
}
