/* serve_internal: what the roles of serve share. The protocol table and who holds what stand in DESIGN.md of this folder.
 *
 * Between roles run frames over stream socketpairs; between the supervisor and a role run the same frames, one a packet, over a seqpacket socketpair that
 * also carries descriptors. Every reader treats the other end as hostile: lengths are checked against the type's maximum before a byte is kept, a type that
 * this channel may not send ends the channel, and nothing in a frame says who sent it: that is known from the descriptor it came on.
 */
#ifndef HOLDFAST_SERVE_INTERNAL_H
#define HOLDFAST_SERVE_INTERNAL_H

#include "base.h"
#include "chart.h"
#include "ledger.h"
#include "seal.h"
#include "serve.h"
#include "vault.h"
#include "paper.h"

#include <pthread.h>

/* ---- frames ------------------------------------------------------------------------------------------------------------
 *
 * offset 0  u32  bytes of payload (little-endian, as everything in a frame)
 *        4  u16  type
 *        6  u16  zero
 *        8  u64  tag: chosen by who asks, repeated in the answer; 0 where nothing is asked
 *       16  payload
 * In payloads: str = u16 length + bytes; blob = u32 length + bytes; "rest" runs to the end. A payload with bytes left over is as wrong as one that is short. */

#define FRAME_HEAD 16
#define FRAME_SMALL (64u << 10)                        /* most types */
#define FRAME_VAULT (4u << 20)                         /* a snapshot's entry names the pieces of its catalogue */
#define VAULT_PIECE_MAX (1u << 20)                     /* of an upload, in one request */
#define FRAME_PIECE (VAULT_PIECE_MAX + FRAME_SMALL)
#define FRAME_BODY ((uint32_t)LEDGER_BODY_MAX + FRAME_SMALL) /* those that carry one entry's body */

