/* find, inside: keys, the table of keys, what one document or record says before it is decided whose it is. */
#ifndef HOLDFAST_FIND_INTERNAL_H
#define HOLDFAST_FIND_INTERNAL_H

#include "find.h"

/* Set by whom it is handed to: what is on the stack for each value of each record is not cleared besides (-ftrivial-auto-var-init). */
#define UNSET __attribute__((uninitialized))

/* ---- keys (key.c) ----
 *
 * Whatever tells a person is looked up by a 64-bit hash. Numbers of all kinds share one space (the kind is told by the slot): letters and digits only, lower case, and each letter that a text recognition takes for a digit as that digit
 * (o 0, i l 1, s 5, b 8, z 2), so that a misread number has the same key. */

enum find_kind {
	KEY_NAME,      /* two words of a name, in either order */
	KEY_NAME_DOB,  /* the same with the date of birth */
	KEY_NAME_ADDR, /* the same with house number and ZIP */
	KEY_WORD_DOB,  /* one word of the name with the date of birth: for misspelt names, never enough by itself */
	KEY_SSN, KEY_MRN, KEY_MEMBER, KEY_MBI, KEY_MEDICAID, KEY_DL, KEY_ACCOUNT, KEY_CARD, KEY_PHONE, KEY_EMAIL, KEY_PASSPORT, KEY_OTHER, /* claim, visit, TIN, user's name */
	KEY_KINDS
};

#define KEY_ID_MIN 4  /* letters and digits of a number */
#define KEY_ID_MAX 40
#define KEY_BEARERS 8 /* persons of one key that are kept: beyond it the key names too many to help */

static inline uint64_t key_mix(uint64_t h) /* the end of MurmurHash3, a bijection */
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

/* The hash of up to 16 bytes: the first eight (fewer: zeros behind), the last eight where there are more than eight. Folded: capitals and small letters differ in the bit 0x20, which every digit has. Never 0. */
static inline uint64_t key_short(uint64_t head, uint64_t tail, size_t n)
{
	const uint64_t fold = UINT64_C(0x2020202020202020);
	unsigned __int128 m = (unsigned __int128)((head | fold) ^ UINT64_C(0x9e3779b97f4a7c15)) * ((tail | fold) ^ (UINT64_C(0x9fb21c651e98df25) + n * UINT64_C(0xd6e8feb86659fd93)));
	return ((uint64_t)m ^ (uint64_t)(m >> 64)) | 1;
}

/* Of ASCII letters and digits, any case. */
static inline uint64_t key_word(const uint8_t *p, size_t n)
{
	uint64_t head = 0, tail = 0, before = 0;
	for (; n > 16; p += 8, n -= 8) {
		memcpy(&head, p, 8);
		before = key_short(head, before, n);
	}
	head = 0;
	memcpy(&head, p, n < 8 ? n : 8);
	if (n > 8)
		memcpy(&tail, p + n - 8, 8);
	return key_short(head, tail, n) ^ (before & ~UINT64_C(1));
}

uint64_t key_pair(uint64_t a, uint64_t b);                       /* of two words, in either order */
uint64_t key_with(uint64_t h, uint32_t value);                   /* bound to a date or an address */
uint64_t key_id(struct slice s, size_t *ret_n, size_t *ret_digits); /* 0: too short, too long or no digits in it */
uint64_t key_email(struct slice s);                              /* 0: none */
uint32_t key_date(const struct person_date *d);                  /* yyyymmdd */
uint32_t key_addr(struct slice house, struct slice zip);         /* 0: not both. house: what begins with the house number */
int kind_of_role(int role);                                      /* -1: no key */
int kind_element(int kind);

