/* holdfast scope scan: whose data are in files, and which elements of them. */
#include "cli_out.h"
#include "scope_cmd.h"
#include "scope_walk.h"

#include "csv.h"
#include "extract.h"
#include "find.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 64
#define AHEAD 64                       /* files a job that may wait for an earlier one to be written */
#define RESULT_MAX ((size_t)8 << 30)   /* bytes of hits of one file */

static const char *const trouble_words[] = {"broken", "sealed", "unknown", "picture", "limit", "died", "missing", "unreadable"};

/* ---- results, a file each, written in the order of the files ---- */

struct result {
	struct buf hits;      /* lines without the file's name: struct kept_hit, then the member's name */
	struct buf strangers, unread;
	uint64_t n, known, elements[PERSON_ELEMENTS_N], troubles;
	bool done;
};

struct kept_hit {
	uint64_t offset;
	const char *rule; /* the rule's words live as long as the program */
	uint32_t person, member;
	uint8_t element, confidence, rule_n;
};

struct output {
	struct cli_out to;
	struct buf b;
};

struct scan {
	struct walk files;
	struct result *result;  /* by file: those that are read once keep theirs until the last of the same */
	size_t *last_same;
	const struct find_population *pop;
	struct find_options options;
	struct extract_limits limits;
	struct output hits, strangers, unread;
	bool want_strangers, want_unread, progress;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	size_t next, written;
	uint8_t *seen;          /* a bit a person */
	uint64_t n, known, elements[PERSON_ELEMENTS_N], persons, troubles, troubled, read, same, bytes_out;
	int64_t said;
	int code;
	struct err e;
};

struct worker {
	struct scan *s;
	struct result *r;
	struct find *f;
};

/* A file, or what is in it: "a.zip/b.docx", "book.xlsx#Sheet1". */
static void put_file(struct buf *b, const char *path, struct slice member)
{
	AUTO_BUF struct buf whole = {0};
	if (!member.n) {
		csv_put(b, slice_str(path));
		return;
	}
	buf_init(&whole, 1 << 20);
	buf_str(&whole, path);
	if (member.p[0] != '#')
		buf_u8(&whole, '/');
	buf_add_slice(&whole, member);
	csv_put(b, buf_slice(&whole));
}

#define NUMBER_MAX 20

/* The number's digits end at `end`; returns where they begin. */
static char *digits_before(char *end, uint64_t v)
{
	do
		*--end = (char)('0' + v % 10);
	while (v /= 10);
	return end;
}

static void put_number(struct buf *b, uint64_t v)
{
	char out[NUMBER_MAX], *from = digits_before(out + sizeof out, v);
	buf_add(b, from, (size_t)(out + sizeof out - from));
}

static int on_hit(void *arg, const struct find_hit *h, struct err *e)
{
	struct worker *w = arg;
	struct buf *b = &w->r->hits;
	const struct kept_hit k = {h->offset, h->rule, h->person, (uint32_t)h->member.n, (uint8_t)h->element, (uint8_t)h->confidence, (uint8_t)strlen(h->rule)};
	buf_add(b, &k, sizeof k);
	buf_add_slice(b, h->member);
	w->r->n++;
	w->r->known += h->person != FIND_NOBODY;
	w->r->elements[h->element]++;
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "there is no memory for what was found in one file");
}

static int on_stranger(void *arg, const struct find_stranger *s, struct err *e)
{
	struct worker *w = arg;
	struct buf *b = &w->r->strangers;
	uint32_t head[2] = {(uint32_t)s->name.n, (uint32_t)s->member.n};
	buf_add(b, head, sizeof head);
	buf_add(b, &s->offset, sizeof s->offset);
	buf_add(b, &s->what, sizeof s->what);
	buf_add_slice(b, s->name);
	buf_add_slice(b, s->member);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "there is no memory for what was found in one file");
}

static void on_trouble(void *arg, const struct extract_trouble *t)
{
	struct worker *w = arg;
	struct buf *b = &w->r->unread;
	uint32_t head[3] = {(uint32_t)t->member.n, (uint32_t)t->kind, (uint32_t)strlen(t->why)};
	w->r->troubles++;
	buf_add(b, head, sizeof head);
	buf_add_slice(b, t->member);
	buf_str(b, t->why);
}

