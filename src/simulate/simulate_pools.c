/* What the invented hospital is made of. Names stand in simulate_names.c; codes are the field's own (LOINC, RxNorm, SNOMED CT, ICD-10). */
#include "simulate_internal.h"

uint64_t sim_next(struct sim_rng *r)
{
	uint64_t z = (r->s += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t sim_below(struct sim_rng *r, uint64_t n)
{
	return n ? (uint64_t)(((unsigned __int128)sim_next(r) * n) >> 64) : 0;
}

bool sim_chance(struct sim_rng *r, unsigned per_mille)
{
	return sim_below(r, 1000) < per_mille;
}

int64_t sim_between(struct sim_rng *r, int64_t a, int64_t b)
{
	return a + (int64_t)sim_below(r, (uint64_t)(b - a + 1));
}

double sim_normal(struct sim_rng *r, double mean, double sd)
{
	int64_t sum = 0;
	for (int i = 0; i < 12; i++)
		sum += (int64_t)sim_below(r, 1000001);
	return mean + sd * ((double)sum / 1000000.0 - 6.0);
}

const struct sim_unit sim_units[] = {
	{"ICU", "Intensive care", 44},    {"NICU", "Neonatal intensive care", 36}, {"CCU", "Coronary care", 30},   {"ED", "Emergency department", 60}, {"CARD", "Cardiology", 80},
	{"PULM", "Pneumology", 70},       {"GAST", "Gastroenterology", 70},        {"NEPH", "Nephrology", 50},     {"ONCO", "Oncology", 80},            {"SURG1", "Surgery 1", 80},
	{"SURG2", "Surgery 2", 80},       {"ORTH", "Orthopaedics", 80},            {"NEUR", "Neurology", 70},      {"PED", "Paediatrics", 60},          {"OBST", "Obstetrics", 60},
	{"GER", "Geriatrics", 50},
};
const size_t sim_unit_count = ARRAY_LEN(sim_units);

#define H(x) (1u << (x))
const struct sim_drug sim_drugs[] = {
	{"161", "paracetamol", "1000", "mg", "tablet", "PO", "Q6H", H(0) | H(6) | H(12) | H(18), false},
	{"67108", "enoxaparin", "40", "mg", "injection", "SC", "QD", H(18), false},
	{"6918", "metoprolol", "47.5", "mg", "tablet", "PO", "BID", H(8) | H(20), false},
	{"4603", "furosemide", "40", "mg", "injection", "IV", "BID", H(8) | H(14), false},
	{"40790", "pantoprazole", "40", "mg", "tablet", "PO", "QD", H(7), false},
	{"2193", "ceftriaxone", "2", "g", "infusion", "IV", "QD", H(10), false},
	{"11124", "vancomycin", "1", "g", "infusion", "IV", "Q12H", H(9) | H(21), false},
	{"83367", "atorvastatin", "40", "mg", "tablet", "PO", "QHS", H(21), false},
	{"29046", "lisinopril", "10", "mg", "tablet", "PO", "QD", H(8), false},
	{"6809", "metformin", "850", "mg", "tablet", "PO", "BID", H(8) | H(18), false},
	{"5224", "heparin", "5000", "[iU]", "injection", "SC", "Q8H", H(6) | H(14) | H(22), false},
	{"26225", "ondansetron", "4", "mg", "injection", "IV", "Q8H PRN", 0, true},
	{"8591", "potassium chloride", "20", "mmol", "infusion", "IV", "BID", H(10) | H(22), false},
	{"8640", "prednisone", "50", "mg", "tablet", "PO", "QAM", H(8), false},
	{"435", "salbutamol", "2.5", "mg", "inhalation", "INH", "Q6H", H(2) | H(8) | H(14) | H(20), false},
	{"1364430", "apixaban", "5", "mg", "tablet", "PO", "BID", H(8) | H(20), false},
	{"7052", "morphine", "2.5", "mg", "injection", "IV", "Q4H PRN", 0, true},
	{"5856", "insulin aspart", "6", "[iU]", "injection", "SC", "TID AC", H(7) | H(12) | H(18), false},
	{"723", "amoxicillin", "500", "mg", "capsule", "PO", "Q8H", H(6) | H(14) | H(22), false},
	{"17767", "amlodipine", "5", "mg", "tablet", "PO", "QD", H(8), false},
	{"1191", "aspirin", "100", "mg", "tablet", "PO", "QD", H(8), false},
	{"10582", "levothyroxine", "75", "ug", "tablet", "PO", "QAM", H(6), false},
};
const size_t sim_drug_count = ARRAY_LEN(sim_drugs);

const struct sim_coded sim_allergies[] = {
	{"", "", ""}, {"716186003", "No known allergy", "SCT"}, {"91936005", "Allergy to penicillin", "SCT"}, {"294505008", "Allergy to amoxicillin", "SCT"}, {"293586001", "Allergy to aspirin", "SCT"},
	{"300916003", "Latex allergy", "SCT"}, {"91935009", "Allergy to peanut", "SCT"}, {"91938006", "Allergy to strawberry", "SCT"}, {"418689008", "Allergy to grass pollen", "SCT"},
	{"293637006", "Allergy to contrast media", "SCT"}, {"91939003", "Allergy to sulfonamide", "SCT"}, {"294916002", "Allergy to morphine", "SCT"},
};
const size_t sim_allergy_count = ARRAY_LEN(sim_allergies);
const struct sim_coded sim_reactions[] = {{"", "Hives", ""}, {"", "Anaphylaxis", ""}, {"", "Rash", ""}, {"", "Dyspnea", ""}, {"", "Swelling of lips", ""}};
const size_t sim_reaction_count = ARRAY_LEN(sim_reactions);
const struct sim_coded sim_problems[] = {
	{"I50.9", "Heart failure, unspecified", "I10"}, {"J18.9", "Pneumonia, unspecified organism", "I10"}, {"I21.4", "Non-ST elevation myocardial infarction", "I10"}, {"N17.9", "Acute kidney failure, unspecified", "I10"},
	{"I63.9", "Cerebral infarction, unspecified", "I10"}, {"K80.0", "Calculus of gallbladder with acute cholecystitis", "I10"}, {"S72.0", "Fracture of neck of femur", "I10"},
	{"E11.9", "Type 2 diabetes mellitus without complications", "I10"}, {"J44.1", "COPD with acute exacerbation", "I10"}, {"A41.9", "Sepsis, unspecified organism", "I10"},
	{"C34.9", "Malignant neoplasm of bronchus or lung", "I10"}, {"I10", "Essential hypertension", "I10"}, {"I48.9", "Atrial fibrillation, unspecified", "I10"}, {"K35.8", "Acute appendicitis", "I10"},
	{"O80", "Single spontaneous delivery", "I10"}, {"P07.3", "Preterm infant", "I10"},
};
const size_t sim_problem_count = ARRAY_LEN(sim_problems);

static const char *const streets[] = {"12 Mill Lane", "4 rue des Lilas", "7 Hauptstraße", "88 Oak Avenue", "3 place du Marché", "15 Bahnhofstr.", "211 Elm St Apt 4", "9 Church Road", "27 quai de Seine", "5 Station Road", "140 Maple Drive",
                                      "2 impasse du Puits"};
static const char *const doctors[] = {"Keller", "Okafor", "Lindqvist", "Haddad", "Novak", "Fournier", "Bianchi", "Sato", "Mbeki", "O'Connor", "Petrov", "Andersen", "Costa", "Vogel", "Rahman", "Dupont"};
static const char *const doctors_given[] = {"Anna", "Chidi", "Karin", "Samir", "Jana", "Luc", "Paolo", "Yuki", "Thandi", "Sean", "Irina", "Lars", "Rita", "Tobias", "Ayesha", "Marc"};

const char *sim_street(unsigned i)
{
	return streets[i % ARRAY_LEN(streets)];
}

const char *sim_doctor_family(unsigned i)
{
	return doctors[i % ARRAY_LEN(doctors)];
}

const char *sim_doctor_given(unsigned i)
{
	return doctors_given[(i * 7 + 3) % ARRAY_LEN(doctors_given)];
}