/* Words of a name: split at whatever is no letter, folded, ASCII where Latin; one-letter words are initials and left out, unless there is nothing else. At most 8. out: folded text with blanks between. */
struct name_words {
	uint64_t h[8];
	uint8_t at[8], len[8];
	unsigned n;
	char text[120];
};
void name_words(struct slice s, struct name_words *ret);
/* The same words as they are written where a keyboard has no such letters: Müller as Mueller, Jürgen as Juergen, Sørensen as Soerensen, Åberg as Aaberg. ret: hashes, 0 where a word has no other spelling. */
void name_spelled(struct slice s, const struct name_words *w, uint64_t ret[8]);
/* Chinese, Japanese and Korean names are written without a blank in between, or with one: "王小明", "王 小明", surname 王 and given name 小明. Is a sign of these scripts at p (its first byte there)? */
static inline bool name_sign(const uint8_t *p, size_t n)
{
	return n >= 3 && p[0] >= 0xE3 && p[0] <= 0xED && !(p[0] == 0xE3 && p[1] == 0x80);
}
/* What the words are as one, each that has two signs or more by itself, and each two neighbours in either order; hashes, 0 where none is of these scripts. */
#define NAME_WHOLES 24
unsigned name_wholes(const struct name_words *w, uint64_t ret[NAME_WHOLES]);
/* "de", "van", "la": with another word beside it such a word names nobody; alone it is a surname. */
bool name_particle(const char *word, size_t n);

/* ---- population ---- */

/* Keys are dealt to shares by their highest bits: each share has its own stretch of the table, which one thread fills. */
#define SHARE_LOG 6
#define SHARES (1u << SHARE_LOG)

/* A key that waits for its table, in twelve bytes, as there are tens of millions: its share says the highest bits. */
struct key_entry {
	uint64_t h;   /* << SHARE_LOG; in the bits that are free by that its kind */
	uint32_t row; /* of its part */
} __attribute__((packed, aligned(4)));
static_assert(KEY_KINDS <= 1 << SHARE_LOG, "a key's kind is where its share was");

/* The keys of the part that is being read, in the order of its rows. */
struct pop_keys {
	struct loose_key {
		uint64_t h;
		uint32_t row, kind;
	} *v;
	size_t n, cap;
	bool failed;
};

struct pop_row {
	uint64_t name;     /* place of its folded name in names: "first words\tlast words\n" */
	uint32_t dob;      /* yyyymmdd or 0 */
	uint32_t addr;     /* key_addr or 0 */
	uint32_t person;
};

/* What was gathered from a piece of a list, in the order of its rows. */
struct pop_part {
	struct key_entry *key;   /* pages of its own, by shares: share i is from[i] to from[i + 1] */
	size_t from[SHARES + 1];
	struct pop_row *row;
	size_t rows, rows_cap, before; /* before: rows of the parts before it, once all are there */
	struct buf names, ids;   /* ids: a byte with the length, the id; length 0: the same as of the row before */
	uint8_t last_id[FIND_ID_MAX];
	size_t last_n;
};

struct nick_slot {
	uint64_t h;
	uint8_t group[4]; /* from 1; 0: none */
};
#define NICK_SLOTS 1021
void nicks_make(struct nick_slot slot[NICK_SLOTS]);

#define POP_PARTS_MAX 65536u
#define POP_WORDS_LOG 24 /* bits of the map of words while it is made: 2 MiB */

struct find_population {
	int this_year;
	bool day_first, sealed;
	struct pop_part *part;
	unsigned parts, parts_cap;
	struct pop_part *open;  /* takes the rows that are added one by one: the last of the parts, or NULL */
	struct pop_keys keys_in; /* the open one's */
	uint64_t *word_map; /* one bit a hash of a word that is in some name */
	unsigned word_log;
	/* after the seal */
	uint64_t *slot;     /* person 32, kind 4, tag 28 bits; 0: empty */
	uint64_t share_slots; /* of each share */
	uint64_t *bloom;    /* blocks of 64 bytes */
	unsigned bloom_log; /* of blocks */
	uint64_t keys;
	struct pop_row *row; /* by person */
	size_t rows;
	uint32_t *first_row; /* persons + 1 */
	uint8_t *names;
	size_t names_n;
	uint8_t *ids;
	size_t ids_n;
	uint64_t *id_at; /* persons + 1 */
	uint32_t persons;
	struct nick_slot nick[NICK_SLOTS];
};

int part_deal(struct pop_part *part, struct pop_keys *keys) MUST; /* the part has all its rows: its keys in shares; keys are empty again. ERR_MEMORY */
void part_done(struct pop_part *part);
/* Pages of their own, zeroes; large where it pays. NULL: no memory. */
void *pages_new(size_t n, bool large);
void pages_free(void *p, size_t n);

void population_for_children(const struct find_population *p, bool theirs); /* may a child look into the tables? Sealed ones are nobody's but the maker's */

