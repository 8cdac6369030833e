/* holdfast transfer list|sent|receipt|cancel: what became of each. A record that left and that nobody says has arrived is the thing to look for. */
#include "transfer_cmd.h"

#include <inttypes.h>
#include <stdlib.h>

struct list_job {
	const char *site, *by, *at, *transport, *reason;
	bool open, json;
};

/* ---- list ---- */

static void put_time(struct jsonw *w, const char *key, int64_t t)
{
	if (t)
		jsonw_ktime(w, key, t);
}

static void put_row(struct jsonw *w, const struct transfer_row *t, int64_t now)
{
	int64_t waiting = transfer_waiting_since(t);
	jsonw_obj(w);
	jsonw_kstr(w, "id", t->id);
	jsonw_kstr(w, "state", transfer_state_name(t->state));
	jsonw_kslice_opt(w, "patient", t->patient);
	jsonw_kslice_opt(w, "unit", t->unit);
	jsonw_kslice_opt(w, "receiver", t->receiver);
	jsonw_kslice_opt(w, "bed", t->bed);
	jsonw_kslice_opt(w, "transport", t->transport);
	jsonw_kslice_opt(w, "to", t->to);
	jsonw_kslice_opt(w, "sha256", t->sha256);
	jsonw_kbool(w, "protected", t->is_protected);
	put_time(w, "begun", t->begun);
	put_time(w, "made", t->made);
	put_time(w, "sent", t->sent);
	put_time(w, "received", t->received);
	jsonw_kslice_opt(w, "by", t->by);
	jsonw_kslice_opt(w, "reason", t->reason);
	if (waiting)
		jsonw_ki64(w, "waitingSeconds", now > waiting ? (now - waiting) / TIME_SEC : 0);
	jsonw_obj_end(w);
}

static int list_json(const struct transfer_log *l, bool open, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	int64_t now = time_now();
	size_t waiting = 0;
	buf_init(&b, (size_t)256 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_key(&w, "transfers");
	jsonw_arr(&w);
	for (size_t i = 0; i < transfer_log_count(l); i++) {
		const struct transfer_row *t = transfer_log_row(l, i);
		waiting += transfer_waiting_since(t) != 0;
		if (!open || transfer_waiting_since(t) || t->state == TRANSFER_BEGUN)
			put_row(&w, t, now);
	}
	jsonw_arr_end(&w);
	jsonw_ku64(&w, "waiting", waiting);
	jsonw_ku64(&w, "odd", transfer_log_odd(l));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "the list of transfers is too long");
	printf("%s\n", buf_cstr(&b));
	return 0;
}

static void since(int64_t t, int64_t now)
{
	int64_t s = now > t ? (now - t) / TIME_SEC : 0;
	if (s < 7200)
		printf("%" PRId64 " min", s / 60);
	else if (s < 172800)
		printf("%" PRId64 " h", s / 3600);
	else
		printf("%" PRId64 " days", s / 86400);
}

static void say_state(const struct transfer_row *t, int64_t now)
{
	int64_t waiting = transfer_waiting_since(t);
	if (t->state == TRANSFER_BEGUN)
		printf("NO FILE: it was stopped before one was made");
	else if (t->state == TRANSFER_MADE)
		printf("FILE NOT CONFIRMED: it was stopped while it was written; make another, cancel this");
	else
		printf("%s", transfer_state_name(t->state));
	if (waiting) {
		printf(", no receipt for ");
		since(waiting, now);
	}
}

static void list_text(const struct transfer_log *l, bool open)
{
	int64_t now = time_now();
	size_t shown = 0, waiting = 0;
	char begun[32];
	for (size_t i = 0; i < transfer_log_count(l); i++) {
		const struct transfer_row *t = transfer_log_row(l, i);
		waiting += transfer_waiting_since(t) != 0;
		if (open && !transfer_waiting_since(t) && t->state != TRANSFER_BEGUN)
			continue;
		shown++;
		cli_cell(stdout, slice_str(t->id), 9);
		cli_cell(stdout, slice_str(time_rfc3339(t->begun, 0, begun)), 21);
		cli_cell(stdout, t->patient, 12);
		cli_cell(stdout, t->unit, 9);
		cli_cell(stdout, t->receiver, 26);
		cli_cell(stdout, t->bed, 8);
		say_state(t, now);
		putchar('\n');
	}
	printf("%zu transfers, %zu without a receipt\n", shown, waiting);
}

