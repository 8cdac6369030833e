/* What people call columns and categories, folded to letters and digits (csv_key). */
#include "contacts_internal.h"

static const struct {
	const char *key;
	enum contact_column column;
} names[] = {
	{"name", COL_NAME}, {"fullname", COL_NAME}, {"displayname", COL_NAME}, {"contact", COL_NAME}, {"contactname", COL_NAME}, {"person", COL_NAME}, {"who", COL_NAME}, {"organisation", COL_NAME}, {"organization", COL_NAME}, {"company", COL_NAME},
	{"nom", COL_NAME}, {"nomcomplet", COL_NAME}, {"nometprenom", COL_NAME}, {"nomprenom", COL_NAME}, {"organisme", COL_NAME}, {"societe", COL_NAME}, {"姓名", COL_NAME}, {"名称", COL_NAME}, {"联系人", COL_NAME}, {"单位名称", COL_NAME},
	{"surname", COL_FAMILY}, {"lastname", COL_FAMILY}, {"familyname", COL_FAMILY}, {"nomdefamille", COL_FAMILY}, {"firstname", COL_GIVEN}, {"givenname", COL_GIVEN}, {"prenom", COL_GIVEN}, {"prenoms", COL_GIVEN},
	{"role", COL_ROLE}, {"title", COL_ROLE}, {"jobtitle", COL_ROLE}, {"function", COL_ROLE}, {"position", COL_ROLE}, {"job", COL_ROLE}, {"specialty", COL_ROLE}, {"speciality", COL_ROLE},
	{"fonction", COL_ROLE}, {"titre", COL_ROLE}, {"poste", COL_ROLE}, {"specialite", COL_ROLE}, {"metier", COL_ROLE}, {"职务", COL_ROLE}, {"职位", COL_ROLE}, {"岗位", COL_ROLE}, {"角色", COL_ROLE},
	{"unit", COL_UNIT}, {"ward", COL_UNIT}, {"department", COL_UNIT}, {"dept", COL_UNIT}, {"division", COL_UNIT}, {"service", COL_UNIT}, {"unite", COL_UNIT}, {"departement", COL_UNIT}, {"pole", COL_UNIT}, {"科室", COL_UNIT}, {"病区", COL_UNIT}, {"部门", COL_UNIT},
	{"phone", COL_PHONE}, {"phone1", COL_PHONE}, {"telephone", COL_PHONE}, {"telephone1", COL_PHONE}, {"tel", COL_PHONE}, {"tel1", COL_PHONE}, {"phonenumber", COL_PHONE}, {"workphone", COL_PHONE}, {"businessphone", COL_PHONE}, {"officephone", COL_PHONE}, {"extension", COL_PHONE}, {"ext", COL_PHONE},
	{"telephonenumber", COL_PHONE}, {"telephonefixe", COL_PHONE}, {"fixe", COL_PHONE}, {"numero", COL_PHONE}, {"telephonebureau", COL_PHONE}, {"电话", COL_PHONE}, {"电话1", COL_PHONE}, {"办公电话", COL_PHONE}, {"联系电话", COL_PHONE}, {"座机", COL_PHONE}, {"分机", COL_PHONE},
	{"phone2", COL_PHONE2}, {"telephone2", COL_PHONE2}, {"tel2", COL_PHONE2}, {"otherphone", COL_PHONE2}, {"businessphone2", COL_PHONE2}, {"homephone", COL_PHONE2}, {"home", COL_PHONE2}, {"autretelephone", COL_PHONE2}, {"domicile", COL_PHONE2}, {"telephonedomicile", COL_PHONE2}, {"电话2", COL_PHONE2}, {"备用电话", COL_PHONE2},
	{"mobile", COL_MOBILE}, {"mobilephone", COL_MOBILE}, {"cell", COL_MOBILE}, {"cellphone", COL_MOBILE}, {"portable", COL_MOBILE}, {"telephoneportable", COL_MOBILE}, {"gsm", COL_MOBILE}, {"手机", COL_MOBILE}, {"手机号", COL_MOBILE}, {"移动电话", COL_MOBILE},
	{"pager", COL_PAGER}, {"bleep", COL_PAGER}, {"bleeper", COL_PAGER}, {"beeper", COL_PAGER}, {"bip", COL_PAGER}, {"dect", COL_PAGER}, {"传呼", COL_PAGER}, {"寻呼", COL_PAGER},
	{"fax", COL_FAX}, {"telecopie", COL_FAX}, {"传真", COL_FAX},
	{"email", COL_EMAIL}, {"mail", COL_EMAIL}, {"emailaddress", COL_EMAIL}, {"courriel", COL_EMAIL}, {"adressemail", COL_EMAIL}, {"adresseemail", COL_EMAIL}, {"邮箱", COL_EMAIL}, {"电子邮件", COL_EMAIL}, {"电子邮箱", COL_EMAIL},
	{"address", COL_ADDRESS}, {"location", COL_ADDRESS}, {"adresse", COL_ADDRESS}, {"lieu", COL_ADDRESS}, {"地址", COL_ADDRESS},
	{"note", COL_NOTE}, {"notes", COL_NOTE}, {"comment", COL_NOTE}, {"comments", COL_NOTE}, {"remark", COL_NOTE}, {"remarks", COL_NOTE}, {"remarque", COL_NOTE}, {"remarques", COL_NOTE}, {"commentaire", COL_NOTE}, {"备注", COL_NOTE},
	{"from", COL_FROM}, {"oncallfrom", COL_FROM}, {"start", COL_FROM}, {"begin", COL_FROM}, {"oncallstart", COL_FROM}, {"de", COL_FROM}, {"du", COL_FROM}, {"debut", COL_FROM}, {"debutgarde", COL_FROM}, {"debutastreinte", COL_FROM}, {"开始", COL_FROM}, {"开始时间", COL_FROM}, {"值班开始", COL_FROM},
	{"to", COL_TO}, {"until", COL_TO}, {"till", COL_TO}, {"oncallto", COL_TO}, {"oncalluntil", COL_TO}, {"end", COL_TO}, {"oncallend", COL_TO}, {"a", COL_TO}, {"au", COL_TO}, {"jusqua", COL_TO}, {"fin", COL_TO}, {"fingarde", COL_TO}, {"finastreinte", COL_TO}, {"结束", COL_TO}, {"结束时间", COL_TO}, {"值班结束", COL_TO},
	{"category", COL_CATEGORY}, {"kind", COL_CATEGORY}, {"type", COL_CATEGORY}, {"group", COL_CATEGORY}, {"categorie", COL_CATEGORY}, {"groupe", COL_CATEGORY}, {"类别", COL_CATEGORY}, {"类型", COL_CATEGORY}, {"分组", COL_CATEGORY},
};

