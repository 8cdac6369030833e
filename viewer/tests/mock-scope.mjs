// The mock hospital's cases of a breach: one that was run, one that was only opened. bob (owner) may see them.
const hash = "5d2bf1e0c6a94f7d8e3b1a0c9d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e", sum = hash.replace(/^5d2b/, "0a11");
export function cases(h) {
  const iso = (ms) => new Date(ms).toISOString(), HOUR = 3600000;
  let entry = 318000;
  const made = () => ({
    share: {
      case: "share-2026", title: "records share", from: iso(h.now - 50 * HOUR), to: iso(h.now - 44 * HOUR), discovered: iso(h.now - 40 * HOUR), opened: iso(h.now - 39 * HOUR), by: "eve", entry: entry++, last_entry: entry,
      estimate: { low: 4123, point: 4190, high: 4266, complete: true, entry: entry },
      inputs: [{ what: "evidence", file: "/var/log/samba/audit.log", size: 812345, sha256: hash, kept: true, by: "root", at: iso(h.now - 39 * HOUR), entry: entry++ }, { what: "content", file: "vault:fs1", by: "root", at: iso(h.now - 39 * HOUR), entry: entry++ }, { what: "persons", file: "mpi-export.csv", size: 99123456, sha256: hash, kept: false, by: "root", at: iso(h.now - 38 * HOUR), entry: entry++ }],
      questions: [], decisions: [], pairs: 0,
      assessment: { "nature-and-extent": null, "unauthorized-person": null, "acquired-or-viewed": { outcome: "not-low", text: "1.2 GB went out", by: "eve", at: iso(h.now - 30 * HOUR), entry: entry++ }, mitigated: null, presumption: "stands: not all four factors are assessed" },
      estimates: [{ entry: entry++, at: iso(h.now - 37 * HOUR), by: "root", said: { files_read: 40, files: 900, met: 800, low: 800, point: 4300 } }, { entry: entry++, at: iso(h.now - 36.9 * HOUR), by: "root", said: { files_read: 300, files: 900, met: 2900, low: 2900, point: 4250, high: 6100 } }],
      runs: [{ entry: entry++, at: iso(h.now - 36.5 * HOUR), by: "root", said: { totals: { objects: 1502, listed: 400, opened: 202, accessed: 100, acquired: 800, read: 880, in_part: 12, not_found: 7, unreadable: 1, same: 31, bytes: 734003200, found: 61234, records: 20000, unattributed: 120, known: 4100, strangers: 95, persons: 4195, low: 4123, point: 4190, high: 4266, grey: 14 },
        elements: { name: { accessed: 95, acquired: 4100 }, ssn: { accessed: 0, acquired: 1200 }, diagnosis: { accessed: 20, acquired: 3000 } }, places: { "US-TX": 3900, "US-LA": 260, US: 5, ZZ: 30 }, minors: 310, deceased: 12, protected: 41, residence_unknown: 35 } }],
    },
  });
  let all = made();
  // 14 pairs in doubt: the same name with another birthday, a slip, a short form, a name alone
  const people = [["Keller", "Anna", "1961-03-09", "536-90-4399", "12 Lake Road"], ["Nguyen", "Thị Hoa", "1991-07-08", "323-22-1111", "9 Bay Street"], ["Roth", "Maximilian", "1975-11-23", "219-40-7712", "4 Oak Street"]];
  const pairs = () => Array.from({ length: 14 }, (_, i) => {
    const [last, first, dob, ssn, street] = people[i % 3], rec = (k, values, more = {}) => ({ record: `/srv/records/${k}.csv#${100 + 58 * i}`, person: `S-${k}${i}`, who: "subject", file: `/srv/records/${k}.csv`, offset: 100 + 58 * i, values, elements: ["name", "dob", "lab"], records: k === "lab" ? 3 : 1, sources: [`/srv/records/${k}.csv`], ...more });
    const b = i % 3 === 0 ? { last, first: "Ana", dob: "1961-03-19" } : i % 3 === 1 ? { last, first } : { last, first: "Max", dob: "1957-11-23", ssn: "219-40-7721", street: "4 Oak St" };
    return { n: i, said: undefined, pair: { a: rec("lab", { last, first, dob, ssn, street }), b: rec("billing", b, { who: i % 3 === 1 ? "guarantor" : "subject" }), weight: 10.2, probability: 0.62 - i / 40, why: [{ field: "last", is: "the same", weight: 4.9 }, { field: "first", is: i % 3 === 0 ? "but for a slip" : i % 3 === 1 ? "the same" : "short form", weight: 3.1 }, ...(b.dob ? [{ field: "dob", is: i % 3 === 0 ? "but for a slip" : "differs", weight: i % 3 === 0 ? 3.2 : -4.4 }] : [])] } };
  });
  let queue = pairs();
  const day = (d) => new Date(Date.now() + d * 86400000).toISOString().slice(0, 10);
  const words = { en: { individual: "each affected person" }, fr: { individual: "chaque personne concernée" }, zh: { individual: "每位受影响者" } }; // as the server has them; names of authorities it leaves
  let q = null;
  const duty = (ends, due, id, to, jurisdiction, recipient, checked, more = {}) => ({ ends: ends === null ? undefined : iso(Date.now() + ends * HOUR), duty: { id, to, jurisdiction, recipient, recipient_words: words[q?.get("lang")]?.[recipient], due, why: more.why ?? `Counted: 4,123 to 4,266 persons, from 500 on. The law's term runs from discovery.`, citation: more.cite ?? "45 CFR 164.408(b)", checked, binding: true, ...more } });
  const letterOf = (q) => ({ run: 318010, sample: q.has("sample"), line: q.has("line") ? Number(q.get("line")) : undefined, fate: q.get("sample") === "nobody" ? "deceased-nobody-known" : "mail", to: { minor: "guardian", guardian: "guardian", deceased: "kin", representative: "representative", estate: "estate" }[q.get("sample")] ?? "person", template: "x", fallback: false, quiet: q.get("sample") === "protected", place: "US-TX",
    post: { lang: q.get("lang") || "en", us: true, large: q.get("large") === "1", addressRight: false, sender: "St. Gabriel Hospital\n1 Hospital Way\nAustin, TX 78701", address: q.has("line") ? `Person ${q.get("line")}\n2 Hill Street\nBoston, MA 02108` : "Sample Person\n1 Sample Street\nSampletown, TX 00000", date: q.get("lang") === "es" ? "1 de diciembre de 2026" : "December 1, 2026", foot: "0000000-0", page: ["page ", " of ", ""], apart: q.get("sample") === "protected" ? 2 : 0,
      blocks: [{ look: 0, text: q.get("lang") === "es" ? "Aviso de violación de datos" : "Notice of Data Breach" }, { look: 2, text: "Dear Sample Person," }, { look: 1, text: "What Happened" }, { look: 2, text: "On \u0003November 22\u0004 somebody copied files.\u0001[#4711]\u0002" }, { look: 4, label: "•", text: "name" }, { look: 7, text: "Help in other languages" }] } });
  // What was made: letters that wait for two, forms of before the case changed.
  const signatures = [];
  const sets = () => [{ set: "letters", file: "manifest.json", at: iso(h.now - 2 * HOUR), made_by: "root", entry: 318015, run: 318010, facts: 318012, stale: false, counts: { letters: 4021, pages: 12063, files: 6, other_language: 37, "no-address": 102 }, sha256: sum, ready: new Set(signatures.map((x) => x.user)).size > 1, people: new Set(signatures.map((x) => x.user)).size, by: signatures },
    { set: "forms", file: "SHA256SUMS", at: iso(h.now - 30 * HOUR), made_by: "root", entry: 318011, run: 317000, facts: 317001, stale: true, counts: { forms: 15, blanks: 61, files: 53 }, sha256: hash.replace(/^5/, "6"), ready: false, people: 1, by: [{ user: "pia", role: "privacy", at: iso(h.now - 29 * HOUR), entry: 318013 }] }];
  const sign = ({ body, s, send, fail }) => {
    if (!body.password) return fail(403, "password", "A signature is a person's: give your password again.");
    if (body.password !== "a quiet river by night") return fail(403, "password", "The password is wrong: nothing was signed.");
    if (body.sha256 !== sum) return fail(409, "no", "the case was run again, or its facts were changed, since this was made: make it again, and sign for that");
    if (signatures.some((x) => x.user === s.user)) return fail(409, "no", "you have signed for this already: the second signature is another person's");
    signatures.push({ user: s.user, role: s.role ?? "owner", at: iso(Date.now()), entry });
    return send(201, { entry: entry++ });
  };
  const below = ({ c, req, parts, body, s, send, fail }) => {
    q = new URL(req.url, "http://x").searchParams; const of = parts[2], open = queue.filter((x) => !x.said), same = queue.filter((x) => x.said?.same).length, different = queue.length - open.length - same;
    if (req.method === "POST" && of === "person") return body.person === "P77" ? send(200, { line: 77 }) : fail(404, "not-found", "the newest run found nobody of this number");
    if (req.method === "POST" && of === "sign") return sign({ body, s, send, fail });
    if (!c.runs.length) return fail(404, "not-found", "nothing was found yet: holdfast scope case run comes first");
    if (api.busy && of === "review") return fail(503, "busy", "review.ndjson is being read: 40 of 300 MB; ask again in a moment");
    if (of === "review") {
      const list = (q.get("all") === "1" ? queue : open).filter((x) => x.n >= Number(q.get("from") ?? 0)).slice(0, Number(q.get("n") ?? 10));
      if (list.length) api.audits.push("pairs");
      return send(200, { run: 318010, runAt: iso(h.now - 20 * HOUR), pairs: queue.length, open: open.length, same, different, low: 4123 + different, point: 4190 - same, high: 4266 - same, list });
    }
    if (of === "duties") return c.discovered ? send(200, { run: 318010, runAt: iso(h.now - 20 * HOUR), facts: { by: "eve", at: iso(h.now - 19 * HOUR), entry: 318012 }, total: { low: 4123, high: 4266 }, discovered: c.discovered.slice(0, 10), place: "US-TX", told: api.told ?? {}, sent: api.sent ?? [],
      duties: [duty(-5.5, iso(Date.now() - 5.5 * HOUR), "us-circia", "regulator", "US", "CISA", "secondary-1", { may_apply: true, cite: "6 U.S.C. 681b", why: "72 hours from the belief that a covered incident occurred; whether the entity is covered is not said in the case." }), duty(api.soon ? (Date.parse(api.soon) - Date.now()) / HOUR : 30.5, day(1), "us-tx-ag", "regulator", "US-TX", "Attorney General of Texas", "statute-text", { cite: "Tex. Bus. & Com. Code 521.053(i)", why: "3,900 residents of US-TX, from 250 on. 30 days from the day on which the breach was determined, taken as that of discovery." }), duty(20 * 24 + 12, day(20), "us-hipaa-individual", "individual", "US", "individual", "page", { months: 12, cite: "45 CFR 164.404(b)", why: "Without unreasonable delay, and no later than 60 days from discovery." }), duty(null, null, "us-xx", "cra", "US-GA", "consumer reporting agencies", "not-seen")],
      possible: [duty(60 * 24, day(60), "us-sec-8k", "regulator", "US", "SEC", "page", { possible: true })], remarks: ["ZZ: no rule is held for persons whose country is not known"] }) : fail(409, "input", "discovered: it is not said when the breach was discovered");
    if (of === "letters") return send(200, { run: 318010, runAt: iso(h.now - 20 * HOUR), languages: ["en", "es"], language: "en", date: day(9), ...(api.lacks ? { lacks: api.lacks } : {}), letters: { day: day(-2), letters: 4021, not: { "no-address": 102, "deceased-nobody-known": 67 }, languages: { "not-said": 3900, es: 84, vi: 37 }, places: { "US-TX": 3900, "US-MA": 121 }, kinds: [{ to: "person", quiet: false, letters: 3900, lines: [0, 5] }, { to: "guardian", quiet: false, letters: 121, lines: [7] }] },
      sets: sets(),
      signed: api.signed ?? [{ file: "letters/manifest.json", sha256: hash, ready: false, people: 1, by: [{ user: "eve", role: "privacy", at: iso(h.now - HOUR), entry: 318020 }] }], signers: [{ user: "bob", role: "owner" }, { user: "pia", role: "privacy" }] });
    if (of === "letter") return q.get("line") === "9999" ? fail(404, "not-found", "the newest run found 4190 persons") : send(200, letterOf(q));
    return fail(404, "not-found", "Nothing is here.");
  };
  const api = {
    said: [], audits: [], signatures,
    reset() { all = made(); api.said = []; api.audits = []; queue = pairs(); signatures.length = 0; },
    handle({ req, parts, body, s, send, fail, may }) {
      if (!may("scope")) return null;
      const c = Object.values(all).find((x) => x.case === parts[1]);
      if (!parts[1]) return send(200, { cases: [...Object.values(all).map((x) => ({ case: x.case, title: x.title, opened: x.opened, from: x.from, to: x.to, discovered: x.discovered, runs: x.runs.length, listed: x.runs[0]?.at, ...x.estimate })), { case: "mail", title: "", opened: iso(h.now), from: iso(h.now - HOUR), to: iso(h.now), runs: 0 }] });
      if (!c) return fail(404, "not-found", "there is no case of this name");
      if (parts[2]) return below({ c, req, parts, body, s, send, fail });
      if (req.method !== "POST") return send(200, c);
      if (body.what === "assess" && !body.text) return fail(400, "input", "Say why.");
      api.said.push(body);
      if (body.what === "pair") {
        const p = queue.find((x) => [x.pair.a.record, x.pair.b.record].every((r) => r === body.a || r === body.b));
        if (p) p.said = body.same === null ? undefined : { same: body.same, by: s.user, at: iso(Date.now()), entry };
        return send(201, { entry: entry++ });
      }
      const say = { subject: body.subject, outcome: body.outcome, text: body.text, by: s.user, at: iso(Date.now()), entry: entry++ };
      if (body.what === "assess") { c.assessment[body.subject] = say; if (["nature-and-extent", "unauthorized-person", "acquired-or-viewed", "mitigated"].every((f) => c.assessment[f])) c.assessment.presumption = "stands"; }
      else c[body.what === "question" ? "questions" : "decisions"].push(say);
      send(201, { entry: say.entry });
    },
  };
  return api;
}
