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
assert [e['response']['status'][:3] for e in r['entry']] == ['204', '204', '201'] and r['entry'][1]['response']['outcome']['issue'][0]['severity'] == 'information', r
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
Y = [{'system': 'urn:y', 'value': 'c-1'}]
n = len(current('Condition', pid))
want(call('POST', '/Condition', condition(pid, name='Twice', identifier=Y), If_None_Exist='identifier=urn:y|c-1'), 201, 'none exists')
again = call('POST', '/Condition', condition(pid, name='Twice, said otherwise', identifier=Y), If_None_Exist='identifier=urn:y|c-1')
assert text(want(again, 200, 'one exists')) == 'Twice' and len(current('Condition', pid)) == n + 1
want(call('POST', '/Condition', condition(other, name='Of another', identifier=Y), If_None_Exist='identifier=urn:y|c-1'), 201, 'that number is another one with another patient')
want(call('POST', '/Condition', condition(pid), If_None_Exist='nonsense=1'), 412, 'no search of ours')
want(call('POST', '/Condition', condition(pid), If_None_Exist=''), 201, 'no condition')
want(call('POST', '/Condition', condition(pid), If_None_Exist='clinical-status=active'), 412, 'several')
want(call('POST', '/Practitioner', {'resourceType': 'Practitioner'}, If_None_Exist='identifier=1'), 501, 'not searched for here')
assert len(current('Condition', pid)) == n + 2
# the same question of eight at once: one is made
import threading
said = []
ask = lambda k: said.append(call('POST', '/Condition', condition(pid, name='Race %d' % k, identifier=[{'system': 'urn:y', 'value': 'race'}]), If_None_Exist='identifier=urn:y|race')[0])
threads = [threading.Thread(target=ask, args=(k,)) for k in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert sorted(set(said)) in ([200, 201], [200, 201, 503], [201, 503]) and said.count(201) == 1, said
assert len([c for c in current('Condition', pid) if text(c).startswith('Race')]) == 1

# --- conditional update: none is made, one is changed, several are a question
r = want(call('PUT', '/Condition?identifier=urn:y|u-1', condition(pid, name='Conditional', identifier=[{'system': 'urn:y', 'value': 'u-1'}])), 201, 'none there')
uid = r['id']
r = want(call('PUT', '/Condition?identifier=urn:y|u-1', condition(pid, name='Conditional 2', identifier=[{'system': 'urn:y', 'value': 'u-1'}])), 200, 'one there')
assert r['id'] == uid and text(r) == 'Conditional 2' and r['identifier'][-1]['value'] == 'u-1', r
r = want(call('PUT', '/Condition?identifier=urn:y|u-1', condition(pid, uid, 'Conditional 3', identifier=[{'system': 'urn:y', 'value': 'u-1'}])), 200, 'by its id, too')
assert len([c for c in current('Condition', pid) if text(c).startswith('Conditional')]) == 1
want(call('PUT', '/Condition?identifier=urn:y|u-1', condition(pid, 'x-1', 'Never', identifier=[{'system': 'urn:y', 'value': 'u-1'}])), 400, 'another id')
want(call('PUT', '/Condition?identifier=urn:y|u-1', condition(pid, name='Never'), If_Match='W/"0"'), 412, 'another version')
want(call('PUT', '/Condition?identifier=urn:y|u-9', condition(pid, name='Never'), If_Match='W/"0"'), 412, 'a version of nothing')
want(call('PUT', '/Condition?clinical-status=active', condition(pid, name='Never')), 412, 'several')
want(call('PUT', '/Condition?nonsense=active', condition(pid, name='Never')), 412, 'no search')
want(call('PUT', '/Patient?identifier=urn:y|once-1', {'resourceType': 'Patient', 'identifier': [{'system': 'urn:y', 'value': 'once-1'}], 'name': [{'family': 'Once', 'given': ['And']}]}), 200, 'a patient by number')
assert len(want(call('GET', '/Patient?identifier=urn:y|once-1'), 200, 'one')['entry']) == 1

want(call('PUT', '/Condition?identifier=urn:y|u-1&at=%230', condition(pid, name='Never')), 400, 'the charts as they were')
want(call('POST', '/Condition', condition(pid, name='Never'), If_None_Exist='identifier=urn:y|u-1&at=%230'), 400, 'the charts as they were')

# --- patches
def patch(path, *ops, **headers):
    return call('PATCH', path, list(ops), Content_Type=headers.pop('Content_Type', 'application/json-patch+json'), **headers)


def op(name, path, value=None, **more):
    return dict({'op': name, 'path': path}, **({} if value is None else {'value': value}), **more)


want(call('PUT', '/Condition/p1', condition(pid, 'p1', 'To be patched', note=[{'text': 'a note'}])), 201, 'a condition')
tag = call('GET', '/Condition/p1')[2]['ETag']
r = want(patch('/Condition/p1', op('test', '/code/text', 'To be patched'), op('replace', '/code/text', 'Patched'), op('remove', '/note'), op('add', '/severity', {'text': 'mild'})), 200, 'a patch')
assert text(r) == 'Patched' and 'note' not in r and r['id'] == 'p1', r
assert text(want(call('GET', '/Condition/p1'), 200, 'read by the client\'s id')) == 'Patched'
assert len([c for c in current('Condition', pid) if text(c) == 'Patched']) == 1
h = want(call('GET', '/Condition/p1/_history'), 200, 'history')['entry']
assert [text(e['resource']) for e in h] == ['Patched', 'To be patched'], h
tag2 = call('GET', '/Condition/p1')[2]['ETag']
want(patch('/Condition/p1', op('replace', '/code/text', 'Never'), If_Match=tag), 412, 'an old version')
want(patch('/Condition/p1', op('test', '/code/text', 'Another'), op('replace', '/code/text', 'Never')), 409, 'a test that fails')
want(patch('/Condition/p1', op('replace', '/nothing', 'Never')), 422, 'a path to nothing')
want(patch('/Condition/p1', op('sing', '/code/text', 'Never')), 400, 'no operation')
want(patch('/Condition/p1', op('replace', '/id', 'other')), 422, 'another id')
want(patch('/Condition/p1', op('replace', '/resourceType', 'Observation')), 422, 'another type')
want(patch('/Condition/p1', op('replace', '/subject', {'reference': 'Patient/' + other})), 409, 'another patient')
want(patch('/Condition/none', op('replace', '/code/text', 'Never')), 404, 'nothing there')
want(patch('/Condition/p1', op('replace', '/code/text', 'Never'), token=os.environ['READER']), 403, 'a reader')
want(patch('/Condition/p1', op('replace', '/code/text', 'Never'), token=os.environ['DEVICE']), 403, 'who may not read what the patch asks of')
r = want(patch('/Condition/p1', op('replace', '/code/text', 'Never'), Content_Type='application/fhir+json'), 415, 'no JSON Patch')
assert 'FHIRPath' in r['issue'][0]['diagnostics']
r = want(patch('/Condition/p1', op('replace', '/code/text', 'Patched')), 200, 'nothing changes')
assert call('GET', '/Condition/p1')[2]['ETag'] == tag2
want(patch('/Condition/p1', op('replace', '/code/text', 'Patched again'), If_Match=tag2), 200, 'this version')
want(patch('/Condition?identifier=urn:y|u-1', op('add', '/note', [{'text': 'by search'}])), 200, 'a conditional patch')
assert want(call('GET', '/Condition/' + uid), 200, 'read')['note'][0]['text'] == 'by search'
want(patch('/Condition?identifier=urn:y|u-9', op('add', '/note', [{'text': 'x'}])), 404, 'none')
want(patch('/Condition?clinical-status=active', op('add', '/note', [{'text': 'x'}])), 412, 'several')
sodium = [o for o in current('Observation', pid) if o['code']['coding'][0]['code'] == '2951-2'][0]
r = want(patch('/Observation/' + sodium['id'], op('replace', '/valueQuantity/value', 141), op('replace', '/status', 'corrected')), 200, 'a result of the HL7 feed')
assert r['valueQuantity']['value'] == 141 and r['id'] == sodium['id'] and len([o for o in current('Observation', pid) if o['code']['coding'][0]['code'] == '2951-2']) == 1, r
want(patch('/Patient/' + pid, op('add', '/telecom/-', {'system': 'email', 'value': 'j@example.org'})), 200, 'a patient gets an address')
assert {t['value'] for t in call('GET', '/Patient/' + pid)[1]['telecom']} == {'555-0100', 'j@example.org'}
want(patch('/Patient/' + pid, op('remove', '/telecom')), 422, 'what other feeds said is not taken away')

# --- conditional deletions
want(call('DELETE', '/Condition?identifier=urn:y|u-9'), 204, 'nothing to delete')
want(call('DELETE', '/Condition?clinical-status=active'), 412, 'several')
want(call('DELETE', '/Condition?nonsense=1'), 412, 'no search')
want(call('DELETE', '/Condition'), 405, 'all of them')
r = want(call('DELETE', '/Patient?identifier=urn:y|once-1'), 405, 'a person')
assert 'identity' in r['issue'][0]['diagnostics'], r
want(call('DELETE', '/Condition?identifier=urn:y|u-1'), 204, 'one')
want(call('GET', '/Condition/' + uid), 410, 'gone')
want(patch('/Condition/' + uid, op('add', '/note', [{'text': 'x'}])), 410, 'a patch of what is gone')

# --- the same in bundles: all of a transaction or nothing, each entry of a batch by itself
import base64


def binary(*ops):
    return {'resourceType': 'Binary', 'contentType': 'application/json-patch+json', 'data': base64.b64encode(json.dumps(ops).encode()).decode()}


def statuses(r):
    return [e['response']['status'][:3] for e in r['entry']]


def observation(ref, code, value, **more):
    return dict({'resourceType': 'Observation', 'status': 'final', 'code': {'coding': [{'system': 'http://loinc.org', 'code': code}]}, 'subject': {'reference': ref}, 'valueQuantity': {'value': value}}, **more)


uuid = 'urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301'
once = {'resourceType': 'Patient', 'identifier': [{'system': 'urn:y', 'value': 'once-1'}], 'name': [{'family': 'Not', 'given': ['Read']}]}
visit = {'resourceType': 'Encounter', 'status': 'in-progress', 'class': {'code': 'IMP'}, 'identifier': [{'system': 'urn:y', 'value': 'v-1'}], 'subject': {'reference': uuid}}
said = bundle(dict(request('POST', 'Patient', once, ifNoneExist='identifier=urn:y|once-1'), fullUrl=uuid),
              dict(request('POST', 'Encounter', visit, ifNoneExist='Encounter?identifier=urn:y|v-1'), fullUrl='urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3302'),
              request('POST', 'Observation', observation(uuid, '8867-4', 71, encounter={'reference': 'urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3302'}, identifier=[{'system': 'urn:y', 'value': 'o-1'}]), ifNoneExist='identifier=urn:y|o-1'))
r = want(call('POST', '', said), 200, 'a conditional transaction')
assert statuses(r) == ['200', '201', '201'], r
oid = r['entry'][0]['response']['location'].split('/')[1]
assert want(call('GET', '/Patient/' + oid), 200, 'who was there')['name'][0]['family'] == 'Once'
obs = current('Observation', oid)
assert len(obs) == 1 and obs[0]['encounter']['reference'] == r['entry'][1]['response']['location'], (obs, r)
r = want(call('POST', '', said), 200, 'the same again')
assert statuses(r) == ['200', '200', '200'] and len(current('Observation', oid)) == 1 and len(current('Encounter', oid)) == 1, r
# one more hangs on what was there
r = want(call('POST', '', bundle(said['entry'][0], said['entry'][1], request('POST', 'Observation', observation(uuid, '8310-5', 37, encounter={'reference': 'urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3302'})))), 200, 'another')
assert statuses(r) == ['200', '200', '201'] and {o['encounter']['reference'] for o in current('Observation', oid)} == {obs[0]['encounter']['reference']}, current('Observation', oid)

# update, patch and deletion in one body, by condition and by id
want(call('PUT', '/Condition/t2', condition(pid, 't2', 'Second', identifier=[{'system': 'urn:y', 'value': 't-2'}])), 201, 'one')
want(call('PUT', '/Condition/t3', condition(pid, 't3', 'Third', identifier=[{'system': 'urn:y', 'value': 't-3'}])), 201, 'one')
want(call('PUT', '/Condition/t4', condition(pid, 't4', 'Fourth', identifier=[{'system': 'urn:y', 'value': 't-4'}])), 201, 'one')
tag = call('GET', '/Condition/t2')[2]['ETag']
n = len(current('Condition', pid))
many = [request('PATCH', 'Condition/t2', binary(op('replace', '/code/text', 'Second, patched')), ifMatch=tag), request('PUT', 'Condition?identifier=urn:y|t-3', condition(pid, name='Third, changed', identifier=[{'system': 'urn:y', 'value': 't-3'}])),
        request('DELETE', 'Condition?identifier=urn:y|t-4'), request('POST', 'Condition', condition(pid, name='Fourth, again', identifier=[{'system': 'urn:y', 'value': 't-4'}]), ifNoneExist='identifier=urn:y|t-4'), request('GET', 'Condition/t2')]
# nothing of it where one entry cannot be
for wrong, status in ((request('PUT', 'Condition/t1', condition(pid, 't1', 'Never'), ifMatch='W/"1"'), 412), (request('POST', 'Condition'), 400), (request('DELETE', 'Patient/' + pid), 405), (request('DELETE', 'Condition?clinical-status=active'), 412),
                      (request('PATCH', 'Condition/t1', binary(op('remove', '/nothing'))), 422), (request('PATCH', 'Condition/t1', {'resourceType': 'Parameters'}), 415), (request('PUT', 'Condition/t2', condition(pid, 't2', 'Twice')), 400),
                      (request('PUT', 'Condition/t1', condition(other, 't1', 'Never')), 409), (request('PUT', 'Condition', condition(pid, 't1', 'Never')), 400), (request('POST', 'Condition', condition(pid), ifNoneExist='nonsense=1'), 412)):
    r = want(call('POST', '', bundle(*many, wrong)), status, 'a transaction with one that cannot be')
    assert 'ntr' in r['issue'][0]['diagnostics'] and 'othing of' in r['issue'][0]['diagnostics'], r
assert sorted(text(c) for c in current('Condition', pid) if text(c)[:3] in ('Sec', 'Thi', 'Fou')) == ['Fourth', 'Second', 'Third'] and len(current('Condition', pid)) == n
r = want(call('POST', '', bundle(*many)), 200, 'all of it')
assert statuses(r) == ['200', '200', '204', '201', '200'] and text(r['entry'][4]['resource']) == 'Second, patched', r
assert sorted(text(c) for c in current('Condition', pid) if text(c)[:3] in ('Sec', 'Thi', 'Fou')) == ['Fourth, again', 'Second, patched', 'Third, changed'] and len(current('Condition', pid)) == n, current('Condition', pid)
want(call('GET', '/Condition/t4'), 410, 'gone')
assert text(want(call('GET', '/Condition/t3'), 200, 'found by the client\'s id')) == 'Third, changed'
# a batch: what can be is done, what cannot be is answered, and is no fact
r = want(call('POST', '', bundle(request('PUT', 'Condition/t2', condition(pid, 't2', 'Never'), ifMatch='W/"1"'), request('PUT', 'Condition/t3', condition(pid, 't3', 'Third, by batch')), request('POST', 'Condition', condition(pid, name='Never'), ifNoneExist='clinical-status=active'),
                                request('DELETE', 'Encounter/x'), request('DELETE', 'Condition/nothing'), type='batch')), 200, 'a batch')
assert statuses(r) == ['412', '200', '412', '405', '404'], r
assert r['entry'][0]['response']['outcome']['issue'][0]['code'] == 'conflict'
assert sorted(text(c) for c in current('Condition', pid) if text(c)[:3] in ('Sec', 'Thi', 'Nev')) == ['Second, patched', 'Third, by batch'], current('Condition', pid)
# an update whose patient is told of in the same body, by a urn:uuid
r = want(call('POST', '', bundle(dict(request('PUT', 'Patient?identifier=urn:y|once-1', once), fullUrl=uuid), request('PUT', 'Condition/of-once', condition('x', 'of-once', 'Of once', subject={'reference': uuid})))), 200, 'told in the same body')
r = want(call('POST', '', bundle(dict(request('PUT', 'Patient?identifier=urn:y|once-1', once), fullUrl=uuid), request('PUT', 'Condition/of-once', condition('x', 'of-once', 'Of once, changed', subject={'reference': uuid})))), 200, 'and again')
assert statuses(r) == ['200', '200'] and [text(c) for c in current('Condition', oid)] == ['Of once, changed'], current('Condition', oid)
# said before, and something else since: said again
v1 = bundle(request('PUT', 'Condition/t5', condition(pid, 't5', 'One')))
want(call('POST', '', v1), 200, 'one')
want(call('PUT', '/Condition/t5', condition(pid, 't5', 'Two')), 200, 'two')
want(call('POST', '', v1), 200, 'one again')
assert text(want(call('GET', '/Condition/t5'), 200, 'back')) == 'One'

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
