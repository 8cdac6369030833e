/* holdfast scope link: which records of a list are one person. */
#include "link.h"
#include "person.h"
#include "csv.h"
#include "cli_out.h"
#include "scope_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_MAX ((size_t)32 << 20)
#define PIECE_MIN ((size_t)8 << 20) /* is read again before it has left the cache */
#define PIECE_OF_THREAD ((size_t)2 << 20)

/* The file in pieces. While one is made rows of, a thread reads the next, so that a disk is not waited for: of one that gives 300 MB a second a list is in in half the time (of the page cache, in the same). */
struct input {
	int fd;
	const char *name;
	size_t piece;     /* so much is read at a time */
	struct buf text;  /* what was read; up to `at` it is taken */
	size_t at;
	struct buf next;  /* what the thread read: piece bytes behind room for what is left of the text before it */
	struct err error; /* of the thread */
	int code;
	bool end;
};
#define ROOM_BEFORE ((size_t)1 << 20)

static struct slice rest_of(const struct input *in)
{
	return slice_of(in->text.p + in->at, in->text.n - in->at);
}

/* So many bytes behind b's, or fewer at the end of the file. */
static int read_some(struct input *in, struct buf *b, size_t bytes, struct err *e)
{
	for (size_t left = bytes; left && !in->end;) {
		uint8_t *to = buf_space(b, left);
		if (!to)
			return err_set(e, buf_code(b), in->name, "a row is longer than 1 GiB");
		ssize_t n = read(in->fd, to, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, in->name, "cannot be read");
		in->end = n == 0;
		buf_commit(b, (size_t)n);
		left -= (size_t)n;
	}
	return 0;
}

static void *read_ahead(void *arg)
{
	struct input *in = arg;
	buf_reset(&in->next);
	if (!buf_space(&in->next, ROOM_BEFORE + in->piece))
		in->code = err_set(&in->error, buf_code(&in->next), in->name, "no memory to read it");
	else {
		buf_commit(&in->next, ROOM_BEFORE);
		in->code = read_some(in, &in->next, in->piece, &in->error);
	}
	return NULL;
}

/* What was read ahead stands behind what is left of the text. */
static int take_next(struct input *in, struct err *e)
{
	struct slice left = rest_of(in);
	if (in->code < 0) {
		*e = in->error;
		return in->code;
	}
	if (left.n <= ROOM_BEFORE) {
		struct buf t = in->text;
		memcpy(in->next.p + ROOM_BEFORE - left.n, left.p, left.n);
		in->text = in->next;
		in->at = ROOM_BEFORE - left.n;
		in->next = t;
		return 0;
	}
	buf_drop(&in->text, in->at); /* a long row */
	in->at = 0;
	buf_add(&in->text, in->next.p + ROOM_BEFORE, in->next.n - ROOM_BEFORE);
	return buf_ok(&in->text) ? 0 : err_set(e, buf_code(&in->text), in->name, "a row is longer than 1 GiB");
}

static int as_utf8(struct input *in, struct arena *a, struct err *e)
{
	struct slice text = buf_slice(&in->text);
	int r = 0;
	if (text.n < 2 || !((text.p[0] == 0xff && text.p[1] == 0xfe) || (text.p[0] == 0xfe && text.p[1] == 0xff) || (!text.p[0] != !text.p[1])))
		return 0;
	while (r == 0 && !in->end) { /* UTF-16: whole, made UTF-8 */
		uint8_t *to = buf_space(&in->text, in->piece);
		ssize_t n = to ? read(in->fd, to, in->piece) : -1;
		if (n < 0)
			return to ? err_sys(e, in->name, "cannot be read") : err_set(e, buf_code(&in->text), in->name, "too large for a file in UTF-16: save it as UTF-8");
		in->end = n == 0;
		buf_commit(&in->text, (size_t)n);
	}
	r = csv_utf8(buf_slice(&in->text), a, &text, e);
	if (r == 0) {
		buf_reset(&in->text);
		buf_add_slice(&in->text, text);
	}
	return r;
}

