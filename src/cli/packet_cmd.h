/* holdfast packet: what its verbs share. */
#ifndef HOLDFAST_PACKET_CMD_H
#define HOLDFAST_PACKET_CMD_H

#include "commands.h"
#include "packet.h"

/* The first line of a file, without its line end: secret. */
int packet_passphrase_read(const char *path, struct buf *ret, struct err *e) MUST;
/* A new key pair of a unit, entered and kept. */
int packet_key_make(const struct site *s, struct control *k, const char *unit, bool is_protected, struct slice passphrase, struct err *e) MUST;

int packet_key_cmd(int argc, char **argv);
int packet_make_cmd(int argc, char **argv);
int packet_verify_cmd(int argc, char **argv);

#endif
