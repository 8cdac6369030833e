/* What of a case is understood and yet cannot be so, or is likely a slip: keys that are there twice or that nobody knows, moments in an order that there is not, counts larger than all persons. A contradiction that would move a date is an error; the rest is said, and the case is taken as it stands. */
#include "notice_internal.h"

#include <inttypes.h>
#include <stdio.h>

/* What duties, letters, forms and the commands beside them read of a case's first level (doc/notice.md). */
static const char *const keys[] = {"name", "discovered", "discovered_end", "persons", "total", "entity", "elements", "combinations", "acquired", "encrypted", "key_taken", "media", "risk", "determined", "notified", "hhs_notified", "incident_notified", "resolved", "deceased", "bad_addresses", "misuse", "window", "letter", "forms", "entries"};

static bool known(struct slice key)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (slice_eq_str(key, keys[i]))
			return true;
	return false;
}

static void put_part(struct buf *b, struct slice part)
{
	buf_u8(b, NOTICE_REMARK_PART);
	for (size_t i = 0; i < part.n && i < 40; i++)
		buf_u8(b, part.p[i] < 32 || part.p[i] > 126 ? '?' : part.p[i]);
}

void notice_remark(struct buf *b, const char *key, struct slice a, struct slice b2, struct slice c)
{
	buf_str(b, key);
	put_part(b, a);
	put_part(b, b2);
	put_part(b, c);
	buf_u8(b, '\n');
}

void notice_remarks_say(struct buf *b, const char *lang, struct slice kept)
{
	while (kept.n) {
		struct slice line = slice_cut(kept, '\n', &kept), part[3], key = slice_cut(line, NOTICE_REMARK_PART, &line);
		char word[24];
		for (size_t i = 0; i < 3; i++)
			part[i] = slice_cut(line, NOTICE_REMARK_PART, &line);
		assert(key.n < sizeof word);
		memcpy(word, key.p, key.n);
		word[key.n] = 0;
		notice_say(b, lang, word, part[0], part[1], part[2]);
		buf_u8(b, '\n');
	}
}

static struct slice digits(uint64_t n, char out[24])
{
	snprintf(out, 24, "%" PRIu64, n);
	return slice_str(out);
}

static bool said_before(const struct json_node *top, const struct json_node *v)
{
	for (const struct json_node *w = top->child; w != v; w = w->next)
		if (slice_eq(v->key, w->key))
			return !slice_eq(v->raw, w->raw);
	return false;
}

void notice_check_keys(const struct json_node *top, struct buf *remarks)
{
	for (const struct json_node *v = top->child; v && buf_ok(remarks); v = v->next) {
		const char *what = !known(v->key) ? "f.key" : said_before(top, v) ? "f.twice" : NULL;
		if (what)
			notice_remark(remarks, what, v->key, SLICE_NULL, SLICE_NULL);
	}
}

/* Of a day and a time it is the day that is compared, with one day to spare: they may be of different zones. */
static bool before(const struct notice_moment *a, const struct notice_moment *b)
{
	if (a->timed && b->timed)
		return a->at < b->at;
	return a->day < b->day - (a->timed || b->timed ? 1 : 0);
}

static void check_count(struct buf *remarks, const char *what, const struct notice_count *n, const struct notice_count *all)
{
	char x[24], y[24];
	if (n->low > all->high)
		notice_remark(remarks, "f.more", slice_str(what), digits(n->low, x), digits(all->high, y));
}

static void check_media(const struct json_node *media, struct buf *remarks)
{
	bool good = !media || media->type == JSON_NULL || media->type == JSON_STR || media->type == JSON_ARR;
	for (const struct json_node *m = good && media && media->type == JSON_ARR ? media->child : NULL; m; m = m->next)
		good &= m->type == JSON_STR;
	if (!good)
		notice_remark(remarks, "f.media", SLICE_NULL, SLICE_NULL, SLICE_NULL);
}

int notice_check_facts(const struct notice_facts *f, const struct json_node *top, struct buf *remarks, struct err *e)
{
	const struct {
		const char *key;
		const struct notice_moment *at;
	} after[] = {{"notified", &f->notified}, {"hhs_notified", &f->hhs_notified}, {"incident_notified", &f->incident_notified}, {"resolved", &f->resolved}};
	if (f->determined.given && before(&f->determined, &f->discovered))
		return err_set(e, ERR_INPUT, "determined", "is before discovered: nobody can find that there was a breach before it is discovered, so one of the two is wrong");
	for (size_t i = 0; i < ARRAY_LEN(after); i++)
		if (after[i].at->given && before(after[i].at, &f->discovered))
			notice_remark(remarks, "f.before", slice_str(after[i].key), SLICE_NULL, SLICE_NULL);
	if (!f->total.high)
		notice_remark(remarks, "f.nobody", SLICE_NULL, SLICE_NULL, SLICE_NULL);
	check_count(remarks, "deceased", &f->deceased, &f->total);
	check_count(remarks, "bad_addresses", &f->bad_addresses, &f->total);
	for (size_t i = 0; i < f->places; i++) {
		uint64_t touched = 0;
		char x[24], y[24];
		for (size_t m = 0; m < f->mixes; m++)
			touched += f->mix[m].place == i ? f->mix[m].touched : 0;
		if (touched > f->place[i].persons.high)
			notice_remark(remarks, "f.mix", slice_str(f->place[i].code), digits(touched, x), digits(f->place[i].persons.high, y));
	}
	check_media(json_get(top, "media"), remarks);
	return 0;
}

void notice_facts_ahead(const struct notice_facts *f, int64_t now, const char *lang, struct buf *ret_remarks)
{
	const int64_t day = INT64_C(86400) * TIME_SEC;
	const struct {
		const char *key;
		const struct notice_moment *at;
	} all[] = {{"discovered", &f->discovered}, {"determined", &f->determined}, {"notified", &f->notified}, {"hhs_notified", &f->hhs_notified}, {"incident_notified", &f->incident_notified}, {"resolved", &f->resolved}};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].at->given && (all[i].at->timed ? all[i].at->at > now : all[i].at->day * day > now + day / 2 + day / 12)) /* a day has begun where clocks are fourteen hours ahead */
{
			notice_say(ret_remarks, lang, "f.ahead", slice_str(all[i].key), SLICE_NULL, SLICE_NULL);
			buf_u8(ret_remarks, '\n');
		}
}
