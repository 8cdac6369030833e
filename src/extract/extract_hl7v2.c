/* HL7 v2: each field by what the standard says it is (v2.5.1 to v2.9: chapters 3, 4, 4A, 6, 7, 8, 10, 12; data types in 2A; identifier types in table 0203).
 *
 * A record is a message; where one message holds several patients (PID again: a merge, a query's answer, a batch made of one message) each PID after the first begins another. What stands in a segment or a field that is not on the list is
 * told with role OTHER, but for values of one or two letters, which are codes of tables. Running text (NTE, OBX of type TX or FT) is text, a document in OBX-5 (ED) a member. */
#include "extract_internal.h"
#include "extract_hl7v2.h"
#include "extract_values.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define COMPS 24       /* of a field's value that are looked at; XPN has 15, XAD 23, XCN 25 (the last are codes) */
#define MESSAGE_ROOM ((size_t)512 << 20)
#define DOCUMENT_MAX ((size_t)256 << 20)

enum how {
	REST, /* not on the list: OTHER */
	SKIP, /* says nothing about anybody: set numbers, codes of tables */
	ST,   /* every component is the role */
	CODE, /* CE, CWE, CNE: code and text, twice */
	TS,   /* a time: its first component */
	XPN, XAD, XTN, CX, XCN, XON,
	EI,   /* a number and who gave it: its first component */
	NDL,  /* name with date and location: a person in its first component */
	DLN,  /* driver's licence, state, end */
	NOTE, /* running text */
	VALUE /* OBX-5: as OBX-2 says */
};
struct field {
	uint8_t how, role, who;
};
#define R(x) PERSON_ROLE_##x
#define SUB PERSON_SUBJECT
#define KIN PERSON_KIN
#define GUA PERSON_GUARANTOR
#define INS PERSON_SUBSCRIBER
#define PRO PERSON_PROVIDER_WHO
#define STA PERSON_STAFF

static const struct field pid[] = {[1] = {SKIP}, [2] = {CX, R(MRN)}, [3] = {CX, R(MRN)}, [4] = {CX, R(MRN)}, [5] = {XPN}, [6] = {XPN, R(MAIDEN), KIN}, [7] = {TS, R(DOB)}, [8] = {ST, R(SEX)}, [9] = {XPN}, [10] = {CODE, R(RACE)},
	[11] = {XAD}, [12] = {ST, R(COUNTY)}, [13] = {XTN}, [14] = {XTN}, [15] = {CODE, R(LANGUAGE)}, [16] = {CODE}, [17] = {CODE}, [18] = {CX, R(VISIT)}, [19] = {ST, R(SSN)}, [20] = {DLN}, [21] = {CX, R(MRN), KIN}, [22] = {CODE, R(RACE)}, [24] = {SKIP}, [25] = {SKIP}, [26] = {CODE}, [27] = {CODE}, [28] = {CODE}, [29] = {TS, R(DEATH)},
	[30] = {ST, R(DEATH)}, [32] = {SKIP}, [33] = {SKIP}, [34] = {SKIP}, [35] = {SKIP}, [36] = {SKIP}, [39] = {CODE}, [40] = {XTN}};
static const struct field pd1[] = {[3] = {XON, R(ASSIGNER)}, [4] = {XCN}, [12] = {SKIP}, [13] = {SKIP}};
static const struct field nk1[] = {[1] = {SKIP}, [2] = {XPN, 0, KIN}, [3] = {CODE, R(RELATION), KIN}, [4] = {XAD, 0, KIN}, [5] = {XTN, 0, KIN}, [6] = {XTN, 0, KIN}, [8] = {SKIP}, [9] = {SKIP}, [12] = {CX, R(OTHER), KIN}, [15] = {CODE, R(SEX), KIN}, [16] = {TS, R(DOB), KIN}, [20] = {CODE, R(LANGUAGE), KIN}, [26] = {XPN, R(MAIDEN), KIN},
	[28] = {CODE, R(RACE), KIN}, [30] = {XPN, 0, KIN}, [31] = {XTN, 0, KIN}, [32] = {XAD, 0, KIN}, [33] = {CX, R(OTHER), KIN}, [35] = {CODE, R(RACE), KIN}, [37] = {ST, R(SSN), KIN}, [40] = {XTN, 0, KIN}, [41] = {XTN, 0, KIN}};
static const struct field gt1[] = {[1] = {SKIP}, [2] = {CX, R(VISIT), GUA}, [3] = {XPN, 0, GUA}, [4] = {XPN, 0, KIN}, [5] = {XAD, 0, GUA}, [6] = {XTN, 0, GUA}, [7] = {XTN, 0, GUA}, [8] = {TS, R(DOB), GUA}, [9] = {ST, R(SEX), GUA}, [11] = {CODE, R(RELATION), GUA},
	[12] = {ST, R(SSN), GUA}, [13] = {SKIP}, [14] = {SKIP}, [16] = {XPN, 0, PERSON_ANYBODY}, [17] = {XAD, 0, PERSON_ANYBODY}, [18] = {XTN, 0, PERSON_ANYBODY}, [19] = {CX, R(OTHER), GUA}, [36] = {CODE, R(LANGUAGE), GUA}, [42] = {XPN, R(MAIDEN), KIN}, [44] = {CODE, R(RACE), GUA},
	[45] = {XPN, 0, PERSON_ANYBODY}, [46] = {XTN, 0, PERSON_ANYBODY}, [52] = {CODE, R(RACE), GUA}};
/* the number of a policy is that of each person it covers; IN1-49 is the insured's own, and the patient's where they are one (IN1-17) */
static const struct field in1[] = {[1] = {SKIP}, [2] = {CODE, R(PAYER)}, [3] = {XON, R(PAYER)}, [4] = {XON, R(PAYER)}, [5] = {ST, R(PAYER)}, [6] = {XPN, 0, STA}, [7] = {ST, R(PAYER)}, [8] = {ST, R(GROUP)}, [9] = {XON, R(GROUP)}, [10] = {CX, R(OTHER), INS}, [11] = {XON, R(OTHER), INS},
	[12] = {SKIP}, [13] = {SKIP}, [14] = {CODE, R(CLAIM)}, [16] = {XPN, 0, INS}, [17] = {CODE, R(RELATION), INS}, [18] = {TS, R(DOB), INS}, [19] = {XAD, 0, INS}, [26] = {SKIP}, [29] = {SKIP}, [30] = {XCN, 0, STA}, [36] = {ST, R(MEMBER)}, [43] = {ST, R(SEX), INS},
	[44] = {XAD, 0, PERSON_ANYBODY}, [49] = {CX, R(MEMBER), INS}};
