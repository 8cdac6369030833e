/* holdfast transfer make --site S --patient ID (--to AGE_RECIPIENT... | --passphrase-file F | --print-key OUT.pdf) -o FILE: begun, gathered, signed, sealed; entered; and only then there.
 *
 * A file that lies under its name was entered before. What is killed on the way leaves no file, or a whole one: the ledger then says "begun" or "made" and not "written", and `transfer list` says what that means. */
#include "packet_cmd.h"
#include "transfer_cmd.h"
#include "paper.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct make_job {
	const char *site, *out, *receiver, *bed, *transport, *reason, *by, *lang, *paper, *words_file, *print_key;
	struct cli_list patients, to;
	uint64_t hours;
	bool protected_too, json;
	struct site s;
	struct chart *c;
	struct control *k;
	char who[64];
	struct age_recipient keys[TRANSFER_KEYS_MAX];
	struct buf words; /* secret */
	struct slice to_text; /* for the entries */
	char to_room[TRANSFER_KEYS_MAX * 64 + 16];
	struct gather g;
};

/* ---- before anything is begun ---- */

static bool text_ok(const char *s)
{
	struct slice t = slice_str(s);
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] < 0x20 || t.p[i] == 0x7f)
			return false;
	return t.n <= TRANSFER_TEXT_MAX && utf8_valid(t);
}

static int check(struct make_job *j)
{
	const char *const texts[] = {j->receiver, j->bed, j->transport, j->reason, j->by};
	if (!j->patients.n || !j->out)
		return cli_usage("transfer make: say --patient ID and -o FILE");
	if (!!j->to.n + !!j->words_file + (j->print_key && !j->words_file) != 1)
		return cli_usage("transfer make: seal it to the receiver's key (--to age1...), or to words: --print-key OUT.pdf makes six and prints them, --passphrase-file takes yours");
	if (j->to.n > TRANSFER_KEYS_MAX)
		return cli_usage("transfer make: at most %d keys", TRANSFER_KEYS_MAX);
	if (j->patients.n > 1 && j->print_key)
		return cli_usage("transfer make: words are for one patient's file: make those one by one");
	if (!strcmp(j->out, "-"))
		return cli_usage("transfer make: -o is a file; a sealed record does not go to a terminal or a pipe");
	if (j->hours < 1 || j->hours > TRANSFER_HOURS_MAX)
		return cli_usage("transfer make: --hours is 1 to %d", TRANSFER_HOURS_MAX);
	if (j->protected_too && (!j->reason || !*j->reason))
		return cli_usage("transfer make: --include-protected needs --reason; it is recorded");
	if (strcmp(j->lang, "en") && strcmp(j->lang, "fr") && strcmp(j->lang, "zh"))
		return cli_usage("transfer make: --lang is en, fr or zh");
	if (j->paper && strcmp(j->paper, "a4") && strcmp(j->paper, "letter"))
		return cli_usage("transfer make: --paper is a4 or letter");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i] && !text_ok(texts[i]))
			return cli_usage("transfer make: what is said of it is one line of at most %d bytes", TRANSFER_TEXT_MAX);
	return 0;
}

static int read_keys(struct make_job *j, struct err *e)
{
	size_t n = 0;
	for (size_t i = 0; i < j->to.n; i++) {
		int r = age_recipient_parse(slice_str(j->to.v[i]), &j->keys[i], e);
		if (r < 0) {
			err_in(e, "--to");
			return r;
		}
		n += (size_t)snprintf(j->to_room + n, sizeof j->to_room - n, "%s%.62s", i ? " " : "", j->to.v[i]);
	}
	if (!j->to.n)
		snprintf(j->to_room, sizeof j->to_room, "words");
	j->to_text = slice_str(j->to_room);
	buf_init_secret(&j->words, 4096);
	if (j->words_file)
		return packet_passphrase_read(j->words_file, &j->words, e);
	if (j->print_key) {
		char made[PACKET_WORDS_SIZE];
		packet_words(made);
		buf_str(&j->words, made);
		seal_wipe(made, sizeof made);
	}
	return 0;
}

