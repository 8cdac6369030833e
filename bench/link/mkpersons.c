/* bench/link/mkpersons [-s SEED] [-t TRUTH.csv] [-p PERSONS.csv] [-k RECORDS -D DIR [-f csv|hl7|fhir|text|mix] [-b FIRST] [-n EACH]] NAMES N > RECORDS.csv
 *
 * N persons who do not exist, and the records that eight hospitals would keep about them: 1.8 a person, with the mistakes that records have. The truth goes to TRUTH.csv (rec_id,person_id), the persons as they are to
 * PERSONS.csv (person_id first; a second chart number is a second row). With -D, documents of EACH (30) records are written below DIR (RECORDS of them, from the FIRST on), and DIR/truth.csv says whose record with which data elements
 * stands in which file: rec_id,person_id,elements (bits of src/person, hexadecimal),file.
 *
 * NAMES is a folder with the Census' lists of 1990 (dist.all.last, dist.female.first, dist.male.first: name, per cent, cumulated, rank) and nicknames.csv (name,"has_nickname",name).
 *
 * Everything is a function of (SEED, N): a person is made again from its number whenever one is needed, nothing is kept. Households share name, address, telephone and an insurance number that ends in -01, -02 ...; there are twins,
 * fathers and sons of one name, marriages, moves, nicknames, hyphens, names the wrong way round, slips of the finger, days and months changed about, 1 January for "nobody asked", social security numbers that are missing, cut to four
 * digits, the guarantor's, a clerk's 999-99-9999. How often: near what was published of pairs of records of one person in registrations (social security number differs or is missing in half, middle name in 58 %; misspelt names).
 * It is a model and no hospital: English names, no tails (the lists end at 90 % of all bearers). Only libc. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static void die(const char *fmt, ...)
{
	va_list v;
	va_start(v, fmt);
	fprintf(stderr, "mkpersons: ");
	vfprintf(stderr, fmt, v);
	fprintf(stderr, "\n");
	va_end(v);
	exit(2);
}

/* ---- chance: a stream of numbers for each (seed, what, which) ---- */

static uint64_t seed = 1;

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

struct rng {
	uint64_t s;
};

static struct rng rng_of(const char *what, uint64_t which)
{
	uint64_t h = seed * UINT64_C(0x9e3779b97f4a7c15);
	for (const char *c = what; *c; c++)
		h = mix(h ^ (uint64_t)*c);
	return (struct rng){mix(h ^ which * UINT64_C(0xd1342543de82ef95))};
}

static uint64_t next(struct rng *r)
{
	r->s += UINT64_C(0x9e3779b97f4a7c15);
	return mix(r->s);
}

static unsigned below(struct rng *r, unsigned n)
{
	return (unsigned)((next(r) >> 32) * n >> 32);
}

static bool chance(struct rng *r, double p)
{
	return (double)(next(r) >> 11) * 0x1p-53 < p;
}

/* A permutation of 0..n-1 and its inverse: four Feistel rounds over the next even number of bits, walked until it falls inside. */
static uint64_t feistel(uint64_t x, unsigned half, uint64_t key, bool back)
{
	uint64_t mask = (UINT64_C(1) << half) - 1, l = x >> half, r = x & mask;
	for (int i = 0; i < 4; i++) {
		if (back) {
			uint64_t t = l;
			l = (r ^ mix((key + (uint64_t)(3 - i) * 7919) ^ l << 3)) & mask;
			r = t;
		} else {
			uint64_t t = r;
			r = (l ^ mix((key + (uint64_t)i * 7919) ^ r << 3)) & mask;
			l = t;
		}
	}
	return l << half | r;
}

static uint64_t permute(const char *what, uint64_t x, uint64_t n, bool back)
{
	unsigned half = 1;
	while ((UINT64_C(1) << 2 * half) < n)
		half++;
	uint64_t key = rng_of(what, 0).s;
	do
		x = feistel(x, half, key, back);
	while (x >= n);
	return x;
}

/* ---- names ---- */

struct list {
	char (*name)[20];
	double *upto;
	size_t n;
};
static struct list lasts, females, males;
struct nick {
	char a[20], b[20];
};
static struct nick *nicks;
static size_t nick_n;

static FILE *in_folder(const char *dir, const char *file)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, file);
	FILE *f = fopen(path, "r");
	if (!f)
		die("%s: %s", path, strerror(errno));
	return f;
}

static void load(struct list *l, const char *dir, const char *file)
{
	FILE *f = in_folder(dir, file);
	char name[64];
	double freq, upto;
	unsigned rank;
	size_t cap = 0;
	while (fscanf(f, "%63s %lf %lf %u", name, &freq, &upto, &rank) == 4) {
		if (l->n == cap) {
			cap = cap ? cap * 2 : 1024;
			l->name = realloc(l->name, cap * sizeof *l->name);
			l->upto = realloc(l->upto, cap * sizeof *l->upto);
			if (!l->name || !l->upto)
				die("no memory");
		}
		snprintf(l->name[l->n], sizeof *l->name, "%.19s", name);
		l->upto[l->n] = (l->n ? l->upto[l->n - 1] : 0) + (freq > 0 ? freq : 0.0005);
		l->n++;
	}
	fclose(f);
	if (!l->n)
		die("%s/%s holds no names", dir, file);
}

static int nick_cmp(const void *a, const void *b)
{
	return strcmp(((const struct nick *)a)->a, ((const struct nick *)b)->a);
}

