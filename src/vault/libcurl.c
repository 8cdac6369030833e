/* libcurl, loaded when something goes over the network and not before.
 *
 * Linked in, it and what it needs (LDAP, Kerberos, SSH, RTMP: 24 libraries) were mapped and bound at the start of every command and role, of which two ever speak HTTP (a start cost 8.4 ms of CPU with
 * those of libmicrohttpd, and 3.7 without them); and code that takes bytes apart lay in processes that hold keys. The functions that we use are defined here under their own names, with the prototypes of
 * libcurl's header, and hand on: callers are written as ever. vault_curl_load comes before the first of them (vault_network_start, vault_net_open, the agent's way), and in a role before its sandbox.
 */
#define CURL_DISABLE_TYPECHECK
#include "vault_store_net.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define FUNCTIONS(X) \
	X(curl_easy_cleanup) X(curl_easy_getinfo) X(curl_easy_init) X(curl_easy_perform) X(curl_easy_reset) X(curl_easy_setopt) X(curl_easy_strerror) X(curl_getdate) X(curl_global_init) \
	X(curl_slist_append) X(curl_slist_free_all)

static struct {
#define X(f) __typeof__(f) *f;
	FUNCTIONS(X)
#undef X
} lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256]; /* empty: it is there */

static void load(void)
{
	void *l = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
#define X(f) \
	if (l && !why[0] && !(*(void **)&lib.f = dlsym(l, #f))) \
		snprintf(why, sizeof why, "it has no " #f);
	FUNCTIONS(X)
#undef X
	if (!l) {
		const char *say = dlerror();
		snprintf(why, sizeof why, "%s", say ? say : "it cannot be opened");
	}
}

int vault_curl_load(struct err *e)
{
	pthread_once(&once, load);
	return why[0] ? err_set(e, ERR_SYSTEM, NULL, "libcurl (Debian: libcurl4) is not to be had: %s", why) : 0;
}

CURLcode curl_global_init(long flags)
{
	return lib.curl_global_init(flags);
}

CURL *curl_easy_init(void)
{
	return lib.curl_easy_init();
}

void curl_easy_cleanup(CURL *c)
{
	lib.curl_easy_cleanup(c);
}

void curl_easy_reset(CURL *c)
{
	lib.curl_easy_reset(c);
}

CURLcode curl_easy_perform(CURL *c)
{
	return lib.curl_easy_perform(c);
}

_Static_assert(sizeof(long) == sizeof(void *) && sizeof(curl_off_t) == sizeof(void *), "an option's value is one word, whatever its type");

CURLcode curl_easy_setopt(CURL *c, CURLoption option, ...)
{
	va_list ap;
	va_start(ap, option);
	void *value = va_arg(ap, void *);
	va_end(ap);
	return lib.curl_easy_setopt(c, option, value);
}

CURLcode curl_easy_getinfo(CURL *c, CURLINFO info, ...)
{
	va_list ap;
	va_start(ap, info);
	void *to = va_arg(ap, void *);
	va_end(ap);
	return lib.curl_easy_getinfo(c, info, to);
}

const char *curl_easy_strerror(CURLcode code)
{
	return lib.curl_easy_strerror(code);
}

time_t curl_getdate(const char *text, const time_t *unused)
{
	return lib.curl_getdate(text, unused);
}

struct curl_slist *curl_slist_append(struct curl_slist *l, const char *text)
{
	return vault_curl_load(NULL) < 0 ? NULL : lib.curl_slist_append(l, text); /* a list may be made before a connection is */
}

void curl_slist_free_all(struct curl_slist *l)
{
	if (l) /* of nothing also where nothing was ever opened */
		lib.curl_slist_free_all(l);
}
