/* holdfast key rotate: another care key, and other period keys for the rest of this quarter. The keeper does it (a daemon's, or our own); nothing that was sealed before is sealed anew. */
#include "key.h"

#include <stdio.h>

static void print(const struct control_rotated *k, bool json)
{
	char care[80], t[32];
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	buf_init(&out, 1 << 16);
	age_recipient_format(&k->care, care);
	if (!json) {
		printf("keys rotated at %s, entry %llu\ncare       %s\n", time_rfc3339(k->time, 0, t), (unsigned long long)k->seq, care);
		for (size_t i = 0; i < k->period_n; i++)
			printf("period     %s\n", k->period[i]);
		cli_note("What was sealed before stays readable here, and to whoever has the old keys and the files. Push to each replica now: holdfast replica push NAME");
		return;
	}
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entry", k->seq);
	jsonw_ktime(&w, "time", k->time);
	jsonw_kstr(&w, "care", care);
	jsonw_key(&w, "periods");
	jsonw_arr(&w);
	for (size_t i = 0; i < k->period_n; i++)
		jsonw_str(&w, k->period[i]);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
}

int key_rotate(const struct key_options *o)
{
	struct err e = {0};
	struct site s;
	struct control *c = NULL;
	struct control_rotated done;
	if (cli_site(o->site, &s, &e) < 0)
		return cli_fail(&e);
	int r = control_open(&s, true, &c, &e);
	if (r == 0)
		r = control_key_rotate(c, o->files, o->reason ? o->reason : "", &done, &e);
	if (r == 0)
		print(&done, o->json);
	control_close(c);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