static void load_nicks(const char *dir)
{
	FILE *f = in_folder(dir, "nicknames.csv");
	char line[256];
	size_t cap = 0;
	while (fgets(line, sizeof line, f)) {
		char a[64], b[64];
		if (sscanf(line, "%63[^,],has_nickname,%63[^,\r\n]", a, b) != 2 || strlen(a) > 19 || strlen(b) > 19)
			continue;
		if (nick_n == cap) {
			cap = cap ? cap * 2 : 1024;
			nicks = realloc(nicks, cap * sizeof *nicks);
			if (!nicks)
				die("no memory");
		}
		for (char *c = a; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		for (char *c = b; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		snprintf(nicks[nick_n].a, 20, "%.19s", a);
		snprintf(nicks[nick_n++].b, 20, "%.19s", b);
	}
	fclose(f);
	qsort(nicks, nick_n, sizeof *nicks, nick_cmp);
}

static const char *pick(const struct list *l, struct rng *r)
{
	double x = (double)(next(r) >> 11) * 0x1p-53 * l->upto[l->n - 1];
	size_t lo = 0, hi = l->n - 1;
	while (lo < hi) {
		size_t m = (lo + hi) / 2;
		if (l->upto[m] > x)
			hi = m;
		else
			lo = m + 1;
	}
	return l->name[lo];
}

static const char *nickname(const char *first, struct rng *r)
{
	size_t lo = 0, hi = nick_n;
	while (lo < hi) {
		size_t m = (lo + hi) / 2;
		if (strcmp(nicks[m].a, first) < 0)
			lo = m + 1;
		else
			hi = m;
	}
	size_t k = lo;
	while (k < nick_n && !strcmp(nicks[k].a, first))
		k++;
	return k > lo ? nicks[lo + below(r, (unsigned)(k - lo))].b : NULL;
}

/* ---- places, payers, hospitals ---- */

struct place {
	const char *city, *state;
	unsigned zip; /* the first three digits */
	unsigned area;
};
static const struct place places[] = {{"New York", "NY", 100, 212}, {"Los Angeles", "CA", 900, 213}, {"Chicago", "IL", 606, 312}, {"Houston", "TX", 770, 713}, {"Phoenix", "AZ", 850, 602}, {"Philadelphia", "PA", 191, 215}, {"San Diego", "CA", 921, 619}, {"Dallas", "TX", 752, 214}, {"Jacksonville", "FL", 322, 904}, {"Columbus", "OH", 432, 614}, {"Seattle", "WA", 981, 206}, {"Denver", "CO", 802, 303}, {"Boston", "MA", 21, 617}, {"Nashville", "TN", 372, 615}, {"Detroit", "MI", 482, 313}, {"Portland", "OR", 972, 503}, {"Memphis", "TN", 381, 901}, {"Atlanta", "GA", 303, 404}, {"Miami", "FL", 331, 305}, {"Tampa", "FL", 336, 813}, {"Wichita", "KS", 672, 316}, {"Kansas City", "MO", 641, 816}, {"Baltimore", "MD", 212, 410}, {"Milwaukee", "WI", 532, 414}, {"Tucson", "AZ", 857, 520}, {"Sacramento", "CA", 958, 916}, {"Omaha", "NE", 681, 402}, {"Tulsa", "OK", 741, 918}, {"Cleveland", "OH", 441, 216}, {"Honolulu", "HI", 968, 808}, {"Newark", "NJ", 71, 973}, {"Pittsburgh", "PA", 152, 412}, {"Hartford", "CT", 61, 860}, {"Providence", "RI", 29, 401}, {"Indianapolis", "IN", 462, 317}, {"Charlotte", "NC", 282, 704}};
static const char *const streets[][2] = {{"Street", "St"}, {"Avenue", "Ave"}, {"Road", "Rd"}, {"Drive", "Dr"}, {"Lane", "Ln"}, {"Court", "Ct"}, {"Circle", "Cir"}, {"Place", "Pl"}, {"Boulevard", "Blvd"}, {"Way", "Way"}};
static const char *const payers[] = {"Aetna", "Anthem", "Cigna", "Humana", "Molina", "Centene", "Kaiser", "UnitedHealthcare"};

/* How a hospital writes: upper case or not, which dates, which numbers. */
struct hospital {
	const char *code;
	bool upper;
	int dates; /* 0: 1964-03-07, 1: 03/07/1964, 2: 19640307 */
};
static const struct hospital hospitals[] = {{"NOR", false, 1}, {"LAK", true, 0}, {"STV", false, 2}, {"UNI", false, 1}, {"RIV", true, 0}, {"ORT", false, 2}, {"MEM", true, 1}, {"CHI", false, 2}};

/* ---- persons ---- */

static uint64_t persons_n;

struct date {
	int y, m, d;
};
struct address {
	char street[48], apt[12];
	const struct place *place;
	unsigned zip; /* five digits */
};
struct person {
	uint64_t id, house;
	unsigned seat, seats; /* which of the household */
	bool female, child, married;
	const char *first, *last, *maiden /* NULL: none other */, *middle;
	const char *suffix;
	struct date dob;
	char ssn[10], guarantor[10]; /* the first adult's */
	struct address at, before;
	char phone[11], old_phone[11], own_phone[11], email[72], member[24], mbi[12], medicaid[11], dl[16], account[11], card[17];
	const char *payer;
	unsigned home; /* hospital */
};

/* A block of eight persons, cut into households one of these ways. */
static const uint8_t cuts[][8] = {{1, 1, 2, 4}, {2, 2, 3, 1}, {5, 3}, {1, 1, 1, 2, 3}, {4, 2, 1, 1}, {1, 2, 1, 4}, {2, 1, 5}, {1, 1, 1, 1, 2, 2}};

static void seat_of(uint64_t id, uint64_t *house, unsigned *seat, unsigned *seats)
{
	struct rng r = rng_of("cut", id / 8);
	const uint8_t *cut = cuts[below(&r, ARRAY_LEN(cuts))];
	unsigned at = (unsigned)(id % 8), from = 0, k = 0;
	while (at >= from + cut[k])
		from += cut[k++];
	*house = id / 8 * 8 + from; /* the household's first person */
	*seat = at - from;
	*seats = cut[k];
}

static void ssn_of(uint64_t id, char out[10])
{
	/* areas 001-899 without 666, groups 01-99, serials 0001-9999 */
	uint64_t x = permute("ssn", id, UINT64_C(898) * 99 * 9999, false);
	unsigned area = (unsigned)(x / (99 * 9999)) + 1, group = (unsigned)(x / 9999 % 99) + 1, serial = (unsigned)(x % 9999) + 1;
	snprintf(out, 10, "%03u%02u%04u", (area >= 666 ? area + 1 : area) % 1000, group % 100, serial % 10000);
}

static void date_in(struct rng *r, int from, int to, struct date *d)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	d->y = from + (int)below(r, (unsigned)(to - from + 1));
	d->m = 1 + (int)below(r, 12);
	d->d = 1 + (int)below(r, (unsigned)days[d->m - 1]);
}

/* SMITH is written Smith, MCSWAIN McSwain. */
static void titled(const char *in, char *out, size_t size)
{
	size_t n = 0;
	bool up = true;
	for (; *in && n + 1 < size; in++) {
		out[n++] = up ? (char)toupper((unsigned char)*in) : (char)tolower((unsigned char)*in);
		up = !isalpha((unsigned char)*in) || (n == 2 && out[0] == 'M' && out[1] == 'c');
	}
	out[n] = 0;
}

static void address_of(uint64_t key, struct address *a)
{
	struct rng r = rng_of("address", key);
	char name[24];
	titled(pick(&lasts, &r), name, sizeof name);
	a->place = &places[below(&r, ARRAY_LEN(places))];
	a->zip = a->place->zip * 100 + below(&r, 100);
	snprintf(a->street, sizeof a->street, "%u %s %s", 1 + below(&r, 9999), name, streets[below(&r, ARRAY_LEN(streets))][0]);
	a->apt[0] = 0;
	if (chance(&r, 0.16))
		snprintf(a->apt, sizeof a->apt, "Apt %u", 1 + below(&r, 60));
}

static void phone_of(uint64_t key, const struct place *p, char out[11])
{
	struct rng r = rng_of("phone", key);
	snprintf(out, 11, "%03u%03u%04u", p->area % 1000, 200 + below(&r, 800), below(&r, 10000));
}

static void luhn_close(char *digits, size_t n)
{
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)(digits[n - 1 - i] - '0');
		d = i % 2 == 0 ? d * 2 : d;
		sum += d > 9 ? d - 9 : d;
	}
	digits[n] = (char)('0' + (10 - sum % 10) % 10);
	digits[n + 1] = 0;
}

