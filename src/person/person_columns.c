/* What people and programs call their columns.
 *
 * A header is folded to its letters and digits and looked up whole; then without the words that say whose value it is (patient, guarantor, next of kin), which kind of the same (home, primary), and what a value is written as
 * (number, code, text), and without a counting number at its end; last, with its shortened words written out ("brth_dte", "Fec. Nac."). The words are those of exports of EHRs, registration desks, billing programs and payers, and the usual ones in Spanish, French, German and Chinese. */
#include "person.h"

#include <stdlib.h>

#define R(x) PERSON_ROLE_##x
struct word {
	const char *key;
	uint8_t role;
};
/* Sorted by bytes (tests/person looks). */
static const struct word words[] = {
	{"aadhaar", R(SSN)}, {"aadhaarnumber", R(SSN)}, {"aba", R(ROUTING)}, {"abano", R(ROUTING)}, {"abanumber", R(ROUTING)}, {"accession", R(VISIT)}, {"accessionno", R(VISIT)}, {"accessionnumber", R(VISIT)}, {"account", R(ACCOUNT)},
	{"accountid", R(ACCOUNT)}, {"accountno", R(ACCOUNT)}, {"accountnum", R(ACCOUNT)}, {"accountnumber", R(ACCOUNT)}, {"acct", R(ACCOUNT)}, {"acctno", R(ACCOUNT)}, {"acctnum", R(ACCOUNT)},
	{"acctnumber", R(ACCOUNT)}, {"acctpatient", R(VISIT)}, {"achternaam", R(LAST)}, {"acte", R(TREATMENT)}, {"actes", R(TREATMENT)}, {"add1", R(STREET)}, {"add2", R(APT)}, {"addr", R(STREET)}, {"addr1", R(STREET)},
	{"addr2", R(APT)}, {"address", R(ADDRESS)}, {"address1", R(STREET)}, {"address2", R(APT)}, {"address3", R(APT)}, {"addressfull", R(ADDRESS)}, {"addressline", R(STREET)},
	{"addressline1", R(STREET)}, {"addressline2", R(APT)}, {"addressline3", R(APT)}, {"addressone", R(STREET)}, {"addresstwo", R(APT)}, {"addrline", R(STREET)}, {"addrline1", R(STREET)},
	{"addrline2", R(APT)}, {"administrativesex", R(SEX)}, {"admission", R(SERVICE_DATE)}, {"admissiondate", R(SERVICE_DATE)}, {"admissionid", R(VISIT)}, {"admissionno", R(VISIT)},
	{"admit", R(SERVICE_DATE)}, {"admitdate", R(SERVICE_DATE)}, {"admitdiagnosis", R(DIAGNOSIS)}, {"admitdt", R(SERVICE_DATE)}, {"admitdx", R(DIAGNOSIS)}, {"admittingdiagnosis", R(DIAGNOSIS)},
	{"admittingphysician", R(PROVIDER)}, {"adresse", R(ADDRESS)}, {"adresse1", R(STREET)}, {"adressecomplete", R(ADDRESS)}, {"adresseelectronique", R(EMAIL)}, {"adresseemail", R(EMAIL)},
	{"adressemail", R(EMAIL)}, {"aka", R(MAIDEN)}, {"alcohol", R(BEHAVIORAL)}, {"alcoholuse", R(BEHAVIORAL)}, {"alias", R(MAIDEN)}, {"allergies", R(DIAGNOSIS)}, {"allergy", R(DIAGNOSIS)},
	{"allowedamount", R(CLAIM)}, {"alternatephone", R(PHONE)}, {"altphone", R(PHONE)}, {"amount", R(CLAIM)}, {"amountbilled", R(CLAIM)}, {"amountdue", R(CLAIM)}, {"amountpaid", R(CLAIM)},
	{"analyte", R(LAB)}, {"anschrift", R(ADDRESS)}, {"apartment", R(APT)}, {"apartmentno", R(APT)}, {"apartmentnumber", R(APT)}, {"apellido", R(LAST)}, {"apellidodesoltera", R(MAIDEN)}, {"apellidos", R(LAST)},
	{"apmt", R(APT)}, {"appointment", R(SERVICE_DATE)}, {"appointmentdate", R(SERVICE_DATE)}, {"appt", R(SERVICE_DATE)}, {"apptdate", R(SERVICE_DATE)}, {"apt", R(APT)}, {"aptno", R(APT)}, {"aptnumber", R(APT)},
	{"arzt", R(PROVIDER)}, {"aseguradora", R(PAYER)}, {"assessment", R(NOTE)}, {"assigner", R(ASSIGNER)}, {"assigningauthority", R(ASSIGNER)}, {"attending", R(PROVIDER)}, {"attendingdoctor", R(PROVIDER)},
	{"attendingnpi", R(NPI)}, {"attendingphysician", R(PROVIDER)}, {"attendingprovider", R(PROVIDER)}, {"audio", R(RECORDING)}, {"aufnahmedatum", R(SERVICE_DATE)}, {"authno", R(CLAIM)}, {"authorizationnumber", R(CLAIM)},
	{"balance", R(CLAIM)}, {"balancedue", R(CLAIM)}, {"bankaccount", R(ACCOUNT)}, {"bankaccountno", R(ACCOUNT)}, {"bankaccountnumber", R(ACCOUNT)}, {"bankacct", R(ACCOUNT)},
	{"bankacctno", R(ACCOUNT)}, {"bankcode", R(ROUTING)}, {"banknumber", R(ROUTING)}, {"bankrouting", R(ROUTING)}, {"bankroutingnumber", R(ROUTING)}, {"bdate", R(DOB)}, {"bday", R(DOB)},
	{"befund", R(LAB)}, {"behandlung", R(TREATMENT)}, {"behandlungsdatum", R(SERVICE_DATE)}, {"behavioral", R(BEHAVIORAL)}, {"behavioralhealth", R(BEHAVIORAL)}, {"behavioural", R(BEHAVIORAL)}, {"bemerkung", R(NOTE)}, {"beneficiaryid", R(MEMBER)}, {"beneid", R(MEMBER)}, {"bic", R(ROUTING)},
	{"bill", R(CLAIM)}, {"billed", R(CLAIM)}, {"billedamount", R(CLAIM)}, {"billingaddress", R(ADDRESS)}, {"billingid", R(CLAIM)}, {"billingnpi", R(NPI)}, {"billno", R(CLAIM)},
	{"billnumber", R(CLAIM)}, {"biometric", R(BIOMETRIC)}, {"biometrics", R(BIOMETRIC)}, {"birth", R(DOB)}, {"birthdate", R(DOB)}, {"birthday", R(DOB)}, {"birthdt", R(DOB)},
	{"birthname", R(MAIDEN)}, {"birthsex", R(SEX)}, {"bloodgroup", R(LAB)}, {"bloodpressure", R(LAB)}, {"bloodtype", R(LAB)}, {"bmi", R(LAB)}, {"body", R(NOTE)}, {"born", R(DOB)},
	{"brca", R(GENETIC)}, {"brca1", R(GENETIC)}, {"brca2", R(GENETIC)}, {"brthdt", R(DOB)}, {"bsn", R(SSN)}, {"buildingnumber", R(HOUSE)}, {"businessphone", R(PHONE)}, {"businessphonenumber", R(PHONE)},
	{"calle", R(STREET)}, {"card", R(CARD)}, {"cardcode", R(CARD_CODE)}, {"cardexp", R(CARD_CODE)}, {"cardexpiration", R(CARD_CODE)}, {"cardexpirationdate", R(CARD_CODE)},
	{"cardexpiry", R(CARD_CODE)}, {"cardholderid", R(MEMBER)}, {"cardno", R(CARD)}, {"cardnum", R(CARD)}, {"cardnumber", R(CARD)}, {"careplan", R(TREATMENT)}, {"carrier", R(PAYER)},
	{"carriername", R(PAYER)}, {"cartebancaire", R(CARD)}, {"caseid", R(VISIT)}, {"caseno", R(VISIT)}, {"casenumber", R(VISIT)}, {"cc", R(CARD)}, {"ccam", R(TREATMENT)},
	{"ccexp", R(CARD_CODE)}, {"ccno", R(CARD)}, {"ccnum", R(CARD)}, {"ccnumber", R(CARD)}, {"cell", R(PHONE)}, {"cellno", R(PHONE)}, {"cellphone", R(PHONE)}, {"cellulare", R(PHONE)}, {"celular", R(PHONE)},
	{"centro", R(ASSIGNER)}, {"certificatenumber", R(MEMBER)}, {"charge", R(CLAIM)}, {"chargeamount", R(CLAIM)}, {"charges", R(CLAIM)}, {"chart", R(MRN)}, {"chartid", R(MRN)},
	{"chartno", R(MRN)}, {"chartnumber", R(MRN)}, {"checkin", R(SERVICE_DATE)}, {"checkingaccount", R(ACCOUNT)}, {"checknumber", R(CLAIM)}, {"chiefcomplaint", R(DIAGNOSIS)},
	{"christianname", R(FIRST)}, {"cin", R(MEDICAID)}, {"cirugia", R(TREATMENT)}, {"citizenship", R(COUNTRY)}, {"city", R(CITY)}, {"cityname", R(CITY)}, {"citystatezip", R(ADDRESS)}, {"citystatezipcode", R(ADDRESS)}, {"citystzip", R(ADDRESS)}, {"ciudad", R(CITY)}, {"civicnumber", R(HOUSE)},
	{"civilite", R(PREFIX)}, {"claim", R(CLAIM)}, {"claimamount", R(CLAIM)}, {"claimcontrolnumber", R(CLAIM)}, {"claimid", R(CLAIM)}, {"claimno", R(CLAIM)}, {"claimnum", R(CLAIM)},
	{"claimnumber", R(CLAIM)}, {"claimtotal", R(CLAIM)}, {"clave", R(PASSWORD)}, {"clientname", R(NAME)}, {"clinic", R(ASSIGNER)}, {"clinicalnote", R(NOTE)}, {"clinicalnotes", R(NOTE)},
	{"clinician", R(PROVIDER)}, {"clinicname", R(ASSIGNER)}, {"codepostal", R(ZIP)}, {"codicefiscale", R(SSN)}, {"codigopostal", R(ZIP)}, {"cognome", R(LAST)}, {"collected", R(SERVICE_DATE)}, {"collectiondate", R(SERVICE_DATE)},
	{"comentario", R(NOTE)}, {"comentarios", R(NOTE)}, {"comment", R(NOTE)}, {"commentaire", R(NOTE)}, {"commentaires", R(NOTE)}, {"comments", R(NOTE)}, {"commune", R(CITY)},
	{"complementadresse", R(APT)}, {"completename", R(NAME)}, {"compte", R(ACCOUNT)}, {"comptebancaire", R(ACCOUNT)}, {"comte", R(COUNTY)}, {"condado", R(COUNTY)}, {"condition", R(DIAGNOSIS)},
	{"conditions", R(DIAGNOSIS)}, {"contactemail", R(EMAIL)}, {"contactnumber", R(PHONE)}, {"contactphone", R(PHONE)}, {"contractid", R(MEMBER)}, {"contractnumber", R(MEMBER)},
	{"contrasena", R(PASSWORD)}, {"copay", R(CLAIM)}, {"correo", R(EMAIL)}, {"correoelectronico", R(EMAIL)}, {"counseling", R(BEHAVIORAL)}, {"country", R(COUNTRY)},
	{"countrycode", R(COUNTRY)}, {"countryname", R(COUNTRY)}, {"county", R(COUNTY)}, {"countyfips", R(COUNTY)}, {"countyname", R(COUNTY)}, {"courriel", R(EMAIL)}, {"courtesy", R(PREFIX)},
	{"cp", R(ZIP)}, {"cpt", R(TREATMENT)}, {"cptcode", R(TREATMENT)}, {"creditcard", R(CARD)}, {"creditcardno", R(CARD)}, {"creditcardnum", R(CARD)}, {"creditcardnumber", R(CARD)},
	{"csc", R(CARD_CODE)}, {"csn", R(VISIT)}, {"csz", R(ADDRESS)}, {"ctscan", R(RECORDING)}, {"cuenta", R(ACCOUNT)}, {"cuentabancaria", R(ACCOUNT)}, {"curp", R(SSN)}, {"currentaddress", R(ADDRESS)}, {"customername", R(NAME)}, {"cvc", R(CARD_CODE)},
	{"cvv", R(CARD_CODE)}, {"cvv2", R(CARD_CODE)}, {"datadenascimento", R(DOB)}, {"datadinascita", R(DOB)}, {"datanascimento", R(DOB)}, {"datanascita", R(DOB)}, {"dataurodzenia", R(DOB)}, {"datebirth", R(DOB)}, {"dateconsultation", R(SERVICE_DATE)}, {"datededeces", R(DEATH)}, {"datedenaissance", R(DOB)},
	{"datedentree", R(SERVICE_DATE)}, {"datedesoins", R(SERVICE_DATE)}, {"datedesortie", R(SERVICE_DATE)}, {"dateentree", R(SERVICE_DATE)}, {"datenaissance", R(DOB)},
	{"dateobirth", R(DOB)}, {"dateofadmission", R(SERVICE_DATE)}, {"dateofbirth", R(DOB)}, {"dateofbirthdob", R(DOB)}, {"dateofdeath", R(DEATH)}, {"dateofdischarge", R(SERVICE_DATE)},
	{"dateofservice", R(SERVICE_DATE)}, {"datesortie", R(SERVICE_DATE)}, {"datevisite", R(SERVICE_DATE)}, {"dayphone", R(PHONE)}, {"daytimephone", R(PHONE)}, {"dcn", R(CLAIM)},
	{"ddaaccount", R(ACCOUNT)}, {"dea", R(PROVIDER)}, {"dead", R(DEATH)}, {"deanumber", R(PROVIDER)}, {"death", R(DEATH)}, {"deathdate", R(DEATH)}, {"deathindicator", R(DEATH)},
	{"debitcard", R(CARD)}, {"debitcardnumber", R(CARD)}, {"deceased", R(DEATH)}, {"deceaseddate", R(DEATH)}, {"deceasedflag", R(DEATH)}, {"deceasedind", R(DEATH)}, {"deces", R(DEATH)},
	{"deductible", R(CLAIM)}, {"departement", R(COUNTY)}, {"depositaccount", R(ACCOUNT)}, {"desc", R(NOTE)}, {"description", R(NOTE)}, {"details", R(NOTE)}, {"deuxiemeprenom", R(MIDDLE)},
	{"diag", R(DIAGNOSIS)}, {"diagcode", R(DIAGNOSIS)}, {"diagdesc", R(DIAGNOSIS)}, {"diagnose", R(DIAGNOSIS)}, {"diagnosen", R(DIAGNOSIS)}, {"diagnoses", R(DIAGNOSIS)}, {"diagnosis", R(DIAGNOSIS)}, {"diagnosiscode", R(DIAGNOSIS)},
	{"diagnosisdate", R(SERVICE_DATE)}, {"diagnosisdesc", R(DIAGNOSIS)}, {"diagnosisdescription", R(DIAGNOSIS)}, {"diagnostic", R(DIAGNOSIS)}, {"diagnostico", R(DIAGNOSIS)},
	{"diagnosticos", R(DIAGNOSIS)}, {"diagnostics", R(DIAGNOSIS)}, {"dicom", R(RECORDING)}, {"direccion", R(ADDRESS)}, {"direccion1", R(STREET)}, {"directdepositaccount", R(ACCOUNT)},
	{"discharge", R(SERVICE_DATE)}, {"dischargedate", R(SERVICE_DATE)}, {"dischargedt", R(SERVICE_DATE)}, {"dischargesummary", R(TREATMENT)}, {"dischdate", R(SERVICE_DATE)},
	{"disease", R(DIAGNOSIS)}, {"displayname", R(NAME)}, {"district", R(COUNTY)}, {"dl", R(DL)}, {"dlno", R(DL)}, {"dlnum", R(DL)}, {"dlnumber", R(DL)}, {"dmvid", R(DL)}, {"dna", R(GENETIC)},
	{"dnatest", R(GENETIC)}, {"dni", R(SSN)}, {"dob", R(DOB)}, {"dobdate", R(DOB)}, {"dobirth", R(DOB)}, {"dobstr", R(DOB)}, {"dobtext", R(DOB)}, {"dobymd", R(DOB)}, {"doctor", R(PROVIDER)}, {"doctorname", R(PROVIDER)}, {"dod", R(DEATH)}, {"domicile", R(ADDRESS)}, {"domicilio", R(ADDRESS)},
	{"dos", R(SERVICE_DATE)}, {"dosage", R(MEDICATION)}, {"dose", R(MEDICATION)}, {"dosfrom", R(SERVICE_DATE)}, {"dosto", R(SERVICE_DATE)}, {"dr", R(PROVIDER)}, {"drg", R(TREATMENT)},
	{"drgcode", R(TREATMENT)}, {"driverlic", R(DL)}, {"driverlicence", R(DL)}, {"driverlicense", R(DL)}, {"driverlicensenumber", R(DL)}, {"drivers", R(DL)}, {"driverslicence", R(DL)}, {"driverslicense", R(DL)},
	{"driverslicenseno", R(DL)}, {"driverslicensenumber", R(DL)}, {"drlic", R(DL)}, {"drug", R(MEDICATION)}, {"drugabuse", R(BEHAVIORAL)}, {"drugcode", R(MEDICATION)},
	{"drugname", R(MEDICATION)}, {"drugs", R(MEDICATION)}, {"druguse", R(BEHAVIORAL)}, {"drvlic", R(DL)}, {"dtbirth", R(DOB)}, {"dtofbirth", R(DOB)}, {"dx", R(DIAGNOSIS)}, {"dxcode", R(DIAGNOSIS)}, {"dxdesc", R(DIAGNOSIS)},
	{"ecg", R(RECORDING)}, {"efternamn", R(LAST)}, {"eid", R(MRN)}, {"ein", R(TIN)}, {"ekg", R(RECORDING)}, {"email", R(EMAIL)}, {"emailaddr", R(EMAIL)}, {"emailaddress", R(EMAIL)}, {"emailid", R(EMAIL)},
	{"emailprimary", R(EMAIL)}, {"eml", R(EMAIL)}, {"empi", R(MRN)}, {"employergroup", R(GROUP)}, {"employerid", R(TIN)}, {"employeridentificationnumber", R(TIN)}, {"empreinte", R(BIOMETRIC)},
	{"enc", R(VISIT)}, {"encid", R(VISIT)}, {"encounter", R(VISIT)}, {"encounterdate", R(SERVICE_DATE)}, {"encounterid", R(VISIT)}, {"encounterno", R(VISIT)}, {"encounternumber", R(VISIT)},
	{"enregistrement", R(RECORDING)}, {"enrolleeid", R(MEMBER)}, {"enrolleename", R(NAME)}, {"entityid", R(ID)}, {"entlassdatum", R(SERVICE_DATE)}, {"entlassungsdatum", R(SERVICE_DATE)}, {"episode", R(VISIT)}, {"episodeid", R(VISIT)}, {"estado", R(STATE)},
	{"etablissement", R(ASSIGNER)}, {"etat", R(STATE)}, {"ethnic", R(RACE)}, {"ethnicgroup", R(RACE)}, {"ethnicity", R(RACE)}, {"ethnicitycode", R(RACE)}, {"etnia", R(RACE)},
	{"eveningphone", R(PHONE)}, {"expdate", R(CARD_CODE)}, {"expirationdate", R(CARD_CODE)}, {"expiry", R(CARD_CODE)}, {"facephoto", R(PHOTO)}, {"facetemplate", R(BIOMETRIC)},
	{"facility", R(ASSIGNER)}, {"facilitycode", R(ASSIGNER)}, {"facilityid", R(ASSIGNER)}, {"facilityname", R(ASSIGNER)}, {"factura", R(CLAIM)}, {"facture", R(CLAIM)}, {"fallecido", R(DEATH)},
	{"fallnummer", R(VISIT)}, {"familienname", R(LAST)}, {"family", R(LAST)}, {"familyname", R(LAST)}, {"fax", R(PHONE)}, {"faxno", R(PHONE)}, {"faxnumber", R(PHONE)}, {"fechaalta", R(SERVICE_DATE)}, {"fechaconsulta", R(SERVICE_DATE)},
	{"fechadealta", R(SERVICE_DATE)}, {"fechadefuncion", R(DEATH)}, {"fechadeingreso", R(SERVICE_DATE)}, {"fechadenacimiento", R(DOB)}, {"fechadeservicio", R(SERVICE_DATE)},
	{"fechaingreso", R(SERVICE_DATE)}, {"fechanacimiento", R(DOB)}, {"federalid", R(TIN)}, {"federaltaxid", R(TIN)}, {"fein", R(TIN)}, {"filldate", R(SERVICE_DATE)}, {"findings", R(NOTE)},
	{"fingerprint", R(BIOMETRIC)}, {"fingerprints", R(BIOMETRIC)}, {"first", R(FIRST)}, {"firstandlastname", R(NAME)}, {"firstandsurname", R(NAME)}, {"firstlast", R(NAME)}, {"firstn", R(FIRST)}, {"firstname", R(FIRST)}, {"firstnamelastname", R(NAME)}, {"firstnames", R(FIRST)}, {"firstnm", R(FIRST)}, {"fixe", R(PHONE)}, {"flat", R(APT)},
	{"fname", R(FIRST)}, {"fnamec1", R(FIRST)}, {"fnamec2", R(MIDDLE)}, {"fnm", R(FIRST)}, {"fodelsedatum", R(DOB)}, {"fodselsdato", R(DOB)}, {"forename", R(FIRST)}, {"forenames", R(FIRST)}, {"formername", R(MAIDEN)}, {"fornamn", R(FIRST)}, {"foto", R(PHOTO)}, {"freetext", R(NOTE)}, {"fromdate", R(SERVICE_DATE)},
	{"fulladdress", R(ADDRESS)}, {"fullname", R(NAME)}, {"fullssn", R(SSN)}, {"gad7", R(BEHAVIORAL)}, {"geb", R(DOB)}, {"gebam", R(DOB)}, {"gebdatum", R(DOB)}, {"geboortedatum", R(DOB)}, {"geborenam", R(DOB)}, {"geburtsdatum", R(DOB)}, {"geburtsname", R(MAIDEN)}, {"geburtstag", R(DOB)}, {"gender", R(SEX)}, {"gendercode", R(SEX)},
	{"genderidentity", R(SEX)}, {"generation", R(SUFFIX)}, {"generational", R(SUFFIX)}, {"genero", R(SEX)}, {"genetic", R(GENETIC)}, {"genetico", R(GENETIC)}, {"genetics", R(GENETIC)},
	{"genetictest", R(GENETIC)}, {"genetictestresult", R(GENETIC)}, {"genetique", R(GENETIC)}, {"genome", R(GENETIC)}, {"genotype", R(GENETIC)}, {"genre", R(SEX)}, {"geschlecht", R(SEX)}, {"geslacht", R(SEX)}, {"given", R(FIRST)},
	{"given1", R(FIRST)}, {"givenname", R(FIRST)}, {"givennames", R(FIRST)}, {"gname", R(FIRST)}, {"grabacion", R(RECORDING)}, {"group", R(GROUP)}, {"groupid", R(GROUP)}, {"groupname", R(GROUP)}, {"groupno", R(GROUP)},
	{"groupnum", R(GROUP)}, {"groupnumber", R(GROUP)}, {"grp", R(GROUP)}, {"grpno", R(GROUP)}, {"guid", R(ID)}, {"handy", R(PHONE)}, {"har", R(VISIT)}, {"hausnr", R(HOUSE)}, {"hausnummer", R(HOUSE)}, {"hcpcs", R(TREATMENT)}, {"hcpcscode", R(TREATMENT)},
	{"headshot", R(PHOTO)}, {"healthcard", R(MEMBER)}, {"healthcardnumber", R(MEMBER)}, {"healthinsuranceid", R(MEMBER)}, {"healthinsurancenumber", R(MEMBER)}, {"healthplan", R(PAYER)},
	{"healthplanid", R(MEMBER)}, {"healthrecordnumber", R(MRN)}, {"height", R(LAB)}, {"hic", R(MEMBER)}, {"hicn", R(MEMBER)}, {"hicno", R(MEMBER)}, {"historia", R(MRN)}, {"historiaclinica", R(MRN)},
	{"history", R(NOTE)}, {"hla", R(GENETIC)}, {"homeaddress", R(ADDRESS)}, {"homeaddress1", R(STREET)}, {"homecity", R(CITY)}, {"homeemail", R(EMAIL)}, {"homenumber", R(PHONE)},
	{"homephone", R(PHONE)}, {"homephonenumber", R(PHONE)}, {"homestate", R(STATE)}, {"homezip", R(ZIP)}, {"hospital", R(ASSIGNER)}, {"hospitalaccount", R(VISIT)},
	{"hospitalcode", R(ASSIGNER)}, {"hospitalid", R(MRN)}, {"hospitalname", R(ASSIGNER)}, {"hospitalno", R(MRN)}, {"hospitalnumber", R(MRN)}, {"house", R(HOUSE)}, {"houseno", R(HOUSE)},
	{"housenum", R(HOUSE)}, {"housenumber", R(HOUSE)}, {"hpi", R(NOTE)}, {"huella", R(BIOMETRIC)}, {"iban", R(ACCOUNT)}, {"icd", R(DIAGNOSIS)}, {"icd10", R(DIAGNOSIS)},
	{"icd10cm", R(DIAGNOSIS)}, {"icd10code", R(DIAGNOSIS)}, {"icd9", R(DIAGNOSIS)}, {"icdcode", R(DIAGNOSIS)}, {"icn", R(CLAIM)}, {"id", R(ID)}, {"idcardno", R(SSN)}, {"identifiant", R(USER)},
	{"idioma", R(LANGUAGE)}, {"idiomapreferido", R(LANGUAGE)}, {"iep", R(VISIT)}, {"image", R(PHOTO)}, {"imaging", R(RECORDING)}, {"imie", R(FIRST)}, {"immunization", R(MEDICATION)}, {"importe", R(CLAIM)}, {"impression", R(NOTE)}, {"index", R(ID)},
	{"indication", R(NOTE)}, {"indirizzo", R(ADDRESS)}, {"individual", R(NAME)}, {"individualname", R(NAME)}, {"initial", R(MIDDLE)}, {"initials", R(MIDDLE)}, {"insee", R(SSN)}, {"insid", R(MEMBER)},
	{"insno", R(MEMBER)}, {"instructions", R(NOTE)}, {"insurance", R(PAYER)}, {"insurancecarrier", R(PAYER)}, {"insurancecompany", R(PAYER)}, {"insuranceid", R(MEMBER)},
	{"insuranceidnumber", R(MEMBER)}, {"insurancename", R(PAYER)}, {"insuranceno", R(MEMBER)}, {"insurancenumber", R(MEMBER)}, {"insurancepolicy", R(MEMBER)},
	{"insurancepolicynumber", R(MEMBER)}, {"insuredid", R(MEMBER)}, {"insuredidnumber", R(MEMBER)}, {"insurer", R(PAYER)}, {"intervention", R(TREATMENT)}, {"invoice", R(CLAIM)},
	{"invoiceid", R(CLAIM)}, {"invoiceno", R(CLAIM)}, {"invoicenumber", R(CLAIM)}, {"ipp", R(MRN)}, {"iris", R(BIOMETRIC)}, {"isdeceased", R(DEATH)}, {"itin", R(TIN)}, {"kartennummer", R(CARD)}, {"key", R(ID)},
	{"kontonummer", R(ACCOUNT)}, {"krankenkasse", R(PAYER)}, {"krankenversichertennummer", R(MEMBER)}, {"kvnr", R(MEMBER)}, {"lab", R(LAB)}, {"labcode", R(LAB)}, {"labname", R(LAB)}, {"labor", R(LAB)}, {"laboratorio", R(LAB)}, {"labresult", R(LAB)}, {"labresults", R(LAB)}, {"labs", R(LAB)}, {"labtest", R(LAB)},
	{"labvalue", R(LAB)}, {"lang", R(LANGUAGE)}, {"language", R(LANGUAGE)}, {"languagepreference", R(LANGUAGE)}, {"languagepreferred", R(LANGUAGE)}, {"languagespoken", R(LANGUAGE)}, {"langue", R(LANGUAGE)}, {"languedecorrespondance", R(LANGUAGE)}, {"languematernelle", R(LANGUAGE)}, {"languepreferee", R(LANGUAGE)}, {"last", R(LAST)}, {"last4", R(SSN4)}, {"last4digits", R(SSN4)}, {"last4ofssn", R(SSN4)}, {"last4social", R(SSN4)}, {"last4ssn", R(SSN4)},
	{"lastfirst", R(NAME)}, {"lastfirstmiddle", R(NAME)}, {"lastfour", R(SSN4)}, {"lastfourssn", R(SSN4)}, {"lastn", R(LAST)}, {"lastname", R(LAST)}, {"lastnamefirstname", R(NAME)}, {"lastnm", R(LAST)}, {"lastvisit", R(SERVICE_DATE)},
	{"lastvisitdate", R(SERVICE_DATE)}, {"legalname", R(NAME)}, {"lengua", R(LANGUAGE)}, {"lenguapreferida", R(LANGUAGE)}, {"licence", R(DL)}, {"licenciaconducir", R(DL)}, {"licenciadeconducir", R(DL)}, {"license", R(DL)}, {"licenseno", R(DL)},
	{"licensenumber", R(DL)}, {"line1", R(STREET)}, {"line2", R(APT)}, {"lname", R(LAST)}, {"lnamec1", R(LAST)}, {"lnm", R(LAST)}, {"localidad", R(CITY)}, {"locality", R(CITY)}, {"login", R(USER)},
	{"loginid", R(USER)}, {"loginname", R(USER)}, {"logon", R(USER)}, {"loinc", R(LAB)}, {"loinccode", R(LAB)}, {"maiden", R(MAIDEN)}, {"maidenname", R(MAIDEN)}, {"mail", R(EMAIL)},
	{"mailaddr1", R(STREET)}, {"mailaddr2", R(APT)}, {"mailcity", R(CITY)}, {"mailingaddress", R(ADDRESS)}, {"mailingaddress1", R(STREET)}, {"mailingcity", R(CITY)}, {"mailingstate", R(STATE)}, {"mailingzip", R(ZIP)}, {"mailstate", R(STATE)}, {"mailzip", R(ZIP)}, {"mailzipcode", R(ZIP)}, {"marital", R(RACE)},
	{"maritalstatus", R(RACE)}, {"mbi", R(MBI)}, {"mbinumber", R(MBI)}, {"mcaid", R(MEDICAID)}, {"mcaidid", R(MEDICAID)}, {"mcareid", R(MBI)}, {"mdp", R(PASSWORD)}, {"med", R(MEDICATION)},
	{"medecin", R(PROVIDER)}, {"medecintraitant", R(PROVIDER)}, {"medicaid", R(MEDICAID)}, {"medicaidid", R(MEDICAID)}, {"medicaididnumber", R(MEDICAID)}, {"medicaidno", R(MEDICAID)},
	{"medicaidnum", R(MEDICAID)}, {"medicaidnumber", R(MEDICAID)}, {"medicaidrecipientid", R(MEDICAID)}, {"medical", R(MEDICAID)}, {"medicalassistanceid", R(MEDICAID)},
	{"medicalcondition", R(DIAGNOSIS)}, {"medicalhistory", R(DIAGNOSIS)}, {"medicalid", R(MRN)}, {"medicalrecnum", R(MRN)}, {"medicalrecord", R(MRN)}, {"medicalrecordno", R(MRN)},
	{"medicalrecordnumber", R(MRN)}, {"medicament", R(MEDICATION)}, {"medicamento", R(MEDICATION)}, {"medicamentos", R(MEDICATION)}, {"medicaments", R(MEDICATION)}, {"medicare", R(MBI)},
	{"medicarebeneficiaryid", R(MBI)}, {"medicarebeneficiaryidentifier", R(MBI)}, {"medicareid", R(MBI)}, {"medicarembi", R(MBI)}, {"medicareno", R(MBI)}, {"medicarenumber", R(MBI)},
	{"medication", R(MEDICATION)}, {"medicationname", R(MEDICATION)}, {"medications", R(MEDICATION)}, {"medico", R(PROVIDER)}, {"medikament", R(MEDICATION)}, {"medikamente", R(MEDICATION)}, {"medikation", R(MEDICATION)}, {"medrec", R(MRN)}, {"medrecno", R(MRN)}, {"medrecnum", R(MRN)},
	{"meds", R(MEDICATION)}, {"member", R(MEMBER)}, {"memberid", R(MEMBER)}, {"memberno", R(MEMBER)}, {"membernum", R(MEMBER)}, {"membernumber", R(MEMBER)}, {"membid", R(MEMBER)},
	{"memid", R(MEMBER)}, {"memo", R(NOTE)}, {"mentalhealth", R(BEHAVIORAL)}, {"message", R(NOTE)}, {"mi", R(MIDDLE)}, {"middle", R(MIDDLE)}, {"middleinitial", R(MIDDLE)},
	{"middlename", R(MIDDLE)}, {"middlenm", R(MIDDLE)}, {"midlname", R(MIDDLE)}, {"midname", R(MIDDLE)}, {"minit", R(MIDDLE)}, {"mname", R(MIDDLE)}, {"mobiel", R(PHONE)}, {"mobil", R(PHONE)}, {"mobile", R(PHONE)}, {"mobileno", R(PHONE)}, {"mobilephone", R(PHONE)}, {"montant", R(CLAIM)},
	{"monto", R(CLAIM)}, {"motdepasse", R(PASSWORD)}, {"motherslastname", R(MAIDEN)}, {"motif", R(DIAGNOSIS)}, {"movil", R(PHONE)}, {"mpi", R(MRN)}, {"mr", R(MRN)}, {"mri", R(RECORDING)},
	{"mrn", R(MRN)}, {"mrno", R(MRN)}, {"mrnum", R(MRN)}, {"mrnumber", R(MRN)}, {"municipality", R(CITY)}, {"mutation", R(GENETIC)}, {"muttersprache", R(LANGUAGE)}, {"mutuelle", R(PAYER)}, {"nachname", R(LAST)},
	{"nacimiento", R(DOB)}, {"naissance", R(DOB)}, {"name", R(NAME)}, {"namefamily", R(LAST)}, {"namefirst", R(FIRST)}, {"namefull", R(NAME)}, {"namegiven", R(FIRST)}, {"namelast", R(LAST)},
	{"namelastfirst", R(NAME)}, {"namemiddle", R(MIDDLE)}, {"nameoffull", R(NAME)}, {"nameprefix", R(PREFIX)}, {"namesuffix", R(SUFFIX)}, {"namesuffixlbl", R(SUFFIX)}, {"namesufx", R(SUFFIX)}, {"namesufxcd", R(SUFFIX)}, {"narrative", R(NOTE)}, {"nation", R(COUNTRY)},
	{"nationalid", R(SSN)}, {"nationalidnumber", R(SSN)}, {"nationality", R(COUNTRY)}, {"nationalprovideridentifier", R(NPI)}, {"nazwisko", R(LAST)}, {"nda", R(VISIT)}, {"ndc", R(MEDICATION)}, {"ndccode", R(MEDICATION)}, {"nele", R(DOB)}, {"nhc", R(MRN)},
	{"nhsno", R(SSN)}, {"nhsnumber", R(SSN)}, {"nickname", R(FIRST)}, {"nif", R(TIN)}, {"nir", R(SSN)}, {"nom", R(LAST)}, {"nombre", R(FIRST)}, {"nombrecompleto", R(NAME)},
	{"nombres", R(FIRST)}, {"nombreyapellidos", R(NAME)}, {"nomcomplet", R(NAME)}, {"nomdefamille", R(LAST)}, {"nomdejeunefille", R(MAIDEN)}, {"nomdenaissance", R(MAIDEN)},
	{"nome", R(FIRST)}, {"nometprenom", R(NAME)}, {"nomprenom", R(NAME)}, {"nomusuel", R(LAST)}, {"nota", R(NOTE)}, {"notas", R(NOTE)}, {"note", R(NOTE)}, {"notes", R(NOTE)}, {"npi", R(NPI)}, {"npino", R(NPI)},
	{"npinumber", R(NPI)}, {"nss", R(SSN)}, {"numero", R(HOUSE)}, {"numeroadherent", R(MEMBER)}, {"numeroassure", R(MEMBER)}, {"numerocarte", R(CARD)}, {"numerodeafiliado", R(MEMBER)},
	{"numerodecarte", R(CARD)}, {"numerodecompte", R(ACCOUNT)}, {"numerodecuenta", R(ACCOUNT)}, {"numerodegrupo", R(GROUP)}, {"numerodesecuritesociale", R(SSN)},
	{"numerodesegurosocial", R(SSN)}, {"numerodetarjeta", R(CARD)}, {"numerodossier", R(MRN)}, {"numerofacture", R(CLAIM)}, {"numerohistoria", R(MRN)}, {"numerohistoriaclinica", R(MRN)}, {"numeropasaporte", R(PASSPORT)}, {"numeropasseport", R(PASSPORT)},
	{"numeropatient", R(MRN)}, {"numeropermis", R(DL)}, {"numeropoliza", R(MEMBER)}, {"numerorue", R(HOUSE)}, {"numerosecu", R(SSN)}, {"numerosejour", R(VISIT)}, {"observation", R(LAB)},
	{"observationvalue", R(LAB)}, {"ohip", R(MEMBER)}, {"onsetdate", R(SERVICE_DATE)}, {"operation", R(TREATMENT)}, {"operationname", R(TREATMENT)}, {"orderdate", R(SERVICE_DATE)},
	{"orderid", R(VISIT)}, {"ordering", R(PROVIDER)}, {"orderingdoctor", R(PROVIDER)}, {"orderingnpi", R(NPI)}, {"orderingphysician", R(PROVIDER)}, {"orderingprovider", R(PROVIDER)},
	{"ordernumber", R(VISIT)}, {"origine", R(RACE)}, {"ort", R(CITY)}, {"othername", R(MAIDEN)}, {"pager", R(PHONE)}, {"paid", R(CLAIM)}, {"paidamount", R(CLAIM)}, {"pais", R(COUNTRY)},
	{"palmprint", R(BIOMETRIC)}, {"pan", R(CARD)}, {"parish", R(COUNTY)}, {"pasaporte", R(PASSPORT)}, {"pass", R(PASSWORD)}, {"passcode", R(PASSWORD)}, {"passeport", R(PASSPORT)},
	{"passport", R(PASSPORT)}, {"passportid", R(PASSPORT)}, {"passportno", R(PASSPORT)}, {"passportnum", R(PASSPORT)}, {"passportnumber", R(PASSPORT)}, {"passwd", R(PASSWORD)},
	{"password", R(PASSWORD)}, {"passwordhash", R(PASSWORD)}, {"patacct", R(VISIT)}, {"patid", R(MRN)}, {"patientaccount", R(VISIT)}, {"patientaccountno", R(VISIT)},
	{"patientaccountnumber", R(VISIT)}, {"patientacct", R(VISIT)}, {"patientaddress", R(ADDRESS)}, {"patientenid", R(MRN)}, {"patientenname", R(NAME)}, {"patientennr", R(MRN)}, {"patientennummer", R(MRN)}, {"patientid", R(MRN)}, {"patientidentifier", R(MRN)}, {"patientkey", R(MRN)},
	{"patientmrn", R(MRN)}, {"patientname", R(NAME)}, {"patientno", R(MRN)}, {"patientnumber", R(MRN)}, {"patno", R(MRN)}, {"patnum", R(MRN)}, {"payer", R(PAYER)}, {"payerid", R(PAYER)},
	{"payername", R(PAYER)}, {"paymentcard", R(CARD)}, {"payor", R(PAYER)}, {"payorid", R(PAYER)}, {"payorname", R(PAYER)}, {"pays", R(COUNTRY)}, {"pcp", R(PROVIDER)},
	{"permanentaddress", R(ADDRESS)}, {"permisdeconduire", R(DL)}, {"personalemail", R(EMAIL)}, {"personid", R(ID)}, {"personkey", R(ID)}, {"personname", R(NAME)}, {"personnummer", R(SSN)}, {"pesel", R(SSN)}, {"phone", R(PHONE)},
	{"phonecell", R(PHONE)}, {"phonehome", R(PHONE)}, {"phonemobile", R(PHONE)}, {"phoneno", R(PHONE)}, {"phonenum", R(PHONE)}, {"phonenumber", R(PHONE)}, {"phoneprimary", R(PHONE)},
	{"phonework", R(PHONE)}, {"photo", R(PHOTO)}, {"photograph", R(PHOTO)}, {"phq9", R(BEHAVIORAL)}, {"physician", R(PROVIDER)}, {"physicianname", R(PROVIDER)}, {"picture", R(PHOTO)},
	{"pin", R(PASSWORD)}, {"pincode", R(ZIP)}, {"pincodeuser", R(PASSWORD)}, {"plan", R(PAYER)}, {"planid", R(MEMBER)}, {"planname", R(PAYER)}, {"planofcare", R(TREATMENT)},
	{"plz", R(ZIP)}, {"poblacion", R(CITY)}, {"policy", R(MEMBER)}, {"policyid", R(MEMBER)}, {"policyno", R(MEMBER)}, {"policynum", R(MEMBER)}, {"policynumber", R(MEMBER)}, {"poliza", R(MEMBER)},
	{"portable", R(PHONE)}, {"portaluser", R(USER)}, {"portrait", R(PHOTO)}, {"postal", R(ZIP)}, {"postaladdress", R(ADDRESS)}, {"postalcode", R(ZIP)}, {"postaltown", R(CITY)},
	{"postcode", R(ZIP)}, {"postcodefake", R(ZIP)}, {"postleitzahl", R(ZIP)}, {"ppt", R(PASSPORT)}, {"praticien", R(PROVIDER)}, {"preferredlang", R(LANGUAGE)}, {"preferredlanguage", R(LANGUAGE)}, {"preferredname", R(FIRST)}, {"preferredspokenlanguage", R(LANGUAGE)}, {"preferredwrittenlanguage", R(LANGUAGE)}, {"prefix", R(PREFIX)}, {"preflang", R(LANGUAGE)}, {"preflanguage", R(LANGUAGE)}, {"prenom", R(FIRST)},
	{"prenoms", R(FIRST)}, {"prescription", R(MEDICATION)}, {"prescriptiondate", R(SERVICE_DATE)}, {"prescriptions", R(MEDICATION)}, {"previouslastname", R(MAIDEN)},
	{"previousname", R(MAIDEN)}, {"primarycarephysician", R(PROVIDER)}, {"primarycareprovider", R(PROVIDER)}, {"primarydiagnosis", R(DIAGNOSIS)}, {"primarydx", R(DIAGNOSIS)},
	{"primaryemail", R(EMAIL)}, {"primaryinsurance", R(PAYER)}, {"primaryphone", R(PHONE)}, {"primerapellido", R(LAST)}, {"primernombre", R(FIRST)}, {"principaldiagnosis", R(DIAGNOSIS)},
	{"priorauth", R(CLAIM)}, {"priorname", R(MAIDEN)}, {"problem", R(DIAGNOSIS)}, {"problemlist", R(DIAGNOSIS)}, {"problems", R(DIAGNOSIS)}, {"proc", R(TREATMENT)}, {"proccode", R(TREATMENT)},
	{"procdesc", R(TREATMENT)}, {"procedimiento", R(TREATMENT)}, {"procedure", R(TREATMENT)}, {"procedurecode", R(TREATMENT)}, {"proceduredate", R(SERVICE_DATE)},
	{"proceduredesc", R(TREATMENT)}, {"procedurename", R(TREATMENT)}, {"procedures", R(TREATMENT)}, {"progressnote", R(NOTE)}, {"progressnotes", R(NOTE)}, {"prov", R(STATE)},
	{"proveedor", R(PROVIDER)}, {"provider", R(PROVIDER)}, {"providerid", R(PROVIDER)}, {"providername", R(PROVIDER)}, {"providerno", R(PROVIDER)}, {"providernpi", R(NPI)},
	{"province", R(STATE)}, {"provincia", R(STATE)}, {"psych", R(BEHAVIORAL)}, {"psychiatric", R(BEHAVIORAL)}, {"psychiatrie", R(BEHAVIORAL)}, {"psychiatry", R(BEHAVIORAL)}, {"ptid", R(MRN)},
	{"ptmrn", R(MRN)}, {"ptno", R(MRN)}, {"pwd", R(PASSWORD)}, {"pwhash", R(PASSWORD)}, {"race", R(RACE)}, {"racecode", R(RACE)}, {"raceethnicity", R(RACE)}, {"ramq", R(MEMBER)},
	{"raza", R(RACE)}, {"reason", R(NOTE)}, {"reasonforvisit", R(DIAGNOSIS)}, {"recid", R(ID)}, {"recipientid", R(MEDICAID)}, {"recordid", R(ID)}, {"recording", R(RECORDING)},
	{"recordno", R(ID)}, {"recordnumber", R(ID)}, {"referencenumber", R(CLAIM)}, {"referral", R(TREATMENT)}, {"referring", R(PROVIDER)}, {"referringnpi", R(NPI)},
	{"referringphysician", R(PROVIDER)}, {"referringprovider", R(PROVIDER)}, {"region", R(COUNTY)}, {"relation", R(RELATION)}, {"relationship", R(RELATION)}, {"religion", R(RACE)}, {"remark", R(NOTE)}, {"remarks", R(NOTE)}, {"remarques", R(NOTE)},
	{"remittance", R(CLAIM)}, {"rendering", R(PROVIDER)}, {"renderingnpi", R(NPI)}, {"renderingprovider", R(PROVIDER)}, {"reportdate", R(SERVICE_DATE)}, {"resaddress", R(STREET)}, {"rescity", R(CITY)}, {"rescitydesc", R(CITY)}, {"residence", R(ADDRESS)},
	{"residenceaddress", R(ADDRESS)}, {"residencecity", R(CITY)}, {"residencestate", R(STATE)}, {"residentialaddress", R(ADDRESS)}, {"residentname", R(NAME)}, {"resstate", R(STATE)}, {"resstreetaddress", R(STREET)}, {"result", R(LAB)},
	{"resultado", R(LAB)}, {"resultados", R(LAB)}, {"resultat", R(LAB)}, {"resultats", R(LAB)}, {"resultdate", R(SERVICE_DATE)}, {"results", R(LAB)}, {"resultvalue", R(LAB)},
	{"reszip", R(ZIP)}, {"reszipcode", R(ZIP)}, {"retina", R(BIOMETRIC)}, {"revenuecode", R(TREATMENT)}, {"rfc", R(TIN)}, {"rib", R(ACCOUNT)}, {"road", R(STREET)}, {"roadname", R(STREET)}, {"routing", R(ROUTING)},
	{"routingaba", R(ROUTING)}, {"routingno", R(ROUTING)}, {"routingnumber", R(ROUTING)}, {"rowid", R(ID)}, {"rownum", R(ID)}, {"rownumber", R(ID)}, {"rpps", R(NPI)}, {"rue", R(STREET)},
	{"rx", R(MEDICATION)}, {"rxname", R(MEDICATION)}, {"rxno", R(MEDICATION)}, {"rxnorm", R(MEDICATION)}, {"rxnumber", R(MEDICATION)}, {"saludmental", R(BEHAVIORAL)},
	{"salutation", R(PREFIX)}, {"santementale", R(BEHAVIORAL)}, {"savingsaccount", R(ACCOUNT)}, {"scheduleddate", R(SERVICE_DATE)}, {"screenname", R(USER)}, {"secondaryaddress", R(APT)},
	{"secondarydiagnosis", R(DIAGNOSIS)}, {"secondaryinsurance", R(PAYER)}, {"secondaryphone", R(PHONE)}, {"secondname", R(MIDDLE)}, {"secret", R(PASSWORD)}, {"secretanswer", R(PASSWORD)},
	{"secretquestion", R(PASSWORD)}, {"securitesociale", R(SSN)}, {"securityanswer", R(PASSWORD)}, {"securitycode", R(CARD_CODE)}, {"securityquestion", R(PASSWORD)},
	{"segundoapellido", R(LAST)}, {"segundonombre", R(MIDDLE)}, {"segurosocial", R(SSN)}, {"service", R(TREATMENT)}, {"servicecode", R(TREATMENT)}, {"servicedate", R(SERVICE_DATE)},
	{"servicedesc", R(TREATMENT)}, {"servicedt", R(SERVICE_DATE)}, {"servicefrom", R(SERVICE_DATE)}, {"servicefromdate", R(SERVICE_DATE)}, {"servicethroughdate", R(SERVICE_DATE)},
	{"serviceto", R(SERVICE_DATE)}, {"sesso", R(SEX)}, {"sex", R(SEX)}, {"sexcode", R(SEX)}, {"sexe", R(SEX)}, {"sexo", R(SEX)}, {"sfx", R(SUFFIX)}, {"sig", R(MEDICATION)}, {"sin", R(SSN)}, {"site", R(ASSIGNER)},
	{"sitecode", R(ASSIGNER)}, {"siteid", R(ASSIGNER)}, {"sname", R(LAST)}, {"sobrenome", R(LAST)}, {"soc", R(SSN)}, {"social", R(SSN)}, {"socialsecurity", R(SSN)}, {"socialsecurityid", R(SSN)}, {"socialsecurityno", R(SSN)},
	{"socialsecuritynum", R(SSN)}, {"socialsecuritynumber", R(SSN)}, {"socsec", R(SSN)}, {"socsecid", R(SSN)}, {"socsecno", R(SSN)}, {"socsecnumber", R(SSN)}, {"soins", R(TREATMENT)}, {"sortcode", R(ROUTING)},
	{"specimenid", R(VISIT)}, {"spokenlanguage", R(LANGUAGE)}, {"sprache", R(LANGUAGE)}, {"ss", R(SSN)}, {"ssn", R(SSN)}, {"ssn4", R(SSN4)}, {"ssnbr", R(SSN)}, {"ssnid", R(SSN)}, {"ssnl4", R(SSN4)}, {"ssnlast4", R(SSN4)}, {"ssnlastfour", R(SSN4)},
	{"ssno", R(SSN)}, {"ssntin", R(SSN)}, {"ssnum", R(SSN)}, {"ssnumber", R(SSN)}, {"st", R(STATE)}, {"stabbr", R(STATE)}, {"stadd", R(STREET)}, {"stadt", R(CITY)}, {"state", R(STATE)}, {"stateabbr", R(STATE)},
	{"statecode", R(STATE)}, {"stateid", R(DL)}, {"stateidno", R(DL)}, {"stateidnumber", R(DL)}, {"statement", R(CLAIM)}, {"stateofresidence", R(STATE)}, {"stateprov", R(STATE)},
	{"stateprovince", R(STATE)}, {"ste", R(APT)}, {"stname", R(STREET)}, {"stno", R(HOUSE)}, {"stnum", R(HOUSE)}, {"stnumber", R(HOUSE)}, {"straat", R(STREET)}, {"strasse", R(STREET)}, {"street", R(STREET)}, {"street1", R(STREET)}, {"street2", R(APT)}, {"streetaddr", R(STREET)},
	{"streetaddress", R(STREET)}, {"streetaddress1", R(STREET)}, {"streetaddress2", R(APT)}, {"streetline", R(STREET)}, {"streetname", R(STREET)}, {"streetno", R(HOUSE)},
	{"streetnum", R(HOUSE)}, {"streetnumber", R(HOUSE)}, {"strno", R(HOUSE)}, {"subscriber", R(MEMBER)}, {"subscriberid", R(MEMBER)}, {"subscriberno", R(MEMBER)}, {"subscribernumber", R(MEMBER)},
	{"substance", R(BEHAVIORAL)}, {"substanceabuse", R(BEHAVIORAL)}, {"substanceuse", R(BEHAVIORAL)}, {"suburb", R(CITY)}, {"sud", R(BEHAVIORAL)}, {"suffix", R(SUFFIX)},
	{"suffixe", R(SUFFIX)}, {"suffixname", R(SUFFIX)}, {"sufijo", R(SUFFIX)}, {"sufx", R(SUFFIX)}, {"suite", R(APT)}, {"summary", R(NOTE)}, {"surgeon", R(PROVIDER)}, {"surgery", R(TREATMENT)},
	{"surgerydate", R(SERVICE_DATE)}, {"surname", R(LAST)}, {"svcdate", R(SERVICE_DATE)}, {"swift", R(ROUTING)}, {"tarjeta", R(CARD)}, {"tarjetadecredito", R(CARD)}, {"taxid", R(TIN)},
	{"taxidentificationnumber", R(TIN)}, {"taxidnumber", R(TIN)}, {"taxpayerid", R(TIN)}, {"tel", R(PHONE)}, {"telecopie", R(PHONE)}, {"telefon", R(PHONE)}, {"telefonnummer", R(PHONE)}, {"telefono", R(PHONE)},
	{"telephone", R(PHONE)}, {"telephoneno", R(PHONE)}, {"telephonenumber", R(PHONE)}, {"telno", R(PHONE)}, {"telnr", R(PHONE)}, {"test", R(LAB)}, {"testdate", R(SERVICE_DATE)}, {"testname", R(LAB)},
	{"testresult", R(LAB)}, {"testresults", R(LAB)}, {"tests", R(LAB)}, {"text", R(NOTE)}, {"therapy", R(TREATMENT)}, {"throughdate", R(SERVICE_DATE)}, {"thrudate", R(SERVICE_DATE)},
	{"tin", R(TIN)}, {"title", R(PREFIX)}, {"total", R(CLAIM)}, {"totalcharge", R(CLAIM)}, {"totalcharges", R(CLAIM)}, {"town", R(CITY)}, {"traitement", R(TREATMENT)},
	{"traitementmedicamenteux", R(MEDICATION)}, {"transit", R(ROUTING)}, {"tratamiento", R(TREATMENT)}, {"treatingphysician", R(PROVIDER)}, {"treatment", R(TREATMENT)},
	{"treatmentdate", R(SERVICE_DATE)}, {"treatmentplan", R(TREATMENT)}, {"treatments", R(TREATMENT)}, {"uid", R(ID)}, {"uniqueid", R(ID)}, {"unit", R(APT)}, {"unitno", R(APT)},
	{"unitnumber", R(MRN)}, {"user", R(USER)}, {"useraccount", R(USER)}, {"userid", R(USER)}, {"username", R(USER)}, {"usuario", R(USER)}, {"uuid", R(ID)}, {"vaccine", R(MEDICATION)},
	{"variant", R(GENETIC)}, {"versicherten", R(MEMBER)}, {"versichertennummer", R(MEMBER)}, {"versicherung", R(PAYER)}, {"versicherungsnummer", R(MEMBER)}, {"video", R(RECORDING)}, {"ville", R(CITY)}, {"visit", R(VISIT)}, {"visitdate", R(SERVICE_DATE)}, {"visitid", R(VISIT)}, {"visitno", R(VISIT)},
	{"visitnumber", R(VISIT)}, {"vital", R(LAB)}, {"vitals", R(LAB)}, {"voiceprint", R(BIOMETRIC)}, {"voie", R(STREET)}, {"voornaam", R(FIRST)}, {"vorname", R(FIRST)}, {"waveform", R(RECORDING)}, {"weight", R(LAB)},
	{"whom", R(NAME)}, {"wohnort", R(CITY)}, {"woonplaats", R(CITY)}, {"workemail", R(EMAIL)}, {"workphone", R(PHONE)}, {"writtenlanguage", R(LANGUAGE)}, {"xray", R(RECORDING)}, {"zip", R(ZIP)}, {"zip4", R(ZIP)}, {"zip5", R(ZIP)}, {"zip9", R(ZIP)}, {"zipcd", R(ZIP)},
	{"zipcode", R(ZIP)}, {"zipplus4", R(ZIP)}, {"zippostalcode", R(ZIP)}, {"zuname", R(LAST)}, {"主治医生", R(PROVIDER)}, {"主要诊断", R(DIAGNOSIS)}, {"住址", R(ADDRESS)}, {"住院号", R(MRN)}, {"保险公司", R(PAYER)},
	{"保险号", R(MEMBER)}, {"信用卡号", R(CARD)}, {"入院日期", R(SERVICE_DATE)}, {"出生", R(DOB)}, {"出生日期", R(DOB)}, {"出院日期", R(SERVICE_DATE)}, {"化验", R(LAB)}, {"医保卡号", R(MEMBER)}, {"医保号", R(MEMBER)},
	{"医师", R(PROVIDER)}, {"医生", R(PROVIDER)}, {"医院", R(ASSIGNER)}, {"卡号", R(CARD)}, {"发票号", R(CLAIM)}, {"名", R(FIRST)}, {"名字", R(FIRST)}, {"国家", R(COUNTRY)}, {"地址", R(ADDRESS)},
	{"城市", R(CITY)}, {"基因", R(GENETIC)}, {"基因检测", R(GENETIC)}, {"备注", R(NOTE)}, {"姓", R(LAST)}, {"姓名", R(NAME)}, {"姓氏", R(LAST)}, {"家庭住址", R(ADDRESS)}, {"密码", R(PASSWORD)},
	{"就诊日期", R(SERVICE_DATE)}, {"就诊时间", R(SERVICE_DATE)}, {"市", R(CITY)}, {"性别", R(SEX)}, {"患者姓名", R(NAME)}, {"患者编号", R(MRN)}, {"手术", R(TREATMENT)}, {"手机", R(PHONE)}, {"手机号", R(PHONE)},
	{"护照", R(PASSPORT)}, {"护照号", R(PASSPORT)}, {"护照号码", R(PASSPORT)}, {"检验", R(LAB)}, {"检验结果", R(LAB)}, {"死亡日期", R(DEATH)}, {"母语", R(LANGUAGE)}, {"民族", R(RACE)}, {"治疗", R(TREATMENT)}, {"注释", R(NOTE)},
	{"照片", R(PHOTO)}, {"生日", R(DOB)}, {"用户名", R(USER)}, {"用药", R(MEDICATION)}, {"电子邮件", R(EMAIL)}, {"电子邮箱", R(EMAIL)}, {"电话", R(PHONE)}, {"电话号码", R(PHONE)}, {"疾病", R(DIAGNOSIS)},
	{"疾病诊断", R(DIAGNOSIS)}, {"病人姓名", R(NAME)}, {"病历号", R(MRN)}, {"病案号", R(MRN)}, {"省", R(STATE)}, {"社会安全号", R(SSN)}, {"种族", R(RACE)}, {"称谓", R(PREFIX)}, {"精神", R(BEHAVIORAL)},
	{"联系电话", R(PHONE)}, {"药品", R(MEDICATION)}, {"药物", R(MEDICATION)}, {"血型", R(LAB)}, {"诊断", R(DIAGNOSIS)}, {"语言", R(LANGUAGE)}, {"说明", R(NOTE)}, {"账单号", R(CLAIM)}, {"账号", R(ACCOUNT)}, {"费用", R(CLAIM)},
	{"身份证", R(SSN)}, {"身份证号", R(SSN)}, {"身份证号码", R(SSN)}, {"过敏史", R(DIAGNOSIS)}, {"邮政编码", R(ZIP)}, {"邮箱", R(EMAIL)}, {"邮编", R(ZIP)}, {"金额", R(CLAIM)}, {"银行账号", R(ACCOUNT)}, {"门诊号", R(MRN)},
	{"首选语言", R(LANGUAGE)}, {"驾照号", R(DL)}, {"驾驶证号", R(DL)},
};

