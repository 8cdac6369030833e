/* What is protected beyond the ordinary, by codes and words.
 *
 * Codes: ICD-10-CM 2024, by category (three characters): F10-F19 substance use (F17 tobacco is none of part 2's programmes and left out); F01-F99 else mental; B20, Z21, B97.35, O98.7, R75, Z71.7 HIV; O00-O9A, Z30-Z39, N96,
 * N97, Z3A, P (newborn's) is not: reproductive; Z13.7, Z14, Z15, Z31.43-Z31.5, Z84.81, Q90-Q99, D57, E84, G10: genetic (42 USC 2000ff: a test or a manifested heritable disease). */
#include "scope.h"

static const struct {
	unsigned flag;
	const char *word;
} names[] = {{SCOPE_MINOR, "minor"}, {SCOPE_DECEASED, "deceased"}, {SCOPE_PART2, "part2"}, {SCOPE_HIV, "hiv"}, {SCOPE_GENETIC, "genetic"}, {SCOPE_REPRODUCTIVE, "reproductive"}, {SCOPE_MENTAL, "mental"}};

const char *scope_flag_word(unsigned flag)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].flag == flag)
			return names[i].word;
	return "?";
}

static const struct {
	char from[6], to[6]; /* without dots, inclusive, compared over the length of `from` */
	unsigned flag;
} codes[] = {
	{"F10", "F16", SCOPE_PART2}, {"F18", "F19", SCOPE_PART2}, {"Z714", "Z715", SCOPE_PART2}, {"F01", "F09", SCOPE_MENTAL}, {"F20", "F99", SCOPE_MENTAL}, {"R4585", "R4585", SCOPE_MENTAL}, {"T1491", "T1491", SCOPE_MENTAL},
	{"B20", "B20", SCOPE_HIV}, {"Z21", "Z21", SCOPE_HIV}, {"B9735", "B9735", SCOPE_HIV}, {"O987", "O987", SCOPE_HIV}, {"R75", "R75", SCOPE_HIV}, {"Z717", "Z717", SCOPE_HIV}, {"Z206", "Z206", SCOPE_HIV},
	{"O00", "O9A", SCOPE_REPRODUCTIVE}, {"Z30", "Z39", SCOPE_REPRODUCTIVE}, {"Z3A", "Z3A", SCOPE_REPRODUCTIVE}, {"N96", "N97", SCOPE_REPRODUCTIVE}, {"Z640", "Z640", SCOPE_REPRODUCTIVE},
	{"Z137", "Z137", SCOPE_GENETIC}, {"Z14", "Z15", SCOPE_GENETIC}, {"Z315", "Z315", SCOPE_GENETIC}, {"Z8481", "Z8481", SCOPE_GENETIC}, {"Q90", "Q99", SCOPE_GENETIC}, {"D57", "D57", SCOPE_GENETIC}, {"E84", "E84", SCOPE_GENETIC}, {"G10", "G10", SCOPE_GENETIC},
};

