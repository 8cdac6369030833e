/* holdfast transfer open FILE [--identity KEYFILE | --passphrase-file F] [--vkey KEY] [-o DIR]: opens it, checks every byte, says what is inside. Needs no site. Nothing is written before all of it is known to be as it was signed. */
#include "packet_cmd.h"
#include "transfer_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

struct open_job {
	const char *file, *identity, *words, *vkey, *out;
	bool json;
	struct buf tar; /* secret */
	struct arena *a;
	struct transfer t;
	struct note_vkey key;
};

/* ---- opening ---- */

/* The key itself, or a file that holds it (SITE/ledger/vkey). */
static int read_vkey(const char *given, struct note_vkey *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	if (note_vkey_parse(slice_trim(slice_str(given)), ret, e) == 0)
		return 0;
	if (access(given, F_OK) != 0)
		return err_set(e, ERR_USAGE, "--vkey", "'%.100s' is neither a verifier key (NAME+HEX+BASE64) nor a file that holds one, such as SITE/ledger/vkey", given);
	int r = file_read(AT_FDCWD, given, 4096, &b, e);
	if (r == 0)
		r = note_vkey_parse(slice_trim(buf_slice(&b)), ret, e);
	if (r < 0)
		err_in(e, given);
	return r;
}

static int with_keys(struct open_job *j, struct slice file, struct err *e)
{
	struct age_identity ids[TRANSFER_KEYS_MAX] = {0};
	AUTO_BUF struct buf text = {0};
	size_t n;
	buf_init_secret(&text, 1 << 16);
	int r = file_read(AT_FDCWD, j->identity, 1 << 16, &text, e);
	if (r < 0)
		return r;
	r = transfer_identities(buf_slice(&text), ids, &n, e);
	if (r < 0) {
		err_in(e, j->identity);
		return r;
	}
	r = age_open(ids, n, file, &j->tar, e);
	if (r < 0)
		err_in(e, j->file);
	seal_wipe(ids, sizeof ids);
	return r;
}

static int with_words(struct open_job *j, struct slice file, struct err *e)
{
	AUTO_BUF struct buf words = {0};
	buf_init_secret(&words, 4096);
	int r = packet_passphrase_read(j->words, &words, e);
	if (r < 0)
		return r;
	r = age_open_scrypt(buf_slice(&words), TRANSFER_SCRYPT_LOG_N_MAX, file, &j->tar, e);
	if (r < 0)
		err_in(e, j->file);
	return r;
}

static int unseal(struct open_job *j, struct err *e)
{
	AUTO_BUF struct buf file = {0};
	buf_init(&file, TRANSFER_MAX + TRANSFER_MAX / 1024);
	buf_init_secret(&j->tar, TRANSFER_MAX);
	int r = file_read(AT_FDCWD, j->file, TRANSFER_MAX + TRANSFER_MAX / 1024, &file, e);
	if (r < 0)
		return r;
	if (!slice_starts(buf_slice(&file), "age-encryption.org/v1\n")) { /* what `age -d` has made of one: it is not sealed any more, and the check is the same */
		buf_add_slice(&j->tar, buf_slice(&file));
		return buf_ok(&j->tar) ? 0 : err_set(e, buf_code(&j->tar), j->file, "it is larger than a transfer can be");
	}
	if (!j->identity && !j->words)
		return err_set(e, ERR_USAGE, j->file, "it is sealed: --identity KEYFILE opens it with your key, --passphrase-file FILE with the words that came with the courier");
	return j->identity ? with_keys(j, buf_slice(&file), e) : with_words(j, buf_slice(&file), e);
}

/* ---- saying ---- */

