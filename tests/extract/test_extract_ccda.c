/* Clinical documents: participants, entries by their sections, narrative, documents inside. */
#include "pieces.h"

static const char document[] = "<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:sdtc=\"urn:hl7-org:sdtc\"><realmCode code=\"US\"/><id root=\"2.16.1\" extension=\"DOC7\"/><code code=\"34133-9\" displayName=\"Summary\"/><title>Summary of Ann</title><effectiveTime value=\"20200301\"/>"
	"<recordTarget><patientRole><id root=\"1.2.3\" extension=\"M1\"/><id root=\"2.16.840.1.113883.4.1\" extension=\"123-45-6789\"/><addr use=\"HP\"><streetAddressLine>1 Main St</streetAddressLine><streetAddressLine>Apt 2</streetAddressLine><city>Salem</city><state>MA</state><postalCode>01970</postalCode></addr>"
	"<telecom value=\"tel:+1(978)555-0100\"/><telecom value=\"mailto:a@b.org\"/><patient><name><prefix>Ms</prefix><given>Ann</given><given>Marie</given><family>O&apos;Hara</family></name><administrativeGenderCode code=\"F\" displayName=\"Female\"/><birthTime value=\"19640307\"/><sdtc:deceasedTime value=\"20210101\"/>"
	"<raceCode code=\"2106-3\" displayName=\"White\"/><guardian><telecom value=\"tel:978-555-0101\"/><guardianPerson><name><given>Tom</given><family>Hara</family></name></guardianPerson></guardian></patient><providerOrganization><name>Salem Clinic</name></providerOrganization></patientRole></recordTarget>"
	"<author><time value=\"20200302\"/><assignedAuthor><id root=\"2.16.840.1.113883.4.6\" extension=\"1234567893\"/><assignedPerson><name><given>Dan</given><family>Doc</family></name></assignedPerson></assignedAuthor></author>"
	"<participant typeCode=\"IND\"><associatedEntity classCode=\"NOK\"><associatedPerson><name>Su Lee</name></associatedPerson></associatedEntity></participant>"
	"<documentationOf><serviceEvent><effectiveTime><low value=\"20200105\"/><high value=\"20200106\"/></effectiveTime></serviceEvent></documentationOf><componentOf><encompassingEncounter><id root=\"1.2\" extension=\"V77\"/></encompassingEncounter></componentOf>"
	"<component><structuredBody><component><section><code code=\"11450-4\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>Problems</title><text><table><tr><th>What</th><td>Asthma &amp; more</td></tr></table>Called <content>Tom</content></text><entry><act><entryRelationship><observation><effectiveTime><low value=\"20200101\"/></effectiveTime>"
	"<value code=\"195967001\" codeSystem=\"2.16.840.1.113883.6.96\" displayName=\"Asthma\"><translation code=\"J45.909\" codeSystem=\"2.16.840.1.113883.6.90\"/></value></observation></entryRelationship></act></entry></section></component>"
	"<component><section><code code=\"30954-2\"/><entry><observation><code code=\"2345-7\" displayName=\"Glucose\" codeSystem=\"2.16.840.1.113883.6.1\"/><value value=\"273\" unit=\"mg/dL\"/><performer><assignedEntity><assignedPerson><name><family>Labb</family></name></assignedPerson></assignedEntity></performer></observation></entry></section></component>"
	"<component><section><code code=\"10160-0\"/><entry><substanceAdministration><consumable><manufacturedProduct><manufacturedMaterial><code code=\"860975\" displayName=\"metformin 500 mg\"/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry></section></component>"
	"<component><section><code code=\"48768-6\"/><entry><act><entryRelationship><act><id root=\"1.2\" extension=\"G88\"/><participant typeCode=\"COV\"><participantRole><id root=\"1.9\" extension=\"MEM77\"/></participantRole></participant></act></entryRelationship></act></entry></section></component>"
	"<component><section><entry><observationMedia><value mediaType=\"image/jpeg\" representation=\"B64\">SGVsbG8=</value></observationMedia></entry></section></component></structuredBody></component></ClinicalDocument>";

