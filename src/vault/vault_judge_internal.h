/* judgement, inside: what a change of one file is (class), names, tables with a limit, what is known of families, and what is counted until the end. */
#ifndef HOLDFAST_VAULT_JUDGE_INTERNAL_H
#define HOLDFAST_VAULT_JUDGE_INTERNAL_H

#include "vault.h"

#define JUDGE_DAY (86400 * TIME_SEC)
#define JUDGE_TYPES 64 /* numbers of content types at and above count as CONTENT_UNKNOWN */

/* ---- one file's change (vault_judge_class.c) ------------------------------------------------------------------------ */

enum judge_class {
	JUDGE_FINE = CONTENT_CHANGE_FINE,
	JUDGE_TURNED = CONTENT_CHANGE_TURNED,
	JUDGE_SEALED = CONTENT_CHANGE_SEALED,
	JUDGE_NOISE = CONTENT_CHANGE_NOISE,
	JUDGE_NOISE_WEAK = CONTENT_CHANGE_NOISE_WEAK,
	JUDGE_BROKEN = CONTENT_CHANGE_BROKEN,
	JUDGE_CUT = CONTENT_CHANGE_CUT,
	JUDGE_WIPED = CONTENT_CHANGE_WIPED,
	JUDGE_EMPTIED = CONTENT_CHANGE_EMPTIED,
	JUDGE_HOLLOW, /* no data any more, and the size and time that it had: a cloud client keeps it online only. Told by the change, not by the traits alone */
	JUDGE_CLASSES,
};
static inline enum judge_class judge_classify(const struct vault_trait *b, const struct vault_trait *a, bool renamed)
{
	return (enum judge_class)content_change(&b->is, &a->is, renamed);
}
bool judge_hollowed(const struct vault_change *c); /* one hole now, under the size and time that it had */
bool judge_reordered(const struct vault_change *c); /* a text whose bytes stand in another order */
uint8_t judge_mark(enum judge_class c);
/* What stays with an untouched version is what stood before; with a changed one this. */
uint8_t judge_marks_after(const struct vault_trait *b, const struct vault_trait *a, enum judge_class c);

/* ---- names (vault_judge_name.c) --------------------------------------------------------------------------------------- */

struct judge_name {
	struct slice dir, base; /* "/a/b" without its slash at the end; "c.txt" */
};
struct judge_name judge_name_of(struct slice path);
struct slice judge_suffix(struct slice base); /* from the last dot on, with it; empty: none, or only a leading dot, or longer than JUDGE_SUFFIX_MAX */
#define JUDGE_SUFFIX_MAX 40
/* At most most bytes; what is not printable ASCII, and quotes, as \xNN; cut names end in "...". */
void judge_printable(struct buf *out, struct slice s, size_t most);
uint64_t judge_plain_hash(struct slice s); /* not keyed by a secret: for signs, which several readers must understand */
bool judge_ends_nocase(struct slice s, struct slice end);

/* ---- tables with a limit (vault_judge_table.c) ----------------------------------------------------------------------------- */

/* Entries under keyed hashes. When it is full, it keeps the half of the keys that begins with one more zero bit, from then on for all that comes: an even share, the same on both sides of a pair, which
 * stands for 2^level. Keys cannot be chosen by whoever names files, since the hash is keyed. */
struct judge_sample {
	uint8_t *slots;
	size_t width, cap, n; /* cap: a power of two */
	size_t least_cap, most_cap;
	unsigned level;
	bool failed;          /* no memory: counts nothing */
};
void judge_sample_init(struct judge_sample *t, size_t width, size_t most_cap); /* entries begin with their uint64_t key; 0 is none */
void judge_sample_done(struct judge_sample *t);
void *judge_sample_get(const struct judge_sample *t, uint64_t key);
void *judge_sample_put(struct judge_sample *t, uint64_t key); /* zeroed when it is new; NULL: not in the sample, or no memory */
void judge_sample_drop(struct judge_sample *t, void *entry);  /* others may move */
void *judge_sample_next(const struct judge_sample *t, const void *entry /* NULL: the first */);

struct judge_bloom {
	uint8_t *bits;
	size_t n; /* bytes, a power of two */
};
bool judge_bloom_init(struct judge_bloom *b, size_t bytes);
void judge_bloom_done(struct judge_bloom *b);
void judge_bloom_add(struct judge_bloom *b, uint64_t hash);
bool judge_bloom_has(const struct judge_bloom *b, uint64_t hash);

struct judge_spread { /* about how many different things: a bitmap counted linearly */
	uint8_t bits[256];
};
void judge_spread_add(struct judge_spread *s, uint64_t hash);
bool judge_spread_has(const struct judge_spread *s, uint64_t hash);
uint64_t judge_spread_count(const struct judge_spread *s);

