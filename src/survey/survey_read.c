/* One touched file: its pieces to the search, what was found back to the records it stands in.
 *
 * The search says of each element whose it is, where it is somebody known. Where nobody is, it belongs to the record or document in which it stands, and so to whomever that names: a *mention*, of whom linkage later says who is who. */
#include "survey_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT_KEPT ((size_t)1 << 20) /* of a document's text, to read a value where the search found one */

struct spot { /* what stands from here on belongs to this mention */
	uint64_t offset;
	uint32_t member, mention;
	uint32_t subject; /* of a provider's field, where mention is NONE: whose record it stands in */
};
struct reader {
	const struct survey_job *job;
	struct find *find;
	struct reading *out;
	struct spot *spot;
	size_t spots, spot_room;
	uint32_t member;             /* number of the current one */
	struct buf member_name;
	uint32_t at[PERSON_ANYBODY + 1]; /* the current record's mentions, by who; NONE */
	bool in_record;
	int relation_before;         /* whose relation the field before was; -1: another's field, or none */
	struct buf text;             /* the current document's, outside of records */
	uint64_t text_offset;
	uint32_t document;           /* the search's number of the document that is being told */
	struct about {               /* whom that is about, as far as nobody knew him; by where he is named */
		uint64_t offset;
		uint32_t mention;
	} *about;
	size_t abouts, about_room;
	struct buf trouble;
	bool no_memory;
};

static const int roles[] = {
#define X(r) PERSON_ROLE_##r,
	MENTION_ROLES(X)
#undef X
};

int mention_role(int column)
{
	return roles[column];
}

int mention_column(int role)
{
	for (int i = 0; i < MENTION_COLUMNS; i++)
		if (roles[i] == role)
			return i;
	return -1;
}

void reading_done(struct reading *r)
{
	free(r->mention);
	free(r->known);
	free(r->anchor);
	free(r->referring);
	free(r->relative);
	buf_done(&r->text);
	*r = (struct reading){0};
}

/* ---- growing ---- */

static bool room(void *pv, size_t n, size_t *have, size_t size)
{
	void **v = pv;
	if (n < *have)
		return true;
	size_t more = *have ? *have * 2 : 32;
	void *m = reallocarray(*v, more, size);
	if (!m)
		return false;
	*v = m;
	*have = more;
	return true;
}

static uint32_t new_mention(struct reader *r, int who, uint64_t offset)
{
	struct reading *o = r->out;
	size_t have = o->mention_room;
	if (!room(&o->mention, o->mentions, &have, sizeof *o->mention)) {
		r->no_memory = true;
		return NONE;
	}
	o->mention_room = (uint32_t)have;
	o->mention[o->mentions] = (struct mention){.offset = offset, .member = r->member, .who = (uint8_t)who, .person = NONE, .subject = NONE};
	return o->mentions++;
}

static void mark(struct reader *r, uint64_t offset, uint32_t mention)
{
	uint32_t subject = mention == NONE && r->in_record ? r->at[PERSON_SUBJECT] : NONE;
	if (r->spots && r->spot[r->spots - 1].mention == mention && r->spot[r->spots - 1].subject == subject && r->spot[r->spots - 1].member == r->member)
		return;
	if (!room(&r->spot, r->spots, &r->spot_room, sizeof *r->spot)) {
		r->no_memory = true;
		return;
	}
	r->spot[r->spots++] = (struct spot){offset, r->member, mention, subject};
}

static void value(struct reader *r, uint32_t mention, int role, struct slice text)
{
	int c = mention_column(role);
	struct reading *o = r->out;
	text = slice_trim(text);
	if (mention == NONE || c < 0 || !text.n || text.n > 512 || o->mention[mention].value[c] || memchr(text.p, 0, text.n))
		return;
	o->mention[mention].value[c] = (uint32_t)o->text.n + 1;
	buf_add_slice(&o->text, text);
	buf_u8(&o->text, 0);
}

uint64_t id_hash(struct slice id)
{
	uint64_t h = 1469598103934665603u;
	for (size_t i = 0; i < id.n; i++)
		h = (h ^ id.p[i]) * 1099511628211u;
	h ^= h >> 31;
	return id.n ? h | 1 : 0;
}

