/* Words with a meaning of their own: labels that say what the next value is, parts of addresses, and words of clinical language.
 *
 * The lists are short on purpose and were written for this program: conditions and medicines that stand most often in discharge letters and claims (after CMS' and AHRQ's public tables of the commonest diagnoses and prescriptions), not
 * a nomenclature. They tell that a text speaks of a diagnosis or a medicine, never which. Codes (ICD-10-CM, NDC, LOINC, CPT) and labels carry the rest. */
#include "find_internal.h"

#include <pthread.h>

struct list {
	uint8_t class, arg, after;
	const char *words; /* blanks between */
};

static const struct list lists[] = {
	{WORD_PART, PART_SOCIAL, 0, "social seguro sociale sécurité"},
	{WORD_PART, PART_MEDICAL, 0, "medical med chart hospital médico médical dossier historia"},
	{WORD_PART, PART_DRIVER, 0, "driver drivers driving conducir conduire operator operators"},
	{WORD_PART, PART_DATE, 0, "date dates fecha day"},
	{WORD_PART, PART_TAX, 0, "tax taxpayer employer fiscal"},
	{WORD_PART, PART_LAST, 0, "last final ending ends"},
	{WORD_PART, PART_NAME, 0, "name names nombre nom"},
	{WORD_PART, PART_SURNAME, 0, "surname surnames lastname nachname familienname apellido apellidos cognome"},
	{WORD_PART, PART_GIVEN, 0, "forename forenames firstname vorname vornamen prénom prénoms"},
	{WORD_LABEL, LABEL_SSN, 0, "ssn ssns nss"},
	{WORD_LABEL, LABEL_SSN, PART_SOCIAL, "security social sociale"},
	{WORD_LABEL, LABEL_DOB, 0, "dob dobs birth birthdate birthday born nacimiento naissance nacido nacida née ddn fdn geb geboren geburtsdatum 出生日期 出生 生日"},
	{WORD_LABEL, LABEL_MRN, 0, "mrn mrns emrn emr medrec mpi pid ipp nhc 病历号 住院号 病案号 门诊号 患者编号"},
	{WORD_LABEL, LABEL_MRN, PART_MEDICAL, "record records rec number file clínica clinica médical"},
	{WORD_LABEL, LABEL_PHONE, 0, "phone phones telephone tel mobile cell cellphone fax telefax teléfono móvil téléphone portable desk call contact reach dial texting text ring telefon handy 电话 手机 联系电话 电话号码 手机号"},
	{WORD_LABEL, LABEL_ADDRESS, 0, "address addresses resides residing residence domicilio dirección adresse lives mailing"},
	{WORD_LABEL, LABEL_DL, 0, "dl dln"},
	{WORD_LABEL, LABEL_DL, PART_DRIVER, "license licence lic permit licencia"},
	{WORD_LABEL, LABEL_PASSPORT, 0, "passport passports pasaporte passeport"},
	{WORD_LABEL, LABEL_ROUTING, 0, "routing aba rtn transit"},
	{WORD_LABEL, LABEL_ACCOUNT, 0, "account acct accounts iban bban checking savings cuenta compte swift bic"},
	{WORD_LABEL, LABEL_CARD, 0, "card visa mastercard amex discover tarjeta carte credit debit cc"},
	{WORD_LABEL, LABEL_NPI, 0, "npi"},
	{WORD_LABEL, LABEL_DEA, 0, "dea"},
	{WORD_LABEL, LABEL_MEMBER, 0, "member hbn insur insurer subscriber policy insurance insured beneficiary policyholder póliza asegurado assuré adhérent memberid hic"},
	{WORD_PART, PART_HEALTH, 0, "health healthcare"},
	{WORD_LABEL, LABEL_MEMBER, PART_HEALTH, "plan insurance"},
	{WORD_LABEL, LABEL_UNIT, 0, "apt apartment suite ste box"},
	{WORD_LABEL, LABEL_ZIP, 0, "zip zipcode postcode plz postleitzahl"},
	{WORD_LABEL, LABEL_CLAIM, 0, "claim claims icn dcn tcn reclamación sinistre invoice"},
	{WORD_LABEL, LABEL_MBI, 0, "mbi medicare hicn"},
	{WORD_LABEL, LABEL_MEDICAID, 0, "medicaid medi"},
	{WORD_LABEL, LABEL_SERVICE, 0, "admitted admission discharged discharge dos encounter hospitalized seen visited appointment ingreso alta visite surgery"},
	{WORD_LABEL, LABEL_SERVICE, PART_DATE, "service visit procedure exam treatment admission admit"},
	{WORD_LABEL, LABEL_DX, 0, "diagnosis diagnoses diagnosed dx icd icd10 assessment impression diagnóstico diagnostic diagnose diagnosen 诊断"},
	{WORD_LABEL, LABEL_LAB, 0, "loinc"},
	{WORD_LABEL, LABEL_RX, 0, "rx prescription prescribed medication medications medicamento ordonnance"},
	{WORD_LABEL, LABEL_CPT, 0, "cpt hcpcs procedure procedures"},
	{WORD_LABEL, LABEL_NDC, 0, "ndc"},
	{WORD_LABEL, LABEL_TIN, 0, "tin itin ein fein"},
	{WORD_LABEL, LABEL_TIN, PART_TAX, "id identification number identifier"},
	{WORD_LABEL, LABEL_USER, 0, "username userid login"},
	{WORD_LABEL, LABEL_PASSWORD, 0, "password passwd pwd passcode contraseña passphrase"},
	{WORD_LABEL, LABEL_SUBJECT, 0, "re patient patients pt paciente sr client resident"},
	{WORD_LABEL, LABEL_SEX, 0, "sex gender sexo sexe race ethnicity"},
	{WORD_LABEL, LABEL_OTHER_PERSON, 0, "guarantor spouse mother father husband wife emergency kin guardian daughter son sister brother"},
	{WORD_LABEL, LABEL_SSN4, PART_LAST, "four"},
	{WORD_STREET, 0, 0, "street st avenue ave av road rd drive dr lane ln court ct boulevard blvd way place pl circle cir terrace ter parkway pkwy highway hwy trail trl square sq loop crescent alley plaza run path row pike route point pt "
	                    "crossing ridge cove hollow rue calle strasse straße gasse via avenida"},
	{WORD_TITLE, 0, 0, "mr mrs ms miss mister madam dear señor señora srta monsieur madame sra mme mlle herr frau sir lady rev reverend signor signora sig dott dottssa prof professor senhor senhora doña mevrouw meneer dhr mw fru hr"},
	{WORD_DOCTOR, 0, 0, "dr doctor physician attending provider surgeon nurse"},
	{WORD_CALLS, CALLS_SAYS, 0, "says named called writes signed"},
	{WORD_CALLS, CALLS_GREETS, 0, "hi hello hey"},
	{WORD_CALLS, CALLS_KIN, 0, "mother father husband wife daughter son sister brother kid uncle aunt nephew niece cousin grandmother grandfather grandson granddaughter stepson stepdaughter boyfriend girlfriend fiancé fiancée colleague coworker"},
	{WORD_CALLS, CALLS_LIVES, 0, "lives resides"},
	{WORD_THING, 0, 0,
	 "hospital hospitals clinic center centre medical university college institute school academy foundation trust church cathedral chapel parish county inc ltd llc plc corp corporation company group holdings associates partners partnership consulting bank insurance pharmacy "
	 "pharmaceuticals laboratories laboratory labs technologies technology systems solutions services industries international enterprises motors airlines airport station stadium arena museum library theatre theater hotel cup prize award medal festival act bill law "
	 "gmbh ag kg nv bv srl spa oy krankenhaus klinik klinikum universität hôpital hospice clinique ospedale sjukhus sygehus ziekenhuis szpital hospice infirmary sanatorium memorial rehabilitation disease syndrome palsy sign score scale catheter test tests criteria "
	 "classification index disorder phenomenon reflex maneuver manoeuvre procedure position fracture node nodes bodies cells equation stain agar society association committee department ward unit building tower bridge river lake beach island islands valley mountain "
	 "mountains city town village district province state journal review times news press magazine health healthcare study trial guidelines protocol formula method technique operation repair clamp retractor forceps needle tube drain valve shunt capsule canal duct tract "
	 "nerve artery muscle tendon gland membrane sinus lymphoma sarcoma anemia chorea thyroiditis arthritis vasculitis dystrophy contracture ataxia tetralogy triad law effect rule house hall field stadium mall market store restaurant cafe bar team club league band orchestra "
	 "lilly choir show tour album novel series awards elementary high middle episcopal lutheran methodist baptist catholic surgery surgical oncology radiology pediatrics pathology wing pavilion campus"},
	{WORD_COMMON, 0, 0,
	 "the an and or but if so as at by in on of to for from with without about after before since until while when where who whom whose which what why how that this these those there here then than thus it its he she they we you him his her hers them their our your us me my "
	 "is are was were be been being am do does did done has have had having can could will would shall should may might must not no nor yes please thank thanks many much more most some any all both each every either neither few several such other another same only also just "
	 "even still yet already again once never always often usually sometimes now today tomorrow yesterday soon later next last first second third new old good best great dear hi hello hey sir madam sirs team everyone everybody all folks colleagues colleague customer client "
	 "patient patients doctor friend friends sincerely regards best kind warm yours contact call ask tell see meet send note notes attn attention subject from date sent received reviewed signed dictated transcribed seen admitted discharged history physical exam examination "
	 "assessment plan impression findings results result diagnosis diagnoses medications medication allergies allergy vital signs labs laboratory follow followup up down out off over under again general emergency chief complaint present past family social review systems "
	 "service services department unit room floor bed office phone fax email mobile address city state zip country name surname number id page total amount invoice account bill billing payment order user bot agent support help desk let however although because despite during "
	 "between among through according regarding concerning per via due like unlike although though whether north south east west northern southern eastern western upper lower left right united american british english french german spanish italian chinese japanese european "
	 "monday tuesday wednesday thursday friday saturday sunday spring summer autumn winter mr mrs ms miss dr prof der die das und oder ein eine mit von für bei nach le la les un une des et ou avec pour par dans sur el los las una con por para y il lo gli che non der det den "
	 "er en et og med til jr sr ii iii iv md phd rn bsc msc street avenue road apt suite box po unit people person man woman boy girl baby god lord king queen prince princess president minister senator judge captain general colonel sergeant officer saint san santa mount fort port lake"},
	{WORD_UNIT, 0, 0, "mg mcg ug milligrams micrograms"},
	{WORD_SIGN, 0, 0, "sincerely regards respectfully cordially atentamente cordialement yours truly"},
	{WORD_MONTH, 1, 0, "january jan enero janvier"}, {WORD_MONTH, 2, 0, "february feb febrero février"}, {WORD_MONTH, 3, 0, "march mar marzo mars"}, {WORD_MONTH, 4, 0, "april apr abril avril"},
	{WORD_MONTH, 5, 0, "may mayo mai"}, {WORD_MONTH, 6, 0, "june jun junio juin"}, {WORD_MONTH, 7, 0, "july jul julio juillet"}, {WORD_MONTH, 8, 0, "august aug agosto août"},
	{WORD_MONTH, 9, 0, "september sept sep septiembre septembre"}, {WORD_MONTH, 10, 0, "october oct octubre octobre"}, {WORD_MONTH, 11, 0, "november nov noviembre novembre"}, {WORD_MONTH, 12, 0, "december dec diciembre décembre"},
	{WORD_TERM, PERSON_DIAGNOSIS, 0,
	 "diabetes hypertension hyperlipidemia asthma copd pneumonia carcinoma lymphoma leukemia melanoma neoplasm metastatic cancer tumor fibrillation reflux gerd arthritis osteoarthritis osteoporosis anemia stroke infarction angina "
	 "cardiomyopathy arrhythmia atherosclerosis thrombosis embolism sepsis cellulitis cirrhosis hepatitis pancreatitis colitis crohn diverticulitis appendicitis cholecystitis nephropathy neuropathy retinopathy hypothyroidism "
	 "hyperthyroidism obesity migraine epilepsy seizure parkinson alzheimer dementia sclerosis covid influenza tuberculosis hiv aids psoriasis eczema lupus gout fracture hernia glaucoma cataract endometriosis preeclampsia"},
	{WORD_TERM, PERSON_BEHAVIORAL, 0,
	 "depression depressive bipolar schizophrenia schizoaffective psychosis psychotic anxiety ptsd ocd adhd anorexia bulimia suicidal suicide alcoholism alcohol opioid heroin cocaine methamphetamine methadone buprenorphine suboxone detox "
	 "psychotherapy psychiatric rehab"},
	{WORD_TERM, PERSON_GENETIC, 0, "brca brca1 brca2 karyotype genotype exome genomic huntington hemochromatosis"},
	{WORD_TERM, PERSON_MEDICATION, 0,
	 "lisinopril atorvastatin metformin amlodipine metoprolol omeprazole losartan albuterol gabapentin hydrochlorothiazide sertraline simvastatin montelukast escitalopram rosuvastatin bupropion furosemide trazodone pantoprazole duloxetine "
	 "prednisone tamsulosin fluoxetine citalopram meloxicam clopidogrel carvedilol warfarin apixaban rivaroxaban insulin glargine lispro semaglutide oxycodone hydrocodone morphine fentanyl tramadol amoxicillin azithromycin ciprofloxacin "
	 "doxycycline cephalexin levothyroxine heparin enoxaparin aspirin ibuprofen acetaminophen naproxen alprazolam lorazepam clonazepam zolpidem quetiapine aripiprazole olanzapine risperidone lithium lamotrigine levetiracetam topiramate "
	 "spironolactone propranolol atenolol diltiazem digoxin amiodarone allopurinol methotrexate adalimumab tacrolimus cyclosporine ondansetron famotidine ranitidine fluticasone tiotropium budesonide cetirizine loratadine venlafaxine "
	 "mirtazapine amitriptyline glipizide sitagliptin empagliflozin pravastatin ezetimibe valsartan benazepril finasteride sildenafil estradiol progesterone tamoxifen letrozole vancomycin ceftriaxone valacyclovir acyclovir oseltamivir"},
	{WORD_TERM, PERSON_LAB, 0,
	 "hemoglobin a1c hba1c glucose creatinine potassium sodium chloride bicarbonate calcium magnesium albumin bilirubin cholesterol triglycerides ldl hdl troponin platelets platelet leukocytes wbc rbc hematocrit inr tsh ferritin psa bun egfr "
	 "lipase amylase lactate procalcitonin bnp urinalysis"},
	{WORD_TERM, PERSON_TREATMENT, 0,
	 "surgery appendectomy cholecystectomy mastectomy hysterectomy colonoscopy endoscopy biopsy chemotherapy radiotherapy dialysis angioplasty stent transplant arthroplasty cesarean colectomy catheterization intubated transfusion"},
};