/* The first of each is its own name. */
static const struct {
	const char *key;
	enum contact_category category;
} categories[] = {
	{"oncall", CONTACT_ON_CALL}, {"duty", CONTACT_ON_CALL}, {"garde", CONTACT_ON_CALL}, {"degarde", CONTACT_ON_CALL}, {"astreinte", CONTACT_ON_CALL}, {"dastreinte", CONTACT_ON_CALL}, {"值班", CONTACT_ON_CALL},
	{"unit", CONTACT_UNIT}, {"ward", CONTACT_UNIT}, {"department", CONTACT_UNIT}, {"unite", CONTACT_UNIT}, {"service", CONTACT_UNIT}, {"科室", CONTACT_UNIT}, {"病区", CONTACT_UNIT},
	{"staff", CONTACT_STAFF}, {"employee", CONTACT_STAFF}, {"personnel", CONTACT_STAFF}, {"员工", CONTACT_STAFF}, {"职工", CONTACT_STAFF},
	{"neighbour", CONTACT_NEIGHBOUR}, {"neighbor", CONTACT_NEIGHBOUR}, {"neighbours", CONTACT_NEIGHBOUR}, {"neighbors", CONTACT_NEIGHBOUR}, {"hospital", CONTACT_NEIGHBOUR}, {"voisin", CONTACT_NEIGHBOUR}, {"hopital", CONTACT_NEIGHBOUR}, {"etablissementvoisin", CONTACT_NEIGHBOUR}, {"邻近医院", CONTACT_NEIGHBOUR}, {"医院", CONTACT_NEIGHBOUR},
	{"partner", CONTACT_PARTNER}, {"partners", CONTACT_PARTNER}, {"partenaire", CONTACT_PARTNER}, {"合作方", CONTACT_PARTNER}, {"合作单位", CONTACT_PARTNER},
	{"supplier", CONTACT_SUPPLIER}, {"suppliers", CONTACT_SUPPLIER}, {"vendor", CONTACT_SUPPLIER}, {"fournisseur", CONTACT_SUPPLIER}, {"prestataire", CONTACT_SUPPLIER}, {"供应商", CONTACT_SUPPLIER},
	{"authority", CONTACT_AUTHORITY}, {"authorities", CONTACT_AUTHORITY}, {"autorite", CONTACT_AUTHORITY}, {"ars", CONTACT_AUTHORITY}, {"主管部门", CONTACT_AUTHORITY}, {"政府", CONTACT_AUTHORITY},
	{"regulator", CONTACT_REGULATOR}, {"regulators", CONTACT_REGULATOR}, {"regulateur", CONTACT_REGULATOR}, {"监管机构", CONTACT_REGULATOR},
	{"police", CONTACT_POLICE}, {"gendarmerie", CONTACT_POLICE}, {"公安", CONTACT_POLICE}, {"警察", CONTACT_POLICE},
	{"insurer", CONTACT_INSURER}, {"insurance", CONTACT_INSURER}, {"assureur", CONTACT_INSURER}, {"assurance", CONTACT_INSURER}, {"保险公司", CONTACT_INSURER}, {"保险", CONTACT_INSURER},
	{"other", CONTACT_OTHER}, {"autre", CONTACT_OTHER}, {"其他", CONTACT_OTHER},
};
static const char *const category_names[CONTACT_CATEGORIES] = {"on-call", "unit", "staff", "neighbour", "partner", "supplier", "authority", "regulator", "police", "insurer", "other"};