/* Where it is to go is looked at before a record is opened for it. */
static int can_be_written(const char *out, struct err *e)
{
	char folder[4096];
	const char *slash = strrchr(out, '/');
	size_t n = slash ? (size_t)(slash - out) : 0;
	struct stat st;
	if (n >= sizeof folder)
		return err_set(e, ERR_USAGE, NULL, "the file's path is too long");
	snprintf(folder, sizeof folder, "%.*s", (int)n, out);
	if (fstatat(AT_FDCWD, out, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, ERR_EXISTS, out, "it is there already: a transfer is never written over another one");
	AUTO_CLOSE int fd = file_open_dir(AT_FDCWD, !slash ? "." : n ? folder : "/", e);
	return fd < 0 ? fd : 0;
}

/* ---- one transfer ---- */

struct one {
	struct make_job *j;
	const char *path;
	char id[TRANSFER_ID_MAX];
	struct transfer_about about;
	char vkey[256], notice[200];
	struct buf tar, sealed, manifest, note;
	char sha256[2 * SEAL_HASH + 1];
	size_t bytes;
};

static struct transfer_entry entry_of(const struct one *x, bool whole)
{
	const struct make_job *j = x->j;
	struct transfer_entry n = {.by = slice_str(j->by ? j->by : j->who)};
	if (x->id[0])
		n.id = slice_str(x->id);
	if (whole) {
		n.patient = slice_str(j->g.p->id);
		n.unit = j->g.p->place.unit;
		n.receiver = slice_str(j->receiver);
		n.bed = slice_str(j->bed);
		n.transport = slice_str(j->transport);
		n.to = j->to_text;
		n.reason = slice_str(j->reason);
		n.entries = j->g.at.end;
		n.is_protected = j->g.is_protected;
	}
	return n;
}

static int begin(struct one *x, struct err *e)
{
	struct gather *g = &x->j->g;
	const struct transfer_entry n = entry_of(x, true);
	cli_record(&x->j->s, &x->j->k, "export", g->p->id, g->is_protected ? x->j->reason : "transfer", g->at.end ? g->at.end - 1 : 0);
	if (!x->j->k)
		return err_set(e, ERR_SYSTEM, NULL, "the keeper does not answer: a transfer is made only where it is recorded");
	int r = transfer_enter(x->j->k, TRANSFER_BEGUN, &n, &g->begun, e);
	if (r == 0)
		transfer_id_put(g->begun, x->id);
	return r;
}

static void say_about(struct one *x)
{
	struct make_job *j = x->j;
	const struct gather *g = &j->g;
	const struct fact *d = g->p->demographics ? g->p->demographics->fact : NULL;
	struct slice name = d && !fact_is_null(fact_get(d, FF_NAME)) ? fact_get(d, FF_NAME) : SLICE_NULL, birth = d ? fact_get(d, FF_BIRTH) : SLICE_NULL, sex = d ? fact_get(d, FF_SEX) : SLICE_NULL;
	static const char *const words[][2] = {{"TRANSFER", "to"}, {"TRANSFERT", "vers"}, {"转院", "接收方："}};
	int lang = !strcmp(j->lang, "fr") ? 1 : !strcmp(j->lang, "zh") ? 2 : 0;
	x->about = (struct transfer_about){.vkey = slice_str(x->vkey), .origin = slice_str(j->s.origin), .site = slice_str(j->s.name), .by = slice_str(j->by ? j->by : j->who), .receiver = slice_str(j->receiver), .bed = slice_str(j->bed),
	                                   .transport = slice_str(j->transport), .reason = slice_str(j->reason), .made = g->now, .until = g->now + (int64_t)j->hours * 3600 * TIME_SEC, .entries = g->at.end, .entry_time = g->at.time,
	                                   .checkpoint = g->head.size, .is_protected = g->is_protected, .zone_minutes = j->s.zone_minutes};
	memcpy(x->about.id, x->id, sizeof x->about.id);
	memcpy(x->about.root, g->head.root, SEAL_HASH);
	x->about.patient.id = slice_str(g->p->id);
	x->about.patient.family = fact_part(name, FN_FAMILY).n ? fact_part(name, FN_FAMILY) : fact_part(name, FN_TEXT);
	x->about.patient.given = fact_part(name, FN_GIVEN);
	x->about.patient.birth = fact_is_null(birth) ? SLICE_NULL : birth;
	x->about.patient.sex = fact_is_null(sex) ? SLICE_NULL : sex;
	if (g->p->ident_count) {
		x->about.patient.number = g->p->idents[0].value;
		x->about.patient.assigner = g->p->idents[0].assigner;
	}
	char to[121];
	snprintf(to, sizeof to, "%.*s", (int)utf8_valid_prefix(slice_of(j->receiver ? j->receiver : "", j->receiver ? strnlen(j->receiver, 120) : 0)), j->receiver ? j->receiver : "");
	snprintf(x->notice, sizeof x->notice, "%s %s%s%s%s%s", words[lang][0], x->id, to[0] ? " " : "", to[0] ? words[lang][1] : "", to[0] && lang != 2 ? " " : "", to);
	j->g.notice = slice_str(x->notice);
}

/* Before all else in the tar: how to open it, and hashes that any machine can compare. */
static int put_front(struct one *x, struct err *e)
{
	struct gather *g = &x->j->g;
	struct buf *readme = gather_file(g, "README.txt", "text/plain", SLICE("How to open and check this"), UINT64_MAX, e);
	if (!readme)
		return ERR_LIMIT;
	transfer_readme(&x->about, readme);
	int r = gather_filled(g, e);
	struct buf *sums = r == 0 ? gather_file(g, "SHA256SUMS", "text/plain", SLICE("For sha256sum -c"), UINT64_MAX, e) : NULL;
	if (r == 0 && !sums)
		return ERR_LIMIT;
	return r;
}

static int gather(struct one *x, struct err *e)
{
	struct gather *g = &x->j->g;
	int r = put_front(x, e);
	if (r == 0)
		r = gather_record(g, e);
	if (r == 0)
		r = gather_attached(g, e);
	if (r < 0)
		return r;
	transfer_sums(&g->files[0], 1, &g->bytes[1]);
	transfer_sums(&g->files[2], g->n - 2, &g->bytes[1]);
	g->files[1].bytes = buf_slice(&g->bytes[1]);
	x->about.ecgs_left_out = g->ecgs_left_out;
	x->about.documents_left_out = g->documents_left_out;
	return buf_ok(&g->bytes[1]) ? 0 : err_set(e, buf_code(&g->bytes[1]), NULL, "no memory for a transfer");
}

static int sign(struct one *x, struct err *e)
{
	AUTO_BUF struct buf ask = {0}, hex = {0};
	uint8_t hash[SEAL_HASH];
	struct jsonw w;
	buf_init(&ask, 4096);
	buf_init(&hex, 128);
	seal_sha256_once(buf_slice(&x->manifest), hash);
	hex_put(&hex, slice_of(hash, sizeof hash));
	jsonw_init(&w, &ask);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "transfer");
	jsonw_kstr(&w, "id", x->id);
	jsonw_ku64(&w, "bytes", x->manifest.n);
	jsonw_kslice(&w, "sha256", buf_slice(&hex));
	jsonw_ku64(&w, "entries", x->about.entries);
	jsonw_ktime(&w, "made", x->about.made);
	jsonw_ktime(&w, "until", x->about.until);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return control_packet(x->j->k, buf_slice(&ask), &x->note, e);
}

