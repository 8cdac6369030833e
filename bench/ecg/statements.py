#!/usr/bin/env python3
"""bench/ecg/statements.py: statements against the diagnoses in the headers of LUDB 1 to 60, by kind. HOLDFAST: the program; HOLDFAST_CORPUS: the corpus."""
import json, os, re, subprocess
H = os.environ.get('HOLDFAST', 'build/holdfast')
C = os.environ.get('HOLDFAST_CORPUS', '../shared/corpus') + '/ecg/ludb/'
rules={'AF':(r'Atrial fibrillation',{'rhythm-af'}),'AFL':(r'Atrial flutter',{'rhythm-afl'}),'SB':(r'Sinus bradycardia',{'rhythm-sb'}),'paced':(r'pacing',{'rhythm-paced','paced-some'}),
'1AVB':(r'I degree AV block',{'pr-long'}),'LBBB':(r'Complete left bundle',{'qrs-lbbb'}),'RBBB':(r'Complete right bundle',{'qrs-rbbb'}),'iLBBB':(r'Incomplete left bundle',{'qrs-ilbbb'}),'iRBBB':(r'Incomplete right bundle',{'qrs-irbbb'}),
'IVCD':(r'intravintricular',{'qrs-ivcd'}),'LAFB':(r'Left anterior hemiblock',{'qrs-lafb'}),'left axis':(r'left axis deviation',{'axis-left'}),'right axis':(r'right axis deviation',{'axis-right'}),
'LVH':(r'Left ventricular hypertrophy',{'size-lvh'}),'RVH':(r'Right ventricular hypertrophy',{'size-rvh'}),'LAH':(r'Left atrial hypertrophy',{'p-wide'}),'LPFB':(r'posterior hemiblock',{'qrs-lpfb'}),'preexc':('WPW|preexcit',{'qrs-preexcitation'}),
'PVC':(r'Ventricular extrasystole',{'ectopy-v'}),'PAC':(r'Atrial extrasystole',{'ectopy-s'}),'complete':('III degree',{'block-complete'}),
'STEMI':('(?<!N)STEMI: ',{'st-elevation-inferior','st-elevation-anterior','st-elevation-lateral'}),'isch':('schemia',{'t-inferior','t-anterior','t-lateral','st-depression-inferior','st-depression-anterior','st-depression-lateral'}),'scar':('Scar',{'q-inferior','q-anterior','q-lateral'})}
R={k:[0,0,0,[],[]] for k in rules}; codes={}
for i in range(1,61):
    d=' '.join(l[1:] for l in open(C+'%d.hea'%i,errors='replace') if l.startswith('#'))
    j=json.loads(subprocess.run([H,'ecg','measure','--json',C+'%d.hea'%i],capture_output=True).stdout)
    s={x['code'] for x in j['statements']}
    for c in s: codes[c]=codes.get(c,0)+1
    for k,(p,cs) in rules.items():
        a=bool(re.search(p,d)); b=bool(s&cs)
        if a and b: R[k][0]+=1
        elif a: R[k][1]+=1; R[k][3].append(i)
        elif b: R[k][2]+=1; R[k][4].append(i)
for k,v in R.items(): print('%-10s hit %d missed %d too many %d  missed %s extra %s'%(k,*v))
print(codes)
