/* Appending and committing. append gives an entry its number, time, salt and leaf and lays its text into l->staged; commit seals what is staged into records, writes
 * each segment once, fdatasyncs, and only then moves l->durable. Nothing else is on this path: tiles, checkpoints and packs are made behind it.
 */
#include "ledger_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STAGED_MAX (LEDGER_BODY_MAX * 2)      /* bytes of text that may wait for a commit */
#define DIRECT_MOST ((size_t)128 << 10)       /* larger writes gain nothing */
#define WRITE_PIECE ((uint64_t)4 << 20)       /* records are gathered into writes of about this size */
#define WAKE_PLAIN ((uint64_t)1 << 20)        /* wake the housekeeper when so much new text waits for it */

void ledger_append_init(struct ledger *l)
{
	buf_init(&l->staged, STAGED_MAX + ENTRY_LINE_MAX + 1);
	buf_init(&l->sealed, STAGED_MAX + 2 * WRITE_PIECE);
}

static int broken(const struct ledger *l, struct err *e)
{
	if (e)
		*e = l->why;
	return l->why.code;
}

/* fsync-gate (2018): after a failed fdatasync the kernel may call pages clean that never reached the disk, and a second fdatasync then succeeds. So there is no second
 * one: this handle writes no more. Opening anew writes the last batch again. */
static int break_off(struct ledger *l, const struct err *cause, struct err *e)
{
	l->broken = true;
	l->why = *cause;
	l->why.code = cause->code ? cause->code : ERR_SYSTEM;
	char text[sizeof l->why.text];
	snprintf(text, sizeof text, "%.200s. What is not acknowledged is not known to be saved, and nothing more is written: check the disk, then restart Holdfast", cause->text);
	memcpy(l->why.text, text, sizeof text);
	return broken(l, e);
}

bool ledger_remembers(uint8_t kind)
{
	return kind == LEDGER_HL7V2 || kind == LEDGER_FHIR || kind == LEDGER_HL7V2_FRAGMENT /* junk of a file that is imported again is no news either */ || kind == LEDGER_ECG || kind == LEDGER_ECG_ACT /* that something was delivered is said once, whoever dies in between */ || kind == LEDGER_CALLS /* and what became of a call */;
}

struct slice ledger_remembered(uint8_t kind, struct slice body)
{
	const uint8_t *lf = kind == LEDGER_ECG && body.n ? memchr(body.p, '\n', body.n) : NULL;
	return lf ? slice_of(lf + 1, body.n - (size_t)(lf + 1 - body.p)) : body;
}

/* What is staged, and n bytes more, in segments: bytes, and the largest record of it. A record ends with the entry that reaches the target. */
static uint64_t staged_size(const struct ledger *l, uint64_t n, uint64_t *ret_record)
{
	uint64_t staged = l->staged.n + n, most = WAL_RECORD_TARGET + (n > l->staged_most ? n : l->staged_most);
	*ret_record = ledger_record_size(staged < most ? staged : most);
	return staged + (staged / WAL_RECORD_TARGET + 2) * 2 * WAL_PAGE;
}

/* Room for n more bytes of text? What is at hand (the rest of the segment in use, and those made ahead) is there whatever becomes of the disk, and of it ordinary entries leave the reserve. Where that is not
 * enough a segment would have to be made, and the disk is asked now: what the housekeeper saw a quarter of a second ago may have been filled since, and a commit that finds no room cannot be taken back. */
static int room(struct ledger *l, uint64_t n, bool ordinary, struct err *e)
{
	struct ledger_house *h = &l->house;
	uint64_t rest = l->cur ? l->cur->size - l->cur->used : 0, record, need = staged_size(l, n, &record);
	bool enough, beyond = record > l->o.segment_size - WAL_PAGE; /* no segment made ahead holds it */
	pthread_mutex_lock(&h->mu);
	uint64_t left = h->spare_bytes + rest, lost = ordinary || need <= rest ? 0 : h->spare_n * record; /* the end of a segment into which the next record does not go */
	pthread_mutex_unlock(&h->mu);
	if ((!beyond || need <= rest) && left >= need + lost + (ordinary ? l->o.reserve : 0))
		return 0;
	int r = ledger_house_room(l, beyond ? record : 0, &enough, e);
	if (r < 0 || enough)
		return r;
	if (ordinary)
		return err_set(e, ERR_FULL, NULL,
		               "the disk is nearly full: what is left (%" PRIu64 " MiB) is kept for views, captures and cuts; make room on the site's volume", left >> 20);
	return err_set(e, ERR_FULL, NULL, "the disk is full: nothing can be recorded any more; make room on the site's volume");
}

