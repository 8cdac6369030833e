/* A document: what was found in its text, and whose it is. Decided when it ends, as a letter says first the date and the address, then whom it is about.
 *
 * Order of what counts, for each hit: the number itself, when one person bears it; the persons of its line; of its paragraph, when there is only one and the paragraph is no table; the subject line before it ("RE:", "Patient:", "Name:"),
 * and when that names somebody who is not known, nobody; the record that the text stands in; the only person of the document. A paragraph is a table when the same kind of number stands in two of its lines. */
#include "find_internal.h"

#include <stdlib.h>

#define NEAR_LINES 3   /* a form's "Name:" and its "DOB:" */
#define FEW_DATES 16
#define PERSONS_MAX 64 /* of a document, that are told apart when asking for "the only one" */

static bool room(struct doc *d, void **v, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 256;
	while (more <= n)
		more *= 2;
	void *grown = reallocarray(*v, more, size);
	if (!grown) {
		d->no_memory = true;
		return false;
	}
	*v = grown;
	*cap = more;
	return true;
}

void doc_hit(struct find *f, const struct doc_hit *h)
{
	struct doc *d = &f->doc;
	if (!room(d, (void **)&d->hit, &d->hit_cap, d->hits, sizeof *d->hit))
		return;
	d->hit[d->hits] = *h;
	d->hit[d->hits++].other = f->other_line == h->line;
}

void doc_name(struct find *f, const struct doc_name *n)
{
	struct doc *d = &f->doc;
	if (!room(d, (void **)&d->name, &d->name_cap, d->names, sizeof *d->name))
		return;
	d->name[d->names] = *n;
	d->name[d->names++].who = FIND_NOBODY;
	if (n->n == 1)
		population_person_soon(f->pop, n->person[0]);
}

void doc_subject(struct find *f, const struct doc_subject *s)
{
	struct doc *d = &f->doc;
	if (room(d, (void **)&d->subject, &d->subject_cap, d->subjects, sizeof *d->subject))
		d->subject[d->subjects++] = *s;
}

void doc_date(struct find *f, const struct number_at *n, uint32_t date, uint32_t other)
{
	struct doc *d = &f->doc;
	struct doc_date x = {.offset = n->offset + n->at, .date = date, .other = other, .line = f->line, .para = f->para, .birth = n->label == LABEL_DOB, .service = n->label == LABEL_SERVICE};
	if (!room(d, (void **)&d->date, &d->date_cap, d->dates, sizeof *d->date))
		return;
	d->date[d->dates++] = x;
	if (!x.birth && !x.service)
		return;
	const struct doc_hit h = {.offset = x.offset, .line = x.line, .para = x.para, .person = FIND_NOBODY, .element = x.birth ? PERSON_DOB : PERSON_SERVICE_DATE, .confidence = x.birth ? 95 : 90, .rule = x.birth ? "label.dob" : "label.service"};
	doc_hit(f, &h);
}

/* ---- whom the names and numbers mean ---- */

static void decide(struct doc_name *n, uint32_t who, unsigned confidence)
{
	n->who = who;
	n->confidence = (uint8_t)confidence;
}

static bool near_line(uint32_t a, uint32_t b)
{
	return a <= b + NEAR_LINES && b <= a + NEAR_LINES;
}

static bool born_so(const struct find *f, struct doc_name *n, const struct doc_date *x)
{
	struct bearers b;
	population_look(f->pop, key_with(n->h, x->date), 1u << KEY_NAME_DOB, &b);
	if (!b.n && x->other)
		population_look(f->pop, key_with(n->h, x->other), 1u << KEY_NAME_DOB, &b);
	if (b.n != 1 || b.many)
		return false;
	decide(n, b.person[0], 98);
	return true;
}

