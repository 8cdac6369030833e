/* The web role's inside: requests, answers, who asks, and the routes. HTTP itself is libmicrohttpd's, in web_http.c alone. */
#ifndef HOLDFAST_WEB_INTERNAL_H
#define HOLDFAST_WEB_INTERNAL_H

#include "ecg.h"
#include "fhir.h"
#include "hl7.h"
#include "serve_internal.h"

#define WEB_BODY_MAX (64u << 10)          /* JSON API */
#define WEB_FHIR_MAX (FHIR_BODY_MAX + 16) /* POST /fhir */
#define WEB_ECG_MAX ((size_t)LEDGER_BODY_MAX - (64u << 10)) /* POST /api/ecg: an entry holds it, and a line on who sent it */
#define WEB_ANSWER_MAX ((size_t)1 << 30)
#define WEB_PATH_MAX 2048

/* What a thread needs to answer: one is borrowed per request. */
struct web_worker {
	struct keeper_client *keeper, *ecg, *vault; /* vault NULL: there is no such role */
	struct chart *chart;
	struct web_worker *next;
};

/* How a request is asked for what it brought: libmicrohttpd's connection (web_http.c), or a fuzzer's. */
enum web_where { WEB_IN_QUERY, WEB_IN_HEADERS, WEB_IN_COOKIES };
struct web_carrier {
	const char *(*value)(void *connection, enum web_where where, const char *name); /* decoded; NULL: not given. First one when repeated */
	int (*each)(void *connection, void (*fn)(void *arg, const char *name, const char *value), void *arg); /* of the query */
	/* The request is answered later, by calling web_answer again after wake: no thread waits with it. wake comes from any thread. NULL: there is no waiting. */
	void (*park)(void *connection);
	void (*wake)(void *connection);
};

struct web {
	struct role *role;
	const struct web_carrier *carrier;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct web_worker *idle;
	bool tls;
	char csp[1024];             /* with the hashes of the viewer's own inline script and style */
	struct slice page, page_gz; /* the viewer, embedded */
	int64_t started;
	struct web_limit *limit;
	struct live_house *live;    /* strips that come in (web_live.c) */
	bool printing;              /* sheets, for somebody (web_paper.c) */
	struct web_packets *packets; /* the newest of each unit (web_packet.c); NULL: none was asked for yet */
};

enum web_method { WEB_GET, WEB_HEAD, WEB_POST, WEB_PUT, WEB_DELETE, WEB_PATCH, WEB_OPTIONS, WEB_OTHER };

struct web_request {
	struct web *web;
	struct web_worker *w;      /* while it is answered */
	struct arena *a;           /* of this request */
	void *connection;          /* the carrier's: struct MHD_Connection */
	const struct web_carrier *carrier; /* NULL: the web's. A request inside a batch has its own */
	enum web_method method;
	char path[WEB_PATH_MAX];   /* decoded, without query */
	char address[64];
	struct buf body;
	/* who */
	bool signed_in;
	struct keeper_who who;
	struct keeper_session session;
	bool parked, woken;        /* it waits; it has waited */
	struct web_stream *stream; /* its body is a live strip, taken as it comes; NULL: it is not */
	/* answer */
	int status;
	struct buf out;
	const char *content_type;
	char etag[40], as_of[80], location[512], last_modified[40], cookie[200], disposition[160];
	char view[160];            /* Holdfast-View: what is wrong with the view that it was made from; empty: nothing */
	int retry_after;
	const char *allow;         /* with 405: which methods are */
	bool public_cache, gzip, close;
	struct slice fixed;        /* an answer that is not in out: static memory */
	int fd;                    /* an answer that is a stretch of this file: the descriptor + 1, closed when it was sent; 0: none */
	uint64_t fd_offset, fd_size;
	char range[80];            /* Content-Range */
};

/* ---- a request's life (web_route.c): begin, the body is added to q->body, answer, the answer is sent, end ------------------------------ */
void web_begin(struct web_request *q, struct web *w, void *connection, const char *path, const char *method);
bool web_takes_body(struct web_request *q); /* false: answered. A large body is read only from who may send one */
bool web_stream_take(struct web_request *q, const void *p, size_t n); /* of one with q->stream, instead of adding to q->body. false: nothing more is read of it */
void web_answer(struct web_request *q);
void web_headers(const struct web_request *q, void (*put)(void *arg, const char *name, const char *value), void *arg);
void web_end(struct web_request *q);
void web_give_back(struct web *w, struct web_worker *x); /* a worker is free */

/* ---- asking the request ----------------------------------------------------------------------------------------- */
const char *web_query(struct web_request *q, const char *name); /* as the carrier's */
int web_query_each(struct web_request *q, void (*fn)(void *arg, const char *name, const char *value), void *arg);
const char *web_header(struct web_request *q, const char *name);

