/* How a name and a date agree with what is known of a person, over all rows that are known of him. */
#include "find_internal.h"

#define WORD_MAX 32

/* Edits (one letter changed, left out, put in, or two neighbours changed places) between two short words: Damerau's distance in its plain form; bounded by WORD_MAX. */
static unsigned edits(const char *a, size_t an, const char *b, size_t bn)
{
	uint8_t row[3][WORD_MAX + 1];
	for (size_t j = 0; j <= bn; j++)
		row[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= an; i++) {
		uint8_t *now = row[i % 3], *up = row[(i + 2) % 3], *upup = row[(i + 1) % 3];
		now[0] = (uint8_t)i;
		for (size_t j = 1; j <= bn; j++) {
			unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);
			if (up[j] + 1u < best)
				best = up[j] + 1u;
			if (now[j - 1] + 1u < best)
				best = now[j - 1] + 1u;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upup[j - 2] + 1u < best)
				best = upup[j - 2] + 1u;
			now[j] = (uint8_t)best;
		}
	}
	return row[an % 3][bn];
}

/* Names that are used for each other in English; what begins with the same three letters needs no entry. */
static const char *const nick[] = {
	" robert bob bobby rob robbie ", " william bill billy will willie liam ", " richard dick rick ricky rich ", " james jim jimmy jamie ", " john jack johnny jon ", " michael mike mick mickey ", " margaret maggie meg peggy marge greta rita ",
	" elizabeth liz lizzie beth betty bess eliza lisa libby ", " katherine catherine kate kathy cathy katie kathleen kitty ", " charles charlie chuck chas ", " edward ed eddie ted ned ", " thomas tom tommy ", " joseph joe joey jo ",
	" anthony tony ", " henry hank harry hal ", " theodore ted teddy theo ", " susan sue suzanne susie suzy ", " dorothy dot dottie dolly ", " patricia pat patty trish tricia ", " deborah debra deb debbie ", " barbara barb babs bobbie ",
	" rebecca becky becca ", " alexander alex sandy xander ", " andrew andy drew ", " lawrence larry lars ", " gerald jerry gerry ", " jerome jerry ", " ronald ron ronnie ", " donald don donnie ", " kenneth ken kenny ", " stephen steven steve ",
	" martha patty marty ", " mary molly polly mae ", " ann anne anna nancy annie ", " helen nell ellie nellie ", " virginia ginny ginger ", " victoria vicky tori ", " jennifer jen jenny ", " jacqueline jackie ", " cynthia cindy ",
	" sarah sally sadie ", " charlotte lottie lotta carlotta ", " florence flo flossie ", " frances fran fannie ", " francis frank ", " franklin frank ", " frederick fred freddie fritz ", " leonard leo len lenny ", " nicholas nick nicky ",
	" raymond ray ", " russell russ rusty ", " vincent vince vinny ", " walter walt wally ", " zachary zack ", " abigail abby gail ", " amanda mandy ", " eleanor ellie nora nell ", " theresa teresa terry tess ", " veronica ronnie vera ",
	" christina christine tina chris ", " angela angie ", " matthew matt matty ", " timothy tim ", " philip phillip phil ", " eugene gene ", " albert al bert ", " alfred al fred ", " harold hal harry ", " louis lou louie ", " louise lou ",
	" evelyn eve evie ", " emily em emma ", " isabella bella izzy ", " samuel sam sammy ", " samantha sam ", " benjamin ben benny ", " daniel dan danny ", " david dave davey ", " josephine jo josie ", " constance connie ", " clifford cliff ",
	" lillian lily lil ", " mildred millie ", " minerva minnie ", " penelope penny ", " priscilla cilla ", " roberta bobbie ", " sandra sandy ", " tabitha tabby ", " valerie val ", " wilhelmina mina minnie ", " winifred winnie ",
};