static const struct field in2[] = {[1] = {CX, R(OTHER), INS}, [2] = {ST, R(SSN), INS}, [3] = {XCN, 0, PERSON_ANYBODY}, [6] = {ST, R(MBI)}, [7] = {XPN}, [8] = {ST, R(MEDICAID)}, [9] = {XPN, 0, INS}, [10] = {ST, R(OTHER), INS}, [22] = {XPN, 0, PERSON_ANYBODY}, [25] = {CX, R(PAYER)},
	[26] = {CX, R(MEMBER), INS}, [40] = {XPN, R(MAIDEN), KIN}, [42] = {CODE, R(RACE), INS}, [49] = {XPN, 0, PERSON_ANYBODY}, [52] = {XPN, 0, PERSON_ANYBODY}, [61] = {CX, R(MEMBER)}, [63] = {XTN, 0, INS}, [64] = {XTN, 0, INS}, [71] = {CODE, R(RACE), INS}};
static const struct field in3[] = {[1] = {SKIP}, [2] = {CX, R(CLAIM)}, [3] = {XCN, 0, STA}, [6] = {SKIP}, [7] = {TS, R(CLAIM)}, [8] = {XCN, 0, STA}, [14] = {XCN, 0, STA}, [16] = {XTN, 0, STA}, [19] = {XTN, 0, STA}, [25] = {XPN, 0, STA}};
static const struct field dg1[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {CODE, R(DIAGNOSIS)}, [4] = {ST, R(DIAGNOSIS)}, [5] = {TS, R(SERVICE_DATE)}, [6] = {SKIP}, [7] = {CODE, R(DIAGNOSIS)}, [8] = {CODE, R(DIAGNOSIS)}, [16] = {XCN}, [19] = {TS, R(SERVICE_DATE)}};
static const struct field prb[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {CODE, R(DIAGNOSIS)}, [7] = {TS, R(SERVICE_DATE)}, [8] = {TS, R(SERVICE_DATE)}, [9] = {SKIP}, [16] = {TS, R(SERVICE_DATE)}, [22] = {ST, R(DIAGNOSIS)}};
static const struct field pr1[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {CODE, R(TREATMENT)}, [4] = {ST, R(TREATMENT)}, [5] = {TS, R(SERVICE_DATE)}, [6] = {SKIP}, [8] = {XCN}, [9] = {CODE, R(TREATMENT)}, [11] = {XCN}, [12] = {XCN}, [13] = {CODE, R(TREATMENT)}, [15] = {CODE, R(DIAGNOSIS)}, [16] = {CODE, R(TREATMENT)}};
static const struct field al1[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {CODE, R(DIAGNOSIS)}, [4] = {SKIP}, [5] = {ST, R(DIAGNOSIS)}, [6] = {TS, R(SERVICE_DATE)}};
static const struct field iam[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {CODE, R(DIAGNOSIS)}, [4] = {SKIP}, [5] = {ST, R(DIAGNOSIS)}, [6] = {SKIP}, [8] = {ST, R(DIAGNOSIS)}, [11] = {TS, R(SERVICE_DATE)}, [13] = {SKIP}, [14] = {XPN, 0, PERSON_ANYBODY}, [18] = {XCN, 0, STA}};
static const struct field orc[] = {[1] = {SKIP}, [2] = {EI}, [3] = {EI}, [4] = {EI}, [5] = {SKIP}, [7] = {TS, R(OTHER)}, [9] = {TS, R(SERVICE_DATE)}, [10] = {XCN, 0, STA}, [11] = {XCN, 0, STA}, [12] = {XCN}, [13] = {SKIP}, [14] = {XTN, 0, PRO}, [15] = {TS, R(SERVICE_DATE)}, [16] = {CODE, R(DIAGNOSIS)}, [17] = {CODE, R(ASSIGNER)}, [18] = {SKIP}, [19] = {XCN, 0, STA},
	[21] = {XON, R(ASSIGNER)}, [22] = {XAD, 0, PRO}, [23] = {XTN, 0, PRO}, [24] = {XAD, 0, PRO}, [25] = {SKIP}};
static const struct field obr[] = {[1] = {SKIP}, [2] = {EI}, [3] = {EI}, [4] = {CODE, R(LAB)}, [5] = {SKIP}, [6] = {TS, R(SERVICE_DATE)}, [7] = {TS, R(SERVICE_DATE)}, [8] = {TS, R(SERVICE_DATE)}, [10] = {XCN, 0, STA}, [11] = {SKIP}, [13] = {NOTE}, [14] = {TS, R(SERVICE_DATE)}, [15] = {ST, R(LAB)}, [16] = {XCN}, [17] = {XTN, 0, PRO},
	[22] = {TS, R(SERVICE_DATE)}, [24] = {SKIP}, [25] = {SKIP}, [26] = {ST, R(LAB)}, [27] = {SKIP}, [28] = {XCN}, [31] = {CODE, R(DIAGNOSIS)}, [32] = {NDL}, [33] = {NDL}, [34] = {NDL, 0, STA}, [35] = {NDL, 0, STA}, [36] = {TS, R(SERVICE_DATE)}, [44] = {CODE, R(TREATMENT)}};
static const struct field obx[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {CODE, R(LAB)}, [4] = {SKIP}, [5] = {VALUE, R(LAB)}, [6] = {CODE, R(LAB)}, [7] = {ST, R(LAB)}, [8] = {SKIP}, [9] = {SKIP}, [10] = {SKIP}, [11] = {SKIP}, [12] = {SKIP}, [14] = {TS, R(SERVICE_DATE)}, [15] = {XON, R(ASSIGNER)}, [16] = {XCN}, [17] = {SKIP}, [18] = {EI}, [19] = {TS, R(SERVICE_DATE)}, [20] = {CODE, R(LAB)}, [21] = {EI}, [29] = {SKIP},
	[23] = {XON, R(ASSIGNER)}, [24] = {XAD, 0, PRO}, [25] = {XCN}};