/* Columns and separator; what stands before the first row of values is taken out of the text. */
static int header(struct input *in, struct arena *a, struct person_list *ret, struct err *e)
{
	int r = read_some(in, &in->text, in->piece, e);
	r = r ? r : as_utf8(in, a, e);
	r = r ? r : person_list_head(buf_slice(&in->text), a, ret, e);
	if (r < 0) {
		err_in(e, in->name);
		return r;
	}
	buf_drop(&in->text, ret->from);
	if (ret->passed_over)
		cli_note("%s: %u %s before the row that names the columns %s passed over", in->name, ret->passed_over, ret->passed_over == 1 ? "line" : "lines", ret->passed_over == 1 ? "is" : "are");
	if (!ret->headed)
		cli_note("%s: no row names the columns: its first row is linked like the others, and the columns, called 1 to %zu, are known by what their values look like (say what one is with --map 2=last)", in->name, ret->columns);
	return 0;
}

/* A last row that counts the others is none of them. */
static void without_foot(struct input *in, const struct person_list *list)
{
	size_t foot = person_list_foot(rest_of(in), list->sep, list->columns);
	if (!foot)
		return;
	cli_note("%s: its last row says how many rows there are, and is passed over", in->name);
	in->text.n -= foot;
}

/* --map COLUMN=ROLE: the column by its name as it stands, whatever its case; "-" is looked away from. */
static int map(const struct cli_list *maps, const struct person_list *list, int *role)
{
	const struct slice *column = list->name;
	const size_t n = list->columns;
	for (size_t i = 0; i < n; i++)
		role[i] = list->headed ? -1 : list->role[i];
	for (size_t k = 0; k < maps->n; k++) {
		const char *eq = strrchr(maps->v[k], '=');
		if (!eq)
			return cli_usage("scope link: --map %s: write COLUMN=ROLE", maps->v[k]);
		int is = !strcmp(eq + 1, "-") ? PERSON_ROLE_NOTE : person_role_parse(slice_str(eq + 1));
		if (is < 0)
			return cli_usage("scope link: --map %s: there is no role '%s' (last, first, middle, suffix, maiden, name, dob, sex, ssn, ssn4, mrn, assigner, phone, email, house, street, apt, city, state, zip, address, member, mbi, medicaid, dl, passport, account, card, tin, other, or - for a column that is not to be looked at)", maps->v[k], eq + 1);
		bool found = false;
		char *name = strndup(maps->v[k], (size_t)(eq - maps->v[k]));
		for (size_t i = 0; name && i < n; i++)
			if (slice_eq_nocase(column[i], name)) {
				role[i] = is;
				found = true;
				if (i == 0) {
					free(name);
					return cli_usage("scope link: --map %s: the first column is the record's id", maps->v[k]);
				}
			}
		free(name);
		if (!found)
			return cli_usage("scope link: --map %s: no column has this name", maps->v[k]);
	}
	return 0;
}

static int feed(struct link *l, struct input *in, const struct person_list *list, struct err *e)
{
	int r = 0;
	for (bool done = false; r == 0 && !done;) {
		size_t used = 0;
		pthread_t reader;
		done = in->end;
		if (done)
			without_foot(in, list);
		const bool ahead = !done && pthread_create(&reader, NULL, read_ahead, in) == 0;
		r = link_feed(l, rest_of(in), list->sep, done, &used, e);
		if (ahead)
			pthread_join(reader, NULL);
		else if (!done)
			read_ahead(in);
		in->at += used;
		if (r == 0 && !done)
			r = take_next(in, e);
	}
	if (r < 0 && !e->place[0])
		err_in(e, in->name);
	return r;
}

/* ---- out ---- */

typedef void put_fn(const struct link *l, size_t i, struct buf *b);

static void put_record(const struct link *l, size_t i, struct buf *b)
{
	char t[16]; /* from behind: this is done for every record */
	size_t at = sizeof t;
	uint32_t v = link_cluster(l, (uint32_t)i);
	csv_put(b, link_record_id(l, (uint32_t)i));
	t[--at] = '\n';
	do
		t[--at] = (char)('0' + v % 10);
	while (v /= 10);
	t[--at] = ',';
	buf_add(b, t + at, sizeof t - at);
}

static void put_grey(const struct link *l, size_t i, struct buf *b)
{
	const struct link_pair *p = link_grey(l, i);
	AUTO_BUF struct buf why = {0};
	buf_init(&why, 1 << 16);
	link_explain(l, p->a, p->b, &why);
	csv_put(b, link_record_id(l, p->a));
	buf_u8(b, ',');
	csv_put(b, link_record_id(l, p->b));
	buf_printf(b, ",%.2f,%.4f,", (double)p->weight, (double)p->probability);
	csv_put(b, buf_slice(&why));
	buf_u8(b, '\n');
}

