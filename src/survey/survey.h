/* survey: a run of a case. Touched objects to files, files to what is found in them, what is found to persons.
 *
 * Objects (evidence) are looked for where the content lies, read (extract) and searched (find) by as many workers as are asked for; an element belongs to a known person, or to whomever its record or document names. Whom nobody knew,
 * the *strangers*, are told apart by linkage (link). All of it goes into an exposure (scope.h): person x element x touch x source.
 *
 * The same objects, content, population and decisions give the same result, whatever the number of workers. Knows no ledger; opens the files it is told of and no others, follows no link, writes nothing.
 */
#ifndef HOLDFAST_SURVEY_H
#define HOLDFAST_SURVEY_H

#include "evidence.h"
#include "extract.h"
#include "find.h"
#include "scope.h"

struct survey_root { /* where the files of the evidence lie now */
	const char *from; /* what their paths begin with in the evidence; "": found by looking for the longest part that they have in common */
	const char *to;   /* a folder */
};
/* Which names of a store may be those of touched objects: their last two parts, whatever the case. For a store from which only what is needed is taken. */
struct survey_names;
struct survey_names *survey_names_new(const struct evidence_fold *touched); /* NULL: no memory */
void survey_names_free(struct survey_names *n);
bool survey_names_have(const struct survey_names *n, struct slice path);

struct survey_job {
	const struct evidence_fold *touched;        /* finished */
	const struct find_population *population;   /* sealed; NULL: nobody is known, all are strangers */
	const struct scope_case *decided;           /* what was said of pairs; may be NULL */
	const struct survey_root *root;
	size_t root_n;
	const struct extract_limits *limits;
	unsigned threads;
	int this_year;
	bool day_first;
	/* From any worker, one at a time; not more often than each second. May be NULL. */
	void (*progress)(void *arg, const struct scope_count *read, const struct scope_estimate *e);
	void *arg;
};

/* NOT_A_FILE: a resource or an address, and it is told whose; UNRESOLVED: one, and it is not */
enum survey_object_state { SURVEY_READ, SURVEY_READ_IN_PART, SURVEY_NOT_FOUND, SURVEY_NOT_A_FILE, SURVEY_UNREADABLE, SURVEY_UNRESOLVED };
struct survey_object {
	size_t touched;           /* its number in the evidence: evidence_fold_at */
	struct slice path, host;  /* of the evidence, and valid as long as it is */
	enum evidence_level level;
	bool windows;
	char *file;               /* where it was read; NULL */
	enum survey_object_state state;
	bool acquired;
	int64_t same_as;          /* the object whose bytes are the same, and were read in its place; -1 */
	uint8_t sha256[32];
	uint64_t size;
	uint32_t hits, records, persons;
	int type;                 /* CONTENT_x */
	char *trouble;            /* lines: what in it could not be read, and why; NULL */
};
struct survey_person {
	struct slice id;
	bool stranger;
	uint32_t number;          /* in the exposure */
	uint32_t records;         /* of a stranger: how many records were found to be his */
	struct slice what;        /* of a stranger: subject, guarantor, kin, subscriber, anybody */
};
/* What a stranger's records say of him: the first that says each. role: PERSON_ROLE_x; the empty slice: nothing. */
struct survey;
int survey_run(const struct survey_job *job, struct survey **ret, struct err *e) MUST;
void survey_free(struct survey *f);
size_t survey_objects(const struct survey *f);
const struct survey_object *survey_object(const struct survey *f, size_t i); /* by path, then host */
struct scope_exposure *survey_exposure(struct survey *f);                   /* ended */
bool survey_stranger(const struct survey *f, uint32_t number, struct survey_person *ret);
struct slice survey_value(const struct survey *f, uint32_t number, int role);
int survey_language(const struct survey *f, uint32_t number);                /* person_language: as the first record that says it, of a known person or a stranger; PERSON_LANGUAGE_NOT_SAID */
/* Who is written to about somebody who is a minor, or has died: whom records name as parent or guardian (or, of a minor, as guarantor, or as the subscriber whose child it is), as next of kin, as personal representative. The nearest that is said, and of several the
 * first. Friends, employers and whoever is only to be called in an emergency are none. A letter does not need what he is called; it needs not to be somebody else. */
enum survey_relative_for { SURVEY_GUARDIAN, SURVEY_KIN, SURVEY_REPRESENTATIVE, SURVEY_RELATIVES };
struct slice survey_relative_value(const struct survey *f, uint32_t number, enum survey_relative_for purpose, int role); /* as survey_value; nobody is said: the empty slice */
unsigned survey_flags(const struct survey *f, uint32_t number);              /* SCOPE_PART2 ... of what stands in the files about him */
struct survey_grey { /* two strangers that may be one */
	struct slice a, b;     /* their records: what scope_case_pair takes */
	struct slice pa, pb;   /* the persons' ids */
	float weight;          /* link_pair */
	float probability;
	struct slice why;      /* link_explain: "last the same +9.1; dob but for a slip +3.0" */
	uint32_t ra, rb;       /* the records: for survey_record */
};
struct survey_record {
	const struct survey_object *object; /* where it stands */
	uint64_t offset, member;            /* and where in it; member 0: the file itself, else which of those in it */
	uint32_t number;                    /* the person's, in the exposure */
	uint32_t elements;                  /* found beside it */
	const char *who;                    /* subject, guarantor, kin, subscriber, anybody */
};
size_t survey_grey_n(const struct survey *f);
int survey_grey(struct survey *f, size_t i, struct survey_grey *ret, struct err *e) MUST;
void survey_record(const struct survey *f, uint32_t record, struct survey_record *ret);
struct slice survey_record_value(const struct survey *f, uint32_t record, int column, int *ret_role); /* column from 0; ret_role: PERSON_ROLE_x, -1 past the last. The empty slice: it does not say */
/* Next of kin, guarantors and subscribers of whom a record says nothing but the name: nothing of theirs was touched that anybody would be told of, and they are no persons of the case; as often as records name them, in the order of the files. */
struct survey_beside {
	const struct survey_object *object; /* where it stands */
	uint64_t offset;
	const char *who;                    /* guarantor, kin, subscriber */
	struct slice first, last, name;     /* name: as it was written whole, where its parts are not told apart */
};
size_t survey_beside_n(const struct survey *f);
void survey_beside(const struct survey *f, size_t i, struct survey_beside *ret);
struct survey_totals {
	uint64_t objects, listed, opened, accessed, acquired; /* of files; folders are not counted */
	uint64_t read, in_part, not_found, unreadable, same;
	uint64_t not_files, unresolved, unresolved_ids; /* objects that are no files (a FHIR resource, an address); of these: about nobody that could be told; different ids among them: each may be one more person, and high counts it */
	uint64_t bytes, hits, records, unattributed; /* unattributed: elements of nobody that could be told */
	uint64_t known, strangers, low, high;        /* persons: known, strangers; all with every grey pair one, with none */
	uint64_t point;                              /* each doubtful pair counted by its probability */
};
void survey_totals(const struct survey *f, struct survey_totals *ret);

#endif