static const struct field nte[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {NOTE}, [4] = {SKIP}, [5] = {XCN, 0, STA}};
static const struct field spm[] = {[1] = {SKIP}, [2] = {EI}, [3] = {EI}, [6] = {CODE, R(LAB)}, [7] = {CODE, R(LAB)}, [4] = {CODE, R(LAB)}, [8] = {CODE, R(LAB)}, [14] = {ST, R(LAB)}, [17] = {TS, R(SERVICE_DATE)}, [18] = {TS, R(SERVICE_DATE)}, [21] = {CODE, R(LAB)}, [24] = {CODE, R(LAB)}};
static const struct field rxo[] = {[1] = {CODE, R(MEDICATION)}, [2] = {ST, R(MEDICATION)}, [3] = {ST, R(MEDICATION)}, [4] = {CODE, R(MEDICATION)}, [5] = {CODE, R(MEDICATION)}, [6] = {CODE, R(MEDICATION)}, [7] = {CODE, R(MEDICATION)}, [14] = {XCN}, [15] = {XCN}, [20] = {CODE, R(DIAGNOSIS)}};
static const struct field rxe[] = {[1] = {ST, R(MEDICATION)}, [2] = {CODE, R(MEDICATION)}, [3] = {ST, R(MEDICATION)}, [4] = {ST, R(MEDICATION)}, [5] = {CODE, R(MEDICATION)}, [6] = {CODE, R(MEDICATION)}, [7] = {CODE, R(MEDICATION)}, [8] = {ST, R(OTHER)}, [9] = {SKIP}, [10] = {ST, R(MEDICATION)}, [11] = {SKIP}, [12] = {SKIP}, [13] = {XCN}, [14] = {XCN}, [15] = {ST, R(MEDICATION)},
	[16] = {SKIP}, [17] = {SKIP}, [18] = {TS, R(SERVICE_DATE)}, [21] = {CODE, R(MEDICATION)}, [27] = {CODE, R(DIAGNOSIS)}, [31] = {CODE, R(MEDICATION)}, [32] = {TS, R(SERVICE_DATE)}};
static const struct field rxd[] = {[1] = {SKIP}, [2] = {CODE, R(MEDICATION)}, [3] = {TS, R(SERVICE_DATE)}, [4] = {SKIP}, [5] = {SKIP}, [6] = {CODE, R(MEDICATION)}, [7] = {ST, R(MEDICATION)}, [9] = {ST, R(MEDICATION)}, [10] = {XCN}};
static const struct field rxg[] = {[1] = {SKIP}, [2] = {SKIP}, [4] = {CODE, R(MEDICATION)}, [5] = {SKIP}, [7] = {CODE, R(MEDICATION)}, [8] = {CODE, R(MEDICATION)}};
static const struct field rxa[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {TS, R(SERVICE_DATE)}, [4] = {TS, R(SERVICE_DATE)}, [5] = {CODE, R(MEDICATION)}, [6] = {SKIP}, [7] = {CODE, R(MEDICATION)}, [8] = {CODE, R(MEDICATION)}, [9] = {CODE, R(MEDICATION)}, [10] = {XCN}, [15] = {ST, R(MEDICATION)}, [17] = {CODE, R(MEDICATION)}, [19] = {CODE, R(DIAGNOSIS)}, [20] = {SKIP},
	[21] = {SKIP}};
static const struct field rxr[] = {[1] = {CODE, R(MEDICATION)}, [2] = {CODE, R(MEDICATION)}};
static const struct field rxc[] = {[1] = {SKIP}, [2] = {CODE, R(MEDICATION)}, [3] = {ST, R(MEDICATION)}, [4] = {CODE, R(MEDICATION)}};
static const struct field ft1[] = {[1] = {SKIP}, [2] = {ST, R(CLAIM)}, [3] = {ST, R(CLAIM)}, [4] = {TS, R(SERVICE_DATE)}, [5] = {TS, R(SERVICE_DATE)}, [6] = {SKIP}, [7] = {CODE, R(CLAIM)}, [8] = {ST, R(CLAIM)}, [9] = {ST, R(CLAIM)}, [10] = {ST, R(CLAIM)}, [11] = {ST, R(CLAIM)}, [12] = {ST, R(CLAIM)}, [13] = {CODE, R(ASSIGNER)}, [14] = {CODE, R(PAYER)}, [15] = {ST, R(CLAIM)},
	[17] = {SKIP}, [18] = {SKIP}, [19] = {CODE, R(DIAGNOSIS)}, [20] = {XCN}, [21] = {XCN}, [22] = {ST, R(CLAIM)}, [23] = {ST, R(CLAIM)}, [24] = {XCN, 0, STA}, [25] = {CODE, R(TREATMENT)}, [26] = {CODE, R(TREATMENT)}, [29] = {CODE, R(MEDICATION)}};
static const struct field pv1[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {SKIP}, [4] = {SKIP}, [5] = {CX, R(VISIT)}, [6] = {SKIP}, [7] = {XCN}, [8] = {XCN}, [9] = {XCN}, [10] = {SKIP}, [11] = {SKIP}, [14] = {SKIP}, [17] = {XCN}, [18] = {SKIP}, [19] = {CX, R(VISIT)}, [20] = {SKIP}, [36] = {SKIP}, [39] = {SKIP}, [42] = {SKIP}, [43] = {SKIP}, [44] = {TS, R(SERVICE_DATE)},
	[45] = {TS, R(SERVICE_DATE)}, [46] = {ST, R(CLAIM)}, [47] = {ST, R(CLAIM)}, [48] = {ST, R(CLAIM)}, [49] = {ST, R(CLAIM)}, [50] = {CX, R(VISIT)}, [52] = {XCN}, [54] = {CX, R(VISIT)}};
