/* holdfast notice returned: what the mail-house sends back, held against the file that was sent. */
#include "cli_internal.h"
#include "notice_cmd.h"

#include "notice.h"
#include "scope_cmd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The whole file in memory, without a copy of it. */
static int map(const char *path, struct slice *ret, struct err *e)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, path, "cannot be opened");
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > NOTICE_RETURN_MAX)
		return err_set(e, ERR_INPUT, path, "is no file of at most 2 GiB");
	if (!st.st_size)
		return err_set(e, ERR_INPUT, path, "is empty");
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, path, "cannot be read");
	*ret = slice_of(p, (size_t)st.st_size);
	return 0;
}

static void unmap(struct slice s)
{
	if (s.p)
		(void)munmap((void *)(uintptr_t)s.p, s.n);
}

/* A return file by its name and the SHA-256 of its bytes. */
static int put_file(struct jsonw *w, const char *file, struct err *e)
{
	uint8_t hash[SEAL_HASH];
	char hex[2 * SEAL_HASH + 1];
	int r = notice_hash(file, hash, e);
	if (r < 0)
		return r;
	case_hex(hash, hex);
	jsonw_kstr(w, "file", strrchr(file, '/') ? strrchr(file, '/') + 1 : file);
	jsonw_kstr(w, "sha256", hex);
	return 0;
}

static int put_earlier(struct jsonw *w, const struct cli_list *earlier, struct err *e)
{
	int r = 0;
	if (!earlier->n)
		return 0;
	jsonw_key(w, "with");
	jsonw_arr(w);
	for (size_t i = 0; i < earlier->n && r == 0; i++) {
		jsonw_obj(w);
		r = put_file(w, earlier->v[i], e);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	return r;
}

/* What a case's ledger keeps of it: counts, days and hashes; whom they are about stays in the files. */
static int enter(const char *site, const char *name, const char *file, const struct cli_list *earlier, const char *mailfile, const struct notice_returns *r, uint64_t before, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct case_opened o;
	struct jsonw w;
	uint8_t hash[SEAL_HASH];
	char hex[2 * SEAL_HASH + 1], who[64];
	uint64_t entry = 0;
	control_who(who);
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "returned");
	jsonw_kstr(&w, "case", name);
	int c = put_file(&w, file, e);
	c = c ? c : put_earlier(&w, earlier, e);
	c = c ? c : notice_hash(mailfile, hash, e);
	if (c < 0)
		return c;
	case_hex(hash, hex);
	jsonw_kstr(&w, "mail", hex);
	jsonw_ku64(&w, "sent", r->sent);
	jsonw_ku64(&w, "rows", r->rows);
	jsonw_ku64(&w, "printed", r->printed);
	jsonw_ku64(&w, "mailed", r->mailed);
	jsonw_ku64(&w, "returned", r->returned);
	jsonw_ku64(&w, "unknown", r->unknown);
	jsonw_ku64(&w, "bad", r->bad);
	jsonw_ku64(&w, "no_address", before);
	jsonw_kslice_opt(&w, "first_mailed", r->first_mailed);
	jsonw_kslice_opt(&w, "last_mailed", r->last_mailed);
	jsonw_kstr(&w, "by", who);
	jsonw_obj_end(&w);
	c = case_open(site, name, &o, e);
	if (c == 0)
		c = control_notice_sign(o.k, NULL, buf_slice(&b), &entry, e);
	case_close(&o);
	if (c == 0)
		cli_note("%s: entered, entry %llu", name, (unsigned long long)entry);
	return c;
}