/* FHIR says of whom a resource is by the Patient's id: "Patient/7", "urn:uuid:7", "https://x/Patient/7/_history/2". The Patient himself has it as his own. */
static void note_id(struct mention *m, struct slice name, struct slice text)
{
	const struct slice history = SLICE("/_history/");
	const uint8_t *h = text.n > history.n ? memmem(text.p, text.n, history.p, history.n) : NULL;
	bool own = slice_eq_str(name, "Patient.id"), refers = name.n > 10 && !memcmp(name.p + name.n - 10, ".reference", 10);
	if ((!own && !refers) || m->anchor)
		return;
	if (refers) {
		if (!slice_starts(text, "urn:") && !memmem(text.p, text.n, "Patient/", 8))
			return;
		text.n = h ? (size_t)(h - text.p) : text.n;
		for (size_t i = text.n; i > 0; i--)
			if (text.p[i - 1] == '/' || text.p[i - 1] == ':') {
				text = slice_of(text.p + i, text.n - i);
				break;
			}
	}
	m->anchor = own;
	m->id = id_hash(text);
	m->number = find_number_key(text);
}

static void speaks(struct mention *m, struct slice text)
{
	int language = m->language ? PERSON_LANGUAGE_NOT_SAID : person_language(text);
	if (language >= 0)
		m->language = (uint8_t)(language + 1);
}

/* ---- pieces ---- */

static int begin_document(struct reader *r)
{
	r->in_record = false;
	r->relation_before = -1;
	r->abouts = 0;
	buf_reset(&r->text);
	for (size_t i = 0; i < ARRAY_LEN(r->at); i++)
		r->at[i] = NONE;
	return 0;
}

/* Next of kin, guarantors, subscribers: a record may name several, and each is a person of his own. */
static void beside(struct reader *r, int who, const struct extract_piece *p)
{
	int header = who == PERSON_KIN ? person_kinship(p->name) : PERSON_KINSHIP_NOT_SAID, said = p->role == PERSON_ROLE_RELATION ? person_kinship(p->text) : PERSON_KINSHIP_NOT_SAID;
	if (r->at[who] == NONE || kin_begins(r->out, &r->out->mention[r->at[who]], p, r->relation_before == who)) {
		r->at[who] = new_mention(r, who, p->offset);
		if (r->at[who] == NONE)
			return;
		r->out->mention[r->at[who]].subject = r->in_record ? r->at[PERSON_SUBJECT] : NONE;
		r->out->mention[r->at[who]].kinship = (uint8_t)header;
	}
	struct mention *m = &r->out->mention[r->at[who]];
	if (said != PERSON_KINSHIP_NOT_SAID && (m->kinship == PERSON_KINSHIP_NOT_SAID || (m->kinship == PERSON_CONTACT && said != PERSON_SELF) || (m->kinship == PERSON_RELATIVE && said > PERSON_RELATIVE)))
		m->kinship = (uint8_t)said; /* the emergency contact is the mother; a friend stays one */
	r->relation_before = p->role == PERSON_ROLE_RELATION ? who : -1;
}

static int field(struct reader *r, const struct extract_piece *p, struct err *e)
{
	int who = p->who >= 0 && p->who <= PERSON_ANYBODY ? p->who : PERSON_ANYBODY;
	unsigned flags = p->role == PERSON_ROLE_DIAGNOSIS ? scope_flags_of_code(p->text) | scope_flags_of_text(p->text) : p->role == PERSON_ROLE_MEDICATION || p->role == PERSON_ROLE_LAB || p->role == PERSON_ROLE_TREATMENT ? scope_flags_of_text(p->text) : 0;
	if (p->role == PERSON_ROLE_GENETIC)
		flags |= SCOPE_GENETIC;
	if (p->role == PERSON_ROLE_BEHAVIORAL)
		flags |= SCOPE_MENTAL;
	if (who == PERSON_PROVIDER_WHO || who == PERSON_STAFF) { /* at work, and nobody whom this is about */
		mark(r, p->offset, NONE);
	} else {
		if (who == PERSON_KIN || who == PERSON_GUARANTOR || who == PERSON_SUBSCRIBER)
			beside(r, who, p);
		else if (r->at[who] == NONE)
			r->at[who] = new_mention(r, who, p->offset);
		if (r->at[who] != NONE) {
			value(r, r->at[who], p->role, p->text);
			if (p->role == PERSON_ROLE_LANGUAGE)
				speaks(&r->out->mention[r->at[who]], p->text);
			if (p->role == PERSON_ROLE_ID && who == PERSON_SUBJECT)
				note_id(&r->out->mention[r->at[who]], p->name, p->text);
			r->out->mention[r->at[who]].flags |= (uint16_t)flags;
		}
		mark(r, p->offset, r->at[who]);
	}
	return p->role == PERSON_ROLE_NOTE ? find_text(r->find, p->text, p->offset, e) : find_field(r->find, p->role, p->who, p->text, p->offset, e);
}