/* The most frequent keys. A key that comes again within each cap / 2 others is never forgotten. */
#define JUDGE_TOP_DIRS 24
struct judge_top_entry {
	uint64_t key, count;
	uint64_t dirs[JUDGE_TOP_DIRS]; /* of the first different folders */
	uint8_t dir_n;
	struct judge_spread spread;    /* folders */
	uint64_t types;                /* bit a type of what it took the place of */
	uint64_t extra, lost;          /* the owner's: a hash of the content; or pairs with this suffix, and those that were lost */
	uint64_t size;
	char text[64];
	uint8_t text_n;
	bool onion, fits;              /* the owner's */
};
struct judge_top {
	struct judge_top_entry *e;
	size_t n, cap;
	uint16_t *index;               /* by hash, open; holds place + 1 */
	size_t index_cap;
};
bool judge_top_init(struct judge_top *t, size_t cap);
void judge_top_done(struct judge_top *t);
struct judge_top_entry *judge_top_add(struct judge_top *t, uint64_t key, uint64_t dir, uint64_t by); /* counted; never NULL; valid until the next */
struct judge_top_entry *judge_top_get(struct judge_top *t, uint64_t key);                            /* NULL: not there (any more) */

/* ---- signs (vault_judge_signs.c): how damage shows in a snapshot, as text in its entry ---------------------------------------- */

#define SIGNS_SUFFIX 6
#define SIGNS_NOTES 6
#define SIGNS_PATHS 16
struct judge_signs {
	bool order;                     /* bytes of texts stand in another order */
	bool in_place, all, replaced, scrambled, gone, sealed; /* all: two thirds of what changed in place, and is long enough to be told, was lost */
	struct { uint8_t p[JUDGE_SUFFIX_MAX]; uint8_t n; } suffix[SIGNS_SUFFIX];
	size_t suffix_n;
	uint8_t note[SIGNS_NOTES][8];   /* content */
	size_t note_n;
	uint64_t note_name[SIGNS_NOTES]; /* judge_plain_hash of the base name */
	size_t note_name_n;
	uint64_t original[SIGNS_PATHS]; /* judge_plain_hash of paths that are gone, with a copy in their place */
	size_t original_n;
	uint64_t copy[SIGNS_PATHS];     /* and of copies that had no mark yet when their line was written */
	size_t copy_n;
	int64_t opaque_since;           /* new files that look enciphered are copies from here on; 0: no such sign */
	int64_t emptied_since;          /* texts that are empty were wiped from here on; 0: no such sign */
	uint64_t gone_n, gone_of;       /* so many files of so many were taken away, */
	int64_t gone_at;                /* then */
};
void judge_signs_write(const struct judge_signs *s, char out[VAULT_SIGNS_MAX]);
void judge_signs_after(struct judge_signs *s, int64_t accepted); /* without what was until then */
void judge_signs_read(const char *text, struct judge_signs *ret); /* what it does not understand is passed over */

/* ---- the judge (vault_judge.c) --------------------------------------------------------------------------------------------------- */

struct judge_brief { /* of a trait, what pairing needs: 24 bytes */
	uint64_t size;
	uint16_t entropy, random_share, word_share; /* of 8192, 65535, 65535 */
	uint8_t type, named, state, flags;
};
enum { JUDGE_ENCRYPTED = 1, JUDGE_EMPTIED_HERE = 2, JUDGE_OPAQUE = 4, JUDGE_SUSPECT = 8 /* opaque, or what was enciphered in part may look like this */ };

struct judge_one { /* a file that went or came, under several keys */
	uint64_t key, path_hash, dir;
	struct judge_brief t;
	uint32_t id;     /* the file's: its other keys have the same */
	uint8_t by;      /* enum judge_by */
	uint8_t tool;    /* 1 + enum content_known_kind of the suffix, for what came; 0: none */
	uint32_t suffix; /* key in judge.suffixes of what came; 0: none */
};
enum judge_by { BY_FULL, BY_STEM, BY_BASE, BY_INODE, BY_KINDS };
enum judge_pair {
	PAIR_NONE,
	PAIR_CHANCE,          /* an inode that was given out again */
	PAIR_RENAMED,         /* the same file under another name */
	PAIR_CONVERTED,       /* another type, whole or by a tool's suffix; packed */
	PAIR_SEALED,          /* OpenPGP, age, a password of its format, a known tool's suffix */
	PAIR_REPLACED,        /* enciphered */
	PAIR_REPLACED_WEAK,   /* enciphered, but what it was could not be checked */
	PAIR_REPLACED_BROKEN, /* its header stands, its structure does not hold */
	PAIR_KINDS,
};

struct judge_dir { /* a folder from which files went and into which opaque ones came, neither paired otherwise */
	uint64_t key, dir;
	int64_t gone, came;
	uint64_t gone_any;
	bool emptied;    /* nothing is left in it; known at the end */
	double locked;   /* bytes of archives under a password that came into it */
	double gone_sum, gone_squares, came_sum, came_squares;
};