size_t person_columns_n(void);
const char *person_columns_key(size_t i); /* for the test of their order */

size_t person_columns_n(void)
{
	return ARRAY_LEN(words);
}

const char *person_columns_key(size_t i)
{
	return words[i].key;
}

struct key {
	const char *p;
	size_t n;
};

static int by_key(const void *a, const void *b)
{
	const struct key *k = a;
	const struct word *w = b;
	int c = strncmp(k->p, w->key, k->n);
	return c ? c : w->key[k->n] ? -1 : 0;
}

static int lookup(struct key k)
{
	const struct word *w = k.n ? bsearch(&k, words, ARRAY_LEN(words), sizeof *words, by_key) : NULL;
	return w ? w->role : PERSON_ROLE_OTHER;
}

/* Longer ones first where one begins another. */
static const struct {
	const char *word;
	int who; /* -1: says nothing about whom */
} before[] = {
	{"guarantor", PERSON_GUARANTOR}, {"guar", PERSON_GUARANTOR}, {"responsibleparty", PERSON_GUARANTOR}, {"respparty", PERSON_GUARANTOR}, {"billto", PERSON_GUARANTOR}, {"garant", PERSON_GUARANTOR},
	{"emergencycontact", PERSON_KIN}, {"emergency", PERSON_KIN}, {"emerg", PERSON_KIN}, {"nextofkin", PERSON_KIN}, {"nok", PERSON_KIN}, {"kin", PERSON_KIN}, {"guardian", PERSON_KIN}, {"parent", PERSON_KIN}, {"mother", PERSON_KIN},
	{"father", PERSON_KIN}, {"spouse", PERSON_KIN}, {"relative", PERSON_KIN}, {"parentguardian", PERSON_KIN}, {"parentorguardian", PERSON_KIN}, {"legalguardian", PERSON_KIN}, {"personalrepresentative", PERSON_KIN}, {"executor", PERSON_KIN}, {"madre", PERSON_KIN}, {"padre", PERSON_KIN},
	{"tutor", PERSON_KIN}, {"mere", PERSON_KIN}, {"pere", PERSON_KIN}, {"tuteur", PERSON_KIN}, {"监护人", PERSON_KIN}, {"家长", PERSON_KIN}, {"母亲", PERSON_KIN}, {"父亲", PERSON_KIN}, {"contact", PERSON_KIN}, {"personnedeconfiance", PERSON_KIN}, {"contactodeemergencia", PERSON_KIN}, {"紧急联系人", PERSON_KIN}, {"联系人", PERSON_KIN},
	{"subscriber", PERSON_SUBSCRIBER}, {"policyholder", PERSON_SUBSCRIBER}, {"insured", PERSON_SUBSCRIBER}, {"cardholder", PERSON_SUBSCRIBER}, {"assure", PERSON_SUBSCRIBER},
	{"primarycarephysician", PERSON_PROVIDER_WHO}, {"primarycareprovider", PERSON_PROVIDER_WHO}, {"pcp", PERSON_PROVIDER_WHO}, {"billingprovider", PERSON_PROVIDER_WHO}, {"provider", PERSON_PROVIDER_WHO}, {"physician", PERSON_PROVIDER_WHO},
	{"doctor", PERSON_PROVIDER_WHO}, {"attending", PERSON_PROVIDER_WHO}, {"referring", PERSON_PROVIDER_WHO}, {"rendering", PERSON_PROVIDER_WHO}, {"ordering", PERSON_PROVIDER_WHO}, {"admitting", PERSON_PROVIDER_WHO},
	{"surgeon", PERSON_PROVIDER_WHO}, {"prescriber", PERSON_PROVIDER_WHO}, {"medecin", PERSON_PROVIDER_WHO}, {"practitioner", PERSON_PROVIDER_WHO},
	{"employee", PERSON_STAFF}, {"emp", PERSON_STAFF}, {"staff", PERSON_STAFF},
	{"patient", PERSON_SUBJECT}, {"pat", PERSON_SUBJECT}, {"pt", PERSON_SUBJECT}, {"client", PERSON_SUBJECT}, {"resident", PERSON_SUBJECT}, {"person", PERSON_SUBJECT}, {"individual", PERSON_SUBJECT}, {"applicant", PERSON_SUBJECT},
	{"beneficiary", PERSON_SUBJECT}, {"bene", PERSON_SUBJECT}, {"enrollee", PERSON_SUBJECT}, {"claimant", PERSON_SUBJECT}, {"member", PERSON_SUBJECT}, {"mbr", PERSON_SUBJECT}, {"dependent", PERSON_SUBJECT}, {"paciente", PERSON_SUBJECT}, {"患者", PERSON_SUBJECT},
	{"home", -1}, {"mailing", -1}, {"primary", -1}, {"secondary", -1}, {"current", -1}, {"previous", -1}, {"prev", -1}, {"prior", -1}, {"legal", -1}, {"work", -1}, {"residential", -1}, {"permanent", -1}, {"alternate", -1}, {"alt", -1}, {"other", -1},
	{"new", -1}, {"old", -1}, {"the", -1}, {"principal", -1}, {"full", -1},
};
static const char *const after[] = {"number", "numbers", "num", "nbr", "nummer", "nr", "no", "text", "description", "desc", "code", "codes", "cd", "value", "values", "val", "list", "info", "field", "string", "raw", "display", "type"};
static const char *const links[] = {"of", "de", "du", "del", "dela", "for", "s", ""};

