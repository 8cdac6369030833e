/* holdfast key show: the public parts of a site's keys, its periods, and who opens what. Opens nothing: how many recipients a period has stands in its header. */
#include "key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct period {
	char name[SITE_PERIOD_MAX], recipient[80];
	int stanzas; /* of its key's age file; 0: there is none */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct period *)a)->name, ((const struct period *)b)->name);
}

/* Lines "-> X25519 ..." of an age header. */
static int count_stanzas(int dirfd, const char *name)
{
	AUTO_BUF struct buf b = {0};
	int n = 0;
	buf_init(&b, 1 << 16);
	if (file_read(dirfd, name, 1 << 16, &b, NULL) < 0)
		return 0;
	struct slice rest = buf_slice(&b);
	while (rest.n) {
		struct slice line = slice_cut(rest, '\n', &rest);
		if (slice_starts(line, "---"))
			break;
		n += slice_starts(line, "-> X25519 ");
	}
	return n;
}

static int read_period(int dirfd, const char *pub, struct period *ret)
{
	char name[128];
	AUTO_BUF struct buf b = {0};
	size_t n = strlen(pub);
	buf_init(&b, 4096);
	if (n < 5 || n - 4 >= sizeof ret->name || strcmp(pub + n - 4, ".pub") || file_read(dirfd, pub, 4096, &b, NULL) < 0)
		return ERR_NO;
	struct slice rest, key = slice_trim(slice_cut(buf_slice(&b), '\n', &rest)); /* a line behind it proves whose it is */
	if (key.n >= sizeof ret->recipient)
		return ERR_NO;
	*ret = (struct period){0};
	memcpy(ret->name, pub, n - 4);
	if (key.n)
		memcpy(ret->recipient, key.p, key.n);
	snprintf(name, sizeof name, "%s.age", ret->name);
	ret->stanzas = count_stanzas(dirfd, name);
	return 0;
}

static int read_periods(int sitefd, struct period **ret, size_t *ret_n, struct err *e)
{
	int fd = openat(sitefd, "keys/period", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "keys/period", "cannot be listed");
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, "keys/period", "cannot be listed");
	}
	int r = 0;
	size_t cap = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		struct period p;
		if (read_period(fd, en->d_name, &p) < 0)
			continue;
		if (*ret_n == cap) {
			cap = cap ? 2 * cap : 64;
			struct period *more = reallocarray(*ret, cap, sizeof *more);
			if (!more) {
				r = err_set(e, ERR_MEMORY, NULL, "no memory");
				break;
			}
			*ret = more;
		}
		(*ret)[(*ret_n)++] = p;
	}
	closedir(d);
	if (*ret_n)
		qsort(*ret, *ret_n, sizeof **ret, by_name);
	return r;
}

static const char *opened_by(const struct period *p)
{
	return p->stanzas == 2 ? "care and recovery" : p->stanzas == 1 ? "recovery alone" : "nobody: its key is gone";
}

/* From the class of a period: what lies under it. */
static const char *what_for(const struct period *p)
{
	struct slice s = slice_str(p->name);
	return slice_starts(s, "care-") ? "messages, charts" : slice_starts(s, "files-") ? "contents of backed-up files" : slice_starts(s, "catalogue-") ? "names and attributes of backed-up files" : "";
}

struct shown {
	char care[80], recovery[80], older[SITE_CARE_OLDER][80];
	size_t older_n;
	struct buf vkey;
	struct period *periods;
	size_t n;
	bool have_care;
};

static void print(const struct shown *x)
{
	printf("log        %.*s\n", SLICE_FMT(slice_trim(buf_slice(&x->vkey))));
	printf("recovery   %s   opens everything; exists only as paper shares\n", x->recovery);
	if (x->have_care)
		printf("care       %s   opens charts, and names of backed-up files\n", x->care);
	for (size_t i = 0; i < x->older_n; i++)
		printf("care-r%-12zu %s   the care key before a rotation\n", x->older_n - i, x->older[i]);
	for (size_t i = 0; i < x->n; i++)
		printf("%-18s %s   opened by %s: %s\n", x->periods[i].name, x->periods[i].recipient, opened_by(&x->periods[i]), what_for(&x->periods[i]));
}

static void print_json(const struct shown *x)
{
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	buf_init(&out, 16 << 20);
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	jsonw_kslice(&w, "vkey", slice_trim(buf_slice(&x->vkey)));
	jsonw_kstr(&w, "recovery", x->recovery);
	if (x->have_care)
		jsonw_kstr(&w, "care", x->care);
	jsonw_key(&w, "older");
	jsonw_arr(&w);
	for (size_t i = 0; i < x->older_n; i++)
		jsonw_str(&w, x->older[i]);
	jsonw_arr_end(&w);
	jsonw_key(&w, "periods");
	jsonw_arr(&w);
	for (size_t i = 0; i < x->n; i++) {
		const struct period *p = &x->periods[i];
		jsonw_obj(&w);
		jsonw_kstr(&w, "name", p->name);
		jsonw_kstr(&w, "recipient", p->recipient);
		jsonw_key(&w, "opened_by");
		jsonw_arr(&w);
		if (p->stanzas == 2)
			jsonw_str(&w, "care");
		if (p->stanzas)
			jsonw_str(&w, "recovery");
		jsonw_arr_end(&w);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
}

int key_show(const struct key_options *o)
{
	struct err e = {0};
	struct site s;
	struct site_keys keys = {0};
	struct shown x = {.n = 0};
	if (cli_site(o->site, &s, &e) < 0)
		return cli_fail(&e);
	buf_init(&x.vkey, 4096);
	int r = site_keys_open(s.fd, &keys, &e);
	if (r == 0) {
		x.have_care = keys.can_open;
		age_recipient_format(&keys.recovery, x.recovery);
		if (keys.can_open)
			age_recipient_format(&keys.care.to, x.care);
		x.older_n = keys.older_n;
		for (size_t i = 0; i < keys.older_n; i++)
			age_recipient_format(&keys.older[i].to, x.older[i]);
		r = file_read(s.fd, "ledger/vkey", 4096, &x.vkey, &e);
	}
	site_keys_wipe(&keys);
	if (r == 0)
		r = read_periods(s.fd, &x.periods, &x.n, &e);
	if (r == 0 && o->json)
		print_json(&x);
	else if (r == 0)
		print(&x);
	free(x.periods);
	buf_done(&x.vkey);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
