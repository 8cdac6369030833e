/* role: between the supervisor and the roles; see role.c. */
#ifndef HOLDFAST_ROLE_H
#define HOLDFAST_ROLE_H

#include "downtime.h"
#include "ecg.h"
#include "fhir.h"
#include "hl7.h" /* all four for the versions of their readers, below: without them these would be words */
#include "serve_internal.h"

/* Versions of what turns bodies into facts: kept with the view, so that a newer program makes it again. */
#define SERVE_STR2(x) #x
#define SERVE_STR(x) SERVE_STR2(x)
#define SERVE_READERS "hl7 " SERVE_STR(HL7_READER_VERSION) " fhir " SERVE_STR(FHIR_READER_VERSION) " ecg " SERVE_STR(ECG_VERSION) " " CAPTURE_READER

#define ROLE_SUP_FD 3 /* where a role finds its supervisor */

#define START_SELF_TEST 0x01
#define START_SANDBOX_OFF 0x02
#define START_PLAIN 0x04
#define START_PRIVATE 0x08
#define START_SEPARATE 0x10 /* a user per role, and the site as its root */
#define START_ASK 0x40 /* replicas are asked before anything is appended */
#define START_READING 0x80 /* a copy of the site that others have seen more of: shown, and not written */
#define START_RESTORING 0x100 /* it is being rebuilt: charts are shown from a copy of the view, and there is no ledger yet */
#define START_DRILL 0x200 /* of a drill's copy of a site: what it makes says so */
#define START_BARE 0x20 /* a private keeper without a scribe, for entries that no chart shows */
#define START_FD_SITE 0x01
#define START_FD_LOCK 0x02
#define START_FD_CONTROL 0x04
#define START_FD_SHARED 0x08
#define START_FD_LOOKED 0x10
#define START_FD_ACCOUNTS 0x20

struct role_start {
	enum role_id id;
	char site_name[128], origin[NOTE_NAME_MAX + 1], site_path[4096];
	int zone_minutes;
	uint64_t reserve;
	uint32_t flags, uid, gid, view_gid, sealed_gid, owner_uid, admin_gid;
	struct site_limits limits;
	uint8_t fds; /* which descriptors come with it, in the order of the bits */
};
void role_start_encode(const struct role_start *s, struct buf *b);
void role_replica_encode(const struct vault_replica *v, const struct vault_replica_state *st, struct buf *b);
int replicate_prepare(struct role *r, struct err *e) MUST;
void role_listener_encode(const struct role_listener *l, struct buf *b);
int role_ready_decode(struct slice p, struct sandbox_report *r) MUST;

/* Do what the supervisor says, without waiting. 1: stop was said (now or before); 0; negative: exit at once. other gets the frames that are the role's own. */
int role_take(struct role *r, int (*other)(void *arg, struct frame *f), void *arg);
int role_fatal(struct role *r, const struct err *e); /* tell why; returns the exit status */
int role_is_ready(struct role *r) MUST;              /* the role can do its work */

int intake_prepare(struct role *r, struct err *e) MUST;

int supervisor_private(int lifeline); /* keeper and scribe for one command's lifetime */

/* Memory that outlives the role which writes in it: pages of a memfd that the supervisor holds. */
struct progress_page { /* scribe writes, supervisor reads: what to blame when it dies, and whether it hangs */
	_Atomic uint64_t entry; /* being read now; UINT64_MAX: none */
	_Atomic int64_t since;  /* monotonic time it began */
	_Atomic bool ahead;     /* two threads work on several entries */
	_Atomic bool careful;   /* the supervisor says: one at a time, so that it can be told which one kills */
};
#define PROGRESS_NONE UINT64_MAX

#endif