/* The groups of each name, by its hash: made once a population. A name is in three of them at most. */
void nicks_make(struct nick_slot slot[NICK_SLOTS])
{
	for (size_t g = 0; g < ARRAY_LEN(nick); g++)
		for (struct slice rest = slice_trim(slice_str(nick[g])); rest.n;) {
			struct slice one = slice_cut(rest, ' ', &rest);
			uint64_t h = key_word(one.p, one.n);
			size_t i = h % NICK_SLOTS, k = 0;
			while (slot[i].h && slot[i].h != h)
				i = (i + 1) % NICK_SLOTS;
			slot[i].h = h;
			while (k < ARRAY_LEN(slot[i].group) - 1 && slot[i].group[k])
				k++;
			slot[i].group[k] = (uint8_t)(g + 1);
		}
}

static const struct nick_slot *nick_of(const struct find_population *p, const char *a, size_t n)
{
	uint64_t h = key_word((const uint8_t *)a, n);
	for (size_t i = h % NICK_SLOTS; p->nick[i].h; i = (i + 1) % NICK_SLOTS)
		if (p->nick[i].h == h)
			return &p->nick[i];
	return NULL;
}

static bool nicknames(const struct find_population *p, const char *a, size_t an, const char *b, size_t bn)
{
	const struct nick_slot *x = nick_of(p, a, an), *y = x ? nick_of(p, b, bn) : NULL;
	for (size_t i = 0; y && i < ARRAY_LEN(x->group); i++)
		for (size_t k = 0; k < ARRAY_LEN(y->group); k++)
			if (x->group[i] && x->group[i] == y->group[k])
				return true;
	return false;
}

enum like { LIKE_NOT, LIKE_INITIAL, LIKE_NEAR, LIKE_SAME };

static enum like alike(const struct find_population *p, const char *a, size_t an, const char *b, size_t bn)
{
	if (an == bn && memcmp(a, b, an) == 0)
		return LIKE_SAME;
	if (an > WORD_MAX || bn > WORD_MAX)
		return LIKE_NOT;
	size_t shorter = an < bn ? an : bn, longer = an < bn ? bn : an;
	/* a slip at both ends of a name is not looked for: it spares nine of ten comparisons */
	if (shorter >= 3 && longer - shorter <= 2 && (a[0] == b[0] || a[an - 1] == b[bn - 1]) && edits(a, an, b, bn) <= (shorter >= 7 ? 2 : 1))
		return LIKE_NEAR;
	if (shorter >= 3 && memcmp(a, b, 3) == 0) /* Dan, Daniel; a name that was cut off */
		return LIKE_NEAR;
	if (shorter == 1)
		return a[0] == b[0] ? LIKE_INITIAL : LIKE_NOT;
	return nicknames(p, a, an, b, bn) ? LIKE_NEAR : LIKE_NOT;
}

/* Are there other words in `known` than those that name nobody? */
static bool has_more(const char *known, size_t n)
{
	for (size_t i = 0, from; i < n; i++) {
		for (from = i; i < n && known[i] != ' ';)
			i++;
		if (i > from && !name_particle(known + from, i - from))
			return true;
	}
	return false;
}

/* The best of the words of `known` (blanks between) against w's: that "de" is in both says nothing. */
static enum like best_of(const struct find_population *p, const char *known, size_t n, const struct name_words *w)
{
	enum like best = LIKE_NOT;
	for (size_t i = 0; i < n; i++) { /* most of who is compared is the same: seen without a comparison letter by letter */
		size_t from = i;
		while (i < n && known[i] != ' ')
			i++;
		for (unsigned k = 0; k < w->n; k++)
			if (i - from == w->len[k] && memcmp(known + from, w->text + w->at[k], i - from) == 0 && !(name_particle(known + from, i - from) && has_more(known, n)))
				return LIKE_SAME;
	}
	for (size_t i = 0; i < n;) {
		size_t from = i;
		while (i < n && known[i] != ' ')
			i++;
		for (unsigned k = 0; i > from && k < w->n; k++) {
			enum like x = alike(p, known + from, i - from, w->text + w->at[k], w->len[k]);
			if (x != LIKE_NOT && x > best && name_particle(known + from, i - from) && has_more(known, n))
				break;
			best = x > best ? x : best;
		}
		i++;
	}
	return best;
}