struct bearers {
	uint32_t person[KEY_BEARERS];
	uint8_t kind[KEY_BEARERS];
	unsigned n;
	bool many; /* there were more */
};
/* Who has this key, of the kinds in the set (bits of 1 << KEY_x). */
void population_look(const struct find_population *p, uint64_t h, uint32_t kinds, struct bearers *ret);

/* Where a key is looked for first, in its share; then behind it, and at the share's beginning again. */
static inline uint64_t slot_place(const struct find_population *p, uint64_t h)
{
	return (uint64_t)((unsigned __int128)(h << SHARE_LOG) * p->share_slots >> 64);
}

static inline uint64_t *slot_share(const struct find_population *p, uint64_t h)
{
	return p->slot + (h >> (64 - SHARE_LOG)) * p->share_slots;
}

/* A key's block, and of its four bits the k-th: nine bits each, out of the hash mixed again. */
static inline uint64_t bloom_block(const struct find_population *p, uint64_t h)
{
	return (h >> (64 - p->bloom_log)) * 8;
}

static inline unsigned bloom_bit(uint64_t mixed, unsigned k)
{
	return mixed >> (9 * k + 28) & 511;
}
#define BLOOM_MIX UINT64_C(0x9fb21c651e98df25)

/* All four at once: they are in one line of the cache, and which of them is missing cannot be foreseen. */
static inline bool bloom_has(const struct find_population *p, uint64_t h)
{
	const uint64_t *block = p->bloom + bloom_block(p, h);
	unsigned a = bloom_bit(h * BLOOM_MIX, 0), b = bloom_bit(h * BLOOM_MIX, 1), c = bloom_bit(h * BLOOM_MIX, 2), d = bloom_bit(h * BLOOM_MIX, 3);
	return block[a >> 6] >> (a & 63) & block[b >> 6] >> (b & 63) & block[c >> 6] >> (c & 63) & block[d >> 6] >> (d & 63) & 1;
}

/* Tables of a large population lie beyond every cache: what will be asked for soon is sent for while other things are done. Any hash may be said, nothing depends on it. */
static inline void population_soon(const struct find_population *p, uint64_t h)
{
	__builtin_prefetch(&p->bloom[bloom_block(p, h)]);
}
static inline void population_sooner(const struct find_population *p, uint64_t h) /* somewhat later, for the same */
{
	if (bloom_has(p, h))
		__builtin_prefetch(slot_share(p, h) + slot_place(p, h));
}
uint32_t population_peek(const struct find_population *p, uint64_t h); /* somebody who bears it, FIND_NOBODY: nobody; good for nothing but to be sent for */
static inline void population_row_soon(const struct find_population *p, uint32_t person) /* when what the one below sends for is there */
{
	__builtin_prefetch(&p->row[p->first_row[person]]);
	__builtin_prefetch(p->ids + p->id_at[person]);
}
static inline void population_name_soon(const struct find_population *p, uint32_t person) /* and then this */
{
	__builtin_prefetch(p->names + p->row[p->first_row[person]].name);
}
static inline void population_person_soon(const struct find_population *p, uint32_t person)
{
	if (person < p->persons) {
		__builtin_prefetch(&p->first_row[person]);
		__builtin_prefetch(&p->id_at[person]);
	}
}

/* How the words agree with what is known of the person, over all rows. */
enum name_agree { NAME_ABSENT, NAME_NONE, NAME_LAST_ONLY, NAME_LAST_INITIAL, NAME_FIRST_ONLY, NAME_FUZZY, NAME_BOTH };
enum dob_agree { DOB_ABSENT, DOB_DIFFERS, DOB_SILENT, DOB_NEAR, DOB_EQUAL }; /* SILENT: the first of January of the right year, as it is written where nobody asked for the day */
void population_agree(const struct find_population *p, uint32_t person, const struct name_words *w, uint32_t dob, enum name_agree *ret_name, enum dob_agree *ret_dob);
bool population_lives(const struct find_population *p, uint32_t person, uint32_t addr);

/* ---- evidence for one person (evidence.c) ---- */

struct evidence {
	struct name_words words;
	unsigned last_from;     /* words from here on are the surname's; == n: not told apart */
	uint32_t dob;
	uint32_t addr;
	struct { uint64_t h; uint8_t kind; } id[24];
	unsigned ids;
	bool loose;             /* words of running text: that they do not agree says nothing */
};
/* The person all this speaks of, or FIND_NOBODY; *ret_confidence in percent. */
uint32_t evidence_person(const struct find_population *p, const struct evidence *v, unsigned *ret_confidence);