static const struct field pv2[] = {[1] = {SKIP}, [3] = {CODE, R(DIAGNOSIS)}, [4] = {CODE, R(DIAGNOSIS)}, [8] = {TS, R(SERVICE_DATE)}, [9] = {TS, R(SERVICE_DATE)}, [12] = {NOTE}, [13] = {XCN}, [14] = {TS, R(SERVICE_DATE)}, [17] = {TS, R(SERVICE_DATE)}, [47] = {TS, R(SERVICE_DATE)}};
static const struct field rol[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {SKIP}, [4] = {XCN}, [9] = {SKIP}, [10] = {SKIP}, [11] = {XAD, 0, PRO}, [12] = {XTN, 0, PRO}};
static const struct field prt[] = {[1] = {SKIP}, [2] = {SKIP}, [4] = {SKIP}, [5] = {XCN}, [14] = {XAD, 0, PRO}, [15] = {XTN, 0, PRO}};
static const struct field prd[] = {[1] = {SKIP}, [2] = {XPN, 0, PRO}, [3] = {XAD, 0, PRO}, [5] = {XTN, 0, PRO}, [6] = {SKIP}, [7] = {CX, R(NPI), PRO}};
static const struct field stf[] = {[1] = {CX, R(OTHER), STA}, [2] = {CX, R(OTHER), STA}, [3] = {XPN, 0, STA}, [4] = {SKIP}, [5] = {ST, R(SEX), STA}, [6] = {TS, R(DOB), STA}, [10] = {XTN, 0, STA}, [11] = {XAD, 0, STA}, [15] = {ST, R(EMAIL), STA}, [22] = {DLN, 0, STA}, [27] = {CODE, R(RACE), STA}, [28] = {CODE, R(RACE), STA}};
static const struct field ctd[] = {[1] = {SKIP}, [2] = {XPN, 0, PERSON_ANYBODY}, [3] = {XAD, 0, PERSON_ANYBODY}, [5] = {XTN, 0, PERSON_ANYBODY}};
static const struct field mrg[] = {[1] = {CX, R(MRN)}, [2] = {CX, R(MRN)}, [3] = {CX, R(VISIT)}, [4] = {CX, R(MRN)}, [5] = {CX, R(VISIT)}, [6] = {CX, R(VISIT)}, [7] = {XPN}};
static const struct field evn[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {SKIP}, [4] = {SKIP}, [5] = {XCN, 0, STA}, [6] = {TS, R(SERVICE_DATE)}, [7] = {SKIP}};
static const struct field sch[] = {[6] = {CODE, R(OTHER)}, [7] = {CODE, R(TREATMENT)}, [8] = {CODE, R(OTHER)}, [10] = {SKIP}, [11] = {TS, R(SERVICE_DATE)}, [12] = {XCN, 0, STA}, [13] = {XTN, 0, STA}, [14] = {XAD, 0, STA}, [16] = {XCN, 0, STA}, [17] = {XTN, 0, STA}, [18] = {XAD, 0, STA}, [20] = {XCN, 0, STA}, [21] = {XTN, 0, STA}, [25] = {SKIP}};
static const struct field aip[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {XCN}, [4] = {SKIP}, [6] = {TS, R(SERVICE_DATE)}};
static const struct field ais[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {CODE, R(TREATMENT)}, [4] = {TS, R(SERVICE_DATE)}};
static const struct field txa[] = {[1] = {SKIP}, [3] = {SKIP}, [4] = {TS, R(SERVICE_DATE)}, [5] = {XCN}, [6] = {SKIP}, [7] = {SKIP}, [8] = {SKIP}, [9] = {XCN}, [10] = {XCN}, [11] = {XCN, 0, STA}, [17] = {SKIP}, [18] = {SKIP}, [19] = {SKIP}, [22] = {XCN}, [23] = {XCN}};
static const struct field aut[] = {[1] = {SKIP}, [2] = {ST, R(PAYER)}, [3] = {ST, R(PAYER)}, [6] = {ST, R(CLAIM)}};
static const struct field acc[] = {[1] = {TS, R(SERVICE_DATE)}, [2] = {CODE, R(DIAGNOSIS)}, [3] = {ST, R(OTHER)}, [11] = {XAD, 0, PERSON_ANYBODY}};
static const struct field drg[] = {[1] = {CODE, R(DIAGNOSIS)}};
static const struct field pda[] = {[1] = {CODE, R(DIAGNOSIS)}, [4] = {TS, R(DEATH)}, [5] = {XCN}};
static const struct field blg[] = {[3] = {CX, R(VISIT)}};
static const struct field ub2[] = {[1] = {SKIP}};
static const struct field qrd[] = {[1] = {SKIP}, [2] = {SKIP}, [3] = {SKIP}, [4] = {SKIP}, [7] = {SKIP}, [8] = {XCN, R(MRN), SUB}, [9] = {SKIP}};
static const struct field header[] = {[24] = {SKIP}}; /* MSH and the lines of acknowledgements: applications and times */

struct segment {
	char id[4];
	const struct field *field;
	uint8_t n;
	uint8_t rest; /* the role of what is not on its list */
	bool skip;    /* and it is not told at all */
};
#define S(name, list, rest) {name, list, ARRAY_LEN(list), rest, false}
/* Those that are seen most stand first. */
static const struct segment segments[] = {S("OBX", obx, R(OTHER)), S("NTE", nte, R(OTHER)), S("OBR", obr, R(OTHER)), S("PID", pid, R(OTHER)), S("PV1", pv1, R(OTHER)), {"MSH", header, 0, 0, true}, S("ORC", orc, R(OTHER)), S("DG1", dg1, R(OTHER)), S("IN1", in1, R(OTHER)),
	S("EVN", evn, R(OTHER)), S("RXE", rxe, R(OTHER)), S("PV2", pv2, R(OTHER)), S("NK1", nk1, R(OTHER)), S("GT1", gt1, R(OTHER)), S("IN2", in2, R(OTHER)), S("AL1", al1, R(OTHER)), S("FT1", ft1, R(CLAIM)), S("RXO", rxo, R(OTHER)), S("RXA", rxa, R(OTHER)),
	S("RXR", rxr, R(MEDICATION)), S("RXC", rxc, R(MEDICATION)), S("RXD", rxd, R(OTHER)), S("RXG", rxg, R(OTHER)), S("PR1", pr1, R(OTHER)), S("PD1", pd1, R(OTHER)), S("ROL", rol, R(OTHER)), S("PRT", prt, R(OTHER)), S("SPM", spm, R(OTHER)), S("IN3", in3, R(OTHER)),
	S("PRB", prb, R(OTHER)), S("IAM", iam, R(OTHER)), S("PRD", prd, R(OTHER)), S("STF", stf, R(OTHER)), S("CTD", ctd, R(OTHER)), S("MRG", mrg, R(OTHER)), S("SCH", sch, R(OTHER)), S("AIP", aip, R(OTHER)), S("AIS", ais, R(OTHER)), S("TXA", txa, R(OTHER)),
	S("AUT", aut, R(OTHER)), S("ACC", acc, R(OTHER)), S("DRG", drg, R(DIAGNOSIS)), S("PDA", pda, R(OTHER)), S("BLG", blg, R(OTHER)), S("UB1", ub2, R(CLAIM)), S("UB2", ub2, R(CLAIM)), S("QRD", qrd, R(OTHER)), {"MSA", header, 0, 0, true}, {"ERR", header, 0, 0, true},
	{"QAK", header, 0, 0, true}, {"DSC", header, 0, 0, true}, {"SFT", header, 0, 0, true}};
