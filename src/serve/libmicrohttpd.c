/* libmicrohttpd, loaded by the web role and by nobody else: with GnuTLS and what that needs (11 libraries) it was mapped and bound at the start of every command and role. As libcurl.c of the vault: the functions
 * that we use are defined here under their own names, with the prototypes of its header, and hand on. web_http_load comes first, before the role's sandbox.
 */
#include "web_internal.h"

#include <dlfcn.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>

#define FUNCTIONS(X) \
	X(MHD_add_response_header) X(MHD_create_response_from_buffer) X(MHD_create_response_from_buffer_with_free_callback_cls) X(MHD_create_response_from_fd_at_offset64) X(MHD_destroy_response) \
	X(MHD_get_connection_info) X(MHD_get_connection_values) X(MHD_lookup_connection_value) X(MHD_queue_response) X(MHD_resume_connection) X(MHD_start_daemon_va) X(MHD_stop_daemon) X(MHD_suspend_connection)

static struct {
#define X(f) __typeof__(f) *f;
	FUNCTIONS(X)
#undef X
} lib;

int web_http_load(struct err *e)
{
	void *l = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
	if (!l) {
		const char *say = dlerror();
		return err_set(e, ERR_SYSTEM, NULL, "libmicrohttpd (Debian: libmicrohttpd12) is not to be had: %.200s", say ? say : "it cannot be opened");
	}
#define X(f) \
	if (!(*(void **)&lib.f = dlsym(l, #f))) \
		return err_set(e, ERR_SYSTEM, NULL, "libmicrohttpd has no " #f);
	FUNCTIONS(X)
#undef X
	return 0;
}

struct MHD_Daemon *MHD_start_daemon(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback accept, void *accept_arg, MHD_AccessHandlerCallback handler, void *arg, ...)
{
	va_list ap;
	va_start(ap, arg);
	struct MHD_Daemon *d = lib.MHD_start_daemon_va(flags, port, accept, accept_arg, handler, arg, ap);
	va_end(ap);
	return d;
}

void MHD_stop_daemon(struct MHD_Daemon *d)
{
	lib.MHD_stop_daemon(d);
}

void MHD_suspend_connection(struct MHD_Connection *c)
{
	lib.MHD_suspend_connection(c);
}

void MHD_resume_connection(struct MHD_Connection *c)
{
	lib.MHD_resume_connection(c);
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *r, const char *name, const char *value)
{
	return lib.MHD_add_response_header(r, name, value);
}

struct MHD_Response *MHD_create_response_from_buffer(size_t n, void *p, enum MHD_ResponseMemoryMode mode)
{
	return lib.MHD_create_response_from_buffer(n, p, mode);
}

struct MHD_Response *MHD_create_response_from_buffer_with_free_callback_cls(size_t n, void *p, MHD_ContentReaderFreeCallback done, void *arg)
{
	return lib.MHD_create_response_from_buffer_with_free_callback_cls(n, p, done, arg);
}

struct MHD_Response *MHD_create_response_from_fd_at_offset64(uint64_t n, int fd, uint64_t offset)
{
	return lib.MHD_create_response_from_fd_at_offset64(n, fd, offset);
}

void MHD_destroy_response(struct MHD_Response *r)
{
	lib.MHD_destroy_response(r);
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *c, unsigned status, struct MHD_Response *r)
{
	return lib.MHD_queue_response(c, status, r);
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *c, enum MHD_ConnectionInfoType what, ...)
{
	return lib.MHD_get_connection_info(c, what);
}

int MHD_get_connection_values(struct MHD_Connection *c, enum MHD_ValueKind kind, MHD_KeyValueIterator each, void *arg)
{
	return lib.MHD_get_connection_values(c, kind, each, arg);
}

const char *MHD_lookup_connection_value(struct MHD_Connection *c, enum MHD_ValueKind kind, const char *key)
{
	return lib.MHD_lookup_connection_value(c, kind, key);
}