static int role_of(struct key k, int *who, unsigned depth);

/* "patient name", "name of patient", "guarantor's name" */
static int without_whom(struct key k, int *who, unsigned depth)
{
	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		size_t n = strlen(before[i].word);
		if (k.n <= n)
			continue;
		for (size_t l = 0; l < ARRAY_LEN(links); l++) {
			size_t m = strlen(links[l]);
			int w = before[i].who, r = PERSON_ROLE_OTHER;
			if (m == 1 && k.n > n + m && !memcmp(k.p, before[i].word, n) && k.p[n] == 's')
				r = role_of((struct key){k.p + n + m, k.n - n - m}, &w, depth);
			else if (m == 0 && !memcmp(k.p, before[i].word, n))
				r = role_of((struct key){k.p + n, k.n - n}, &w, depth);
			if (r == PERSON_ROLE_OTHER && m != 1 && before[i].who >= 0 && k.n > n + m && !memcmp(k.p + k.n - n, before[i].word, n) && !memcmp(k.p + k.n - n - m, links[l], m))
				r = role_of((struct key){k.p, k.n - n - m}, &w, depth);
			if (r != PERSON_ROLE_OTHER) {
				if (w == PERSON_KIN && n == 7 && !memcmp(before[i].word, "contact", n) && r != R(NAME) && r != R(LAST) && r != R(FIRST) && r != R(MIDDLE) && r != R(MAIDEN))
					w = -1; /* "contact e-mail": how somebody is reached; a name of a contact is another's */
				if (w >= 0)
					*who = w;
				return r;
			}
		}
	}
	return PERSON_ROLE_OTHER;
}