static enum name_agree agree_name(enum like first, enum like last)
{
	if (first == LIKE_SAME && last == LIKE_SAME)
		return NAME_BOTH;
	if (first + last == LIKE_SAME + LIKE_NEAR)
		return NAME_FUZZY;
	if ((last == LIKE_SAME && first == LIKE_INITIAL) || (last == LIKE_NEAR && first == LIKE_NEAR))
		return NAME_LAST_INITIAL;
	if (last == LIKE_SAME)
		return NAME_LAST_ONLY;
	if (first == LIKE_SAME)
		return NAME_FIRST_ONLY;
	return NAME_NONE;
}

/* Of a name in signs without blanks: are surname and given name, one behind the other, what stands there? */
static bool same_whole(const char *first, size_t first_n, const char *last, size_t last_n, const uint64_t *whole, unsigned wholes)
{
	uint8_t known[64];
	if (first_n + last_n > sizeof known)
		return false;
	memcpy(known, last, last_n);
	memcpy(known + last_n, first, first_n);
	uint64_t h = key_word(known, first_n + last_n);
	for (unsigned i = 0; i < wholes; i++)
		if (whole[i] == h)
			return true;
	return false;
}

static enum dob_agree agree_dob(uint32_t a, uint32_t b)
{
	uint32_t ay = a / 10000, am = a / 100 % 100, ad = a % 100, by = b / 10000, bm = b / 100 % 100, bd = b % 100;
	if (a == b)
		return DOB_EQUAL;
	if ((ay == by) + (am == bm) + (ad == bd) >= 2 || (ay == by && am == bd && ad == bm))
		return DOB_NEAR;
	if (ay == by && ((am == 1 && ad == 1) || (bm == 1 && bd == 1)))
		return DOB_SILENT;
	return DOB_DIFFERS;
}

/* How the words agree with the name of one row, "first words\tlast words\n". */
static enum name_agree agree_row(const struct find_population *p, const struct pop_row *r, const struct name_words *w, const uint64_t *whole, unsigned wholes)
{
	const char *first = (const char *)p->names + r->name, *end = (const char *)p->names + p->names_n;
	const char *tab = memchr(first, '\t', (size_t)(end - first));
	const char *stop = tab ? memchr(tab, '\n', (size_t)(end - tab)) : NULL;
	if (!stop || stop - first <= 1)
		return NAME_ABSENT;
	enum name_agree x = agree_name(best_of(p, first, (size_t)(tab - first), w), best_of(p, tab + 1, (size_t)(stop - tab - 1), w));
	return wholes && x < NAME_BOTH && same_whole(first, (size_t)(tab - first), tab + 1, (size_t)(stop - tab - 1), whole, wholes) ? NAME_BOTH : x;
}

void population_agree(const struct find_population *p, uint32_t person, const struct name_words *w, uint32_t dob, enum name_agree *ret_name, enum dob_agree *ret_dob)
{
	enum name_agree name = NAME_ABSENT;
	enum dob_agree born = DOB_ABSENT;
	uint64_t whole[NAME_WHOLES] UNSET;
	unsigned wholes = name_wholes(w, whole);
	for (uint32_t i = p->first_row[person]; i < p->first_row[person + 1]; i++) {
		const struct pop_row *r = &p->row[i];
		if (w->n && name < NAME_BOTH) { /* more than both names no other row of his can say */
			enum name_agree x = agree_row(p, r, w, whole, wholes);
			name = x > name ? x : name;
		}
		if (dob && r->dob) {
			enum dob_agree x = agree_dob(dob, r->dob);
			born = x > born ? x : born;
		}
	}
	*ret_name = name;
	*ret_dob = born;
}

bool population_lives(const struct find_population *p, uint32_t person, uint32_t addr)
{
	for (uint32_t i = p->first_row[person]; addr && i < p->first_row[person + 1]; i++)
		if (p->row[i].addr == addr)
			return true;
	return false;
}
