/* sessions: between sessions.c and login.c. */
#ifndef HOLDFAST_SESSIONS_H
#define HOLDFAST_SESSIONS_H

#include "keeper.h"

#define SESSION_IDLE (30 * 60 * TIME_SEC)
#define SESSION_WHOLE (12 * 3600 * TIME_SEC)
#define GLASS_OPEN (8 * 3600 * TIME_SEC)
#define GLASS_MAX 16
#define RAW_MAX 120                   /* bodies a session may take ... */
#define ECG_MAX 6000                  /* looks at recordings: a page of one is several */
#define RAW_WINDOW (3600 * TIME_SEC)  /* ... in this long */

struct glass {
	char patient[40];
	int64_t until;
};
struct session {
	uint32_t used, raw_count, ecg_count;
	uint8_t hash[SEAL_HASH]; /* of its id */
	char user[USER_MAX], csrf[CSRF_MAX];
	int64_t created, last, raw_since, ecg_since;
	struct glass glass[GLASS_MAX];
};
struct session *session_new(struct keeper *k, const char *user, char ret_id[SESSION_ID_MAX]); /* never fails: the least used gives way */
struct session *session_find(struct keeper *k, const char *id);
struct session *session_by_hash(struct keeper *k, const uint8_t hash[SEAL_HASH]);
int64_t session_expires(const struct session *s);
void session_glass_add(struct session *s, const char *patient);
uint32_t tries_wait(struct keeper *k, const char *user, const char *address); /* seconds; 0: may try */
void tries_failed(struct keeper *k, const char *user, const char *address);
void session_failed(struct keeper *k, const char *user, const char *address); /* a wrong password, as an entry */
void tries_forget(struct keeper *k, const char *user, const char *address);

#endif
