/* The EHR's echo: what its feed has sent since the first capture is looked through for our own numbers. How far it was looked is kept in SITE/run/backload.seen, which is no truth: where it is lost, it is looked again, and an echo that was
 * entered before has no effect. */
#include "backload_cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define SEEN "run/backload.seen"
#define ECHOES_MAX 64 /* numbers in one message */

struct scanning {
	struct backlog *l;
	struct arena *a;
	struct echo {
		uint32_t item;
		uint64_t entry;
	} *v;
	size_t n, room;
	bool merges; /* there are any */
};

static int note(struct scanning *x, const struct backlog_item *it, uint64_t entry, struct err *e)
{
	uint32_t i = (uint32_t)(it - x->l->items);
	for (size_t k = 0; k < x->n; k++)
		if (x->v[k].item == i)
			return 0;
	if (x->n == x->room) {
		size_t room = x->room ? 2 * x->room : 64;
		struct echo *more = reallocarray(x->v, room, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for what the feed shows");
		x->v = more;
		x->room = room;
	}
	x->v[x->n++] = (struct echo){i, entry};
	return 0;
}

static struct slice number_of(struct slice name)
{
	const struct capture as = {.patient = name};
	struct fact_ident id;
	capture_patient(&as, &id);
	return id.value;
}

/* A merge has no number of ours: the two records are what it is known by. */
static int note_merges(struct scanning *x, const struct hl7_msg *m, uint64_t entry, struct err *e)
{
	int r = 0;
	for (uint32_t i = 0; i < x->l->n && r == 0; i++) {
		const struct backlog_item *it = &x->l->items[i];
		if (it->kind == CAPTURE_MERGE && !it->apart && !it->b.echo && entry > it->entry && backload_echo_merge(m, SLICE(BACKLOAD_APPLICATION), number_of(it->patient), number_of(it->named)))
			r = note(x, it, entry, e);
	}
	return r;
}

static int on_entry(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct scanning *x = arg;
	struct slice numbers[ECHOES_MAX];
	struct hl7_msg m;
	size_t n = 0;
	if (en->leaf.kind != LEDGER_HL7V2 || en->erased)
		return 0;
	arena_reset(x->a);
	if (hl7_parse(en->body, x->a, &m, NULL, 0, NULL, NULL) < 0)
		return 0; /* unreadable here, and said where it came in */
	backload_echo(&m, SLICE(BACKLOAD_APPLICATION), numbers, ECHOES_MAX, &n);
	for (size_t i = 0; i < n; i++) {
		const struct backlog_item *it = backlog_find(x->l, numbers[i]);
		if (!it || it->b.echo || en->seq <= it->entry)
			continue;
		int r = note(x, it, en->seq, e);
		if (r < 0)
			return r;
	}
	return x->merges ? note_merges(x, &m, en->seq, e) : 0;
}

static uint64_t seen_before(const struct site *s)
{
	char text[32] = "";
	uint64_t n;
	AUTO_CLOSE int fd = openat(s->fd, SEEN, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
	return got > 0 && num_u64(slice_trim(slice_of(text, (size_t)got)), 0, UINT64_MAX, &n) == 0 ? n : 0;
}

static void seen_now(const struct site *s, uint64_t upto)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%llu\n", (unsigned long long)upto);
	AUTO_CLOSE int fd = openat(s->fd, SEEN, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		return; /* what is missing of the number makes it smaller: more is looked at again */
}

static int enter(struct control *k, struct backlog *l, const struct echo *x, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct backlog_item *it = &l->items[x->item];
	buf_init(&b, 1 << 16);
	backload_begin(&w, &b, "echo", it);
	jsonw_ku64(&w, "entry", x->entry);
	jsonw_obj_end(&w);
	return backload_enter(k, &b, it, e);
}

int backload_scan(struct site *s, struct control *k, struct backlog *l, unsigned *ret, struct err *e)
{
	struct scanning x = {.l = l};
	struct site_keys keys = {0};
	struct ledger *led = NULL;
	uint64_t from = seen_before(s), upto = 0;
	*ret = 0;
	if (!l->n)
		return 0;
	if (from > l->head) /* of another epoch, or a copy that was rolled back */
		from = 0;
	if (from < l->items[0].entry)
		from = l->items[0].entry;
	for (uint32_t i = 0; i < l->n; i++)
		x.merges = x.merges || l->items[i].kind == CAPTURE_MERGE;
	x.a = arena_new((size_t)256 << 20);
	int r = x.a ? cli_ledger(s, true, &keys, &led, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0) {
		upto = ledger_size(led);
		r = ledger_scan(led, from, upto > from ? upto : from, true, on_entry, &x, e);
	}
	ledger_free(led);
	site_keys_wipe(&keys);
	for (size_t i = 0; i < x.n && r == 0; i++)
		r = enter(k, l, &x.v[i], e);
	if (r == 0) {
		*ret = (unsigned)x.n;
		seen_now(s, upto);
		backlog_count(l);
	}
	free(x.v);
	arena_free(x.a);
	return r;
}