static void take_salt(struct ledger *l, uint8_t out[32])
{
	if (l->salts_left < 32) { /* one system call for 128 entries */
		seal_random(l->salts, sizeof l->salts);
		l->salts_left = sizeof l->salts;
	}
	l->salts_left -= 32;
	memcpy(out, l->salts + l->salts_left, 32);
	seal_wipe(l->salts + l->salts_left, 32);
}

static uint16_t check_of(const struct ledger_leaf *l)
{
	return (uint16_t)(l->commit[0] << 8 | l->commit[1]);
}

static int fits(const struct ledger *l, const char *source, struct slice body, struct err *e)
{
	if (l->broken)
		return broken(l, e);
	if (!l->write)
		return err_set(e, ERR_USAGE, NULL, "this ledger was opened for reading");
	if (!ledger_source_ok(slice_str(source)))
		return err_set(e, ERR_USAGE, NULL, "the source of an entry is 1 to %d printable characters without blanks", LEDGER_SOURCE_MAX);
	if (body.n > LEDGER_BODY_MAX)
		return err_set(e, ERR_LIMIT, NULL, "an entry holds at most %" PRIu64 " MiB; larger things are files for the vault", LEDGER_BODY_MAX >> 20);
	if (l->staged.n + body.n + ENTRY_LINE_MAX > STAGED_MAX)
		return err_set(e, ERR_LIMIT, NULL, "too much waits to be committed");
	return 0;
}

/* Everything that can fail, before anything changes. */
static int prepare(struct ledger *l, uint8_t kind, struct slice body, bool ordinary, struct err *e)
{
	int r = room(l, body.n + ENTRY_LINE_MAX, ordinary, e);
	if (r == 0 && (ledger_remembers(kind) || kind == LEDGER_HL7V2_ENVELOPE))
		r = ledger_seen_room(l->seen, 2, e);
	if (r < 0)
		return r;
	if (!buf_space(&l->staged, body.n + ENTRY_LINE_MAX + 1)) {
		r = buf_code(&l->staged);
		l->staged.failed = l->staged.no_memory = false; /* what was staged before is whole */
		return err_set(e, r, NULL, "no memory for an entry");
	}
	if (!ring_push(&l->entries))
		return err_set(e, ERR_FULL, NULL, "too many entries wait to be packed: is there room for packs on the site's volume?");
	return 0;
}

int ledger_append(struct ledger *l, uint8_t kind, uint8_t flags, const char *source, struct slice body, bool ordinary, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	int r = fits(l, source, body, e);
	if (r == 0)
		r = prepare(l, kind, body, ordinary, e);
	if (r < 0)
		return r;
	uint64_t seq = l->entries.end - 1;
	struct ledger_tail_entry *t = ring_at(&l->entries, seq);
	int64_t now = l->o.clock();
	*t = (struct ledger_tail_entry){.record = TAIL_STAGED, .line = (uint32_t)l->staged.n};
	t->leaf = (struct ledger_leaf){.kind = kind, .flags = flags, .time = now > l->last_time ? now : l->last_time, .size = body.n};
	memcpy(t->leaf.source, source, strlen(source));
	take_salt(l, t->salt);
	ledger_commitment(t->salt, body, l->sha, t->leaf.commit);

	size_t n = ledger_entry_line(seq, &t->leaf, t->salt, buf_space(&l->staged, ENTRY_LINE_MAX));
	buf_commit(&l->staged, n);
	t->at = (uint32_t)l->staged.n;
	buf_add_slice(&l->staged, body);
	buf_u8(&l->staged, '\n');
	assert(buf_ok(&l->staged));
	if (body.n + ENTRY_LINE_MAX > l->staged_most)
		l->staged_most = body.n + ENTRY_LINE_MAX;

	if (ledger_remembers(kind))
		ledger_seen_add(l->seen, ledger_seen_print(l->seen, SEEN_BODY, ledger_remembered(kind, body)), seq, check_of(&t->leaf));
	if ((kind == LEDGER_HL7V2 || kind == LEDGER_HL7V2_ENVELOPE) && l->control_print) {
		ledger_seen_add(l->seen, l->control_print, seq, check_of(&t->leaf));
		l->control_print = 0;
	}
	l->last_time = t->leaf.time;
	if (ret_seq)
		*ret_seq = seq;
	if (ret_time)
		*ret_time = t->leaf.time;
	return 0;
}

