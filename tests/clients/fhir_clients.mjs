// fhir-kit-client and fhirclient walk the API; the npm fhir validator reads every $summary. node fhir_clients.mjs BASE TOKEN
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const [base, token] = process.argv.slice(2);
let failed = 0;
const want = (ok, what) => { if (!ok) { console.log("FAIL: " + what); failed++; } };

const { Client } = await import("fhir-kit-client");
const kit = new Client({ baseUrl: base, bearerToken: token });
const cap = await kit.capabilityStatement();
want(cap.fhirVersion === "4.0.1" && cap.rest[0].mode === "server", "capability statement");
want((cap.instantiates ?? []).some((u) => u.includes("ips-server")), "instantiates the IPS server statement");

const ids = [];
let bundle = await kit.search({ resourceType: "Patient", searchParams: { _count: 7 } });
for (let pages = 0; bundle && pages < 500; pages++) {
  want(bundle.resourceType === "Bundle" && bundle.type === "searchset", "searchset");
  for (const e of bundle.entry ?? []) ids.push(e.resource.id);
  bundle = (bundle.link ?? []).some((l) => l.relation === "next") ? await kit.nextPage({ bundle }) : null;
}
want(ids.length > 10 && new Set(ids).size === ids.length, `paging over patients: ${ids.length}, ${new Set(ids).size} different`);

const { Fhir } = require("fhir");
const validator = new Fhir();
let errors = 0, observations = 0;
for (const id of ids) {
  const p = await kit.read({ resourceType: "Patient", id });
  want(p.id === id, "read " + id);
  const everything = await kit.operation({ name: "everything", resourceType: "Patient", id, method: "GET" });
  want(everything.entry?.[0]?.resource?.resourceType === "Patient", "everything of " + id);
  observations += everything.entry.filter((e) => e.resource.resourceType === "Observation").length;
  const ips = await kit.operation({ name: "summary", resourceType: "Patient", id });
  want(ips.type === "document" && ips.entry[0].resource.resourceType === "Composition", "summary of " + id);
  const urls = new Set(ips.entry.map((e) => e.fullUrl));
  const dangling = JSON.stringify(ips).match(/"reference":"[^"#]+"/g)?.map((r) => r.slice(13, -1)).filter((r) => !urls.has(r) && ![...urls].some((u) => u.endsWith("/" + r))) ?? [];
  want(!dangling.length, `references of ${id} that lead nowhere: ${dangling.slice(0, 3)}`);
  for (const b of [ips, everything]) {
    const r = validator.validate(b);
    const bad = (r.messages ?? []).filter((m) => m.severity === "error" || m.severity === "fatal");
    errors += bad.length;
    if (bad.length && failed < 10) console.log(b === ips ? "summary" : "everything", id, bad.slice(0, 3).map((m) => `${m.location}: ${m.message}`).join(" | "));
  }
}
want(errors === 0, `${errors} errors of the validator`);

// fhirclient: flat list over all pages
const smart = require("fhirclient");
const fake = { headers: {}, url: "/", get: () => undefined, session: {} };
const client = new (require("fhirclient/lib/Client").default)({ BrowserAdapter: undefined, getAbortController: () => AbortController, options: {} , base64encode: (s) => Buffer.from(s).toString("base64") }, { serverUrl: base, tokenResponse: { access_token: token } });
const flat = await client.request("Patient?_count=9", { pageLimit: 0, flat: true });
want(flat.length === ids.length, `fhirclient sees ${flat.length} patients, fhir-kit-client ${ids.length}`);
void smart; void fake;

// a transaction, POSTed to [base]/ with the slash
const answer = await kit.transaction({ body: { resourceType: "Bundle", type: "transaction", entry: [{ fullUrl: "urn:uuid:1", resource: { resourceType: "Patient", identifier: [{ system: "urn:clients", value: "K-1" }], name: [{ family: "Kit" }] }, request: { method: "POST", url: "Patient" } }] } });
want(answer.type === "transaction-response" && answer.entry[0].response.status.startsWith("20"), "transaction");
const found = await kit.search({ resourceType: "Patient", searchParams: { identifier: "urn:clients|K-1" } });
want(found.total === 1, "what was posted is found");

console.log(`${ids.length} patients, ${observations} observations, ${errors} validator errors`);
process.exit(failed ? 1 : 0);