/* number, name, most bytes of payload */
#define FRAME_TYPES(X)                                                                                                                      \
	/* supervisor -> role */                                                                                                                \
	X(1, R_START, FRAME_SMALL)      /* the first frame: struct role's plain fields; descriptors: site folder and what the role's list in DESIGN.md says */ \
	X(2, R_LISTENER, FRAME_SMALL)   /* intake, web: one listener with its TLS files as data; descriptor: the bound socket */                   \
	X(3, R_PEER, FRAME_SMALL)       /* u8 role: descriptor is the channel to it; replaces the one before */                                 \
	X(4, R_GO, 0)                   /* all is passed: lock the sandbox, say R_READY, work */                                                 \
	X(5, R_STOP, 0)                 /* finish what is begun, then exit 0 */                                                                 \
	X(6, R_SELFTEST, 0)             /* only when started for it: try what the sandbox must refuse -> R_TESTED */                            \
	X(7, R_ROLES, FRAME_SMALL)      /* keeper: str JSON of all roles, str of share files lying about, str of alarms, i64 last verified: for status */                                                              \
	X(8, R_QUARANTINE, 64)          /* keeper: u64 entry, u32 deaths: the scribe died on it twice */                                        \
	X(9, R_CONFIG, FRAME_SMALL)     /* keeper of a daemon, when it is ready: blob SHA-256 of site.ini, blob its text, u8 whole */           \
	X(11, R_RESTORING, FRAME_SMALL) /* keeper of a folder that is being rebuilt: u8 a rebuild is at work, u8 it proves, u64 done, u64 total, u32 seconds left */ \
	X(10, R_REPLICA, FRAME_SMALL)   /* replicate: one replica (role_replica_encode); descriptor: its folder, where it is one and is there */ \
	/* role -> supervisor */                                                                                                                \
	X(16, R_READY, FRAME_SMALL)     /* sandbox report (struct sandbox_report) */                                                            \
	X(17, R_FATAL, FRAME_SMALL)     /* i32 code, str place, str text: why I am about to exit */                                             \
	X(18, R_TESTED, FRAME_SMALL)    /* JSON array of {"try","denied","errno"} */                                                            \
	X(19, R_LOG, FRAME_SMALL)       /* a line for the journal, no patient data */                                                           \
	X(20, R_SELFTEST_ALL, 0)        /* keeper: somebody with the right asked over control; answered with R_TESTED_ALL */                    \
	X(21, R_TESTED_ALL, FRAME_SMALL) /* supervisor -> keeper: JSON object by role */                                                        \
	X(22, R_STOPPING, 0)            /* intake, web: nothing more will come from me */                                                       \
	X(23, R_CHANNEL, 64)            /* u8 role, u64 how many channels to it I was given: the last of them is closed, though nobody died that I know of */\
	X(24, R_YIELD, 1)               /* scribe: u8: let everybody else go first from now on, or no longer */                                  \
	/* -> keeper, answered by K_REPLY with the same tag, in order within a channel for K_APPEND */                                          \
	X(32, K_APPEND, FRAME_BODY)     /* u8 kind, u8 flags, u8 options (APPEND_x), u16 listener, str control key, rest body -> u64 seq, i64 time, u8 duplicate */ \
	X(33, K_RETRY, 0)               /* after an append was refused with ERR_FULL the keeper drops appends of this channel until this: they come again from the first refused one */ \
	X(34, K_WAIT, 64)               /* u64 size, u8 what (WAIT_x) -> u64 applied, u64 published, u8 pinned: when that many entries are so */ \
	X(35, K_REBUILD, 64)            /* u64 to (CHART_NOW: all) -> K_PROGRESS ..., then K_REPLY */                                          \
	X(36, K_CATCH_UP, 0)            /* as K_WAIT for everything durable, but gives up at once when the view is pinned */                    \
	X(37, K_STATUS, 0)              /* -> JSON */                                                                                           \
	X(38, K_USER_ADD, FRAME_SMALL)  /* who, str user, str role, str password (empty: make one), str person (role patient) -> str password */                           \
	X(39, K_USER_DISABLE, FRAME_SMALL) /* who, str user, str reason */                                                                      \
	X(40, K_USER_LIST, FRAME_SMALL) /* who -> JSON array */                                                                                 \
	X(41, K_TOKEN_CREATE, FRAME_SMALL) /* who, str role, str user, str label -> str token */                                               \
	X(42, K_TOKEN_REVOKE, FRAME_SMALL) /* who, str id */                                                                                    \
	X(43, K_LOGIN, FRAME_SMALL)     /* str user, str password, str address -> str session, session */                                      \
	X(44, K_CHECK, FRAME_SMALL)     /* who -> session */                                                                                    \
	X(45, K_LOGOUT, FRAME_SMALL)    /* who */                                                                                               \
	X(46, K_PASSWORD, FRAME_SMALL)  /* who, str old, str new */                                                                             \
	X(47, K_BREAK_GLASS, FRAME_SMALL) /* who, str patient, str reason -> u64 entry */                                                       \
	X(48, K_GLASS, FRAME_SMALL)     /* who, str patient -> u8 open */                                                                       \
	X(49, K_AUDIT, FRAME_SMALL)     /* who, str what, str patient, str query, u64 as of -> u64 entry */                                     \
	X(50, K_FHIR, FRAME_BODY)       /* who, u8 wait until applied, rest body -> u64 seq, i64 time, u8 duplicate, u8 applied */              \
	X(51, K_IDENTITY, FRAME_SMALL)  /* who, rest JSON -> as K_FHIR */                                                                       \
	X(52, K_RAW, FRAME_SMALL)       /* who, u64 seq, u8 document, str patient -> u8 kind, u64 audit entry, rest body */                     \
	X(53, K_ENTRY, 64)              /* u64 seq -> blob leaf, u8 published, blob proof */                                                    \
	X(54, K_CHECKPOINT, 0)          /* -> rest: the published signed note */                                                                \
	X(55, K_SELFTEST, 0)            /* control only -> JSON object by role */                                                               \
	X(56, K_CLIENT, 0)              /* web's main channel: the descriptor that comes with it is one more client channel of web */          \
	X(57, K_LISTENERS, FRAME_SMALL) /* intake: JSON array of its listeners' state for status; not answered */                               \
	/* recordings */                                                                                                                        \
	X(68, K_ECG, FRAME_BODY)        /* who, u8 wait until applied, rest body (ecg.h) -> as K_FHIR */                                        \
	X(69, K_ECG_ACT, FRAME_SMALL)   /* who, u8 wait until applied, str password (to sign), rest JSON -> as K_FHIR */                        \
	X(70, K_ECG_BODY, FRAME_SMALL)  /* who, u64 seq, str what, str patient, str query -> u64 audit entry, rest body */                      \
	/* web -> the ecg role */                                                                                                               \
	X(71, K_LINK, FRAME_SMALL)      /* who, u64 ECG, u32 hours, str for whom, str reason -> str token, str id, i64 expires, u64 entry */          \
	X(72, K_LINK_REVOKE, FRAME_SMALL) /* who, str id, str reason -> u64 entry */                                                             \
	X(73, K_LINK_OPEN, FRAME_SMALL) /* str token, str address, str what (empty: the page) -> u64 ECG, i64 expires, str for whom, str by, str id, rest body where what is not empty */ \
	X(117, E_ASK, FRAME_BODY)       /* u8 ECG_ASK_x, blob options (JSON), blob body, blob body of the one before or nothing -> rest: what was made of it */ \
	X(118, E_BEGUN, 0)              /* it is worked on: should the role die now, it was this */                                              \
	/* the vault: control only, and only root and the site's owner */                                                                       \
	X(58, K_VAULT_KEY, 64)          /* u8 class (VAULT_x) -> str period, 32 bytes: its recipient */                                         \
	X(59, K_VAULT_NUMBER, 64)       /* u8 class -> u64 number of the next pack, durably never given again */                                \
	X(60, K_VAULT_PACK, FRAME_SMALL) /* str name, u8 class, str period, str domain, u64 size, u64 plain, 32 bytes SHA-256 -> u64 entry */   \
	X(61, K_VAULT_SNAPSHOT, FRAME_VAULT) /* rest JSON object -> u64 entry, i64 time */                                                       \
	/* keys and retention: control only, and only root and the site's owner */                                                              \
	X(62, K_KEY_ROTATE, FRAME_SMALL) /* u8 files too, str who, str reason -> u64 entry, i64 time, 32 bytes care recipient, u8 n, n str periods */ \
	X(63, K_RETENTION, FRAME_VAULT) /* rest JSON object -> u64 entry, i64 time */                                                            \
	X(134, K_KEPT, FRAME_BODY)      /* rest: what is to outlive a quarter of messages (ledger_erased.c) -> u64 entry, i64 time */            \
	X(67, K_VIEW_COPY, 0)           /* control: a sealed copy of the view, made and entered -> u64 entries, u64 entry, u64 bytes of the view, u64 bytes of the copy */ \
	/* the vault role, for an agent: who is the agent's token, and what may be said is that agent's */                                      \
	X(110, K_AGENT, FRAME_SMALL)    /* who -> str agent, 32 bytes its deduplication key, str period of files, blob note: what is sealed to, signed by the log */ \
	X(111, K_AGENT_NUMBER, FRAME_SMALL) /* who, u8 class -> as K_VAULT_NUMBER */                                                            \
	X(112, K_AGENT_PACK, FRAME_SMALL) /* who, as K_VAULT_PACK */                                                                            \
	X(113, K_AGENT_SNAPSHOT, FRAME_VAULT) /* who, as K_VAULT_SNAPSHOT */                                                                    \
	X(114, K_AGENT_KEY, FRAME_SMALL) /* who, str period of class catalogue (empty: now's) -> str period, 32 bytes recipient, 32 bytes secret */ \
	X(115, K_VAULT_ENTRIES, 64)     /* u64 from -> u64 next, u64 end, records: u64 seq, i64 time, u8 kind, blob body: the vault's entries in [from, next) */ \
	/* partner links (keeper_gate.c) */                                                                                                      \
	X(140, K_GATE, FRAME_VAULT)     /* control: str token (may be empty), rest JSON -> rest JSON (queue: NDJSON) */                         \
	X(141, G_LINK, FRAME_SMALL)     /* keeper -> gate: rest JSON: a link and how it stands */                                               \
	X(142, G_STATE, FRAME_SMALL)    /* keeper -> gate: str link, u8 state, u8 back, i64 since, i64 expires */                               \
	X(143, G_READY, 0)              /* keeper -> gate: these are all links */                                                               \
	X(149, G_GONE, FRAME_SMALL)     /* keeper -> gate: str link: it was removed */                                                          \
	X(144, G_ASK, 8)                /* keeper -> gate: u8 probe -> G_TOLD with the same tag */                                              \
	X(145, G_HOLD, FRAME_VAULT)     /* gate -> keeper: str link, rest a message -> u64 entry (UINT64_MAX: it was there), u8 it was there: when it is durable */ \
	X(146, G_NEXT, FRAME_SMALL)     /* gate -> keeper: str link -> u64 entry, rest the message; UINT64_MAX: nothing waits, rest keys of what was held lately */ \
	X(147, G_SENT, FRAME_SMALL)     /* gate -> keeper: str link, u64 entry, str code: the far side's answer -> when that is durable */      \
	X(154, G_REFUSED, FRAME_SMALL)  /* gate -> keeper: str link, u64 entry, str code (empty: no answer came): the far side does not take it; no reply */ \
	X(155, G_TURN, FRAME_SMALL)     /* keeper -> gate: str link, u64 entry, u8 skip: a person's word on the first that waits */              \
	X(148, G_TOLD, FRAME_VAULT)     /* gate -> keeper: u8 probed, rest JSON array: counts of every link */                                  \
	/* ... asked over the web; and the sensor of a file server (keeper_watch.c) */                                                           \
	X(160, K_GATE_WEB, FRAME_SMALL) /* web: who, rest JSON -> as K_GATE */                                                                  \
	X(161, K_WATCH, FRAME_VAULT)    /* who, rest JSON: web orders and asks, control (the sensor) takes and says what came of it -> rest JSON */ \
	X(162, K_SAID, FRAME_SMALL)     /* web: who, u64 each -> of those that are of kind alarm, gate-act and gate-letter, or sheet and scan (the line alone): u64 seq, i64 time, u8 kind, blob body */ \
	X(165, K_CAPTURE, FRAME_BODY)   /* who, u8 wait until applied, rest a captured item (downtime.h) -> as K_FHIR */                         \
	X(190, K_DOWNTIME, FRAME_SMALL) /* who, u8 kind (downtime or backload), u8 wait until applied, rest JSON: a person's word (keeper_downtime.c) -> as K_FHIR */ \
	X(191, K_SENDING, 0)            /* control: captured items are worked on from now on: no word on them from a page until this channel closes -> nothing */ \
	X(163, K_PACKET, FRAME_SMALL)   /* who, rest JSON: a ward packet to sign, or one that is fetched (keeper_packet.c) -> rest: the note, or nothing */ \
	X(171, K_STATION, FRAME_SMALL)  /* control: who, rest JSON: stations enrolled, revoked, listed (keeper_station.c) -> rest JSON */           \
	X(172, K_STATION_ITEMS, FRAME_BODY) /* who, rest one bundle of a station -> rest JSON: what became of each item */                        \
	X(198, K_SCOPE_ASK, FRAME_SMALL) /* who, rest a case's name, or nothing: all of them -> rest JSON (scope_case_json, or a list) */           \
	X(204, K_REGISTRY_NEXT, FRAME_SMALL) /* who, u64 from -> u64 where to ask on; and where there is one from there on: u64 seq, i64 time, rest an entry of kind registry-import */ \
	X(205, K_REGISTRY_ADD, FRAME_BODY) /* who, rest an entry of kind registry-import -> as K_FHIR */                                         \
	X(199, K_SCOPE_SAY, FRAME_SMALL) /* who, rest an entry of kind scope: a question, an assessment, a decision, a pair -> as K_FHIR */         \
	X(195, K_SCOPE_SEE, FRAME_SMALL) /* who, rest JSON {"case","what": review ("from","n","open"), person ("line" or "person") or notice} -> rest JSON: of the newest run's files (keeper_result.c) */ \
	X(197, K_NOTICE, FRAME_SMALL)   /* control: str token, rest JSON: case, file, sha256: its person signs for it; with what, set, run, facts, by, counts: what was made; told, returned: what was done (keeper_notice.c) -> u64 entry */ \
	X(206, K_NOTICE_SIGN, FRAME_SMALL) /* who, str password, rest JSON: case, sha256 of a set that was made of it -> as K_FHIR (keeper_notice.c) */  \
	X(196, K_SCAN, FRAME_BODY)      /* who, u8 wait until applied, rest an entry of kind scan (ward/ward_scan.c) -> as K_FHIR */              \
	X(166, K_SHEETS, FRAME_BODY)    /* who, rest JSON {"from","checkpoint","sheets","reason"?}: sheets that a page prints, to be registered (keeper_sheets.c) -> u64 entry, str block: when it is durable */ \
	/* the cutter (cutter.c) */                                                                                                              \
	X(150, C_WANT, FRAME_VAULT)     /* keeper -> cutter: u8 isolated, u32 n, n elements (gate.h): all that is to be cut -> C_HAVE */         \
	X(151, C_PROVE, FRAME_VAULT)    /* keeper -> cutter: u32 n, n elements -> C_PROVEN */                                                   \
	X(152, C_HAVE, FRAME_SMALL)     /* cutter -> keeper: u8 what it is able to, i32 code, str why, u32 sockets ended, u64 microseconds */     \
	X(153, C_PROVEN, FRAME_VAULT)   /* cutter -> keeper: u8 able, str why, u32 n, n times: element, u8 CUT_x, u64 packets, u64 bytes stopped; u8 CUT_x of the host, u64 packets */ \
	/* web -> the vault role */                                                                                                             \
	X(116, V_ASK, FRAME_PIECE)      /* who, u8 VAULT_ASK_x, u64 number, offset, size, plain, str period, str source, blob SHA-256, rest body -> u8 still working, rest JSON */ \
	/* keeper -> */                                                                                                                         \
	X(64, K_REPLY, FRAME_BODY)      /* i32 code; below 0: str place, str text; else what the request's line says */                         \
	X(65, K_PROGRESS, 64)           /* u64 done, u64 total */                                                                               \
	X(66, K_ROOM, 8)                /* to intake: u8 1: ordinary entries are taken again, 0: they are not (disk nearly full), 2: nothing is (ROOM_READ_ONLY) */ \
	X(130, K_HEAD, 64)               /* web, replicate: u32 seconds: answered when SITE/outbox has a head that is no older */                    \
	X(131, K_COSIGN, FRAME_SMALL)    /* web: who, rest what a witness sends; replicate: str by, rest */                                         \
	X(132, K_SEEN, FRAME_SMALL)      /* replicate: str by, rest a checkpoint that stands in a replica */                                        \
	X(133, K_ASKED, 0)               /* replicate: every replica was asked at the start */                                                      \
	/* keeper -> scribe */                                                                                                                  \
	X(80, S_ENTRIES, FRAME_BODY)    /* records: u64 seq, i64 time, u8 kind, u8 flags, u8 mark (MARK_x), u64 size, u8 length + source, u32 length + body */ \
	X(81, S_REBUILD, 64)            /* u64 entries, u8 pin: start a new view; entries come again from 0; with the last of them it takes the old one's place */                                              \
	X(82, S_FOLLOW, 0)              /* no longer pinned */                                                                                  \
	X(83, S_COPY, 64)               /* 32 bytes: an age recipient: make a copy of the view, sealed to it -> S_COPY_MADE or S_COPY_FAILED */ \
	X(84, S_COPY_ENTERED, 64)       /* u64 entry: it names the copy's bytes -> S_COPY_NAMED or S_COPY_FAILED */                             \
	/* scribe -> keeper */                                                                                                                  \
	X(96, S_HELLO, 64)              /* u64 applied, u8 HELLO_x: send from here */                                                            \
	X(97, S_APPLIED, 64)            /* u64 applied (committed), u8 pinned */                                                                \
	X(98, S_REBUILT, 64)            /* u64 applied: the new view has taken the old one's place */                                           \
	X(100, S_SILENT, FRAME_SMALL)   /* names (str) of the feeds that are silent, judged by their own rhythm */                              \
	X(101, S_COPY_WANTED, 0)        /* the newest copy of the view is a day old */                                                          \
	X(102, S_COPY_MADE, FRAME_VAULT) /* u64 entries, u64 bytes of the view, str version, u32 parts, each u64 size and 32 bytes of SHA-256 */ \
	X(103, S_COPY_NAMED, 0)         /* it has its names */                                                                                  \
	X(104, S_COPY_FAILED, FRAME_SMALL) /* i32 code, str place, str text */                                                                  \
	X(99, S_FAILED, FRAME_SMALL)    /* i32 code, str place, str text: the view cannot be written; the scribe exits after it */