/* ---- answering ------------------------------------------------------------------------------------------------------------------ */
void web_error(struct web_request *q, int status, const char *code, const char *fmt, ...) PRINTF_LIKE(4, 5); /* {"error":{...}}, or an OperationOutcome below /fhir */
void web_fail(struct web_request *q, const struct err *e);   /* status of the table in base.h */
void web_json(struct web_request *q, int status);           /* out holds it */
bool web_may(struct web_request *q, uint32_t may);           /* else answers 401 or 403 */
/* The request's JSON body; NULL: answered. A member of it as a C string without control characters, of at most max bytes; NULL: answered. false: it was no POST, and that was answered. */
const struct json_node *web_body(struct web_request *q);
const char *web_text(struct web_request *q, const struct json_node *n, const char *name, size_t max, bool may_lack);
bool web_post_only(struct web_request *q);
const struct json_node *web_said_json(struct web_request *q, struct slice s); /* what another role said, as JSON; NULL: it is none, answered */

int web_moment(struct web_request *q, struct chart_moment *ret, struct err *e) MUST; /* of ?at= */
struct chart *web_chart(struct web_request *q);              /* this thread's; NULL: answered */
uint64_t web_number(struct web_request *q, const char *name, uint64_t otherwise, uint64_t max);

/* How far the view is (web_view.c). */
bool web_view_empty(struct web_request *q, struct chart *c); /* it is being made, and nothing is in it yet: answered with 503 and how far it is */
void web_view_missing(struct web_request *q, const struct err *why); /* it cannot be opened: the same */
void web_view_note(struct web_request *q, struct chart_moment at); /* Holdfast-View */
bool web_view_sentence(const struct web_request *q, char *out, size_t size); /* false: nothing is to be said */

