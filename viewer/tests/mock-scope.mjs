// The mock hospital's cases of a breach: one that was run, one that was only opened. bob (owner) may see them.
const hash = "5d2bf1e0c6a94f7d8e3b1a0c9d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e";
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
  const api = {
    said: [],
    reset() { all = made(); api.said = []; },
    handle({ req, parts, body, s, send, fail, may }) {
      if (!may("scope")) return null;
      const c = Object.values(all).find((x) => x.case === parts[1]);
      if (!parts[1]) return send(200, { cases: [...Object.values(all).map((x) => ({ case: x.case, title: x.title, opened: x.opened, from: x.from, to: x.to, discovered: x.discovered, runs: x.runs.length, ...x.estimate })), { case: "mail", title: "", opened: iso(h.now), from: iso(h.now - HOUR), to: iso(h.now), runs: 0 }] });
      if (!c) return fail(404, "not-found", "there is no case of this name");
      if (req.method !== "POST") return send(200, c);
      if (body.what === "assess" && !body.text) return fail(400, "input", "Say why.");
      api.said.push(body);
      const say = { subject: body.subject, outcome: body.outcome, text: body.text, by: s.user, at: iso(Date.now()), entry: entry++ };
      if (body.what === "assess") { c.assessment[body.subject] = say; if (["nature-and-extent", "unauthorized-person", "acquired-or-viewed", "mitigated"].every((f) => c.assessment[f])) c.assessment.presumption = "stands"; }
      else c[body.what === "question" ? "questions" : "decisions"].push(say);
      send(201, { entry: say.entry });
    },
  };
  return api;
}
