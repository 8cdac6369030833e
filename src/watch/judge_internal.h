/* judge, inside. What one change did to one file is a mark; marks add up in groups (a session, an SMB client, what one user does in one folder, with one program, anywhere); a group with enough of them is a verdict. */
#ifndef HOLDFAST_JUDGE_INTERNAL_H
#define HOLDFAST_JUDGE_INTERNAL_H

#include "watch.h"

#include "content.h"

/* ---- what bytes are (judge_look.c) ---------------------------------------------------------------------------------------- */

#define LOOK_WHOLE ((uint64_t)4 << 20)  /* up to here a file is read to its end; of a larger one beginning, end, and blocks between */
#define LOOK_TWICE ((uint64_t)64 << 20) /* ... unless it is packed and was changed where nobody changes such files */
#define LOOK_BLOCKS 24

struct seen {
	struct content_trait t;
	bool whole;                    /* read to its end: its state can be trusted */
	bool zlib;                     /* begins as a zlib stream (RFC 1950): git's objects, which no type is for */
	uint16_t pages, sound;         /* of an SQLite database: how many pages were looked at, how many of them may be pages */
	uint64_t block[LOOK_BLOCKS];   /* hashes of the blocks between, of one that was not read whole */
};
struct looker {
	struct content_checker *checker;
	uint8_t *step;
};
bool looker_init(struct looker *l);
void looker_done(struct looker *l);
/* name: what the bytes are called. False: they cannot be read. */
bool look(struct looker *l, const char *name, const struct watch_bytes *b, struct seen *ret);
/* Of two versions of one length, up to LOOK_WHOLE: the stretch from the first byte that differs to the last one, and what stood in it. */
struct stretch {
	uint64_t from, to;             /* [from, to) */
	uint64_t differ;               /* bytes of it that are not as they were: noise over anything leaves one in 256 */
	float chi_before, chi_after;   /* chi-square against uniform bytes: 255 is expected of noise, and under 331 in 999 cases of 1000 */
	uint64_t controls, high;       /* after: controls that no text has; bytes over 127 */
	uint64_t blocks;               /* pieces of STRETCH_PIECE bytes of which nearly every byte is another; the next two are of those alone */
	float piece_chi_before, piece_chi_after;
	bool backwards;                /* the same bytes from the last to the first */
};
#define STRETCH_PIECE 256u
bool look_beginning(struct looker *l, const struct watch_bytes *before, const struct watch_bytes *after); /* what is there now is the first part of what was, and nothing else */
bool look_stretch(struct looker *l, const struct watch_bytes *before, const struct watch_bytes *after, struct stretch *ret); /* false: other lengths, too long, unreadable, or nothing differs */
int look_named(struct looker *l, const char *name); /* the type that a name promises */
/* Both versions, the second time whole where the sample says that a packed file was changed in its middle. */
bool look_both(struct looker *l, const char *name, const struct watch_bytes *before, const struct watch_bytes *after, struct seen *ret_before, struct seen *ret_after);

/* ---- what that is worth (judge_weigh.c) ------------------------------------------------------------------------------------ */

enum mark_kind {
	MARK_NONE,
	MARK_NOISE,     /* known before, noise after */
	MARK_WORDS,     /* a text before, letters without words after */
	MARK_BROKEN,    /* whole before, its structure is lost */
	MARK_ORDER,     /* ordered bytes of no type before, noise after */
	MARK_LOCKED,    /* under a password of its own format */
	MARK_WIPED,
	MARK_EMPTIED,   /* nothing of it is left, or its first part alone; its name is no log's, and no copy of it was made */
	MARK_CUT,
	MARK_REPLACED,  /* deleted, and an enciphered copy stands for it */
	MARK_AWAY,      /* the same, and the copy is somewhere else */
	MARK_BLIND,     /* something of noise was put in its place; what was there is not known */
	MARK_CANARY,
	MARK_KINDS,
};
#define POINTS_STRONG 12
#define POINTS_EMPTIED 8
#define POINTS_ENOUGH 24 /* and a third file about to be changed: a verdict */
#define POINTS_ALONE 36  /* without asking who is next */

struct weight {
	enum mark_kind kind;
	unsigned points;
	int type;                /* before */
};
/* Content under one name. open: still being written. */
struct weight weigh_in_place(const struct seen *before, const struct seen *after, bool open);
enum kin { KIN_NONE, KIN_FOLDER, KIN_NAME }; /* what the names of a file that is gone and of one that came have to do with each other */
struct weight weigh_stretch(const struct seen *before, const struct seen *after, const struct stretch *s, bool open); /* where the file as a whole gives no answer */
struct weight weigh_pair(const struct seen *before, const struct seen *after, enum kin kin, struct slice new_base);
bool weigh_opaque(const struct seen *s);
bool weigh_shut(const struct seen *s); /* nobody can look into it who has no password; 7-Zip's, too, which says so where only a decoder sees it */

/* ---- groups, marks, verdicts (judge_group.c) -------------------------------------------------------------------------------- */

enum group_kind { GROUP_SESSION, GROUP_CLIENT, GROUP_FOLDER, GROUP_PROGRAM, GROUP_USER, GROUP_KINDS };

