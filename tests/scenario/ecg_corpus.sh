#!/usr/bin/env bash
# Every recording of the corpus by every verb that reads one: told in valid JSON, or refused with one sentence; leads, rate and length are those of the table. An ECG or none, nothing dies.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "python3 is not installed"
corpus=${HOLDFAST_CORPUS:-$top/../shared/corpus}/ecg
[ -d "$corpus" ] || skip "no corpus"
export HOLDFAST

# file, rate, samples, leads with blanks as '~'; or file and "refused"
cat >table <<'T'
formats/edf/datarec_2.bdf 500 15000 sine~2.5Hz,square~6.5Hz,ramp~3.5Hz,pink~noise,white~noise
formats/edf/test_edfann.edf refused
formats/edf/test_generator_2.edf 200 120000 squarewave,ramp,pulse,ECG,noise,sine~1~Hz,sine~8~Hz,sine~8.5~Hz,sine~15~Hz,sine~17~Hz,sine~50~Hz
formats/edf/test_subsecond.edf 128 89344 Fp1
formats/scp/healforce_62.SCP 150 4500 ch1,ch2,ch3
formats/scp/sbj123.scp 500 5000 I,II,V1,V2,V3,V4,V5,V6,III,aVR,aVL,aVF
formats/sierra/1_03_129DYPRG.XML 500 5500 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/sierra/1_03_repbeats_example.xml 500 5500 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/sierra/1_04_ZZDEMOPTONLY.xml 500 5500 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/sierra/1_04_ad4d3d80_decoded.xml 500 5500 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/sierra/1_04_ad4d3d80_orig.xml 500 5500 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/muse/braveheart_example1.xml 500 5000 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/muse/braveheart_example2.xml 500 5000 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/muse/braveheart_example3.xml 500 5000 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/aecg/cvrg_calecg2.xml 1000 10000 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/aecg/fda_empty.xml refused
formats/aecg/fda_minimum_aecg.xml 500 13 II
formats/aecg/fda_minimum_aecg_effectiveTime_high.xml 500 13 II
formats/aecg/fda_minimum_aecg_effectiveTime_interval.xml 500 13 II
formats/aecg/fda_minimum_aecg_effectiveTime_low.xml 500 13 II
formats/aecg/fda_minimum_aecg_nouuid.xml 500 13 II
formats/aecg/fda_subject1_0.xml 500 5000 I,II,V1,V2,V3,V4,V5,V6,III,aVR,aVL,aVF
formats/aecg/sbj123.xml 500 5000 I,II,V1,V2,V3,V4,V5,V6,III,aVR,aVL,aVF
formats/dicom/sbj123.dcm 500 5000 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6
formats/wfdb/1003.hea refused
formats/wfdb/310derive.hea 250 1026 col~0,col~1
formats/wfdb/310derive_2.hea 360 1020 col~1
formats/wfdb/310derive_3.hea 360 1018 ch1
formats/wfdb/311derive.hea 250 1026 col~0
formats/wfdb/311derive_2.hea 360 1020 col~1
formats/wfdb/311derive_3.hea 360 1019 ch1
formats/wfdb/311derive_4.hea 360 1018 ch1
formats/wfdb/a103l.hea 250 82500 II,V,PLETH
formats/wfdb/binformats.hea 200 499 sig~0~fmt~8,sig~1~fmt~16,sig~2~fmt~61,sig~3~fmt~80,sig~4~fmt~160,sig~5~fmt~212,sig~6~fmt~310,sig~7~fmt~311,sig~8~fmt~24,sig~9~fmt~32
formats/wfdb/flacformats.hea refused
formats/wfdb/mixedsignals.hea refused
formats/wfdb/s0010_re.hea 1000 38400 I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6,X,Y,Z
formats/wfdb/svdb_800.hea 128 230400 ECG,ECG.2
formats/rr/nsr001.hea refused
formats/rr/nsr004.hea refused
formats/rr/nsr009.hea refused
T
cat >check.py <<'P'
import concurrent.futures, json, os, subprocess, sys, time

H, corpus = os.environ['HOLDFAST'], sys.argv[1]
rows = [line.split() for line in open('table')]
listed = {r[0] for r in rows}
bad = []
for folder, names in (('formats', ('edf', 'scp', 'sierra', 'muse', 'aecg', 'dicom', 'wfdb', 'rr')), ('mitdb', ('',)), ('ludb', ('',))):
    for name in names:
        at = os.path.join(corpus, folder, name)
        for f in sorted(os.listdir(at)) if os.path.isdir(at) else []:
            where = os.path.relpath(os.path.join(at, f), corpus)
            if folder == 'formats' and (name not in ('wfdb', 'rr') or f.endswith('.hea')) and where not in listed:
                bad.append(f'{where}: is not in the table')
            if folder != 'formats' and f.endswith('.hea') and (folder == 'mitdb' or f in ('1.hea', '7.hea', '33.hea', '60.hea')):
                rows.append([where, '360', '650000'] if folder == 'mitdb' else [where, '500', '5000', 'I,II,III,aVR,aVL,aVF,V1,V2,V3,V4,V5,V6'])
rows = [r for r in rows if os.path.exists(os.path.join(corpus, r[0]))]
mit = [r for r in rows if r[0].startswith('mitdb')]
rows = [r for r in rows if r not in mit[3:]]  # half an hour each: three tell what twenty-two would


def run(r, i, verb, *more):
    p = subprocess.run(['timeout', '60', H, 'ecg', verb, *more, os.path.join(corpus, r[0])], capture_output=True)
    text = p.stderr.decode()
    what = f'{r[0]}: ecg {verb}: exit {p.returncode}: {text[:300]}'
    if p.returncode == 1:
        if p.stdout:
            return f'{what}: refused, and yet something on stdout', None
        if text.count('\n') != 1 or not text.startswith('holdfast: ') or len(text) < 30:
            return f'{what}: is not one sentence', None
        return None, 'refused'
    if p.returncode:
        return what, None
    if verb == 'report':
        return (None, 'pdf') if p.stdout.startswith(b'%PDF') and b'%%EOF' in p.stdout[-32:] else (f'{what}: no PDF', None)
    try:
        return None, json.loads(p.stdout.decode(), parse_constant=lambda c: 1 / 0)
    except Exception as e:
        return f'{what}: no valid JSON ({e})', None


def one(i):
    r, said = rows[i], []
    for verb, more in (('info', ('--json',)), ('measure', ('--json',)), ('rhythm', ('--json',)), ('report', ('-o', '-'))):
        problem, got = run(r, i, verb, *more)
        if problem:
            said.append(problem)
        elif r[1] == 'refused' and got != 'refused':
            said.append(f'{r[0]}: ecg {verb}: is not refused')
        elif verb == 'info' and r[1] != 'refused':
            if got == 'refused':
                said.append(f'{r[0]}: is refused')
                continue
            have = ['%g' % got['rate_hz'], str(got['samples']), ','.join(got['leads']).replace(' ', '~')]
            if have[:len(r) - 1] != r[1:]:
                said.append(f'{r[0]}: {have} is not {r[1:]}')
    return said


with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for said in pool.map(one, range(len(rows))):
        bad += said
for b in bad:
    print('FAIL:', b, file=sys.stderr)
print(f'{len(rows)} recordings by four verbs')
sys.exit(1 if bad else 0)
P
python3 check.py "$corpus"
