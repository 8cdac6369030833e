import json, os, urllib.request, urllib.error
BASE = os.environ['BASE']


def call(method, path, body=None, token=None, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    h = {'Authorization': 'Bearer ' + (token or os.environ['TOKEN']), 'Content-Type': 'application/fhir+json'}
    h.update({k.replace('_', '-'): v for k, v in headers.items()})
    r = urllib.request.Request(path if path.startswith('http') else BASE + path, data=data, method=method, headers=h)
    try:
        a = urllib.request.urlopen(r, timeout=60)
    except urllib.error.HTTPError as e:
        a = e
    text = a.read()
    return a.status if hasattr(a, 'status') else a.code, json.loads(text) if text else None, a.headers


def want(got, status, what):
    assert got[0] == status, (what, got[0], json.dumps(got[1])[:600])
    return got[1]


def text(r):
    return r.get('code', {}).get('text') or r['code']['coding'][0].get('display')


def condition(pid, id=None, name='Asthma', **more):
    c = {'resourceType': 'Condition', 'subject': {'reference': 'Patient/' + pid}, 'code': {'coding': [{'system': 'http://snomed.info/sct', 'code': '1', 'display': name}], 'text': name},
         'clinicalStatus': {'coding': [{'system': 'http://terminology.hl7.org/CodeSystem/condition-clinical', 'code': 'active'}]}}
    if id:
        c['id'] = id
    c.update(more)
    return c


def current(type, pid):
    return [e['resource'] for e in want(call('GET', '/%s?patient=%s&_count=200' % (type, pid)), 200, 'search').get('entry', [])]


pid = want(call('GET', '/Patient?identifier=4711'), 200, 'patient')['entry'][0]['resource']['id']
other = want(call('GET', '/Patient?identifier=4712'), 200, 'patient')['entry'][0]['resource']['id']

# --- update as create: found again by the id that the client chose; a second version takes the place of the first, whole
first = call('PUT', '/Condition/abc', condition(pid, 'abc', note=[{'text': 'a note'}]))
r = want(first, 201, 'update as create')
assert r['id'] == 'abc' and '/Condition/abc' in first[2]['Location'], (r, first[2])
v1 = first[2]['ETag']
assert want(call('GET', '/Condition/abc'), 200, 'read by the client\'s id')['note'][0]['text'] == 'a note'
assert want(call('PUT', '/Condition/abc', condition(pid, 'abc', note=[{'text': 'a note'}])), 200, 'the same again')['id'] == 'abc'
second = call('PUT', '/Condition/abc', condition(pid, 'abc', 'Severe asthma'))
r = want(second, 200, 'update')
assert text(r) == 'Severe asthma' and 'note' not in r, r
assert len(current('Condition', pid)) == 1
# back to the first words: the same bytes as before are a version of their own now
r = want(call('PUT', '/Condition/abc', condition(pid, 'abc', note=[{'text': 'a note'}])), 200, 'back to the first version')
assert text(r) == 'Asthma' and r['note'][0]['text'] == 'a note', r
assert len(current('Condition', pid)) == 1
# versions
h = want(call('GET', '/Condition/abc/_history'), 200, 'history')
assert [text(e['resource']) for e in h['entry']] == ['Asthma', 'Severe asthma', 'Asthma'], h
assert text(want(call('GET', '/Condition/abc/_history/' + v1[3:-1]), 200, 'vread')) == 'Asthma'
assert text(want(call('GET', '/Condition/abc/_history/' + second[2]['ETag'][3:-1]), 200, 'vread')) == 'Severe asthma'
want(call('GET', '/Condition/abc/_history/1'), 404, 'no such version')
want(call('GET', '/Condition/abc/_history/99999999'), 404, 'no such version')
want(call('GET', '/Condition/abc/_history/x'), 404, 'no such version')
# each sender's ids are its own
r = want(call('PUT', '/Condition/own', condition(pid, 'own', 'Of the engine')), 201, 'one sender')
r = want(call('PUT', '/Condition/own', condition(other, 'own', 'Of the other'), token=os.environ['TOKEN2']), 201, 'another sender')
assert text(want(call('GET', '/Condition/own'), 200, 'mine')) == 'Of the engine'
assert text(want(call('GET', '/Condition/own', token=os.environ['TOKEN2']), 200, 'theirs')) == 'Of the other'
want(call('GET', '/Condition/own', token=os.environ['READER']), 409, 'whose?')
want(call('DELETE', '/Condition/own'), 204, 'mine deleted')
assert text(want(call('GET', '/Condition/own', token=os.environ['TOKEN2']), 200, 'theirs')) == 'Of the other'

# --- wrong updates say so, and change nothing
want(call('PUT', '/Condition/abc', condition(pid)), 400, 'no id')
want(call('PUT', '/Condition/abc', condition(pid, 'abd')), 400, 'another id')
want(call('PUT', '/Condition/a_b', condition(pid, 'a_b')), 400, 'no id at all')
want(call('PUT', '/Observation/abc', condition(pid, 'abc')), 400, 'another type')
want(call('PUT', '/Condition/abc', b'{'), 400, 'no JSON')
want(call('PUT', '/Condition/abc', condition(other, 'abc')), 409, 'another patient\'s')
want(call('PUT', '/Condition/abc', condition(pid, 'abc', 'Never'), If_Match='W/"1"'), 412, 'an old version')
want(call('PUT', '/Condition/new', condition(pid, 'new', 'Never'), If_Match='W/"1"'), 412, 'a version of nothing')
want(call('PUT', '/Condition', condition(pid, 'abc')), 405, 'a conditional update')
want(call('PUT', '/Condition/abc', condition(pid, 'abc'), token=os.environ['READER']), 403, 'a reader')
want(call('DELETE', '/Condition/abc', token=os.environ['READER']), 403, 'a reader')
assert call('PUT', '/Condition/dev', condition(pid, 'dev', 'From a device'), token=os.environ['DEVICE'])[1] is None, 'a device is told nothing'
assert sorted(text(c) for c in current('Condition', pid)) == ['Asthma', 'From a device']
etag = call('GET', '/Condition/abc')[2]['ETag']
want(call('PUT', '/Condition/abc', condition(pid, 'abc', 'Mild asthma'), If_Match=etag), 200, 'this version')

# --- read here, changed, sent back under our own id, with all that we wrote into it
made = want(call('POST', '/Condition', condition(pid, name='Gout')), 201, 'create')
ours = want(call('GET', '/Condition/' + made['id']), 200, 'read')
ours['code'] = {'text': 'Gout of the left foot'}
r = want(call('PUT', '/Condition/' + ours['id'], ours), 200, 'read, change, write')
assert r['id'] == ours['id'] and text(r) == 'Gout of the left foot', r
assert sorted(text(c) for c in current('Condition', pid)) == ['From a device', 'Gout of the left foot', 'Mild asthma']
potassium = [o for o in current('Observation', pid) if o['code']['coding'][0]['code'] == '2823-3'][0]
potassium['valueQuantity']['value'] = 4.10
potassium['status'] = 'corrected'
r = want(call('PUT', '/Observation/' + potassium['id'], potassium), 200, 'a result of the HL7 feed corrected')
values = {o['code']['coding'][0]['code']: o.get('valueQuantity', {}).get('value') for o in current('Observation', pid)}
assert values == {'2823-3': 4.1, '2951-2': 140}, values
assert len(want(call('GET', '/Observation/%s/_history' % potassium['id']), 200, 'history of a result')['entry']) == 2

# --- patients
p = want(call('GET', '/Patient/' + pid), 200, 'patient')
p['telecom'] = [{'system': 'phone', 'value': '555-0100'}]
r = want(call('PUT', '/Patient/' + pid, p), 200, 'a patient updated')
assert r['id'] == pid and '555-0100' in json.dumps(r.get('telecom')), r
stolen = dict(p, identifier=[{'system': 'urn:holdfast:assigner:GAB', 'value': '4712'}])
want(call('PUT', '/Patient/' + pid, stolen), 409, 'another person\'s number')
fresh = {'resourceType': 'Patient', 'id': 'theirs-1', 'identifier': [{'system': 'urn:x', 'value': 'X-1'}], 'name': [{'family': 'Fresh'}]}
made = want(call('PUT', '/Patient/theirs-1', fresh), 201, 'a patient under the client\'s id')
assert want(call('GET', '/Patient/theirs-1'), 200, 'read')['id'] == made['id']
want(call('PUT', '/AllergyIntolerance/al', {'resourceType': 'AllergyIntolerance', 'id': 'al', 'patient': {'reference': 'Patient/theirs-1'}, 'code': {'text': 'Nuts'}}), 201, 'about a patient under the client\'s id')
assert len(current('AllergyIntolerance', made['id'])) == 1
want(call('DELETE', '/Patient/' + pid), 405, 'a person is not deleted')
want(call('GET', '/Patient/%s/_history/%s' % (pid, call('GET', '/Patient/' + pid)[2]['ETag'][3:-1])), 200, 'vread of a patient')

# --- deletions
want(call('DELETE', '/Condition/nothing'), 404, 'nothing to delete')
want(call('DELETE', '/Condition/abc', If_Match='W/"1"'), 412, 'an old version')
want(call('DELETE', '/Condition/abc'), 204, 'delete by the client\'s id')
want(call('GET', '/Condition/abc'), 410, 'gone')
want(call('DELETE', '/Condition/abc'), 204, 'delete again')
want(call('DELETE', '/Condition/' + ours['id']), 204, 'delete by our id')
want(call('DELETE', '/Observation/' + potassium['id']), 204, 'delete a result of the feed')
assert [text(c) for c in current('Condition', pid)] == ['From a device'], current('Condition', pid)
assert [o['code']['coding'][0]['code'] for o in current('Observation', pid)] == ['2951-2']
h = want(call('GET', '/Condition/abc/_history'), 200, 'history of what is gone')['entry']
assert h[0]['request']['method'] == 'DELETE' and 'resource' not in h[0] and len(h) == 5, h
r = want(call('PUT', '/Condition/abc', condition(pid, 'abc', 'Mild asthma')), 200, 'brought back with the bytes of an older version')
assert text(want(call('GET', '/Condition/abc'), 200, 'back')) == 'Mild asthma'

# --- transactions: what is deleted is found although its patient is not in the body
def bundle(*entries, type='transaction'):
    return {'resourceType': 'Bundle', 'type': type, 'entry': list(entries)}


def request(method, url, resource=None, **more):
    e = {'request': dict({'method': method, 'url': url}, **more)}
    if resource:
        e['resource'] = resource
    return e


before = text(want(call('GET', '/Condition/abc'), 200, 'there'))
r = want(call('POST', '', bundle(request('DELETE', 'Condition/abc'), request('DELETE', 'Condition/nothing'), request('PUT', 'Condition/t1', condition(pid, 't1', 'Told in a transaction')))), 200, 'transaction')
assert [e['response']['status'][:3] for e in r['entry']] == ['204', '404', '201'], r
want(call('GET', '/Condition/abc'), 410, 'gone by a transaction')
r = want(call('POST', '', bundle(request('PUT', 'Condition/t1', condition(pid, 't1', 'Told again')))), 200, 'transaction')
assert [e['response']['status'][:3] for e in r['entry']] == ['200'], r
assert text(want(call('GET', '/Condition/t1'), 200, 'read')) == 'Told again'
want(call('POST', '', bundle(request('PUT', 'Condition/t1', condition(other, 't1', 'Never')))), 409, 'a transaction about another patient')
assert sorted(text(c) for c in current('Condition', pid)) == ['From a device', 'Told again']

# --- conditional creation: of persons; of other things it is not promised, and said so
q = {'resourceType': 'Patient', 'identifier': [{'system': 'urn:y', 'value': 'once-1'}], 'name': [{'family': 'Once'}]}
got = call('POST', '/Patient', q, If_None_Exist='identifier=urn:y|once-1')
want(got, 201, 'none exists')
again = call('POST', '/Patient', dict(q, gender='female'), If_None_Exist='identifier=urn:y|once-1')
want(again, 200, 'one exists')
assert again[2]['Location'] == got[2]['Location'] and again[1].get('gender') is None, (again[2]['Location'], again[1])
want(call('POST', '/Patient', q, If_None_Exist='nonsense=1'), 412, 'no search of ours')
want(call('POST', '/Patient', q, If_None_Exist='birthdate=gt1900-01-01'), 412, 'several exist')
n = len(current('Condition', pid))
want(call('POST', '/Condition', condition(pid, name='Twice'), If_None_Exist='identifier=urn:y|once-2'), 501, 'not of conditions')
assert len(current('Condition', pid)) == n
r = want(call('POST', '', bundle(request('POST', 'Condition', condition(pid, name='Warned'), ifNoneExist='identifier=urn:y|once-3'))), 200, 'in a bundle')
assert r['entry'][0]['response']['outcome']['issue'][0]['severity'] == 'warning', r

# --- what the answer holds
assert call('PUT', '/Condition/min', condition(pid, 'min', 'Minimal'), Prefer='return=minimal')[1] is None
assert call('PUT', '/Condition/min', condition(pid, 'min', 'Minimal 2'), Prefer='return=OperationOutcome')[1]['resourceType'] == 'OperationOutcome'
assert call('POST', '/Condition', condition(pid, name='Minimal 3'), Prefer='return=minimal')[1] is None

# --- the statement says what works: no more, no less
caps = {r['type']: r for r in want(call('GET', '/metadata'), 200, 'metadata')['rest'][0]['resource']}
for type, c in caps.items():
    codes = {i['code'] for i in c['interaction']}
    s, _, head = call('OPTIONS', '/%s/x' % type)
    allow = set(head['Allow'].replace(' ', '').split(','))
    assert ('PUT' in allow) == ('update' in codes) and ('DELETE' in allow) == ('delete' in codes), (type, codes, allow)
    s = call('GET', '/%s/x/_history' % type)[0]
    assert (s == 404) or type == 'Patient' and s == 501, (type, s)
