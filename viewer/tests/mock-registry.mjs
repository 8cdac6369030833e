// The mock hospital's registry of reported breaches: 120 incidents of two lists, one of them with a history. bob (owner) may see it.
export function registry(h) {
  const iso = (ms) => new Date(ms).toISOString(), two = (n) => String(n).padStart(2, "0"), types = ["Hacking/IT Incident", "Unauthorized Access/Disclosure", "Theft"], places = ["Network Server", "Email", "Paper/Films", "Email, Network Server"], states = ["TX", "CA", "NY", ""];
  const rows = Array.from({ length: 120 }, (_, i) => ({ id: i + 1, name: i === 7 ? "Clínica <b>Ñandú</b> & Sons, a name that is as long as some of them are, LLC d/b/a The Clinic" : `Hospital ${i + 1}`, state: states[i % 4], entity_type: i % 3 ? "Healthcare Provider" : "Health Plan", type: types[i % 3], location: places[i % 4], persons: i % 10 === 0 ? 500 : i === 5 ? undefined : 600 * (i + 1) * (i + 1), placeholder: i % 10 === 0, submitted: `${2023 + (i % 2)}-${two(1 + (i % 12))}-${two(1 + (i % 27))}`, business_associate: i % 4 === 0, view: i % 3 ? "under-investigation" : "archive", carried: i === 9 }));
  const tally = (all, of) => Object.entries(all.reduce((a, x) => { for (const k of of(x)) { a[k] ??= { incidents: 0, persons: 0 }; a[k].incidents++; a[k].persons += x.persons ?? 0; } return a; }, {})).map(([name, v]) => ({ name, ...v })).sort((a, b) => b.incidents - a.incidents);
  const made = () => [{ id: 1, source: "ocr", view: "under-investigation", as_of: "2024-10-08", as_of_from: "the newest submission in it", rows: 80, unread: 0, file: "ocr_ui_2024-10.csv", entry: 318500, time: iso(h.now - 3600000), warnings: [{ what: "repaired", values: ["1200"], text: "1200 rows had text in a broken encoding: it was put right, and the row as it stood is kept" }, { what: "swapped-dates", form: "late", values: ["3", "7"], text: "3 dates lay after the list's own day and were turned, day for month (the first in line 7)" }, { what: "category", values: ["2", "a location", "9"], text: "2 rows have a location that the portal does not know (the first in line 9)" }, { what: "repaired", text: "12 rows, said by an older program" }] }, { id: 2, source: "ocr", view: "archive", as_of: "2024-10-08", as_of_from: "from the list that came with it", rows: 40, unread: 2, file: "ocr_archive_2024-10.csv", entry: 318501, time: iso(h.now - 3500000), warnings: [] }];
  let imports = made();
  const api = {
    asked: [], brought: [], empty: false, rows: 702,
    reset() { imports = made(); api.asked = []; api.brought = []; api.empty = false; api.rows = 702; },
    handle({ req, parts, q, bytes, send, fail, may }) {
      if (!may("scope")) return;
      const year = q.get("year") ?? "", view = q.get("view") || "full", mine = rows.filter((x) => (!year || x.submitted.startsWith(year)) && (view === "full" || x.view === view));
      const basis = { source: q.get("source") || "ocr", view, as_of: "2024-10-08", lists: { "under-investigation": "2024-10-08", archive: "2024-10-08" }, carried: 1, removed: 0, warnings: view === "full" ? [] : [{ what: "one-view", text: "One of the portal's two lists alone: resolved cases stand in the other." }] };
      if (!parts[1]) return send(200, { year: Number(year) || 0, imports: api.empty ? [] : imports, figures: api.empty || basis.source !== "ocr" ? null : { ...basis, incidents: mine.length, persons: mine.reduce((a, x) => a + (x.persons ?? 0), 0), persons_unknown: 1, placeholders: mine.filter((x) => x.placeholder).length, business_associate: 30, median: 6500, median_of: 100, entity_type: tally(mine, (x) => [x.entity_type]), breach_type: tally(mine, (x) => [x.type]), location_any: tally(mine, (x) => x.location.split(", ")), state: tally(mine, (x) => [x.state]), month: [], years: [{ name: "2023", incidents: 60, persons: 1 }, { name: "2024", incidents: 60, persons: 1 }] } });
      if (parts[1] === "incidents") {
        const text = (q.get("q") ?? "").toLowerCase(), by = q.get("sort") || "submitted", up = q.get("order") === "asc" ? 1 : -1;
        const all = mine.filter((x) => x.name.toLowerCase().includes(text) && ["state", "type", "entity"].every((k) => !q.get(k) || (k === "entity" ? x.entity_type : x[k]) === q.get(k)) && (!q.get("location") || x.location.split(", ").includes(q.get("location")))).sort((a, b) => up * ((a[by] ?? 0) < (b[by] ?? 0) ? -1 : (a[by] ?? 0) > (b[by] ?? 0) ? 1 : 0));
        return send(200, { ...basis, total: all.length, incidents: all.slice(Number(q.get("offset") ?? 0)).slice(0, Number(q.get("limit") ?? 50)) });
      }
      if (parts[1] === "incident") {
        const x = rows[Number(parts[2]) - 1];
        if (!x) return fail(404, "not-found", "there is no incident of this number");
        return send(200, { ...x, history: [{ ...x, as_of: "2024-10-08", file: "ocr_ui_2024-10.csv", entry: 318500, changed: false, persons: 500, placeholder: true }, { ...x, as_of: "2026-04-07", file: "ocr_ui_2026-04.csv", entry: 318502, changed: true }], description: "The covered entity said what happened.", repaired: x.id === 8, part_of: x.id === 8 ? [{ id: 9, perhaps: true, as_of: "2026-04-07", why: "the other, of the same state and type and about the same day, went up by nearly as many persons" }] : [], parts: x.id === 9 ? [{ id: 8, perhaps: true, as_of: "2026-04-07", why: "the other, of the same state and type and about the same day, went up by nearly as many persons" }] : [] });
      }
      if (parts[1] === "plot") {
        api.asked.push(`${parts[2]}?${q}`);
        if (parts[2] === "map.svg" && year === "2023") return fail(404, "no", "no import fits the question");
        return send(200, `<svg xmlns="http://www.w3.org/2000/svg" width="${q.get("width")}" height="300" viewBox="0 0 ${q.get("width")} 300"><rect width="100%" height="100%" fill="#eef"/><text x="20" y="40">${parts[2]}</text></svg>`, "image/svg+xml");
      }
      if (parts[1] === "import" && req.method === "POST") {
        if (!q.get("view") && !/ocr/.test(q.get("file"))) return fail(400, "input", "view: which of the lists this is cannot be seen in it: say view");
        api.brought.push({ file: q.get("file"), view: q.get("view"), bytes: bytes.length });
        imports = [...imports, { ...imports[0], id: 3, view: q.get("view") || "archive", file: q.get("file"), as_of: "2026-04-07", entry: 318502, warnings: [] }];
        return send(201, { entry: 318502, source: "ocr", view: q.get("view") || "archive", as_of: "2026-04-07", as_of_from: "", rows: api.rows, unread: 0, warnings: [{ what: "header", text: "two column names were broken: they were told by their content" }] });
      }
      return fail(404, "not-found", "Nothing is here.");
    },
  };
  return api;
}