int transfer_list_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct list_job j = {0};
	struct transfer_log *l = NULL;
	struct site s;
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &j.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"open", CLI_FLAG, &j.open, NULL, "only those that somebody must still look after"},
		{"json", CLI_FLAG, &j.json, NULL, "one JSON document on stdout"},
	};
	int r = cli_parse(argc, argv, "transfer list --site DIR [--open] [--json]", "Every transfer, how far it is, and for how long nobody has said that it arrived.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("transfer list: what is '%s'?", args.v[0]);
	if (cli_site(j.site, &s, &e) < 0)
		return cli_fail(&e);
	r = transfer_log_of(&s, &l, &e);
	if (r == 0 && j.json)
		r = list_json(l, j.open, &e);
	else if (r == 0)
		list_text(l, j.open);
	fflush(stdout);
	transfer_log_free(l);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}

/* ---- acts ---- */

static int enter(const struct list_job *j, struct site *s, enum transfer_state what, const char *id, struct err *e)
{
	struct transfer_log *l = NULL;
	struct control *k = NULL;
	uint64_t entry;
	int64_t at = 0, now = time_now();
	char who[64], name[TRANSFER_ID_MAX], when[32];
	int r = transfer_id_get(slice_str(id), &entry, e);
	if (r == 0 && j->at && (time_parse(slice_str(j->at), s->zone_minutes, &at) < 0 || at > now + 300 * TIME_SEC))
		r = err_set(e, ERR_USAGE, "--at", "a time such as 2026-11-22T03:12, in the site's zone, and not in the future");
	if (r == 0)
		r = control_open(s, true, &k, e); /* the keeper first: what it has written is read then */
	if (r == 0)
		r = transfer_log_of(s, &l, e);
	const struct transfer_row *t = r == 0 ? transfer_log_find(l, entry) : NULL;
	if (r == 0 && !t)
		r = err_set(e, ERR_NOT_FOUND, id, "there is no transfer of this number; `holdfast transfer list` shows them");
	if (r == 0)
		r = transfer_may_become(t, what, e);
	if (r == 0) {
		control_who(who);
		transfer_id_put(entry, name);
		const struct transfer_entry n = {.id = slice_str(name), .by = slice_str(j->by ? j->by : who), .transport = slice_str(j->transport), .reason = slice_str(j->reason), .at = at ? slice_str(time_rfc3339(at, 0, when)) : SLICE_NULL};
		r = transfer_enter(k, what, &n, NULL, e);
	}
	transfer_log_free(l);
	control_close(k);
	if (r == 0 && j->json)
		printf("{\"id\":\"%s\",\"state\":\"%s\"}\n", name, transfer_state_name(what));
	else if (r == 0)
		printf("%s: %s\n", name, transfer_state_name(what));
	return r;
}

static int act(int argc, char **argv, enum transfer_state what, const char *usage, const char *about)
{
	static struct cli_args args;
	struct list_job j = {0};
	struct site s;
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &j.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"by", CLI_STRING, &j.by, "NAME", "who said so, when it is not you"},
		{"reason", CLI_STRING, &j.reason, "TEXT", "why, or what was said: it is recorded"},
		{"json", CLI_FLAG, &j.json, NULL, "one JSON document on stdout"},
		{"at", CLI_STRING, &j.at, "TIME", "when, when it was not now"},
		{"transport", CLI_STRING, &j.transport, "T", "how and with whom it left"},
	};
	size_t n = what == TRANSFER_SENT ? 6 : what == TRANSFER_RECEIVED ? 5 : 4;
	int r = cli_parse(argc, argv, usage, about, opts, n, &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("transfer %s: name one transfer, such as T4711", argv[0]);
	if (what == TRANSFER_RECEIVED && (!j.by || !*j.by))
		return cli_usage("transfer receipt: --by NAME is missing: who at the receiver says that it arrived and was opened");
	if (what == TRANSFER_CANCELLED && (!j.reason || !*j.reason))
		return cli_usage("transfer cancel: --reason is missing; it is recorded");
	if (cli_site(j.site, &s, &e) < 0)
		return cli_fail(&e);
	r = enter(&j, &s, what, args.v[0], &e);
	fflush(stdout);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}

int transfer_sent_cmd(int argc, char **argv)
{
	return act(argc, argv, TRANSFER_SENT, "transfer sent --site DIR ID [--transport T] [--by NAME] [--at TIME]", "The file has left with the patient, or by the way that was agreed.");
}

int transfer_receipt_cmd(int argc, char **argv)
{
	return act(argc, argv, TRANSFER_RECEIVED, "transfer receipt --site DIR ID --by NAME [--at TIME]", "The receiver says that the record arrived and opens.");
}

int transfer_cancel_cmd(int argc, char **argv)
{
	return act(argc, argv, TRANSFER_CANCELLED, "transfer cancel --site DIR ID --reason TEXT", "The patient does not move, or another file takes this one's place. What has left cannot be called back by this: tell the receiver.");
}