static int role_of(struct key k, int *who, unsigned depth)
{
	int r = lookup(k);
	if (r != PERSON_ROLE_OTHER || depth == 0)
		return r;
	size_t n = k.n;
	while (n && k.p[n - 1] >= '0' && k.p[n - 1] <= '9')
		n--;
	if (n && n < k.n && (r = role_of((struct key){k.p, n}, who, depth - 1)) != PERSON_ROLE_OTHER)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(after); i++) {
		size_t m = strlen(after[i]);
		if (k.n > m && !memcmp(k.p + k.n - m, after[i], m) && (r = lookup((struct key){k.p, k.n - m})) != PERSON_ROLE_OTHER)
			return r;
	}
	return without_whom(k, who, depth - 1);
}

/* Letters and digits, folded; most headers are short and ASCII. */
static size_t fold(struct slice s, char out[64])
{
	size_t n = 0, i = 0;
	for (; i < s.n && s.p[i] < 0x80; i++) {
		uint8_t c = s.p[i];
		c = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
			if (n == 63)
				return 0;
			out[n++] = (char)c;
		}
	}
	if (i == s.n)
		return n;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1024);
	utf8_fold(&b, s);
	n = 0;
	for (i = 0; buf_ok(&b) && i < b.n; i++)
		if ((b.p[i] >= 'a' && b.p[i] <= 'z') || (b.p[i] >= '0' && b.p[i] <= '9') || b.p[i] >= 0x80) {
			if (n == 63)
				return 0;
			out[n++] = (char)b.p[i];
		}
	return n;
}