#undef S

static const struct segment *segment_of(const char id[4])
{
	static const struct segment none = {"", NULL, 0, R(OTHER), false};
	uint32_t want, have;
	if (id[0] == 'Z') /* a site's own */
		return &none;
	memcpy(&want, id, 4);
	for (size_t i = 0; i < ARRAY_LEN(segments); i++) {
		memcpy(&have, segments[i].id, 4);
		if (want == have)
			return &segments[i];
	}
	return &none;
}

struct reader {
	const struct extract_out *o;
	struct arena *a;
	struct err *e;
	const struct hl7_msg *m; /* own, while it is read */
	struct hl7_msg own;
	uint64_t at;          /* of the message in the file */
	struct slice control; /* MSH-10 */
	bool patient;         /* a PID was seen */
	/* where we are, for names and places */
	char name[32];
	size_t name_n;
	bool self;            /* the insured, or the guarantor, is the patient */
	bool visit, dated;    /* a visit was spoken of; and when */
	bool account;         /* the next value is an account's number: a bank's stood before it */
	struct slice c[COMPS + 1]; /* the components of one repetition, from 1 (here, so that they need not be cleared for each) */
};

/* ---- telling ---- */

static uint64_t place(const struct reader *x, struct slice raw)
{
	return x->at + (x->m->copied ? 0 : (uint64_t)(raw.p - x->m->text.p));
}