/* Of a text the last million bytes: a value is read where the search found one, and it is told at the end of a letter, not of the file. */
static void keep_text(struct reader *r, const struct extract_piece *p)
{
	if (r->text.n && r->text_offset + r->text.n != p->offset)
		buf_reset(&r->text);
	if (r->text.n > TEXT_KEPT) {
		size_t gone = r->text.n - TEXT_KEPT / 2;
		memmove(r->text.p, r->text.p + gone, r->text.n - gone);
		r->text.n -= gone;
		r->text_offset += gone;
	}
	if (!r->text.n)
		r->text_offset = p->offset;
	buf_add_slice(&r->text, p->text);
}

static int piece(void *arg, const struct extract_piece *p, struct err *e)
{
	struct reader *r = arg;
	int code;
	r->out->bytes += p->text.n;
	if (r->no_memory)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	switch (p->kind) {
	case EXTRACT_MEMBER: /* what stood before is told first, and belongs there */
		code = find_member(r->find, p->member.n ? p->member : p->text, e);
		r->member++;
		begin_document(r);
		return code;
	case EXTRACT_RECORD:
		code = find_record(r->find, p->member, e);
		begin_document(r);
		r->in_record = true;
		r->out->records++;
		r->at[PERSON_SUBJECT] = new_mention(r, PERSON_SUBJECT, p->offset);
		mark(r, p->offset, r->at[PERSON_SUBJECT]);
		return code;
	case EXTRACT_FIELD:
		return field(r, p, e);
	default:
		break;
	}
	if (r->in_record) {
		mark(r, p->offset, r->at[PERSON_SUBJECT]);
		if (r->at[PERSON_SUBJECT] != NONE)
			r->out->mention[r->at[PERSON_SUBJECT]].flags |= (uint16_t)scope_flags_of_text(p->text);
	} else {
		keep_text(r, p);
	}
	return find_text(r->find, p->text, p->offset, e);
}

/* ---- what was found ---- */

static uint32_t mention_at(const struct reader *r, uint32_t member, uint64_t offset, bool provider)
{
	size_t lo = 0, hi = r->spots; /* the last one that is not behind it */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct spot *s = &r->spot[mid];
		if (s->member < member || (s->member == member && s->offset <= offset))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || r->spot[lo - 1].member != member)
		return NONE;
	return provider && r->spot[lo - 1].mention == NONE ? r->spot[lo - 1].subject : r->spot[lo - 1].mention; /* who treated is the patient's */
}

static int add_known(struct reader *r, uint32_t person, uint32_t elements)
{
	struct reading *o = r->out;
	size_t have = o->known_room;
	for (uint32_t i = o->knowns, k = 0; i-- > 0 && k < 8; k++)
		if (o->known[i].person == person) {
			o->known[i].elements |= elements;
			return 0;
		}
	if (!room(&o->known, o->knowns, &have, sizeof *o->known))
		return ERR_MEMORY;
	o->known_room = (uint32_t)have;
	o->known[o->knowns++] = (struct known){.person = person, .elements = elements};
	return 0;
}

static const struct {
	int element, role;
} told[] = {{PERSON_DOB, PERSON_ROLE_DOB}, {PERSON_SSN, PERSON_ROLE_SSN}, {PERSON_SSN4, PERSON_ROLE_SSN4}, {PERSON_PHONE, PERSON_ROLE_PHONE}, {PERSON_EMAIL, PERSON_ROLE_EMAIL}, {PERSON_MRN, PERSON_ROLE_MRN}, {PERSON_INS, PERSON_ROLE_MEMBER}, {PERSON_MBI, PERSON_ROLE_MBI}, {PERSON_MEDICAID, PERSON_ROLE_MEDICAID}};