/* ---- words with a meaning of their own (words.c) ---- */

enum word_class {
	WORD_NONE,
	WORD_LABEL,  /* .arg: LABEL_x */
	WORD_PART,   /* first part of a label of two words; .arg: PART_x */
	WORD_STREET, /* street, avenue */
	WORD_STATE,  /* two letters */
	WORD_TITLE,  /* mr, mrs, ms: a name follows */
	WORD_DOCTOR, /* dr: a provider's name follows */
	WORD_TERM,   /* .arg: PERSON_x that it speaks of */
	WORD_UNIT,   /* mg, mcg: of a dose */
	WORD_MONTH,  /* .arg: 1..12 */
	WORD_SIGN,   /* sincerely */
	WORD_GIVEN,  /* a given name; .arg: GIVEN_x */
	WORD_FAMILY, /* a surname that is nothing else */
	WORD_CALLS,  /* "says", "named", "Hi", "son": a name follows; .arg: CALLS_x */
	WORD_THING,  /* hospital, disease, test: what stands before it is its name, and nobody's. Looked at behind a name only, as streets are behind a number */
	WORD_COMMON, /* what a sentence begins with, no name: looked at beside a name only */
};
enum given { GIVEN_WEAK, GIVEN_PAIR, GIVEN_ALONE }; /* names somebody with a surname that is one; with any word that may be one; by itself */
enum calls { CALLS_SAYS, CALLS_GREETS, CALLS_KIN, CALLS_LIVES };
enum label {
	LABEL_NONE, LABEL_SSN, LABEL_SSN4, LABEL_DOB, LABEL_MRN, LABEL_PHONE, LABEL_ADDRESS, LABEL_DL, LABEL_PASSPORT, LABEL_ROUTING, LABEL_ACCOUNT, LABEL_CARD, LABEL_NPI, LABEL_DEA, LABEL_MEMBER, LABEL_CLAIM, LABEL_MBI,
	LABEL_MEDICAID, LABEL_SERVICE, LABEL_DX, LABEL_LAB, LABEL_RX, LABEL_CPT, LABEL_NDC, LABEL_TIN, LABEL_USER, LABEL_PASSWORD, LABEL_SUBJECT, LABEL_SEX, LABEL_OTHER_PERSON, LABEL_UNIT, LABEL_ZIP,
};
enum part { PART_NONE, PART_SOCIAL, PART_MEDICAL, PART_DRIVER, PART_DATE, PART_TAX, PART_LAST, PART_NAME, PART_HEALTH, PART_SURNAME, PART_GIVEN };
struct word {
	uint64_t h;
	uint8_t class, arg;
	uint8_t after; /* PART_x that has to stand before it, 0: none */
};
extern const char find_given_names[], find_given_more[], find_given_pair[], find_given_weak[], find_family_names[];
#define WORDS_LOG 15
#define WORDS_MAP_LOG 18
#define NAMES_MAP_LOG 17
struct words {
	struct word slot[1 << WORDS_LOG];
	uint64_t map[1 << (WORDS_MAP_LOG - 6)]; /* a bit a hash: what is not there is told from the nearest cache */
	uint64_t names[1 << (NAMES_MAP_LOG - 6)]; /* the same of given names and surnames: asked for words with a capital only, so that prose costs nothing more; the first is nobody's */
	bool full;
};
const struct words *words_all(void); /* all lists: made once, for all searches of the program */
const struct word *words_there(const struct words *w, uint64_t h, unsigned nth);
static inline const struct word *words_look(const struct words *w, uint64_t h, unsigned nth) /* NULL: no more */
{
	uint64_t i = h >> (64 - WORDS_MAP_LOG);
	return w->map[i >> 6] >> (i & 63) & 1 ? words_there(w, h, nth) : NULL;
}
static inline const struct word *words_next(const struct words *w, const struct word *x) /* the next meaning of the same word; NULL: no more */
{
	uint64_t h = x->h;
	do
		x = x == &w->slot[ARRAY_LEN(w->slot) - 1] ? w->slot : x + 1;
	while (x->h && x->h != h);
	return x->h ? x : NULL;
}
static inline bool words_aside(int class) /* no marks of a text: looked for beside others only, names by a map of their own */
{
	return class == WORD_STREET || class == WORD_THING || class == WORD_COMMON || class == WORD_GIVEN || class == WORD_FAMILY;
}
bool words_us_state(const uint8_t two[2]);
bool words_zip_fits(const uint8_t state[2], const uint8_t zip[3]);