static void whole(void **state)
{
	struct pieces x = {0};
	pieces_read(&x, extract_ccda, slice_str(document));
	assert_int_equal(x.records, 1);
	assert_int_equal(x.troubles, 0);
	pieces_has(&x, "record DOC7\ntext [Summary of Ann]\nfield mrn recordTarget.patientRole.id [M1]\nfield ssn recordTarget.patientRole.id [123-45-6789]\nfield street patientRole.addr.streetAddressLine [1 Main St]\nfield apt patientRole.addr.streetAddressLine [Apt 2]\n"
		"field city patientRole.addr.city [Salem]\nfield zip patientRole.addr.postalCode [01970]\nfield phone recordTarget.patientRole.telecom [+1(978)555-0100]\nfield email recordTarget.patientRole.telecom [a@b.org]\nfield prefix patient.name.prefix [Ms]\n"
		"field first patient.name.given [Ann]\nfield middle patient.name.given [Marie]\nfield last patient.name.family [O'Hara]\nfield sex patientRole.patient.administrativeGenderCode [Female]\nfield dob patientRole.patient.birthTime [19640307]\n"
		"field death patientRole.patient.deceasedTime [20210101]\nfield race patientRole.patient.raceCode [White]\nfield phone@kin patient.guardian.telecom [978-555-0101]\nfield last@kin guardianPerson.name.family [Hara]\n"
		"field assigner@provider patientRole.providerOrganization.name [Salem Clinic]\nfield npi@provider author.assignedAuthor.id [1234567893]\nfield last@provider assignedPerson.name.family [Doc]\nfield name@kin associatedEntity.associatedPerson.name [Su Lee]\n"
		"field service_date serviceEvent.effectiveTime.low [20200105]\nfield visit componentOf.encompassingEncounter.id [V77]\ntext [Problems]\nfield service_date observation.effectiveTime.low [20200101]\nfield diagnosis entryRelationship.observation.value [Asthma]\n"
		"field diagnosis observation.value.translation [J45.909]\nfield lab entry.observation.code [2345-7]\nfield lab entry.observation.value [273]\nfield last@provider assignedPerson.name.family [Labb]\nfield medication manufacturedProduct.manufacturedMaterial.code [metformin 500 mg]\n"
		"field group entryRelationship.act.id [G88]\nfield member participant.participantRole.id [MEM77]\n");
	const char *all = buf_cstr(&x.b), *narrative = strstr(all, "Asthma & more");
	assert_non_null(narrative);
	assert_non_null(strstr(narrative, "Called Tom"));
	assert_non_null(strstr(all, "member document.jpeg"));
	assert_null(strstr(all, "34133-9"));
	pieces_done(&x);
}

static void broken(void **state)
{
	struct pieces x = {0};
	for (size_t n = 0; n < sizeof document - 1; n += 7) { /* cut off anywhere */
		pieces_read(&x, extract_ccda, slice_of(document, n));
		pieces_done(&x);
	}
	pieces_read(&x, extract_ccda, slice_str("<!DOCTYPE a [<!ENTITY b \"c\"><!ENTITY d \"&b;&b;&b;\">]><ClinicalDocument><title>&d;</title><!-- MRN 4711 --></ClinicalDocument>"));
	pieces_has(&x, "text [MRN 4711]\n");
	assert_null(strstr(buf_cstr(&x.b), "ccc")); /* nothing is expanded */
	pieces_done(&x);
	pieces_read(&x, extract_ccda, slice_str("<ClinicalDocument><section><text><a:>1</a:></text></section></ClinicalDocument>")); /* a name of nothing but a prefix */
	pieces_done(&x);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 20);
	buf_str(&b, "<ClinicalDocument>");
	for (int i = 0; i < 400; i++)
		buf_str(&b, "<name><family>");
	pieces_read(&x, extract_ccda, buf_slice(&b));
	pieces_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(broken)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
