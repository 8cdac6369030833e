/* Between client*.c and the responder: whose work a file server's process does. */
#ifndef HOLDFAST_WATCH_CLIENT_H
#define HOLDFAST_WATCH_CLIENT_H

#include "watch_internal.h"

struct client_note { /* what Samba says of one of its processes; fixed, for a pipe */
	int32_t pid;
	uint64_t start;    /* of the process; 0: it had gone when the line was read */
	char user[64];
	char client[64];
};
#define CLIENT_LINE_MAX 8192

/* A line of vfs full_audit with our prefix, without its line end; hostile bytes. start is not filled in. False: it is none. */
bool client_line(struct slice line, struct client_note *ret) MUST;
/* An address as the kernel writes it; of an IPv4 one in IPv6 the IPv4 one. False: it is none. */
bool client_address(const char *text, char out[64]) MUST;
/* Who is at the other end of a connection that this process accepted: the first one. False: nobody, or it has gone. */
bool client_of(int32_t pid, char out[64]) MUST;

/* Ends the connections that this process accepted, as if the client had gone: an smbd lets go of its locks and ends by itself. Returns how many. For processes that serve one client only. */
size_t client_cut(int32_t pid);
/* The same of connections whose other end is wanted, within microseconds; true: there was one. Nothing happens before Linux 5.6. */
bool client_shut(int32_t pid, bool (*wanted)(const void *arg, const char *client), const void *arg);

/* client_read.c: a process that follows a log (by name, through rotation), or receives at a socket that it binds there (where `path` is one, or ends in ".sock"), and writes a client_note to `out` for each process
 * of which it hears. Ends with the pipe. Never returns. */
_Noreturn void client_main(const char *path, int out);

#endif