static void add(struct words *w, uint64_t h, const struct list *l)
{
	size_t i = h >> (64 - WORDS_LOG), tried = 0;
	for (; w->slot[i].h; i = (i + 1) & ((1 << WORDS_LOG) - 1))
		if (++tried == 1 << (WORDS_LOG - 1)) {
			w->full = true;
			return;
		}
	w->slot[i] = (struct word){h, l->class, l->arg, l->after};
	i = h >> (64 - WORDS_MAP_LOG);
	w->map[i >> 6] |= UINT64_C(1) << (i & 63);
	i = h >> (64 - NAMES_MAP_LOG);
	if ((l->class == WORD_GIVEN || l->class == WORD_FAMILY) && i)
		w->names[i >> 6] |= UINT64_C(1) << (i & 63);
}

static void add_list(struct words *w, const struct list *l)
{
	for (struct slice rest = slice_str(l->words); rest.n;) {
		struct name_words folded;
		struct slice one = slice_cut(rest, ' ', &rest);
		bool digit = false;
		for (size_t k = 0; k < one.n; k++)
			digit |= one.p[k] >= '0' && one.p[k] <= '9';
		if (digit) { /* a1c: a number to the marks; looked up by its own hash there */
			add(w, key_word(one.p, one.n), l);
			continue;
		}
		name_words(one, &folded);
		if (folded.n == 1)
			add(w, folded.h[0], l);
	}
}