enum frame_type {
#define X(n, id, max) FRAME_##id = n,
	FRAME_TYPES(X)
#undef X
};
#define ROOM_READ_ONLY 2
#define APPEND_DEDUPE 0x01   /* the same bytes again: no new entry */
#define APPEND_FOLLOW 0x02   /* control: a pinned view follows again (import) */
#define WHO_SESSION 1 /* "who" in a payload: u8 way, str session id or token, str address of the peer; a command sends 0, nothing, and its name for its user: the kernel says who it is */
#define WHO_TOKEN 2
#define WAIT_APPLIED 0x01
#define WAIT_PUBLISHED 0x02
#define HELLO_PINNED 1
#define HELLO_REBUILD 2       /* the view could not be used: nothing but S_REBUILD goes on */
#define MARK_QUARANTINED 0x01 /* of the body read no more than whose it is */
#define MARK_REDACTED 0x02    /* an account entry without its secret part */
#define MARK_ERASED 0x04      /* its body was erased; what there is instead says which identifiers were first seen in it (chart_born_read) */

uint32_t frame_max(uint16_t type); /* UINT32_MAX: no such type */

#define PACKET_FDS 6

struct frame {
	uint16_t type;
	uint32_t n;
	uint64_t tag;
	struct slice payload; /* into the reader's buffer */
	int fds[PACKET_FDS];  /* packets only */
	size_t fd_count;
};
bool frame_head(struct slice s, struct frame *ret); /* known type, length within its maximum */
/* frame_begin ... fields ... frame_end(b, what begin returned); buf_ok at the end. */
size_t frame_begin(struct buf *b, uint16_t type, uint64_t tag);
void frame_end(struct buf *b, size_t at);
void frame_str(struct buf *b, const char *s);
void frame_str_slice(struct buf *b, struct slice s);
void frame_blob(struct buf *b, struct slice s);
void frame_err(struct buf *b, uint16_t type, uint64_t tag, int code, const struct err *e); /* a K_REPLY, R_FATAL or S_FAILED that says no */
struct slice frame_get_str(struct cur *c);
struct slice frame_get_blob(struct cur *c);
void frame_get_text(struct cur *c, char *out, size_t size);  /* fails when too long or with a NUL inside */
int frame_get_err(struct cur *c, int code, struct err *e);   /* what follows the code; returns it (made sane) */
int frame_take_fd(struct frame *f, size_t i);                /* -1: there is none */
void frame_close_fds(struct frame *f);