static int on_piece(void *arg, const struct extract_piece *p, struct err *e)
{
	struct worker *w = arg;
	switch (p->kind) {
	case EXTRACT_TEXT: return find_text(w->f, p->text, p->offset, e);
	case EXTRACT_FIELD: return find_field(w->f, p->role, p->who, p->text, p->offset, e);
	case EXTRACT_RECORD: return find_record(w->f, p->member, e);
	case EXTRACT_MEMBER: return find_member(w->f, p->member, e);
	}
	return 0;
}

/* ---- writing ---- */

static int out_flush(struct output *o, struct err *e)
{
	int r = buf_code(&o->b);
	r = r < 0 ? err_set(e, r, o->to.name, "there is no memory to write what was found") : file_write_all(o->to.fd, buf_slice(&o->b), e, o->to.name);
	buf_reset(&o->b);
	return r;
}

/* What a line begins with and where it stands are mostly those of the line before it: they are written out once, and copied. */
struct line_parts {
	struct buf person, file; /* "id,", ",path,": as they stand in the line */
	uint32_t who;            /* in person; FIND_NOBODY: nobody, it is empty */
	struct slice member;     /* in file */
	char element[PERSON_ELEMENTS_N][16];
	uint8_t element_n[PERSON_ELEMENTS_N];
};

static void parts_begin(struct line_parts *l, const char *path)
{
	*l = (struct line_parts){.who = FIND_NOBODY};
	buf_init(&l->person, 4096);
	buf_init(&l->file, 1 << 22);
	buf_u8(&l->person, ',');
	buf_u8(&l->file, ',');
	put_file(&l->file, path, SLICE_NULL);
	buf_u8(&l->file, ',');
	for (int i = 0; i < PERSON_ELEMENTS_N; i++) {
		struct slice word = slice_str(person_element_word(i));
		assert(word.n <= sizeof l->element[i]);
		memcpy(l->element[i], word.p, word.n);
		l->element_n[i] = (uint8_t)word.n;
	}
}

static void parts_of(struct line_parts *l, struct scan *s, const struct kept_hit *h, struct slice member, const char *path)
{
	if (h->person != l->who) {
		buf_reset(&l->person);
		if (h->person != FIND_NOBODY)
			csv_put(&l->person, find_population_id(s->pop, h->person));
		buf_u8(&l->person, ',');
		l->who = h->person;
	}
	if (h->person != FIND_NOBODY) {
		s->persons += !(s->seen[h->person >> 3] >> (h->person & 7) & 1);
		s->seen[h->person >> 3] |= (uint8_t)(1u << (h->person & 7));
	}
	if (!slice_eq(member, l->member)) {
		buf_reset(&l->file);
		buf_u8(&l->file, ',');
		put_file(&l->file, path, member);
		buf_u8(&l->file, ',');
		l->member = member;
	}
}