static void numbers_of(struct person *p, struct rng *r)
{
	static const char letters[] = "ACDEFGHJKMNPQRTUVWXY"; /* CMS: without S L O I B Z */
	const unsigned L = sizeof letters - 1;
	struct rng h = rng_of("payer", p->house);
	unsigned payer = below(&h, ARRAY_LEN(payers));
	p->payer = payers[payer];
	snprintf(p->member, sizeof p->member, "%cW%010llu-%02u", 'A' + payer, (unsigned long long)(permute("member", p->house, UINT64_C(10000000000), false)), p->seat + 1);
	p->mbi[0] = p->medicaid[0] = 0;
	if (p->dob.y < 1958 || chance(r, 0.03))
		snprintf(p->mbi, sizeof p->mbi, "%u%c%u%u%c%u%u%c%c%u%u", 1 + below(r, 9), letters[below(r, L)], below(r, 10), below(r, 10), letters[below(r, L)], below(r, 10), below(r, 10), letters[below(r, L)], letters[below(r, L)], below(r, 10), below(r, 10));
	if (chance(r, 0.25))
		snprintf(p->medicaid, sizeof p->medicaid, "%010llu", (unsigned long long)permute("medicaid", p->id, UINT64_C(10000000000), false));
	snprintf(p->dl, sizeof p->dl, "%c%012llu", 'A' + (p->last[0] - 'A' + 26) % 26, (unsigned long long)permute("dl", p->id, UINT64_C(1000000000000), false));
	snprintf(p->account, sizeof p->account, "%010llu", (unsigned long long)permute("account", p->id, UINT64_C(10000000000), false));
	snprintf(p->card, sizeof p->card, "4%014llu", (unsigned long long)permute("card", p->id, UINT64_C(100000000000000), false));
	luhn_close(p->card, 15);
}

static void household_of(struct person *p, struct rng *r)
{
	struct rng h = rng_of("house", p->house);
	const char *family = pick(&lasts, &h);
	unsigned man_first = below(&h, 2);
	int year = 1930 + (int)below(&h, 66);
	bool twins = chance(&h, 0.06), namesake = chance(&h, 0.08);
	const char *father = pick(&males, &h);
	struct date d;
	date_in(&h, year, year, &d);
	p->last = family;
	p->maiden = NULL;
	p->suffix = "";
	p->married = p->seats >= 2 && p->seat < 2;
	p->child = p->seat >= 2;
	p->female = p->child ? below(r, 2) : (p->seat + man_first) % 2;
	if (p->seat == 0)
		p->dob = d;
	else if (p->seat == 1)
		date_in(r, year - 6, year + 6, &p->dob);
	else {
		unsigned seat = twins && p->seat == 3 ? 2 : p->seat; /* the fourth was born with the third */
		struct rng c = rng_of("child", p->house * 8 + seat);
		int from = year + 20 < 2020 ? year + 20 : 2015;
		date_in(&c, from, from + 16 < 2022 ? from + 16 : 2022, &p->dob);
	}
	p->first = pick(p->female ? &females : &males, r);
	if (p->female && p->married) {
		p->maiden = pick(&lasts, r);
		if (chance(r, 0.15)) { /* she kept it */
			p->last = p->maiden;
			p->maiden = family;
		}
	}
	if (p->seats >= 3 && namesake && !p->female && (p->seat < 2 || p->seat == 2)) {
		p->first = father;
		p->suffix = p->seat < 2 ? "Sr" : "Jr";
	}
}

