/* Columns without a header: what nearly all of a column's first values have the form of, and nothing else has. Only what is sure is said. */
#include "person.h"

#include <stdlib.h>

#define LAST_YEAR 2040 /* of a date that is one; no clock is asked */
#define GROWN_YEAR 2005 /* a list of staff or of visits of which no date is later is none that is in use */
#define FEW 20u /* so many birthdays lie forty years apart */

/* The commonest given names of the census of 1990 (its first ninety of men and hundred and ten of women: about three of four persons in the United States had one of them), sorted. A column of which three of ten values are among them holds given names: surnames and
 * cities have far fewer. */
static const char *const given[] = {
	"AARON", "ADAM", "ALBERT", "ALICE", "AMANDA", "AMY", "ANDREA", "ANDREW", "ANGELA", "ANN", "ANNA", "ANNE", "ANNIE", "ANTHONY", "ARTHUR", "ASHLEY", "BARBARA", "BENJAMIN", "BETTY", "BEVERLY", "BILLY",
	"BOBBY", "BONNIE", "BRANDON", "BRENDA", "BRIAN", "BRUCE", "CARL", "CARLOS", "CAROL", "CAROLYN", "CATHERINE", "CHARLES", "CHERYL", "CHRISTINA", "CHRISTINE", "CHRISTOPHER", "CONNIE", "CRAIG",
	"CRYSTAL", "CYNTHIA", "DANIEL", "DAVID", "DAWN", "DEBORAH", "DEBRA", "DENISE", "DENNIS", "DIANA", "DIANE", "DONALD", "DONNA", "DORIS", "DOROTHY", "DOUGLAS", "EDNA", "EDWARD", "ELIZABETH", "EMILY",
	"ERIC", "ERNEST", "EUGENE", "EVELYN", "FLORENCE", "FRANCES", "FRANK", "FRED", "GARY", "GEORGE", "GERALD", "GLADYS", "GLORIA", "GREGORY", "HAROLD", "HARRY", "HEATHER", "HELEN", "HENRY", "HOWARD",
	"IRENE", "JACK", "JACQUELINE", "JAMES", "JANE", "JANET", "JANICE", "JASON", "JEAN", "JEFFREY", "JENNIFER", "JEREMY", "JERRY", "JESSE", "JESSICA", "JOAN", "JOE", "JOHN", "JONATHAN", "JOSE", "JOSEPH",
	"JOSHUA", "JOYCE", "JUAN", "JUDITH", "JUDY", "JULIA", "JULIE", "JUSTIN", "KAREN", "KATHERINE", "KATHLEEN", "KATHRYN", "KATHY", "KEITH", "KELLY", "KENNETH", "KEVIN", "KIMBERLY", "LARRY", "LAURA",
	"LAWRENCE", "LILLIAN", "LINDA", "LISA", "LOIS", "LORI", "LOUIS", "LOUISE", "MARGARET", "MARIA", "MARIE", "MARILYN", "MARK", "MARTHA", "MARTIN", "MARY", "MATTHEW", "MELISSA", "MICHAEL", "MICHELLE",
	"MILDRED", "NANCY", "NICHOLAS", "NICOLE", "NORMA", "PAMELA", "PATRICIA", "PATRICK", "PAUL", "PAULA", "PEGGY", "PETER", "PHILLIP", "PHYLLIS", "RACHEL", "RALPH", "RANDY", "RAYMOND", "REBECCA",
	"RICHARD", "RITA", "ROBERT", "ROBIN", "ROGER", "RONALD", "ROSE", "ROY", "RUBY", "RUSSELL", "RUTH", "RYAN", "SAMUEL", "SANDRA", "SARA", "SARAH", "SCOTT", "SHARON", "SHIRLEY", "STEPHANIE", "STEPHEN",
	"STEVE", "STEVEN", "SUSAN", "TAMMY", "TERESA", "TERRY", "THERESA", "THOMAS", "TIFFANY", "TIMOTHY", "TINA", "TODD", "TRACY", "VICTOR", "VIRGINIA", "WALTER", "WANDA", "WAYNE", "WILLIAM", "WILLIE"};

static int by_name(const void *key, const void *name)
{
	return strcmp(key, *(const char *const *)name);
}