struct chan { /* one end of a stream */
	int fd;
	struct buf in, out;
	size_t in_at, out_at; /* consumed, sent */
};
int fd_nonblock(int fd);
void chan_init(struct chan *c, int fd); /* takes fd */
void chan_done(struct chan *c);
/* One read of at most `most` bytes. 1: something came; 0: nothing there; ERR_NO: the other end is gone; another code: give it up. */
int chan_read(struct chan *c, size_t most) MUST;
bool chan_big(const struct chan *c);    /* the frame that has begun wants more than one read: at most a few of these at a time */
/* 1: a frame (its payload lives until chan_compact or chan_read); 0: not whole yet; ERR_INPUT: not our protocol. */
int chan_next(struct chan *c, struct frame *ret) MUST;
void chan_compact(struct chan *c);
int chan_write(struct chan *c) MUST;    /* 1: all sent; 0: the kernel takes no more now; below 0: the other end is gone */
static inline size_t chan_unsent(const struct chan *c)
{
	return c->out.n - c->out_at;
}

int packet_send(int fd, uint16_t type, uint64_t tag, struct slice payload, const int *fds, size_t fd_count, bool wait) MUST;
/* 1: one packet, payload in b until the next call; 0: none (not waiting); ERR_NO: the other end is gone; ERR_INPUT: no packet of ours. */
int packet_recv(int fd, struct buf *b, struct frame *ret, bool wait) MUST;