static void person_of(uint64_t id, struct person *p)
{
	struct rng r = rng_of("person", id);
	memset(p, 0, sizeof *p);
	p->id = id;
	seat_of(id, &p->house, &p->seat, &p->seats);
	household_of(p, &r);
	p->middle = pick(p->female ? &females : &males, &r);
	ssn_of(id, p->ssn);
	ssn_of(p->house, p->guarantor);
	address_of(p->house * 2, &p->at);
	address_of(p->house * 2 + 1, &p->before);
	phone_of(p->house * 4, p->at.place, p->phone);
	phone_of(p->house * 4 + 1, p->before.place, p->old_phone);
	phone_of(id * 4 + 2 + UINT64_C(0x100000000000), p->at.place, p->own_phone);
	snprintf(p->email, sizeof p->email, "%s.%s%u@%s", p->first, p->last, below(&r, 1000), (const char *const[]){"example.com", "example.org", "example.net", "mail.example.com"}[below(&r, 4)]);
	for (char *c = p->email; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	numbers_of(p, &r);
	p->home = below(&r, ARRAY_LEN(hospitals));
}

/* ---- records ---- */

enum kind { REGISTRATION, NOTE, CLAIM, LAB, BILLING, STAFF, KINDS };
static const char *const kinds[] = {"registration", "note", "claim", "lab", "billing", "staff"};

struct record {
	uint64_t id;
	const struct person *p;
	enum kind kind;
	const struct hospital *h;
	uint32_t elements; /* of src/person */
	char mrn[16], last[48], first[24], middle[24], suffix[8], dob[16], sex[2], ssn[16], street[64], apt[12], city[24], state[4], zip[8], phone[20], email[72], member[24], mbi[12], medicaid[12], dl[16], aba[10], account[12], card[20], claim[16], npi[12], service[16];
	const char *payer, *dx, *dx_name, *med, *loinc, *lab_name, *cpt;
	char value[8];
	struct date when;
};

enum { NAME = 1, SSN = 2, DOB = 8, ADDRESS = 16, PHONE = 32, EMAIL = 64, DL = 128, ACCOUNT = 256, CARD = 512, MRN = 1024, DX = 2048, LABR = 4096, MED = 8192, CPT = 16384, PROVIDER = 32768, CLAIMNO = 65536, INS = 131072, MBI = 262144, MEDICAID = 524288, SSN4 = 1048576, SERVICE = 2097152, SEX = 4194304 };

static void slip(char *s, struct rng *r) /* of the finger: one letter wrong, gone, doubled, or two changed about */
{
	static const char near[] = "SNVFRGHJUKLMBOIPQWTDYXBZAE"; /* a neighbour of A B C ... */
	size_t n = strlen(s);
	if (n < 3)
		return;
	size_t i = 1 + below(r, (unsigned)n - 1);
	switch (below(r, 4)) {
	case 0:
		if (isdigit((unsigned char)s[i]))
			s[i] = (char)('0' + ((s[i] - '0') + 1 + (int)below(r, 9)) % 10);
		else if (isalpha((unsigned char)s[i]))
			s[i] = (char)((s[i] & 0x20) | near[toupper((unsigned char)s[i]) - 'A']);
		break;
	case 1:
		memmove(s + i, s + i + 1, n - i);
		break;
	case 2:
		if (isalpha((unsigned char)s[i]))
			memmove(s + i + 1, s + i, n - i + 1); /* the buffers have room for one more */
		break;
	default:
		if (i + 1 < n) {
			char t = s[i];
			s[i] = s[i + 1];
			s[i + 1] = t;
		}
	}
}

static void digits_slip(char *s, struct rng *r)
{
	size_t n = strlen(s), i = below(r, (unsigned)n - 1);
	if (chance(r, 0.5) && s[i] != s[i + 1]) {
		char t = s[i];
		s[i] = s[i + 1];
		s[i + 1] = t;
	} else
		s[i] = (char)('0' + ((s[i] - '0') + 1 + (int)below(r, 9)) % 10);
}

static void put_case(char *s, size_t size, const struct hospital *h)
{
	char t[80];
	snprintf(t, sizeof t, "%.79s", s);
	if (h->upper)
		for (char *c = t; *c; c++)
			*c = (char)toupper((unsigned char)*c);
	else
		titled(t, t, sizeof t);
	snprintf(s, size, "%s", t);
}

static void put_date(char out[16], struct date d, const struct hospital *h)
{
	snprintf(out, 16, h->dates == 0 ? "%04u-%02u-%02u" : h->dates == 1 ? "%3$02u/%2$02u/%1$04u" : "%04u%02u%02u", (unsigned)d.y % 10000, (unsigned)(h->dates == 1 ? d.d : d.m) % 100, (unsigned)(h->dates == 1 ? d.m : d.d) % 100);
}

static void names(struct record *x, struct rng *r)
{
	const struct person *p = x->p;
	const char *last = p->last, *first = p->first;
	snprintf(x->last, sizeof x->last, "%s", last);
	if (p->maiden) {
		double c = (double)below(r, 1000) / 1000;
		if (c < 0.08)
			snprintf(x->last, sizeof x->last, "%s", p->maiden);
		else if (c < 0.15)
			snprintf(x->last, sizeof x->last, "%s-%s", p->maiden, p->last);
	}
	const char *nick = chance(r, 0.09) ? nickname(first, r) : NULL;
	snprintf(x->first, sizeof x->first, "%s", nick ? nick : first);
	if (chance(r, 0.035))
		slip(x->last, r);
	if (chance(r, 0.035))
		slip(x->first, r);
	if (chance(r, 0.006))
		x->first[1] = 0;
	if (chance(r, 0.008)) {
		char t[48];
		snprintf(t, sizeof t, "%s", x->last);
		snprintf(x->last, sizeof x->last, "%s", x->first);
		snprintf(x->first, sizeof x->first, "%.23s", t);
	}
	if (chance(r, 0.6))
		snprintf(x->middle, sizeof x->middle, chance(r, 0.6) ? "%.1s" : "%s", p->middle);
	if (p->suffix[0] && chance(r, 0.6))
		snprintf(x->suffix, sizeof x->suffix, "%s", p->suffix);
	put_case(x->last, sizeof x->last, x->h);
	put_case(x->first, sizeof x->first, x->h);
	put_case(x->middle, sizeof x->middle, x->h);
	x->elements |= NAME;
}

static void born(struct record *x, struct rng *r, double missing)
{
	struct date d = x->p->dob;
	if (chance(r, missing))
		return;
	if (chance(r, 0.012) && d.d <= 12) {
		int t = d.d;
		d.d = d.m;
		d.m = t;
	} else if (chance(r, 0.006))
		d.y += chance(r, 0.5) ? 1 : -1;
	else if (chance(r, 0.006))
		d.y += chance(r, 0.5) ? 10 : -10;
	else if (chance(r, 0.008))
		d.d = d.d > 9 && d.d < 20 ? d.d + 10 - (d.d + 10 > 28 ? 20 : 0) : d.d > 1 ? d.d - 1 : d.d + 1;
	else if (chance(r, 0.006))
		d.m = d.m > 1 ? d.m - 1 : d.m + 1, d.d = d.d > 28 ? 28 : d.d;
	else if (chance(r, 0.008))
		d.m = d.d = 1;
	else if (chance(r, 0.002))
		d = (struct date){1900, 1, 1};
	put_date(x->dob, d, x->h);
	x->elements |= DOB;
}

static void social(struct record *x, struct rng *r, double four)
{
	char s[10];
	snprintf(s, sizeof s, "%s", x->p->ssn);
	bool given = true;
	if (x->p->child && chance(r, 0.14))
		snprintf(s, sizeof s, "%s", x->p->guarantor);
	else if (chance(r, 0.015)) {
		snprintf(s, sizeof s, "%s", (const char *const[]){"999999999", "000000000", "123456789", "111111111"}[below(r, 4)]);
		given = false;
	} else if (chance(r, 0.03))
		digits_slip(s, r);
	if (chance(r, four)) {
		snprintf(x->ssn, sizeof x->ssn, "XXX-XX-%s", s + 5);
		x->elements |= given ? SSN4 : 0;
	} else {
		snprintf(x->ssn, sizeof x->ssn, x->h->dates == 2 ? "%.3s%.2s%s" : "%.3s-%.2s-%s", s, s + 3, s + 5);
		x->elements |= given ? SSN : 0;
	}
}

static void lives(struct record *x, struct rng *r)
{
	bool moved = chance(r, 0.14);
	const struct address *a = moved ? &x->p->before : &x->p->at;
	snprintf(x->street, sizeof x->street, "%s", a->street);
	if (chance(r, 0.5))
		for (size_t i = 0; i < ARRAY_LEN(streets); i++) {
			char *at = strstr(x->street, streets[i][0]);
			if (at && !at[strlen(streets[i][0])])
				snprintf(at, sizeof x->street - (size_t)(at - x->street), "%s", streets[i][1]);
		}
	if (chance(r, 0.04))
		slip(x->street, r);
	if (a->apt[0] && chance(r, 0.8))
		snprintf(x->apt, sizeof x->apt, "%s", a->apt);
	snprintf(x->city, sizeof x->city, "%s", a->place->city);
	snprintf(x->state, sizeof x->state, "%s", a->place->state);
	snprintf(x->zip, sizeof x->zip, "%05u", a->zip);
	if (chance(r, 0.01))
		digits_slip(x->zip, r);
	if (x->h->upper) {
		put_case(x->street, sizeof x->street, x->h);
		put_case(x->city, sizeof x->city, x->h);
	}
	x->elements |= ADDRESS;
}

static void calls(struct record *x, struct rng *r, double missing)
{
	char d[11];
	if (chance(r, missing))
		return;
	unsigned which = below(r, 100);
	snprintf(d, sizeof d, "%s", which < 55 ? x->p->phone : which < 75 ? x->p->own_phone : x->p->old_phone);
	if (chance(r, 0.02))
		digits_slip(d, r);
	snprintf(x->phone, sizeof x->phone, x->h->upper ? "%.3s%.3s%s" : x->h->dates == 2 ? "%.3s-%.3s-%s" : "(%.3s) %.3s-%s", d, d + 3, d + 6);
	x->elements |= PHONE;
}

static void insured(struct record *x, struct rng *r)
{
	x->payer = x->p->payer;
	snprintf(x->member, sizeof x->member, "%s", x->p->member);
	if (chance(r, 0.02))
		digits_slip(x->member + 2, r);
	x->elements |= INS;
	if (x->p->mbi[0] && chance(r, 0.9)) {
		snprintf(x->mbi, sizeof x->mbi, "%s", x->p->mbi);
		x->elements |= MBI;
	}
	if (x->p->medicaid[0]) {
		snprintf(x->medicaid, sizeof x->medicaid, "%s", x->p->medicaid);
		x->elements |= MEDICAID;
	}
}

static void chart_of(const struct person *p, unsigned h, bool second, char out[16])
{
	snprintf(out, 16, "%s%09llu", hospitals[h].code, (unsigned long long)permute("mrn", (p->id * 2 + second) * ARRAY_LEN(hospitals) + h, (persons_n * 2 + 500) * ARRAY_LEN(hospitals), false));
}

static void charted(struct record *x, struct rng *r)
{
	chart_of(x->p, (unsigned)(x->h - hospitals), chance(r, 0.05), x->mrn);
	x->elements |= MRN;
}

static void treated(struct record *x, struct rng *r)
{
	date_in(r, 2018, 2022, &x->when);
	put_date(x->service, x->when, x->h);
	snprintf(x->npi, sizeof x->npi, "%s", "80840");
	char n[20];
	snprintf(n, sizeof n, "808401%08u", below(r, 400000));
	luhn_close(n, 14);
	snprintf(x->npi, sizeof x->npi, "%.10s", n + 5);
	x->elements |= SERVICE | PROVIDER;
}

static const char *const dxs[][2] = {{"E11.9", "Type 2 diabetes mellitus"}, {"I10", "Essential hypertension"}, {"I48.91", "Atrial fibrillation"}, {"N18.3", "Chronic kidney disease, stage 3"}, {"J45.909", "Asthma"}, {"C50.919", "Malignant neoplasm of breast"}, {"F20.9", "Schizophrenia"}, {"B20", "HIV disease"}, {"G40.909", "Epilepsy"}, {"M54.5", "Low back pain"}, {"U07.1", "COVID-19"}, {"I25.10", "Coronary artery disease"}};
static const char *const meds[] = {"metformin 500 mg", "lisinopril 10 mg", "warfarin 5 mg", "furosemide 40 mg", "gabapentin 300 mg", "amlodipine 5 mg", "heparin 5000 units", "prednisone 10 mg"};
static const char *const lab_codes[][2] = {{"2823-3", "Potassium"}, {"718-7", "Hemoglobin"}, {"4548-4", "Hemoglobin A1c"}, {"2160-0", "Creatinine"}, {"2345-7", "Glucose"}, {"777-3", "Platelets"}};
static const char *const cpts[] = {"99213", "99214", "85025", "36415", "70450"};

static void sexed(struct record *x, struct rng *r)
{
	x->sex[0] = chance(r, 0.03) ? 'U' : x->p->female ^ chance(r, 0.006) ? 'F' : 'M';
	x->elements |= SEX;
}

static void care_of(struct record *x, struct rng *r)
{
	if (x->kind == NOTE || x->kind == CLAIM) {
		unsigned d = below(r, ARRAY_LEN(dxs));
		x->dx = dxs[d][0];
		x->dx_name = dxs[d][1];
		x->elements |= DX;
	}
	if (x->kind == NOTE) {
		x->med = meds[below(r, ARRAY_LEN(meds))];
		x->elements |= MED;
	}
	if (x->kind == LAB) {
		unsigned l = below(r, ARRAY_LEN(lab_codes));
		x->loinc = lab_codes[l][0];
		x->lab_name = lab_codes[l][1];
		snprintf(x->value, sizeof x->value, "%u", 1 + below(r, 300));
		x->elements |= LABR;
	}
	if (x->kind == CLAIM) {
		x->cpt = cpts[below(r, ARRAY_LEN(cpts))];
		snprintf(x->claim, sizeof x->claim, "CLM%010llu", (unsigned long long)(next(r) % UINT64_C(10000000000)));
		x->elements |= CPT | CLAIMNO;
	}
}

static void record_of(uint64_t id, const struct person *p, unsigned nth, struct record *x)
{
	static const double missing[KINDS] = {0.005, 0.01, 0.02, 0.06, 0.01, 0.01};
	struct rng r = rng_of("record", p->id * 64 + nth);
	memset(x, 0, sizeof *x);
	x->id = id;
	x->p = p;
	x->payer = x->dx = x->dx_name = x->med = x->loinc = x->lab_name = x->cpt = "";
	unsigned k = below(&r, 100);
	x->kind = k < 36 ? REGISTRATION : k < 64 ? NOTE : k < 80 ? CLAIM : k < 91 ? LAB : k < 98 ? BILLING : STAFF;
	if (x->kind == STAFF && (p->child || p->dob.y > 2000))
		x->kind = NOTE;
	x->h = &hospitals[chance(&r, 0.6) ? p->home : below(&r, ARRAY_LEN(hospitals))];
	names(x, &r);
	born(x, &r, missing[x->kind]);
	if (x->kind != CLAIM && x->kind != STAFF)
		charted(x, &r);
	if (x->kind == REGISTRATION || x->kind == NOTE || x->kind == LAB)
		sexed(x, &r);
	if (x->kind == REGISTRATION && chance(&r, 0.75))
		social(x, &r, 0.12);
	if (x->kind == BILLING && chance(&r, 0.7))
		social(x, &r, 1);
	if (x->kind == STAFF)
		social(x, &r, 0.3);
	if (x->kind == REGISTRATION || x->kind == CLAIM || x->kind == BILLING || x->kind == STAFF)
		lives(x, &r);
	if (x->kind == REGISTRATION || x->kind == BILLING)
		calls(x, &r, x->kind == REGISTRATION ? 0.08 : 0);
	if (x->kind == REGISTRATION && chance(&r, 0.38)) {
		snprintf(x->email, sizeof x->email, "%s", p->email);
		x->elements |= EMAIL;
	}
	if (x->kind == REGISTRATION || x->kind == CLAIM)
		insured(x, &r);
	if (x->kind == NOTE || x->kind == CLAIM || x->kind == LAB)
		treated(x, &r);
	care_of(x, &r);
	if (x->kind == STAFF) {
		snprintf(x->dl, sizeof x->dl, "%s", p->dl);
		x->elements |= DL;
	}
	if (x->kind == STAFF || (x->kind == BILLING && chance(&r, 0.4))) {
		snprintf(x->aba, sizeof x->aba, "%s", (const char *const[]){"021000021", "111000025", "122000661", "067000043"}[below(&r, 4)]);
		snprintf(x->account, sizeof x->account, "%s", p->account);
		x->elements |= ACCOUNT;
	} else if (x->kind == BILLING) {
		snprintf(x->card, sizeof x->card, "%s", p->card);
		x->elements |= CARD;
	}
}

/* Of each twenty persons twelve have one record, four two, two three, one four and one six: thirty-six. */
static const uint8_t load_of[20] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 6};

