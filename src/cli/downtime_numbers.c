/* holdfast downtime numbers: a block of numbers for a unit or a station, durable before the first of them is printed. Each block has a key of its own, which is given out once: so two blocks have no number in common, whoever prints them,
 * with no network, and after a restore. The key's first letter is of the ledger's epoch, so that what a lost tail had given out is not given out again; the keeper refuses a key that it knows. */
#include "commands.h"
#include "downtime.h"
#include "downtime_cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define TRIES 8
#define KEY_LETTERS "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" /* without I and O, which paper makes 1 and 0 of */

static int on_result(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	(void)tag;
	(void)e;
	*(struct control_appended *)arg = *r;
	return 0;
}

static int make_key(const struct site *s, char ret[13], struct err *e)
{
	static struct ledger_epoch epochs[LEDGER_EPOCHS_MAX];
	size_t n = 0;
	uint8_t random[5];
	AUTO_CLOSE int fd = openat(s->fd, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "ledger", "cannot be opened");
	int r = ledger_epochs(fd, epochs, &n, e);
	if (r < 0)
		return r;
	if (getrandom(random, sizeof random, 0) != sizeof random)
		return err_sys(e, NULL, "no random bytes");
	ret[0] = KEY_LETTERS[n % 32];
	for (size_t i = 0; i < sizeof random; i++)
		ret[1 + i] = KEY_LETTERS[random[i] % 32];
	ret[1 + sizeof random] = 0;
	return 0;
}

static void machine_of(const char *given, char ret[65])
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	if (given)
		snprintf(ret, 65, "%s", given);
	else if (file_read(AT_FDCWD, "/etc/machine-id", 255, &b, NULL) == 0 && b.n >= 32)
		snprintf(ret, 65, "%.32s", buf_cstr(&b));
	else
		snprintf(ret, 65, "unknown");
}

static void put_block(const struct downtime_block *b, const char *unit, struct buf *out)
{
	const struct passwd *p = getpwuid(geteuid());
	struct jsonw w;
	jsonw_init(&w, out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "block");
	jsonw_kstr(&w, "key", b->key);
	jsonw_kstr(&w, "unit", unit);
	jsonw_ku64(&w, "first", b->first);
	jsonw_ku64(&w, "count", b->count);
	jsonw_kstr(&w, "machine", b->machine);
	jsonw_kstr(&w, "by", p ? p->pw_name : "user");
	jsonw_obj_end(&w);
}

/* Durable when it returns. A key that was given out before is drawn anew. */
static int enter(struct site *s, struct downtime_block *b, const char *unit, struct control_appended *ret, struct err *e)
{
	int r = ERR_EXISTS;
	for (int i = 0; r == ERR_EXISTS && i < TRIES; i++) {
		AUTO_BUF struct buf body = {0};
		struct control *k = NULL;
		buf_init(&body, 1 << 14);
		r = make_key(s, b->key, e);
		if (r < 0)
			return r;
		put_block(b, unit, &body);
		struct control_append a = {.kind = LEDGER_DOWNTIME, .body = buf_slice(&body)};
		r = control_open(s, true, &k, e);
		if (r == 0)
			r = control_append(k, &a, 1, on_result, ret, e);
		if (r == 0)
			r = control_flush(k, e);
		control_close(k);
	}
	return r;
}

static int show(const struct downtime_block *b, const char *unit, uint64_t entry, bool json, struct err *e)
{
	char number[DOWNTIME_NUMBER_MAX];
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	buf_init(&out, (size_t)8 << 20);
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "key", b->key);
	jsonw_kstr(&w, "unit", unit);
	jsonw_ku64(&w, "first", b->first);
	jsonw_ku64(&w, "count", b->count);
	jsonw_kstr(&w, "machine", b->machine);
	jsonw_ku64(&w, "entry", entry);
	jsonw_key(&w, "numbers");
	jsonw_arr(&w);
	for (uint64_t n = b->first; n < b->first + b->count; n++) {
		int r = downtime_number(b, n, number, e);
		if (r < 0)
			return r;
		jsonw_str(&w, number);
		if (!json)
			printf("%s\n", number);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (json)
		printf("%s\n", buf_cstr(&out));
	else
		cli_note("holdfast: %" PRIu64 " numbers of key %s for %s, entry %" PRIu64 ". Nobody else is given one of them", b->count, b->key, unit, entry);
	return 0;
}

static int check(const char *number, bool json)
{
	struct downtime_block b;
	uint64_t n;
	struct err e = {0};
	if (downtime_number_check(slice_str(number), &b, &n, &e) < 0)
		return cli_fail(&e);
	if (json)
		printf("{\"key\":\"%s\",\"number\":%" PRIu64 "}\n", b.key, n);
	else
		printf("%s: number %" PRIu64 " of key %s\n", number, n, b.key);
	return cli_flush();
}

int downtime_numbers(const struct downtime_numbers *q, size_t n, const char *const *v)
{
	struct downtime_block b = {.first = 1};
	struct control_appended is = {0};
	if (n == 2 && !strcmp(v[0], "check"))
		return check(v[1], q->json);
	if (n)
		return cli_usage("downtime numbers: say 'check NUMBER', or --unit UNIT");
	if (!q->unit || !*q->unit || strlen(q->unit) > 64)
		return cli_usage("downtime numbers: --unit says whose block it is");
	b.count = q->count ? q->count : 50;
	if (b.count > DOWNTIME_BLOCK_MAX)
		return cli_usage("downtime numbers: --count is from 1 to %d", DOWNTIME_BLOCK_MAX);
	struct err e = {0};
	struct site s;
	if (cli_site(q->site, &s, &e) < 0)
		return cli_fail(&e);
	machine_of(q->machine, b.machine);
	int r = enter(&s, &b, q->unit, &is, &e);
	if (r == 0)
		r = show(&b, q->unit, is.seq, q->json, &e);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
