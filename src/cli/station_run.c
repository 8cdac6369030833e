/* holdfast station run: until it is told to stop. One process that serves the loopback and never waits for the network; each contact with the core, and each print, is a process of its own that ends: what hangs there hangs nobody. */
#include "station_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTACT_MOST (10 * 60 * TIME_SEC) /* a contact that takes longer is ended */

static volatile sig_atomic_t told_to_stop;

static void on_stop(int sig)
{
	(void)sig;
	told_to_stop = 1;
}

struct child {
	pid_t pid;
	int64_t since;
};

static void begin(struct child *c, struct station_job *j, int (*work)(struct station_job *j))
{
	fflush(NULL);
	pid_t parent = getpid(), p = fork();
	if (p == 0) {
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(getppid() == parent ? work(j) : 0);
	}
	if (p > 0)
		*c = (struct child){p, time_monotonic()};
}

/* true: it has ended. */
static bool ended(struct child *c, int *ret_status)
{
	int status;
	if (!c->pid)
		return false;
	if (time_monotonic() - c->since > CONTACT_MOST)
		kill(c->pid, SIGKILL);
	if (waitpid(c->pid, &status, WNOHANG) != c->pid)
		return false;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 3;
	c->pid = 0;
	return true;
}

/* Once for each silence: when the core was last heard, or this began, is so long ago, and nothing was printed since. */
static bool print_due(const struct station_job *j, int64_t began)
{
	struct station_contact c;
	struct err quiet;
	if (!j->print_after || station_contact_read(j->s, &c, &quiet) < 0)
		return false;
	int64_t heard = c.heard > began ? c.heard : began;
	return c.printed < c.heard + 1 && time_now() - heard >= j->print_after && (c.heard || !c.printed);
}

static int serve(struct station_job *j, struct station_page *page)
{
	struct child contact = {0}, print = {0};
	int64_t next = 0, print_next = 0, began = time_now();
	int status;
	while (!told_to_stop) {
		int64_t now = time_monotonic();
		if (ended(&contact, &status))
			next = now + j->every;
		if (ended(&print, &status) && status)
			print_next = now + 60 * TIME_SEC; /* paper is out, the printer is off: again in a minute */
		if (!contact.pid && now >= next && (j->core || j->from))
			begin(&contact, j, station_contact);
		if (!print.pid && now >= print_next && print_due(j, began))
			begin(&print, j, station_print);
		if (page)
			station_page_poll(page, 200);
		else
			usleep(200000);
	}
	const struct child all[] = {contact, print};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].pid) {
			kill(all[i].pid, SIGTERM);
			(void)!waitpid(all[i].pid, &status, 0);
		}
	return 0;
}

/* "15m", "90s", "2h"; a number alone is minutes. */
static int span_of(const char *text, int64_t *ret)
{
	size_t n = strlen(text);
	int64_t unit = 60, v;
	if (n && strchr("smh", text[n - 1])) {
		unit = text[n - 1] == 's' ? 1 : text[n - 1] == 'm' ? 60 : 3600;
		n--;
	}
	if (num_i64(slice_of(text, n), 1, 100000, &v) < 0)
		return -1;
	*ret = v * unit * TIME_SEC;
	return 0;
}

/* Where nothing is there yet, and the unit is named: a station that can be enrolled later. */
static int open_or_make(struct station_job *j, struct err *e)
{
	struct err quiet = {0};
	char host[STATION_NAME_MAX + 1] = "";
	int r = station_at(&j->at, &j->s, &quiet);
	if (r != ERR_NOT_FOUND || !j->unit || !j->at.dir) {
		*e = quiet;
		return r;
	}
	if (gethostname(host, sizeof host - 1) < 0 || !*host)
		snprintf(host, sizeof host, "station");
	r = station_new(j->at.dir, j->at.witness, host, j->unit, e);
	return r < 0 ? r : station_at(&j->at, &j->s, e);
}