/* ---- rooms --------------------------------------------------------------------------------------------------------------------------- */
void web_api(struct web_request *q, const char *path);   /* below /api/ */
void web_fhir(struct web_request *q, const char *path);  /* below /fhir: "" or "/..." */
void web_rows(struct web_request *q, bool search);       /* census and search */
void web_audit_list(struct web_request *q);              /* who looked at what: JSON, or CSV */
void web_capture(struct web_request *q, const char *path); /* capture, captures, beds: web_capture.c */
void web_downtime(struct web_request *q, const char *path); /* downtime, backload/review, backload/resolve: web_downtime.c */
void web_capture_check(struct web_request *q);           /* web_capture_check.c */
bool web_capture_line(struct web_request *q, const struct json_node *n, struct buf *out); /* an item as it came, with who writes it down; false: it is too large */
void web_capture_who(struct web_request *q, struct jsonw *w, struct chart_row *row); /* as this person may see them */
void web_ecgs(struct web_request *q);                     /* the worklist */
void web_ecg(struct web_request *q, const char *rest);   /* below /api/ecg: "" or "/..." */
void web_ecg_post(struct web_request *q);                /* web_ecg_post.c */
void web_ecg_act(struct web_request *q, uint64_t entry, const char *what); /* web_ecg_act.c */
void web_ecg_show(struct web_request *q, uint64_t entry, const char *what); /* web_ecg_show.c */
void web_ecg_show_link(struct web_request *q, const char *token, const char *what);         /* through a link */
void web_ecg_show_home(struct web_request *q, struct chart_ecg *g, const char *what);       /* by a patient's own account */
/* The request's body as a recording, with what `s` says beside what the query does (key, note, recorded; of staff and devices the rest): stored and durable when it returns 0. Answers on refusal. */
int web_ecg_take(struct web_request *q, struct ecg_sent *s, struct keeper_stored *ret) MUST;
void web_link_make(struct web_request *q, uint64_t entry);
void web_link_revoke(struct web_request *q, const char *rest);
void web_link_open(struct web_request *q, const char *rest);
void web_link_fail(struct web_request *q, const struct err *e);
void web_gate(struct web_request *q, const char *rest);   /* below /api/gate: partner links */
void web_watch(struct web_request *q, const char *rest);  /* below /api/watch: what a file server's sensor said */
void web_contacts(struct web_request *q);                 /* whom to call */
void web_beds(struct web_request *q);                     /* who is said to lie where */
void web_registry(struct web_request *q, const char *rest); /* what authorities have published of breaches (web_registry.c) */
#define WEB_REGISTRY_MAX ((size_t)32 << 20) /* a list that somebody brings */
void web_scope(struct web_request *q, const char *rest);  /* cases: whom a breach concerns */
void web_scope_of(struct web_request *q, struct slice name, struct slice of); /* below a case: web_scope_of.c */
int web_scope_see(struct web_request *q, struct slice name, const char *what, void (*more)(struct jsonw *w, void *arg), void *arg, const struct json_node **ret); /* the keeper's answer (keeper_result.c); in q->a. Answers on failure */
void web_scope_letter(struct web_request *q, struct slice name); /* web_scope_letter.c */
void web_scope_letters(struct web_request *q, struct slice name);
void web_scope_person(struct web_request *q, struct slice name);
void web_scope_sign(struct web_request *q, struct slice name);
void web_calls(struct web_request *q);                    /* whom a cancelled appointment or a diversion has to be told */
bool web_withheld(struct web_request *q, const struct chart_row *row); /* a protected record that this person has not opened */
void web_station(struct web_request *q, const char *rest); /* below /api/station: what wards' PCs bring and fetch (web_station.c) */
#define WEB_STATION_MAX ((size_t)2 << 20) /* one bundle at a time; a station that has more brings several */
void web_scan(struct web_request *q, const char *rest);   /* below /api/paper/scan: paper that comes back */
void web_paper(struct web_request *q);                    /* sheets as PDF */
void web_packet(struct web_request *q, const char *rest); /* below /api/packet: ward packets */
void web_incident(struct web_request *q, bool plan);      /* what happened, from entries (web_watch.c); or the newest isolation plan */
/* The newest entries of a kind before `before`, not older than from, for which `take` (NULL: all) says so: what they say (keeper_said), newest first. At most max. Answers on failure. */
struct web_said {
	uint64_t seq;
	int64_t time;
	uint8_t kind;
	struct slice body;
	const struct json_node *n; /* NULL: no JSON */
};
int web_said_find(struct web_request *q, uint8_t kind, const char *about, uint64_t before, int64_t from, int64_t to, const char *what, size_t max, struct web_said **ret, size_t *ret_n);
void web_home(struct web_request *q, const char *path);  /* web_home.c */
void web_live(struct web_request *q, const char *rest);  /* below /api/live: "" or "/..." */
bool web_live_stream(struct web_request *q, const char *id); /* its body is to be taken as it comes. false: answered */
bool web_live_stream_take(struct web_request *q, struct slice bytes); /* false: what was refused goes on */
void web_live_stream_end(struct web_request *q);         /* the answer, where it is not refused */
int web_live_open(struct web *w, struct err *e) MUST;    /* before the first request */
int web_live_start(struct web *w, struct err *e) MUST;   /* its thread */
void web_live_stop(struct web *w);                       /* nobody waits any more */
void web_live_close(struct web *w);                      /* after the last request: what is not kept yet is */
/* A recording as this person may see it: answers on refusal and returns < 0. What is seen is not recorded yet. */
int web_ecg_find(struct web_request *q, uint64_t entry, struct chart_ecg **ret);
/* The ecg role, and what is remembered of recordings that it died on. Answers on failure. */
void web_gate_letter(struct web_request *q); /* GET /api/gate/letter */
int web_ecg_ask(struct web_request *q, enum ecg_asked what, struct slice options, struct slice body, struct slice before, struct buf *ret, struct err *e) MUST;
int web_ecg_detail(struct web_request *q, const struct chart_ecg *g, struct jsonw *w, struct err *e) MUST;
void web_vault(struct web_request *q, const char *path);  /* below /vault/: agents */
void web_ledger(struct web_request *q, const char *path); /* below /ledger/: tiles and checkpoint, public */
void web_replica(struct web_request *q, const char *name); /* below /replica/: sealed objects for those who pull */
bool web_range(const char *header, uint64_t size, uint64_t *ret_from, uint64_t *ret_n, bool *ret_outside); /* pure; false: no range that we keep */
void web_join_cosignatures(int sitefd, struct buf *note);
bool web_witnessed(int sitefd, struct buf *ret); /* false: nobody has signed yet */
/* The ETag of what is in out (but its "asOf"); true: the client has just that (If-None-Match), and the answer is a 304 without a body. Nothing is shown then: no view is recorded. */
bool web_unchanged(struct web_request *q, struct chart_moment at);
/* The same before the answer is made, for one that can only be the same again: made_of is all that it hangs on. */
bool web_same(struct web_request *q, struct slice made_of);
/* A patient as this person may see them, not recorded yet. Answers the request itself on refusal and returns < 0. */
int web_patient_find(struct web_request *q, const char *id, struct chart_moment at, struct chart_patient **ret);
int web_audit(struct web_request *q, const char *what, const char *patient, const char *query, uint64_t as_of, uint64_t *ret_entry); /* durable when it returns 0; answers on failure */
/* A patient as this person may see them: the view entry is durable when it returns 0. Answers the request itself on refusal and returns < 0. */
int web_patient(struct web_request *q, const char *id, struct chart_moment at, const char *what, struct chart_patient **ret, uint64_t *ret_entry);
void web_base(struct web_request *q, char *out, size_t size); /* "https://host:port/fhir" as the client wrote the host */

/* token buckets by address: false when too fast. cost in tokens */
struct web_limit *web_limit_new(void);
void web_limit_free(struct web_limit *l);
bool web_limit_take(struct web_limit *l, const char *address, unsigned cost, int *ret_retry_after);

int web_page_load(struct web *w, struct err *e) MUST; /* the embedded viewer and its CSP */
bool web_part(struct web_request *q, bool gzip);      /* /part/...: answered, or false: there is none of this name and content */
int web_part_check(struct slice page, struct err *e) MUST; /* ERR_CORRUPT: the page asks for other parts than are here */
void web_part_address(const char *name, struct slice code, char *out, size_t size);

#endif