static int write_list(const char *path, const char *head, size_t n, put_fn *put, const struct link *l, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct cli_out o;
	int r = cli_out_open(&o, AT_FDCWD, path, e);
	if (r < 0)
		return r;
	buf_init(&b, (size_t)8 << 20);
	buf_str(&b, head);
	for (size_t i = 0; r == 0 && i < n; i++) {
		put(l, i, &b);
		if (b.n > ((size_t)4 << 20) || !buf_ok(&b)) {
			r = buf_ok(&b) ? file_write_all(o.fd, buf_slice(&b), e, path) : err_set(e, buf_code(&b), path, "a record's id is too long");
			buf_reset(&b);
		}
	}
	if (r == 0)
		r = file_write_all(o.fd, buf_slice(&b), e, path);
	if (r == 0)
		r = cli_out_close(&o, e);
	cli_out_done(&o);
	return r;
}

static void report(const struct link *l, const struct slice *column, size_t n, bool json)
{
	struct link_counts c;
	link_count(l, &c);
	if (link_columns_left(l))
		cli_note("%zu columns that are known by no role are not compared, the last of them: there is room for %d in all (--map COLUMN=- leaves out others)", link_columns_left(l), LINK_FIELDS_MAX);
	if (!json) {
		cli_note("%" PRIu64 " records are %" PRIu64 " persons (%" PRIu64 " to %" PRIu64 ", likeliest %.0f); %" PRIu64 " pairs were compared, %" PRIu64 " are grey", c.records, c.persons, c.low, c.high, c.estimate, c.compared, c.grey);
		return;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "records", c.records);
	jsonw_ku64(&w, "persons", c.persons);
	jsonw_ku64(&w, "low", c.low);
	jsonw_ku64(&w, "high", c.high);
	jsonw_ku64(&w, "estimate", (uint64_t)(c.estimate + 0.5));
	jsonw_ku64(&w, "pairs", c.compared);
	jsonw_ku64(&w, "linked", c.linked);
	jsonw_ku64(&w, "grey", c.grey);
	jsonw_ku64(&w, "split", c.split);
	jsonw_key(&w, "columns");
	jsonw_obj(&w);
	for (size_t i = 0; i < n; i++) {
		jsonw_key_slice(&w, column[i]);
		jsonw_str(&w, link_column_use(l, i));
	}
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
}

/* Linking took place; hand it out. */
static int put_out(const struct link *l, const char *out, const char *review, struct err *e)
{
	int r = write_list(out, "record_id,cluster_id\n", link_records(l), put_record, l, e);
	if (r == 0 && review)
		r = write_list(review, "record_a,record_b,weight,probability,why\n", link_grey_n(l), put_grey, l, e);
	return r;
}

static int run(struct input *in, const struct cli_list *maps, const struct link_options *o, const char *out, const char *review, bool json)
{
	struct err e = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)2 << 30);
	static struct person_list list;
	int role[PERSON_LIST_COLUMNS];
	struct link *l = link_new(o);
	int r = a && l ? header(in, a, &list, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && (r = map(maps, &list, role)) != 0) {
		link_free(l);
		return r;
	}
	r = r ? r : link_columns(l, list.name, role, list.columns, &e);
	if (r < 0 && !e.place[0])
		err_in(&e, in->name);
	r = r ? r : feed(l, in, &list, &e);
	buf_done(&in->text);
	buf_done(&in->next);
	r = r ? r : link_run(l, &e);
	r = r ? r : put_out(l, out, review, &e);
	if (r == 0)
		report(l, list.name, list.columns, json);
	link_free(l);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

/* "512M", "16G", "16GiB", in powers of 1,024; a number alone is MiB. */
static bool bytes_of(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	const char *unit = text + strspn(text, "0123456789"), *which = *unit ? strchr(units, *unit) : units + 1;
	uint64_t n;
	if (!which || (*unit && strcmp(unit + 1, "") && strcmp(unit + 1, "iB") && strcmp(unit + 1, "B")) || num_u64(slice_of(text, (size_t)(unit - text)), 1, UINT64_C(1) << 20, &n) < 0)
		return false;
	*ret = n << (10 * (which - units + 1));
	return true;
}