/* In a text: what stands at a hit, as far as it can be one value. */
static void told_at(struct reader *r, uint32_t mention, const struct find_hit *h)
{
	if (h->offset < r->text_offset || h->offset - r->text_offset >= r->text.n)
		return;
	size_t at = (size_t)(h->offset - r->text_offset), n = 0;
	struct slice t = buf_slice(&r->text);
	bool words = h->element == PERSON_DOB || h->element == PERSON_PHONE || h->element == PERSON_SSN;
	while (at + n < t.n && n < 24 && t.p[at + n] > ' ' - (words ? 1 : 0) && !strchr("\r\n\t;|<>\"", t.p[at + n]))
		n++;
	struct slice v = slice_of(t.p + at, n);
	while (v.n && strchr(".,:)", v.p[v.n - 1]))
		v.n--;
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		struct person_date d;
		char digits[16];
		if (told[i].element != h->element)
			continue;
		if (h->element == PERSON_DOB) { /* the longest beginning that is a date */
			while (v.n >= 6 && !person_date(v, r->job->day_first, r->job->this_year, &d, NULL))
				v.n--;
			if (v.n < 6)
				return;
		} else if (h->element == PERSON_SSN) {
			while (v.n >= 9 && !person_digits(v, 9, digits))
				v.n--;
			if (v.n < 9)
				return;
		}
		value(r, mention, told[i].role, v);
	}
}

/* Whom a place in a text is about: who was named last before it, else whom the document names first (an address stands above "RE:"). */
static uint32_t about(const struct reader *r, const struct find_hit *h)
{
	uint32_t m = NONE;
	if (h->document != r->document)
		return NONE;
	for (size_t i = 0; i < r->abouts; i++)
		if (m == NONE || r->about[i].offset <= h->offset)
			m = r->about[i].mention;
	return m;
}

static int hit(void *arg, const struct find_hit *h, struct err *e)
{
	struct reader *r = arg;
	struct reading *o = r->out;
	if (h->element < 0 || h->element >= PERSON_ELEMENTS_N)
		return 0;
	uint32_t bit = PERSON_BIT(h->element), m = mention_at(r, r->member, h->offset, h->element == PERSON_PROVIDER);
	o->hits++;
	if (h->person != FIND_NOBODY) {
		if (m != NONE && !o->mention[m].known && o->mention[m].who == PERSON_SUBJECT) { /* whose record it is */
			o->mention[m].known = true;
			o->mention[m].person = h->person;
		}
		return add_known(r, h->person, bit) < 0 ? err_set(e, ERR_MEMORY, NULL, "no memory") : 0;
	}
	if (m == NONE && !r->in_record)
		m = about(r, h);
	if (m == NONE) {
		o->unattributed++;
		return 0;
	}
	o->mention[m].elements |= bit;
	if (!r->in_record)
		told_at(r, m, h);
	return 0;
}

/* Somebody whom a text names, outside of records. */
static int stranger(void *arg, const struct find_stranger *s, struct err *e)
{
	struct reader *r = arg;
	if (r->in_record || !s->name.n || !strcmp(s->what, "provider") || !strcmp(s->what, "staff"))
		return 0;
	uint32_t m = new_mention(r, !strcmp(s->what, "subject") ? PERSON_SUBJECT : !strcmp(s->what, "kin") ? PERSON_KIN : !strcmp(s->what, "guarantor") ? PERSON_GUARANTOR : !strcmp(s->what, "subscriber") ? PERSON_SUBSCRIBER : PERSON_ANYBODY, s->offset);
	if (m == NONE)
		return 0;
	value(r, m, PERSON_ROLE_NAME, s->name);
	r->out->mention[m].elements |= PERSON_BIT(PERSON_NAME);
	if (s->document != r->document)
		r->abouts = 0;
	r->document = s->document;
	if (!room(&r->about, r->abouts, &r->about_room, sizeof *r->about))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	r->about[r->abouts++] = (struct about){s->offset, m};
	return 0;
}

static void trouble(void *arg, const struct extract_trouble *t)
{
	struct reader *r = arg;
	if (r->trouble.n > 4000)
		return;
	if (t->member.n) {
		buf_add_slice(&r->trouble, t->member);
		buf_str(&r->trouble, ": ");
	}
	buf_str(&r->trouble, t->why);
	buf_u8(&r->trouble, '\n');
}

/* ---- one ---- */

