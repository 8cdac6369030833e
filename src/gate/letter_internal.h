/* letter_internal: figures, the words around them, and what entries say (the dossier). */
#ifndef HOLDFAST_GATE_LETTER_INTERNAL_H
#define HOLDFAST_GATE_LETTER_INTERNAL_H

#include "gate_internal.h"
#include "paper.h"

/* ---- figures (letter_figure.c). What a letter prints besides its words. Nobody but letter_figure.c knows what one is made of, and there is no other way to make one: so no figure is without its entry. */
struct figure;
typedef const struct figure *fig;
/* of NULL: there is no such entry, and no figure: NULL, with which a sentence is not said. */
fig figure_count(struct arena *a, const struct gate_entry *of, uint64_t n);
fig figure_bytes(struct arena *a, const struct gate_entry *of, uint64_t n);
fig figure_time(struct arena *a, const struct gate_entry *of, int64_t t);
fig figure_text(struct arena *a, const struct gate_entry *of, struct slice s);   /* as it was typed, in quotation marks */
fig figure_plain(struct arena *a, const struct gate_entry *of, struct slice s);  /* names and identifiers: as it stands */
fig figure_word(struct arena *a, const struct gate_entry *of, const char *key);  /* words of letters.tsv */
fig figure_from(struct arena *a, const struct gate_entry *from, fig f);          /* the same, of all entries from that one to its own */
uint64_t figure_entry(fig f);

/* ---- words (letter_words.c) */
struct slice letter_word(const char *key, const char *lang); /* asserts that there is one */
const char *letter_each(size_t i, const char *lang, struct slice *ret); /* for tests: the i-th key; NULL: past the last */

/* ---- a letter while it is written (letter_write.c) */
#define BLOCKS_MAX 4096u
#define CITED_MAX 2000u
struct writing {
	const struct gate_dossier *d;
	const struct gate_letter *l;
	struct arena *a;
	struct paper_block *block;
	size_t n;
	const struct gate_entry **cited;
	size_t cited_n;
	struct buf line;
	bool full;
};
#define FIGS_MAX 6
struct figs {
	fig f[FIGS_MAX];
};
#define FIGS(...) (&(const struct figs){{__VA_ARGS__}})
/* Words of the key with these figures for {a} to {f}. False, and nothing is said: one that it needs is NULL. */
bool letter_say(struct writing *w, enum paper_look look, const char *key, const struct figs *f);
bool letter_say_marked(struct writing *w, enum paper_look look, const char *mark, const char *key, const struct figs *f);
bool letter_say_field(struct writing *w, const char *label_key, const char *key, const struct figs *f); /* key NULL: the first figure alone */
void letter_say_heading(struct writing *w, const char *key);
bool letter_say_more(struct writing *w, const char *key, const struct figs *f); /* the same paragraph goes on */
void letter_say_blank(struct writing *w, const char *key, const char *who_key);
void letter_figure_put(struct writing *w, fig f, struct buf *out);
void letter_cite(struct writing *w, const struct gate_entry *en);
const char *letter_state_key(enum gate_state s);
void letter_time(int64_t t, const char *lang, int zone_minutes, struct buf *out);

/* ---- the dossier (letter_facts.c) */
enum event_kind {
	EV_VERDICT, EV_STOPPED, EV_DENIED, EV_RESTORED, EV_SENSOR, EV_CLEAN, EV_DAMAGE, EV_DRILL, EV_KEYS, EV_ADDED, EV_DISABLED, EV_PASSWORD, EV_REVOKED, EV_FAILED, EV_LETTER_REGULATOR, EV_LETTER_INSURER,
	EV_CUT /* of another link */, EV_UNUSUAL, EV_KINDS
};
struct event { /* entries of one kind; those of one hour stand together where nothing of each is printed */
	enum event_kind kind;
	const struct gate_entry *first, *last;
	uint64_t n;              /* how many */
	int64_t t;               /* what its time is: when an infection began */
	uint64_t a, b, c;        /* files */
	struct slice text, text2;
	struct event *next;
};
struct step { /* of this link, since it was last cut */
	enum { STEP_UP, STEP_FALL, STEP_PROOF } what;
	const struct gate_entry *of, *first_of;
	struct gate_standing st;
	struct slice by, first, reason;
	struct step *next;
};
struct word_on { /* the last word on a condition */
	const struct gate_entry *of;
	char name[GATE_NAME_MAX];
	bool met;
	struct slice by, evidence;
};
#define LINKS_SEEN_MAX GATE_LINKS_MAX
struct gate_dossier {
	struct arena *a;
	char name[GATE_NAME_MAX];
	struct gate_link link;
	const struct gate_entry *defined;  /* NULL: there is no such link */
	struct gate_standing st;
	const struct gate_entry *stands;   /* what st was read from */
	const struct gate_entry *cut;      /* when it was last cut; NULL: never */
	int64_t cut_at;
	enum gate_state before;
	struct slice cut_by, cut_role, cut_reason;
	const struct gate_entry *proof;
	int64_t proof_at;
	uint64_t proof_bytes;
	struct slice proof_method, proof_result;
	const struct gate_entry *tried;    /* no proof yet, but a word on why */
	struct slice tried_result;
	bool passed_known;
	uint64_t passed_messages, passed_bytes;
	int64_t passed_last;
	struct slice passed_ids;
	const struct gate_entry *signed_of; /* the first of two signatures */
	struct slice signed_by;
	struct step *steps, **steps_end;
	size_t steps_n;
	struct word_on on[GATE_CONDITIONS_MAX];
	size_t on_n;
	const struct gate_entry *held_first, *held_last, *sent_first, *sent_last;
	uint64_t held_n, sent_n;
	struct { char name[GATE_NAME_MAX]; enum gate_state state; const struct gate_entry *of; } *links;
	size_t links_n;
	const struct gate_entry *links_first, *links_last; /* entries that the count of links is from */
	struct event *events, **events_end, *open[EV_KINDS];
	size_t events_n;
	bool more;                         /* there were more than are kept */
};

/* Entries of one kind since a time, summed. n 0: there are none. */
struct tally {
	const struct gate_entry *first, *last;
	const struct event *first_event, *last_event;
	uint64_t n, a, b, c;
};
struct tally dossier_tally(const struct gate_dossier *d, enum event_kind kind, int64_t since);
int64_t dossier_window(const struct gate_dossier *d, const struct gate_entry **ret_of, int64_t *ret_t); /* where counts begin: ret_of is what says so */
const struct word_on *dossier_word(const struct gate_dossier *d, const char *condition);

void letter_assurance(struct writing *w); /* letter_assurance.c */
void letter_conditions_list(struct writing *w);
void letter_steps(struct writing *w);
bool letter_proof(struct writing *w, enum paper_look look);
bool letter_last(struct writing *w, enum paper_look look);
fig letter_person(struct writing *w, const struct gate_entry *of, struct slice by, struct slice role);

#endif