static uint64_t records_of(uint64_t n)
{
	uint64_t k = n / 20 * 36;
	for (uint64_t i = 0; i < n % 20; i++)
		k += load_of[i];
	return k;
}

/* Record number `at`, of records_of(persons_n), in an order in which nobody's records stand together. */
static void nth_record(uint64_t at, struct person *p, struct record *x)
{
	uint64_t slot = permute("order", at, records_of(persons_n), false), block = slot / 36;
	unsigned left = (unsigned)(slot % 36), i = 0;
	while (left >= load_of[i])
		left -= load_of[i++];
	person_of(permute("load", block * 20 + i, persons_n, true), p);
	record_of(at, p, left, x);
}

/* ---- writing ---- */

static const char head[] = "rec_id,kind,facility,mrn,last,first,middle,suffix,dob,sex,ssn,street,apt,city,state,zip,phone,email,payer,member_id,mbi,medicaid,dl,aba,account,card,claim,npi,dx,med,loinc,value,cpt,service_date\n";

static void put_csv(FILE *f, const struct record *x)
{
	const char *const v[] = {x->mrn, x->last, x->first, x->middle, x->suffix, x->dob, x->sex, x->ssn, x->street, x->apt, x->city, x->state, x->zip, x->phone, x->email, x->payer, x->member, x->mbi, x->medicaid, x->dl, x->aba, x->account, x->card, x->claim, x->npi, x->dx, x->med, x->loinc, x->value, x->cpt, x->service};
	fprintf(f, "R%09llu,%s,%s", (unsigned long long)x->id, kinds[x->kind], x->h->code);
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		putc_unlocked(',', f);
		fputs_unlocked(v[i], f);
	}
	putc_unlocked('\n', f);
}