static uint8_t *put_bytes(uint8_t *to, const void *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

/* One result's hits as lines of one path. */
static int put_hits(struct scan *s, const struct result *r, const char *path)
{
	struct cur c = cur_of(buf_slice(&r->hits));
	struct buf *b = &s->hits.b;
	struct line_parts l;
	int code = 0;
	parts_begin(&l, path);
	while (code == 0 && !cur_done(&c)) {
		struct kept_hit h;
		memcpy(&h, cur_take(&c, sizeof h).p, sizeof h);
		parts_of(&l, s, &h, cur_take(&c, h.member), path);
		size_t most = l.person.n + sizeof l.element[0] + l.file.n + NUMBER_MAX + h.rule_n + 8;
		uint8_t *to = buf_ok(&l.person) && buf_ok(&l.file) ? buf_space(b, most) : NULL;
		if (!to) {
			code = err_set(&s->e, ERR_MEMORY, NULL, "there is no memory to write what was found");
			break;
		}
		char number[NUMBER_MAX], *from = digits_before(number + sizeof number, h.offset);
		uint8_t *begin = to;
		to = put_bytes(to, l.person.p, l.person.n);
		memcpy(to, l.element[h.element], sizeof l.element[0]); /* whole: the length is known, and what is too much is written over */
		to = put_bytes(to + l.element_n[h.element], l.file.p, l.file.n);
		to = put_bytes(to, from, (size_t)(number + sizeof number - from));
		*to++ = ',';
		to = put_bytes(to, h.rule, h.rule_n);
		to = put_bytes(to, ",0.", 3);
		*to++ = (uint8_t)('0' + h.confidence / 10);
		*to++ = (uint8_t)('0' + h.confidence % 10);
		*to++ = '\n';
		buf_commit(b, (size_t)(to - begin));
		if (b->n > (1 << 18)) /* stays in the cache until it is written */
			code = out_flush(&s->hits, &s->e);
	}
	buf_done(&l.person);
	buf_done(&l.file);
	return code;
}

static int put_strangers(struct scan *s, const struct result *r, const char *path)
{
	struct cur c = cur_of(buf_slice(&r->strangers));
	struct buf *b = &s->strangers.b;
	int code = 0;
	while (code == 0 && !cur_done(&c)) {
		uint32_t head[2];
		uint64_t offset;
		const char *what;
		memcpy(head, cur_take(&c, sizeof head).p, sizeof head);
		memcpy(&offset, cur_take(&c, sizeof offset).p, sizeof offset);
		memcpy(&what, cur_take(&c, sizeof what).p, sizeof what);
		struct slice name = cur_take(&c, head[0]), member = cur_take(&c, head[1]);
		buf_str(b, what);
		buf_u8(b, ',');
		csv_put(b, name);
		buf_u8(b, ',');
		put_file(b, path, member);
		buf_u8(b, ',');
		put_number(b, offset);
		buf_u8(b, '\n');
		if (b->n > (1 << 20))
			code = out_flush(&s->strangers, &s->e);
	}
	return code;
}

static void put_unread_line(struct scan *s, const char *path, struct slice member, const char *kind, struct slice why)
{
	if (!s->want_unread)
		return;
	put_file(&s->unread.b, path, member);
	buf_u8(&s->unread.b, ',');
	buf_str(&s->unread.b, kind);
	buf_u8(&s->unread.b, ',');
	csv_put(&s->unread.b, why);
	buf_u8(&s->unread.b, '\n');
}

static int put_unread(struct scan *s, const struct result *r, const char *path)
{
	struct cur c = cur_of(buf_slice(&r->unread));
	while (!cur_done(&c)) {
		uint32_t head[3];
		memcpy(head, cur_take(&c, sizeof head).p, sizeof head);
		struct slice member = cur_take(&c, head[0]), why = cur_take(&c, head[2]);
		put_unread_line(s, path, member, head[1] < ARRAY_LEN(trouble_words) ? trouble_words[head[1]] : "?", why);
	}
	s->troubles += r->troubles;
	s->troubled += r->troubles > 0;
	return s->want_unread && s->unread.b.n > (1 << 20) ? out_flush(&s->unread, &s->e) : 0;
}

static void result_done(struct result *r)
{
	buf_done(&r->hits);
	buf_done(&r->strangers);
	buf_done(&r->unread);
}

static void say_progress(struct scan *s, bool end)
{
	int64_t now = time_monotonic();
	if (!s->progress || (!end && now - s->said < TIME_SEC / 4))
		return;
	s->said = now;
	fprintf(stderr, "\r%zu of %zu files, %llu hits, %llu persons%s", s->written, s->files.files, (unsigned long long)s->n, (unsigned long long)s->persons, end ? "\n" : "");
}

/* Writes what is next, as far as it is there. Holding the lock. */
static void write_ready(struct scan *s)
{
	while (s->code == 0 && s->written < s->files.files) {
		size_t i = s->written, same = s->files.file[i].same;
		struct result *r = &s->result[same];
		if (!r->done)
			break;
		const char *path = s->files.file[i].path;
		s->code = put_hits(s, r, path);
		if (s->code == 0)
			s->code = put_strangers(s, r, path);
		if (s->code == 0)
			s->code = put_unread(s, r, path);
		s->n += r->n;
		s->known += r->known;
		for (size_t k = 0; k < PERSON_ELEMENTS_N; k++)
			s->elements[k] += r->elements[k];
		s->same += same != i;
		s->written++;
		if (s->last_same[same] == i)
			result_done(r);
		say_progress(s, false);
	}
}

/* ---- reading ---- */

static int read_one(struct worker *w, size_t i, struct extract_report *ret, struct err *e)
{
	struct scan *s = w->s;
	const char *path = s->files.file[i].path, *base = strrchr(path, '/');
	struct slice name = slice_str(base && base[1] ? base + 1 : path);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		struct extract_trouble t = {.kind = EXTRACT_UNREADABLE};
		struct err why = {0};
		(void)err_sys(&why, NULL, "it cannot be opened");
		(void)snprintf(t.why, sizeof t.why, "%.150s", why.text);
		on_trouble(w, &t);
		return 0;
	}
	int r = find_file(w->f, name, e);
	if (r == 0)
		r = extract_file(fd, name, &s->limits, on_piece, on_trouble, w, ret, e);
	if (r == ERR_SYSTEM) { /* the file's own: the others are read */
		struct extract_trouble t = {.kind = EXTRACT_UNREADABLE};
		(void)snprintf(t.why, sizeof t.why, "%.150s", e->text);
		on_trouble(w, &t);
		*e = (struct err){0};
		r = 0;
	}
	int end = find_end(w->f, r == 0 ? e : NULL);
	return r == 0 ? end : r;
}

