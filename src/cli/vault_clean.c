/* holdfast vault clean-point: until when was it clean, which files are damaged, and which snapshot has each of them whole. */
#include "vault_cmd.h"

#include <inttypes.h>

struct points {
	struct jsonw w;
	struct buf out; /* JSON is written as it comes: there may be a million files */
	bool json;
};

static void flush(struct points *p)
{
	fwrite(p->out.p, 1, p->out.n, stdout);
	buf_reset(&p->out);
}

static int damaged(void *arg, struct slice path, const struct vault_snapshot *clean, const char *reason, struct err *e)
{
	struct points *p = arg;
	char t[32];
	if (!p->json) {
		printf("%-10s %-20s ", clean ? clean->id : "none", clean ? time_rfc3339(clean->time, 0, t) : "");
		cli_slice(stdout, path);
		printf("   %s\n", reason);
		return 0;
	}
	jsonw_obj(&p->w);
	jsonw_kslice(&p->w, "path", path);
	if (!utf8_valid(path)) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 20);
		base64_put(&b, path);
		jsonw_kslice(&p->w, "path_base64", buf_slice(&b));
	}
	jsonw_key(&p->w, "clean_snapshot");
	if (clean)
		jsonw_str(&p->w, clean->id);
	else
		jsonw_null(&p->w);
	if (clean)
		jsonw_ktime(&p->w, "clean_time", clean->time);
	else
		jsonw_key(&p->w, "clean_time"), jsonw_null(&p->w);
	jsonw_kstr(&p->w, "reason", reason);
	jsonw_obj_end(&p->w);
	if (p->out.n > 1 << 20)
		flush(p);
	return buf_ok(&p->out) ? 0 : err_set(e, buf_code(&p->out), NULL, "no memory");
}

static void put_time(struct points *p, const char *key, int64_t t)
{
	if (t) {
		jsonw_ktime(&p->w, key, t);
		return;
	}
	jsonw_key(&p->w, key);
	jsonw_null(&p->w);
}

int vault_cmd_clean_point(struct vault_cmd *c)
{
	struct err e = {0};
	struct vault_open o;
	struct vault_clean_point at = {0};
	struct points p = {.json = c->json};
	char t[32], u[32];
	if (!c->source)
		return cli_usage("vault clean-point: --source is missing: whose backup?");
	if (vault_cmd_open(c, &o, &e) < 0)
		return cli_fail(&e);
	buf_init(&p.out, 8 << 20);
	jsonw_init(&p.w, &p.out);
	if (c->json) {
		jsonw_obj(&p.w);
		jsonw_kstr(&p.w, "source", c->source);
		jsonw_key(&p.w, "damaged");
		jsonw_arr(&p.w);
	}
	int r = vault_clean_point(o.v, c->source, damaged, &p, &at, &e);
	vault_cmd_close(&o);
	if (r == 0 && c->json) {
		jsonw_arr_end(&p.w);
		put_time(&p, "clean_until", at.clean_until);
		put_time(&p, "first_damage", at.first_damage);
		jsonw_obj_end(&p.w);
		buf_u8(&p.out, '\n');
		flush(&p);
	} else if (r == 0) {
		printf("%s is clean until %s", c->source, at.clean_until ? time_rfc3339(at.clean_until, 0, t) : "(no snapshot is)");
		if (at.first_damage)
			printf("; first damage in the snapshot of %s; %" PRIu64 " files damaged", time_rfc3339(at.first_damage, 0, u), at.damaged);
		putchar('\n');
	}
	buf_done(&p.out);
	return r < 0 ? cli_fail(&e) : 0;
}