/* How words of a header are shortened: "brth_dte", "Fec. Nac.", "prim_icd10_cd", "Geb.-Datum". */
static const struct {
	const char *word, *whole;
} shortened[] = {
	{"acc", "account"}, {"adm", "admission"}, {"adr", "address"}, {"amt", "amount"}, {"brth", "birth"}, {"bth", "birth"}, {"cel", "cell"}, {"chg", "charge"}, {"clm", "claim"}, {"cntct", "contact"}, {"crd", "card"}, {"dat", "date"}, {"diag", "diagnosis"},
	{"disch", "discharge"}, {"drv", "driver"}, {"dt", "date"}, {"dte", "date"}, {"emer", "emergency"}, {"fec", "fecha"}, {"frst", "first"}, {"fst", "first"}, {"geb", "geburts"}, {"gndr", "gender"}, {"grp", "group"}, {"guar", "guarantor"}, {"hm", "home"},
	{"ins", "insurance"}, {"insur", "insurance"}, {"lic", "license"}, {"lst", "last"}, {"mbr", "member"}, {"mdl", "middle"}, {"med", "medical"}, {"mem", "member"}, {"mob", "mobile"}, {"nac", "nacimiento"}, {"naiss", "naissance"}, {"nm", "name"},
	{"nme", "name"}, {"ph", "phone"}, {"phn", "phone"}, {"pol", "policy"}, {"pri", "primary"}, {"prim", "primary"}, {"proc", "procedure"}, {"pt", "patient"}, {"ptnt", "patient"}, {"rec", "record"}, {"srv", "service"}, {"sub", "subscriber"}, {"subs", "subscriber"},
	{"svc", "service"}, {"tel", "telephone"}, {"wk", "work"}, {"zp", "zip"},
};
static const char *const counted[] = {"n", "no", "nr", "nbr", "num", "numero", "number"}; /* a number of something, in front of it */

