// The mock hospital's ECGs: invented recordings of plausible shape, and the answers of doc/api.md about them.
const MIN = 60000, HOUR = 60 * MIN, DAY = 24 * HOUR;
const iso = (ms) => new Date(ms).toISOString();
export const names12 = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];
// millivolts of P, Q, R, S, T in the leads that are not reckoned from others
const amp = { I: [0.09, -0.05, 0.7, -0.1, 0.22], II: [0.14, -0.08, 1.1, -0.15, 0.33], V1: [0.05, 0, 0.2, -1, -0.06], V2: [0.06, 0, 0.45, -1.3, 0.42], V3: [0.06, 0, 0.85, -0.85, 0.46], V4: [0.07, -0.05, 1.35, -0.45, 0.42], V5: [0.07, -0.08, 1.25, -0.2, 0.34], V6: [0.07, -0.08, 0.95, -0.1, 0.27] };
const bell = (t, at, sd) => Math.exp(-((t - at) ** 2) / (2 * sd * sd));
function random(seed) { let s = seed; return () => ((s = (s * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff); }

// kind: "sr" "af" "lbbb" "square" (1 mV for 100 ms, once a second: what a simulator gives)
export function record({ seconds, rate, kind = "sr", bpm = 72, pvc = [], gaps = {}, leads = names12, seed = 3, mains = 0, qt = 1 }) {
  const n = Math.round(seconds * rate), rnd = random(seed), beats = [];
  for (let t = 0.4, i = 0; t < seconds + 1; i++) { const early = pvc.includes(i); beats.push({ t, v: early }); t += kind === "af" ? 0.36 + rnd() * 0.42 : (60 / bpm) * (early ? 1.45 : pvc.includes(i + 1) ? 0.62 : 1 + (rnd() - 0.5) * 0.03); }
  const base = {}, wide = kind === "lbbb" ? 2.4 : 1;
  for (const lead of Object.keys(amp)) {
    const x = new Float64Array(n), [p, q, r, s, tw] = amp[lead], noise = random(seed + lead.length * 7 + lead.charCodeAt(lead.length - 1));
    if (kind === "square") { for (let i = 0; i < n; i++) { const at = (i / rate) % 1; x[i] = at >= 0.2 - 1e-9 && at < 0.3 - 1e-9 ? 1 : 0; } base[lead] = x; continue; }
    let from = 0;
    for (let i = 0; i < n; i++) {
      const t = i / rate;
      while (from < beats.length && beats[from].t < t - 0.7) from++;
      let v = kind === "af" ? 0.05 * Math.sin(2 * Math.PI * (5.7 + 0.4 * Math.sin(t)) * t) : 0;
      for (let k = from; k < beats.length && beats[k].t < t + 0.4; k++) {
        const b = beats[k], d = t - b.t, rr = Math.sqrt(((beats[k + 1]?.t ?? b.t + 0.8) - b.t) || 0.8);
        if (b.v) v += 1.4 * (r + s) * bell(d, 0, 0.035) + 0.3 * bell(d, 0.05, 0.03) - 1.3 * (tw + 0.1) * bell(d, 0.28, 0.06);
        else v += (kind === "af" ? 0 : p * bell(d, -0.165, 0.022)) + q * bell(d, -0.03 * wide, 0.008 * wide) + r * bell(d, 0, 0.0115 * wide) + s * bell(d, 0.032 * wide, 0.011 * wide) + (kind === "lbbb" ? -0.7 : 1) * tw * bell(d, 0.27 * qt * Math.min(1.15, rr), 0.045);
      }
      x[i] = v + 0.03 * Math.sin(2 * Math.PI * 0.23 * t + lead.length) + (noise() - 0.5) * 0.02 + mains * Math.sin(2 * Math.PI * 50 * t);
    }
    base[lead] = x;
  }
  const of = (lead, i) => (lead === "III" ? base.II[i] - base.I[i] : lead === "aVR" ? -(base.I[i] + base.II[i]) / 2 : lead === "aVL" ? base.I[i] - base.II[i] / 2 : lead === "aVF" ? base.II[i] - base.I[i] / 2 : base[lead][i]);
  const out = {};
  for (const lead of leads) {
    const a = new Int16Array(n);
    for (let i = 0; i < n; i++) a[i] = (gaps[lead] ?? []).some(([p, q]) => i >= p * rate && i < q * rate) ? -32768 : Math.round((kind === "square" ? base.II[i] : of(lead === "MLII" ? "II" : lead, i)) * 200); // 5 uV a step
    out[lead] = a;
  }
  return { rate, seconds, leads: out, beats, kind };
}
const b64 = (a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString("base64");
const statement = { sr: ["rhythm-sr", "Sinus rhythm", 97, "normal", "75 /min, P before each QRS"], normal: ["normal", "Nothing outside the usual limits was measured", 80, "normal", ""], af: ["rhythm-af", "Consider atrial fibrillation", 94, "urgent", "RR irregular without repetition, no P, 124 /min"], lbbb: ["qrs-lbbb", "Left bundle branch block", 91, "abnormal", "QRS 148 ms, broad R in V6 without q"], pvc: ["ectopy-v", "Ventricular ectopic beats", 88, "abnormal", "2 of 13 beats"], qt: ["qt-long", "Long QTc", 77, "borderline", "QTc Bazett 472 ms"], rev: ["tech-limb-reversal", "Consider that left and right arm electrodes are changed over", 55, "technical", "I inverted, aVR upright"], nothing: ["tech-nothing", "No beat could be measured", 100, "technical", ""] };
const says = (...keys) => keys.map((k) => { const [code, text, confidence, weight, why] = statement[k]; return { code, text, confidence, weight, why }; });
const values = (rate_bpm, pr_ms, qrs_ms, qt_ms, axis = 48) => ({ rate_bpm, pr_ms, qrs_ms, qt_ms, qtc_bazett_ms: qt_ms && Math.round(qt_ms / Math.sqrt(60 / rate_bpm)), qtc_fridericia_ms: qt_ms && Math.round(qt_ms / Math.cbrt(60 / rate_bpm)), p_axis_deg: pr_ms ? 52 : null, qrs_axis_deg: axis, t_axis_deg: 40 });

export function ecgs(h, knobs) {
  const now = h.now, p = (f, g) => h.patients.find((x) => x.name.family === f && x.name.given === g), jm = p("Martin", "Jeanne-Marie"), j = p("Martin", "Jeanne"), others = h.patients.filter((x) => !x.isProtected && x !== jm && x !== j), who = (x) => ({ id: x.id, name: `${x.name.family}, ${x.name.given}`, birth: x.birthDate, sex: x.gender, recordNumber: x.number, unit: x.unit, bed: x.bed, isProtected: x.isProtected });
  let next = 6101;
  const list = [];
  const add = (o, rec) => {
    const r = rec ? record(rec) : null, entry = o.entry ?? next++;
    list.push({ entry, format: "scp", device: "CP-150 cart 3", via: "device", by: "cart-3", patient: null, claimed: null, matchedBy: null, people: [], urgency: "routine", weight: "normal", statements: [], measures: values(75, 164, 92, 396), reading: "unread", review: false, order: "", stated: {}, deviceStatements: [], notes: [], warnings: [], acts: [], shares: [], draft: null, rec: r, recSpec: rec, ...o, seconds: r?.seconds ?? 0, rateHz: r?.rate ?? 0, received: o.received ?? iso(Date.parse(o.recorded) + 40000) });
    return list.at(-1);
  };
  const claim = (x) => ({ id: x.number, assigner: "STGABRIEL", family: x.name.family.toUpperCase(), given: x.name.given.toUpperCase(), birth: x.birthDate, sex: x.gender });
  const old = add({ recorded: iso(now - 31 * DAY), patient: who(jm), claimed: claim(jm), matchedBy: "dr.weiss", reading: "signed", signedBy: "dr.weiss", signedAt: iso(now - 31 * DAY + HOUR), statements: says("sr", "normal"), measures: values(72, 160, 90, 388), order: "L4411" }, { seconds: 10, rate: 500, bpm: 72, seed: 11 });
  old.acts.push({ entry: 6102, time: old.signedAt, by: "dr.weiss", act: "sign", statements: [{ code: "rhythm-sr", text: "Sinus rhythm" }, { code: "read-normal", text: "Normal ECG" }], measures: {}, comment: "Seen with the patient." });
  const told = (to, controlId, status, state, o) => ({ to, time: iso(now - 30 * DAY), entry: 6103, controlId, status, state, ack: null, ...o });
  old.deliveries = [told("EHR", "E4PQ-1a2b3c", "C", "delivered", { ack: "AA", answered: iso(now - 30 * DAY) }), told("registry", "E4PQ-99aabb", "F", "unknown"), told("clinic", "E4PP-77ccdd", "F", "refused", { ack: "AE", text: "no such patient" }), told("EHR", "E4PP-1a2b3c", "F", "delivered", { ack: "AA" })];
  next = 6110;
  add({ recorded: iso(now - 6 * MIN), patient: who(jm), claimed: claim(jm), matchedBy: "identifiers", urgency: "stat", weight: "urgent", statements: says("af", "pvc"), measures: values(124, null, 94, 318), order: "L4471-0", stated: { rate_bpm: 121, qrs_ms: 96, qt_ms: 322, qtc_ms: 455 }, deviceStatements: ["Atrial fibrillation with rapid ventricular response", "Abnormal ECG"], previous: [old.entry] }, { seconds: 10, rate: 500, kind: "af", pvc: [7], seed: 5 });
  add({ recorded: iso(now - 14 * MIN), device: "CP-150 cart 1", claimed: { id: "4471090", assigner: "STGABRIEL", family: "MARTIN", given: "JEANNE", birth: "1951-06-12", sex: "female" }, weight: "abnormal", statements: says("sr", "lbbb"), measures: values(68, 178, 148, 442, -34), people: [[j, ["recordNumber", "birth", "name"], []], [jm, ["sex"], ["recordNumber", "birth", "name"]]], warnings: ["The CRC of the record does not fit; all sections could be read."] }, { seconds: 10, rate: 500, kind: "lbbb", bpm: 68, seed: 8 });
  add({ recorded: iso(now - 3 * HOUR), patient: who(others[3]), claimed: claim(others[3]), matchedBy: "nurse", urgency: "urgent", weight: "abnormal", statements: says("sr", "qt", "pvc"), measures: values(80, 170, 98, 409), format: "dicom" }, { seconds: 10, rate: 500, bpm: 80, qt: 1.15, pvc: [4, 9], gaps: { V3: [[4, 6.2]] }, mains: 0.05, seed: 21 });
  add({ recorded: iso(now - 5 * HOUR), patient: who(others[7]), claimed: claim(others[7]), matchedBy: "nurse", weight: "abnormal", device: "Holter H12", format: "edf", statements: says("sr", "pvc"), measures: values(78, 158, 90, 380) }, { seconds: 1800, rate: 250, leads: ["MLII", "V1"], pvc: Array.from({ length: 90 }, (_, i) => 11 + i * 23), gaps: { MLII: [[700, 760]], V1: [[700, 760]] }, seed: 31 });
  add({ recorded: iso(now - 8 * HOUR), device: "simulator", statements: says("nothing"), weight: "technical", measures: values(null, null, null, null, null), claimed: null }, { seconds: 10, rate: 500, kind: "square", seed: 1 });
  add({ recorded: "", received: iso(now - 9 * HOUR), patient: who(others[1]), matchedBy: "nurse", via: "home", by: "home-1", device: "Kardia 6L", format: "csv", review: true, note: "Palpitations after the stairs, about ten minutes.", statements: says("sr", "normal"), measures: values(88, 150, 86, 362) }, { seconds: 30, rate: 300, bpm: 88, leads: ["I", "II", "III", "aVR", "aVL", "aVF"], seed: 41 });
  add({ recorded: iso(now - 10 * HOUR), via: "upload", by: "nurse", device: "", unreadable: "upload.dcm: byte 412: the sequence of channels ends in the middle of an item.", weight: "technical", measures: {} }, null);
  add({ recorded: iso(now - 26 * HOUR), patient: who(others[10]), claimed: claim(others[10]), matchedBy: "dr.weiss", reading: "reading", draft: { statements: [{ code: "rhythm-sr", text: "Sinus rhythm" }], measures: {}, comment: "Compare with the old one.", by: "dr.weiss", time: iso(now - 25 * HOUR) }, statements: says("sr", "rev"), weight: "technical" }, { seconds: 10, rate: 500, seed: 51 });
  const basis = (e) => Math.max(e.entry, ...e.acts.filter((a) => !/^share/.test(a.act)).map((a) => a.entry));
  const signedState = (e) => /signed|amended/.test(e.reading);
  const row = (e) => ({ entry: e.entry, received: e.received, recorded: e.recorded || null, format: e.format, device: e.device, leads: e.rec ? Object.keys(e.rec.leads).length : 0, seconds: e.seconds, rateHz: e.rateHz, via: e.via, by: e.by, patient: e.patient, claimed: e.claimed, match: e.patient ? "matched" : "unmatched", matchedBy: e.matchedBy, candidates: e.people.length, urgency: e.urgency, weight: e.weight, statements: e.statements, measures: e.measures, reading: e.reading, signedBy: e.signedBy, signedAt: e.signedAt, review: e.review, order: e.order, ...(e.unreadable ? { unreadable: e.unreadable } : {}) });
  const detail = (e) => ({ ...row(e), acts: e.acts, stated: e.stated, deviceStatements: e.deviceStatements, notes: e.notes, warnings: e.warnings, diary: e.note, fromFile: e.claimed, channels: Object.keys(e.rec?.leads ?? {}).map((name) => ({ name, rateHz: e.rateHz, samples: e.rec.leads[name].length, unit: "uV", filter: "0.05-150 Hz" })), start: e.recorded, previous: (e.patient ? list.filter((x) => x !== e && x.patient?.id === e.patient.id && (x.recorded || x.received) < (e.recorded || e.received)) : []).map((x) => ({ entry: x.entry, recorded: x.recorded, reading: x.reading })), candidates: e.people.map(([x, agrees, differs]) => ({ ...who(x), agrees, differs })), shares: e.shares.map(({ token, ...s }) => s), deliveries: e.deliveries ?? [], draft: e.draft, basis: basis(e) });
  const wave = (e, q) => {
    const from = Math.max(0, Number(q.get("from") ?? 0)), seconds = Number(q.get("seconds") ?? 10), wanted = (q.get("leads") ?? "").split(",").filter(Boolean), r = e.rec, total = Math.round(r.seconds * r.rate), a = Math.round(from * r.rate), b = Math.min(total, a + Math.round(seconds * r.rate)), cut = Object.entries(r.leads).filter(([n]) => !wanted.length || wanted.includes(n)), reduced = b - a > 120 * 500 ? Math.ceil((b - a) / 4000) : 1;
    const data = (x) => {
      if (reduced === 1) return x.slice(a, b);
      const out = new Int16Array(Math.ceil((b - a) / reduced) * 2);
      for (let i = a, k = 0; i < b; i += reduced, k += 2) { let lo = 32767, hi = -32767; for (let m = i; m < Math.min(b, i + reduced); m++) if (x[m] !== -32768) { lo = Math.min(lo, x[m]); hi = Math.max(hi, x[m]); } out[k] = lo > hi ? -32768 : lo; out[k + 1] = lo > hi ? -32768 : hi; }
      return out;
    };
    return { rateHz: r.rate, from, samples: b - a, total, ...(reduced > 1 ? { reduced } : {}), leads: cut.map(([name, x]) => ({ name, uv: 5, data: b64(data(x)) })) };
  };
  const analysis = (e) => {
    const r = e.rec, all = r.beats.filter((b) => b.t > 0.4 && b.t < r.seconds - 0.5 && !b.v), m = record({ seconds: 1.2, rate: 500, kind: r.kind, seed: e.recSpec.seed, qt: e.recSpec.qt ?? 1 }), shift = Math.round(0.1 * 500); // the beat at 0.4 s goes to 0.5 s
    const beats = all.map((b) => ({ ...(r.kind === "af" ? {} : { p_on: Math.round((b.t - 0.215) * 1000), p_off: Math.round((b.t - 0.12) * 1000) }), qrs_on: Math.round((b.t - 0.046) * 1000), r_peak: Math.round(b.t * 1000), qrs_off: Math.round((b.t + 0.048) * 1000), t_off: Math.round((b.t + 0.36) * 1000) }));
    const conf = Object.fromEntries(Object.entries(e.measures).map(([k, v]) => [k, v === null ? 0 : k.startsWith("t_") ? 44 : 93]));
    const long = r.seconds > 120, hz = r.rate;
    return {
      measure: { ...e.measures, confidence: conf, leads: Object.keys(r.leads).map((lead) => ({ lead, beats: r.kind === "square" ? [] : beats })) },
      rhythm: { rate_hz: hz, episodes: long ? [{ rhythm: "SR", start: 0, end: 400 * hz, confidence: 95 }, { rhythm: "AF", start: 400 * hz, end: 520 * hz, confidence: 88 }, { rhythm: "SR", start: 520 * hz, end: 1800 * hz, confidence: 94 }, { rhythm: "PAUSE", start: 1100 * hz, end: 1103 * hz, confidence: 70 }] : [{ rhythm: r.kind === "af" ? "AF" : "SR", start: 0, end: r.seconds * hz, confidence: 94 }] },
      median: r.kind === "square" ? null : { rateHz: 500, r: 250, leads: Object.keys(r.leads).filter((n) => names12.includes(n)).map((name) => { const x = new Int16Array(600); const src = m.leads[name]; for (let i = 0; i < 600; i++) x[i] = (src[Math.max(0, Math.min(src.length - 1, i - shift))] ?? 0) * 5; return { name, data: b64(x) }; }), fiducials: r.kind === "af" ? { qrs_on: 454, qrs_off: 548, t_off: 800 } : { p_on: 285, p_off: 380, qrs_on: 454, qrs_off: 548, t_off: 850 } },
    };
  };
  const rank = (e) => (e.urgency === "stat" ? 0 : e.weight === "urgent" ? 1 : e.urgency === "urgent" ? 2 : 3);
  const unread = (e) => !signedState(e) && e.reading !== "rejected";
  const live0 = Date.now(), strips = [{ id: "s1", leads: ["II", "V1"], rateHz: 250, device: "telemetry 12", patient: who(jm), start: live0 }, { id: "s2", leads: ["I"], rateHz: 250, device: "telemetry 4", patient: null, start: live0, stopped: live0 }];
  const liveWave = record({ seconds: 60, rate: 250, leads: ["I", "II", "V1"], seed: 61 });
  const head = (s) => Math.floor((((knobs.liveStop && s.id === "s1" ? knobs.liveStop : s.stopped ?? Date.now()) - s.start) / 1000) * 250) + 250 * 20;
  const strip = (s) => { const to = head(s), last = s.start + ((to - 250 * 20) / 250) * 1000; return { id: s.id, leads: s.leads, rateHz: 250, device: s.device, patient: s.patient, from: Math.max(0, to - 250 * 60), to, lastAt: iso(last), state: Date.now() - last > 10000 ? "silent" : "live" }; };
  const home = { entries: list.filter((e) => e.via === "home"), patient: list.find((e) => e.via === "home").patient };
  const opened = []; // tokens

  // true: it was one of ours
  return {
    list, opened,
    public({ parts, q, send, fail, pdf, record: log }) {
      const share = list.flatMap((e) => e.shares.map((s) => [e, s])).find(([, s]) => s.token === parts[1]);
      if (!share) { fail(404, "not-found", "There is no such link."); return; }
      const [e, s] = share;
      if (s.revoked || Date.parse(s.expires) <= Date.now()) { fail(410, "gone", "This link has expired or was revoked."); return; }
      if (!parts[2]) { s.opened++; s.lastOpened = iso(Date.now()); log("(link)", "share-open", { text: `entry ${e.entry}` }); const { acts, candidates, shares, ...d } = detail(e); send(200, { ecg: d, expires: s.expires, for: s.for, by: s.by }); }
      else if (parts[2] === "wave") send(200, wave(e, q));
      else if (parts[2] === "analysis") send(200, analysis(e));
      else send(200, pdf, "application/pdf");
    },
    handle({ req, parts, q, body, bytes, s, send, fail, may, record: log, pdf, accounts }) {
      const act = (e, a) => { const x = { entry: ++this.last, time: iso(Date.now()), by: s.user, ...a }; e.acts.push(x); log(s.user, "ecg-act", { text: a.act }); return x.entry; };
      const one = (n) => list.find((e) => e.entry === Number(n));
      if (parts[0] === "ecgs") {
        if (!may("chart")) return;
        const l = q.get("list") ?? "all", id = q.get("patient"), words = (q.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean), before = Number(q.get("before") ?? 0), max = Number(q.get("max") ?? 100);
        let rows = list.filter((e) => (!id || e.patient?.id === id) && (l === "all" || (l === "unread" ? unread(e) : l === "unmatched" ? !e.patient && unread(e) : l === "signed" ? signedState(e) : e.acts.some((a) => a.by === s.user) || e.draft?.by === s.user)) && words.every((w) => JSON.stringify(row(e)).toLowerCase().includes(w)));
        rows.sort((a, b) => (l === "unread" ? rank(a) - rank(b) || (a.received < b.received ? -1 : 1) : a.received < b.received ? 1 : -1));
        if (before) rows = rows.slice(rows.findIndex((e) => e.entry === before) + 1);
        send(200, { asOf: { entry: 9000, time: iso(Date.now()) }, counts: { unread: list.filter(unread).length, unmatched: list.filter((e) => unread(e) && !e.patient).length, urgent: list.filter((e) => unread(e) && rank(e) < 3).length, review: list.filter((e) => e.review && unread(e)).length }, ecgs: rows.slice(0, max).map(row), next: rows.length > max ? rows[max - 1].entry : null });
      } else if (parts[0] === "ecg" && parts[1] === "share") {
        const e = list.find((x) => x.shares.some((y) => y.id === parts[2])), sh = e?.shares.find((y) => y.id === parts[2]);
        if (!sh) { fail(404, "not-found", "There is no such link."); return; }
        sh.revoked = iso(Date.now()); act(e, { act: "share-revoke", id: sh.id, reason: body.reason }); send(200, { id: sh.id });
      } else if (parts[0] === "ecg" && !parts[1]) {
        if (!may("chart")) return;
        if (knobs.uploadDown) { req.socket.destroy(); return; }
        const text = bytes.subarray(0, 400).toString("latin1"), dup = list.find((e) => e.key && e.key === q.get("key"));
        if (dup) { send(200, { entry: dup.entry, duplicate: true, format: dup.format, match: dup.patient ? "matched" : "unmatched", reading: dup.reading }); return; }
        if (!/^\{"ecg":1|SCP-like|<\?xml|^I,II/.test(text)) { fail(400, "input", `${q.get("name")}: byte 0: this is no ECG in a format that is known here.`); return; }
        const x = h.patients.find((y) => y.id === q.get("patient"));
        const e = add({ entry: ++this.last, key: q.get("key"), recorded: iso(Date.now() - 5 * MIN), via: "upload", by: s.user, device: "uploaded device", format: /^\{"ecg":1/.test(text) ? "wfdb" : "scp", patient: x ? who(x) : null, matchedBy: x ? s.user : null, urgency: q.get("urgency") || "routine", order: q.get("order") ?? "", note: q.get("note") ?? "", statements: says("sr", "normal") }, { seconds: 10, rate: 500, seed: 71 });
        this.uploads.push({ name: q.get("name"), type: req.headers["content-type"], params: Object.fromEntries(q), size: bytes.length, text });
        send(201, { entry: e.entry, duplicate: false, format: e.format, match: e.patient ? "matched" : "unmatched", reading: "unread" });
      } else if (parts[0] === "ecg") {
        const e = one(parts[1]), what = parts[2] ?? "";
        if (!may("chart")) return;
        if (!e) { fail(404, "not-found", "There is no ECG with this number."); return; }
        const changed = () => body.basis !== undefined && body.basis !== basis(e) && (send(409, { error: { code: "changed", text: "Somebody acted on this ECG meanwhile." }, ecg: detail(e) }), true);
        if (req.method === "POST" && s.role !== "clinician") { fail(403, "denied", "Your role may not do this."); return; }
        if (!what) send(200, detail(e));
        else if (what === "wave") { log(s.user, "view", { text: `ecg ${e.entry}`, patient: e.patient?.id }); send(200, wave(e, q)); }
        else if (what === "analysis") send(200, analysis(e));
        else if (what === "report.pdf") { this.asked.push(req.url); send(200, pdf, "application/pdf"); }
        else if (what === "file" || what === "convert") send(200, "SCP-like bytes", "application/octet-stream", { "Content-Disposition": `attachment; filename="ecg-${e.entry}.${q.get("to") ?? "scp"}"` });
        else if (what === "match") {
          if (changed()) return;
          const x = h.patients.find((y) => y.id === body.patient);
          if (!x || (body.identifiers ?? []).length < 2) { fail(400, "input", "Two identifiers have to be confirmed."); return; }
          e.patient = who(x); e.matchedBy = s.user; if (body.order) e.order = body.order;
          send(200, { entry: act(e, { act: "match", patient: x.id, identifiers: body.identifiers, reason: body.reason }) });
        } else if (what === "unmatch") { if (changed()) return; e.patient = null; e.matchedBy = null; send(200, { entry: act(e, { act: "unmatch", reason: body.reason }) }); }
        else if (what === "share") {
          const token = "t" + Math.random().toString(36).slice(2), sh = { id: `sh${e.shares.length + 1}-${e.entry}`, token, for: body.for, created: iso(Date.now()), by: s.user, expires: iso(Date.now() + body.hours * HOUR), revoked: null, opened: 0, lastOpened: null };
          e.shares.unshift(sh); act(e, { act: "share", for: body.for, reason: body.reason }); send(200, { id: sh.id, url: `/share/${token}`, expires: sh.expires });
        } else if (what === "act") {
          if (body.act !== "review-request" && changed()) return;
          if (/sign|addend/.test(body.act) && body.password !== accounts[s.user].password) { fail(403, "password", "The password is not right. Nothing was signed."); return; }
          const { password, basis: _, ...rest } = body, n = act(e, rest);
          if (body.act === "read") { e.reading = "reading"; e.draft = { statements: body.statements, measures: body.measures, comment: body.comment, by: s.user, time: iso(Date.now()) }; }
          if (body.act === "sign") { e.reading = "signed"; e.signedBy = s.user; e.signedAt = iso(Date.now()); e.draft = null; e.statements = body.statements.map((x) => ({ confidence: null, weight: "", ...x })); }
          if (body.act === "addend") e.reading = "amended";
          if (body.act === "reject") e.reading = "rejected";
          if (body.act === "reopen") { e.reading = "unread"; e.signedBy = e.signedAt = undefined; }
          if (body.act === "urgency") e.urgency = body.urgency;
          if (body.act === "review-request") e.review = true;
          send(200, { entry: n });
        } else fail(404, "not-found", "Nothing is here.");
      } else if (parts[0] === "live") {
        if (!parts[1]) { send(200, { strips: strips.map(strip) }); return; }
        const st = strips.find((x) => x.id === parts[1]), from = Number(q.get("from") ?? 0), answer = (left) => {
          const to = head(st);
          if (to - from < 25 && left > 0) { setTimeout(() => answer(left - 200), 200); return; }
          const a = Math.max(from, to - 250 * 30);
          send(200, { from: a, to, rateHz: 250, leads: st.leads.map((name) => { const x = new Int16Array(Math.max(0, to - a)), src = liveWave.leads[name]; for (let i = 0; i < x.length; i++) { const k = a + i; x[i] = k % 4000 > 3200 && k % 4000 < 3500 ? -32768 : src[k % src.length]; } return { name, uv: 5, data: b64(x) }; }), state: strip(st).state });
        };
        if (!st) { fail(404, "not-found", "There is no such strip."); return; }
        answer(Number(q.get("wait") ?? 0));
      } else if (parts[0] === "home") {
        if (s.role !== "patient") { fail(403, "denied", "Your role may not do this."); return; }
        if (!parts[1]) {
          const below = home.entries.filter((e) => e.entry < Number(q.get("before") ?? Infinity)), max = Number(q.get("max") ?? this.homePage ?? 200), some = below.slice(0, max);
          send(200, { patient: home.patient, next: below.length > max ? some[some.length - 1].entry : null, ecgs: some.map((e) => ({ entry: e.entry, recorded: e.recorded, received: e.received, device: e.device, seconds: e.seconds, status: signedState(e) ? "read" : e.unusable ? "could not be used" : e.review ? "waiting for reading" : "received", unreadable: !!e.unusable, statementsIfSigned: signedState(e) ? e.statements : [], note: e.note ?? "", review: e.review })) });
          return;
        }
        if (!parts[2]) {
          if (!/SCP-like|^I,II/.test(bytes.subarray(0, 100).toString("latin1"))) { fail(400, "input", "This is no ECG in a format that is known here."); return; }
          const e = add({ entry: ++this.last, recorded: iso(Date.now() - MIN), via: "home", by: s.user, device: "Kardia 6L", note: q.get("note") ?? "", patient: home.patient, matchedBy: s.user, statements: says("sr") }, { seconds: 30, rate: 300, leads: ["I", "II"], seed: 81 });
          home.entries.unshift(e); send(201, { entry: e.entry, duplicate: false }); return;
        }
        const e = home.entries.find((x) => x.entry === Number(parts[2]));
        if (!e) { fail(404, "not-found", "There is no such recording."); return; }
        if (parts[3] === "review") { e.review = true; send(200, { entry: act(e, { act: "review-request", note: body.note }) }); }
        else if (parts[3] === "note") { e.note = [e.note, body.text].filter(Boolean).join("\n"); send(200, { entry: act(e, { act: "note", text: body.text }) }); }
        else if (parts[3] === "wave") send(200, wave(e, q));
        else send(200, pdf, "application/pdf");
      }
    },
    list, home, last: 8000, uploads: [], asked: [], act(n, a) { const e = list.find((x) => x.entry === n), x = { entry: ++this.last, time: iso(Date.now()), ...a }; e.acts.push(x); if (a.act === "read") { e.reading = "reading"; e.draft = { ...a, time: x.time }; } if (a.act === "sign") { e.reading = "signed"; e.signedBy = a.by; e.signedAt = x.time; } return x.entry; },
  };
}