static int run(struct station_job *j, struct err *e)
{
	struct station_page *page = NULL;
	struct note_vkey v;
	int r = open_or_make(j, e);
	if (r == 0 && j->unit && strcmp(j->unit, j->s->is.unit))
		r = err_set(e, ERR_USAGE, "--unit", "this is a station of the unit %.64s", j->s->is.unit);
	if (r == 0 && j->vkey)
		r = station_vkey(j->vkey, &v, e);
	if (r == 0 && j->vkey)
		r = station_trust(j->s, &v, e);
	if (r == 0 && !j->s->enrolled && j->s->trusts)
		cli_note("holdfast: this station is not enrolled: it keeps packets, and writes nothing down");
	if (r == 0 && !j->s->trusts)
		r = err_set(e, ERR_DENIED, j->s->place, "this station is not enrolled: `holdfast station enrol` on the site's machine answers its request, `station join` takes the answer; or name the site's key with --vkey: then it keeps packets alone");
	if (r == 0 && j->s->discarded[0])
		cli_note("holdfast: this station writes nothing any more: %s", j->s->discarded);
	if (r == 0 && j->listen)
		r = station_page_open(j, &page, e);
	if (r < 0)
		return r;
	const struct sigaction stop = {.sa_handler = on_stop};
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	int status = j->once ? station_contact(j) : serve(j, page);
	station_page_close(page);
	return status ? -1000 - status : 0;
}

int station_run_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct station_job j = {.every = 60 * TIME_SEC};
	const char *every = NULL, *after = NULL;
	uint64_t keep = 12;
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		STATION_WHERE(j.at),
		{"unit", CLI_STRING, &j.unit, "UNIT", "the unit: where DIR has no station yet, one is made"},
		{"vkey", CLI_STRING, &j.vkey, "KEY", "the site's key, or a file that holds it: packets are verified by it"},
		{"core", CLI_STRING, &j.core, "URL", "the site's address, https://HOST:PORT"},
		{"token-file", CLI_STRING, &j.token_file, "FILE", "its first line is a token of the role station"},
		{"ca", CLI_STRING, &j.ca, "FILE", "the site's certificate authority; without it the system's"},
		{"from", CLI_STRING, &j.from, "FOLDER", "packets and packs lie in this folder: a share or a stick"},
		{"every", CLI_STRING, &every, "SPAN", "how often the core is asked: 60s; s, m or h"},
		{"keep", CLI_NUMBER, &keep, "N", "packets that are kept, 1 to 64 (12)"},
		{"listen", CLI_STRING, &j.listen, "ADDRESS", "127.0.0.1:PORT: the packet's page and the capture API, for this PC alone"},
		{"print-after", CLI_STRING, &after, "SPAN", "print the unit's pack by itself when the core has been silent for so long: 15m"},
		{"printer", CLI_STRING, &j.printer, "NAME", "on this printer, with lp"},
		{"print-command", CLI_STRING, &j.command, "COMMAND", "or with this command, which gets the PDF on its standard input"},
		{"json", CLI_FLAG, &j.json, NULL, "after each contact the status, a JSON object a line"},
		{"once", CLI_FLAG, &j.once, NULL, "one contact, and no more: exit status 1 where something of it went wrong"},
	};
	int r = cli_parse(argc, argv, "station run --dir DIR (--core URL --token-file FILE [--ca FILE] | --from FOLDER) [--listen 127.0.0.1:PORT] [--print-after SPAN --printer NAME]",
	                  "Fetches the unit's packet and pack, verifies them, and keeps the newest; brings what was written down here; serves both to this PC; prints the pack when the core is silent. Runs until it is told to stop.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n || (!j.core && !j.from && !j.listen) || (j.core && j.from) || (j.core && !j.token_file))
		return cli_usage("station run: say --core with --token-file, or --from, and --listen where people are to use it");
	if (keep < 1 || keep > STATION_PACKETS_MAX)
		return cli_usage("station run: --keep is from 1 to %d", STATION_PACKETS_MAX);
	if ((every && span_of(every, &j.every) < 0) || (after && span_of(after, &j.print_after) < 0))
		return cli_usage("station run: a span is a number and s, m or h");
	if (after && !j.printer == !j.command)
		return cli_usage("station run: --print-after needs --printer or --print-command");
	j.keep = (unsigned)keep;
	r = run(&j, &e);
	station_close(j.s);
	return r <= -1000 ? -1000 - r : r < 0 ? cli_fail(&e) : 0;
}