/* ---- roles ---------------------------------------------------------------------------------------------------------------- */

enum role_id { ROLE_SUPERVISOR, ROLE_INTAKE, ROLE_KEEPER, ROLE_SCRIBE, ROLE_WEB, ROLE_VAULT, ROLE_REPLICATE, ROLE_ECG, ROLE_GATE, ROLE_CUTTER, ROLE_PACKETS, ROLES };
const char *role_name(enum role_id id);

struct sandbox_report { /* what is on in this role; told in status, loudly when something is not */
	bool user, landlock, seccomp;
	int landlock_abi;
	uint32_t uid;
	char note[256]; /* what is missing and why; empty when all is on */
};

/* A view that lacks more entries than this, and more than half of what it has, is built anew beside the old one: writing into large indexes entry by entry took 6 times as long. */
#define SERVE_FAR_BEHIND 250000

struct role_listener { /* a bound, listening socket and what belongs to it */
	struct site_listener is; /* web: name "http", address, tls */
	int fd;
	uint16_t index;      /* place in the site's list: what the keeper makes "mllp/NAME" of */
	struct buf cert, key, ca; /* PEM, empty where not used; key is wiped after use */
};

#define SITE_REPLICAS_MAX 64
struct role {
	enum role_id id;
	char site_name[128], origin[NOTE_NAME_MAX + 1];
	char site_path[4096];   /* for messages only: after the sandbox it may not lead anywhere */
	char chart_path[4200];  /* as this role reaches it (inside its root): chart_open(r->chart_path, ...) */
	int zone_minutes;
	uint64_t reserve;
	uint64_t far_behind;    /* keeper: SERVE_FAR_BEHIND */
	struct site_limits limits;
	bool self_test, sandbox_off, plain, private_keeper, bare;
	uint32_t owner_uid, group_gid; /* who may speak on SITE/run/control */

	int sup;                /* to the supervisor, seqpacket */
	int sitefd;             /* the site folder (keeper, web for SITE/ledger, scribe for SITE/view) */
	int lockfd;             /* keeper, scribe: held so that nobody else starts while we live */
	int controlfd;          /* keeper: listening on SITE/run/control; private keeper: the one connection */
	int sharedfd;           /* scribe: progress page; keeper: session table: memory that outlives the role */
	struct role_listener *listeners;
	size_t listener_count;
	struct vault_replica *replicas; /* replicate */
	size_t replica_count;
	bool ask;               /* keeper: replicas are asked before anything is appended */
	bool drill;             /* a drill's copy of a site */
	bool reading;           /* keeper: somebody has seen more of this log than stands here: charts are shown, and nothing is appended */
	bool restoring;         /* the site is being rebuilt: there is a copy of the view, and no ledger (keeper_looked.c) */
	int lookedfd;           /* keeper: SITE/rebuild.looked, -1: there is none */
	int accountsfd;         /* keeper, restoring: SITE/rebuild.accounts, -1: there is none */

	pthread_mutex_t peer_lock;
	pthread_cond_t peer_new;
	int peer[ROLES];        /* channel to that role, -1: none at the moment */
	uint64_t peer_count[ROLES]; /* how many it has been given: a change says that the other one was restarted */
	bool stopping;
	struct sandbox_report report;
};

/* Wait up to timeout_ms (-1: for ever) for the supervisor and do what it says (new peers, stop, self-test). 1: stop; 0: timeout or something else was done; negative: the
 * supervisor is gone: exit at once. For roles that have no loop of their own: the web role's main thread starts its server and then sits in role_wait. */
int role_wait(struct role *r, int timeout_ms);
void role_lost(struct role *r, enum role_id other); /* the channel to it is closed; the supervisor makes a new one, should it turn out that both still live */
void role_log(struct role *r, const char *fmt, ...) PRINTF_LIKE(2, 3); /* one line to the journal through the supervisor; no patient data */

int intake_main(struct role *r);
int keeper_main(struct role *r);
int scribe_main(struct role *r);
int replicate_main(struct role *r);
/* The web role. When it is called the sandbox is locked: it has r->listeners[0] (bound and listening; cert and key as data when .is.tls), may read SITE/ledger (openat below r->sitefd) and r->chart_path, may make threads,
 * and may not open sockets, other files or programs. Returns the exit status after role_wait said stop. */
int web_http_load(struct err *e) MUST; /* its library is there: before the sandbox (libmicrohttpd.c) */
int web_main(struct role *r);
/* What agents on other hosts bring (vault_role.c). May write in SITE/vault/in, and make names in SITE/vault; asks the keeper for all else. */
int vault_main(struct role *r);
/* Recordings parsed, measured and drawn for web (ecg_role.c): no key, no file but fonts, no network. */
int ecg_role_prepare(struct role *r, struct err *e) MUST; /* what drawing needs of files: before the sandbox */
int ecg_role_main(struct role *r);
/* Partner links (gate_role.c): sockets, no key, no file. */
int gate_role_prepare(struct role *r, struct err *e) MUST;
int gate_role_main(struct role *r);
/* What a cut does in the kernel (cutter.c): CAP_NET_ADMIN, no key, no file. */
int cutter_prepare(struct role *r, struct err *e) MUST;
int cutter_main(struct role *r);
/* Ward packets, made anew as charts change (packet_role.c): reads the view, writes SITE/packets/made, has them signed by the keeper; no key, no network. */
int packet_role_main(struct role *r);
const struct serve_vault *serve_vault(void); /* NULL: nobody said serve_vault_use */

/* ---- the web role asks the keeper --------------------------------------------------------------------------------------------- */

/* One a thread: blocking, one request in flight. When the keeper is restarted it waits for the new one (up to 10 s) and asks again; only keeper_login is not asked twice. ERR_BUSY: no keeper within that time. */
struct keeper_client;
int keeper_client_new(struct role *r, struct keeper_client **ret, struct err *e) MUST;
int keeper_client_new_to(struct role *r, enum role_id to, struct keeper_client **ret, struct err *e) MUST; /* ROLE_VAULT: for vault_ask alone */
void keeper_client_free(struct keeper_client *c);