unsigned scope_flags_of_code(struct slice code)
{
	char c[8];
	size_t n = 0;
	unsigned flags = 0;
	code = slice_trim(code);
	for (size_t i = 0; i < code.n; i++) {
		uint8_t b = code.p[i];
		if (b == '.')
			continue;
		if (b >= 'a' && b <= 'z')
			b &= 0xdf;
		if (!((b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9')) || n == 7)
			return 0;
		c[n++] = (char)b;
	}
	if (n < 3 || c[0] < 'A' || c[1] < '0' || c[1] > '9')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		size_t m = strlen(codes[i].from);
		if (n >= m && memcmp(c, codes[i].from, m) >= 0 && memcmp(c, codes[i].to, m) <= 0)
			flags |= codes[i].flag;
	}
	return flags;
}

static const struct {
	const char *word;
	unsigned flag;
} words[] = {
	{"hiv", SCOPE_HIV}, {"aids", SCOPE_HIV}, {"vih", SCOPE_HIV}, {"sida", SCOPE_HIV}, {"antiretroviral", SCOPE_HIV}, {"biktarvy", SCOPE_HIV}, {"dolutegravir", SCOPE_HIV}, {"genvoya", SCOPE_HIV}, {"emtricitabine", SCOPE_HIV}, {"tenofovir", SCOPE_HIV},
	{"methadone", SCOPE_PART2}, {"buprenorphine", SCOPE_PART2}, {"suboxone", SCOPE_PART2}, {"naltrexone", SCOPE_PART2}, {"disulfiram", SCOPE_PART2}, {"opioid use disorder", SCOPE_PART2}, {"alcohol use disorder", SCOPE_PART2}, {"substance use", SCOPE_PART2},
	{"substance abuse", SCOPE_PART2}, {"alcohol dependence", SCOPE_PART2}, {"drug dependence", SCOPE_PART2}, {"cocaine", SCOPE_PART2}, {"heroin", SCOPE_PART2}, {"detoxification", SCOPE_PART2}, {"toxicomanie", SCOPE_PART2}, {"alcoolodependance", SCOPE_PART2}, {"toxicomania", SCOPE_PART2}, {"alcoholismo", SCOPE_PART2},
	{"abortion", SCOPE_REPRODUCTIVE}, {"miscarriage", SCOPE_REPRODUCTIVE}, {"pregnancy", SCOPE_REPRODUCTIVE}, {"pregnant", SCOPE_REPRODUCTIVE}, {"contraception", SCOPE_REPRODUCTIVE}, {"contraceptive", SCOPE_REPRODUCTIVE}, {"mifepristone", SCOPE_REPRODUCTIVE}, {"misoprostol", SCOPE_REPRODUCTIVE},
	{"infertility", SCOPE_REPRODUCTIVE}, {"ivf", SCOPE_REPRODUCTIVE}, {"in vitro fertilization", SCOPE_REPRODUCTIVE}, {"ivg", SCOPE_REPRODUCTIVE}, {"grossesse", SCOPE_REPRODUCTIVE}, {"embarazo", SCOPE_REPRODUCTIVE}, {"aborto", SCOPE_REPRODUCTIVE},
	{"brca1", SCOPE_GENETIC}, {"brca2", SCOPE_GENETIC}, {"brca", SCOPE_GENETIC}, {"karyotype", SCOPE_GENETIC}, {"genetic test", SCOPE_GENETIC}, {"genetic testing", SCOPE_GENETIC}, {"huntington", SCOPE_GENETIC}, {"cystic fibrosis", SCOPE_GENETIC}, {"genome", SCOPE_GENETIC}, {"caryotype", SCOPE_GENETIC},
	{"schizophrenia", SCOPE_MENTAL}, {"bipolar", SCOPE_MENTAL}, {"depression", SCOPE_MENTAL}, {"depressive", SCOPE_MENTAL}, {"anxiety", SCOPE_MENTAL}, {"psychosis", SCOPE_MENTAL}, {"psychotherapy", SCOPE_MENTAL}, {"ptsd", SCOPE_MENTAL}, {"suicide", SCOPE_MENTAL}, {"suicidal", SCOPE_MENTAL},
	{"lithium", SCOPE_MENTAL}, {"clozapine", SCOPE_MENTAL}, {"schizophrenie", SCOPE_MENTAL}, {"depresion", SCOPE_MENTAL}, {"esquizofrenia", SCOPE_MENTAL},
};

static bool letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

unsigned scope_flags_of_text(struct slice text)
{
	AUTO_BUF struct buf b = {0};
	unsigned flags = 0;
	buf_init(&b, (size_t)4 << 20);
	utf8_fold(&b, text);
	struct slice t = buf_slice(&b);
	for (size_t i = 0; i < t.n; i++) {
		if (i && letter(t.p[i - 1]))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(words); k++) {
			size_t m = strlen(words[k].word);
			if (t.n - i >= m && t.p[i] == (uint8_t)words[k].word[0] && !memcmp(t.p + i, words[k].word, m) && (i + m == t.n || !letter(t.p[i + m])))
				flags |= words[k].flag;
		}
	}
	return flags;
}