static int seal(struct one *x, struct err *e)
{
	struct make_job *j = x->j;
	AUTO_BUF struct buf hex = {0};
	uint8_t hash[SEAL_HASH];
	buf_init(&hex, 128);
	int r = j->words.n ? age_seal_scrypt(buf_slice(&j->words), TRANSFER_SCRYPT_LOG_N, buf_slice(&x->tar), &x->sealed, e) : age_seal(j->keys, j->to.n, buf_slice(&x->tar), &x->sealed, e);
	if (r < 0)
		return r;
	seal_sha256_once(buf_slice(&x->sealed), hash);
	hex_put(&hex, slice_of(hash, sizeof hash));
	snprintf(x->sha256, sizeof x->sha256, "%s", buf_cstr(&hex));
	x->bytes = x->sealed.n;
	return 0;
}

/* What this program wrote is what its other half will read: it is opened and checked once before anybody relies on it. */
static int prove(struct one *x, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)32 << 20);
	struct transfer t;
	struct note_vkey v;
	int r = note_vkey_parse(slice_str(x->vkey), &v, e);
	if (r == 0)
		r = a ? transfer_check(buf_slice(&x->tar), &v, a, &t, NULL, e) : err_set(e, ERR_MEMORY, NULL, "no memory for a transfer");
	return r;
}

static int build(struct one *x, struct err *e)
{
	struct gather *g = &x->j->g;
	buf_init_secret(&x->tar, TRANSFER_MAX);
	buf_init(&x->sealed, TRANSFER_MAX + TRANSFER_MAX / 1024);
	buf_init(&x->manifest, TRANSFER_MANIFEST_MAX + 4096);
	buf_init(&x->note, 4096);
	int r = gather(x, e);
	if (r == 0)
		r = transfer_manifest(&x->about, g->files, g->n, &x->manifest, e);
	if (r == 0)
		r = sign(x, e);
	if (r == 0)
		r = transfer_tar(x->about.made, buf_slice(&x->manifest), buf_slice(&x->note), g->files, g->n, &x->tar, e);
	if (r == 0)
		r = prove(x, e);
	return r < 0 ? r : seal(x, e);
}

