/* libnftables, loaded by the cutter when it starts: a host without it has the relay's cuts alone, and no other process needs to map it. Its header is not needed to build: these seven functions have stood as they are
 * since its first release (libnftables(3), 2018). In process, one element is cut in a tenth of a millisecond; the nft program took 18 ms a call.
 *
 * It ends the process when memory runs out. The supervisor starts the cutter again, and the table stands meanwhile. */
#include "libnftables.h"

#include <dlfcn.h>

#define OUTPUT_JSON (1u << 4)    /* NFT_CTX_OUTPUT_JSON */
#define OUTPUT_NUMERIC (15u << 7) /* NFT_CTX_OUTPUT_NUMERIC_ALL: nothing is looked up in files */

struct nft_ctx;
static struct {
	struct nft_ctx *(*new)(uint32_t flags);
	void (*set_flags)(struct nft_ctx *c, unsigned flags);
	int (*buffer_output)(struct nft_ctx *c);
	int (*buffer_error)(struct nft_ctx *c);
	const char *(*output)(struct nft_ctx *c);
	const char *(*error)(struct nft_ctx *c);
	int (*run)(struct nft_ctx *c, const char *text);
	struct nft_ctx *c;
} lib;

int nft_load(struct err *e)
{
	static const struct {
		const char *name;
		void **to;
	} wanted[] = {
		{"nft_ctx_new", (void **)&lib.new},
		{"nft_ctx_output_set_flags", (void **)&lib.set_flags},
		{"nft_ctx_buffer_output", (void **)&lib.buffer_output},
		{"nft_ctx_buffer_error", (void **)&lib.buffer_error},
		{"nft_ctx_get_output_buffer", (void **)&lib.output},
		{"nft_ctx_get_error_buffer", (void **)&lib.error},
		{"nft_run_cmd_from_buffer", (void **)&lib.run},
	};
	void *l = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!l)
		return err_set(e, ERR_SYSTEM, NULL, "libnftables (Debian: libnftables1) is not on this host");
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (!(*wanted[i].to = dlsym(l, wanted[i].name)))
			return err_set(e, ERR_SYSTEM, NULL, "libnftables has no %s", wanted[i].name);
	lib.c = lib.new(0); /* it opens its socket now, with the rights that we have now */
	if (!lib.c || lib.buffer_output(lib.c) || lib.buffer_error(lib.c))
		return err_set(e, ERR_SYSTEM, NULL, "libnftables cannot be used");
	lib.set_flags(lib.c, OUTPUT_NUMERIC);
	return 0;
}

static int run(const char *text, struct err *e)
{
	if (!lib.c)
		return err_set(e, ERR_SYSTEM, NULL, "libnftables is not loaded");
	int r = lib.run(lib.c, text);
	const char *why = lib.error(lib.c);
	if (r == 0)
		return 0;
	size_t n = why ? strcspn(why, "\n") : 0;
	return err_set(e, why && strstr(why, "not permitted") ? ERR_DENIED : ERR_SYSTEM, NULL, "nftables: %.*s", n < 160 ? (int)n : 160, n ? why : "it was refused");
}

int nft_say(const char *text, struct err *e)
{
	int r = run(text, e);
	(void)lib.output(lib.c);
	return r;
}

int nft_ask(const char *text, struct slice *ret, struct err *e)
{
	if (!lib.c)
		return err_set(e, ERR_SYSTEM, NULL, "libnftables is not loaded");
	lib.set_flags(lib.c, OUTPUT_NUMERIC | OUTPUT_JSON);
	int r = run(text, e);
	lib.set_flags(lib.c, OUTPUT_NUMERIC);
	const char *out = lib.output(lib.c);
	if (r == 0)
		*ret = slice_str(out ? out : "");
	return r;
}