static bool take_next(struct scan *s, size_t *ret)
{
	bool got = false;
	pthread_mutex_lock(&s->lock);
	while (s->code == 0 && s->next < s->files.files && s->next > s->written + (size_t)AHEAD * 8)
		pthread_cond_wait(&s->turn, &s->lock);
	while (s->next < s->files.files && s->files.file[s->next].same != s->next)
		s->next++;
	if (s->code == 0 && s->next < s->files.files) {
		*ret = s->next++;
		got = true;
	}
	pthread_mutex_unlock(&s->lock);
	return got;
}

static void *work(void *arg)
{
	struct scan *s = arg;
	struct worker w = {.s = s};
	struct err e = {0};
	size_t i;
	int r = 0;
	w.f = find_new(s->pop, &s->options, on_hit, s->want_strangers ? on_stranger : NULL, &w);
	if (!w.f)
		r = err_set(&e, ERR_MEMORY, NULL, "there is no memory to scan");
	while (r == 0 && take_next(s, &i)) {
		struct extract_report report = {0};
		w.r = &s->result[i];
		buf_init(&w.r->hits, RESULT_MAX);
		buf_init(&w.r->strangers, RESULT_MAX);
		buf_init(&w.r->unread, RESULT_MAX);
		r = read_one(&w, i, &report, &e);
		pthread_mutex_lock(&s->lock);
		s->read++;
		s->bytes_out += report.bytes_out;
		w.r->done = true;
		if (r == 0)
			write_ready(s);
		pthread_cond_broadcast(&s->turn);
		pthread_mutex_unlock(&s->lock);
	}
	find_free(w.f);
	pthread_mutex_lock(&s->lock);
	if (r < 0 && s->code == 0) {
		s->code = r;
		s->e = e;
	}
	pthread_cond_broadcast(&s->turn);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int scan_all(struct scan *s, unsigned jobs, struct err *e)
{
	pthread_t t[JOBS_MAX];
	unsigned started = 0;
	s->result = calloc(s->files.files + 1, sizeof *s->result);
	s->last_same = calloc(s->files.files + 1, sizeof *s->last_same);
	s->seen = calloc((s->pop ? find_population_persons(s->pop) : 0) / 8 + 1, 1);
	if (!s->result || !s->last_same || !s->seen)
		return err_set(e, ERR_MEMORY, NULL, "there is no memory to scan");
	for (size_t i = 0; i < s->files.files; i++)
		s->last_same[s->files.file[i].same] = i;
	while (started + 1 < jobs && pthread_create(&t[started], NULL, work, s) == 0)
		started++;
	(void)work(s);
	while (started)
		pthread_join(t[--started], NULL);
	for (size_t i = 0; i < s->files.files; i++)
		result_done(&s->result[i]);
	say_progress(s, true);
	if (s->code < 0)
		*e = s->e;
	return s->code;
}

/* ---- files that are written ---- */

static int out_open(struct output *o, const char *path, const char *head, struct err *e)
{
	buf_init(&o->b, (size_t)64 << 20);
	buf_str(&o->b, head);
	return cli_out_open(&o->to, AT_FDCWD, path, e);
}

static int out_close(struct output *o, struct err *e)
{
	int r = out_flush(o, e);
	return r == 0 ? cli_out_close(&o->to, e) : r;
}

static void out_done(struct output *o)
{
	cli_out_done(&o->to);
	buf_done(&o->b);
}

/* ---- the list of persons ---- */

struct persons_file {
	int fd;
	uint64_t size, read;
};

/* Read and not mapped: a list that is made shorter meanwhile is told, and is no fault. */
static int pull_persons(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct persons_file *f = arg;
	ssize_t got;
	while ((got = read(f->fd, to, n)) < 0 && errno == EINTR)
		;
	if (got < 0)
		return err_sys(e, NULL, "the list of persons cannot be read");
	f->read += (uint64_t)got;
	*ret_got = (size_t)got;
	if (got == 0 && f->read < f->size)
		return err_set(e, ERR_INPUT, NULL, "the list of persons became shorter while it was read: scan again when it is whole");
	return 0;
}

static int read_persons(struct find_population *p, const char *path, unsigned threads, struct err *e)
{
	struct stat st;
	uint64_t rows = 0;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, ERR_NOT_FOUND, path, "the list of persons is not there");
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, path, "the list of persons cannot be read");
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(e, ERR_INPUT, path, "the list of persons is empty, or no file");
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	struct persons_file f = {.fd = fd, .size = (uint64_t)st.st_size};
	int r = find_population_list(p, pull_persons, &f, threads, &rows, e);
	if (r < 0)
		err_in(e, path);
	else
		cli_note("%s: %llu rows", path, (unsigned long long)rows);
	return r;
}