struct judge_counts {
	uint64_t before, after, same, changed, added, removed;
	uint64_t of_before[JUDGE_TYPES], gone[JUDGE_TYPES], came[JUDGE_TYPES], explained[JUDGE_TYPES], lost[JUDGE_TYPES];
	uint64_t in_place[JUDGE_CLASSES];
	uint64_t changed_known, changed_checked;  /* changed, known before; of these, of no text type */
	uint64_t gone_bytes[JUDGE_TYPES], came_bytes[JUDGE_TYPES]; /* of whole files of these types, open to anybody; files that grew count with what they grew by */
	uint64_t unreadable;                      /* texts that are none any more, and no noise either: each of their bytes exchanged for another, or only some of them */
	uint64_t reordered, disordered;           /* texts with the same bytes in another order; of these, that had a grammar and lost it */
	uint64_t locked;                          /* by git-crypt, in a work tree of git */
	uint64_t zeroed;                          /* of those that were wiped: one byte value from end to end, at their length */
	uint64_t tiny;                            /* changed, and too short before for anybody to tell what happened */
	uint64_t locked_up;                       /* gone, while an archive under a password came that may hold them; counted in pair[PAIR_SEALED], too */
	uint64_t opaque_before;                   /* files of the snapshot before that look enciphered, and were not damaged */
	uint64_t lost_new, lost_known;            /* bytes of files lost in place: in new chunks, in chunks known before */
	uint64_t pair[PAIR_KINDS], sampled[PAIR_KINDS][BY_KINDS]; /* gone, with something in their place; the same where one of the sample stands for many */
	uint64_t by_inode, by_inode_of[JUDGE_TYPES], by_chance;  /* replaced, and only the inode says so; inodes that met without meaning it */
	uint64_t tool_new[CONTENT_KNOWN_KINDS];           /* new files of tools whose formats are not known here, that stand for nothing by their names */
	uint64_t opaque_new, new_lost;            /* new files that look enciphered; whose structure does not hold */
	uint64_t rotated;                         /* emptied, and their content stands in a new file */
	uint64_t programs;                        /* programs and libraries replaced by whole ones */
	uint64_t standing[8];                     /* untouched files by mark (bit number), within their time */
	int64_t standing_since;
};

struct judge_hashes { /* of one path */
	uint64_t dir;
	struct slice base;
	uint64_t prefix[256]; /* polynomial hash of the base's first i bytes */
	size_t n;             /* of the base, at most 255 */
	uint64_t path;        /* judge_plain_hash; made when it is asked for */
};

struct vault_judge {
	uint8_t key[16];
	uint64_t poly, secret, powers[256];
	struct vault_history h;
	struct judge_signs then, now; /* of the newest earlier snapshot; of this one */
	struct judge_counts c;
	struct judge_sample gone, came, dirs;
	struct judge_bloom dirs_before, dirs_after, suffix_before, dirs_opaque; /* dirs_opaque: folders in which files that look enciphered lay before */
	uint64_t dir_before; /* the last one added */
	struct judge_top notes, names, suffixes, alike; /* new small files by content, by name; suffixes of copies; contents that files changed into */
	struct judge_spread lost_dirs, sealed_dirs;
	struct judge_dir whole;       /* the whole delta as one folder: copies that were put elsewhere */
	struct judge_hashes at;       /* of the path in hand */
	const struct content_known *family, *note_family;
	uint64_t family_copies, family_renamed, note_hits;
	uint64_t by_inode_original[SIGNS_PATHS], by_inode_copy[SIGNS_PATHS];
	size_t by_inode_n;
	uint32_t next_id;
};

/* What an unpaired change left, paired with what it meets now (vault_judge_pair.c). Marks for what came. */
void judge_went(struct vault_judge *j, const struct vault_change *c);
uint8_t judge_came(struct vault_judge *j, const struct vault_change *c);
void judge_emptied(struct vault_judge *j, const struct vault_change *c);
void judge_changed_beside(struct vault_judge *j, const struct vault_change *c);
void judge_hash_path(struct vault_judge *j, struct slice path);
uint64_t judge_path_hash(struct vault_judge *j, struct slice path);
/* How many files went and came back enciphered under names that tell nothing, in the folders where they were (vault_judge_exchange.c). One or two are only kept in j->now. */
uint64_t judge_exchanged(struct vault_judge *j);
/* A file of this type was lost here, in place or by a copy. */
void judge_count_lost(struct vault_judge *j, int type);

/* What the end weighs, for the sentences. */
struct judge_weighed {
	double score;
	uint64_t lost, standing, scrambled, alike, note_where; /* note_where: of the note's first folders, in which something was lost or sealed */
	unsigned types;             /* different types among what was lost */
	uint64_t emptied, in_place, replaced, unreadable, disordered;
	uint64_t mail_gone;         /* of gone_of; more than half, not nearly all */
	bool gathered;              /* what is gone may stand in a mailbox, a database or an archive that came or grew */
	bool unusual, mass_gone, mass_sealed, folder_gone, still_gone, note_counts, family_counts, most_of_change, fresh, slow, enough;
	int gone_type;
	uint64_t gone_n, gone_of;
	double usual, spread;       /* median and MAD of changes in earlier snapshots */
	size_t past_n;
	const struct judge_top_entry *note, *name, *suffix;
	uint64_t note_dirs;         /* that existed before */
};
void judge_weigh(struct vault_judge *j, struct judge_weighed *w);
void judge_reasons(const struct vault_judge *j, const struct judge_weighed *w, bool damage, struct buf *out);

#endif