#define SESSION_ID_MAX 64   /* NUL-terminated base64url, for the cookie */
#define CSRF_MAX 48
#define TOKEN_MAX 128
#define USER_MAX 64
/* What a role may do. The keeper enforces what passes through it; web enforces the rest with the same bits. */
#define MAY_BOARD 0x001
#define MAY_CENSUS 0x002
#define MAY_SEARCH 0x004
#define MAY_CHART 0x008
#define MAY_AUDIT 0x010
#define MAY_RAW 0x020
#define MAY_USERS 0x040
#define MAY_SETUP 0x080
#define MAY_FHIR_READ 0x100
#define MAY_FHIR_WRITE 0x200
#define MAY_IDENTITY 0x400    /* merge, un-merge, link */
#define MAY_VAULT 0x1000      /* bring backups: agents, and nobody else */
#define MAY_REPLICA 0x4000    /* sealed packs, keyrings and tail, and nothing else */
#define MAY_ECG_SEND 0x8000   /* hand in recordings, and ask what became of one's own */
#define MAY_ECG_SIGN 0x10000  /* say whose a recording is, read and sign it */
#define MAY_GATE 0x40000      /* see partner links, what the sensor of a file server said, and the incident made of both */
#define MAY_CUT 0x80000       /* cut and probe links, release and put back; who may sign for a step up the gate knows (gate_may_sign) */
#define MAY_HOME 0x20000      /* a patient's own: hand in, look at and write to what this account has sent, and nothing else */
#define MAY_CAPTURE 0x100000  /* write down what is done while the EHR is away */
#define MAY_BACKLOAD 0x1000000 /* a person's word on captured items: reviewed, refused, found in the EHR */
#define MAY_DOWNTIME 0x2000000 /* begin a downtime, and take it a step on */
#define MAY_SCOPE 0x400000     /* see cases: what was touched, whom it concerns, what is asked and decided; and say so */
#define MAY_STATION 0x200000  /* a ward's PC: fetch packets, bring what was written down there, and nothing else */
#define MAY_BREAK_GLASS 0x800 /* open a protected record with a reason */
void alarm_put(struct jsonw *w, const char *id, const char *severity, int64_t since, const char *what, const char *reason, const char *next); /* an object, as GET /api/alarms has it (sup_status.c) */
uint32_t serve_role_may(const char *role); /* 0: no such role */

struct keeper_who { /* exactly one of session and token is not NULL */
	const char *session; /* cookie value as it came: any bytes, any length (too long is simply not known) */
	const char *token;   /* bearer token */
	const char *address; /* of the peer, for the record */
};
enum { VIEW_FOLLOWS, VIEW_BEHIND, VIEW_REBUILDING, VIEW_PINNED, VIEW_DOWN, VIEW_RESTORING /* of a site that is being rebuilt: a copy of the view; no ledger is there yet */ };
#define VIEW_LEFT_UNKNOWN UINT32_MAX
struct keeper_view {     /* how far the view is (keeper_view.c) */
	uint8_t state;       /* VIEW_x */
	uint64_t done, total; /* entries: of a rebuild, else of the ledger; bytes or entries of what a restoring one is at */
	uint32_t left;       /* seconds, at the pace so far */
	bool read_only;      /* nothing is appended here: who looks is not recorded (restoring: noted, and entered when the ledger is there) */
};
struct keeper_session {
	char user[USER_MAX];  /* "token/LABEL" for a token without a user */
	char role[24];
	char csrf[CSRF_MAX];  /* empty for tokens */
	int64_t expires;      /* the sooner of idle and absolute end, wall clock */
	uint32_t may;
	bool must_change;     /* one-time password: nothing but keeper_password is allowed (may is 0) */
	bool is_token;
	char person[40];      /* role patient: whose account it is, as the chart names them; else empty */
	uint32_t retry_after; /* seconds, when keeper_login said ERR_LIMIT */
	struct keeper_view view;
};
/* Each try is a session entry. ERR_DENIED: unknown user, wrong password or disabled, in the same words and about the same time. ERR_LIMIT: too many tries; ret->retry_after is written. */
int keeper_login(struct keeper_client *c, const char *user, struct slice password, const char *address, char ret_session[SESSION_ID_MAX], struct keeper_session *ret, struct err *e) MUST;
int keeper_check(struct keeper_client *c, const struct keeper_who *w, struct keeper_session *ret, struct err *e) MUST; /* also renews the idle time. ERR_DENIED: no such session or token */
int keeper_logout(struct keeper_client *c, const struct keeper_who *w, struct err *e) MUST;
int keeper_password(struct keeper_client *c, const struct keeper_who *w, struct slice old, struct slice fresh, struct err *e) MUST; /* ERR_DENIED: old is wrong; ERR_INPUT: fresh too short (10) or too common. Other sessions of the user end */
int keeper_break_glass(struct keeper_client *c, const struct keeper_who *w, const char *patient, const char *reason, uint64_t *ret_entry, struct err *e) MUST; /* durable; opens this patient to this session for 8 hours */
int keeper_glass(struct keeper_client *c, const struct keeper_who *w, const char *patient, bool *ret_open, struct err *e) MUST;

struct keeper_audit {
	const char *what;       /* "view" "print" "search" "export" as in struct fhir_audit */
	const char *patient_id; /* NULL: none */
	const char *query;      /* what was asked for; NULL: none */
	uint64_t as_of_entry;   /* head of what was shown */
};
/* The keeper writes the AuditEvent itself, with user and role of the session, its own time and number; durable when it returns. Show nothing before. *ret_entry UINT64_MAX: not recorded, because
 * even the reserve of the disk is full; show it all the same, marked NOT BEING RECORDED (DESIGN 4). The same holds for keeper_break_glass. */
int keeper_audit(struct keeper_client *c, const struct keeper_who *w, const struct keeper_audit *a, uint64_t *ret_entry, struct err *e) MUST;