static int make_population(const struct cli_list *lists, const struct find_options *o, unsigned threads, struct find_population **ret, struct err *e)
{
	struct find_population *p = lists->n ? find_population_new(o->this_year, o->day_first) : NULL;
	int r = 0;
	*ret = p;
	if (!lists->n)
		return 0;
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of persons");
	for (size_t i = 0; r == 0 && i < lists->n; i++)
		r = read_persons(p, lists->v[i], threads, e);
	if (r == 0)
		r = find_population_seal(p, threads, e);
	if (r == 0)
		cli_note("%u persons are known by %llu keys, %zu MiB", find_population_persons(p), (unsigned long long)find_population_keys(p), find_population_memory(p) >> 20);
	return r;
}

/* ---- the command ---- */

static void put_summary(const struct scan *s, int64_t took)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "files", s->files.files);
	jsonw_ku64(&w, "identical", s->same);
	jsonw_ku64(&w, "bytes", s->files.bytes);
	jsonw_ku64(&w, "text_bytes", s->bytes_out);
	jsonw_ku64(&w, "unread", s->troubles);
	jsonw_ku64(&w, "files_unread", s->troubled);
	jsonw_ku64(&w, "hits", s->n);
	jsonw_ku64(&w, "hits_of_persons", s->known);
	jsonw_ku64(&w, "persons", s->persons);
	jsonw_key(&w, "elements");
	jsonw_obj(&w);
	for (int i = 0; i < PERSON_ELEMENTS_N; i++)
		if (s->elements[i])
			jsonw_ku64(&w, person_element_word(i), s->elements[i]);
	jsonw_obj_end(&w);
	jsonw_ku64(&w, "milliseconds", (uint64_t)(took / 1000000));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&b));
}

static void put_troubles(struct scan *s)
{
	for (size_t i = 0; i < s->files.troubles; i++) {
		const struct walk_trouble *t = &s->files.trouble[i];
		AUTO_BUF struct buf why = {0};
		buf_init(&why, 4096);
		buf_str(&why, t->why);
		if (t->sys_errno)
			buf_printf(&why, ": %s", strerrordesc_np(t->sys_errno));
		put_unread_line(s, t->path, SLICE_NULL, "unreadable", buf_slice(&why));
	}
	s->troubles += s->files.troubles;
	s->troubled += s->files.troubles;
}

struct scan_options {
	const char *out, *unread, *strangers;
	struct cli_list persons;
	uint64_t jobs;
	bool json;
};