/* ---- commit ---- */

/* The current segment gets room for so many bytes: the next one ready, or a new one. The old one stays as it is. */
int ledger_take_segment(struct ledger *l, uint64_t bytes, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct ledger_segment *s = NULL;
	uint64_t number = 0, counter;
	pthread_mutex_lock(&h->mu);
	for (struct ledger_segment **at = &h->spare; *at; at = &(*at)->next)
		if ((*at)->size - WAL_PAGE >= bytes) {
			s = *at;
			*at = s->next;
			h->spare_bytes -= s->size;
			h->spare_n--;
			break;
		}
	if (!s)
		number = h->next_number++;
	pthread_mutex_unlock(&h->mu);
	if (!s) {
		uint64_t size = l->o.segment_size;
		if (bytes > size - WAL_PAGE)
			size = (bytes + 2 * WAL_PAGE - 1) / WAL_PAGE * WAL_PAGE;
		int r = ledger_segment_make(l->walfd, number, size, &l->wal_keys, NULL, NULL, &s, e);
		if (r < 0)
			return r;
	}
	int r = ledger_segment_unwrap(s, &l->wal_keys, e);
	if (r == 0 && s->stale) { /* made before the care key was rotated; it holds nothing */
		pthread_mutex_lock(&h->mu);
		number = h->next_number++;
		pthread_mutex_unlock(&h->mu);
		r = ledger_segment_retire(l->walfd, s, e);
		if (r == 0)
			r = ledger_segment_renew(l->walfd, s, number, &l->wal_keys, e);
		if (r == 0)
			r = ledger_segment_unwrap(s, &l->wal_keys, e);
	}
	if (r < 0) {
		ledger_segment_free(s); /* the file stays, unused, and is found again by the next who opens */
		return r;
	}
	seal_random(&counter, sizeof counter);
	s->counter = counter << 16;
	s->used = WAL_PAGE;
	s->next = NULL;
	if (l->cur)
		l->cur->next = s;
	else
		l->used = s;
	l->cur = s;
	return 0;
}

/* Cut what is staged into records and give each its place. They go into the ring beyond what the housekeeper has been told of. */
static int plan(struct ledger *l, struct err *e)
{
	uint64_t first = l->durable, cut = 0;
	struct ledger_segment *s = l->cur;
	uint64_t used = s ? s->used : 0;
	for (uint64_t seq = l->durable; seq < l->entries.end; seq++) {
		uint64_t end = seq + 1 < l->entries.end ? ledger_tail_entry_at(l, seq + 1)->line : l->staged.n;
		if (end - cut < WAL_RECORD_TARGET && seq + 1 < l->entries.end)
			continue;
		uint64_t size = ledger_record_size(end - cut);
		if (!s || used + size > s->size) {
			int r = ledger_take_segment(l, size, e);
			if (r < 0)
				return r;
			s = l->cur;
			used = s->used;
		}
		struct ledger_tail_record *rec = ring_push(&l->records);
		if (!rec)
			return err_set(e, ERR_MEMORY, NULL, "no memory for a commit");
		*rec = (struct ledger_tail_record){.seg = s, .offset = used, .first = first, .plain = (uint32_t)(end - cut), .count = (uint32_t)(seq + 1 - first)};
		used += size;
		first = seq + 1;
		cut = end;
	}
	return 0;
}