struct keeper_stored {
	uint64_t seq;
	int64_t time;
	bool duplicate, applied; /* applied: the view has reached it (false when not waited for, or the view is pinned) */
};
/* A FHIR body as it came, to be stored under source "fhir/USER": durable when it returns. MAY_FHIR_WRITE. ERR_FULL: disk nearly full. wait: until the view shows it (up to 30 s). */
int keeper_fhir(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e) MUST;
/* A captured item: one line, of a sheet its scan behind it. MAY_CAPTURE; by has to be the session's user. ERR_EXISTS: its id is there with other bytes. */
int keeper_capture(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e) MUST;
/* JSON of an entry of kind downtime (begin, advance, close: MAY_DOWNTIME) or backload (reviewed, refused, resolved, reopened: MAY_BACKLOAD); "by" has to be the session's user. ERR_NO: the step does not follow from what stands;
 * ERR_BUSY: items are being sent. */
int keeper_downtime_say(struct keeper_client *c, const struct keeper_who *w, uint8_t kind, struct slice json, bool wait, struct keeper_stored *ret, struct err *e) MUST;
/* A recording, and what somebody does with one (keeper_ecg.c says who may what). password: of who signs. ERR_DENIED with place "password": it is wrong, and nothing was stored. */
int keeper_ecg(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e) MUST;
int keeper_ecg_act(struct keeper_client *c, const struct keeper_who *w, struct slice password, struct slice json, bool wait, struct keeper_stored *ret, struct err *e) MUST;
/* The recording of entry N, appended to ret. The look is an entry, durable before the bytes come. ERR_LIMIT: this session has had enough. */
int keeper_ecg_body(struct keeper_client *c, const struct keeper_who *w, uint64_t seq, const char *what, const char *patient_id, const char *query, struct buf *ret, struct err *e) MUST;
/* Links to one recording (keeper_link.c). token: what the link ends with. */
struct keeper_link {
	char token[40], id[16];
	int64_t expires;
	uint64_t entry;
};
int keeper_link(struct keeper_client *c, const struct keeper_who *w, uint64_t ecg, uint32_t hours, const char *to, const char *reason, struct keeper_link *ret, struct err *e) MUST;
int keeper_link_revoke(struct keeper_client *c, const struct keeper_who *w, const char *id, const char *reason, uint64_t *ret_entry, struct err *e) MUST;
struct keeper_link_opened {
	uint64_t ecg;
	int64_t expires;
	char to[256], by[USER_MAX], id[16];
};
/* Nobody need have signed in. what NULL: the page; else the recording is appended to ret_body. The look is an entry, durable before it returns. ERR_NOT_FOUND: no such link; ERR_ERASED: revoked or over. */
int keeper_link_open(struct keeper_client *c, const char *token, const char *address, const char *what, struct keeper_link_opened *ret, struct buf *ret_body, struct err *e) MUST;
/* Partner links (keeper_gate.c): json says what is asked; the answer's JSON (of a queue NDJSON) is appended to ret. again: what is asked changes nothing, and may be asked twice. MAY_GATE, MAY_CUT. */
/* The registry: the first import from entry `from` on (*ret_more false: there is none), its body appended, and where to ask on; and a list that somebody brings, as an entry (registry_entry_put) by the session's user. MAY_SCOPE. */
int keeper_registry_next(struct keeper_client *c, const struct keeper_who *w, uint64_t from, uint64_t *ret_next, bool *ret_more, uint64_t *ret_seq, int64_t *ret_time, struct buf *ret, struct err *e) MUST;
int keeper_registry_add(struct keeper_client *c, const struct keeper_who *w, struct slice body, struct keeper_stored *ret, struct err *e) MUST;
/* A case as JSON (name empty: a list of all), and a person's word on one: an entry as scope_act_put makes it, by the session's user. MAY_SCOPE. */
int keeper_scope_ask(struct keeper_client *c, const struct keeper_who *w, struct slice name, struct buf *ret, struct err *e) MUST;
/* What the newest run of a case found, a page at a time (K_SCOPE_SEE). ERR_BUSY: its files are being proven; ask again. MAY_SCOPE. */
int keeper_scope_see(struct keeper_client *c, const struct keeper_who *w, struct slice json, struct buf *ret, struct err *e) MUST;
int keeper_scope_say(struct keeper_client *c, const struct keeper_who *w, struct slice body, struct keeper_stored *ret, struct err *e) MUST;
/* Whoever has signed in signs, with the password, for a set that was made of a case: JSON {"case","sha256"}. ERR_DENIED with place "password": it is wrong; ERR_NO: not this one, not now, or not you. */
int keeper_notice_sign(struct keeper_client *c, const struct keeper_who *w, struct slice password, struct slice json, struct keeper_stored *ret, struct err *e) MUST;
int keeper_gate_ask(struct keeper_client *c, const struct keeper_who *w, struct slice json, bool again, struct buf *ret, struct err *e) MUST;
/* The sensor (keeper_watch.c): an order is answered when it was carried out, or with how far it is. */
int keeper_watch_ask(struct keeper_client *c, const struct keeper_who *w, struct slice json, bool again, struct buf *ret, struct err *e) MUST;
/* A page that could not be filed, or what became of one (keeper_scan.c); by is who asks. MAY_CAPTURE. */
int keeper_scan(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e) MUST;
/* Sheets are registered before they are drawn (keeper_sheets.c): the entry's number, and the block of this ledger's sheets. Durable when it returns. MAY_CENSUS and MAY_CHART. */
int keeper_sheets(struct keeper_client *c, const struct keeper_who *w, struct slice json, uint64_t *ret_entry, char ret_block[PAPER_BLOCK_MAX], struct err *e) MUST;
/* A ward packet (keeper_packet.c): to be signed, which is an entry, or fetched, which is one, too. The note is appended to ret. MAY_CENSUS and MAY_CHART; w NULL: the packets role. */
int keeper_packet(struct keeper_client *c, const struct keeper_who *w, struct slice json, struct buf *ret, struct err *e) MUST;
/* What a station brings, one bundle (station.h); the answer's JSON is appended to ret. Asked twice it is there once. MAY_STATION. */
int keeper_station_items(struct keeper_client *c, const struct keeper_who *w, struct slice bundle, struct buf *ret, struct err *e) MUST;
/* Bodies of entries of kind alarm, gate-act and gate-letter, for each of those that are of them. At most KEEPER_SAID_MAX. MAY_GATE. */
#define KEEPER_SAID_MAX 500
int keeper_said(struct keeper_client *c, const struct keeper_who *w, const uint64_t *seqs, size_t n, int (*fn)(void *arg, uint64_t seq, int64_t time, uint8_t kind, struct slice body, struct err *e), void *arg, struct err *e) MUST;
/* JSON of an identity entry (doc/formats.md). MAY_IDENTITY. */
int keeper_identity(struct keeper_client *c, const struct keeper_who *w, struct slice json, bool wait, struct keeper_stored *ret, struct err *e) MUST;
/* The body of entry N, appended to ret. document: for showing a document of that patient (MAY_CHART); else MAY_RAW. An audit entry is durable before the bytes come. ERR_LIMIT: this session has taken too many. */
int keeper_raw(struct keeper_client *c, const struct keeper_who *w, uint64_t seq, bool document, const char *patient_id, uint8_t *ret_kind, struct buf *ret, struct err *e) MUST;
/* Leaf and proof of entry N: no patient data, no session needed. published false: the checkpoint does not cover it yet, proof is empty. */
struct keeper_entry {
	struct ledger_leaf leaf;
	uint8_t leaf_bytes[LEDGER_LEAF_MAX];
	size_t leaf_size;
	bool published;
};
int keeper_entry(struct keeper_client *c, uint64_t seq, struct keeper_entry *ret, struct buf *ret_proof, struct err *e) MUST;
int keeper_checkpoint(struct keeper_client *c, struct buf *ret, struct err *e) MUST;
/* SITE/outbox has a head that is at most so old when it returns. */
int keeper_head(struct keeper_client *c, uint32_t seconds, struct err *e) MUST;
int keeper_cosign(struct keeper_client *c, const struct keeper_who *w /* NULL: replicate */, const char *by, struct slice sent, struct err *e) MUST;
int keeper_seen(struct keeper_client *c, const char *by, struct slice note, struct err *e) MUST;
int keeper_asked(struct keeper_client *c, struct err *e) MUST;
/* One JSON object: ledger, listeners, roles, disk, keys, alarms as in doc/api.md's board; the web role adds what it reads from the chart (view, feeds, unhandled). */
int keeper_status(struct keeper_client *c, struct buf *ret_json, struct err *e) MUST;
/* MAY_USERS. */
int keeper_users(struct keeper_client *c, const struct keeper_who *w, struct buf *ret_json /* {"users":[...],"tokens":[...]} */, struct err *e) MUST;
int keeper_user_add(struct keeper_client *c, const struct keeper_who *w, const char *user, const char *role, const char *person /* role patient; else NULL */, char ret_password[64], struct err *e) MUST;
int keeper_user_disable(struct keeper_client *c, const struct keeper_who *w, const char *user, const char *reason, struct err *e) MUST;