static void put_json(const struct open_job *j, int r, const struct buf *faults)
{
	const struct transfer *t = &j->t;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct slice rest = buf_slice(faults);
	buf_init(&b, (size_t)8 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kbool(&w, "whole", r == 0 || r == ERR_NO);
	jsonw_kbool(&w, "makerVerified", r == 0 && j->vkey);
	if (r == 0 || r == ERR_NO) {
		jsonw_kstr(&w, "signedBy", t->seal.vkey);
		jsonw_kbool(&w, "past", time_now() > t->about.until);
		jsonw_key(&w, "manifest");
		jsonw_raw(&w, slice_trim(t->manifest));
	}
	jsonw_key(&w, "faults");
	jsonw_arr(&w);
	while (rest.n)
		jsonw_slice(&w, slice_cut(rest, '\n', &rest));
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&b));
}

static void line(const char *name, struct slice v)
{
	if (!v.n)
		return;
	printf("%-12s ", name);
	cli_slice(stdout, v);
	putchar('\n');
}

static void say_head(const struct transfer *t)
{
	const struct transfer_about *a = &t->about;
	char made[32], until[32], time[32];
	printf("%-12s %s, made %s\n", "transfer", a->id, time_rfc3339(a->made, 0, made));
	line("from", a->site);
	line("for", a->receiver);
	line("bed", a->bed);
	line("transport", a->transport);
	line("reason", a->reason);
	line("by", a->by);
	printf("%-12s ", "patient");
	cli_slice(stdout, a->patient.family.n ? a->patient.family : SLICE("(name not received)"));
	printf(", ");
	cli_slice(stdout, a->patient.given);
	printf("   born ");
	cli_slice(stdout, a->patient.birth.n ? a->patient.birth : SLICE("NOT RECEIVED"));
	printf("   ");
	cli_slice(stdout, a->patient.sex);
	printf("   no. ");
	cli_slice(stdout, a->patient.number.n ? a->patient.number : SLICE("NOT RECEIVED"));
	printf(" @ ");
	cli_slice(stdout, a->patient.assigner);
	printf("%s\n", a->is_protected ? "   PROTECTED RECORD" : "");
	printf("%-12s entries [0, %" PRIu64 "), the newest received %s; checkpoint over %" PRIu64 "\n", "shows", a->entries, a->entry_time ? time_rfc3339(a->entry_time, 0, time) : "never", a->checkpoint);
	printf("%-12s until %s%s\n", "medications", time_rfc3339(a->until, 0, until), time_now() > a->until ? ": THAT IS PAST, ask the sender before you go by them" : "");
}

static void say_files(const struct transfer *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct transfer_file *f = &t->files[i];
		printf("%12" PRIu64 "  %.*s  ", f->size, SLICE_FMT(f->name));
		cli_slice(stdout, f->title);
		putchar('\n');
	}
	if (t->about.ecgs_left_out || t->about.documents_left_out)
		printf("not in it: %" PRIu32 " ECGs, %" PRIu32 " documents: ask the sender\n", t->about.ecgs_left_out, t->about.documents_left_out);
}

static void say(const struct open_job *j, int r)
{
	printf("whole: every byte is as it was signed\n");
	bool known = r == 0 && j->vkey;
	printf(known ? "signed by " : "it says that it is signed by ");
	cli_slice(stdout, slice_str(known ? j->t.signer.name : j->t.seal.vkey)); /* a name may hold what a terminal obeys */
	printf("%s\n", known ? ", the key that you named" : r == ERR_NO ? "\nNOT THE KEY THAT YOU NAMED" : "\nMAKER NOT VERIFIED: anybody can sign with a key of their own; --vkey with the sender's key, which must come by another way than this file, tells");
	say_head(&j->t);
	say_files(&j->t);
}

/* ---- writing ---- */

/* Only into a folder that is new or empty: nothing of an earlier record can be taken for this one's. Names were checked (transfer_name_ok); folders are made by us and entered without following links. */
static int out_folder(const char *path, struct err *e)
{
	if (mkdir(path, 0700) == 0 || errno != EEXIST) {
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		return fd >= 0 ? fd : err_sys(e, path, "the folder cannot be made");
	}
	if (rmdir(path) || mkdir(path, 0700))
		return err_set(e, ERR_EXISTS, path, "it is there and not an empty folder: a record is written into a new one");
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 ? fd : err_sys(e, path, "the folder cannot be opened");
}

