/* X12: claims, payments, enrolment, eligibility; who is the patient; separators of their own. */
#include "pieces.h"

#define ISA "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *200101*1253*^*00501*000000905*0*P*:~GS*HC*S*R*20200101*0802*1*X*005010X222A1~"

static void professional(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_x12, slice_str(ISA "ST*837*0021*005010X222A1~BHT*0019*00*1*20200101*1023*CH~NM1*41*2*CLEARING*****46*TGJ23~PER*IC*JERRY PERSON*TE*3055552222*EM*j@c.org~NM1*40*2*KEY INSURANCE*****46*66783JJT~HL*1**20*1~NM1*85*2*BEN KILDARE SERVICE*****XX*9876543213~"
		"N3*234 SEAWAY ST~N4*MIAMI*FL*33111~REF*EI*587654321~HL*2*1*22*1~SBR*P**2222-SJ******CI~NM1*IL*1*SMITH*JANE****MI*JS00111223333~DMG*D8*19430501*F~NM1*PR*2*KEY INSURANCE*****PI*999996666~REF*G2*KA6663~HL*3*2*23*0~PAT*19~"
		"NM1*QC*1*SMITH*TED*Q**JR~N3*236 N MAIN ST~N4*MIAMI*FL*33413~DMG*D8*19730501*M~CLM*26463774*100***11:B:1*Y*A*Y*I~REF*D9*17312345600006351~REF*EA*M1234~NTE*ADD*SURGERY WAS UNUSUALLY LONG~HI*BK:0340*BF:V7389~"
		"NM1*82*1*KILDARE*BEN****XX*1234567893~LX*1~SV1*HC:99213:25*40*UN*1***1~DTP*472*RD8*20061003-20061005~LIN**N4*00777310502~SE*42*0021~GE*1*1~IEA*1*000000905~"));
	pieces_has(&x, "field name@staff PER02 [JERRY PERSON]\nfield phone@staff PER04 [3055552222]\nfield email@staff PER06 [j@c.org]\nfield assigner@provider NM103 [BEN KILDARE SERVICE]\nfield npi@provider NM109 [9876543213]\nfield street@provider N301 [234 SEAWAY ST]\n"
		"field tin@provider REF02 [587654321]\nfield group SBR03 [2222-SJ]\nfield last@subscriber NM103 [SMITH]\nfield first@subscriber NM104 [JANE]\nfield member@subscriber NM109 [JS00111223333]\nfield dob@subscriber DMG02 [19430501]\n"
		"field payer@anybody NM103 [KEY INSURANCE]\nfield last NM103 [SMITH]\nfield first NM104 [TED]\nfield middle NM105 [Q]\nfield suffix NM107 [JR]\nfield street N301 [236 N MAIN ST]\nfield zip N403 [33413]\nfield dob DMG02 [19730501]\nfield sex DMG03 [M]\n"
		"field claim CLM01 [26463774]\nfield claim REF02 [17312345600006351]\nfield mrn REF02 [M1234]\ntext [SURGERY WAS UNUSUALLY LONG]\nfield diagnosis HI01-2 [0340]\nfield diagnosis HI02-2 [V7389]\nfield last@provider NM103 [KILDARE]\n"
		"field treatment SV101-2 [99213]\nfield claim SV102 [40]\nfield service_date DTP03 [20061003]\nfield service_date DTP03 [20061005]\nfield medication LIN03 [00777310502]\n");
	/* in the dependent's record: the subscriber again, and the policy's number is the patient's, too */
	const char *ted = strstr(buf_cstr(&x.b), "[TED]"), *record = NULL;
	for (const char *p = buf_cstr(&x.b); (p = strstr(p, "record ")) && p < ted; p++)
		record = p;
	assert_non_null(record);
	const char *jane = strstr(record, "field first@subscriber NM104 [JANE]"), *number = strstr(record, "field member NM109 [JS00111223333]");
	assert_true(jane && jane < ted && number && number < ted);
	pieces_done(&x);
}

static void himself(void **state) /* the subscriber is the patient */
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_x12, slice_str(ISA "ST*837*1~HL*1**20*1~NM1*85*1*DOC*DAN****XX*1234567893~HL*2*1*22*0~SBR*P*18*G1******MC~NM1*IL*1*DOE*JOHN****MI*1EG4TE5MK73~N3*1 ELM~DMG*D8*19500101*M~CLM*ACC1*50***21:A:1~HI*ABK:E119*BBR:0DTJ4ZZ:D8:20200103~SV2*0300*HC:80053*73.42*UN*1~SE*1*1~IEA*1*1~"));
	pieces_has(&x, "field last NM103 [DOE]\nfield mbi NM109 [1EG4TE5MK73]\nfield street N301 [1 ELM]\nfield dob DMG02 [19500101]\nfield diagnosis HI01-2 [E119]\nfield treatment HI02-2 [0DTJ4ZZ]\nfield service_date HI02-4 [20200103]\nfield treatment SV202-2 [80053]\n");
	assert_null(strstr(buf_cstr(&x.b), "subscriber"));
	pieces_done(&x);
}