static bool is_given(struct slice v)
{
	char k[16];
	if (v.n < 3 || v.n >= sizeof k)
		return false;
	for (size_t i = 0; i < v.n; i++)
		k[i] = (char)(v.p[i] >= 'a' && v.p[i] <= 'z' ? v.p[i] - 32 : v.p[i]);
	k[v.n] = 0;
	return bsearch(k, given, ARRAY_LEN(given), sizeof given[0], by_name);
}

static bool is_word(struct slice v) /* one word, as names are */
{
	if (v.n < 2 || v.n > 40)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];
		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && c < 0x80 && c != '-' && c != '\'' && !(c == ' ' && i))
			return false;
	}
	return true;
}

static bool is_ssn(struct slice v, const char *d) /* with its dashes */
{
	return strlen(d) == 9 && v.n == 11 && v.p[3] == '-' && v.p[6] == '-' && person_ssn_valid(d);
}

/* (212) 555-0100, 212-555-0100, 212.555.0100, +1 ...: area and exchange begin with 2 to 9, and something stands between. */
static bool is_phone(struct slice v, const char *d)
{
	size_t n = strlen(d);
	if (n == 11 && d[0] == '1') {
		d++;
		n--;
	}
	return n == 10 && v.n > 10 && d[0] >= '2' && d[3] >= '2';
}

static bool is_mail(struct slice v)
{
	const uint8_t *at = memchr(v.p, '@', v.n);
	return at && at > v.p && memchr(at, '.', (size_t)(v.p + v.n - at)) && !memchr(v.p, ' ', v.n);
}

static bool is_icd(struct slice v) /* with its point: without it an aisle or a room looks the same */
{
	return v.n >= 5 && v.n <= 8 && v.p[0] >= 'A' && v.p[0] <= 'Z' && v.p[1] >= '0' && v.p[1] <= '9' && v.p[3] == '.';
}

static bool is_street(struct slice v) /* "808 Coffman Road" */
{
	size_t i = 0, words = 0;
	while (i < v.n && i < 6 && v.p[i] >= '0' && v.p[i] <= '9')
		i++;
	if (!i || i == v.n || v.p[i] != ' ')
		return false;
	for (size_t k = i; k + 1 < v.n; k++)
		words += v.p[k] == ' ' && (v.p[k + 1] | 32) >= 'a' && (v.p[k + 1] | 32) <= 'z';
	return words >= 2;
}

static bool is_date(struct slice v, struct person_date *ret)
{
	size_t digits = 0;
	for (size_t i = 0; i < v.n; i++)
		digits += v.p[i] >= '0' && v.p[i] <= '9';
	if (v.n < 8 || digits < 5 || !person_date(v, false, LAST_YEAR, ret, NULL))
		return false;
	return memchr(v.p, '-', v.n) || memchr(v.p, '/', v.n) || memchr(v.p, '.', v.n) || (v.n == 8 && digits == 8);
}

static void date(struct person_guess *g, struct slice v)
{
	struct person_date d;
	if (!is_date(v, &d))
		return;
	g->date++;
	g->first_year = !g->first_year || d.year < g->first_year ? d.year : g->first_year;
	g->last_year = d.year > g->last_year ? d.year : g->last_year;
}

bool person_is_value(struct slice v)
{
	char d[24] = "";
	struct person_date unused;
	if (v.n < 8)
		return false;
	bool digits = person_digits(v, 20, d);
	size_t n = digits ? strlen(d) : 0;
	return (n == 9 && is_ssn(v, d)) || (v.n == 11 && person_last_four(v)) || (digits && is_phone(v, d)) || (n >= 13 && n <= 19 && person_card_valid(d, n)) || is_mail(v) || is_date(v, &unused);
}

void person_guess_value(struct person_guess *g, struct slice v)
{
	char d[24] = "";
	if (!v.n)
		return;
	g->seen++;
	bool digits = person_digits(v, 20, d);
	size_t n = digits ? strlen(d) : 0;
	g->ssn += (n == 9 && is_ssn(v, d)) || (v.n == 11 && person_last_four(v));
	g->street += is_street(v);
	g->card += n >= 13 && n <= 19 && person_card_valid(d, n);
	g->npi += n == 10 && v.n == 10 && person_npi_valid(d);
	g->phone += digits && is_phone(v, d);
	g->zip += (n == 5 && v.n == 5) || (n == 9 && v.n == 10 && v.p[5] == '-');
	g->mbi += person_is_mbi(v);
	g->mail += is_mail(v);
	g->sex += v.n == 1 && strchr("MFUOXmfuox", v.p[0]);
	g->state += v.n == 2 && person_us_state(v);
	g->icd += is_icd(v);
	g->given += is_given(v);
	g->word += is_word(v);
	date(g, v);
}

