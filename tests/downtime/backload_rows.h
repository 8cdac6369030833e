/* An item, what it goes out as behind MSH, and MSH-9. Made by PRINT=1 downtime_test_backload_message, and looked at. */
	{ITEM("registration", ",\"values\":{\"family\":\"M\xc3\xbcller & S\xc3\xb6hne\",\"given\":\"Jo|hn\",\"middle\":\"Q\",\"birth\":\"1957-03-12\",\"sex\":\"male\",\"address\":\"Rue 3\",\"phone\":\"555-1\",\"nextOfKin\":\"Anna, wife\",\"class\":\"emergency\",\"bed\":\"ED^2^A\",\"reason\":\"chest pain\"}"),
		"EVN|A04|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR||Müller \\T\\ Söhne^Jo\\F\\hn^Q^^^^||19570312|M|||Rue 3||555-1\n"
		"NK1|1|Anna, wife\n"
		"PV1|1|E|ED^2^A|||||||||||||||||||||||||||||||||||||||||202611220312+0100||||||W3K7-000123^^^HOLDFAST\n"
		"PV2|||^chest pain\n", "ADT^A04^ADT_A01"},
	{ITEM("registration", ",\"values\":{\"family\":\"\xe7\x8e\x8b\",\"given\":\"\xe5\xb0\x8f\xe6\x98\x8e\",\"sex\":\"female\",\"class\":\"inpatient\"}"),
		"EVN|A01|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR||王^小明^^^^^|||F\n"
		"PV1|1|I|3W|||||||||||||||||||||||||||||||||||||||||202611220312+0100||||||W3K7-000123^^^HOLDFAST\n", "ADT^A01^ADT_A01"},
	{ITEM("registration", ",\"values\":{\"unresponsive\":true,\"estimatedAge\":\"40\",\"description\":\"tattoo left arm\"}"),
		"EVN|A04|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR||||||||||||||||||||||||||||Y\n"
		"PV1|1|U|3W|||||||||||||||||||||||||||||||||||||||||202611220312+0100||||||W3K7-000123^^^HOLDFAST\n"
		"OBX|1|NM|21611-9^Age - estimated^LN||40|a^year^UCUM|||||F\n"
		"OBX|2|ST|^Description||tattoo left arm||||||F\n", "ADT^A04^ADT_A01"},
	{ITEM("admit", ",\"values\":{\"bed\":\"3W^12^A\",\"attending\":\"Dr. Roy\",\"reason\":\"sepsis\"}"),
		"EVN|A01|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR|||||\n"
		"PV1|1|I|3W^12^A||||^Dr. Roy|||||||||||||||||||||||||||||||||||||202611220312+0100||||||W3K7-000123^^^HOLDFAST\n"
		"PV2|||^sepsis\n", "ADT^A01^ADT_A01"},
	{ITEM("transfer", ",\"values\":{\"bed\":\"ICU^1^B\",\"from\":\"3W^12^A\"}"),
		"EVN|A02|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR|||||\n"
		"PV1|1|U|ICU^1^B|||3W^12^A\n", "ADT^A02^ADT_A02"},
	{ITEM("discharge", ",\"values\":{\"disposition\":\"home\"}"),
		"EVN|A03|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR|||||\n"
		"PV1|1|U||||||||||||||||||||||||||||||||||home|||||||||202611220312+0100\n", "ADT^A03^ADT_A03"},
	{ITEM("allergy", ",\"values\":{\"substance\":\"Penicillin\",\"code\":\"764146007\",\"system\":\"http://snomed.info/sct\",\"reaction\":\"rash\",\"severity\":\"severe\"}"),
		"EVN|A60|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR|||||\n"
		"IAM|1||764146007^Penicillin^SCT|SV|rash|A|W3K7-000123^HOLDFAST||||||202611220312+0100|||||^Dr. Roy||20261122050010+0100\n", "ADT^A60^ADT_A60"},
	{ITEM("allergy", ",\"values\":{\"statedNone\":true}"),
		"EVN|A60|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR|||||\n"
		"IAM|1||716186003^No known allergy^SCT|||A|W3K7-000123^HOLDFAST||||||202611220312+0100|||||^Dr. Roy||20261122050010+0100\n", "ADT^A60^ADT_A60"},
	{ITEM("vitals", ",\"sheet\":\"S-1\",\"values\":{\"bp\":\"120/80\",\"pulse\":72,\"temp\":\"38.50\",\"spo2\":97,\"position\":\"sitting\",\"weight\":\"70\"}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|RE|W3K7-000123^HOLDFAST|||CM||||20261122050010+0100|a.keller|||||202611220312+0100\n"
		"OBR|1|W3K7-000123^HOLDFAST|W3K7-000123^HOLDFAST|85353-1^Vital signs, weight, height, head circumference, oxygen saturation and BMI panel^LN|||202611220312+0100|||^Dr. Roy||||||||||||20261122050010+0100|||F\n"
		"OBX|1|NM|8480-6^Systolic blood pressure^LN||120|mm[Hg]^^UCUM|||||F|||202611220312+0100||^Dr. Roy\n"
		"OBX|2|NM|8462-4^Diastolic blood pressure^LN||80|mm[Hg]^^UCUM|||||F|||202611220312+0100||^Dr. Roy\n"
		"OBX|3|NM|8867-4^Heart rate^LN||72|/min^^UCUM|||||F|||202611220312+0100||^Dr. Roy\n"
		"OBX|4|NM|8310-5^Body temperature^LN||38.50|Cel^^UCUM|||||F|||202611220312+0100||^Dr. Roy\n"
		"OBX|5|NM|59408-5^Oxygen saturation^LN||97|%^^UCUM|||||F|||202611220312+0100||^Dr. Roy\n"
		"OBX|6|NM|29463-7^Body weight^LN||70|kg^^UCUM|||||F|||202611220312+0100||^Dr. Roy\n"
		"NTE|1||" SAID ", from paper sheet S-1; it happened at 2026-11-22T03:12. Position: sitting.\n", "ORU^R01^ORU_R01"},
	{ITEM("given", ",\"values\":{\"drug\":\"Metoprolol\",\"code\":\"866924\",\"system\":\"RXNORM\",\"dose\":\"50\",\"unit\":\"mg\",\"route\":\"PO\",\"order\":\"O77\",\"lot\":\"L9\",\"scheduled\":\"2026-11-22T03:00\"}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|RE|W3K7-000123^HOLDFAST|O77|||||O77|20261122050010+0100|a.keller|||||202611220312+0100\n"
		"RXA|0|1|202611220312+0100|202611220312+0100|866924^Metoprolol^RXNORM|50|mg||^" SAID "; it happened at 2026-11-22T03:12. Scheduled: 2026-11-22T03:00.|^Dr. Roy|||||L9|||||CP|A|20261122050010+0100\n"
		"RXR|^PO\n", "RAS^O17^RAS_O17"},
	{ITEM("given", ",\"values\":{\"drug\":\"Paracetamol 1 g\"}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|RE|W3K7-000123^HOLDFAST|||||||20261122050010+0100|a.keller|||||202611220312+0100\n"
		"RXA|0|1|202611220312+0100|202611220312+0100|^Paracetamol 1 g||||^" SAID "; it happened at 2026-11-22T03:12.|^Dr. Roy||||||||||CP|A|20261122050010+0100\n"
		"RXR|^not recorded\n", "RAS^O17^RAS_O17"},
	{ITEM("held", ",\"values\":{\"drug\":\"Metoprolol\",\"why\":\"pulse 44\"}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|RE|W3K7-000123^HOLDFAST|||||||20261122050010+0100|a.keller|||||202611220312+0100\n"
		"RXA|0|1|202611220312+0100|202611220312+0100|^Metoprolol|0|||^" SAID "; it happened at 2026-11-22T03:12.|^Dr. Roy||||||||^pulse 44||NA|A|20261122050010+0100\n"
		"RXR|^not recorded\n", "RAS^O17^RAS_O17"},
	{ITEM("order", ",\"values\":{\"category\":\"medication\",\"what\":\"Ceftriaxone\",\"dose\":\"2\",\"unit\":\"g\",\"route\":\"IV\",\"frequency\":\"Q24H\",\"priority\":\"stat\",\"orderedBy\":\"roy\",\"readBack\":true}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|NW|W3K7-000123^HOLDFAST|||||||20261122050010+0100|a.keller||roy|||202611220312+0100|||||||||||||||PH\n"
		"RXE||^Ceftriaxone|2||g||^" SAID "; it happened at 2026-11-22T03:12. Read back: yes.\n"
		"TQ1|1||Q24H||||202611220312+0100||S\n"
		"RXR|^IV\n", "RDE^O11^RDE_O11"},
	{ITEM("order", ",\"values\":{\"category\":\"medication\",\"what\":\"Ceftriaxone\",\"stop\":\"W3K7-000100\"}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|DC|W3K7-000100^HOLDFAST||W3K7-000123^HOLDFAST|||||20261122050010+0100|a.keller||^Dr. Roy|||202611220312+0100\n"
		"RXE||^Ceftriaxone|||||^" SAID "; it happened at 2026-11-22T03:12.\n"
		"TQ1|1||||||202611220312+0100||\n"
		"RXR|^not recorded\n", "RDE^O11^RDE_O11"},
	{ITEM("order", ",\"values\":{\"category\":\"laboratory\",\"what\":\"Lactate\",\"code\":\"2524-7\",\"system\":\"LN\",\"priority\":\"urgent\",\"number\":\"REQ-7\"}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|NW|W3K7-000123^HOLDFAST|||||||20261122050010+0100|a.keller||^Dr. Roy|||202611220312+0100\n"
		"TQ1|1||||||202611220312+0100||U\n"
		"OBR|1|W3K7-000123^HOLDFAST||2524-7^Lactate^LN||||||||||||^Dr. Roy||||||||LAB\n"
		"NTE|1||" SAID "; it happened at 2026-11-22T03:12. Category: laboratory.\n", "OMG^O19^OMG_O19"},
	{ITEM("order", ",\"values\":{\"category\":\"imaging\",\"what\":\"CT head\",\"start\":\"2026-11-22T06:00\",\"frequency\":\"twice a day\"}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|NW|W3K7-000123^HOLDFAST|||||||20261122050010+0100|a.keller||^Dr. Roy|||202611220600+0100\n"
		"TQ1|1||&twice a day||||202611220600+0100||\n"
		"OBR|1|W3K7-000123^HOLDFAST||^CT head||||||||||||^Dr. Roy||||||||RAD\n"
		"NTE|1||" SAID "; it happened at 2026-11-22T03:12. Category: imaging.\n", "OMG^O19^OMG_O19"},
	{ITEM("result", ",\"values\":{\"test\":\"Potassium\",\"code\":\"2823-3\",\"system\":\"LN\",\"value\":\"6.10\",\"unit\":\"mmol/L\",\"range\":\"3.5-5.1\",\"critical\":true,\"calledBy\":\"lab tech\",\"calledTo\":\"a.keller\",\"readBack\":true,\"order\":\"O9\"}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|RE|W3K7-000123^HOLDFAST|||CM|||O9|20261122050010+0100|a.keller|||||202611220312+0100\n"
		"OBR|1|W3K7-000123^HOLDFAST|W3K7-000123^HOLDFAST|2823-3^Potassium^LN|||202611220312+0100|||||||||||||||20261122050010+0100|||F||||O9\n"
		"OBX|1|NM|2823-3^Potassium^LN||6.10|mmol/L|3.5-5.1|AA|||F|||202611220312+0100||^Dr. Roy\n"
		"NTE|1||" SAID "; it happened at 2026-11-22T03:12. Called by: lab tech. Called to: a.keller. Read back: yes. Critical: yes.\n", "ORU^R01^ORU_R01"},
	{ITEM("note", ",\"values\":{\"title\":\"Nursing\",\"text\":\"slept well\\nno pain | ^~\\\\&\"}"),
		"EVN|T02|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR|||||\n"
		"PV1|1|U\n"
		"TXA|1|PR|TX|202611220312+0100|^Dr. Roy|20261122050010+0100|20261122050010+0100||^Dr. Roy||a.keller|W3K7-000123^HOLDFAST|||||DO||AV||||||Nursing\n"
		"OBX|1|TX|34109-9^Note^LN|1|slept well||||||F\n"
		"OBX|2|TX|34109-9^Note^LN|2|no pain \\F\\ \\S\\\\R\\\\E\\\\T\\||||||F\n"
		"OBX|3|TX|34109-9^Note^LN|3|" SAID "; it happened at 2026-11-22T03:12.||||||F\n", "MDM^T02^MDM_T02"},
	{ITEM("specimen", ",\"values\":{\"number\":\"SP-5\",\"what\":\"blood\",\"state\":\"sent\",\"to\":\"central lab\"}"),
		"PID|1||4711^^^GAB^MR|||||\n"
		"ORC|RE|W3K7-000123^HOLDFAST|||CM||||20261122050010+0100|a.keller|||||202611220312+0100\n"
		"OBR|1|W3K7-000123^HOLDFAST|W3K7-000123^HOLDFAST|^Specimen|||202611220312+0100|||^Dr. Roy||||||||||||20261122050010+0100|||F\n"
		"OBX|1|ST|^Specimen SP-5||sent||||||F|||202611220312+0100||^Dr. Roy\n"
		"NTE|1||" SAID "; it happened at 2026-11-22T03:12. What: blood. To: central lab.\n", "ORU^R01^ORU_R01"},
	{ITEM("sheet", ",\"values\":{\"number\":\"S-1\",\"of\":\"vitals\",\"pages\":\"2\"}") "\n%PDF-1.4 x",
		"EVN|T02|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\n"
		"PID|1||4711^^^GAB^MR|||||\n"
		"PV1|1|U\n"
		"TXA|1|PR|SD|202611220312+0100|^Dr. Roy|20261122050010+0100|20261122050010+0100||^Dr. Roy||a.keller|W3K7-000123^HOLDFAST|||||DO||AV||||||vitals S-1\n"
		"OBX|1|TX|34109-9^Note^LN|1|Paper sheet S-1 (vitals), 2 pages, scanned.||||||F\n"
		"OBX|2|ED|34109-9^Note^LN|2|^application^pdf^Base64^JVBERi0xLjQgeA==||||||F\n"
		"OBX|3|TX|34109-9^Note^LN|3|" SAID "; it happened at 2026-11-22T03:12.||||||F\n", "MDM^T02^MDM_T02"},
