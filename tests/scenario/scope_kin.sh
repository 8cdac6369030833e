#!/usr/bin/env bash
# Whom records name beside their person: somebody whose own number was touched is a person of the case; who is a minor's parent or guardian, or next of kin of somebody who has died, is written to in his place, and nobody else is: no friend, no neighbour, no emergency
# contact of whom nothing more is said, no grown person's guarantor.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
hf init site --name "St. Gabriel" >/dev/null 2>&1
export HOLDFAST_SITE=$work/site
mkdir -p share/fhir
printf 'MSH|^~\\&|A|B|C|D|20220101||ADT^A04|1|P|2.5\rPID|1||A100^^^H^MR||Park^Mina||20150304|F|||1 Elm^^Austin^TX^78701||512-555-0101\rNK1|1|Lee^Tom|FND^Friend\rNK1|2|Park^Sora|MTH^Mother^HL70063|1 Elm^^Austin^TX^78701|512-555-0102\rGT1|1||Park^Joon||1 Elm^^Austin^TX^78701|||19800101|M||FTH|536-90-4399\r' >share/a.hl7
cat >share/d.x12 <<'X'
ISA*00*          *00*          *ZZ*A              *ZZ*B              *220101*0000*^*00501*000000001*0*P*:~GS*HC*A*B*20220101*0000*1*X*005010X222A1~ST*837*0001*005010X222A1~BHT*0019*00*1*20220101*0000*CH~HL*1**20*1~NM1*85*2*CLINIC*****XX*1234567893~HL*2*1*22*1~SBR*P********CI~NM1*IL*1*HART*JUNE****MI*ABC123~N3*7 ASH~N4*AUSTIN*TX*78701~DMG*D8*19800101*F~HL*3*2*23*0~PAT*19~NM1*QC*1*HART*OLA~N3*7 ASH~N4*AUSTIN*TX*78701~DMG*D8*20150304*F~CLM*C1*100***11:B:1*Y*A*Y*Y~HI*ABK:J45909~SE*1*0001~GE*1*1~IEA*1*000000001~
X
cat >share/c.csv <<'C'
MRN,Last,First,DOB,Date of Death,Parent/Guardian,Emergency Contact,Emergency Contact Relationship,Guarantor Name,Guarantor SSN,Next of Kin
A200,Vance,Eli,2015-03-04,,Rita Vance,Tom Lee,Friend,Joon Vance,458-11-2034,
A201,Diaz,Luz,2016-05-06,,,Rosa Vega,Aunt,Ana Diaz,219-40-7712,
A202,Old,Earl,1936-05-06,2021-01-02,,Rosa Vega,Friend,Earl Old,,May Old
A203,Young,Kit,2016-05-06,,,Ann Young,Mother,,,
A204,Grown,Max,1966-05-06,,,Zoe Grown,,Bea Grown,,
A205,Known,Kim,2016-07-06,,,,,,,
C
cat >share/fhir/Patient.ndjson <<'F'
{"resourceType":"Patient","id":"77","name":[{"family":"Okafor","given":["Ada"]}],"birthDate":"2014-01-02","identifier":[{"system":"urn:mrn","value":"B77"}],"contact":[{"name":{"family":"Bell","given":["Jo"]}},{"name":{"family":"Ames","given":["Liz"]},"relationship":[{"text":"neighbor"}]}]}
{"resourceType":"Patient","id":"78","name":[{"family":"Quist","given":["Nils"]}],"birthDate":"1944-01-02","deceasedBoolean":true,"identifier":[{"system":"urn:mrn","value":"B78"}],"contact":[{"relationship":[{"coding":[{"code":"SPS"}]}],"name":{"family":"Quist","given":["Marta"]},"address":{"line":["9 Fir"],"city":"Waco","state":"TX","postalCode":"76701"}}]}
F
echo '{"resourceType":"RelatedPerson","id":"r1","patient":{"reference":"Patient/77"},"relationship":[{"coding":[{"code":"NMTH"}]}],"name":[{"family":"Okafor","given":["Ify"]}],"birthDate":"1980-02-03","address":[{"line":["5 Oak"],"city":"Waco","state":"TX","postalCode":"76702"}]}' >share/fhir/RelatedPerson.ndjson
cat >share/e.xml <<'X'
<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/><id root="1.2" extension="D1"/><recordTarget><patientRole><id root="1.2.3" extension="C300"/><patient><name><given>Ben</given><family>Moss</family></name><birthTime value="20170809"/><guardian><code code="GRMTH"/><addr><streetAddressLine>3 Bay</streetAddressLine><city>Waco</city><state>TX</state><postalCode>76701</postalCode></addr><guardianPerson><name><given>Tess</given><family>Hill</family></name></guardianPerson></guardian></patient></patientRole></recordTarget><participant typeCode="IND"><associatedEntity classCode="ECON"><associatedPerson><name><given>Ray</given><family>Cole</family></name></associatedPerson></associatedEntity></participant></ClinicalDocument>
X
cat >persons.csv <<'C'
person_id,mrn,last,first,dob,street,city,state,zip,guardian name,guarantor last name,guarantor first name
K1,A205,Known,Kim,2016-07-06,2 Low Road,Waco,TX,76701,"Known, Lou",Other,Pat
K2,A204,Grown,Max,1966-05-06,2 Low Road,Waco,TX,76701,,Grown,Bea
C
for f in a.hl7 c.csv d.x12 e.xml fhir/Patient.ndjson fhir/RelatedPerson.ndjson; do
	printf '2026-11-21T23:03:00.000Z fs1 smbd_audit: x|10.7.0.66|d|records|pread_send|ok|/srv/records/%s\n' $f