static int seal_record(struct ledger *l, const struct ledger_tail_record *rec, uint64_t text_at, uint32_t left, struct err *e)
{
	uint64_t size = ledger_record_size(rec->plain);
	struct ledger_record_head h = {.plain = rec->plain, .count = rec->count, .left = left, .counter = rec->seg->counter++, .batch = l->batch + 1, .first = rec->first};
	uint8_t *to = buf_space(&l->sealed, size);
	if (!to)
		return err_set(e, buf_code(&l->sealed), NULL, "no memory for a commit");
	memcpy(h.id, rec->seg->id, WAL_ID);
	ledger_record_head_put(to, &h);
	int r = seal_aead_seal(rec->seg->aead, h.counter, slice_of(to, WAL_RECORD_HEAD), slice_of(l->staged.p + text_at, rec->plain), to + WAL_RECORD_HEAD, e);
	if (r < 0)
		return r;
	size_t end = WAL_RECORD_HEAD + (size_t)rec->plain + WAL_TAG;
	memset(to + end, 0, size - end);
	buf_commit(&l->sealed, size);
	return 0;
}

/* What is small goes past the page cache: on preallocated blocks a write and its fdatasync then take 91 us here instead of 121 (half a thousand writes of 4 KiB, median).
 * Records begin and end on pages, so offset and size are right by themselves; only the memory has to be. A file system that will not (tmpfs) is written the ordinary way. */
static int direct_fd(struct ledger *l, struct ledger_segment *s)
{
	char name[WAL_NAME_MAX];
	if (!l->aligned && !(l->aligned = aligned_alloc(WAL_PAGE, DIRECT_MOST)))
		return -1;
	if (s->direct == 0)
		s->direct = openat(l->walfd, ledger_segment_name(s, name), O_WRONLY | O_DIRECT | O_CLOEXEC);
	return s->direct;
}

static int write_out(struct ledger *l, struct ledger_segment *s, uint64_t at, struct err *e)
{
	char place[WAL_NAME_MAX];
	struct slice what = buf_slice(&l->sealed);
	int fd = s->fd, direct = what.n && what.n <= DIRECT_MOST ? direct_fd(l, s) : -1;
	if (direct > 0) {
		memcpy(l->aligned, what.p, what.n);
		what.p = l->aligned;
		fd = direct;
	}
	int r = what.n ? file_pwrite_all(fd, what, at, e, ledger_segment_name(s, place)) : 0;
	buf_reset(&l->sealed);
	return r;
}

static int sync_segment(struct ledger_segment *s, struct err *e)
{
	char place[WAL_NAME_MAX];
	return fdatasync(s->fd) ? err_sys(e, ledger_segment_name(s, place), "cannot make a commit durable") : 0;
}

/* One write for each segment touched (more only for many MiB), one fdatasync for each. */
static int write_records(struct ledger *l, uint64_t from, uint64_t to, struct err *e)
{
	uint64_t text_at = 0, at = 0;
	assert(from < to);
	struct ledger_segment *s = ((const struct ledger_tail_record *)ring_at(&l->records, from))->seg;
	int r = 0;
	buf_reset(&l->sealed);
	for (uint64_t i = from; r == 0 && i < to; i++) {
		const struct ledger_tail_record *rec = ring_at(&l->records, i);
		if (s != rec->seg || l->sealed.n >= WRITE_PIECE)
			r = write_out(l, s, at, e);
		if (r == 0 && s != rec->seg)
			r = sync_segment(s, e);
		if (s != rec->seg || l->sealed.n == 0)
			at = rec->offset;
		s = rec->seg;
		if (r == 0)
			r = seal_record(l, rec, text_at, (uint32_t)(to - i - 1), e);
		text_at += rec->plain;
	}
	if (r == 0)
		r = write_out(l, s, at, e);
	return r == 0 ? sync_segment(s, e) : r;
}

