/* What of a case is understood and yet cannot be so, or is likely a slip: keys that are there twice or that nobody knows, moments in an order that there is not, counts larger than all persons. A contradiction that would move a date is an error; the rest is said, and the case is taken as it stands. */
#include "notice_internal.h"

#include <inttypes.h>

/* What duties, letters, forms and the commands beside them read of a case's first level (doc/notice.md). */
static const char *const keys[] = {"name", "discovered", "discovered_end", "persons", "total", "entity", "elements", "combinations", "acquired", "encrypted", "key_taken", "media", "risk", "determined", "notified", "hhs_notified", "incident_notified", "resolved", "deceased", "bad_addresses", "misuse", "window", "letter", "forms", "entries"};

static bool known(struct slice key)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (slice_eq_str(key, keys[i]))
			return true;
	return false;
}

static void put_key(struct buf *b, struct slice key)
{
	for (size_t i = 0; i < key.n && i < 40; i++)
		buf_u8(b, key.p[i] < 32 || key.p[i] > 126 ? '?' : key.p[i]);
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
	for (const struct json_node *v = top->child; v; v = v->next) {
		const char *what = !known(v->key) ? "is not one that a case has, and is not used" : said_before(top, v) ? "stands there twice: the first counts" : NULL;
		if (!what)
			continue;
		buf_str(remarks, "the key \"");
		put_key(remarks, v->key);
		buf_printf(remarks, "\" %s\n", what);
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
	if (n->low > all->high)
		buf_printf(remarks, "%s is %" PRIu64 ", more than there are persons (%" PRIu64 "): look at both\n", what, n->low, all->high);
}

static void check_media(const struct json_node *media, struct buf *remarks)
{
	bool good = !media || media->type == JSON_NULL || media->type == JSON_STR || media->type == JSON_ARR;
	for (const struct json_node *m = good && media && media->type == JSON_ARR ? media->child : NULL; m; m = m->next)
		good &= m->type == JSON_STR;
	if (!good)
		buf_str(remarks, "media is neither a word nor a list of words, and is not used\n");
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
			buf_printf(remarks, "%s is before discovered: look at both; dates that run from it are counted all the same\n", after[i].key);
	if (!f->total.high)
		buf_str(remarks, "persons counts nobody: duties that hang on persons do not apply\n");
	check_count(remarks, "deceased", &f->deceased, &f->total);
	check_count(remarks, "bad_addresses", &f->bad_addresses, &f->total);
	for (size_t i = 0; i < f->places; i++) {
		uint64_t touched = 0;
		for (size_t m = 0; m < f->mixes; m++)
			touched += f->mix[m].place == i ? f->mix[m].touched : 0;
		if (touched > f->place[i].persons.high)
			buf_printf(remarks, "combinations of %s are of %" PRIu64 " persons, more than live there (%" PRIu64 "): look at both\n", f->place[i].code, touched, f->place[i].persons.high);
	}
	check_media(json_get(top, "media"), remarks);
	return 0;
}

void notice_facts_ahead(const struct notice_facts *f, int64_t now, struct buf *ret_remarks)
{
	const int64_t day = INT64_C(86400) * TIME_SEC;
	const struct {
		const char *key;
		const struct notice_moment *at;
	} all[] = {{"discovered", &f->discovered}, {"determined", &f->determined}, {"notified", &f->notified}, {"hhs_notified", &f->hhs_notified}, {"incident_notified", &f->incident_notified}, {"resolved", &f->resolved}};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].at->given && (all[i].at->timed ? all[i].at->at > now : all[i].at->day * day > now + day / 2 + day / 12)) /* a day has begun where clocks are fourteen hours ahead */
			buf_printf(ret_remarks, "%s is in the future: dates are counted from it as it stands\n", all[i].key);
}