static void put_hl7_date(FILE *f, const struct record *x)
{
	unsigned a, b, c;
	if (sscanf(x->dob, "%u/%u/%u", &a, &b, &c) == 3)
		fprintf(f, "%04u%02u%02u", c, a, b);
	else if (sscanf(x->dob, "%u-%u-%u", &a, &b, &c) == 3)
		fprintf(f, "%04u%02u%02u", a, b, c);
	else
		fputs(x->dob, f);
}

static void put_hl7(FILE *f, const struct record *x)
{
	static const char *const types[] = {"ADT^A08", "ADT^A08", "DFT^P03", "ORU^R01", "ADT^A08", "ADT^A08"};
	fprintf(f, "MSH|^~\\&|REG|%s|HOLDFAST|HOSP|202205300830||%s|R%09llu|P|2.5.1\rPID|1||", x->h->code, types[x->kind], (unsigned long long)x->id);
	if (x->mrn[0])
		fprintf(f, "%s^^^%s^MR", x->mrn, x->h->code);
	fprintf(f, "||%s^%s^%s^%s||", x->last, x->first, x->middle, x->suffix);
	put_hl7_date(f, x);
	fprintf(f, "|%s|||%s^%s^%s^%s^%s||%s", x->sex, x->street, x->apt, x->city, x->state, x->zip, x->phone);
	if (x->email[0])
		fprintf(f, "~^NET^Internet^%s", x->email);
	fprintf(f, "||||||%s|%s\r", x->ssn, x->dl);
	if (x->member[0])
		fprintf(f, "IN1|1|%s|||||||||||||||||||||||||||||||||%s\r", x->payer, x->member);
	if (x->mbi[0])
		fprintf(f, "IN1|2|MEDICARE|||||||||||||||||||||||||||||||||%s\r", x->mbi);
	if (x->medicaid[0])
		fprintf(f, "IN1|3|MEDICAID|||||||||||||||||||||||||||||||||%s\r", x->medicaid);
	if (x->dx[0])
		fprintf(f, "DG1|1||%s^%s^I10\r", x->dx, x->dx_name);
	if (x->med[0])
		fprintf(f, "RXE||%s\r", x->med);
	if (x->claim[0])
		fprintf(f, "FT1|1|%s||%04d%02d%02d|||CG|%s\r", x->claim, x->when.y, x->when.m, x->when.d, x->cpt);
	if (x->loinc[0])
		fprintf(f, "OBX|1|NM|%s^%s^LN||%s||||||F|||%04d%02d%02d\r", x->loinc, x->lab_name, x->value, x->when.y, x->when.m, x->when.d);
	if (x->npi[0])
		fprintf(f, "PV1|1|O|||||%s^PROVIDER^^^^^^^NPI%s%s\r", x->npi, x->kind == NOTE ? "|||||||||||||||||||||||||||||||||||||" : "", x->kind == NOTE ? "20220530" : "");
	if (x->account[0])
		fprintf(f, "ZBL|1||%s|%s\r", x->aba, x->account);
	if (x->card[0])
		fprintf(f, "ZBL|2|%s\r", x->card);
}

static void put_fhir_date(FILE *f, const struct record *x)
{
	unsigned a, b, c;
	if (sscanf(x->dob, "%u/%u/%u", &a, &b, &c) == 3)
		fprintf(f, ",\"birthDate\":\"%04u-%02u-%02u\"", c, a, b);
	else if (x->dob[0] && strlen(x->dob) == 8)
		fprintf(f, ",\"birthDate\":\"%.4s-%.2s-%.2s\"", x->dob, x->dob + 4, x->dob + 6);
	else if (x->dob[0])
		fprintf(f, ",\"birthDate\":\"%s\"", x->dob);
}

