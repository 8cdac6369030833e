/* holdfast drill run: the worker and who waits for it, the entry, and the page. */
#include "drill_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCK "run/drill.lock"

/* ---- memory and network of its own ---- */

static bool write_file(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* As an ordinary user we first become nobody but ourselves in a name space where we may mount. */
static bool own_mounts(uid_t uid, gid_t gid)
{
	char map[64];
	if (uid == 0)
		return unshare(CLONE_NEWNS) == 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	snprintf(map, sizeof map, "%u %u 1", (unsigned)uid, (unsigned)uid);
	bool ok = write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "%u %u 1", (unsigned)gid, (unsigned)gid);
	return ok && write_file("/proc/self/gid_map", map);
}

static bool in_memory(const char *place)
{
	return own_mounts(geteuid(), getegid()) && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0711") == 0;
}

/* Nothing but a loopback of its own; whoever is started from here on has no other, either. */
static bool give_up_network(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		return false;
	struct ifreq q = {.ifr_name = "lo"};
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &q) < 0)
		return false;
	q.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &q) == 0;
}

/* ---- the worker ---- */

/* Charts are read and copied: who did it stands in the ledger before. The keeper is not kept: without a daemon it would keep others from the site. */
static int open_charts(struct drill_run *x, struct err *e)
{
	struct control *k = NULL;
	int r = cli_chart(&x->s, &x->c, &k, e);
	if (r == 0)
		cli_record(&x->s, &k, "export", NULL, x->o->units.n == 1 ? x->o->units.v[0] : "for a drill: charts of all who are in the units", chart_applied(x->c));
	control_close(k);
	return r;
}

static int work(struct drill_run *x, struct err *e)
{
	int r = open_charts(x, e);
	if (r == 0)
		r = drill_look(x, e);
	if (r < 0)
		return r;
	drill_outside(x);
	x->cut = give_up_network();
	if (!x->persons_n) {
		for (int i = 0; i <= DRILL_BALANCE; i++)
			drill_set(x->d, (enum drill_check_name)i, DRILL_NOT_DONE, DRILL_WHY_NOBODY, NULL, 0, 0);
		return 0;
	}
	drill_words_tried(x);
	struct err why = {0};
	char line[640];
	if (drill_copy(x, &why) < 0)
		drill_set(x->d, DRILL_COPY, DRILL_FAIL, DRILL_WHY_FAILED, err_line(&why, line, sizeof line), 0, 0);
	else
		drill_play(x);
	return 0;
}

struct said {
	struct drill d;
	struct err e;
	int r;
};

static void worker(struct drill_run *x, int out, pid_t parent)
{
	struct said *s = calloc(1, sizeof *s);
	int r = 1;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!s || getppid() != parent)
		_exit(3);
	x->apart = in_memory(x->place);
	s->d = *x->d;
	x->d = &s->d;
	s->r = work(x, &s->e);
	r = file_write_all(out, slice_of((const uint8_t *)s, sizeof *s), NULL, "result");
	chart_close(x->c);
	free(x->persons);
	_exit(r < 0 ? 3 : 0);
}

/* ---- who waits ---- */

static void clear(const struct drill_run *x)
{
	file_remove_tree(x->s.fd, DRILL_PLACE);
}

static int place(struct drill_run *x, int *ret_lock, struct err *e)
{
	*ret_lock = openat(x->s.fd, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*ret_lock < 0)
		return err_sys(e, LOCK, "cannot be opened: a drill is run by the site's owner");
	int r = file_lock(*ret_lock, false, e);
	if (r == ERR_BUSY)
		return err_set(e, r, NULL, "another drill is running on this site");
	clear(x); /* of one that was killed where nothing could be mounted */
	if (r == 0 && mkdirat(x->s.fd, DRILL_PLACE, 0711) < 0)
		r = err_sys(e, DRILL_PLACE, "cannot be made");
	snprintf(x->place, sizeof x->place, "%s/" DRILL_PLACE, x->s.path);
	snprintf(x->copy, sizeof x->copy, "%s/site", x->place);
	return r;
}

static int run(struct drill_run *x, struct err *e)
{
	int out[2];
	struct said *s = calloc(1, sizeof *s);
	size_t got = 0;
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (pipe2(out, O_CLOEXEC) < 0) {
		free(s);
		return err_sys(e, NULL, "no pipe");
	}
	pid_t parent = getpid(), pid = fork();
	if (pid == 0) {
		close(out[0]);
		worker(x, out[1], parent);
	}
	close(out[1]);
	while (pid > 0 && got < sizeof *s) {
		ssize_t n = read(out[0], (char *)s + got, sizeof *s - got);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		got += n > 0 ? (size_t)n : 0;
	}
	close(out[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	int r = 0;
	if (pid < 0 || got < sizeof *s)
		r = err_set(e, ERR_SYSTEM, NULL, "the drill was ended from outside; nothing of it is left, and nothing was entered");
	else if (s->r < 0) {
		r = s->r;
		*e = s->e;
	} else {
		*x->d = s->d;
	}
	free(s);
	return r;
}

static int on_entry(void *arg, uint64_t tag, const struct control_appended *is, struct err *e)
{
	(void)tag;
	(void)e;
	*(uint64_t *)arg = is->seq;
	return 0;
}

static int enter(struct drill_run *x, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct control *k = NULL;
	uint64_t entry = 0;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	drill_put(x->d, &w);
	const struct control_append a = {.kind = LEDGER_DRILL, .body = buf_slice(&b)};
	int r = control_open(&x->s, true, &k, e);
	if (r == 0)
		r = control_append(k, &a, 1, on_entry, &entry, e);
	if (r == 0)
		r = control_flush(k, e);
	control_close(k);
	if (r == 0)
		x->d->entry = entry;
	return r;
}

/* ---- what is handed out ---- */

static int hand_out(const struct drill_run *x, struct err *e)
{
	const struct drill_options *o = x->o;
	const struct drill_page p = {.lang = o->lang, .us = o->paper && !strcmp(o->paper, "letter"), .zone_minutes = x->s.zone_minutes};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)64 << 20);
	if (o->out) {
		unsigned pages;
		int r = drill_pdf(x->d, &p, &b, &pages, e);
		if (r == 0)
			r = !strcmp(o->out, "-") ? file_write_all(STDOUT_FILENO, buf_slice(&b), e, "standard output") : file_replace(AT_FDCWD, o->out, buf_slice(&b), 0644, e);
		if (r < 0)
			return r;
		if (!strcmp(o->out, "-"))
			return 0;
		buf_reset(&b);
	}
	if (o->json) {
		struct jsonw w;
		jsonw_init(&w, &b);
		drill_put(x->d, &w);
		printf("%s\n", buf_cstr(&b));
	} else {
		drill_text(x->d, &p, &b);
		fputs(buf_cstr(&b), stdout);
	}
	return 0;
}

