/* What stands outside this machine: how the last pushes went (SITE/replicas/NAME.ini, SITE/outside/NAME.json; vault/vault_replica.c owns both), and what witnesses handed back (SITE/ledger/witness; vault/vault_witness.c). For
 * status: the newest head that somebody else holds. */
#include "site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define REPLICAS_MAX 64

struct one {
	char name[64];
	int64_t tried, done, next, head_time;
	uint64_t size;
	bool ours; /* a head of this site, and not of one that we keep a copy of */
	char error[400];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct one *)a)->name, ((const struct one *)b)->name);
}

static void read_state(int sitefd, struct one *o)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 18);
	struct json_node *root;
	char path[96];
	buf_init(&b, 65536);
	snprintf(path, sizeof path, "outside/%s.json", o->name);
	if (!a || file_read(sitefd, path, 65536, &b, NULL) < 0 || json_tree(buf_slice(&b), a, &root, NULL) < 0)
		return;
	(void)!num_i64(json_text(root, "next"), 0, INT64_MAX, &o->next);
	(void)!num_i64(json_text(root, "tried"), 0, INT64_MAX, &o->tried);
	(void)!num_i64(json_text(root, "done"), 0, INT64_MAX, &o->done);
	(void)!num_i64(json_text(root, "headTime"), 0, INT64_MAX, &o->head_time);
	(void)!num_u64(json_text(root, "size"), 0, INT64_MAX, &o->size);
	const struct json_node *ours = json_get(root, "ours");
	o->ours = ours && ours->type == JSON_TRUE;
	struct slice why = json_text(root, "error");
	size_t n = why.n < sizeof o->error ? why.n : sizeof o->error - 1;
	if (n)
		memcpy(o->error, why.p, n);
	o->error[n] = 0;
}

static size_t read_all(int sitefd, struct one *all)
{
	size_t n = 0;
	int fd = openat(sitefd, "replicas", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	for (struct dirent *en; n < REPLICAS_MAX && (en = readdir(d));) {
		size_t len = strlen(en->d_name);
		if (len < 5 || len - 4 >= sizeof all[n].name || en->d_name[0] == '.' || strcmp(en->d_name + len - 4, ".ini"))
			continue;
		memset(&all[n], 0, sizeof all[n]);
		memcpy(all[n].name, en->d_name, len - 4);
		n++;
	}
	for (size_t i = 0; i < n; i++)
		read_state(sitefd, &all[i]);
	closedir(d);
	if (n)
		qsort(all, n, sizeof *all, by_name);
	return n;
}

struct seeing {
	struct jsonw *w;
	struct site_outside *ret;
};

/* A witness's clock may be anything: what counts is when it came here. */
static int see(void *arg, const struct vault_witness *v, struct err *e)
{
	struct seeing *x = arg;
	struct site_outside *ret = x->ret;
	ret->witnesses++;
	if (v->time > ret->time) {
		snprintf(ret->name, sizeof ret->name, "%s", v->by);
		ret->time = v->time;
		ret->size = v->cp.size;
		ret->witness = true;
	}
	if (!x->w)
		return 0;
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "by", v->by);
	jsonw_kstr(x->w, "key", v->vkey.name);
	jsonw_ku64(x->w, "size", v->cp.size);
	jsonw_ktime(x->w, "time", v->time);
	jsonw_ktime(x->w, "cosigned", v->cosigned);
	jsonw_obj_end(x->w);
	return 0;
}

static void witnesses(int sitefd, struct jsonw *w, struct site_outside *ret)
{
	AUTO_BUF struct buf b = {0};
	struct note_vkey v;
	struct seeing x = {.w = w, .ret = ret};
	buf_init(&b, 4096);
	if (file_read(sitefd, "ledger/vkey", 4096, &b, NULL) == 0 && note_vkey_parse(slice_trim(buf_slice(&b)), &v, NULL) == 0)
		(void)!vault_witness_each(sitefd, &v, see, &x, NULL);
}

void site_witnesses(int sitefd, struct jsonw *w)
{
	struct site_outside none = {0};
	jsonw_arr(w);
	witnesses(sitefd, w, &none);
	jsonw_arr_end(w);
}

void site_replicas(int sitefd, struct jsonw *w, struct site_outside *ret)
{
	struct one *all = calloc(REPLICAS_MAX, sizeof *all);
	size_t n = all ? read_all(sitefd, all) : 0;
	memset(ret, 0, sizeof *ret);
	ret->replicas = n;
	if (w)
		jsonw_arr(w);
	for (size_t i = 0; i < n; i++) {
		const struct one *o = &all[i];
		if (o->done && o->ours && o->head_time > ret->time) {
			snprintf(ret->name, sizeof ret->name, "%s", o->name);
			ret->time = o->head_time;
			ret->size = o->size;
		}
		if (!w)
			continue;
		jsonw_obj(w);
		jsonw_kstr(w, "name", o->name);
		if (o->done) {
			jsonw_kbool(w, "ours", o->ours);
			jsonw_ku64(w, "size", o->size);
			jsonw_ktime(w, "headTime", o->head_time);
			jsonw_ktime(w, "lastSuccess", o->done);
		}
		if (o->tried)
			jsonw_ktime(w, "lastTry", o->tried);
		if (o->next)
			jsonw_ktime(w, "nextTry", o->next);
		if (o->error[0])
			jsonw_kstr(w, "error", o->error);
		jsonw_obj_end(w);
	}
	if (w)
		jsonw_arr_end(w);
	free(all);
	witnesses(sitefd, NULL, ret);
}

void site_outside_json(const struct site_outside *o, struct jsonw *w)
{
	jsonw_key(w, "outside");
	if (o->time) {
		jsonw_obj(w);
		jsonw_kstr(w, "name", o->name);
		jsonw_ku64(w, "size", o->size);
		jsonw_ktime(w, "time", o->time);
		jsonw_obj_end(w);
	} else {
		jsonw_null(w);
	}
	jsonw_kstr(w, "protection", o->time ? "ok" : "UNPROTECTED");
}

/* The alarm for it: none outside, or only an old one. false: all is well. */
bool site_outside_alarm(const struct site_outside *o, int64_t now, const char **ret_severity, char what[80], char reason[200])
{
	if (!o->time) {
		*ret_severity = "note";
		snprintf(what, 80, "no outside witness");
		snprintf(reason, 200, o->replicas ? "replicas are set up, and nothing has been pushed to any of them yet" : "nobody outside this machine has seen the log's head");
		return true;
	}
	int64_t hours = (now - o->time) / (3600 * TIME_SEC);
	if (hours < OUTSIDE_OLD_HOURS)
		return false;
	*ret_severity = "warning";
	snprintf(what, 80, "the newest head outside is old");
	snprintf(reason, 200, "%s %s has one of %lld hours ago; what came since stands on this machine alone", o->witness ? "witness" : "replica", o->name, (long long)hours);
	return true;
}