/* ---- marks: the words and numbers of a text that may matter (marks.c) ---- */

enum mark_kind { MARK_WORD, MARK_NUMBER, MARK_DIGITS, MARK_HIGH }; /* only letters; digits and letters; only digits; with bytes beyond ASCII */
#define MARK_NAME 1u  /* in the name of somebody who is known, as far as the map can tell */
#define MARK_MEANS 2u /* in the list of words, likewise */
struct mark {
	uint64_t h; /* of a word; 0 for numbers */
	uint32_t at;
	uint16_t len;
	uint8_t kind, is; /* is: MARK_NAME, MARK_MEANS of a word */
};
struct marks {
	struct mark *v;
	size_t n, cap;
	uint32_t *line; /* where the line feeds are */
	size_t lines, line_cap;
	const uint64_t *names; /* of struct words: words with a capital that are in it are marks, too (MARK_MEANS); NULL: none */
	bool no_memory;
};
/* All runs with digits in them, and those of letters of which one of two bits is set in map (1 << log pairs, by the hash's highest bits). */
void marks_make(struct slice text, const uint64_t *map, unsigned log, struct marks *ret);
void marks_make_plain(struct slice text, const uint64_t *map, unsigned log, struct marks *ret); /* the same on every processor */

/* ---- one document or record, before it is decided whose it is (document.c) ---- */

enum doc_need {
	NEED_NOTHING,
	NEED_PERSON,  /* told only in what is about a person, known or a stranger: words of clinical language, forms that many things have */
	NEED_BEARER,  /* told only when .bearer is in the document besides: a number that could be his by chance */
	NEED_STRANGER, /* told when no known person's name stands there */
	NEED_NOBODY,  /* told only when no known person is in the document */
	NEED_UNOWNED, /* told, and never as anybody's */
	NEED_DROPPED, /* not told: what it needs is not there */
};
struct doc_hit {
	uint64_t offset;
	uint32_t line, para;
	uint32_t person; /* told by the value itself, or FIND_NOBODY */
	uint32_t bearer;
	uint8_t element, confidence, need;
	bool other; /* in a line about somebody else: a guarantor, the next of kin */
	const char *rule;
};
struct doc_name { /* two words that known persons bear together, or a number of a known person */
	uint64_t offset, h;
	uint32_t line, para;
	uint32_t person[KEY_BEARERS];
	uint8_t n, kind;
	bool many;
	bool weak;    /* counts only when something else names the person */
	bool aside;   /* a doctor's, or under a letter: whom it is about only when nobody else is named */
	uint32_t who; /* decided */
	uint8_t confidence;
};
struct doc_date {
	uint64_t offset;
	uint32_t date, line, para;
	uint32_t other; /* the date with day and month changed about, where it can be read so; 0 */
	bool birth, service;
};
struct doc_subject { /* a line that says whom what follows is about */
	uint64_t offset;
	uint32_t line;
	struct name_words words;
	char name[96]; /* as written */
	uint8_t part;  /* of the name: PART_SURNAME, PART_GIVEN, PART_NAME (which of both is not said); 0: all of it */
	uint32_t who;
	uint8_t confidence;
	bool carried;  /* of the part before: decided and told */
};

/* How a document names a person; bits (present.c). */
#define NAMED_NUMBER 1u
#define NAMED_NAME 2u
#define NAMED_SUBJECT 4u
struct present_slot {
	uint32_t person; /* + 1; 0: empty */
	uint32_t how;
};
struct present {
	struct present_slot *slot;
	size_t mask, cap; /* mask 0: nobody */
};

/* What is asked for each hit of a paragraph, and is the same for all of them. */
struct doc_para {
	uint32_t para;
	bool persons_known, table_known, table;
	unsigned persons; /* 0, 1, 2: more than one */
	uint32_t who;     /* the one */
	unsigned confidence;
};

#define DOC_MAX 2048 /* hits, names, dates of a document: a longer one is decided in parts, each with the subject of the one before (what is compared is compared with each other) */

