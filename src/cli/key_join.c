/* holdfast key join SHARE...: the recovery key, as age writes identities, to standard output and nowhere else. */
#include "key.h"

int key_join(const struct key_options *o)
{
	struct err e = {0};
	struct age_identity id;
	char text[80];
	(void)!seal_lock_memory(&id, sizeof id, NULL);
	if (cli_join(o->args->v + 1, o->args->n - 1, &id, &e) < 0)
		return cli_fail(&e);
	if (o->site) { /* joined from enough good shares, and yet of another site? */
		struct site s;
		struct site_keys keys = {0};
		int r = cli_site(o->site, &s, &e);
		if (r == 0) {
			r = site_keys_open(s.fd, &keys, &e);
			if (r == 0 && !seal_equal(keys.recovery.pub, id.to.pub, sizeof id.to.pub))
				r = err_set(&e, ERR_NO, s.path, "the key that these shares give is not this site's recovery key");
			site_keys_wipe(&keys);
			site_close(&s);
		}
		if (r < 0) {
			seal_wipe(&id, sizeof id);
			return cli_fail(&e);
		}
	}
	age_identity_format(&id, text);
	seal_wipe(&id, sizeof id);
	setvbuf(stdout, NULL, _IONBF, 0); /* no copy of it in a buffer that nobody wipes */
	fputs(text, stdout);
	fputc('\n', stdout);
	seal_wipe(text, sizeof text);
	return 0;
}
