// The mock hospital's partner links and its file server's sensor. Two who may sign: ada (security) and bob (owner); eve looks only.
const iso = (ms) => new Date(ms).toISOString();
const MIN = 60000, HOUR = 60 * MIN;
const order = ["CUT", "QUARANTINED", "TEST", "ONE-WAY", "LIMITED", "OPEN"];
const plans = [
  ["lab-west", "laboratory", "in", "mllp", "results of the regional laboratory", "Dr. Amrani, laboratory"], ["lab-orders", "laboratory", "out", "mllp", "orders to the regional laboratory", "Dr. Amrani, laboratory"], ["radiology", "imaging", "in", "tcp", "pictures from the imaging centre", "PACS team"], ["teleradiology", "imaging", "out", "tcp", "reading at night", "PACS team"],
  ["pharmacy-chain", "pharmacy", "out", "mllp", "prescriptions at discharge", "Pharmacy"], ["gp-network", "exchange", "in", "mllp", "letters of general practitioners", "IT"], ["insurer", "billing", "out", "tcp", "claims", "Finance"], ["registry-state", "public health", "out", "mllp", "notifiable diseases", "Hygiene"],
];
export function gates(h, knobs) {
  let entry = 316200;
  const log = [], now = () => Date.now();
  const note = (kind, says, at = now()) => { const e = { entry: entry++, time: iso(at), kind, says }; log.push(e); return e; };
  const links = plans.map(([name, kind, direction, protocol, purpose, owner], i) => ({ name, kind, direction, protocol, purpose, owner, state: "OPEN", since: h.now - 40 * 24 * HOUR, listen: `10.1.2.3:${2600 + i}`, to: `192.0.2.${10 + i}:6661`, queue: [], proof: null, bytes: 91e6 * (i + 1), messages: 31200 * (i + 1), last: h.now - (i + 1) * 2 * MIN, signed: "", until: 0, expires: 0, types: i === 1 ? ["OML", "ORM^O01"] : [], rate: i === 1 ? 5 : 0, allow: i ? [] : ["192.0.2.0/24"] }));
  for (const l of links.slice(0, 2)) note("gate-act", { what: "add", link: { name: l.name }, by: "root (uid 0)", role: "command", standing: { state: "OPEN" } }, h.now - 40 * 24 * HOUR);
  Object.assign(links[1], { conditions: [{ name: "rebuilt", text: "their machines were rebuilt", before: "TEST" }, { name: "letter", text: "their letter of assurance is here" }], met: [] });
  const clock = (ms) => iso(ms).slice(0, 19) + "Z";
  const prove = (l, method = "relay") => { if (order.indexOf(l.state) > 1) return; l.proof = { method, at: iso(now()), result: `${l.direction === "out" && l.protocol === "mllp" ? "no connection to the far side; what is sent is queued" : "refused on v4, refused on v6"}; 0 bytes since ${clock(l.since)}` }; note("gate-act", { what: "proof", link: l.name, method, at: now() * 1e6, bytesSince: 0, result: l.proof.result }); };
  const move = (l, state) => { l.state = state; l.since = now(); l.signed = ""; l.proof = null; };
  const show = (l) => ({ name: l.name, state: l.state, since: iso(l.since), class: l.kind, bytes: l.bytes, queue: l.queue.length, last_message: iso(l.last), proof: l.proof, more: { ...(l.certificates ? { certificates: l.certificates } : {}), name: l.name, class: l.kind, owner: l.owner, purpose: l.purpose, direction: l.direction, protocol: l.protocol, listen: l.listen, to: l.to, ...(l.allow.length ? { allow: l.allow } : {}), ...(l.types.length ? { types: l.types } : {}), ...(l.rate ? { rate: l.rate } : {}), ...(l.conditions ? { conditions: l.conditions, met: l.met } : {}), messages: l.messages, bytesSince: 0, listening: l.state === "OPEN", ...(l.problem ? { problem: l.problem } : {}), ...(l.state !== "OPEN" ? { next: order[order.indexOf(l.state) + 1] } : {}), ...(l.signed ? { signed: l.signed, signedUntil: iso(l.until) } : {}), ...(l.refused ? { refusedFirst: l.refused.seq, refusedCode: l.refused.code, refusedSince: iso(l.refused.since), problem: `${l.name} refuses message ${l.refused.seq}` } : {}), ...(givenUp.get(l.name)?.length ? { skipped: givenUp.get(l.name).length } : {}), ...(l.expires ? { expires: iso(l.expires) } : {}), ...(l.queue.length ? { queueFirst: l.queue[0].seq, queueSince: l.queue[0].received } : {}) } });
  const hold = (l, n) => { for (let i = 0; i < n; i++) l.queue.push({ seq: entry++, control_id: `M${81000 + entry}`, type: "OML^O21", sending_application: "LABENGINE", received: iso(now() - (n - i) * 900) }); };
  // ---- the sensor ----
  const files = Array.from({ length: 3 }, (_, i) => `/srv/share/cardiology/2026/letters/arztbrief-${4711 + i}.docx`);
  const verdict = { id: "w4", state: "stopped", restored: false, at: h.now - 12 * MIN };
  note("alarm", { what: "watch", id: "watch-ready", severity: "notice", text: "ready", watch: { event: "ready", mode: "pre-content", act: "stop", folders: 812 } }, h.now - 30 * HOUR);
  const line = { event: "verdict", id: "w4", pid: 31822, session: 31800, uid: 1004, comm: "python3", began: iso(verdict.at - 1400), reasons: ["3 files in a row lost the structure of what they are (2 Word, 1 PDF) and became noise", "the new name README_LOCKED.txt in 2 folders, as ransom notes are"], file_count: 3, files };
  const v = note("alarm", { what: "watch", id: "watch-w4", severity: "alarm", text: "verdict", infectionBegan: line.began, watch: line }, verdict.at);
  const events = [{ entry: v.entry, time: v.time, event: "verdict" }];
  const did = (event, by, more = {}, at = now()) => { const e = note("alarm", { what: "watch", id: "watch-w4", severity: "notice", text: event, by, ...(more.reason ? { reason: more.reason } : {}), watch: { event, id: "w4", ...more } }, at); events.push({ entry: e.entry, time: e.time, event, by, reason: more.reason }); };
  did("stopped", undefined, {}, verdict.at + 20);
  let orders = 100;
  const lines = files.map((path) => ({ path, action: "put-back", from: "pre-image" })).concat([{ path: "/srv/share/cardiology/2026/README_LOCKED.txt", action: "set-aside" }, { path: "/srv/share/cardiology/2026/plan.xlsx", action: "left", why: "somebody else changed it after the stop" }]);
  const counts = { put_back: 3, set_aside: 1, left: 1, vault: 0, failed: 0 };
  let plan = null;
  // ---- addresses, this host, kept plans ----
  const host = { isolated: false, since: 0, signed: "", until: 0, members: ["10.1.0.0/16"], admins: ["10.1.9.5"], addresses: [], proof: null };
  const island = () => ({ isolated: host.isolated, ...(host.since ? { since: iso(host.since) } : {}), ...(host.signed ? { signed: host.signed, signedUntil: iso(host.until) } : {}), members: host.members, admins: host.admins, addresses: host.addresses, nft: !knobs.noNft, ...(knobs.noNft ? { why: "nft: Operation not permitted" } : {}), ...(host.isolated ? { proof: host.proof } : {}) });
  const probe = (text) => ({ method: knobs.noNft ? "none" : "nft", at: iso(now()), result: knobs.noNft ? "NOT CUT IN THE KERNEL: nft: Operation not permitted" : `${text}; 3 packets stopped since ${iso(now()).slice(0, 19)}Z` });
  const cutAddress = (address, by, reason) => { const a = { address, state: "CUT", since: iso(now()), by, ...(reason ? { reason } : {}), packets_stopped: 3, proof: probe(`a connection to ${address} is stopped`) }; host.addresses.push(a); note("gate-act", { what: "cut-address", address, by, reason: reason || undefined }); return a; };
  const isolate = (by, reason) => { host.isolated = true; host.since = now(); host.proof = probe("a packet to an address that nobody has is stopped (192.0.2.1, 2001:db8::1)"); note("gate-act", { what: "isolate", by, reason: reason || undefined, isolation: { on: true } }); };
  const cutLink = (l, by, reason) => { move(l, "CUT"); l.expires = 0; note("gate-act", { what: "cut", link: l.name, by, reason: reason || undefined, standing: { state: "CUT" } }); prove(l); };
  const kept = [];
  const cutsOf = (p) => links.filter((l) => p.cuts.all || (p.cuts.links ?? []).includes(l.name) || (p.cuts.classes ?? []).includes(l.kind)).filter((l) => !(p.cuts.keep ?? []).includes(l.name));
  const showPlan = (p) => {
    const mine = cutsOf(p), addresses = (p.cuts.addresses ?? []).map((address) => ({ address, cut: host.addresses.some((a) => a.address === address), ...(host.admins.includes(address) ? { never: true } : {}) }));
    const open = mine.filter((l) => l.state !== "CUT").length + addresses.filter((a) => !a.cut && !a.never).length + (p.cuts.isolate && !host.isolated ? 1 : 0);
    return { name: p.name, entry: p.entry, saved: p.saved, by: p.by, ...(p.reason ? { reason: p.reason } : {}), cuts: p.cuts, state: !p.carried ? "ready" : p.undoing ? "undoing" : open ? "partly" : "carried-out", open, links: mine.map((l) => ({ name: l.name, class: l.kind, state: l.state })), addresses, isolate: !!p.cuts.isolate, isolated: host.isolated, ...(p.carried ? { carried: p.carried } : {}), ...(p.signed ? { undo: { signed: p.signed, signedUntil: iso(now() + HOUR) } } : {}) };
  };
  const changes = (p) => ({ links: cutsOf(p).filter((l) => l.state !== "CUT").map((l) => l.name), addresses: (p.cuts.addresses ?? []).filter((a) => !host.admins.includes(a) && !host.addresses.some((x) => x.address === a)), isolated: !!p.cuts.isolate && !host.isolated });
  const givenUp = new Map();
  const gate = {
    links, log, verdict, hold,
    partners: () => ({ links: links.length, waiting: links.reduce((n, l) => n + l.queue.length, 0), states: Object.fromEntries(order.map((s) => [s, links.filter((l) => l.state === s).length]).filter(([, n]) => n)) }),
    reset: () => { for (const l of links) { move(l, "OPEN"); l.queue = []; l.expires = 0; } verdict.state = "stopped"; verdict.restored = false; plan = null; for (const l of links) { delete l.refused; delete l.certificates; } givenUp.clear(); kept.length = 0; Object.assign(host, { isolated: false, since: 0, signed: "", addresses: [], proof: null }); },
    refuse: (l, code) => { l.refused = { seq: l.queue[0].seq, code, since: now() - 4 * MIN }; },
    keep: (name, cuts, reason) => { kept.push({ name, cuts, reason, by: "root (uid 0)", saved: iso(h.now - 24 * HOUR), entry: entry++ }); },
    setPlan: (p) => { plan = p; },
    events: (q) => { const name = (q.get("patient") ?? "").replace(/^link\//, ""); return { events: log.filter((e) => e.kind === "gate-act" && (e.says.link?.name ?? e.says.link) === name).reverse().map((e) => ({ entry: e.entry, time: e.time, kind: e.kind, user: e.says.by, what: e.says.what, patient: `link/${name}`, reason: e.says.reason, text: e.says.result ?? e.says.standing?.state })), next: null }; },
    handle({ req, path, parts, q, body, s, send, fail, may }) {
      if (!may("gate")) return;
      const post = req.method === "POST";
      if (post && !may("cut")) return;
      const chosen = () => links.filter((l) => body.all || (body.class ? l.kind === body.class : l.name === body.name));
      if (path === "gate") { if (knobs.noLinks) send(200, { links: [] }); else send(200, { links: links.map(show) }); }
      else if (path === "gate/queue") { const l = links.find((x) => x.name === q.get("name")); send(200, { queue: l.queue.slice(0, 50), waiting: l.queue.length }); }
      else if (path === "gate/refused") send(200, { refused: givenUp.get(q.get("name")) ?? [] });
      else if (path === "gate/retry" || path === "gate/skip") {
        const l = links.find((x) => x.name === body.name);
        if (!l.refused) { fail(409, "no", "the far side has refused nothing that waits: nothing is changed"); return; }
        if (path === "gate/retry") { gate.retried = (gate.retried ?? 0) + 1; send(200, { name: l.name, done: "retry" }); return; }
        if (!body.reason) { fail(400, "usage", "say why it is given up: it is recorded"); return; }
        if (body.seq !== l.refused.seq) { fail(409, "no", `the message that is refused is ${l.refused.seq}, and only that one can be skipped`); return; }
        const m = l.queue.shift();
        givenUp.set(l.name, [...(givenUp.get(l.name) ?? []), { ...m, code: l.refused.code, by: s.user, reason: body.reason, at: iso(now()), entry: entry++ }]);
        delete l.refused;
        send(200, { name: l.name, done: "skip" });
      } else if (path === "gate/island") send(200, island());
      else if (path === "gate/cut-address") {
        if (!/^[0-9a-f.:]+$/i.test(body.address)) { fail(400, "usage", `${body.address} is not an address: give an IPv4 or IPv6 address`); return; }
        if (host.admins.includes(body.address)) { fail(403, "denied", `${body.address} is an administrator's: it is never cut`); return; }
        send(200, cutAddress(body.address, s.user, body.reason));
      } else if (path === "gate/free-address") {
        const i = host.addresses.findIndex((a) => a.address === body.address), a = host.addresses[i];
        if (!a) { fail(404, "not-found", "this address is not cut"); return; }
        if (a.signed === s.user) { fail(403, "denied", `${a.signed} has signed for this: the second signature is another person's`); return; }
        if (a.signed) host.addresses.splice(i, 1); else Object.assign(a, { signed: s.user, signedUntil: iso(now() + 24 * HOUR) });
        const freed = !host.addresses.includes(a);
        note("gate-act", { what: freed ? "free-address" : "free-sign", address: body.address, by: s.user, reason: body.reason || undefined });
        send(200, { ...a, freed, state: freed ? "FREE" : "CUT" });
      } else if (path === "gate/isolate") { if (!host.isolated) isolate(s.user, body.reason); send(200, island());
      } else if (path === "gate/isolate-end") {
        if (host.signed === s.user) { fail(403, "denied", "You have signed for this: it needs another person"); return; }
        if (host.signed) { host.isolated = false; host.signed = ""; host.since = 0; } else { host.signed = s.user; host.until = now() + 24 * HOUR; }
        send(200, island());
      } else if (path === "gate/plans") send(200, { plans: kept.map(showPlan) });
      else if (path === "gate/plans/save") {
        if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,38}$/.test(body.name)) { fail(400, "usage", "a name has 1 to 39 letters, digits, '-', '_' or '.'"); return; }
        const at = kept.findIndex((x) => x.name === body.name), p = { name: body.name, cuts: body.cuts, reason: body.reason, by: s.user, saved: iso(now()), entry: entry++ };
        if (at < 0) kept.push(p); else kept[at] = { ...kept[at], ...p };
        note("gate-act", { what: "plan", name: p.name, cuts: p.cuts, by: s.user, reason: p.reason });
        send(200, showPlan(at < 0 ? p : kept[at]));
      } else if (path === "gate/plans/remove") {
        const at = kept.findIndex((x) => x.name === body.name);
        if (at < 0) { fail(404, "not-found", "there is no such plan"); return; }
        if (kept[at].carried) { fail(409, "no", "something that it cut is not undone"); return; }
        kept.splice(at, 1); note("gate-act", { what: "plan-remove", name: body.name, by: s.user, reason: body.reason || undefined }); send(204, "");
      }
      else if (path === "gate/plans/carry-out" || path === "gate/plans/undo") {
        const p = kept.find((x) => x.name === body.name);
        if (!p) { fail(404, "not-found", "there is no such plan"); return; }
        if (path === "gate/plans/carry-out") {
          const cut = changes(p), left = (p.cuts.addresses ?? []).filter((a) => host.admins.includes(a)).map((what) => ({ what, why: "an administrator's address is never cut" }));
          if (!body.dry_run) {
            for (const l of cutsOf(p)) if (l.state !== "CUT") cutLink(l, s.user, body.reason);
            for (const a of cut.addresses) cutAddress(a, s.user, body.reason);
            if (cut.isolated) isolate(s.user, body.reason);
            p.carried = { entry: entry++, at: iso(now()), by: s.user, ...(body.reason ? { reason: body.reason } : {}), ...cut };
            note("gate-act", { what: "plan-cut", plan: p.name, by: s.user, reason: body.reason || undefined, cut });
          }
          send(200, { ...showPlan(p), dry_run: !!body.dry_run, moved: cut.links.length, recorded: !knobs.unrecorded, cut, left, ...(host.isolated && !body.dry_run ? { proof: host.proof } : {}) });
          return;
        }
        if (p.signed === s.user) { fail(403, "denied", "You have signed for this stage: it needs another person"); return; }
        p.undoing = true;
        if (!p.signed) { p.signed = s.user; send(200, { ...showPlan(p), moved: [], signed: p.carried.links, held: [], freed: [], done: false }); return; }
        p.signed = "";
        const moved = p.carried.links.map((n) => links.find((l) => l.name === n)).filter((l) => l.state !== "OPEN").map((l) => { move(l, order[order.indexOf(l.state) + 1]); return { name: l.name, state: l.state }; }), freed = p.carried.addresses.splice(0);
        host.addresses = host.addresses.filter((a) => !freed.includes(a.address));
        if (p.carried.isolated) host.isolated = p.carried.isolated = false;
        send(200, { ...showPlan(p), moved, signed: [], held: [], freed, done: false });
      } else if (parts[0] === "gate" && parts[1] === "plans" && parts[2]) { const p = kept.find((x) => x.name === parts[2]); if (p) send(200, showPlan(p)); else fail(404, "not-found", "there is no such plan");
      } else if (path === "gate/letter") {
        const l = links.find((x) => x.name === q.get("name"));
        if (q.get("kind") === "cut" && l.state === "OPEN") { fail(409, "no", `${l.name} was never cut: there is no notice of a cut to write`); return; }
        note("gate-letter", { link: l.name, letter: q.get("kind"), to: q.get("to"), lang: q.get("lang"), by: s.user });
        gate.letters = [...(gate.letters ?? []), Object.fromEntries(q)];
        send(200, Buffer.from(q.get("format") === "txt" ? `A letter about ${l.name}\n` : "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"), q.get("format") === "txt" ? "text/plain; charset=utf-8" : "application/pdf", { "Holdfast-As-Of": `${entry - 1} ${iso(now())}` });
      } else if (path === "gate/cut") {
        let moved = 0;
        for (const l of chosen()) if (l.state !== "CUT") { moved++; move(l, "CUT"); l.expires = 0; note("gate-act", { what: "cut", link: l.name, by: s.user, role: s.role, reason: body.reason || undefined, standing: { state: "CUT" } }); if (l.direction === "out" && l.protocol === "mllp") hold(l, 3); }
        setTimeout(() => { for (const l of chosen()) prove(l); }, knobs.slowProof ?? 0);
        send(200, { moved, recorded: !knobs.unrecorded, links: chosen().map(show) });
      } else if (path === "gate/probe") { for (const l of chosen()) prove(l); send(200, { moved: 0, recorded: true, links: chosen().map(show) }); }
      else if (path === "gate/advance") {
        const l = links.find((x) => x.name === body.name), next = order[order.indexOf(l.state) + 1];
        const open = (l.conditions ?? []).find((c) => !l.met.includes(c.name) && order.indexOf(next) >= order.indexOf(c.before ?? "QUARANTINED"));
        if (open && knobs.conditions) { fail(409, "no", `the condition ${open.name} is not met: ${open.text}`); return; }
        if (l.signed === s.user) { fail(403, "denied", "You have signed for this step: it needs another person"); return; }
        if (!l.signed) { l.signed = s.user; l.until = now() + 24 * HOUR; note("gate-act", { what: "sign", link: l.name, by: s.user, role: s.role, reason: body.reason || undefined, standing: { state: l.state, first: s.user } }); send(200, { name: l.name, state: l.state, moved: false, signed: s.user, next, signedUntil: iso(l.until) }); return; }
        const first = l.signed;
        move(l, next);
        l.expires = body.expires === "never" ? 0 : now() + 24 * HOUR;
        note("gate-act", { what: "step", link: l.name, by: s.user, role: s.role, first, reason: body.reason || undefined, standing: { state: next } });
        if (order.indexOf(next) >= 3 && l.queue.length) { note("gate-act", { what: "drained", link: l.name, sent: l.queue.length, firstHeld: l.queue[0].seq, lastHeld: l.queue.at(-1).seq }); l.queue = []; }
        send(200, { name: l.name, state: next, moved: true, first, second: s.user });
      } else if (path === "gate/condition") { const l = links.find((x) => x.name === body.name); l.met = l.met.filter((x) => x !== body.condition).concat(body.met ? [body.condition] : []); note("gate-act", { what: "condition", link: l.name, by: s.user, condition: body.condition, met: body.met, standing: { state: l.state } }); send(204, "");
      } else if (path === "watch") send(200, { sensor: { now: { answers: !knobs.noSensor, seen: iso(now()) }, ready: iso(h.now - 30 * HOUR), says: {} }, verdicts: knobs.noVerdicts ? [] : [{ ...line, id: "w4", state: verdict.state, restored: verdict.restored, entry: v.entry, time: v.time, events: events.slice().reverse() }], notes: [] });
      else if (parts[0] === "watch" && parts[2] === "release") { did("release-ordered", s.user, { reason: body.reason || undefined }); verdict.state = "released"; did("released", s.user, { continued: 1 }); send(200, { order: ++orders, what: "release", id: "w4", state: "done", result: { ok: true, continued: 1 } }); }
      else if (parts[0] === "watch" && parts[2] === "restore") {
        if (!body.dry_run) { did("restore-ordered", s.user, {}); verdict.restored = true; did("restored", s.user, counts); }
        if (body.dry_run) send(202, { order: ++orders, what: "proposal", id: "w4", state: "taken" });
        else send(200, { order: ++orders, what: "restore", id: "w4", state: "done", result: { ok: true, dry_run: false, ...counts, lines, lines_left_out: 0 } });
      } else if (parts[0] === "watch" && parts[1] === "order") send(200, { order: Number(parts[2]), what: "proposal", id: "w4", state: "done", result: { ok: true, dry_run: true, ...counts, lines, lines_left_out: 0 } });
      else if (path === "incident") { const from = q.get("from") ? Date.parse(q.get("from")) : 0, all = log.filter((e) => Date.parse(e.time) >= from).sort((a, b) => Date.parse(a.time) - Date.parse(b.time)); send(200, { asOf: { entry: entry - 1, time: iso(now()) }, more: false, entries: all }); }
      else if (path === "plan") send(200, plan ? { plan, entry: 316150, time: iso(h.now - 5 * 24 * HOUR), by: "root (uid 0)" } : { plan: null });
      else fail(404, "not-found", "Nothing is here.");
    },
  };
  return gate;
}
export const examplePlan = {
  sound: false, groups: [
    { group: "wards", island: true, because: "its name", prefixes: ["10.1.10.0/24", "10.1.11.0/24"], links_cut: [], talks_to: ["laboratory", "pharmacy", "holdfast"], cut_from: ["offices", "imaging"], hosts: Array.from({ length: 212 }, (_, i) => ({ name: `ward-${i}` })) },
    { group: "laboratory", island: true, because: "its name", prefixes: ["10.1.20.0/24"], links_cut: ["lab-west", "lab-orders"], talks_to: ["wards", "pharmacy", "holdfast"], cut_from: ["offices", "imaging"], hosts: Array.from({ length: 41 }, (_, i) => ({ name: `lab-${i}` })) },
    { group: "pharmacy", island: true, because: "its name", prefixes: ["10.1.30.0/25"], links_cut: ["pharmacy-chain"], talks_to: ["wards", "laboratory", "holdfast"], cut_from: ["offices", "imaging"], hosts: [{ name: "ph-1" }] },
    { group: "offices", island: false, because: "said", prefixes: ["10.2.0.0/16"], links_cut: ["insurer"], talks_to: [], cut_from: ["wards", "laboratory", "pharmacy", "holdfast", "imaging"], hosts: Array.from({ length: 980 }, (_, i) => ({ name: `pc-${i}` })) },
    { group: "imaging", island: false, because: "said", prefixes: ["10.1.40.0/24"], links_cut: ["radiology", "teleradiology"], talks_to: [], cut_from: ["wards", "laboratory", "pharmacy", "holdfast", "offices"], hosts: Array.from({ length: 17 }, (_, i) => ({ name: `ct-${i}` })) },
  ], no_group: [{ name: "unknown-7" }], checks: [{ level: "error", check: "bridge", text: "srv-print is in group wards and in group offices, which are cut from each other: it would join them" }, { level: "warning", check: "administrators", text: "where the administrators are was not said: give --admin ADDRESS or a group administrators" }], checks_left_out: 0,
};
