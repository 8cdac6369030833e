/* Between the files of a run. */
#ifndef HOLDFAST_SURVEY_INTERNAL_H
#define HOLDFAST_SURVEY_INTERNAL_H

#include "survey.h"

#define NONE UINT32_MAX

/* What linkage is given of a person that nobody knows, in this order; each a column of its own. A whole name or address stands behind its parts: linkage then takes it for them, and for nothing beside them. */
#define MENTION_ROLES(X)                                                                                                       \
	X(LAST) X(FIRST) X(MIDDLE) X(NAME) X(SUFFIX) X(MAIDEN) X(DOB) X(SEX) X(SSN) X(SSN4) X(MRN) X(PHONE) X(EMAIL) X(STREET) X(APT) X(CITY) X(STATE) X(ZIP) X(COUNTRY) X(ADDRESS) X(MEMBER) X(MBI) X(MEDICAID) X(DL) X(DEATH)
enum {
#define X(r) MENTION_##r,
	MENTION_ROLES(X)
#undef X
	MENTION_COLUMNS
};
int mention_column(int role); /* -1: linkage is not told of it */
int mention_role(int column);

/* Somebody whom a record or a text names and whom nobody knew. */
struct mention {
	uint64_t offset;
	uint32_t member;       /* number of the member in its object */
	uint32_t elements;     /* of his that were found and are nobody's else */
	uint16_t flags;
	uint8_t who;           /* PERSON_SUBJECT ... */
	bool known;            /* a known person after all: what is unattributed here is his */
	bool anchor;           /* a Patient of FHIR: `id` is his own, and others refer to it */
	uint8_t language;      /* person_language + 1; 0: not said */
	bool taken;            /* its reference led to somebody: what stands in it is his (survey_refs.c) */
	uint8_t kinship;       /* of a guarantor, next of kin, subscriber: PERSON_PARENT ... to whom the record is about */
	uint32_t subject;      /* and that is this mention, while the object is read; NONE */
	uint32_t person;       /* known: of the population. Else, once all are gathered: its number among all, or NONE */
	uint64_t id, number;   /* the id of whom it is about, hashed, and its key as a number (find_number_key); 0: it says none */
	uint32_t value[MENTION_COLUMNS]; /* offset in the object's text + 1; 0: not said. NUL-terminated there */
};
struct known { /* a known person in one object */
	uint32_t person, elements;
	uint16_t flags;
	uint8_t language;      /* as a mention's */
};
struct anchor { /* somebody's id in an export, and who that is */
	uint64_t id;
	uint32_t person;  /* of the population; NONE */
	uint32_t mention; /* else */
};
struct referring { /* elements of somebody of whom only an id is said */
	uint64_t id, number;
	uint32_t elements;
	uint16_t flags;
};
/* Whom a record names beside its person, with what a letter to a minor's parents or to the next of kin of somebody who has died asks for. Kept whether or not anything of his own was touched. */
struct relative {
	uint64_t id, number;  /* of whom he is a relative, where a record says an id only; as a mention's */
	uint32_t person;      /* of whom: of the population; NONE */
	uint32_t at, mention; /* else: that mention of that object (NONE: of its own); mention NONE: nobody that can be told */
	uint32_t value[MENTION_COLUMNS]; /* as a mention's, in the text of the object that it stands in */
	uint8_t who, kinship;
};
struct reading { /* what one object gave */
	struct mention *mention;
	uint32_t mentions, mention_room;
	struct known *known;
	uint32_t knowns, known_room;
	struct anchor *anchor;       /* by id */
	uint32_t anchors;
	struct referring *referring; /* by id, each once */
	uint32_t referrings;
	struct relative *relative; /* in the order of the records */
	uint32_t relatives;
	struct buf text;       /* values of mentions */
	uint64_t hits, unattributed, bytes, records;
};
struct object_index; /* the order in which objects are read */

struct survey {
	struct survey_object *object;
	struct reading *reading;
	size_t n;              /* those of the evidence */
	size_t aids;           /* behind them: files that were read only for who somebody is, and are not said to be touched */
	struct attached {      /* by object: elements of somebody whom a reference led to */
		uint32_t object, elements;
		uint32_t person;   /* of the population; NONE */
		uint32_t at, mention; /* else: that mention of that object */
		uint16_t flags;
	} *attached;
	size_t attached_n;
	struct relation { /* who is written to in somebody's place: the best of each purpose */
		uint32_t number;   /* in the exposure: of whom */
		uint32_t object, relative;
		uint8_t purpose, rank; /* enum survey_relative_for */
	} *relation;
	size_t relations;
	struct survey_totals totals;
	struct scope_exposure *exposure;
	uint16_t *flags;       /* by number in the exposure */
	uint8_t *language;     /* by the same: as a mention's */
	uint32_t flags_n;
	struct stranger {
		uint32_t number, records;
		uint32_t first, last; /* index in all; the others by next */
		uint8_t who;
	} *stranger;
	size_t strangers;
	uint32_t *next;        /* of all: the next record of the same stranger; NONE */
	uint32_t *stranger_of, stranger_numbers; /* by number in the exposure: index + 1 */
	struct place_of {      /* all mentions, in order */
		uint32_t object, mention;
	} *all;
	uint32_t *cluster;     /* of all: the stranger's index */
	size_t all_n;
	struct place_of *beside; /* mentions of whom a name alone is said, and that beside somebody: none of all */
	size_t beside_n;
	struct grey {
		uint32_t a, b;     /* in all */
		float weight, probability;
		char *why;
	} *grey;
	size_t greys;
	double settled;        /* of the probabilities of grey pairs that people have decided on */
	struct arena *a;
};

/* survey_objects.c: which objects are files that are read, and where they lie */
int objects_find(const struct survey_job *job, struct survey *f, struct err *e) MUST;
/* survey_read.c: one object. p: the searching, one a worker */
struct reader;
struct reader *reader_new(const struct survey_job *job);
void reader_free(struct reader *r);
int reader_read(struct reader *r, struct survey_object *o, struct reading *ret, struct err *e) MUST;
void reading_done(struct reading *r);
/* What the records of a mention say of who it is, as one number: name and date of birth, or an SSN; 0: too little. Linkage does better in the end. */
uint64_t likeness(const struct reading *g, const struct mention *m);
bool named_beside(const struct mention *m); /* a next of kin, guarantor, subscriber, and nothing is said of him but his name */
bool says_who(const struct mention *m); /* a name, or a number that one person has */
uint64_t id_hash(struct slice id);
/* survey_things.c: an object that is no file. False: its name speaks of nobody. */
struct thing {
	uint64_t id, number; /* of the patient: id_hash, find_number_key; 0: a resource of which the name does not say whose it is */
	uint32_t elements;
	bool fhir;
};
bool thing_of(struct slice path, struct thing *ret);
/* survey_refs.c: ids to persons, after everything was read */
int refs_follow(const struct survey_job *job, struct survey *f, struct err *e) MUST;
/* survey_kin.c: a field of somebody beside the record's person: which mention it belongs to, a new one where another person begins; what is kept of them when the object was read; and who is written to, once it is known who is who */
bool kin_begins(const struct reading *g, const struct mention *m, const struct extract_piece *p, bool relation_before);
int kin_keep(const struct survey_job *job, struct reading *g, struct err *e) MUST;
int kin_settle(struct survey *f, const struct find_population *population, struct err *e) MUST;
/* survey_persons.c: strangers by linkage, and everything into the exposure */
struct slice record_name(struct survey *f, uint32_t i); /* p NULL: no memory */
int persons_make(const struct survey_job *job, struct survey *f, struct err *e) MUST;

#endif