static int run(struct scan *s, const struct scan_options *o, const struct cli_args *args, struct err *e)
{
	struct find_population *pop = NULL;
	int64_t began = time_monotonic();
	s->want_strangers = o->strangers != NULL;
	s->want_unread = o->unread != NULL;
	int r = out_open(&s->hits, o->out, "person,element,file,offset,rule,confidence\n", e);
	if (r == 0 && s->want_strangers)
		r = out_open(&s->strangers, o->strangers, "what,name,file,offset\n", e);
	if (r == 0 && s->want_unread)
		r = out_open(&s->unread, o->unread, "file,kind,why\n", e);
	for (size_t i = 0; r == 0 && i < args->n; i++)
		r = scope_walk_add(&s->files, args->v[i], e);
	if (r == 0)
		r = scope_walk_same(&s->files, (unsigned)o->jobs, e);
	if (r == 0)
		r = make_population(&o->persons, &s->options, (unsigned)o->jobs, &pop, e);
	s->pop = pop;
	if (r == 0) {
		put_troubles(s);
		r = scan_all(s, (unsigned)o->jobs, e);
	}
	if (r == 0)
		r = out_close(&s->hits, e);
	if (r == 0 && s->want_strangers)
		r = out_close(&s->strangers, e);
	if (r == 0 && s->want_unread)
		r = out_close(&s->unread, e);
	if (r == 0 && o->json)
		put_summary(s, time_monotonic() - began);
	find_population_free(pop);
	return r;
}

int scope_scan_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct scan s = {.lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER};
	struct scan_options o = {.jobs = 0};
	struct err e = {0};
	bool done;
	scope_limits(&s.limits);
	s.hits.to = s.strangers.to = s.unread.to = CLI_OUT_NONE;
	const struct cli_opt opts[] = {
		{"persons", CLI_EACH, &o.persons, "CSV", "who is known: person_id first, then columns by their names; several rows a person are variants"},
		{"jobs", CLI_NUMBER, &o.jobs, "N", "files that are read at a time (as many as there are processors)"},
		{"output", CLI_STRING, &o.out, "HITS.csv", "where the hits go (standard output)"},
		{"strangers", CLI_STRING, &o.strangers, "CSV", "also a list of persons who are named and not known: staff, guarantors, next of kin"},
		{"unread", CLI_STRING, &o.unread, "CSV", "also a list of what could not be read, and why"},
		{"all", CLI_FLAG, &s.options.all, NULL, "each place of a person's element, not only the first of a record or document"},
		{"day-first", CLI_FLAG, &s.options.day_first, NULL, "dates that could be read both ways have the day first"},
		{"ocr", CLI_FLAG, &s.limits.ocr, NULL, "read pictures, and pages without text, with tesseract: about two seconds a page"},
		{"ocr-language", CLI_STRING, &s.limits.ocr_lang, "LANG", "in which language they are, as tesseract calls it (eng)"},
		{"json", CLI_FLAG, &o.json, NULL, "a summary on standard output; the hits need --output then"},
	};
	int r = cli_parse(argc, argv, "scope scan PATH... [--persons CSV] [--jobs N] -o HITS.csv", "Whose data are in files of any format, and which elements of them: a line a hit.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (!args.n)
		return cli_usage("scope scan needs a PATH: a file or a folder");
	if (o.json && (!o.out || !strcmp(o.out, "-")))
		return cli_usage("scope scan --json needs --output HITS.csv: standard output has the summary");
	if (o.jobs > JOBS_MAX)
		return cli_usage("--jobs is 1 to %d", JOBS_MAX);
	if (!o.jobs) {
		long n = sysconf(_SC_NPROCESSORS_ONLN);
		o.jobs = n < 1 ? 1 : n > JOBS_MAX ? JOBS_MAX : (uint64_t)n;
	}
	time_t now = (time_t)(time_now() / TIME_SEC);
	struct tm tm;
	s.options.this_year = gmtime_r(&now, &tm) ? tm.tm_year + 1900 : 2100;
	s.limits.day_first = s.options.day_first;
	s.progress = cli_progress_wanted();
	r = run(&s, &o, &args, &e);
	bool to_stdout = s.hits.to.fd == STDOUT_FILENO;
	out_done(&s.hits);
	out_done(&s.strangers);
	out_done(&s.unread);
	if (r == 0 && s.troubles)
		cli_note("%llu files or parts of files could not be read%s", (unsigned long long)s.troubles, s.want_unread ? "" : ": --unread FILE lists them, with why");
	uint64_t troubles = s.troubles;
	free(s.result);
	free(s.last_same);
	free(s.seen);
	scope_walk_done(&s.files);
	if (r < 0 && e.sys_errno == EPIPE && to_stdout)
		return 0; /* whoever read it has enough */
	if (r < 0)
		return cli_fail(&e);
	int flushed = cli_flush();
	return flushed ? flushed : troubles ? 1 : 0;
}