static int print_key(struct one *x, struct err *e)
{
	struct make_job *j = x->j;
	AUTO_BUF struct buf pdf = {0};
	const char *slash = strrchr(x->path, '/');
	if (!j->print_key)
		return 0;
	buf_init_secret(&pdf, (size_t)16 << 20);
	const struct paper_run run = {.lang = j->lang, .us = j->g.us, .site = j->s.name, .zone_minutes = j->s.zone_minutes, .made = x->about.made};
	const struct paper_key k = {.id = slice_str(x->id), .receiver = slice_str(j->receiver), .file = slice_str(slash ? slash + 1 : x->path), .words = buf_cstr(&j->words), .until = x->about.until};
	int r = paper_key_pdf(&run, &k, &pdf, e);
	return r < 0 ? r : file_replace(AT_FDCWD, j->print_key, buf_slice(&pdf), 0600, e);
}

/* Something went wrong after it was begun: the ledger says so, where it can. */
static void give_up(struct one *x, const struct err *why)
{
	struct transfer_entry n = entry_of(x, false);
	struct err quiet;
	n.reason = slice_str(why->text[0] ? why->text : "it could not be made");
	if (transfer_enter(x->j->k, TRANSFER_CANCELLED, &n, NULL, &quiet) < 0)
		cli_note("holdfast: %s was begun, and that there is no file of it could not be entered: `holdfast transfer cancel %s` does that", x->id, x->id);
}

static int hand_out(struct one *x, struct err *e)
{
	struct transfer_entry n = entry_of(x, true);
	n.sha256 = slice_str(x->sha256);
	int r = print_key(x, e);
	if (r == 0)
		r = transfer_enter(x->j->k, TRANSFER_MADE, &n, NULL, e);
	if (r == 0)
		r = file_replace(AT_FDCWD, x->path, buf_slice(&x->sealed), 0600, e);
	if (r < 0)
		return r;
	n = entry_of(x, false);
	struct err quiet = {0};
	if (transfer_enter(x->j->k, TRANSFER_WRITTEN, &n, NULL, &quiet) < 0)
		cli_note("holdfast: the file of %s is there, and that could not be entered: %s", x->id, quiet.text);
	return 0;
}

static void say(const struct one *x)
{
	const struct make_job *j = x->j;
	const struct gather *g = &j->g;
	char until[32];
	if (j->json) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kstr(&w, "id", x->id);
		jsonw_kstr(&w, "patient", g->p->id);
		jsonw_kstr(&w, "file", x->path);
		jsonw_ku64(&w, "bytes", x->bytes);
		jsonw_kstr(&w, "sha256", x->sha256);
		jsonw_ku64(&w, "files", g->n);
		jsonw_ku64(&w, "ecgsLeftOut", g->ecgs_left_out);
		jsonw_ku64(&w, "documentsLeftOut", g->documents_left_out);
		jsonw_ku64(&w, "entries", x->about.entries);
		jsonw_ktime(&w, "made", x->about.made);
		jsonw_ktime(&w, "validUntil", x->about.until);
		jsonw_obj_end(&w);
		jsonw_done(&w);
		printf("%s\n", buf_cstr(&b));
	} else {
		printf("%s: %s, %zu files, %zu bytes; its medications may be gone by until %s\n", x->id, x->path, g->n, x->bytes, time_rfc3339(x->about.until, 0, until));
	}
	if (g->ecgs_left_out || g->documents_left_out)
		cli_note("%" PRIu32 " older, larger or unreadable ECGs and %" PRIu32 " documents are not in it", g->ecgs_left_out, g->documents_left_out);
	if (j->print_key)
		cli_note("What opens it is on %s, and kept nowhere else: it travels apart from the file.", j->print_key);
	fflush(stdout);
}

static int one(struct make_job *j, const char *patient, const char *path, struct err *e)
{
	struct one x = {.j = j, .path = path};
	struct gather *g = &j->g;
	g->s = &j->s;
	g->c = j->c;
	g->lang = j->lang;
	g->us = j->paper && !strcmp(j->paper, "letter");
	g->now = time_now() / TIME_SEC * TIME_SEC;
	g->ecgs_left_out = g->documents_left_out = 0;
	int r = gather_init(g, e);
	if (r == 0)
		r = chart_now(j->c, &g->at, e);
	if (r == 0)
		r = transfer_patient(j->c, patient, j->protected_too, g->at, g->a, &g->p, e);
	if (r == 0)
		r = transfer_site_head(&j->s, x.vkey, &g->head, e);
	if (r == 0) {
		g->is_protected = g->p->is_protected;
		r = begin(&x, e);
	}
	if (r == 0) {
		say_about(&x);
		r = build(&x, e);
		if (r == 0)
			r = hand_out(&x, e);
		if (r == 0)
			say(&x);
		else
			give_up(&x, e);
	}
	buf_wipe_done(&x.tar);
	buf_done(&x.sealed);
	buf_wipe_done(&x.manifest);
	buf_done(&x.note);
	gather_done(g);
	return r;
}

