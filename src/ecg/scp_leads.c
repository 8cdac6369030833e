/* The lead codes of SCP-ECG section 3 (EN 1064 table 6), which ISO 11073-10101 numbers the same way in its partition 2 and DICOM takes from both. */
#include "scp.h"

#include <stdio.h>

static const struct {
	uint8_t id;
	const char *name;
} leads[] = {
	{1, "I"}, {2, "II"}, {3, "V1"}, {4, "V2"}, {5, "V3"}, {6, "V4"}, {7, "V5"}, {8, "V6"}, {9, "V7"}, {10, "V2R"}, {11, "V3R"}, {12, "V4R"}, {13, "V5R"}, {14, "V6R"}, {15, "V7R"},
	{16, "X"}, {17, "Y"}, {18, "Z"}, {19, "CC5"}, {20, "CM5"}, {21, "LA"}, {22, "RA"}, {23, "LL"}, {24, "fI"}, {25, "fE"}, {26, "fC"}, {27, "fA"}, {28, "fM"}, {29, "fF"}, {30, "fH"},
	{31, "I-cal"}, {32, "II-cal"}, {33, "V1-cal"}, {34, "V2-cal"}, {35, "V3-cal"}, {36, "V4-cal"}, {37, "V5-cal"}, {38, "V6-cal"}, {39, "V7-cal"}, {40, "V2R-cal"}, {41, "V3R-cal"},
	{42, "V4R-cal"}, {43, "V5R-cal"}, {44, "V6R-cal"}, {45, "V7R-cal"}, {46, "X-cal"}, {47, "Y-cal"}, {48, "Z-cal"}, {49, "CC5-cal"}, {50, "CM5-cal"}, {51, "LA-cal"}, {52, "RA-cal"},
	{53, "LL-cal"}, {61, "III"}, {62, "aVR"}, {63, "aVL"}, {64, "aVF"}, {65, "-aVR"}, {66, "V8"}, {67, "V9"}, {68, "V8R"}, {69, "V9R"}, {70, "D"}, {71, "A"}, {72, "J"}, {73, "Defib"},
	{74, "Extern"}, {75, "A1"}, {76, "A2"}, {77, "A3"}, {78, "A4"}, {86, "Chest"}, {87, "V"}, {88, "RL"}, {100, "MCL"}, {101, "MCL1"}, {102, "MCL2"}, {103, "MCL3"}, {104, "MCL4"},
	{105, "MCL5"}, {106, "MCL6"}, {131, "ES"}, {132, "AS"}, {133, "AI"}, {134, "S"},
};

const char *scp_lead_name(unsigned id, char out[24])
{
	for (size_t i = 0; i < ARRAY_LEN(leads); i++)
		if (leads[i].id == id)
			return leads[i].name;
	if (!id) /* not said */
		return "";
	snprintf(out, 24, "lead %u", id);
	return out;
}

unsigned scp_lead_id(enum ecg_lead l)
{
	const char *name = ecg_lead_name(l);
	for (size_t i = 0; i < ARRAY_LEN(leads); i++)
		if (!strcmp(leads[i].name, name))
			return leads[i].id;
	return 0;
}