static int below(int dirfd, struct slice folder, struct err *e)
{
	char name[TRANSFER_NAME_MAX + 1];
	snprintf(name, sizeof name, "%.*s", SLICE_FMT(folder));
	if (mkdirat(dirfd, name, 0700) && errno != EEXIST)
		return err_sys(e, name, "the folder cannot be made");
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 ? fd : err_sys(e, name, "the folder cannot be opened");
}

static int write_one(int dirfd, struct slice name, struct slice bytes, struct err *e)
{
	char last[TRANSFER_NAME_MAX + 1];
	struct slice rest, first = slice_cut(name, '/', &rest);
	if (rest.p) {
		AUTO_CLOSE int fd = below(dirfd, first, e);
		return fd < 0 ? fd : write_one(fd, rest, bytes, e); /* as deep as a name has folders: two */
	}
	snprintf(last, sizeof last, "%.*s", SLICE_FMT(first));
	return file_replace(dirfd, last, bytes, 0600, e);
}

static int write_out(const struct open_job *j, struct err *e)
{
	AUTO_CLOSE int fd = out_folder(j->out, e);
	int r = fd < 0 ? fd : write_one(fd, SLICE("manifest.json"), j->t.manifest, e);
	if (r == 0)
		r = write_one(fd, SLICE("manifest.note"), j->t.note, e);
	for (size_t i = 0; i < j->t.n && r == 0; i++)
		r = write_one(fd, j->t.files[i].name, j->t.files[i].bytes, e);
	return r;
}

static int open_it(struct open_job *j, struct err *e)
{
	AUTO_BUF struct buf faults = {0};
	buf_init(&faults, 1 << 20);
	int r = j->vkey ? read_vkey(j->vkey, &j->key, e) : 0;
	if (r == 0)
		r = unseal(j, e);
	if (r < 0)
		return r;
	r = transfer_check(buf_slice(&j->tar), j->vkey ? &j->key : NULL, j->a, &j->t, &faults, e);
	if (j->json)
		put_json(j, r, &faults);
	else if (r == 0 || r == ERR_NO)
		say(j, r);
	else
		fprintf(stderr, "%s", buf_cstr(&faults));
	fflush(stdout);
	if (r < 0) {
		err_in(e, j->file);
		return r;
	}
	r = j->out ? write_out(j, e) : 0;
	if (r == 0 && j->out && !j->json)
		cli_note("%zu files are in %s; summary.pdf is the one to read first", j->t.n, j->out);
	return r;
}

int transfer_open_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct open_job j;
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"identity", CLI_STRING, &j.identity, "KEYFILE", "your key, as age-keygen wrote it"},
		{"passphrase-file", CLI_STRING, &j.words, "FILE", "the words, in the file's first line"},
		{"vkey", CLI_STRING, &j.vkey, "KEY", "the sender's verifier key, or a file that holds it"},
		{"output", CLI_STRING, &j.out, "DIR", "write what is inside into a new folder; without it all is only checked"},
		{"json", CLI_FLAG, &j.json, NULL, "one JSON document on stdout"},
	};
	int r = cli_parse(argc, argv, "transfer open FILE [--identity KEYFILE | --passphrase-file FILE] [--vkey KEY] [-o DIR]", "Exit 0: every byte is as it was signed, and with --vkey by that key. Exit 1: it is not, and nothing was written. Needs no site and no network.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1 || (j.identity && j.words))
		return cli_usage("transfer open: name one file, and one of --identity and --passphrase-file");
	j.file = args.v[0];
	j.a = arena_new((size_t)64 << 20);
	r = j.a ? open_it(&j, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	buf_wipe_done(&j.tar);
	arena_free(j.a);
	return r < 0 ? cli_fail(&e) : 0;
}