static void put_fhir(FILE *f, const struct record *x)
{
	fprintf(f, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"R%09llu\",\"identifier\":[", (unsigned long long)x->id);
	const char *sep = "";
	const char *const ids[][2] = {{"urn:mrn", x->mrn}, {"http://hl7.org/fhir/sid/us-ssn", x->ssn}, {"http://hl7.org/fhir/sid/us-mbi", x->mbi}, {"urn:medicaid", x->medicaid}, {"urn:dl", x->dl}};
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (ids[i][1][0]) {
			fprintf(f, "%s{\"system\":\"%s%s%s\",\"value\":\"%s\"}", sep, ids[i][0], i ? "" : ":", i ? "" : x->h->code, ids[i][1]);
			sep = ",";
		}
	fprintf(f, "],\"name\":[{\"family\":\"%s\",\"given\":[\"%s\"%s%s%s]}]", x->last, x->first, x->middle[0] ? ",\"" : "", x->middle, x->middle[0] ? "\"" : "");
	if (x->phone[0] || x->email[0])
		fprintf(f, ",\"telecom\":[%s%s%s%s%s%s%s]", x->phone[0] ? "{\"system\":\"phone\",\"value\":\"" : "", x->phone, x->phone[0] ? "\"}" : "", x->phone[0] && x->email[0] ? "," : "", x->email[0] ? "{\"system\":\"email\",\"value\":\"" : "", x->email, x->email[0] ? "\"}" : "");
	if (x->sex[0])
		fprintf(f, ",\"gender\":\"%s\"", x->sex[0] == 'F' ? "female" : x->sex[0] == 'M' ? "male" : "unknown");
	put_fhir_date(f, x);
	if (x->street[0])
		fprintf(f, ",\"address\":[{\"line\":[\"%s\"%s%s%s],\"city\":\"%s\",\"state\":\"%s\",\"postalCode\":\"%s\"}]", x->street, x->apt[0] ? ",\"" : "", x->apt, x->apt[0] ? "\"" : "", x->city, x->state, x->zip);
	fprintf(f, "}}");
	if (x->member[0])
		fprintf(f, ",{\"resource\":{\"resourceType\":\"Coverage\",\"subscriberId\":\"%s\",\"payor\":[{\"display\":\"%s\"}]}}", x->member, x->payer);
	if (x->dx[0])
		fprintf(f, ",{\"resource\":{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"%s\",\"display\":\"%s\"}]}}}", x->dx, x->dx_name);
	if (x->med[0])
		fprintf(f, ",{\"resource\":{\"resourceType\":\"MedicationRequest\",\"medicationCodeableConcept\":{\"text\":\"%s\"}}}", x->med);
	if (x->loinc[0])
		fprintf(f, ",{\"resource\":{\"resourceType\":\"Observation\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"%s\",\"display\":\"%s\"}]},\"valueQuantity\":{\"value\":%s},\"effectiveDateTime\":\"%04d-%02d-%02d\"}}", x->loinc, x->lab_name, x->value, x->when.y, x->when.m, x->when.d);
	if (x->claim[0])
		fprintf(f, ",{\"resource\":{\"resourceType\":\"Claim\",\"identifier\":[{\"value\":\"%s\"}],\"item\":[{\"productOrService\":{\"coding\":[{\"system\":\"http://www.ama-assn.org/go/cpt\",\"code\":\"%s\"}]},\"servicedDate\":\"%04d-%02d-%02d\"}]}}", x->claim, x->cpt, x->when.y, x->when.m, x->when.d);
	if (x->kind == NOTE)
		fprintf(f, ",{\"resource\":{\"resourceType\":\"Encounter\",\"period\":{\"start\":\"%04d-%02d-%02d\"}}}", x->when.y, x->when.m, x->when.d);
	if (x->npi[0])
		fprintf(f, ",{\"resource\":{\"resourceType\":\"Practitioner\",\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"%s\"}]}}", x->npi);
	if (x->account[0])
		fprintf(f, ",{\"resource\":{\"resourceType\":\"Account\",\"identifier\":[{\"system\":\"urn:account\",\"value\":\"%s\"}],\"servicePeriod\":{},\"description\":\"routing %s\"}}", x->account, x->aba);
	if (x->card[0])
		fprintf(f, ",{\"resource\":{\"resourceType\":\"PaymentNotice\",\"identifier\":[{\"system\":\"urn:card\",\"value\":\"%s\"}]}}", x->card);
	fprintf(f, "]}\n");
}

static void filler(FILE *f, struct rng *r)
{
	static const char *const said[] = {"The visit went as planned and no new complaint was raised.", "We went through the plan together and answered what was asked.", "Please bring this page to the next appointment.", "The results were looked at by the team on duty.", "Nothing else needs to be done before the next visit.", "Should anything change, the front desk will find a slot."};
	fprintf(f, "%s ", said[below(r, ARRAY_LEN(said))]);
}

/* What the record holds, told in sentences: everything in it is named once. */
static void put_letter(FILE *f, const struct record *x)
{
	struct rng r = rng_of("letter", x->id);
	fprintf(f, "Holdfast Regional Medical Center - %s\n", x->h->code);
	if (x->service[0])
		fprintf(f, "Date of service: %s\n", x->service);
	fprintf(f, "\n%s %s%s%s%s%s\n", x->first, x->middle, x->middle[0] ? " " : "", x->last, x->suffix[0] ? " " : "", x->suffix);
	if (x->street[0])
		fprintf(f, "%s%s%s\n%s, %s %s\n", x->street, x->apt[0] ? ", " : "", x->apt, x->city, x->state, x->zip);
	fprintf(f, "\nRE: %s, %s", x->last, x->first);
	if (x->dob[0])
		fprintf(f, "   DOB: %s", x->dob);
	if (x->mrn[0])
		fprintf(f, "   MRN: %s", x->mrn);
	fprintf(f, "\n\nDear %s %s,\n\n", x->sex[0] == 'F' ? "Ms." : x->sex[0] == 'M' ? "Mr." : "Mr. or Ms.", x->last);
	filler(f, &r);
	if (x->sex[0])
		fprintf(f, "Sex: %s. ", x->sex[0] == 'F' ? "female" : x->sex[0] == 'M' ? "male" : "unknown");
	if (x->ssn[0])
		fprintf(f, "Social Security number on file: %s. ", x->ssn);
	if (x->member[0])
		fprintf(f, "Your %s member ID is %s. ", x->payer, x->member);
	filler(f, &r);
	if (x->mbi[0])
		fprintf(f, "Medicare number %s. ", x->mbi);
	if (x->medicaid[0])
		fprintf(f, "Medicaid ID %s. ", x->medicaid);
	if (x->dx[0])
		fprintf(f, "Assessment: %s (%s). ", x->dx_name, x->dx);
	if (x->med[0])
		fprintf(f, "Take %s as prescribed. ", x->med);
	if (x->loinc[0])
		fprintf(f, "%s (LOINC %s) was %s. ", x->lab_name, x->loinc, x->value);
	if (x->claim[0])
		fprintf(f, "Claim %s, procedure %s. ", x->claim, x->cpt);
	if (x->npi[0])
		fprintf(f, "Attending NPI %s. ", x->npi);
	if (x->dl[0])
		fprintf(f, "Driver's license %s. ", x->dl);
	if (x->account[0])
		fprintf(f, "Direct debit: routing %s, account %s. ", x->aba, x->account);
	if (x->card[0])
		fprintf(f, "Card on file %s. ", x->card);
	filler(f, &r);
	if (x->phone[0])
		fprintf(f, "We will call you at %s. ", x->phone);
	if (x->email[0])
		fprintf(f, "Portal login: %s. ", x->email);
	fprintf(f, "\n\nSincerely,\nPatient Services\n\n");
}