struct reader *reader_new(const struct survey_job *job)
{
	struct reader *r = calloc(1, sizeof *r);
	const struct find_options o = {.this_year = job->this_year, .day_first = job->day_first};
	if (!r)
		return NULL;
	r->job = job;
	buf_init(&r->text, TEXT_KEPT + EXTRACT_PIECE_MAX);
	buf_init(&r->trouble, 1 << 16);
	buf_init(&r->member_name, 1 << 16);
	r->find = find_new(job->population, &o, hit, stranger, r);
	if (!r->find) {
		reader_free(r);
		return NULL;
	}
	return r;
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	find_free(r->find);
	buf_done(&r->text);
	buf_done(&r->trouble);
	buf_done(&r->member_name);
	free(r->spot);
	free(r->about);
	free(r);
}

static int by_person(const void *pa, const void *pb)
{
	const struct known *a = pa, *b = pb;
	return a->person < b->person ? -1 : a->person > b->person;
}

static int by_id(const void *pa, const void *pb)
{
	const struct referring *a = pa, *b = pb;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int by_anchor(const void *pa, const void *pb)
{
	const struct anchor *a = pa, *b = pb;
	return a->id != b->id ? a->id < b->id ? -1 : 1 : a->mention < b->mention ? -1 : a->mention > b->mention;
}

/* Ids apart from mentions: whose they are, and what is said of nobody but an id, once each. Anchors name their mention by where it will stand. */
static int settle_ids(struct reading *o, struct err *e)
{
	uint32_t anchors = 0, referrings = 0, at = 0;
	for (uint32_t i = 0; i < o->mentions; i++) {
		const struct mention *m = &o->mention[i];
		anchors += m->id && m->anchor;
		referrings += m->id && !m->anchor && !m->known && m->elements && !says_who(m);
	}
	if (anchors && !(o->anchor = calloc(anchors, sizeof *o->anchor)))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (referrings && !(o->referring = calloc(referrings, sizeof *o->referring)))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint32_t i = 0; i < o->mentions; i++) {
		struct mention *m = &o->mention[i];
		if (m->id && m->anchor && (m->known || m->elements))
			o->anchor[o->anchors++] = (struct anchor){m->id, m->known ? m->person : NONE, m->known ? NONE : at};
		if (m->id && !m->anchor && !m->known && m->elements && !says_who(m)) {
			o->referring[o->referrings++] = (struct referring){m->id, m->number, m->elements, m->flags};
			m->elements = 0;
		}
		at += !m->known && m->elements;
	}
	if (o->anchors)
		qsort(o->anchor, o->anchors, sizeof *o->anchor, by_anchor);
	if (o->referrings)
		qsort(o->referring, o->referrings, sizeof *o->referring, by_id);
	uint32_t n = 0;
	for (uint32_t i = 0; i < o->referrings; i++)
		if (n && o->referring[n - 1].id == o->referring[i].id) {
			o->referring[n - 1].elements |= o->referring[i].elements;
			o->referring[n - 1].flags |= o->referring[i].flags;
		} else {
			o->referring[n++] = o->referring[i];
		}
	o->referrings = n;
	return 0;
}

/* Room for what stays, and no more: with a list most records are somebody's on it, and what they said of him is not needed any longer. */
static int shrink(struct reading *o, struct err *e)
{
	struct buf text;
	buf_init(&text, UINT32_MAX / 2);
	for (uint32_t i = 0; i < o->mentions; i++)
		for (int c = 0; c < MENTION_COLUMNS; c++)
			if (o->mention[i].value[c]) {
				const char *v = (const char *)o->text.p + o->mention[i].value[c] - 1;
				o->mention[i].value[c] = (uint32_t)text.n + 1;
				buf_add(&text, v, strlen(v) + 1);
			}
	for (uint32_t i = 0; i < o->relatives; i++)
		for (int c = 0; c < MENTION_COLUMNS; c++)
			if (o->relative[i].value[c]) {
				const char *v = (const char *)o->text.p + o->relative[i].value[c] - 1;
				o->relative[i].value[c] = (uint32_t)text.n + 1;
				buf_add(&text, v, strlen(v) + 1);
			}
	if (!buf_ok(&text)) {
		int code = buf_code(&text);
		buf_done(&text);
		return err_set(e, code, NULL, "no memory");
	}
	buf_done(&o->text);
	o->text = text;
	struct mention *m = o->mentions ? realloc(o->mention, o->mentions * sizeof *m) : NULL;
	if (!m && !o->mentions)
		free(o->mention);
	o->mention = m || !o->mentions ? m : o->mention; /* what cannot be made smaller stays large */
	o->mention_room = m || !o->mentions ? o->mentions : o->mention_room;
	struct known *k = o->knowns ? realloc(o->known, o->knowns * sizeof *k) : NULL;
	if (k) {
		o->known = k;
		o->known_room = o->knowns;
	}
	return 0;
}

