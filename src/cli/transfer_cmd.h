/* holdfast transfer: what its verbs share. */
#ifndef HOLDFAST_CLI_TRANSFER_CMD_H
#define HOLDFAST_CLI_TRANSFER_CMD_H

#include "commands.h"
#include "transfer.h"

#define TRANSFER_ECGS_MAX 20
#define TRANSFER_DOCUMENTS_MAX 50
#define TRANSFER_ROOM ((uint64_t)384 << 20) /* bytes of ECGs and documents; the rest is for what has to be in it */

/* What a record is gathered into: the files of one transfer. */
struct gather {
	struct site *s;
	struct chart *c;
	struct chart_moment at;
	struct chart_patient *p;
	struct chart_ecg *ecgs;            /* newest first, of those that go along */
	const char *lang;
	bool us, is_protected;
	uint64_t begun;                    /* the entry that began it: sheets are numbered by it */
	int64_t now;
	struct slice notice;               /* on every sheet */
	struct tlog_checkpoint head;
	struct arena *a;
	struct transfer_file files[TRANSFER_FILES_MAX];
	struct buf bytes[TRANSFER_FILES_MAX];
	size_t n;
	uint64_t size;
	uint32_t ecgs_left_out, documents_left_out;
};
/* bytes begins empty. What stands in files is the gather's own. */
int gather_init(struct gather *g, struct err *e) MUST;
void gather_done(struct gather *g);
/* The next file, to be filled: NULL: there are too many. name and title are copied. */
struct buf *gather_file(struct gather *g, const char *name, const char *type, struct slice title, uint64_t entry, struct err *e);
int gather_filled(struct gather *g, struct err *e) MUST; /* the file that was begun last is whole */
void gather_drop(struct gather *g);                      /* ... is not to be in it */
int gather_record(struct gather *g, struct err *e) MUST;    /* ips.json and the sheets */
int gather_attached(struct gather *g, struct err *e) MUST;  /* ECGs, documents, the list of images */
int gather_ips(struct gather *g, struct buf *ret, struct err *e) MUST;
int gather_images(struct gather *g, struct buf *ret, struct err *e) MUST;

/* The log's key and its newest checkpoint, as they stand in the site. */
int transfer_site_head(const struct site *s, char ret_vkey[256], struct tlog_checkpoint *ret, struct err *e) MUST;
/* The patient as of now, judged; a protected one only where that was asked for: ERR_DENIED. */
int transfer_patient(struct chart *c, const char *id, bool protected_too, struct chart_moment at, struct arena *a, struct chart_patient **ret, struct err *e) MUST;
/* The entries of transfers, in order. */
int transfer_log_of(struct site *s, struct transfer_log **ret, struct err *e) MUST;
int transfer_enter(struct control *k, enum transfer_state what, const struct transfer_entry *n, uint64_t *ret_entry, struct err *e) MUST; /* durable on return; ret_entry may be NULL */

int transfer_make_cmd(int argc, char **argv);
int transfer_open_cmd(int argc, char **argv);
int transfer_list_cmd(int argc, char **argv);
int transfer_sent_cmd(int argc, char **argv);
int transfer_receipt_cmd(int argc, char **argv);
int transfer_cancel_cmd(int argc, char **argv);
int transfer_candidates_cmd(int argc, char **argv);
int transfer_link_cmd(int argc, char **argv);

#endif