/* Field and component numbers: one digit nearly always. */
static inline size_t put_number(char *to, unsigned v)
{
	if (__builtin_expect(v < 10, 1)) {
		to[0] = (char)('0' + v);
		return 1;
	}
	if (v < 100) {
		to[0] = (char)('0' + v / 10);
		to[1] = (char)('0' + v % 10);
		return 2;
	}
	char d[8];
	size_t n = 0;
	while (v && n < sizeof d) {
		d[n++] = (char)('0' + v % 10);
		v /= 10;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = d[n - 1 - i];
	return n;
}

static int tell(struct reader *x, int role, int who, unsigned comp, struct slice raw)
{
	if (!raw.n || (raw.n == 2 && raw.p[0] == '"' && raw.p[1] == '"'))
		return 0;
	struct slice text = x->m->utf8 && !x->m->escapes ? raw : hl7_text(x->m, raw, x->a);
	if (!text.p)
		return err_set(x->e, arena_code(x->a) ? arena_code(x->a) : ERR_LIMIT, NULL, "a message is too long to be read");
	if (role == R(OTHER) && text.n <= 2)
		return 0;
	size_t n = x->name_n;
	x->name[n++] = '.';
	n += put_number(x->name + n, comp);
	if (who != SUB && x->self && (who == INS || who == GUA))
		who = SUB;
	x->dated |= role == R(SERVICE_DATE);
	return extract_put_field(x->o, extract_value_role(role, text), who, slice_of(x->name, n), text, place(x, raw), x->e);
}

static int tell_text(struct reader *x, struct slice raw)
{
	if (!raw.n)
		return 0;
	struct slice text = hl7_text(x->m, raw, x->a);
	if (!text.p)
		return err_set(x->e, arena_code(x->a) ? arena_code(x->a) : ERR_LIMIT, NULL, "a message is too long to be read");
	return extract_put_text(x->o, text, place(x, raw), x->e);
}

/* A component with its subcomponents, each by itself. */
static int tell_subs(struct reader *x, int role, int who, unsigned comp, struct slice raw)
{
	struct slice rest = raw, one;
	int r = 0;
	while (r == 0 && hl7_next_sub(x->m, &rest, &one))
		r = tell(x, role, who, comp, one);
	return r;
}

static struct slice first_sub(struct reader *x, struct slice comp)
{
	struct slice rest = comp, one = SLICE_NULL;
	return hl7_next_sub(x->m, &rest, &one) ? one : SLICE_NULL;
}

/* ---- data types: one repetition, cut into its components c[1..n] ---- */

/* Roles by component; 0 (OTHER) with `skip` set in a bit of the mask is passed over. */
struct shape {
	uint8_t role[12];
	uint32_t skip;
};
#define BIT(n) (UINT32_C(1) << (n))
static const struct shape shape_xpn = {{0, R(LAST), R(FIRST), R(MIDDLE), R(SUFFIX), R(PREFIX)}, BIT(6) | BIT(7) | BIT(8) | BIT(10) | BIT(11) | BIT(12) | BIT(13)};
static const struct shape shape_xad = {{0, R(STREET), R(APT), R(CITY), R(STATE), R(ZIP), R(COUNTRY), 0, 0, R(COUNTY)}, BIT(7) | BIT(10) | BIT(11) | BIT(12) | BIT(13) | BIT(14)};
static const struct shape shape_xcn = {{0, R(OTHER), R(LAST), R(FIRST), R(MIDDLE), R(SUFFIX), R(PREFIX)}, BIT(7) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(13) | BIT(14) | BIT(15) | BIT(16) | BIT(17) | BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(22) | BIT(23)};

static int by_shape(struct reader *x, const struct shape *s, int whole, int who, const struct slice *c, unsigned n)
{
	int r = 0;
	for (unsigned i = 1; i <= n && r == 0; i++)
		if (c[i].n && !(i < 32 && s->skip & BIT(i))) {
			int role = i < ARRAY_LEN(s->role) ? s->role[i] : R(OTHER);
			r = tell_subs(x, whole && role == R(LAST) ? whole : role, who, i, c[i]);
		}
	return r;
}

/* HL7 table 0203, as far as it tells more than that it is a number of the patient's. */
static int id_role(struct slice type, int role)
{
	static const struct {
		char code[6];
		uint8_t role;
	} types[] = {{"MR", R(MRN)}, {"MRT", R(MRN)}, {"PI", R(MRN)}, {"PT", R(MRN)}, {"PE", R(MRN)}, {"AN", R(VISIT)}, {"VN", R(VISIT)}, {"ANON", R(MRN)}, {"SS", R(SSN)}, {"SB", R(SSN)}, {"DL", R(DL)}, {"DLN", R(DL)}, {"PPN", R(PASSPORT)}, {"PP", R(PASSPORT)},
		{"MC", R(MBI)}, {"MA", R(MEDICAID)}, {"SN", R(MEMBER)}, {"MB", R(MEMBER)}, {"HC", R(MEMBER)}, {"JHN", R(MEMBER)}, {"NH", R(MEMBER)}, {"PN", R(MEMBER)}, {"GN", R(GROUP)}, {"BA", R(ACCOUNT)}, {"BANK", R(ACCOUNT)}, {"BC", R(CARD)}, {"AM", R(CARD)}, {"DI", R(CARD)}, {"DS", R(CARD)},
		{"MS", R(CARD)}, {"VS", R(CARD)}, {"NPI", R(NPI)}, {"TAX", R(TIN)}, {"TIN", R(TIN)}, {"EN", R(TIN)}, {"CN", R(CLAIM)}};
	if (!type.n || type.n > 5)
		return role;
	char code[6] = {0};
	for (size_t i = 0; i < type.n; i++)
		code[i] = (char)(type.p[i] >= 'a' && type.p[i] <= 'z' ? type.p[i] - 32 : type.p[i]);
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (!memcmp(code, types[i].code, sizeof code))
			return types[i].role;
	return role;
}

static int cx(struct reader *x, const struct field *f, const struct slice *c, unsigned n)
{
	int role = n >= 5 ? id_role(c[5], f->role) : f->role, r = 0;
	/* a registration or visit number in a field of visits stays one, whatever its type says */
	if (f->role == R(VISIT) && role == R(MRN))
		role = R(VISIT);
	for (unsigned i = 1; i <= n && r == 0; i++)
		if (i == 1)
			r = tell_subs(x, role, f->who, 1, c[1]);
		else if (i == 4)
			r = tell(x, R(ASSIGNER), f->who, 4, first_sub(x, c[4]));
		else if (i > 10)
			r = tell_subs(x, R(OTHER), f->who, i, c[i]);
	return r;
}

static int xcn(struct reader *x, const struct field *f, const struct slice *c, unsigned n)
{
	int who = f->who ? f->who : PRO, role = f->role == R(MRN) ? R(MRN) : id_role(n >= 13 ? c[13] : SLICE_NULL, R(PROVIDER)), r = 0;
	if (f->role == R(MRN))
		who = SUB;
	else if (who != PRO && role == R(PROVIDER))
		role = R(OTHER);
	else if (role == R(PROVIDER) && c[1].n == 10 && extract_value_npi(c[1]))
		role = R(NPI);
	if (n >= 1)
		r = tell_subs(x, role, who, 1, c[1]);
	return r ? r : by_shape(x, &(const struct shape){.role = {0, 0, R(LAST), R(FIRST), R(MIDDLE), R(SUFFIX), R(PREFIX)}, .skip = shape_xcn.skip | BIT(1)}, 0, who, c, n);
}

static int xtn(struct reader *x, const struct field *f, const struct slice *c, unsigned n)
{
	int r = 0;
	for (unsigned i = 1; i <= n && r == 0; i++) {
		if (!c[i].n || i == 2 || i == 3 || i == 5 || i == 8 || i == 10 || i == 11 || i > 12)
			continue;
		if (i == 6) { /* area code and number are one */
			struct slice area = n >= 7 && c[7].n && !c[1].n ? hl7_text(x->m, c[6], x->a) : SLICE_NULL, rest = area.p ? hl7_text(x->m, c[7], x->a) : SLICE_NULL;
			struct slice both = rest.n ? slice_str(arena_printf(x->a, "%.*s-%.*s", SLICE_FMT(area), SLICE_FMT(rest))) : SLICE_NULL;
			if (both.n)
				r = extract_put_field(x->o, R(PHONE), x->self && (f->who == INS || f->who == GUA) ? SUB : f->who, slice_of(x->name, x->name_n), both, place(x, c[6]), x->e);
			i = n >= 7 ? 7 : 6;
			continue;
		}
		r = tell(x, i == 4 ? R(EMAIL) : i == 9 ? R(OTHER) : R(PHONE), f->who, i, c[i]);
	}
	return r;
}

static int code(struct reader *x, int role, int who, const struct slice *c, unsigned n)
{
	int r = 0;
	for (unsigned i = 1; i <= n && r == 0; i++)
		if (i != 3 && i != 6 && i != 7 && i != 8 && (i < 12 || i == 13))
			r = tell_subs(x, role, who, i, c[i]);
	return r;
}

static int all(struct reader *x, int role, int who, const struct slice *c, unsigned n)
{
	int r = 0;
	for (unsigned i = 1; i <= n && r == 0; i++)
		r = tell_subs(x, role, who, i, c[i]);
	return r;
}

/* ED: source, type, subtype, encoding, data (2A.2.24). */
static int document(struct reader *x, const struct slice *c, unsigned n)
{
	AUTO_BUF struct buf b = {0};
	char name[40] = "OBX-5";
	if (n < 5 || !c[5].n)
		return all(x, R(OTHER), SUB, c, n);
	if (c[2].n >= 2 && (c[2].p[0] | 32) == 'i' && (c[2].p[1] | 32) == 'm') {
		int r = tell(x, R(RECORDING), SUB, 3, c[3].n ? c[3] : c[2]);
		if (r)
			return r;
	}
	size_t k = strlen(name);
	name[k++] = '.';
	for (size_t i = 0; i < c[3].n && i < 12; i++)
		name[k++] = (char)((c[3].p[i] >= 'A' && c[3].p[i] <= 'Z') ? c[3].p[i] | 32 : (c[3].p[i] >= 'a' && c[3].p[i] <= 'z') || (c[3].p[i] >= '0' && c[3].p[i] <= '9') ? c[3].p[i] : '_');
	struct slice text = hl7_text(x->m, c[5], x->a);
	buf_init(&b, DOCUMENT_MAX);
	if (slice_eq_nocase(c[4], "hex")) {
		uint8_t *to = buf_space(&b, text.n / 2);
		if (to && hex_get(to, text.n / 2, slice_of(text.p, text.n & ~(size_t)1)) == 0)
			buf_commit(&b, text.n / 2);
	} else if (!slice_eq_nocase(c[4], "base64") || base64_get_loose(&b, text) < 0) {
		return extract_put_text(x->o, text, place(x, c[5]), x->e);
	}
	return b.n ? extract_member(x->o, slice_of(name, k), buf_slice(&b), x->e) : 0;
}

static int repetition(struct reader *x, const struct field *f, struct slice rep)
{
	struct slice *c = x->c, rest = rep, one;
	unsigned n = 0;
	int r = 0;
	if (f->how == NOTE)
		return tell_text(x, rep);
	while (n < COMPS && hl7_next_comp(x->m, &rest, &one))
		c[++n] = one;
	switch (f->how) {
	case SKIP: return 0;
	case EI:
	case TS: r = n ? tell(x, f->role, f->who, 1, c[1]) : 0; break;
	case XPN: r = by_shape(x, &shape_xpn, n >= 7 && slice_eq_nocase(c[7], "M") ? R(MAIDEN) : f->role, f->who, c, n); break;
	case XAD: r = by_shape(x, &shape_xad, 0, f->who, c, n); break;
	case XTN: r = xtn(x, f, c, n); break;
	case CX: r = cx(x, f, c, n); break;
	case XCN: r = xcn(x, f, c, n); break;
	case CODE: r = code(x, f->role, f->who, c, n); break;
	case DLN:
		r = n ? tell(x, R(DL), f->who, 1, c[1]) : 0;
		if (r == 0 && n >= 2)
			r = tell(x, R(STATE), f->who, 2, c[2]);
		break;
	case XON:
		r = n ? tell_subs(x, f->role, f->who, 1, c[1]) : 0;
		if (r == 0 && n >= 3)
			r = tell(x, f->role, f->who, 3, c[3]);
		break;
	case NDL: { /* id & family & given ... */
		struct slice sub = n ? c[1] : SLICE_NULL;
		for (n = 0; n < 7 && hl7_next_sub(x->m, &sub, &one);)
			c[++n] = one;
		return xcn(x, f, c, n);
	}
	default: r = all(x, f->role, f->who, c, n); break;
	}
	while (r == 0 && rest.p && hl7_next_comp(x->m, &rest, &one)) /* more of them than any type has */
		r = tell_subs(x, R(OTHER), f->who, ++n, one);
	return r;
}

/* Is it one component, and that one subcomponent? Two of three values are. */
static bool plain(const struct hl7_msg *m, struct slice v)
{
	const struct hl7_delims *d = &m->d;
#ifdef __SSE2__
	if (v.n <= 16 && m->text.p + m->text.n - v.p >= 16) {
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)v.p);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8((char)d->comp)), _mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8((char)d->rep)), _mm_cmpeq_epi8(b, _mm_set1_epi8((char)d->sub))));
		return !((unsigned)_mm_movemask_epi8(hit) & ((1u << v.n) - 1));
	}
