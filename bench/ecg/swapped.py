#!/usr/bin/env python3
"""bench/ecg/swapped.py: electrodes changed over on purpose in every 12-lead of the corpus, and how often the analysis hints at it. HOLDFAST, HOLDFAST_CORPUS as for statements.py."""
import glob, json, os, subprocess, tempfile
H = os.environ.get('HOLDFAST', 'build/holdfast')
C = os.environ.get('HOLDFAST_CORPUS', '../shared/corpus') + '/ecg/'
WORK = tempfile.TemporaryDirectory()
X, Y = WORK.name + '/x.csv', WORK.name + '/y.csv'
fs=[C+'ludb/%d.hea'%i for i in range(1,61)]+glob.glob(C+'formats/muse/*')+[C+'formats/scp/sbj123.scp',C+'formats/aecg/cvrg_calecg2.xml',C+'formats/sierra/1_03_129DYPRG.XML',C+'formats/sierra/1_04_ZZDEMOPTONLY.xml',C+'formats/sierra/1_04_ad4d3d80_orig.xml',C+'formats/wfdb/s0010_re.hea']
def m(f):
    r=subprocess.run([H,'ecg','measure','--json',f],capture_output=True)
    return [x['code'] for x in json.loads(r.stdout)['statements'] if x['code'] in('tech-limb-reversal','tech-leg-reversal','tech-dextrocardia','tech-chest-reversal')] if r.returncode==0 else None
def swap(k,r):
    d=dict(r); n=lambda x:str(-float(x))
    g=lambda x:float(r[x])
    if k=='arms': d.update(I=n(r['I']),II=r['III'],III=r['II'],aVR=r['aVL'],aVL=r['aVR'])
    if k=='LALL': d.update(I=r['II'],II=r['I'],III=n(r['III']),aVL=r['aVF'],aVF=r['aVL'])
    if k=='RALL': d.update(I=n(r['III']),II=n(r['II']),III=n(r['I']),aVR=r['aVF'],aVF=r['aVR'])
    if k=='RARL':  # II flat: RL electrode ~ LL: RA'=RL potential ~ LL
        # potentials relative: RA=0, LA=I, LL=II ; RA'=LL(approx RL), LA'=LA, LL'=LL
        I=g('I')-g('II'); II=0.02*g('II'); III=II-I
        d.update(I=str(I),II=str(II),III=str(III),aVR=str(-(I+II)/2),aVL=str(I-II/2),aVF=str(II-I/2))
    if k=='V1V2': d.update(V1=r['V2'],V2=r['V1'])
    if k=='V3V4': d.update(V3=r['V4'],V4=r['V3'])
    return d
res={}
for f in fs:
    if subprocess.run([H,'ecg','convert',f,'--to','csv','-o',X],capture_output=True).returncode: continue
    L=open(X).read().split('\n'); L=[l for l in L if l and not l.startswith('#')]
    head=L[0].split(','); 
    if not all(x in head for x in('I','II','III','aVR','aVL','aVF','V1','V2','V3','V4')): print('no leads',f,head[:13]); continue
    rows=[dict(zip(head,l.split(','))) for l in L[1:]][:5000]
    for k in ('none','arms','LALL','RALL','RARL','V1V2','V3V4'):
        try:
            with open(Y,'w') as o:
                o.write(L[0]+'\n')
                for r in rows:
                    d=swap(k,r); o.write(','.join(d[h] for h in head)+'\n')
        except ValueError: continue
        c=m(Y)
        if c is None: continue
        t=res.setdefault(k,{'n':0}); t['n']+=1
        for x in c: t[x]=t.get(x,0)+1
        if k=='none' and c: print(f,c)
        if not c: t['silent']=t.get('silent',0)+1
for k,v in res.items(): print(k,v)