static size_t first_date(const struct doc *d, uint32_t line)
{
	size_t lo = 0, hi = d->dates;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (d->date[mid].line < line)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t first_of_line(const struct doc *d, uint32_t line)
{
	size_t lo = 0, hi = d->names;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (d->name[mid].line < line)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* A name with a date in its line that is the birth date of just one who bears it: of several dates the first behind it, for two of one name may stand in one line. */
static bool by_date_of_line(const struct find *f, struct doc_name *n)
{
	const struct doc *d = &f->doc;
	size_t from = first_date(d, n->line);
	for (int behind = 1; behind >= 0; behind--)
		for (size_t i = from; i < d->dates && d->date[i].line == n->line; i++)
			if ((d->date[i].offset > n->offset) == behind && born_so(f, n, &d->date[i]))
				return true;
	return false;
}

static bool beside(const struct doc *d, const struct doc_name *n, const struct doc_date *x)
{
	return x->line != n->line && (x->para == n->para || near_line(x->line, n->line) || (x->birth && d->dates < FEW_DATES));
}

/* The same of a number in its line. */
static bool by_number_of_line(const struct doc *d, struct doc_name *n)
{
	uint32_t who = FIND_NOBODY;
	if (n->n < 2)
		return false;
	for (size_t i = first_of_line(d, n->line); i < d->names && d->name[i].line == n->line; i++)
		for (unsigned k = 0; d->name[i].kind != KEY_NAME && d->name[i].who != FIND_NOBODY && k < n->n; k++) {
			if (n->person[k] != d->name[i].who || who == d->name[i].who)
				continue;
			if (who != FIND_NOBODY)
				return false;
			who = d->name[i].who;
		}
	if (who != FIND_NOBODY)
		decide(n, who, 97);
	return who != FIND_NOBODY;
}

/* The same of a date near it, in its paragraph, or said to be a birth date in a document of few dates. Dates stand in the order of their lines; in a paragraph of very many (a table without blank lines) those far from the name are other
 * persons' and are not asked for: each would be a look into memory. */
static bool by_date_near(const struct find *f, struct doc_name *n)
{
	const struct doc *d = &f->doc;
	size_t own = first_date(d, n->line), from = 0, to = d->dates;
	if (d->dates >= FEW_DATES) {
		for (from = own; from && (near_line(d->date[from - 1].line, n->line) || (d->date[from - 1].para == n->para && own - from < FEW_DATES)); from--)
			continue;
		for (to = own; to < d->dates && (near_line(d->date[to].line, n->line) || (d->date[to].para == n->para && to - own < FEW_DATES)); to++)
			continue;
	}
	for (size_t i = from; i < to; i++)
		if (beside(d, n, &d->date[i]))
			population_soon(f->pop, key_with(n->h, d->date[i].date));
	for (size_t i = from; i < to; i++)
		if (beside(d, n, &d->date[i]) && born_so(f, n, &d->date[i]))
			return true;
	return false;
}

/* One of those who bear the name is named by a number in the same document. */
static bool by_number(const struct find *f, struct doc_name *n)
{
	uint32_t who = FIND_NOBODY;
	for (unsigned k = 0; k < n->n; k++) {
		if (n->person[k] == who || !(present_how(&f->doc.present, n->person[k]) & NAMED_NUMBER))
			continue;
		if (who != FIND_NOBODY)
			return false;
		who = n->person[k];
	}
	if (who == FIND_NOBODY)
		return false;
	decide(n, who, 97);
	return true;
}

/* The birth date that a line says, or the only one of the document. 0: none, or several. */
static uint32_t birth_near(const struct doc *d, uint32_t line)
{
	uint32_t only = 0;
	bool several = false;
	for (size_t i = 0; i < d->dates; i++) {
		if (!d->date[i].birth)
			continue;
		if (d->date[i].line == line)
			return d->date[i].date;
		several |= only && only != d->date[i].date;
		only = d->date[i].date;
	}
	return several ? 0 : only;
}

static void decide_name(const struct find *f, struct doc_name *n)
{
	static const struct name_words none = {.n = 0};
	const struct doc_name *before = n > f->doc.name ? n - 1 : NULL;
	for (unsigned k = 0; f->in_record && f->record_person != FIND_NOBODY && k < n->n; k++)
		if (n->person[k] == f->record_person) { /* whom the record is about by all that it says bears it */
			decide(n, f->record_person, f->record_confidence);
			return;
		}
	if (by_date_of_line(f, n) || by_number_of_line(&f->doc, n))
		return;
	for (unsigned k = 0; before && k < 16; k++) { /* the name again, when it was sure */
		if (before->h == n->h && before->who != FIND_NOBODY && before->confidence >= 97) {
			decide(n, before->who, before->confidence);
			return;
		}
		before = before > f->doc.name ? before - 1 : NULL;
	}
	if (by_date_near(f, n) || by_number(f, n) || n->n != 1 || n->many || n->weak)
		return;
	enum name_agree name;
	enum dob_agree dob;
	population_agree(f->pop, n->person[0], &none, birth_near(&f->doc, n->line), &name, &dob);
	if (dob != DOB_DIFFERS)
		decide(n, n->person[0], dob == DOB_ABSENT || dob == DOB_SILENT ? 70 : 90);
}

/* A number that several bear (a family's telephone), or that could be his by chance: his when one of its bearers is named besides. */
static void decide_shared(struct doc *d, struct doc_name *n)
{
	uint32_t who = FIND_NOBODY;
	for (unsigned k = 0; k < n->n; k++)
		if (present_how(&d->present, n->person[k])) {
			if (who != FIND_NOBODY)
				return;
			who = n->person[k];
		}
	if (who == FIND_NOBODY)
		return;
	decide(n, who, 90);
	present_add(&d->present, who, n->kind == KEY_NAME ? NAMED_NAME : NAMED_NUMBER);
}

/* All that stands with a subject line: its name, and what is said near it, or in the whole document when it has one subject only. */
static void decide_subject(const struct find *f, struct doc_subject *s, uint32_t until)
{
	const struct doc *d = &f->doc;
	struct evidence v = {.words = s->words};
	bool only = d->subjects == 1;
	unsigned sure;
	for (size_t i = 0; i < d->dates; i++)
		if ((d->date[i].birth || d->date[i].line == s->line) && !d->date[i].service && !v.dob && d->date[i].line >= s->line && d->date[i].line < until && (only || d->date[i].line <= s->line + NEAR_LINES))
			v.dob = d->date[i].date;
	for (size_t i = 0; i < d->names && v.ids < ARRAY_LEN(v.id); i++) {
		const struct doc_name *n = &d->name[i];
		if (n->kind == KEY_NAME || n->weak || !(only || (n->line >= s->line && n->line <= s->line + NEAR_LINES && n->line < until)))
			continue;
		v.id[v.ids++] = (typeof(v.id[0])){n->h, n->kind};
	}
	s->who = evidence_person(f->pop, &v, &sure);
	s->confidence = (uint8_t)sure;
	for (size_t i = 0; s->who == FIND_NOBODY && i < d->names; i++)
		if (d->name[i].line == s->line && d->name[i].kind == KEY_NAME && d->name[i].who != FIND_NOBODY) {
			s->who = d->name[i].who;
			s->confidence = d->name[i].confidence;
		}
}

/* A person's rows, then what they point to, are sent for together for all whom the document may name. */
static void rows_soon(const struct find *f)
{
	const struct find_population *p = f->pop;
	for (unsigned step = 0; step < 2; step++)
		for (size_t i = 0; i < f->doc.names; i++) {
			const struct doc_name *n = &f->doc.name[i];
			uint32_t person = n->person[0];
			if (n->n != 1 || (i && f->doc.name[i - 1].person[0] == person))
				continue;
			const struct pop_row *row = &p->row[p->first_row[person]];
			if (step == 0) {
				__builtin_prefetch(row);
				__builtin_prefetch(p->ids + p->id_at[person]);
			} else {
				__builtin_prefetch(p->names + row->name);
			}
		}
}

static void decide_all(struct find *f)
{
	struct doc *d = &f->doc;
	bool any = false;
	if (!present_begin(&d->present, d->names + d->subjects)) {
		d->no_memory = true;
		return;
	}
	rows_soon(f);
	for (size_t i = 0; i < d->names; i++)
		if (d->name[i].kind != KEY_NAME && d->name[i].n == 1 && !d->name[i].many && !d->name[i].weak) {
			decide(&d->name[i], d->name[i].person[0], 96);
			present_add(&d->present, d->name[i].who, NAMED_NUMBER);
		}
	for (size_t i = 0; i < d->names; i++)
		if (d->name[i].kind == KEY_NAME && !d->name[i].aside)
			decide_name(f, &d->name[i]);
	for (size_t i = 0; i < d->subjects; i++) {
		if (!d->subject[i].carried)
			decide_subject(f, &d->subject[i], i + 1 < d->subjects ? d->subject[i + 1].line : UINT32_MAX);
		present_add(&d->present, d->subject[i].who, NAMED_SUBJECT);
	}
	for (size_t i = 0; i < d->names; i++)
		any |= d->name[i].who != FIND_NOBODY;
	for (size_t i = 0; i < d->names; i++) {
		if (d->name[i].kind != KEY_NAME)
			continue;
		if (!any && d->name[i].aside)
			decide_name(f, &d->name[i]);
		present_add(&d->present, d->name[i].who, NAMED_NAME);
	}
	for (size_t i = 0; i < d->names; i++)
		if (d->name[i].who == FIND_NOBODY && (d->name[i].weak || d->name[i].n > 1))
			decide_shared(d, &d->name[i]);
}

/* ---- whose the hits are ---- */

struct owner {
	uint32_t who;
	unsigned confidence;
};

/* Of a line with several persons the one that stands before the hit, or the first. names: those count only that are named by their names: in a letter about somebody, another's number (a guarantor's) does not make the line his. */
static bool of_line(const struct doc *d, const struct doc_hit *h, bool names, struct owner *ret)
{
	bool any = false;
	for (size_t i = first_of_line(d, h->line); i < d->names && d->name[i].line == h->line; i++) {
		const struct doc_name *n = &d->name[i];
		if (n->who == FIND_NOBODY || (names && n->kind != KEY_NAME) || (any && n->offset > h->offset))
			continue;
		*ret = (struct owner){n->who, n->confidence};
		any = true;
	}
	return any;
}

static struct doc_para *para_now(struct doc *d, uint32_t para)
{
	if (d->now.para != para)
		d->now = (struct doc_para){.para = para};
	return &d->now;
}

/* 0: nobody, 1: one person (in ret), 2: more than one */
static unsigned of_para(struct doc *d, const struct doc_hit *h, struct owner *ret)
{
	struct doc_para *now = para_now(d, h->para);
	if (!now->persons_known) {
		size_t from = first_of_line(d, h->line);
		while (from && d->name[from - 1].para == h->para)
			from--;
		for (size_t i = from; i < d->names && d->name[i].para == h->para && now->persons < 2; i++) {
			if (d->name[i].who == FIND_NOBODY || (now->persons && now->who == d->name[i].who))
				continue;
			if (!now->persons++) {
				now->who = d->name[i].who;
				now->confidence = d->name[i].confidence;
			}
		}
		now->persons_known = true;
	}
	if (now->persons)
		*ret = (struct owner){now->who, now->confidence};
	return now->persons;
}

static bool one_a_person(int element)
{
	return PERSON_BIT(element) & (PERSON_BIT(PERSON_SSN) | PERSON_BIT(PERSON_SSN4) | PERSON_BIT(PERSON_DOB) | PERSON_BIT(PERSON_MRN) | PERSON_BIT(PERSON_MBI) | PERSON_BIT(PERSON_INS) | PERSON_BIT(PERSON_MEDICAID) | PERSON_BIT(PERSON_DL));
}

/* Does the same kind of number stand in two lines of h's paragraph? Hits stand in the order of their lines. */
static bool table(struct doc *d, size_t hit, size_t hits)
{
	uint32_t line[PERSON_ELEMENTS_N] = {0}, para = d->hit[hit].para;
	struct doc_para *now = para_now(d, para);
	size_t from = hit;
	if (now->table_known)
		return now->table;
	now->table_known = true;
	while (from && d->hit[from - 1].para == para)
		from--;
	for (size_t i = from; i < hits && d->hit[i].para == para && !now->table; i++) {
		int e = d->hit[i].element;
		if (!one_a_person(e))
			continue;
		now->table = line[e] && line[e] != d->hit[i].line;
		line[e] = d->hit[i].line;
	}
	return now->table;
}

static const struct doc_subject *subject_before(const struct doc *d, uint64_t offset, uint32_t line)
{
	size_t lo = 0, hi = d->subjects;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (d->subject[mid].line <= line)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo && d->subject[lo - 1].offset > offset && d->subject[lo - 1].line != line)
		lo--;
	return lo ? &d->subject[lo - 1] : NULL;
}

static struct owner owner_of(struct find *f, size_t hit, size_t hits, struct owner only, unsigned persons)
{
	struct doc *d = &f->doc;
	const struct doc_hit *h = &d->hit[hit];
	struct owner o = {FIND_NOBODY, 0};
	if (!f->pop)
		return o;
	const struct doc_subject *s = subject_before(d, h->offset, h->line);
	bool about = (s && s->who != FIND_NOBODY) || (!s && f->in_record && f->record_person != FIND_NOBODY);
	if (h->person != FIND_NOBODY && (!about || present_how(&d->present, h->person) & (NAMED_NAME | NAMED_SUBJECT))) /* by his name, or in a line that says whom it is about */
		return (struct owner){h->person, h->confidence};
	if (of_line(d, h, about, &o))
		return o;
	if (h->other)
		return (struct owner){h->person, h->confidence};
	if (f->in_record && f->record_person != FIND_NOBODY && !s)
		return (struct owner){f->record_person, f->record_confidence};
	if (s && about)
		return (struct owner){s->who, s->confidence};
	bool rows = table(d, hit, hits);
	if (!rows && of_para(d, h, &o) == 1)
		return o;
	if (s || rows)
		return (struct owner){FIND_NOBODY, 0};
	if (persons == 1)
		return only;
	if (d->subjects == 1)
		return (struct owner){d->subject[0].who, d->subject[0].confidence};
	return (struct owner){FIND_NOBODY, 0};
}

/* ---- telling ---- */

static bool comes_before(const struct doc_hit *x, const struct doc_hit *y)
{
	if (x->offset != y->offset)
		return x->offset < y->offset;
	if (x->person != y->person)
		return x->person < y->person;
	return x->element < y->element;
}

/* Two words of a longer name, of somebody who is known: the given name and the middle name are a whole name of others. */
static bool part_of_other(const struct doc *d, const struct doc_name *n)
{
	for (size_t i = first_of_line(d, n->line); i < d->names && d->name[i].line == n->line; i++)
		if (d->name[i].who != FIND_NOBODY && d->name[i].kind == KEY_NAME && d->name[i].offset <= n->offset + 40 && n->offset <= d->name[i].offset + 40)
			return true;
	return false;
}

/* Names as hits, those of the subject lines, too. */
static void add_names_and_dates(struct find *f)
{
	struct doc *d = &f->doc;
	for (size_t i = 0; i < d->names; i++) {
		const struct doc_name *n = &d->name[i];
		if (n->kind != KEY_NAME || (n->who == FIND_NOBODY && (n->weak || part_of_other(d, n))))
			continue;
		const struct doc_hit h = {.offset = n->offset, .line = n->line, .para = n->para, .person = n->who, .element = PERSON_NAME, .confidence = n->who == FIND_NOBODY ? 50 : n->confidence, .need = n->who == FIND_NOBODY ? NEED_NOBODY : 0, .rule = "known.name"};
		doc_hit(f, &h);
	}
	for (size_t i = 0; i < d->subjects; i++) {
		const struct doc_subject *s = &d->subject[i];
		if (s->carried)
			continue;
		const struct doc_hit h = {.offset = s->offset, .line = s->line, .person = s->who, .element = PERSON_NAME, .confidence = s->who == FIND_NOBODY ? 80 : s->confidence, .rule = "label.subject"};
		doc_hit(f, &h);
	}
}

static bool born_on(const struct find_population *p, uint32_t person, uint32_t date)
{
	for (uint32_t i = p->first_row[person]; i < p->first_row[person + 1]; i++)
		if (p->row[i].dob == date)
			return true;
	return false;
}

/* Does a name that is told anyway stand at, or around, this place? */
static bool told_name(const struct doc *d, const struct doc_hit *h)
{
	for (size_t i = first_of_line(d, h->line); i < d->names && d->name[i].line == h->line; i++)
		if (d->name[i].kind == KEY_NAME && d->name[i].offset <= h->offset + 24 && h->offset <= d->name[i].offset + 40)
			return true;
	for (size_t i = 0; i < d->subjects; i++)
		if (d->subject[i].line == h->line && d->subject[i].offset <= h->offset && h->offset < d->subject[i].offset + strlen(d->subject[i].name) + 8)
			return true;
	return false;
}

/* Is what stands here about a person who is named, though nobody knows him? */
static bool about_somebody(const struct find *f, const struct doc_hit *h)
{
	const struct doc_subject *s = subject_before(&f->doc, h->offset, h->line);
	return s ? s->words.n > 0 : f->in_record && f->record_names;
}

static void own_all(struct find *f)
{
	struct doc *d = &f->doc;
	struct owner only = {FIND_NOBODY, 0};
	unsigned persons = 0;
	size_t n = d->hits;
	for (size_t i = 0; i < d->names + d->subjects && persons < 2; i++) {
		uint32_t who = i < d->names ? d->name[i].who : d->subject[i - d->names].who;
		if (who == FIND_NOBODY || (persons && who == only.who))
			continue;
		persons++;
		only = (struct owner){who, i < d->names ? d->name[i].confidence : d->subject[i - d->names].confidence};
	}
	d->now = (struct doc_para){.para = 0}; /* paragraphs are counted from 1 */
	/* for the next part, when this is one: the last subject, else the only person */
	d->has_last = d->subjects || (persons == 1 && !f->in_record);
	if (d->subjects)
		d->last = d->subject[d->subjects - 1];
	else
		d->last = (struct doc_subject){.who = only.who, .confidence = (uint8_t)only.confidence};
	for (size_t i = 0; f->pop && i < d->dates; i++) { /* a date without a label: a hit once it is seen whose birth date it is */
		const struct doc_date *x = &d->date[i];
		struct doc_hit h = {.offset = x->offset, .line = x->line, .para = x->para, .person = FIND_NOBODY, .element = PERSON_DOB, .confidence = 92, .rule = "known.dob"};
		if (x->birth || x->service)
			continue;
		struct owner o = {FIND_NOBODY, 0};
		const struct doc_subject *s = subject_before(d, x->offset, x->line);
		if (!of_line(d, &h, false, &o) && of_para(d, &h, &o) != 1)
			o.who = s ? s->who : f->in_record ? f->record_person : persons == 1 ? only.who : FIND_NOBODY;
		bool born = o.who != FIND_NOBODY && born_on(f->pop, o.who, x->date), swapped = !born && o.who != FIND_NOBODY && x->other && born_on(f->pop, o.who, x->other);
		if (!born && !swapped)
			continue;
		if (swapped)
			h.confidence = 85;
		h.person = o.who;
		doc_hit(f, &h);
	}
	for (size_t i = 0; i < n; i++) {
		struct doc_hit *h = &d->hit[i];
		struct owner o = h->need == NEED_STRANGER || h->need == NEED_UNOWNED ? (struct owner){FIND_NOBODY, 0} : owner_of(f, i, n, only, persons);
		bool drop = (h->need == NEED_PERSON && o.who == FIND_NOBODY && !about_somebody(f, h)) || (h->need == NEED_BEARER && !present_how(&d->present, h->bearer)) || (h->need == NEED_NOBODY && persons) || (h->need == NEED_STRANGER && told_name(d, h));
		if (h->need == NEED_BEARER && !drop)
			o = (struct owner){h->bearer, 90};
		if (drop)
			h->need = NEED_DROPPED;
		else if (o.who != FIND_NOBODY && h->person != o.who && o.confidence && o.confidence < h->confidence)
			h->confidence = (uint8_t)o.confidence;
		h->bearer = o.who; /* not into person yet: the others are decided by what each says itself */
	}
	for (size_t i = 0; i < n; i++)
		if (d->hit[i].need != NEED_DROPPED)
			d->hit[i].person = d->hit[i].bearer;
}

/* Hits come in the order of the text but for names and dates, which are added at the end: a few runs that are in order, and so they are merged, pair by pair, until there is one. */
static bool sort_hits(struct doc *d, size_t n)
{
	for (;;) {
		struct doc_hit *v = d->hit, *out;
		size_t i = 1;
		while (i < n && !comes_before(&v[i], &v[i - 1]))
			i++;
		if (i >= n)
			return true;
		if (!room(d, (void **)&d->spare, &d->spare_cap, n - 1, sizeof *d->spare))
			return false;
		out = d->spare;
		for (size_t a = 0; a < n;) {
			size_t b = a + 1, end;
			while (b < n && !comes_before(&v[b], &v[b - 1]))
				b++;
			for (end = b + (b < n); end < n && !comes_before(&v[end], &v[end - 1]);)
				end++;
			for (size_t mid = b; a < mid || b < end;)
				*out++ = b == end || (a < mid && !comes_before(&v[b], &v[a])) ? v[a++] : v[b++];
			a = end;
		}
		size_t cap = d->hit_cap;
		d->hit = d->spare;
		d->hit_cap = d->spare_cap;
		d->spare = v;
		d->spare_cap = cap;
	}
}

static bool same_hit(const struct find *f, const struct doc_hit *a, const struct doc_hit *b)
{
	return a->person == b->person && a->element == b->element && (a->offset == b->offset || (a->person != FIND_NOBODY && !f->o.all));
}

/* Places of one element of one person, known or nobody, where all places are told: beside each other, once they are in order. */
static size_t thin_places(struct doc *d, size_t n)
{
	size_t out = 0;
	for (size_t i = 0; i < n; i++) {
		struct doc_hit *h = &d->hit[i], *had = out ? &d->hit[out - 1] : NULL;
		if (had && had->offset == h->offset && had->person == h->person && had->element == h->element) {
			if (h->confidence > had->confidence)
				*had = *h;
		} else {
			d->hit[out++] = *h;
		}
	}
	return out;
}

/* The same place and element once; of a known person each element once, where it is surest. In the order of their places. ret_n: how many are left. */
static bool thin(struct find *f, size_t n, size_t *ret_n)
{
	struct doc *d = &f->doc;
	size_t out = 0, seats = 32;
	if (!f->pop || f->o.all) {
		if (!sort_hits(d, n))
			return false;
		*ret_n = thin_places(d, n);
		return true;
	}
	while (seats < n * 2)
		seats *= 2;
	if (!room(d, (void **)&d->seat, &d->seat_cap, seats - 1, sizeof *d->seat))
		return false;
	memset(d->seat, 0, seats * sizeof *d->seat);
	for (size_t i = 0; i < n; i++) {
		const struct doc_hit h = d->hit[i];
		bool each = h.person == FIND_NOBODY;
		size_t k = (size_t)key_mix(((uint64_t)h.person << 8 | h.element) ^ (each ? h.offset << 40 ^ h.offset * UINT64_C(0x9e3779b97f4a7c15) : 0)) & (seats - 1);
		while (d->seat[k] && !same_hit(f, &d->hit[d->seat[k] - 1], &h))
			k = (k + 1) & (seats - 1);
		if (!d->seat[k]) {
			d->hit[out++] = h;
			d->seat[k] = (uint32_t)out;
			continue;
		}
		struct doc_hit *had = &d->hit[d->seat[k] - 1];
		if (h.confidence > had->confidence || (h.confidence == had->confidence && h.offset < had->offset))
			*had = h;
	}
	*ret_n = out;
	return sort_hits(d, out);
}

static int tell_strangers(struct find *f, struct err *e)
{
	int r = 0;
	for (size_t i = 0; f->stranger && r == 0 && i < f->doc.subjects; i++) {
		const struct doc_subject *x = &f->doc.subject[i];
		const struct find_stranger s = {"subject", slice_str(x->name), x->offset, buf_slice(&f->member), f->document};
		if (x->who == FIND_NOBODY && !x->carried)
			r = f->stranger(f->arg, &s, e);
	}
	return r;
}

int doc_end(struct find *f, struct err *e)
{
	struct doc *d = &f->doc;
	size_t n = 0;
	int r = 0;
	if (!d->hits && !d->names && !d->dates && !d->subjects && !d->no_memory) { /* a record of fields alone */
		d->has_last = false;
		f->other_line = 0;
		f->document++;
		return 0;
	}
	if (f->pop)
		decide_all(f);
	own_all(f);
	add_names_and_dates(f);
	if (d->no_memory)
		return err_set(e, ERR_MEMORY, NULL, "there is no memory to scan a text");
	for (size_t i = 0; i < d->hits; i++)
		if (d->hit[i].need != NEED_DROPPED && !(d->hit[i].need == NEED_NOBODY && d->hit[i].element == PERSON_NAME && d->hit[i].person == FIND_NOBODY && f->in_record && f->record_person != FIND_NOBODY))
			d->hit[n++] = d->hit[i];
	if (!thin(f, n, &n))
		return err_set(e, ERR_MEMORY, NULL, "there is no memory to scan a text");
	memset(f->told, 0, sizeof f->told);
	r = tell_strangers(f, e); /* before what is theirs */
	for (size_t i = 0; r == 0 && i < n; i++)
		r = find_tell(f, d->hit[i].person, d->hit[i].element, d->hit[i].confidence, d->hit[i].rule, d->hit[i].offset, e);
	d->hits = d->names = d->dates = d->subjects = 0;
	f->other_line = 0;
	f->document++;
	return r;
}

int doc_cut(struct find *f, struct err *e)
{
	if (f->in_record)
		record_decide(f);
	int r = doc_end(f, e);
	f->document--; /* it goes on */
	if (r == 0 && f->doc.has_last)
		doc_subject(f, &(const struct doc_subject){.offset = f->doc.last.offset, .line = f->doc.last.line, .who = f->doc.last.who, .confidence = f->doc.last.confidence, .carried = true});
	return r;
}