/* Known persons once each; of records that are a known person's the rest goes to him; mentions of nothing go. */
static int settle(struct reader *r, struct err *e)
{
	struct reading *o = r->out;
	for (uint32_t i = 0; i < o->mentions; i++) {
		struct mention *m = &o->mention[i];
		if (!m->known)
			continue;
		if (add_known(r, m->person, m->elements) < 0)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		for (uint32_t k = o->knowns; k-- > 0;)
			if (o->known[k].person == m->person) {
				o->known[k].flags |= m->flags;
				o->known[k].language = o->known[k].language ? o->known[k].language : m->language;
				break;
			}
	}
	if (o->knowns)
		qsort(o->known, o->knowns, sizeof *o->known, by_person);
	uint32_t n = 0;
	for (uint32_t i = 0; i < o->knowns; i++)
		if (n && o->known[n - 1].person == o->known[i].person) {
			o->known[n - 1].elements |= o->known[i].elements;
			o->known[n - 1].flags |= o->known[i].flags;
			o->known[n - 1].language = o->known[n - 1].language ? o->known[n - 1].language : o->known[i].language;
		} else {
			o->known[n++] = o->known[i];
		}
	o->knowns = n;
	n = 0;
	if (kin_keep(r->job, o, e) < 0 || settle_ids(o, e) < 0)
		return ERR_MEMORY;
	for (uint32_t i = 0, k = 0; i < o->mentions; i++) {
		bool stays = !o->mention[i].known && o->mention[i].elements;
		for (; k < o->relatives && o->relative[k].mention <= i; k++) /* in the order of whose they are */
			o->relative[k].mention = stays ? n : NONE;
		if (stays)
			o->mention[n++] = o->mention[i];
	}
	o->mentions = n;
	if (!buf_ok(&o->text))
		return err_set(e, buf_code(&o->text), NULL, "more is said of strangers in one file than fits");
	return shrink(o, e);
}

/* What it was called when it was touched: a file that was given another name since (.locked, .old) is still what its own name promised. */
static struct slice name_of(const struct survey_object *o)
{
	size_t i = o->path.n;
	while (i && o->path.p[i - 1] != '/' && o->path.p[i - 1] != '\\')
		i--;
	return slice_of(o->path.p + i, o->path.n - i);
}

int reader_read(struct reader *r, struct survey_object *o, struct reading *ret, struct err *e)
{
	struct extract_report report = {0};
	AUTO_CLOSE int fd = open(o->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	r->out = ret;
	r->spots = 0;
	r->member = 0;
	r->no_memory = false;
	begin_document(r);
	buf_reset(&r->trouble);
	buf_init(&ret->text, UINT32_MAX / 2);
	if (fd < 0) {
		o->state = SURVEY_UNREADABLE;
		o->trouble = strdup(errno == EACCES ? "may not be read\n" : "cannot be opened\n");
		return 0;
	}
	int r1 = find_file(r->find, name_of(o), e);
	if (r1 == 0)
		r1 = extract_file(fd, name_of(o), r->job->limits, piece, trouble, r, &report, e);
	int r2 = r1 < 0 ? 0 : find_end(r->find, e);
	r1 = r1 < 0 ? r1 : r2;
	if (r1 == 0)
		r1 = settle(r, e);
	if (r1 == ERR_MEMORY)
		return r1;
	o->type = report.type;
	o->size = report.size;
	memcpy(o->sha256, report.sha256, sizeof o->sha256);
	o->hits = (uint32_t)ret->hits;
	o->records = (uint32_t)ret->records;
	o->state = r1 < 0 ? SURVEY_UNREADABLE : report.troubles || r->trouble.n ? SURVEY_READ_IN_PART : SURVEY_READ;
	if (r1 < 0) {
		buf_str(&r->trouble, e->text);
		buf_u8(&r->trouble, '\n');
		*e = (struct err){0};
	}
	o->trouble = r->trouble.n ? strndup((const char *)r->trouble.p, r->trouble.n) : NULL;
	return 0;
}