static void payment(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_x12, slice_str(ISA "ST*835*1~\r\nBPR*I*150*C*ACH*CTX*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20200301~\r\nTRN*1*12345*1512345678~\r\nN1*PR*DENTAL OF ABC~\r\nN1*PE*DAN DENTIST*XX*1234567893~\r\nLX*1~\r\n"
		"CLP*7722337*1*211366.97*138018.4*10*12*119932404007801~\r\nNM1*QC*1*JUDD*KIM****HN*1EG4TE5MK73~\r\nNM1*IL*1*JUDD*TOM****MI*SAM777~\r\nNM1*82*1*DOC*DAN****XX*1234567893~\r\nDTM*232*20200103~\r\nSVC*HC:D0120*46*25~\r\nDTM*472*20200104~\r\nCLP*8*1*3.50*1.00**12*99~\r\nNM1*QC*1*WU*SU****MI*W9~\r\nSE*1*1~\r\nIEA*1*1~\r\n"));
	pieces_has(&x, "record 7722337\nfield routing@anybody BPR07 [999999992]\nfield account@anybody BPR15 [98765]\nfield claim CLP01 [7722337]\nfield claim CLP07 [119932404007801]\nfield last NM103 [JUDD]\nfield mbi NM109 [1EG4TE5MK73]\nfield first@subscriber NM104 [TOM]\n"
		"field service_date DTM02 [20200103]\nfield treatment SVC01-2 [D0120]\nrecord 8\nfield first NM104 [SU]\n");
	pieces_done(&x);
}

static void enrolment(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_x12, slice_str("ISA|00|          |00|          |ZZ|SENDER         |ZZ|RECEIVER       |200101|1253|^|00501|000000905|0|P|>\n"
		"ST|834|1\nN1|P5|ACME|FI|999888777\nINS|Y|18|021|20|A|||FT\nREF|0F|123456789\nREF|1L|G77\nDTP|356|D8|20200101\nNM1|IL|1|DOE|JOHN|P|||34|123456789\nPER|IP||HP|7172343334|EM|j@d.org\nN3|100 MARKET ST|APT 3G\nN4|CAMP HILL|PA|17011\nDMG|D8|19400816|M||:RET>C>2106-3\n"
		"NM1|S3|1|DOE|MAY\nHD|021||HLT|GOLD PLAN\nCOB|P|890111|5\nINS|N|01|021\nREF|0F|123456789\nNM1|IL|1|DOE|SU||||34|123456788\nSE|1|1\nIEA|1|1\n"));
	assert_int_equal(x.records, 3);
	pieces_has(&x, "field member REF02 [123456789]\nfield group REF02 [G77]\nfield last NM103 [DOE]\nfield ssn NM109 [123456789]\nfield phone PER04 [7172343334]\nfield email PER06 [j@d.org]\nfield street N301 [100 MARKET ST]\nfield apt N302 [APT 3G]\nfield dob DMG02 [19400816]\n"
		"field first@kin NM104 [MAY]\nfield member COB02 [890111]\nfield first NM104 [SU]\nfield ssn NM109 [123456788]\n");
	pieces_done(&x);
}

static void eligibility(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_x12, slice_str(ISA "ST*270*1~HL*1**20*1~NM1*PR*2*ABC CO*****PI*842610001~HL*2*1*21*1~NM1*1P*2*BONE CLINIC*****XX*1234567893~HL*3*2*22*1~NM1*IL*1*SMITH*ROBERT****MI*11122333301~HL*4*3*23*0~TRN*1*930*98~NM1*03*1*SMITH*MARY~DMG*D8*19781014*F~EQ*30~SE*1*1~"
		"ST*277*2~HL*1**20*1~HL*2*1*21*1~HL*3*2*19*1~NM1*1P*2*HOME HOSPITAL*****XX*1666666661~HL*4*3*22*0~NM1*IL*1*MANN*JOHN****MI*00ABCD~STC*F0:3*20200101**8513.88~REF*1K*220216359803X~DTP*472*RD8*20191001-20191002~SE*1*2~IEA*1*1~"));
	pieces_has(&x, "field last@subscriber NM103 [SMITH]\nfield first NM104 [MARY]\nfield dob DMG02 [19781014]\nfield member NM109 [11122333301]\nfield first NM104 [JOHN]\nfield member NM109 [00ABCD]\nfield claim REF02 [220216359803X]\nfield service_date DTP03 [20191001]\n");
	pieces_done(&x);
}

/* Two interchanges with other separators each; what is not X12; what ends early. */
static void odd(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_x12, slice_str(ISA "ST*834*1~INS*Y*18~NM1*IL*1*AA*BB~SE*1*1~IEA*1*1~\n"
		"ISA!00!          !00!          !ZZ!SENDER         !ZZ!RECEIVER       !200101!1253!U!00401!000000905!0!P!<'ST!834!1'INS!Y!18'NM1!IL!1!CC!DD'SE!1!1'IEA!1!1'"));
	pieces_has(&x, "field last NM103 [AA]\nfield last NM103 [CC]\nfield first NM104 [DD]\n");
	pieces_done(&x);
	pieces_read(&x, extract_x12, slice_str("ISA*00*x"));
	assert_int_equal(x.troubles, 1);
	pieces_done(&x);
	pieces_read(&x, extract_x12, slice_str(ISA "ST*999*1~ZZ9*ABCDEF*1*X:YZW~NM1*IL*1*EE"));
	pieces_has(&x, "field other ZZ901-1 [ABCDEF]\nfield other ZZ903-2 [YZW]\nfield last@subscriber NM103 [EE]\n");
	pieces_done(&x);
	pieces_read(&x, extract_x12, SLICE_NULL);
	pieces_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(professional), cmocka_unit_test(himself), cmocka_unit_test(payment), cmocka_unit_test(enrolment), cmocka_unit_test(eligibility), cmocka_unit_test(odd)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
