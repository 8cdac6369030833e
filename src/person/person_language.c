/* The language that somebody speaks, as lists, messages and charts name it: a code of ISO 639-1 or 639-2 in either of its forms, a tag (RFC 5646: "es-MX", "zh_Hans_CN"), a name in English or in the language itself. HL7's PID-15 and FHIR's communication give codes, registration desks type words. */
#include "person.h"

/* One language a line: its code first (ISO 639-1; 639-3 where there is none there), then what else it is called, in small letters without accents. "sp" and "cn" are no codes of ISO 639, and in lists they are Spanish and Chinese. Chinese is one here: what is written is. */
static const char *const languages[] = {
	"en eng english ingles anglais",
	"es spa esp sp spn spanish espanol castilian castellano espagnol",
	"zh zho chi cmn yue cn chn chinese mandarin cantonese putonghua \xe4\xb8\xad\xe6\x96\x87 \xe6\xb1\x89\xe8\xaf\xad \xe6\xbc\xa2\xe8\xaa\x9e \xe6\x99\xae\xe9\x80\x9a\xe8\xaf\x9d \xe5\x9b\xbd\xe8\xaf\xad \xe5\x9c\x8b\xe8\xaa\x9e \xe7\xb2\xa4\xe8\xaf\xad \xe5\xbb\xa3\xe6\x9d\xb1\xe8\xa9\xb1 chinois chino",
	"fr fra fre french francais frances",
	"vi vie vietnamese ti\xe1\xba\xbfng",
	"tl tgl fil tagalog filipino pilipino",
	"ko kor korean \xed\x95\x9c\xea\xb5\xad\xec\x96\xb4",
	"ru rus russian russkij \xd1\x80\xd1\x83\xd1\x81\xd1\x81\xd0\xba\xd0\xb8\xd0\xb9",
	"ar ara arabic arabe \xd8\xa7\xd9\x84\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\xa9",
	"ht hat haitian creole kreyol",
	"pt por portuguese portugues portugais brazilian",
	"it ita italian italiano italien",
	"pl pol polish polski polonais",
	"ja jpn japanese \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
	"de deu ger german deutsch allemand aleman",
	"fa fas per persian farsi dari",
	"hi hin hindi",
	"ur urd urdu",
	"gu guj gujarati",
	"bn ben bengali bangla",
	"pa pan punjabi panjabi",
	"ta tam tamil",
	"te tel telugu",
	"ml mal malayalam",
	"mr mar marathi",
	"ne nep nepali",
	"km khm khmer cambodian",
	"hmn hmong",
	"lo lao laotian",
	"th tha thai",
	"my mya bur burmese",
	"kar karen",
	"so som somali",
	"am amh amharic",
	"ti tir tigrinya",
	"om orm oromo",
	"sw swa swahili kiswahili",
	"yo yor yoruba",
	"ig ibo igbo",
	"ak aka twi akan",
	"uk ukr ukrainian",
	"ro ron rum romanian moldovan",
	"hu hun hungarian magyar",
	"cs ces cze czech",
	"sk slk slo slovak",
	"bs bos bosnian",
	"sr srp serbian",
	"hr hrv croatian",
	"sq sqi alb albanian",
	"el ell gre greek",
	"tr tur turkish turkce",
	"he heb hebrew",
	"yi yid yiddish",
	"hy hye arm armenian",
	"nl nld dut dutch nederlands",
	"sv swe swedish",
	"da dan danish",
	"no nor nb nob nn nno norwegian",
	"fi fin finnish",
	"id ind indonesian",
	"ms msa may malay",
	"sm smo samoan",
	"to ton tongan",
	"mh mah marshallese",
	"ilo ilocano ilokano",
	"haw hawaiian",
	"nv nav navajo",
	"pdc pennsylvania",
	"ku kur kurdish",
	"ps pus pashto",
	"ase asl sgn sign",
};
_Static_assert(ARRAY_LEN(languages) <= PERSON_LANGUAGES_MOST, "a number has to fit where they are counted");
#define LONGEST ((size_t)200) /* of a value: what stands behind is not looked at */

/* Words of a field that is filled and says nothing. */
static const char nothing[] = "unknown unk und unspecified undetermined undefined declined refused other none na null asked multiple mul zxx mis misc uncoded not no patient desconocido inconnu";

static bool among(const char *list, struct slice word)
{
	for (struct slice rest = slice_str(list), one; rest.n;) {
		one = slice_cut(rest, ' ', &rest);
		if (slice_eq(one, word))
			return true;
	}
	return false;
}

static int of_word(struct slice word)
{
	for (size_t i = 0; i < ARRAY_LEN(languages); i++)
		if (among(languages[i], word))
			return (int)i;
	return -1;
}

/* In small letters, and those of Latin-1 without their accents (U+00C0 to U+00FF): no memory is needed, and so the answer is the same always. */
static struct slice fold(struct slice s, uint8_t out[LONGEST])
{
	static const char plain[] = "aaaaaaaceeeeiiiidnooooo ouuuuypsaaaaaaaceeeeiiiidnooooo ouuuuypy";
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool mark = i + 1 < s.n && ((c == 0xcc && s.p[i + 1] >= 0x80) || (c == 0xcd && s.p[i + 1] >= 0x80 && s.p[i + 1] < 0xb0));
		if (mark) /* an accent that stands behind its letter */
			i++;
		else if (c == 0xc3 && i + 1 < s.n && (s.p[i + 1] & 0xc0) == 0x80)
			out[n++] = (uint8_t)plain[s.p[++i] & 0x3f];
		else
			out[n++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
	}
	return slice_of(out, n);
}

/* The next run of letters; letters outside of ASCII are letters. */
static struct slice next_word(struct slice *s)
{
	size_t from = 0;
	while (from < s->n && !(s->p[from] >= 0x80 || (s->p[from] >= 'a' && s->p[from] <= 'z')))
		from++;
	size_t to = from;
	while (to < s->n && (s->p[to] >= 0x80 || (s->p[to] >= 'a' && s->p[to] <= 'z')))
		to++;
	struct slice word = slice_of(s->p + from, to - from);
	*s = slice_of(s->p + to, s->n - to);
	return word;
}

/* A short first word is a code, and what follows it a country, a script or what the code means; else any word that is a language's name ("Mandarin Chinese", "Chinese, Simplified", "Creole (Haitian)"). */
int person_language(struct slice s)
{
	uint8_t folded[LONGEST];
	struct slice rest = slice_trim(s);
	rest = fold(slice_of(rest.p, rest.n < LONGEST ? rest.n : LONGEST), folded);
	bool first = true, said = false;
	int found = -1;
	for (struct slice word; (word = next_word(&rest)).n; first = false) {
		int is = first || word.n > 3 ? of_word(word) : -1;
		if (slice_eq_str(word, "creole")) /* "French Creole" is not French */
			return is;
		found = found < 0 ? is : found;
		if (is >= 0)
			continue;
		said |= !among(nothing, word) && (first ? word.n > 1 : !among("applicable asked available given specified stated recorded listed to answer", word));
	}
	return found >= 0 ? found : said ? PERSON_LANGUAGE_OTHER : PERSON_LANGUAGE_NOT_SAID;
}

const char *person_language_code(int language, char out[4])
{
	if (language < 0 || (size_t)language >= ARRAY_LEN(languages))
		return NULL;
	struct slice code = slice_cut(slice_str(languages[language]), ' ', &(struct slice){0});
	assert(code.n <= 3);
	memcpy(out, code.p, code.n);
	out[code.n] = 0;
	return out;
}