struct doc {
	struct doc_hit *hit;
	struct doc_name *name;
	struct doc_date *date;
	struct doc_subject *subject;
	size_t hits, names, dates, subjects, hit_cap, name_cap, date_cap, subject_cap;
	struct doc_subject last; /* whom the document that was decided last is about, as its end leaves it */
	bool has_last;
	bool no_memory;
	struct present present;
	struct doc_para now;
	uint32_t *seat;        /* a table of hits, while they are thinned */
	struct doc_hit *spare; /* while they are sorted */
	size_t seat_cap, spare_cap;
};

struct record_field {
	int role, who;
	struct slice text;
	uint64_t offset;
	uint64_t h;    /* of a number that is looked up: its key; 0: none */
	uint32_t soon; /* who seems to bear it, for what is sent for ahead; FIND_NOBODY */
};

struct find {
	const struct find_population *pop;
	struct find_options o;
	find_fn *hit;
	find_stranger_fn *stranger;
	void *arg;
	uint64_t *map;
	unsigned log;
	const struct words *words;
	struct marks marks;
	struct doc doc;
	uint32_t document; /* the current one's number */
	/* where in a text */
	uint32_t line, para, other_line;
	uint64_t opening, opening_first; /* hashes of the first words, and of the first, of the first line: a file of letters repeats it */
	uint8_t opening_letter;          /* the first word's, small */
	bool opening_known, blank_before;
	unsigned signed_lines; /* lines with something in them since "Sincerely"; 0: not signed */
	/* the record */
	bool in_record;
	struct arena *a;
	struct record_field *field;
	size_t fields, field_cap;
	unsigned whos; /* whose fields there are; bits of 1 << PERSON_SUBJECT ... */
	uint32_t record_person;
	bool record_names; /* its subject is named in it */
	unsigned record_confidence;
	struct buf member;
	uint32_t id_person; /* + 1: whose id was told last */
	struct slice id;
	uint32_t told[PERSON_ELEMENTS_N]; /* person of the last hit of each element + 1, in this document or record: the rest is told once */
};

bool present_begin(struct present *p, size_t most);             /* nobody, and room for `most` persons; false: no memory */
void present_add(struct present *p, uint32_t person, unsigned how); /* FIND_NOBODY: nothing */
unsigned present_how(const struct present *p, uint32_t person); /* 0: not named */

void doc_hit(struct find *f, const struct doc_hit *h);
void doc_name(struct find *f, const struct doc_name *n);
void doc_subject(struct find *f, const struct doc_subject *s);
int doc_end(struct find *f, struct err *e) MUST;       /* decides whose and tells all of it */
int doc_cut(struct find *f, struct err *e) MUST;       /* the same in the middle of one: whom it is about stays */
void record_decide(struct find *f);                    /* by the fields so far */
int record_end(struct find *f, struct err *e) MUST;    /* the same for a record's fields */
int find_tell(struct find *f, uint32_t person, int element, unsigned confidence, const char *rule, uint64_t offset, struct err *e) MUST;
int text_walk(struct find *f, struct slice text, uint64_t offset, struct err *e) MUST;

/* ---- a number in its line (number.c) ---- */

struct number_at {
	struct slice text; /* the whole piece */
	size_t at, end;    /* of the run with digits */
	int label;         /* LABEL_x that stands before it */
	bool digits;       /* the run is of digits alone */
	uint64_t offset;   /* of the piece */
};
/* What the number at n->at is; hits, names and dates go into the document. Returns where reading goes on: behind what belonged together. */
size_t number_read(struct find *f, const struct number_at *n);
void doc_date(struct find *f, const struct number_at *n, uint32_t date, uint32_t other); /* a date, with its label */

/* ---- names of persons nobody knows (stranger.c) ---- */

struct name_at {
	struct slice text;
	size_t at, end;  /* of the word */
	uint64_t offset; /* of the piece */
	size_t from;     /* what stands before it was read */
};
/* The word is a given name or a surname: whose name it is a part of, if of any. Returns where reading of names goes on. */
size_t stranger_name(struct find *f, const struct name_at *n);
/* The word says that a name follows (enum calls), or stands before. */
size_t stranger_called(struct find *f, const struct name_at *n, int how);
/* An address begins a line: a line of its own above it that may be somebody's name. */
void stranger_above(struct find *f, struct slice text, size_t at, uint64_t offset);

#endif