static void tell_house(struct ledger *l, uint64_t plain)
{
	struct ledger_house *h = &l->house;
	pthread_mutex_lock(&h->mu);
	h->durable = l->durable;
	h->records_end = l->records.end;
	h->plain += plain;
	bool wake = h->threaded && h->plain - h->told >= WAKE_PLAIN;
	if (wake) {
		h->told = h->plain;
		pthread_cond_signal(&h->wake);
	}
	pthread_mutex_unlock(&h->mu);
}

static void settle(struct ledger *l, uint64_t from)
{
	uint64_t text_at = 0;
	for (uint64_t i = from; i < l->records.end; i++) {
		const struct ledger_tail_record *rec = ring_at(&l->records, i);
		for (uint64_t seq = rec->first; seq < rec->first + rec->count; seq++) {
			struct ledger_tail_entry *t = ring_at(&l->entries, seq);
			t->record = i;
			t->line -= (uint32_t)text_at;
			t->at -= (uint32_t)text_at;
		}
		text_at += rec->plain;
		rec->seg->used = rec->offset + ledger_record_size(rec->plain);
		if (!rec->seg->holds)
			rec->seg->first = rec->first;
		rec->seg->holds = true;
		rec->seg->end = rec->first + rec->count;
	}
}

int ledger_commit(struct ledger *l, struct err *e)
{
	struct err why = {0};
	if (l->broken)
		return broken(l, e);
	if (!l->write)
		return err_set(e, ERR_USAGE, NULL, "this ledger was opened for reading");
	if (l->durable == l->entries.end)
		return 0;
	uint64_t from = l->records.end, plain = l->staged.n;
	int r = plan(l, e);
	if (r < 0) { /* nothing was written: what is staged stays staged */
		ring_pop(&l->records, from);
		return r;
	}
	if (write_records(l, from, l->records.end, &why) < 0) {
		ring_pop(&l->records, from);
		return break_off(l, &why, e);
	}
	settle(l, from);
	l->durable = l->entries.end;
	l->batch++;
	l->staged_most = 0;
	buf_reset(&l->staged);
	if (l->staged.cap + l->sealed.cap > 16 * WRITE_PIECE) { /* after a giant: its room is not kept */
		buf_done(&l->staged);
		buf_done(&l->sealed);
		ledger_append_init(l);
	}
	tell_house(l, plain);
	return 0;
}

/* ---- has it been seen? ---- */

struct same {
	struct ledger *l;
	struct slice body;
	int kind;   /* 0: any of those that are remembered by their bodies */
	uint64_t seq;
	int64_t time;
};

/* Is entry seq this very body? Errors count as no: then it is stored once more, and nothing is lost. */
static bool is_same(void *arg, uint64_t seq, uint16_t check)
{
	struct same *q = arg;
	struct ledger_leaf leaf;
	if (seq >= q->l->entries.end || ledger_read_leaf(q->l, seq, &leaf, NULL) < 0 || check_of(&leaf) != check || leaf.size != q->body.n || (q->kind ? leaf.kind != q->kind : !ledger_remembers(leaf.kind)))
		return false;
	if (seq >= q->l->entries.base) { /* salt and commitment are at hand: no need to open anything */
		uint8_t commit[SEAL_HASH];
		ledger_commitment(ledger_tail_entry_at(q->l, seq)->salt, q->body, q->l->sha, commit);
		if (memcmp(commit, leaf.commit, SEAL_HASH))
			return false;
	} else {
		struct ledger_entry en;
		if (ledger_read(q->l, seq, &en, NULL) < 0 || !slice_eq(en.body, q->body))
			return false;
	}
	q->seq = seq;
	q->time = leaf.time;
	return true;
}

int ledger_find_same(struct ledger *l, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct same q = {.l = l, .body = body};
	if (!l->seen)
		return err_set(e, ERR_USAGE, NULL, "this ledger was opened for reading");
	if (!ledger_seen_find(l->seen, ledger_seen_print(l->seen, SEEN_BODY, body), is_same, &q))
		return err_set(e, ERR_NO, NULL, "this body has not been stored before");
	if (ret_seq)
		*ret_seq = q.seq;
	if (ret_time)
		*ret_time = q.time;
	return 0;
}