#endif
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == d->comp || v.p[i] == d->rep || v.p[i] == d->sub)
			return false;
	return true;
}

/* OBX-5 has the type that OBX-2 names. */
static struct field observed(struct reader *x, const struct hl7_segment *s, struct slice value)
{
	static const struct {
		char type[4];
		struct field f;
	} types[] = {{"TX", {NOTE}}, {"FT", {NOTE}}, {"XPN", {XPN, 0, PERSON_ANYBODY}}, {"PN", {XPN, 0, PERSON_ANYBODY}}, {"XAD", {XAD, 0, PERSON_ANYBODY}}, {"AD", {XAD, 0, PERSON_ANYBODY}}, {"XTN", {XTN, 0, PERSON_ANYBODY}}, {"XCN", {XCN}}, {"CWE", {CODE, R(LAB)}}, {"CE", {CODE, R(LAB)}}, {"CNE", {CODE, R(LAB)}}};
	struct slice type = hl7_field(x->m, s, 2);
	if (type.n == 2 && type.p[0] == 'N' && type.p[1] == 'M')
		return (struct field){ST, R(LAB), SUB};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (slice_eq_nocase(type, types[i].type))
			return types[i].f;
	if (type.n <= 2 && value.n > 80 && memchr(value.p, ' ', value.n)) /* sentences in a string */
		return (struct field){NOTE};
	return (struct field){ST, R(LAB), SUB};
}

static int observation(struct reader *x, const struct hl7_segment *s, struct slice value)
{
	if (slice_eq_nocase(hl7_field(x->m, s, 2), "ED")) {
		struct slice rest = value, one;
		unsigned n = 0;
		while (n < COMPS && hl7_next_comp(x->m, &rest, &one))
			x->c[++n] = one;
		return document(x, x->c, n);
	}
	struct field f = observed(x, s, value);
	struct slice rest = value, rep;
	int r = 0;
	while (r == 0 && hl7_next_rep(x->m, &rest, &rep))
		r = repetition(x, &f, rep);
	return r;
}