typedef void put_fn(FILE *f, const struct record *x);
struct form {
	const char *name, *ending;
	put_fn *put;
};
static const struct form forms[] = {{"csv", "csv", put_csv}, {"text", "txt", put_letter}, {"fhir", "ndjson", put_fhir}, {"hl7", "hl7", put_hl7}};

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "w");
	if (!f)
		die("%s: %s", path, strerror(errno));
	return f;
}

static void closed(FILE *f, const char *path)
{
	bool bad = ferror(f);
	if (fclose(f) || bad)
		die("%s: %s", path, strerror(errno));
}

static void documents(const char *dir, const char *form, uint64_t first, uint64_t k, uint64_t each)
{
	char path[4096], name[64];
	int only = -1;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		only = !strcmp(form, forms[i].name) ? (int)i : only;
	if (only < 0 && strcmp(form, "mix"))
		die("-f %s: there are csv, text, fhir, hl7 and mix", form);
	if (mkdir(dir, 0777) && errno != EEXIST)
		die("%s: %s", dir, strerror(errno));
	snprintf(path, sizeof path, "%s/truth.csv", dir);
	FILE *truth = create(path), *f = NULL;
	fprintf(truth, "rec_id,person_id,elements,file\n");
	for (uint64_t at = first, file = 0; at < k; at++) {
		struct person p;
		struct record x;
		struct rng r = rng_of("form", at / each);
		const struct form *w = &forms[only >= 0 ? (unsigned)only : below(&r, ARRAY_LEN(forms))];
		if (!f || at % each == 0) {
			file = at / each;
			snprintf(path, sizeof path, "%s/d%03u", dir, (unsigned)(file / 1000));
			if (mkdir(path, 0777) && errno != EEXIST)
				die("%s: %s", path, strerror(errno));
			snprintf(name, sizeof name, "d%03u/f%07u.%s", (unsigned)(file / 1000), (unsigned)file, w->ending);
			snprintf(path, sizeof path, "%s/%s", dir, name);
			f = create(path);
			if (w->put == put_csv)
				fputs(head, f);
		}
		nth_record(at, &p, &x);
		w->put(f, &x);
		uint32_t el = x.elements;
		if (w->put == put_hl7 && x.kind == CLAIM && !x.mrn[0])
			el &= ~(uint32_t)MRN;
		fprintf(truth, "R%09llu,P%09llu,%x,%s\n", (unsigned long long)at, (unsigned long long)p.id, el, name);
		if (at % each == each - 1 || at + 1 == k)
			closed(f, path);
	}
	closed(truth, "truth.csv");
}

static void put_persons(FILE *f)
{
	fprintf(f, "person_id,last,first,middle,suffix,maiden,dob,sex,ssn,street,apt,city,state,zip,phone,email,member_id,mbi,medicaid,dl,account,card,mrn\n");
	for (uint64_t id = 0; id < persons_n; id++) {
		struct person p;
		char mrn[16], first[24], last[24], middle[24], maiden[24];
		person_of(id, &p);
		titled(p.first, first, sizeof first);
		titled(p.last, last, sizeof last);
		titled(p.middle, middle, sizeof middle);
		titled(p.maiden ? p.maiden : "", maiden, sizeof maiden);
		chart_of(&p, p.home, false, mrn);
		fprintf(f, "P%09llu,%s,%s,%s,%s,%s,%04d-%02d-%02d,%c,%.3s-%.2s-%s,%s,%s,%s,%s,%05u,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", (unsigned long long)id, last, first, middle, p.suffix, maiden, p.dob.y, p.dob.m, p.dob.d, p.female ? 'F' : 'M', p.ssn, p.ssn + 3, p.ssn + 5, p.at.street, p.at.apt, p.at.place->city, p.at.place->state, p.at.zip, p.phone, p.email, p.member, p.mbi, p.medicaid, p.dl, p.account, p.card, mrn);
		char seen[6][16] = {{0}};
		unsigned load = load_of[permute("load", id, persons_n, false) % 20];
		snprintf(seen[0], sizeof seen[0], "%s", mrn);
		for (unsigned nth = 0, n = 1; nth < load && n < 6; nth++) { /* the charts that his records name */
			struct record x;
			bool known = false;
			record_of(0, &p, nth, &x);
			for (unsigned i = 0; i < n; i++)
				known |= !strcmp(seen[i], x.mrn);
			if (!x.mrn[0] || known)
				continue;
			snprintf(seen[n++], sizeof seen[0], "%s", x.mrn);
			fprintf(f, "P%09llu,,,,,,,,,,,,,,,,,,,,,,%s\n", (unsigned long long)id, x.mrn);
		}
	}
}

int main(int argc, char **argv)
{
	const char *truth_path = NULL, *persons_path = NULL, *dir = NULL, *form = "mix";
	uint64_t k = 0, first = 0, each = 30;
	int i = 1;
	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		char *v = argv[i + 1];
		switch (argv[i][1]) {
		case 's':
			seed = strtoull(v, NULL, 10);
			break;
		case 't':
			truth_path = v;
			break;
		case 'p':
			persons_path = v;
			break;
		case 'D':
			dir = v;
			break;
		case 'f':
			form = v;
			break;
		case 'b':
			first = strtoull(v, NULL, 10);
			break;
		case 'n':
			each = strtoull(v, NULL, 10);
			break;
		case 'k':
			k = strtoull(v, NULL, 10);
			break;
		default:
			die("there is no option %s", argv[i]);
		}
	}
	if (i + 2 != argc)
		die("[-s SEED] [-t TRUTH.csv] [-p PERSONS.csv] [-k RECORDS -D DIR [-f csv|hl7|fhir|text|mix] [-b FIRST] [-n EACH]] NAMES N");
	persons_n = strtoull(argv[i + 1], NULL, 10);
	if (persons_n < 1 || persons_n > 400000000)
		die("N is 1 to 400,000,000 persons");
	load(&lasts, argv[i], "dist.all.last");
	load(&females, argv[i], "dist.female.first");
	load(&males, argv[i], "dist.male.first");
	load_nicks(argv[i]);
	uint64_t n = records_of(persons_n);
	if (persons_path) {
		FILE *f = create(persons_path);
		put_persons(f);
		closed(f, persons_path);
	}
	if (dir) {
		if (!each || first >= n)
			die("-b is less than the %llu records there are, -n at least 1", (unsigned long long)n);
		documents(dir, form, first, k && k < n - first ? first + k : n, each);
		return 0;
	}
	FILE *truth = truth_path ? create(truth_path) : NULL;
	if (truth)
		fprintf(truth, "rec_id,person_id\n");
	fputs(head, stdout);
	for (uint64_t at = 0; at < (k && k < n ? k : n); at++) {
		struct person p;
		struct record x;
		nth_record(at, &p, &x);
		put_csv(stdout, &x);
		if (truth)
			fprintf(truth, "R%09llu,P%09llu\n", (unsigned long long)at, (unsigned long long)p.id);
	}
	if (truth)
		closed(truth, truth_path);
	return fflush(stdout) || ferror(stdout) ? 3 : 0;
}