/* The same of a recording, whatever the line before it says. */
static bool is_same_recording(void *arg, uint64_t seq, uint16_t check)
{
	struct same *q = arg;
	struct ledger_leaf leaf;
	struct ledger_entry en;
	if (seq >= q->l->entries.end || ledger_read_leaf(q->l, seq, &leaf, NULL) < 0 || check_of(&leaf) != check || leaf.kind != LEDGER_ECG || leaf.size < q->body.n)
		return false;
	if (ledger_read(q->l, seq, &en, NULL) < 0 || en.erased || !slice_eq(ledger_remembered(LEDGER_ECG, en.body), q->body))
		return false;
	q->seq = seq;
	q->time = leaf.time;
	return true;
}

int ledger_find_recording(struct ledger *l, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct same q = {.l = l, .body = ledger_remembered(LEDGER_ECG, body)};
	if (!l->seen)
		return err_set(e, ERR_USAGE, NULL, "this ledger was opened for reading");
	if (!ledger_seen_find(l->seen, ledger_seen_print(l->seen, SEEN_BODY, q.body), is_same_recording, &q))
		return err_set(e, ERR_NO, NULL, "this recording has not been stored before");
	*ret_seq = q.seq;
	*ret_time = q.time;
	return 0;
}

/* A slot counts if the entry that it was made for is there: one that a crash took back, or whose number another entry has now, does not. */
static bool is_there(void *arg, uint64_t seq, uint16_t check)
{
	struct ledger *l = arg;
	struct ledger_leaf leaf;
	return seq < l->entries.end && ledger_read_leaf(l, seq, &leaf, NULL) == 0 && check_of(&leaf) == check;
}

bool ledger_control_seen(struct ledger *l, struct slice control_key)
{
	if (!l->seen)
		return false;
	l->control_print = ledger_seen_print(l->seen, SEEN_CONTROL, control_key);
	return ledger_seen_find(l->seen, l->control_print, is_there, l);
}

bool ledger_control_same(struct ledger *l, struct slice control_key, uint8_t kind, struct slice body, uint64_t *ret_seq, int64_t *ret_time)
{
	struct same q = {.l = l, .body = body, .kind = kind};
	if (!l->seen)
		return false;
	l->control_print = ledger_seen_print(l->seen, SEEN_CONTROL, control_key);
	if (!ledger_seen_find(l->seen, l->control_print, is_same, &q))
		return false;
	l->control_print = 0; /* nothing will be appended for it */
	*ret_seq = q.seq;
	*ret_time = q.time;
	return true;
}

uint64_t ledger_control_from(const struct ledger *l)
{
	return l->control_from;
}

int ledger_control_learn(struct ledger *l, uint64_t seq, struct slice control_key, struct err *e)
{
	struct ledger_leaf leaf;
	if (!l->seen)
		return err_set(e, ERR_USAGE, NULL, "this ledger was opened for reading");
	int r = ledger_read_leaf(l, seq, &leaf, e);
	if (r == 0)
		r = ledger_seen_room(l->seen, 1, e);
	if (r == 0)
		ledger_seen_add_once(l->seen, ledger_seen_print(l->seen, SEEN_CONTROL, control_key), seq, check_of(&leaf));
	return r;
}

void ledger_control_learned(struct ledger *l)
{
	pthread_mutex_lock(&l->house.mu);
	l->house.control_known = true;
	pthread_mutex_unlock(&l->house.mu);
}

/* After a crash, or when the table is new: every body that it does not surely know. */
static int remember(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct ledger *l = arg;
	if (!ledger_remembers(en->leaf.kind) || en->erased)
		return 0;
	int r = ledger_seen_room(l->seen, 1, e);
	if (r == 0)
		ledger_seen_add_once(l->seen, ledger_seen_print(l->seen, SEEN_BODY, ledger_remembered(en->leaf.kind, en->body)), en->seq, check_of(&en->leaf));
	return r;
}

int ledger_seen_fill(struct ledger *l, struct err *e)
{
	uint64_t from = ledger_seen_complete(l->seen, SEEN_BODY);
	if (from < l->seen_made)
		from = l->seen_made;
	return from < l->durable ? ledger_scan(l, from, l->durable, true, remember, l, e) : 0;
}