/* IN1-17, GT1-11 (table 0063, and what X12 writes): SEL, 18, SELF. */
static bool is_self(struct reader *x, const struct hl7_segment *s)
{
	unsigned field = s->id[0] == 'I' ? 17 : 11;
	struct slice v = hl7_comp(x->m, hl7_rep(x->m, hl7_field(x->m, s, field), 1), 1);
	return v.n && (slice_eq_nocase(v, "SEL") || slice_eq_nocase(v, "SELF") || slice_eq_nocase(v, "18") || slice_eq_nocase(v, "S"));
}

/* Values that many senders put one field beside their own. */
static int misplaced(struct reader *x, const struct hl7_segment *s, unsigned i, int role, struct slice v)
{
	if (!memcmp(s->id, "IN1", 4) && (i == 35 || i == 36) && extract_value_digits(v) >= 5) { /* the policy's number; whose plan it is stands in IN1-2 and IN1-4 */
		struct slice plan = hl7_field(x->m, s, 2), payer = hl7_field(x->m, s, 4);
		return extract_value_has(plan, "medicaid") || extract_value_has(payer, "medicaid") || extract_value_has(plan, "medi-cal") ? R(MEDICAID) : R(MEMBER);
	}
	if (role == R(CLAIM) && i >= 6 && i <= 9 && extract_value_procedure(v)) /* FT1 */
		return R(TREATMENT);
	if (role != R(OTHER))
		return role;
	/* a bank's number with an account's behind it, in segments of a site's own */
	bool account = x->account;
	x->account = false;
	if (account)
		return R(ACCOUNT);
	char d[18];
	x->account = v.n == 9 && person_digits(v, 9, d) && person_aba_valid(d) && person_digits(hl7_field(x->m, s, i + 1), 17, d) && strlen(d) >= 5;
	return x->account ? R(ROUTING) : role;
}

static int segment(struct reader *x, const struct hl7_segment *s)
{
	const struct segment *g = segment_of(s->id);
	if (g->skip)
		return 0;
	if (!memcmp(s->id, "PID", 4)) {
		int r = x->patient ? extract_put_record(x->o, x->control, x->at + s->at, x->e) : 0;
		x->patient = true;
		x->self = false;
		if (r)
			return r;
	}
	if (!memcmp(s->id, "IN1", 4) || !memcmp(s->id, "GT1", 4))
		x->self = is_self(x, s);
	else if (memcmp(s->id, "IN2", 4) && memcmp(s->id, "IN3", 4))
		x->self = false;
	x->visit |= !memcmp(s->id, "PV1", 4);
	x->account = false;
	memcpy(x->name, s->id[0] ? s->id : "???", 3);
	x->name[3] = '-';
	for (unsigned i = 1; i <= s->fields; i++) {
		const struct hl7_span *span = &x->m->fields[s->first + i - 1];
		if (!span->n)
			continue;
		const struct field *f = i < g->n && g->field[i].how ? &g->field[i] : &(const struct field){ST, g->rest, SUB};
		if (f->how == SKIP)
			continue;
		struct slice value = slice_of(x->m->text.p + span->at, span->n), rest = value, rep;
		int r = 0;
		x->name_n = 4 + put_number(x->name + 4, i);
		if (f->how == VALUE)
			r = observation(x, s, value);
		else if ((f->how == ST || f->how == TS || f->how == CODE || f->how == EI) && plain(x->m, value))
			r = tell(x, misplaced(x, s, i, f->role, value), f->who, 1, value);
		else
			while (r == 0 && hl7_next_rep(x->m, &rest, &rep))
				r = rep.n ? repetition(x, f, rep) : 0;
		if (r)
			return r;
	}
	return 0;
}

/* A visit of which no segment says when: the event's own time is one of its days, and the message's where there is none. */
static int undated_visit(struct reader *x)
{
	const struct hl7_segment *event = hl7_segment(x->m, "EVN", 0);
	struct slice when = hl7_field(x->m, event, 2);
	if (!x->visit || x->dated)
		return 0;
	memcpy(x->name, when.n ? "EVN-2" : "MSH-7", 5);
	x->name_n = 5;
	if (!when.n)
		when = hl7_field(x->m, &x->m->segments[0], 7);
	return tell(x, R(SERVICE_DATE), SUB, 1, hl7_comp(x->m, hl7_rep(x->m, when, 1), 1));
}

/* ---- messages ---- */

static int as_text(const struct extract_out *o, struct slice bytes, uint64_t offset, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct slice text;
	buf_init(&b, bytes.n * 4 + 65536);
	int r = extract_utf8(bytes, NULL, &b, &text, NULL, e);
	return r ? r : extract_put_text(o, text, offset, e);
}

static int message(struct reader *x, struct slice bytes)
{
	struct hl7_msg *m = &x->own;
	struct err why = {0};
	int r = extract_hl7_plain(bytes, x->a, m) ? 0 : hl7_parse(bytes, x->a, m, NULL, 0, NULL, &why);
	if (r < 0) {
		extract_tell(x->o, r == ERR_LIMIT ? EXTRACT_LIMIT : EXTRACT_BROKEN, "a message in it cannot be cut into segments; it was read as text");
		return as_text(x->o, bytes, x->at, x->e);
	}
	x->m = m;
	x->patient = x->self = x->visit = x->dated = false;
	x->control = m->count ? hl7_text(m, hl7_field(m, &m->segments[0], 10), x->a) : SLICE_NULL;
	r = extract_put_record(x->o, x->control, x->at, x->e);
	for (uint32_t i = 0; i < m->count && r == 0; i++)
		r = segment(x, &m->segments[i]);
	r = r ? r : undated_visit(x);
	x->m = NULL;
	return r;
}

int extract_hl7v2(struct slice file, const struct extract_out *o, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(MESSAGE_ROOM);
	struct hl7_file f;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory to read messages in");
	struct reader x = {.o = o, .a = a, .e = e};
	hl7_file_init(&f, file);
	for (struct hl7_piece p;;) {
		hl7_file_next(&f, &p);
		x.at = p.offset;
		int r = 0;
		if (p.type == HL7_PIECE_END)
			return 0;
		if (p.type == HL7_PIECE_MESSAGE)
			r = message(&x, p.bytes);
		else if (p.type == HL7_PIECE_JUNK)
			r = as_text(o, p.bytes, x.at, e);
		if (r)
			return r;
		arena_reset(a);
	}
}
