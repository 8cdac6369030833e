/* What the files of exposure share. */
#ifndef HOLDFAST_GATE_EXPOSURE_INTERNAL_H
#define HOLDFAST_GATE_EXPOSURE_INTERNAL_H

#include "csv.h"
#include "gate.h"

/* ---- words: a name folded to its letters and digits, for comparing ---- */
#define WORDS_MAX 24
struct words {
	struct slice w[WORDS_MAX];
	size_t n;
	uint64_t bloom; /* a bit a word: two names without a common bit have no common word */
};
int words_of(struct arena *a, struct slice s, struct words *ret, struct err *e) MUST; /* dots between digits stay, brackets and the rest separate; words past the maximum are left out */
void words_index(struct words *w); /* after words were taken out or exchanged */
bool words_equal(const struct words *a, const struct words *b);
bool words_begin(const struct words *a, const struct words *b); /* a is what b begins with */
bool words_within(const struct words *a, const struct words *b); /* each of a's is in b */
bool words_have(const struct words *a, struct slice w);
bool words_same_text(struct arena *a, struct slice x, struct slice y); /* one within the other */

/* ---- inventory ---- */
int inv_room(const struct gate_inventory *v, struct err *e); /* the error of an arena that is full */
struct gate_device *inv_begin(struct gate_inventory *v, struct err *e) MUST;
int inv_say(struct gate_inventory *v, struct gate_device *d, enum gate_field f, struct slice column, struct slice value, bool guess, const char *file, uint32_t line, struct err *e) MUST;
int inv_addresses(struct gate_inventory *v, struct gate_device *d, struct slice list, const char *file, uint32_t line, struct err *e) MUST; /* one or several */
int inv_macs(struct gate_inventory *v, struct gate_device *d, struct slice list, const char *file, uint32_t line, struct err *e) MUST;
int inv_add(struct gate_inventory *v, struct gate_device *d, struct err *e) MUST; /* joins it or takes it as a new one */
int inv_note(struct gate_inventory *v, const char *file, uint32_t line, struct err *e, const char *fmt, ...) PRINTF_LIKE(5, 6) MUST;
bool address_text(struct slice s, char out[64]);                         /* one spelling of an IPv4 or IPv6 address, without its prefix or zone; false: none */
bool address_bytes(struct slice s, uint8_t out[16], unsigned *ret_bits); /* IPv4 as ::ffff:a.b.c.d; "/n" is a prefix. Host bits under a prefix are cleared */

int inv_csv(struct gate_inventory *v, const char *file, struct slice text, struct err *e) MUST;
int inv_isc(struct gate_inventory *v, const char *file, struct slice text, struct err *e) MUST;
int inv_kea(struct gate_inventory *v, const char *file, struct slice text, struct err *e) MUST;
int inv_dnsmasq(struct gate_inventory *v, const char *file, struct slice text, struct err *e) MUST;
int inv_nmap(struct gate_inventory *v, const char *file, struct slice text, struct err *e) MUST;
bool isc_looks(struct slice text);
bool dnsmasq_looks(struct slice text);

/* ---- CPE 2.2 and 2.3 ---- */
struct cpe {
	char part[4], vendor[128], product[128], version[64], update[64]; /* lower case, escapes undone; "" is any */
};
bool cpe_read(struct slice s, struct cpe *ret);

#define EXPOSURE_SOON_DAYS 180
const struct gate_kev *kev_find(const struct gate_advisories *s, struct slice cve);
struct gate_kev {
	struct slice cve, since;
	bool ransomware;
};
int exposure_match(struct gate_exposure *x, struct gate_risk *by_number, struct err *e) MUST;
void exposure_rank(struct gate_exposure *x, struct gate_risk *r);
const char *exposure_printf(struct gate_exposure *x, const char *fmt, ...) PRINTF_LIKE(2, 3); /* in its arena; "" when that is full */

#endif