/* Half of the machine's memory. */
static uint64_t half_of_all(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	return pages > 0 && size > 0 ? (uint64_t)pages / 2 * (uint64_t)size : UINT64_C(4) << 30;
}

/* Where OUT.csv will be, there is room; what goes to standard output says nothing of that. */
static void folder_of(const char *out, char *ret, size_t size)
{
	const char *slash = strrchr(out, '/');
	if (!strcmp(out, "-"))
		snprintf(ret, size, "/var/tmp");
	else if (!slash)
		snprintf(ret, size, ".");
	else
		snprintf(ret, size, "%.*s", slash == out ? 1 : (int)(slash - out), out);
}

int scope_link_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct cli_list maps;
	const char *out = NULL, *review = NULL, *memory = NULL, *tmp = NULL;
	char beside[4096];
	uint64_t most = half_of_all();
	bool json = false, told = false, day_first = false, done;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t jobs = cores > 0 ? (uint64_t)cores : 1;
	const struct cli_opt opts[] = {
		{"output", CLI_STRING, &out, "OUT.csv", "where to put record_id,cluster_id ('-': standard output)"},
		{"review", CLI_STRING, &review, "GREY.csv", "where to put the pairs that somebody has to look at"},
		{"map", CLI_EACH, &maps, "COLUMN=ROLE", "what a column is, where its name does not say it; - for one that is not to be looked at"},
		{"report", CLI_FLAG, &told, NULL, "persons, low, high, pairs as JSON on stdout"},
		{"json", CLI_FLAG, &json, NULL, "the same"},
		{"day-first", CLI_FLAG, &day_first, NULL, "03/07/1964 is 3 July where the column itself does not tell"},
		{"jobs", CLI_NUMBER, &jobs, "N", "threads (as many as there are cores)"},
		{"memory", CLI_STRING, &memory, "SIZE", "how much memory to take, as 512M or 16G (half of the machine's); what is more lies on disk meanwhile"},
		{"tmp", CLI_STRING, &tmp, "DIR", "where that lies (beside OUT.csv)"},
	};
	int r = cli_parse(argc, argv, "scope link IN.csv -o OUT.csv [--review GREY.csv] [--report] [--map COLUMN=ROLE]",
	                  "Which records of a list are one person. The first column is the record's id; the others are known by their names or by --map; one whose name says nothing counts as plain evidence.\n"
	                  "Nothing is changed in the list, and no pair is linked by chance: doubtful ones go to --review, and the count of persons is said as an interval.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("scope link: name one file, '-' for standard input");
	if (!out)
		return cli_usage("scope link: say where the clusters go: -o OUT.csv");
	if (!strcmp(out, "-") && (json || told))
		return cli_usage("scope link: -o - and --report both write to standard output");
	if (jobs < 1 || jobs > LINK_THREADS_MAX)
		return cli_usage("scope link: --jobs is 1 to %d", LINK_THREADS_MAX);
	if (memory && !bytes_of(memory, &most))
		return cli_usage("scope link: --memory %s: write a size as 512M or 16G", memory);
	folder_of(out, beside, sizeof beside);
	int y;
	int unused[5];
	time_civil(time_now(), &y, &unused[0], &unused[1], &unused[2], &unused[3], &unused[4]);
	const struct link_options o = {.threads = (unsigned)jobs, .this_year = y, .day_first = day_first, .memory = most, .tmp = tmp ? tmp : beside};
	struct input in = {.fd = !strcmp(args.v[0], "-") ? dup(STDIN_FILENO) : open(args.v[0], O_RDONLY | O_CLOEXEC), .name = args.v[0]};
	struct err e = {0};
	in.piece = jobs * PIECE_OF_THREAD < PIECE_MIN ? PIECE_MIN : jobs * PIECE_OF_THREAD > PIECE_MAX ? PIECE_MAX : jobs * PIECE_OF_THREAD;
	buf_init(&in.text, ((size_t)1 << 30) + 4 * PIECE_MAX);
	buf_init(&in.next, ((size_t)1 << 30) + 4 * PIECE_MAX);
	if (in.fd < 0) {
		err_sys(&e, args.v[0], "cannot be opened");
		return cli_fail(&e);
	}
	r = run(&in, &maps, &o, out, review, json || told);
	buf_done(&in.text);
	buf_done(&in.next);
	close(in.fd);
	return r;
}
