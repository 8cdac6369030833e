/* In which state a ZIP Code lies, by its first three digits: each such prefix is served by one sectional center facility, and but for those few places that are named below all of a prefix's addresses are in one state
 * (USPS, Publication 65, and the list of three-digit prefixes, labeling list L002). A prefix that is no place (military mail 090-098, 340, 962-966; 000-004; what was never given) is in none. */
#include "person.h"

static const struct {
	uint16_t from, to;
	char state[3];
} prefixes[] = {
	{5, 5, "NY"}, {6, 7, "PR"}, {8, 8, "VI"}, {9, 9, "PR"}, {10, 27, "MA"}, {28, 29, "RI"}, {30, 38, "NH"}, {39, 49, "ME"}, {50, 54, "VT"}, {55, 55, "MA"}, {56, 59, "VT"}, {60, 69, "CT"}, {70, 89, "NJ"},
	{100, 149, "NY"}, {150, 196, "PA"}, {197, 199, "DE"}, {200, 200, "DC"}, {201, 201, "VA"}, {202, 205, "DC"}, {206, 212, "MD"}, {214, 219, "MD"}, {220, 246, "VA"}, {247, 268, "WV"}, {270, 289, "NC"}, {290, 299, "SC"},
	{300, 319, "GA"}, {320, 339, "FL"}, {341, 342, "FL"}, {344, 344, "FL"}, {346, 347, "FL"}, {349, 349, "FL"}, {350, 352, "AL"}, {354, 369, "AL"}, {370, 385, "TN"}, {386, 397, "MS"}, {398, 399, "GA"},
	{400, 427, "KY"}, {430, 459, "OH"}, {460, 479, "IN"}, {480, 499, "MI"}, {500, 516, "IA"}, {520, 528, "IA"}, {530, 532, "WI"}, {534, 535, "WI"}, {537, 549, "WI"}, {550, 551, "MN"}, {553, 567, "MN"}, {569, 569, "DC"},
	{570, 577, "SD"}, {580, 588, "ND"}, {590, 599, "MT"}, {600, 620, "IL"}, {622, 629, "IL"}, {630, 631, "MO"}, {633, 641, "MO"}, {644, 658, "MO"}, {660, 662, "KS"}, {664, 679, "KS"}, {680, 681, "NE"}, {683, 693, "NE"},
	{700, 701, "LA"}, {703, 708, "LA"}, {710, 714, "LA"}, {716, 729, "AR"}, {730, 731, "OK"}, {733, 733, "TX"}, {734, 741, "OK"}, {743, 749, "OK"}, {750, 799, "TX"}, {800, 816, "CO"}, {820, 831, "WY"}, {832, 838, "ID"},
	{840, 847, "UT"}, {850, 853, "AZ"}, {855, 857, "AZ"}, {859, 860, "AZ"}, {863, 865, "AZ"}, {870, 871, "NM"}, {873, 875, "NM"}, {877, 884, "NM"}, {885, 885, "TX"}, {889, 891, "NV"}, {893, 895, "NV"}, {897, 898, "NV"},
	{900, 908, "CA"}, {910, 928, "CA"}, {930, 961, "CA"}, {967, 968, "HI"}, {969, 969, "GU"}, {970, 979, "OR"}, {980, 986, "WA"}, {988, 994, "WA"}, {995, 999, "AK"},
};
/* Places that a prefix of another state serves. Palau, Micronesia and the Marshall Islands (96939 to 96944, 96960, 96970) are no part of the United States, and in no state. */
static const struct {
	uint32_t from, to;
	char state[3];
} apart[] = {{6390, 6390, "NY"}, {83414, 83414, "WY"}, {96799, 96799, "AS"}, {96939, 96944, ""}, {96950, 96952, "MP"}, {96960, 96960, ""}, {96970, 96970, ""}};

const char *person_zip_state(struct slice zip)
{
	char digits[10];
	uint32_t five = 0;
	zip = slice_trim(zip);
	if (!person_digits(zip, 9, digits))
		return NULL;
	size_t n = strlen(digits);
	if (!(n == 5 && zip.n == 5) && !(n == 9 && (zip.n == 9 || (zip.n == 10 && (zip.p[5] == '-' || zip.p[5] == ' ')))))
		return NULL;
	for (size_t i = 0; i < 5; i++)
		five = five * 10 + (uint32_t)(digits[i] - '0');
	for (size_t i = 0; i < ARRAY_LEN(apart); i++)
		if (five >= apart[i].from && five <= apart[i].to)
			return apart[i].state[0] ? apart[i].state : NULL;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (five / 100 >= prefixes[i].from && five / 100 <= prefixes[i].to)
			return prefixes[i].state;
	return NULL;
}