static bool header_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

/* The next word of a header: what stands between signs, or begins with a capital behind a small letter. What UTF-8 begins with 0xc2 (the ordinal sign of "Nº", the degree that is written for it) are signs. */
static struct slice header_word(struct slice s, size_t *at)
{
	size_t i = *at, from;
	while (i < s.n && (!header_letter(s.p[i]) || s.p[i] == 0xc2))
		i += s.p[i] == 0xc2 && i + 1 < s.n ? 2 : 1;
	from = i;
	while (i < s.n && header_letter(s.p[i]) && s.p[i] != 0xc2 && !(i > from && s.p[i] >= 'A' && s.p[i] <= 'Z' && s.p[i - 1] >= 'a' && s.p[i - 1] <= 'z'))
		i++;
	*at = i > from ? i : s.n;
	return slice_of(s.p + from, i - from);
}

/* The header with its shortened words written out; false: nothing was short. */
static bool written_out(struct slice header, struct buf *out)
{
	bool any = false, first = true, counting = false; /* counting: the word before was "No.", and "de" may follow */
	for (size_t at = 0; at < header.n; first = false) {
		struct slice w = header_word(header, &at);
		const char *whole = NULL;
		bool number = false, alone = first && at >= header.n; /* "pH", "med": a word alone is no shortened one */
		for (size_t i = 0; !alone && i < ARRAY_LEN(shortened) && !whole; i++)
			whole = slice_eq_nocase(w, shortened[i].word) ? shortened[i].whole : NULL;
		for (size_t i = 0; first && i < ARRAY_LEN(counted); i++)
			number |= slice_eq_nocase(w, counted[i]);
		if (slice_eq_nocase(w, "f") && at < header.n) /* "F. Nacimiento" */
			whole = "fecha";
		any |= whole || number;
		if (counting && (slice_eq_nocase(w, "de") || slice_eq_nocase(w, "of") || slice_eq_nocase(w, "del") || slice_eq_nocase(w, "d")))
			number = true;
		counting = number;
		if (whole)
			buf_add(out, whole, strlen(whole));
		else if (!number)
			buf_add_slice(out, w);
	}
	return any && buf_ok(out);
}