done >audit.log
hf scope case new c --window 2026-11-21/2026-11-22 --discovered 2026-11-22 >/dev/null
hf scope case evidence c audit.log >/dev/null
hf scope case content c share >/dev/null
hf scope case persons c persons.csv >/dev/null
hf scope case run c --json >run.json || true
python3 - <<'P'
import csv, json
got, who = {}, {}
for line in open('site/scope/c/persons.ndjson'):
    p = json.loads(line)
    name = '%s %s' % (p.get('first', ''), p['last'])
    assert p.get('stranger') in (None, 'subject') or p['acquired'] != ['name'], p # of whom a name alone is said is no person of the case
    if p.get('stranger') not in (None, 'subject', 'guarantor'): continue
    got[name.strip()] = tuple(p.get(k) for k in ('guardian', 'kin', 'representative', 'address_source', 'addr1'))
    who[name.strip()] = (p.get('stranger'), p['acquired'])
want = {'Mina Park': ('Sora Park', None, None, None, '1 Elm'), 'OLA HART': ('JUNE HART', None, None, None, '7 ASH'), 'Eli Vance': ('Rita Vance', None, None, None, None), 'Luz Diaz': ('Ana Diaz', None, None, None, None), 'Earl Old': (None, 'May Old', None, None, None),
        'Kit Young': ('Ann Young', None, None, None, None), 'Max Grown': (None, None, None, None, '2 Low Road'), 'Kim Known': ('Lou Known', None, None, None, '2 Low Road'), 'Ada Okafor': ('Ify Okafor', None, None, 'guardian', '5 Oak'), 'Nils Quist': (None, 'Marta Quist', None, 'kin', '9 Fir'),
        'Ben Moss': ('Tess Hill', None, None, 'guardian', '3 Bay')}
for name, w in want.items():
    assert got.get(name) == w, (name, got.get(name), w)
for name in ('Joon Park', 'Joon Vance', 'Ana Diaz'): # whose own number was there
    assert who[name][0] == 'guarantor' and 'ssn' in who[name][1], (name, who.get(name))
assert sum(1 for g in got.values() if g[0] or g[1]) == 10, got
run = json.load(open('run.json'))
assert (run['minors'], run['minors_with_guardian'], run['deceased'], run['deceased_with_kin']) == (8, 8, 2, 2), run
beside = list(csv.DictReader(open('site/scope/c/beside.csv')))
named = {(b['who'], b['name'] or '%s %s' % (b['first'], b['last']), b['file'].rsplit('/', 1)[-1]) for b in beside}
for b in (('kin', 'Tom Lee', 'a.hl7'), ('kin', 'Tom Lee', 'c.csv'), ('kin', 'Rosa Vega', 'c.csv'), ('kin', 'Jo Bell', 'Patient.ndjson'), ('guarantor', 'Bea Grown', 'c.csv')):
    assert b in named, (b, named)
assert not [b for b in named if b[1] in ('Joon Park', 'Sora Park', 'Joon Vance', 'Ana Diaz')], named
assert run['totals']['named_beside'] == len(beside), run['totals']
P