/* What was rehearsed and failed is a no; what a site has not got yet stands in the score. */
static bool rehearsed(const struct drill *d)
{
	for (int i = 0; i <= DRILL_REHEARSED_LAST; i++)
		if (d->check[i].result == DRILL_FAIL)
			return false;
	return true;
}

static int check_options(const struct drill_options *o)
{
	if (strcmp(o->lang, "en") && strcmp(o->lang, "fr") && strcmp(o->lang, "zh"))
		return cli_usage("drill run: --lang is en, fr or zh");
	if (o->paper && strcmp(o->paper, "a4") && strcmp(o->paper, "letter"))
		return cli_usage("drill run: --paper is a4 or letter");
	if (o->words && o->units.n != 1)
		return cli_usage("drill run: --passphrase-file is of one unit: name it with --unit");
	if (o->identity && o->shares.n)
		return cli_usage("drill run: --identity or --shares, not both");
	if (o->identity && !strcmp(o->identity, "-"))
		return cli_usage("drill run: the recovery key is needed more than once: give --identity a file");
	if (o->shares.n > SHARE_MAX)
		return cli_usage("drill run: a key has at most %d shares", SHARE_MAX);
	for (size_t i = 0; i < o->units.n; i++)
		if (!o->units.v[i][0] || strlen(o->units.v[i]) > 80)
			return cli_usage("drill run: --unit: a unit's name has 1 to 80 bytes");
	return 0;
}

static int drill(const struct drill_options *o)
{
	static struct drill d;
	static struct drill_run x;
	struct err e = {0};
	AUTO_CLOSE int lock = -1;
	char who[64];
	d = (struct drill){.begun = time_now()};
	x = (struct drill_run){.o = o, .d = &d};
	if (cli_site(o->site, &x.s, &e) < 0)
		return cli_fail(&e);
	int64_t begun = time_monotonic();
	control_who(who);
	snprintf(d.site, sizeof d.site, "%s", x.s.name);
	snprintf(d.by, sizeof d.by, "%s", o->by ? o->by : who);
	int r = x.s.drill ? err_set(&e, ERR_USAGE, x.s.path, "this is a drill's own copy of a site") : place(&x, &lock, &e);
	if (r == 0)
		r = run(&x, &e);
	if (lock >= 0 && r != ERR_BUSY)
		clear(&x);
	d.seconds = (double)(time_monotonic() - begun) / (double)TIME_SEC;
	if (r == 0)
		r = enter(&x, &e);
	if (r == 0)
		r = hand_out(&x, &e);
	site_close(&x.s);
	return r < 0 ? cli_fail(&e) : rehearsed(&d) ? 0 : 1;
}

int drill_run_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct drill_options o;
	bool done;
	o = (struct drill_options){.lang = "en"};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"unit", CLI_EACH, &o.units, "UNIT", "only this unit; may be given several times (else every unit that has patients)"},
		{"output", CLI_STRING, &o.out, "REPORT.pdf", "the page as PDF; '-' for standard output"},
		{"lang", CLI_STRING, &o.lang, "LANG", "en, fr or zh (en)"},
		{"paper", CLI_STRING, &o.paper, "SIZE", "a4 (as a rule) or letter"},
		{"passphrase-file", CLI_STRING, &o.words, "FILE", "of one --unit: its words, from the envelope that lies there: are they the right ones?"},
		{"identity", CLI_STRING, &o.identity, "FILE", "the recovery key: files are then restored and opened, and the site is made again from its newest replica"},
		{"shares", CLI_LIST, &o.shares, "FILE...", "enough recovery shares, instead of --identity"},
		{"by", CLI_STRING, &o.by, "NAME", "who runs it, when it is not you"},
		{"json", CLI_FLAG, &o.json, NULL, "one JSON document on stdout"},
	};
	int r = cli_parse(argc, argv, "drill run --site DIR [--unit UNIT]... [--json] [-o REPORT.pdf] [--lang LANG]",
	                  "Plays a downtime on a copy of the charts: packets made and opened, paper printed, care written down and sent to a receiver of the drill's own, the balance closed; a restore proven; and says how ready the site is. Nothing\n"
	                  "reaches the EHR, nothing stands in a patient's chart, nothing of the copy stays. The result is an entry. Exit 1: something that was rehearsed failed.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("drill run takes no argument '%s'", args.v[0]);
	r = check_options(&o);
	return r ? r : drill(&o);
}