static int role_written_out(struct slice header, int *who)
{
	AUTO_BUF struct buf b = {0};
	char key[64] = "";
	buf_init(&b, 1024);
	return written_out(header, &b) ? role_of((struct key){key, fold(buf_slice(&b), key)}, who, 3) : PERSON_ROLE_OTHER;
}

int person_whom_of_column(struct slice header)
{
	char key[64] = "";
	size_t n = header.n <= 128 ? fold(header, key) : 0;
	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		if (before[i].who >= 0 && n == strlen(before[i].word) && !memcmp(key, before[i].word, n))
			return before[i].who;
	return -1;
}

static int looked_up(struct slice header, int *who)
{
	char key[64] = "";
	*who = PERSON_SUBJECT;
	int r = role_of((struct key){key, fold(header, key)}, who, 3);
	if (r == PERSON_ROLE_OTHER)
		r = role_written_out(header, who);
	if (r == PERSON_ROLE_OTHER)
		*who = PERSON_SUBJECT;
	return r;
}

/* What was answered before: a file of JSON or XML asks for its few names a million times, and those that nobody knows take longest. Of the thread, for an answer hangs on the header alone. */
#define ASKED 1024
#define ASKED_BYTES 44
struct asked {
	char header[ASKED_BYTES];
	uint8_t n, role, who; /* n: bytes and one; 0: nothing yet */
};
static _Thread_local struct asked asked[ASKED];

int person_role_of_column(struct slice header, int *ret_who)
{
	uint32_t h = 2166136261u;
	int who = PERSON_SUBJECT, r = PERSON_ROLE_OTHER;
	if (!header.n || header.n > ASKED_BYTES) {
		if (header.n && header.n <= 128)
			r = looked_up(header, &who);
	} else {
		for (size_t i = 0; i < header.n; i++)
			h = (h ^ header.p[i]) * 16777619u;
		struct asked *x = &asked[(h ^ h >> 16) % ASKED];
		if (x->n != header.n + 1 || memcmp(x->header, header.p, header.n) != 0) {
			r = looked_up(header, &who);
			memcpy(x->header, header.p, header.n);
			x->n = (uint8_t)(header.n + 1);
			x->role = (uint8_t)r;
			x->who = (uint8_t)who;
		}
		r = x->role;
		who = x->who;
	}
	if (ret_who)
		*ret_who = who;
	return r;
}