static bool nearly_all(uint32_t k, const struct person_guess *g)
{
	return g->seen >= 3 && k * 10 >= g->seen * 9;
}

static int role_of(const struct person_guess *g)
{
	if (nearly_all(g->ssn, g))
		return PERSON_ROLE_SSN;
	if (nearly_all(g->card, g))
		return PERSON_ROLE_CARD;
	if (nearly_all(g->mbi, g))
		return PERSON_ROLE_MBI;
	if (nearly_all(g->npi, g))
		return PERSON_ROLE_NPI;
	if (nearly_all(g->mail, g))
		return PERSON_ROLE_EMAIL;
	if (nearly_all(g->phone, g))
		return PERSON_ROLE_PHONE;
	if (nearly_all(g->street, g))
		return PERSON_ROLE_STREET;
	if (nearly_all(g->state, g))
		return PERSON_ROLE_STATE;
	if (nearly_all(g->icd, g))
		return PERSON_ROLE_DIAGNOSIS;
	if (nearly_all(g->sex, g))
		return PERSON_ROLE_SEX;
	if (nearly_all(g->date, g) && g->last_year - g->first_year >= 40 && g->last_year <= LAST_YEAR - 1) /* nobody's visits are forty years apart, but birthdays are */
		return PERSON_ROLE_DOB;
	if (nearly_all(g->word, g) && g->given * 10 >= g->seen * 3)
		return PERSON_ROLE_FIRST;
	return PERSON_ROLE_OTHER;
}

/* A short list's birthdays need not lie forty years apart. Its one column of dates that stands beside a person's name, sex or number, with years that far apart of which none is of the last decades, holds them: who was hired or seen
 * then stands beside somebody of today. */
static bool is_birth_of_few(const struct person_guess *g, size_t n, const int *role, size_t at)
{
	size_t dates = 0;
	for (size_t i = 0; i < n; i++)
		dates += g[i].date > 0;
	if (dates != 1 || g[at].seen >= FEW || role[at] != PERSON_ROLE_OTHER || !nearly_all(g[at].date, &g[at]) || g[at].last_year - g[at].first_year < 15 || g[at].last_year > GROWN_YEAR)
		return false;
	for (size_t i = at ? at - 1 : 0; i <= at + 1 && i < n; i++)
		if (role[i] == PERSON_ROLE_FIRST || role[i] == PERSON_ROLE_LAST || role[i] == PERSON_ROLE_SEX || role[i] == PERSON_ROLE_SSN || role[i] == PERSON_ROLE_MBI)
			return true;
	return false;
}

void person_guess_columns(const struct person_guess *g, size_t n, int *ret)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = role_of(&g[i]);
	for (size_t i = 0; i < n; i++) {
		/* five digits behind a state are a ZIP code, words before one a city; words beside given names are surnames */
		if (i + 1 < n && ret[i] == PERSON_ROLE_OTHER && ret[i + 1] == PERSON_ROLE_STATE && nearly_all(g[i].word, &g[i]))
			ret[i] = PERSON_ROLE_CITY;
		if (i && ret[i] == PERSON_ROLE_OTHER && ret[i - 1] == PERSON_ROLE_STATE && nearly_all(g[i].zip, &g[i]))
			ret[i] = PERSON_ROLE_ZIP;
		if (ret[i] != PERSON_ROLE_FIRST)
			continue;
		if (i && ret[i - 1] == PERSON_ROLE_OTHER && nearly_all(g[i - 1].word, &g[i - 1]))
			ret[i - 1] = PERSON_ROLE_LAST;
		else if (i + 1 < n && ret[i + 1] == PERSON_ROLE_OTHER && nearly_all(g[i + 1].word, &g[i + 1]))
			ret[i + 1] = PERSON_ROLE_LAST;
	}	for (size_t i = 0; i < n; i++)
		if (is_birth_of_few(g, n, ret, i))
			ret[i] = PERSON_ROLE_DOB;
}
