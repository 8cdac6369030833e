/* agent_internal: what the files of agents share. An agent's side: agent_credential.c, agent_state.c, agent_list.c (lines out), agent_net.c (HTTPS), agent_backup.c (all of it).
 * The site's side: receive_list.c (lines in), receive.c (judging, the catalogue, the entry). */
#ifndef HOLDFAST_VAULT_AGENT_INTERNAL_H
#define HOLDFAST_VAULT_AGENT_INTERNAL_H

#include "backup_internal.h"

/* ---- the list (agent_list.c, receive_list.c) ----------------------------------------------------------------------------------
 *
 * What an agent sends of its tree: zstd (any frames, window at most 2^LIST_WINDOW) in one age file, sealed to the period key of class "catalogue". Decompressed it is lines, LF behind each:
 *     holdfast-list 1 BASE     BASE: the snapshot whose lines it refers to, decimal; "-": none
 *     =N                       the next N lines of the base stand (N at least 1)
 *     -N                       the next N lines of the base are gone
 *     >LINE                    a line of a catalogue (line.c), without marks
 *     c ID PLACE               a content chunk that this backup made (catalogue_read.c); these come behind all of the above
 *     .LINES                   the end: how many lines the tree has now
 * Valid if and only if the base's lines are used up exactly, the lines that come out are in order, whole and without marks, LINES is their number, and nothing follows. */

#define LIST_WINDOW 20
#define LIST_LINE_MAX (VAULT_LINE_MAX + 1)
#define LIST_SIZE_MAX ((uint64_t)16 << 30) /* of the file that is brought */
#define LIST_HEAD "holdfast-list 1 "

enum list_op { LIST_KEEP = '=', LIST_DROP = '-', LIST_LINE = '>', LIST_CHUNK = 'c', LIST_END = '.' };
struct list_line {
	int op;
	uint64_t n;           /* KEEP, DROP: 1..; END */
	struct slice text;    /* LINE: the line; CHUNK: all of it, as vault_chunk_parse takes it */
};
/* Pure: one line behind the first, without LF. ERR_INPUT. */
int list_line_parse(struct slice s, struct list_line *ret, struct err *e) MUST;
int list_head_parse(struct slice s, bool *ret_has, uint64_t *ret_base) MUST; /* ERR_INPUT */

/* A line without its marks, and with others; appended to ret. marks 0: none. */
void line_without_marks(struct slice line, struct buf *ret);
void line_with_marks(struct slice line, uint8_t marks, int64_t marked, struct buf *ret);

/* Lines as they are written: into a plain file, hashed. */
struct line_file {
	int fd;
	struct buf buf;
	struct seal_sha256 *sha;
	uint64_t size, lines;
};
int line_file_init(struct line_file *f, int fd, struct err *e) MUST; /* fd stays the caller's */
int line_file_add(struct line_file *f, struct slice lines, struct err *e) MUST; /* whole lines with their LF */
int line_file_end(struct line_file *f, uint8_t ret[SEAL_HASH], struct err *e) MUST; /* fsynced */
void line_file_done(struct line_file *f);

struct list_source { /* a plain file of lines; size 0: nothing */
	int fd;
	uint64_t size;
};
/* The list, compressed and sealed, into out (an empty file). before: base is its snapshot; NULL: all lines are sent. */
int list_write(const struct list_source *before, uint64_t base, const struct list_source *now, uint64_t lines, struct spool *made, const struct age_recipient *to, int out, struct vault_upload *ret,
               struct err *e) MUST;

/* Reading it. */
struct list_reader;
int list_open(int fd, const struct age_identity *with, struct list_reader **ret, struct err *e) MUST;
int list_next(struct list_reader *l, struct slice *ret, struct err *e) MUST; /* 1 and a line without LF, valid until the next call; 0 at the end */
void list_close(struct list_reader *l);

/* ---- what an agent keeps (agent_state.c): STATE/SOURCE.state names STATE/SOURCE.N.list ---------------------------------------------- */

struct agent_state {
	char origin[NOTE_NAME_MAX + 1], agent[64], source[64], files_period[SITE_PERIOD_MAX];
	uint64_t snapshot;     /* whose lines the list has */
	int64_t begun;
	uint64_t files, bytes; /* for progress */
	uint64_t turn;         /* snapshots so far: which share is read again */
	uint64_t size, lines;  /* of the list */
	uint8_t sha256[SEAL_HASH];
};
int agent_state_parse(struct slice text, struct agent_state *ret, struct err *e) MUST; /* pure */
void agent_state_write(const struct agent_state *s, struct buf *ret);
/* 1 and the list's descriptor, whole; 0: there is none that can be used (why: for whoever wants to know). */
int agent_state_open(int statefd, const char *origin, const char *agent, const char *source, struct agent_state *ret, int *ret_fd, struct err *why);
/* STATE/list.new becomes the list of s. */
int agent_state_save(int statefd, const struct agent_state *s, struct err *e) MUST;

/* ---- a backup whose catalogue is somebody else's to write (backup.c) ------------------------------------------------------------------ */

struct backup_away {
	const struct vault_standing *there;
	const struct agent_state *before; /* NULL: none */
	int before_fd;
	struct line_file *lines;          /* of the tree as it is now */
	/* All content is there. b: counts, times, roots. To be filled in: seq, time, verdict, reasons. */
	int (*end)(void *arg, struct vault_body *b, struct spool *made, struct err *e);
	void *arg;
};
int vault_backup_away(int statefd, const struct vault_ledger *l, const uint8_t dedupe[32], const struct backup_away *away, const struct vault_backup_options *o, struct vault_snapshot *ret, struct err *e) MUST;

#endif
