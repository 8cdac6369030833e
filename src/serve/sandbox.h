/* sandbox: how a role locks itself in (DESIGN 6). Order: drop the user, Landlock, threads that the role needs from the start, seccomp.
 * Each step says what it could not do; the role goes on and status says it loudly: a hospital whose kernel has no Landlock still needs its charts. */
#ifndef HOLDFAST_SANDBOX_H
#define HOLDFAST_SANDBOX_H

#include "serve_internal.h"

/* Fixed numbers for where the package's system users do not exist. */
#define UID_INTAKE 61840
#define UID_KEEPER 61841
#define UID_SCRIBE 61842
#define UID_WEB 61843
#define UID_VAULT 61844
#define UID_ECG 61846
#define UID_REPLICATE 61845
#define UID_GATE 61847
#define UID_CUTTER 61850
#define UID_PACKETS 61851
#define GID_SEALED 61848 /* packs and outbox: what is sealed, for keeper, web and replicate */
#define GID_VIEW 61849 /* what web may read of scribe's */

struct owners { /* who owns and runs what */
	bool separate;   /* a user per role: made and run by root */
	uint32_t uid[ROLES], gid[ROLES], view_gid, sealed_gid;
};
/* For a new site, and for running one: separate users when we are root and the site was made by root; else everything under the site's owner. */
void owners_default(struct owners *o);
int owners_of_site(int sitefd, struct owners *o, struct err *e) MUST;
/* Give the folders to their owners and close them to others, without following links: a new site, and a copy of one that root made, whose files are root's. How many had another owner, and the first
 * of them. Who is not root gets ERR_DENIED with the file that is in the way, if there is one. */
int owners_give_view(int sitefd, const struct owners *o, struct err *e) MUST;
int owners_give(int sitefd, const struct owners *o, uint64_t *ret_given, char ret_first[128], struct err *e) MUST;

/* A replica's folder, and what is in it, to the user who pushes. */
int owners_give_folder(int fd, uint32_t uid, uint32_t gid, struct err *e) MUST;

/* Root moves into the site folder and becomes uid/gid for good; others stay who they are. */
int sandbox_user(int sitefd, uint32_t uid, uint32_t gid, const uint32_t *groups, size_t group_count, bool change_root, struct sandbox_report *r, struct err *e) MUST;
uint16_t replicate_port(const struct vault_replica *r); /* of a network store; 0: it is a folder */
/* The cutter keeps CAP_NET_ADMIN and loses all else: said before its user changes, and after. */
void sandbox_keep_net_admin(bool before);
void sandbox_limits(void); /* rlimits, not dumpable, no_new_privs */
unsigned sandbox_threads(void); /* of this process; 0: /proc is not there. Asked before the root is changed */
/* threads: how many there were; where others run already they are not bound, and that is said: such a sandbox is none. */
void sandbox_landlock(const struct role *r, unsigned threads, struct sandbox_report *rep);
void sandbox_seccomp(const struct role *r, struct sandbox_report *rep);
/* What a taken-over role would try; each must be refused. JSON array of {"try","denied","errno"}. */
void sandbox_try(const struct role *r, struct buf *ret_json);

/* A build with a sanitizer needs some calls, and memory without end, that nobody else gets. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

#endif