/* Several patients: a folder, and a file each, because each goes its own way. Its name says nothing of who it is. */
static int several(struct make_job *j, struct err *e)
{
	char path[4200], stamp[32];
	int r = file_mkdir(AT_FDCWD, j->out, 0700, e);
	(void)time_rfc3339(time_now(), 0, stamp);
	for (char *p = stamp; *p; p++)
		*p = *p == ':' ? '-' : *p;
	for (size_t i = 0; i < j->patients.n && r == 0; i++) {
		snprintf(path, sizeof path, "%s/transfer-%s-%zu.age", j->out, stamp, i + 1);
		r = can_be_written(path, e);
		if (r == 0)
			r = one(j, j->patients.v[i], path, e);
		if (r < 0) {
			char which[48];
			snprintf(which, sizeof which, "patient %zu of %zu", i + 1, j->patients.n);
			err_in(e, which);
			if (i)
				cli_note("the files of those before are in %s, and are whole", j->out);
		}
	}
	return r;
}

static int make(struct make_job *j, struct err *e)
{
	int r = read_keys(j, e);
	if (r == 0 && j->patients.n == 1)
		r = can_be_written(j->out, e);
	if (r == 0 && j->print_key)
		r = can_be_written(j->print_key, e);
	if (r == 0)
		r = cli_site(j->site, &j->s, e);
	if (r < 0)
		return r;
	control_who(j->who);
	r = cli_chart(&j->s, &j->c, &j->k, e);
	if (r == 0 && !j->k)
		r = control_open(&j->s, true, &j->k, e);
	if (r == 0)
		r = j->patients.n == 1 ? one(j, j->patients.v[0], j->out, e) : several(j, e);
	control_close(j->k);
	chart_close(j->c);
	site_close(&j->s);
	return r;
}

int transfer_make_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct make_job j = {.lang = "en", .hours = 48};
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &j.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"patient", CLI_EACH, &j.patients, "ID", "our id or a record number; may be repeated: -o is a folder then"},
		{"to", CLI_EACH, &j.to, "AGE1...", "the receiver's key, as age-keygen says it; may be repeated"},
		{"passphrase-file", CLI_STRING, &j.words_file, "FILE", "seal it to the file's first line instead"},
		{"print-key", CLI_STRING, &j.print_key, "OUT.pdf", "a page for the courier with the words (six new ones without --passphrase-file)"},
		{"output", CLI_STRING, &j.out, "FILE", "where to"},
		{"receiver", CLI_STRING, &j.receiver, "NAME", "the hospital and unit that takes them"},
		{"bed", CLI_STRING, &j.bed, "B", "the bed there"},
		{"transport", CLI_STRING, &j.transport, "T", "how and with whom"},
		{"reason", CLI_STRING, &j.reason, "TEXT", "why: it is recorded"},
		{"by", CLI_STRING, &j.by, "NAME", "who decided, when it is not you"},
		{"include-protected", CLI_FLAG, &j.protected_too, NULL, "a protected record, too; needs --reason"},
		{"hours", CLI_NUMBER, &j.hours, "N", "its medications may be gone by for so long: 48"},
		{"lang", CLI_STRING, &j.lang, "L", "of its sheets: en, fr, zh"},
		{"paper", CLI_STRING, &j.paper, "P", "a4 (as without it) or letter"},
		{"json", CLI_FLAG, &j.json, NULL, "say what was made as JSON, a line each"},
	};
	int r = cli_parse(argc, argv, "transfer make --site DIR --patient ID (--to AGE1... | --print-key OUT.pdf | --passphrase-file FILE) -o FILE", "A patient's record for the hospital that takes them: IPS document, sheets, ECGs, documents; signed by the site's log, sealed by age. It is an entry before the file is there.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("transfer make: what is '%s'?", args.v[0]);
	r = check(&j);
	if (r)
		return r;
	r = make(&j, &e);
	buf_wipe_done(&j.words);
	return r < 0 ? cli_fail(&e) : 0;
}