struct group {
	uint64_t key;            /* 0: free */
	uint64_t used;
	uint32_t points, marks;
	uint32_t verdict;        /* one past its place, 0: none */
	int64_t last;            /* of its newest mark */
	uint64_t program;        /* who made it */
	uint8_t kind;
};

struct mark {
	uint64_t seq;            /* 0: free */
	uint64_t session, dev, ino, path_hash;
	uint64_t group[GROUP_KINDS]; /* keys; 0: none */
	int64_t began;
	uint16_t points;
	uint8_t kind, type;
	char *path;
};

#define FRESH 24
#define GONE 12
#define NOTES 8
struct name_of {             /* of a path: where it lies and what it is called */
	uint64_t dir;
	uint8_t n;
	char base[255];
};
struct session {
	uint64_t number;         /* 0: free */
	uint64_t used;
	bool released, guilty;
	int64_t first;           /* mono_ns of the first that was heard of it; of one that is older than this judge, when it was started */
	struct crowd {           /* of what was there before */
		uint64_t n, told;    /* since `from`; how many there were when it was said last */
		uint64_t read;       /* of them it had read before */
		int64_t from, last;
	} deleted, renamed, sealed;
	bool note_known;
	uint32_t note_dirs;      /* of the note in most folders */
	char note[64];
	struct note {
		uint64_t base, dir[3];
		uint8_t dirs;
	} notes[NOTES];
	size_t note_next;
	struct fresh {
		bool used;
		uint64_t dev, ino;
		struct name_of name;
		struct seen seen;
	} fresh[FRESH];
	size_t fresh_next;
	struct gone {
		char *path;          /* NULL: free */
		uint64_t dev, ino;
		int64_t mono;
		struct name_of name;
		struct seen seen;
	} gone[GONE];
	size_t gone_next;
};

#define SESSIONS 512
#define GROUPS 8192          /* in sets of GROUP_WAYS */
#define GROUP_WAYS 8
#define MARKS 3072
#define VERDICTS 64
#define MARK_AGE (14 * INT64_C(86400) * 1000000000)

#define CROWD 40             /* files removed, or renamed, by one session without a pause of CROWD_PAUSE: said; again at ten times as many */
#define CROWD_SEALED 3       /* ... that it had read, after it made something that nobody can look into */
#define CROWD_PAUSE (INT64_C(60) * 1000000000)
enum crowd_kind { CROWD_DELETED, CROWD_RENAMED, CROWD_LOCKED };
struct look_at {             /* odd, not yet told */
	bool used;
	uint64_t number;
	struct watch_who who;
	int64_t mono_ns;
	struct crowd crowd;
	enum crowd_kind kind;
};
#define LOOKS 16

struct standing {
	bool used, told;
	uint64_t number;
	int64_t mono_ns;
	struct watch_who who;
	uint64_t in[WATCH_SESSIONS_MAX];
	size_t ins;
	uint8_t group_kind;
	uint32_t note_dirs;
	char note[64];
};

struct watch_judge {
	struct looker looker;
	struct session *session;  /* SESSIONS */
	uint64_t number[SESSIONS]; /* theirs, side by side: a session is large */
	struct group *group;      /* GROUPS */
	struct mark *mark;        /* MARKS */
	size_t mark_top;
	int64_t began;            /* mono_ns of the first change of all; 0: none yet */
	uint64_t clock, seq, verdicts, looks;
	struct standing verdict[VERDICTS];
	struct look_at look[LOOKS];
	struct watch_verdict_file *file; /* WATCH_FILES_MAX: of the verdict that was handed out last */
	const char *const *canaries;
};

uint64_t case_hash(const void *p, size_t n, uint64_t seed);
void case_names(const char *path, struct name_of *ret);
struct session *case_session(struct watch_judge *j, const struct watch_change *c, bool make);
struct session *case_session_find(struct watch_judge *j, uint64_t number);
void case_session_clear(struct session *s);
void case_session_end(struct watch_judge *j, struct session *s);
void case_mark(struct watch_judge *j, const struct watch_change *c, const char *path, uint64_t dev, uint64_t ino, struct weight w);
void case_unmark(struct watch_judge *j, const struct watch_change *c, const char *path, uint64_t dev, uint64_t ino); /* it is whole again */
void case_forget(struct watch_judge *j, uint64_t session); /* its marks count no more */
bool case_guilty(struct watch_judge *j, const struct watch_change *c, struct session *s, bool alone);
void case_reasons(const struct watch_judge *j, const struct standing *s, struct watch_verdict *ret); /* judge_say.c; the files, too */

/* ---- what is odd (judge_crowd.c) ---------------------------------------------------------------------------------------------------- */

void crowd_count(struct watch_judge *j, struct crowd *x, const struct watch_change *c, enum crowd_kind kind);
bool crowd_verdict(struct watch_judge *j, struct watch_verdict *ret);

/* ---- names and pairs (judge_pair.c) ------------------------------------------------------------------------------------------- */

enum watch_opinion case_came(struct watch_judge *j, struct session *s, const struct watch_change *c, const char *path, const struct seen *a, bool is_fresh);
enum watch_opinion case_went(struct watch_judge *j, struct session *s, const struct watch_change *c);
struct fresh *case_fresh(struct session *s, uint64_t dev, uint64_t ino, const char *path);
void case_note(struct session *s, const char *path);

#endif