static void put_json(const struct notice_returns *r, uint64_t before)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const char *citation, *form = notice_substitute_form(before + r->returned, &citation);
	buf_init(&b, (size_t)1 << 30);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "rows", r->rows);
	jsonw_ku64(&w, "printed", r->printed);
	jsonw_ku64(&w, "mailed", r->mailed);
	jsonw_kslice_opt(&w, "first_mailed", r->first_mailed);
	jsonw_kslice_opt(&w, "last_mailed", r->last_mailed);
	jsonw_ku64(&w, "returned", r->returned);
	jsonw_ku64(&w, "unknown", r->unknown);
	jsonw_ku64(&w, "twice", r->twice);
	jsonw_ku64(&w, "bad", r->bad);
	jsonw_key(&w, "substitute_notice");
	jsonw_obj(&w);
	jsonw_ku64(&w, "persons", before + r->returned);
	jsonw_kstr(&w, "form", form);
	jsonw_kstr(&w, "citation", citation);
	jsonw_obj_end(&w);
	jsonw_key(&w, "undeliverable");
	jsonw_arr(&w);
	for (struct slice rest = r->undeliverable; rest.n;) {
		struct slice line = slice_cut(rest, '\n', &rest), reason, id = slice_cut(line, '\t', &reason);
		jsonw_obj(&w);
		jsonw_kslice(&w, "id", id);
		jsonw_kslice_opt(&w, "reason", reason);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&b));
}

static void put_table(const struct notice_returns *r, uint64_t before)
{
	const uint64_t all = before + r->returned;
	const char *citation, *form = notice_substitute_form(all, &citation);
	printf("rows %llu\nprinted %llu\nmailed %llu", (unsigned long long)r->rows, (unsigned long long)r->printed, (unsigned long long)r->mailed);
	if (r->first_mailed.n)
		printf(" (%.*s to %.*s)", SLICE_FMT(r->first_mailed), SLICE_FMT(r->last_mailed));
	printf("\nreturned %llu\nsaid twice %llu\nnot in the file that was sent %llu\nnot understood or contradicting %llu\n", (unsigned long long)r->returned, (unsigned long long)r->twice, (unsigned long long)r->unknown, (unsigned long long)r->bad);
	printf("without a good address %llu: %s%s%s%s\n", (unsigned long long)all, form, citation[0] ? " (" : "", citation, citation[0] ? ")" : "");
}

int notice_returned_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct cli_list earlier;
	struct notice_return back[ARRAY_LEN(earlier.v) + 1] = {0};
	const char *mailfile = NULL, *site = NULL;
	uint64_t before = 0;
	struct slice sent = {0};
	struct notice_returns ret;
	struct err e = {0};
	bool json = false, finished;
	const struct cli_opt opts[] = {
		{"mailfile", CLI_STRING, &mailfile, "mail.csv", "the file that was sent"},
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE), where a case is named"},
		{"no-address", CLI_NUMBER, &before, "N", "persons who had no letter for want of an address (the manifest's substitute_notice): they count with those who come back"},
		{"also", CLI_EACH, &earlier, "FILE", "an earlier return file of the same mailing; may be given again, the oldest first"},
		{"json", CLI_FLAG, &json, NULL, "print one object, with the undeliverable ones"},
	};
	int r = cli_parse(argc, argv, "notice returned [NAME --site DIR] --mailfile mail.csv RETURN.csv",
	                  "What the mail-house sends back: printed, mailed, returned; who has to be reached by substitute notice. With a case's name, counts and days become an entry of it: they stop its clocks.", opts, ARRAY_LEN(opts), &args, &finished);
	if (r || finished)
		return r;
	if (args.n < 1 || args.n > 2 || !mailfile)
		return cli_usage("notice returned: say --mailfile and the return file");
	const char *name = args.n == 2 ? args.v[0] : NULL, *file = args.v[args.n - 1];
	struct arena *a = arena_new((size_t)8 << 30);
	r = a ? map(mailfile, &sent, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i <= earlier.n && r == 0; i++) {
		back[i].name = i < earlier.n ? earlier.v[i] : file;
		r = map(back[i].name, &back[i].text, &e);
	}
	r = r ? r : notice_returns_read(back, earlier.n + 1, sent, a, &ret, &e);
	if (r == 0 && name)
		r = enter(site, name, file, &earlier, mailfile, &ret, before, &e);
	if (r == 0) {
		if (ret.faults.n)
			cli_note("%.*s", SLICE_FMT(slice_trim(ret.faults)));
		if (json)
			put_json(&ret, before);
		else
			put_table(&ret, before);
	}
	for (size_t i = 0; i <= earlier.n; i++)
		unmap(back[i].text);
	unmap(sent);
	arena_free(a);
	return r < 0 ? cli_fail(&e) : ret.unknown || ret.bad ? 1 : cli_flush();
}