static struct words all;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_all(void)
{
	const struct list names[] = {{WORD_GIVEN, GIVEN_PAIR, 0, find_given_pair}, {WORD_GIVEN, GIVEN_ALONE, 0, find_given_names}, {WORD_GIVEN, GIVEN_ALONE, 0, find_given_more}, {WORD_GIVEN, GIVEN_WEAK, 0, find_given_weak}, {WORD_FAMILY, 0, 0, find_family_names}}; /* of several of one word the first counts */
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		add_list(&all, &lists[i]);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		add_list(&all, &names[i]);
	assert(!all.full);
}

const struct words *words_all(void)
{
	pthread_once(&once, make_all);
	return &all;
}

const struct word *words_there(const struct words *w, uint64_t h, unsigned nth)
{
	for (size_t i = h >> (64 - WORDS_LOG); w->slot[i].h; i = (i + 1) & ((1 << WORDS_LOG) - 1))
		if (w->slot[i].h == h && nth-- == 0)
			return &w->slot[i];
	return NULL;
}

/* States and territories with the first three digits of their ZIP codes (USPS publication 65, by ranges). */
static const struct {
	char state[3];
	uint16_t from, to;
} zips[] = {
	{"AL", 350, 369}, {"AK", 995, 999}, {"AZ", 850, 865}, {"AR", 716, 729}, {"AR", 755, 755}, {"CA", 900, 961}, {"CO", 800, 816}, {"CT", 60, 69}, {"DC", 200, 205}, {"DC", 569, 569}, {"DE", 197, 199}, {"FL", 320, 349}, {"GA", 300, 319},
	{"GA", 398, 399}, {"GU", 969, 969}, {"HI", 967, 968}, {"IA", 500, 528}, {"ID", 832, 838}, {"IL", 600, 629}, {"IN", 460, 479}, {"KS", 660, 679}, {"KY", 400, 427}, {"LA", 700, 714}, {"MA", 10, 27}, {"MA", 55, 55}, {"MD", 206, 219},
	{"ME", 39, 49}, {"MI", 480, 499}, {"MN", 550, 567}, {"MO", 630, 658}, {"MS", 386, 397}, {"MT", 590, 599}, {"NC", 270, 289}, {"ND", 580, 588}, {"NE", 680, 693}, {"NH", 30, 38}, {"NJ", 70, 89}, {"NM", 870, 884}, {"NV", 889, 898},
	{"NY", 5, 5}, {"NY", 100, 149}, {"NY", 63, 63}, {"OH", 430, 459}, {"OK", 730, 749}, {"OR", 970, 979}, {"PA", 150, 196}, {"PR", 6, 9}, {"RI", 28, 29}, {"SC", 290, 299}, {"SD", 570, 577}, {"TN", 370, 385}, {"TX", 733, 733},
	{"TX", 750, 799}, {"TX", 885, 885}, {"UT", 840, 847}, {"VA", 201, 201}, {"VA", 220, 246}, {"VI", 8, 8}, {"VT", 50, 59}, {"WA", 980, 994}, {"WI", 530, 549}, {"WV", 247, 268}, {"WY", 820, 831},
};

bool words_us_state(const uint8_t two[2])
{
	for (size_t i = 0; i < ARRAY_LEN(zips); i++)
		if (memcmp(zips[i].state, two, 2) == 0)
			return true;
	return false;
}

bool words_zip_fits(const uint8_t state[2], const uint8_t zip[3])
{
	unsigned z = (zip[0] - '0') * 100u + (zip[1] - '0') * 10u + (zip[2] - '0');
	for (size_t i = 0; i < ARRAY_LEN(zips); i++)
		if (memcmp(zips[i].state, state, 2) == 0 && z >= zips[i].from && z <= zips[i].to)
			return true;
	return false;
}