/* ---- the vault role asks the keeper, for an agent (w: its token) ---------------------------------------------------------------- */

struct keeper_agent {
	char name[64], files_period[SITE_PERIOD_MAX];
	uint8_t dedupe[32];
};
int keeper_agent(struct keeper_client *c, const struct keeper_who *w, struct keeper_agent *ret, struct buf *ret_note, struct err *e) MUST; /* ERR_DENIED: not, or no longer, an agent's token */
int keeper_agent_number(struct keeper_client *c, const struct keeper_who *w, int class, uint64_t *ret, struct err *e) MUST;
int keeper_agent_pack(struct keeper_client *c, const struct keeper_who *w, const struct control_vault_pack *p, uint64_t *ret_seq, struct err *e) MUST;
int keeper_agent_snapshot(struct keeper_client *c, const struct keeper_who *w, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e) MUST;
int keeper_agent_key(struct keeper_client *c, const struct keeper_who *w, const char *period, char ret_period[SITE_PERIOD_MAX], struct age_identity *ret, struct err *e) MUST;
typedef int keeper_entry_fn(void *arg, uint64_t seq, int64_t time, uint8_t kind, struct slice body, struct err *e);
int keeper_vault_entries(struct keeper_client *c, uint64_t from, keeper_entry_fn *fn, void *arg, uint64_t *ret_next, uint64_t *ret_end, struct err *e) MUST;

/* ---- web asks the vault role ------------------------------------------------------------------------------------------------------- */

enum vault_asked { VAULT_ASK_BEGIN = 1, VAULT_ASK_NUMBER, VAULT_ASK_PUT, VAULT_ASK_SNAPSHOT };
struct vault_question {
	enum vault_asked what;
	uint64_t number, offset, size, plain; /* number 0: the list */
	const char *period, *source;          /* NULL: none */
	uint8_t sha256[SEAL_HASH];
	struct slice body;
};
/* ret_json: the answer's object; *ret_working: it is not done yet, ask the same again. */
int vault_ask(struct keeper_client *c, const struct keeper_who *w, const struct vault_question *q, bool *ret_working, struct buf *ret_json, struct err *e) MUST;

/* ---- web asks the ecg role ------------------------------------------------------------------------------------------------------- */

enum ecg_asked { ECG_ASK_CHECK = 1 /* what it is */, ECG_ASK_WAVE, ECG_ASK_ANALYSIS, ECG_ASK_REPORT, ECG_ASK_CONVERT, ECG_ASK_LETTER /* of a link (letter_json.h): the role has the fonts */, ECG_ASK_SHEETS /* of a ward (paper_wire_book) */, ECG_ASK_SCAN /* a page that a scanner made (scan.h) */, ECG_ASK_POST /* a letter to one person (letter_json.h) */ };
/* options: a JSON object, what each takes stands in ecg_role.c. before: an earlier recording, for a report; may be empty. ERR_BUSY: it is being started. ERR_CORRUPT: the role died on this recording: *ret_died. */
int ecg_ask(struct keeper_client *c, enum ecg_asked what, struct slice options, struct slice body, struct slice before, struct buf *ret, bool *ret_died, struct err *e) MUST;

#endif