enum contact_column contact_column_of(struct slice title)
{
	char key[64];
	csv_key(title, key);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i].key, key))
			return names[i].column;
	return COL_UNKNOWN;
}

/* In a list of calls some words mean something else, and the rest what they mean in any list. */
static const struct {
	const char *key;
	enum contact_column column;
} call_names[] = {
	{"patient", COL_PATIENT}, {"patientid", COL_PATIENT}, {"patientnumber", COL_PATIENT}, {"recordnumber", COL_PATIENT}, {"mrn", COL_PATIENT}, {"ipp", COL_PATIENT}, {"numeropatient", COL_PATIENT}, {"nip", COL_PATIENT}, {"病历号", COL_PATIENT}, {"患者编号", COL_PATIENT}, {"病案号", COL_PATIENT},
	{"patientname", COL_NAME}, {"nompatient", COL_NAME}, {"nomdupatient", COL_NAME}, {"患者姓名", COL_NAME}, {"患者", COL_NAME}, {"recipient", COL_NAME}, {"destinataire", COL_NAME}, {"site", COL_NAME}, {"hospital", COL_NAME}, {"hopital", COL_NAME}, {"医院", COL_NAME},
	{"birth", COL_BIRTH}, {"birthdate", COL_BIRTH}, {"dateofbirth", COL_BIRTH}, {"dob", COL_BIRTH}, {"naissance", COL_BIRTH}, {"datedenaissance", COL_BIRTH}, {"datenaissance", COL_BIRTH}, {"出生日期", COL_BIRTH}, {"生日", COL_BIRTH},
	{"when", COL_FROM}, {"date", COL_FROM}, {"appointment", COL_FROM}, {"appointmentdate", COL_FROM}, {"appointmenttime", COL_FROM}, {"datetime", COL_FROM}, {"rendezvous", COL_FROM}, {"rdv", COL_FROM}, {"daterdv", COL_FROM}, {"datedurendezvous", COL_FROM}, {"日期", COL_FROM}, {"预约日期", COL_FROM}, {"预约时间", COL_FROM},
	{"time", COL_HOUR}, {"hour", COL_HOUR}, {"heure", COL_HOUR}, {"heurerdv", COL_HOUR}, {"时间", COL_HOUR},
	{"what", COL_WHAT}, {"visittype", COL_WHAT}, {"appointmenttype", COL_WHAT}, {"procedure", COL_WHAT}, {"reason", COL_WHAT}, {"type", COL_WHAT}, {"motif", COL_WHAT}, {"acte", COL_WHAT}, {"examen", COL_WHAT}, {"项目", COL_WHAT}, {"事由", COL_WHAT}, {"预约项目", COL_WHAT},
	{"with", COL_WITH}, {"provider", COL_WITH}, {"doctor", COL_WITH}, {"physician", COL_WITH}, {"practitioner", COL_WITH}, {"medecin", COL_WITH}, {"praticien", COL_WITH}, {"avec", COL_WITH}, {"医生", COL_WITH}, {"医师", COL_WITH},
	{"clinic", COL_UNIT}, {"place", COL_UNIT}, {"consultation", COL_UNIT}, {"诊室", COL_UNIT}, {"门诊", COL_UNIT},
};

enum contact_column contact_call_column_of(struct slice title)
{
	char key[64];
	csv_key(title, key);
	for (size_t i = 0; i < ARRAY_LEN(call_names); i++)
		if (!strcmp(call_names[i].key, key))
			return call_names[i].column;
	enum contact_column c = contact_column_of(title);
	switch (c) {
	case COL_NAME:
	case COL_FAMILY:
	case COL_GIVEN:
	case COL_UNIT:
	case COL_PHONE:
	case COL_PHONE2:
	case COL_MOBILE:
	case COL_EMAIL:
	case COL_NOTE:
		return c;
	default:
		return COL_UNKNOWN;
	}
}

const char *contact_column_name(enum contact_column c)
{
	static const char *const own[] = {"?", "name", "surname", "given name", "role", "unit", "phone", "phone2", "mobile", "pager", "fax", "email", "address", "note", "from", "to", "category", "patient", "birth", "time", "what", "with"};
	return own[c];
}

const char *contact_category_name(enum contact_category c)
{
	return category_names[c];
}

int contact_category_parse(struct slice s)
{
	char key[64];
	csv_key(s, key);
	for (size_t i = 0; i < ARRAY_LEN(categories); i++)
		if (!strcmp(categories[i].key, key))
			return (int)categories[i].category;
	return -1;
}
