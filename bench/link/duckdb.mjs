// bench/link/duckdb.mjs RECORDS.csv OUT.csv TRUTH.csv: the peer of `holdfast scope link`: DuckDB with SQL in the shape that Splink makes (Fellegi and Sunter 1969; moj-analytical-services/splink): blocking rules, comparison levels, u from random
// pairs, m by expectation maximisation over the patterns of the levels, term frequencies for names, a threshold, connected components. The threshold is the one of seven that is best against the truth, which a user would not know.
// WEIGHTS=hand: fewer blocking rules and weights as somebody sets them who knows this data; without it they are learned. Prints seconds without the choice of the threshold, processor seconds and memory.
import { DuckDBInstance } from "@duckdb/node-api";
import { readFileSync, writeFileSync } from "node:fs";

const [records, out, truth] = process.argv.slice(2), began = performance.now();
const db = await DuckDBInstance.create(":memory:", { threads: String(process.env.JOBS ?? 2) }), c = await db.connect();
const run = (sql) => c.run(sql), rows = async (sql) => (await c.runAndReadAll(sql)).getRowObjectsJS();

await run(`CREATE TABLE raw AS SELECT row_number() OVER () - 1 AS id, * FROM read_csv('${records}', header = true, all_varchar = true)`);
const letters = (x) => `nullif(regexp_replace(upper(${x}), '[^A-Z]', '', 'g'), '')`, digits = (x) => `nullif(regexp_replace(${x}, '[^0-9]', '', 'g'), '')`;
await run(`CREATE TABLE r AS SELECT *, strftime(dob_, '%Y-%m-%d') AS dob, year(dob_) AS yob FROM (SELECT id,
	${letters("last")} AS last, ${letters("first")} AS first, ${letters("middle")} AS middle, ${letters("suffix")} AS suffix, upper(left(sex, 1)) AS sex,
	coalesce(try_strptime(dob, ['%Y-%m-%d', '%m/%d/%Y', '%Y%m%d', '%m/%d/%y', '%d-%b-%Y']), NULL) AS dob_,
	CASE WHEN length(${digits("ssn")}) = 9 THEN ${digits("ssn")} END AS ssn, right(${digits("ssn")}, 4) AS ssn4,
	facility || ':' || nullif(mrn, '') AS mrn, right(${digits("phone")}, 10) AS phone, nullif(lower(email), '') AS email, nullif(member_id, '') AS member, nullif(mbi, '') AS mbi, nullif(medicaid, '') AS medicaid, nullif(dl, '') AS dl, nullif(account, '') AS account,
	regexp_replace(upper(street), '[^A-Z0-9 ]', '', 'g') AS street, left(${digits("zip")}, 5) AS zip FROM raw)`);
for (const k of ["last", "first"]) await run(`CREATE TABLE tf_${k} AS SELECT ${k}, count(*)::DOUBLE / (SELECT count(${k}) FROM r) AS tf FROM r WHERE ${k} IS NOT NULL GROUP BY ${k}`);

// Comparison levels, best first; the last one is everything else. A side that says nothing is no level.
const one = (k) => [k, [`l.${k} = r.${k}`]];
const comparisons = [
	["last", ["l.last = r.last", "jaro_winkler_similarity(l.last, r.last) >= 0.92", "jaro_winkler_similarity(l.last, r.last) >= 0.8"]],
	["first", ["l.first = r.first", "jaro_winkler_similarity(l.first, r.first) >= 0.92", "starts_with(l.first, r.first) OR starts_with(r.first, l.first)", "jaro_winkler_similarity(l.first, r.first) >= 0.8"]],
	["middle", ["l.middle = r.middle", "left(l.middle, 1) = left(r.middle, 1)"]], one("suffix"), one("sex"),
	["dob", ["l.dob = r.dob", "damerau_levenshtein(l.dob, r.dob) <= 1", "l.yob = r.yob", "abs(l.yob - r.yob) <= 1 OR right(l.dob, 5) = right(r.dob, 5)"]],
	["ssn4", ["l.ssn = r.ssn", "damerau_levenshtein(l.ssn, r.ssn) <= 1", "(l.ssn IS NULL OR r.ssn IS NULL) AND l.ssn4 = r.ssn4"]],
	["street", ["l.street = r.street AND l.zip = r.zip", "jaro_winkler_similarity(l.street, r.street) >= 0.9", "l.zip = r.zip"]],
	["phone", ["l.phone = r.phone", "damerau_levenshtein(l.phone, r.phone) <= 1"]], one("email"), ["member", ["l.member = r.member", "left(l.member, 10) = left(r.member, 10)"]], one("mrn"), one("mbi"), one("medicaid"), one("dl"), one("account"),
];
const gamma = comparisons.map(([k, levels]) => `CASE WHEN l.${k} IS NULL OR r.${k} IS NULL THEN -1 ${levels.map((s, i) => `WHEN ${s} THEN ${i}`).join(" ")} ELSE ${levels.length} END AS g_${k}`).join(", ");
const hand = process.env.WEIGHTS === "hand";
const blocks = hand ? ["l.ssn = r.ssn AND left(l.first, 1) = left(r.first, 1)", "l.mrn = r.mrn", "l.member = r.member AND l.first = r.first", "l.last = r.last AND l.dob = r.dob", "l.first = r.first AND l.dob = r.dob",
	"l.last = r.last AND l.first = r.first AND l.zip = r.zip", "l.phone = r.phone AND l.first = r.first", "l.ssn4 = r.ssn4 AND l.dob = r.dob", "l.member = r.member AND l.dob = r.dob", "l.last = r.last AND l.first = r.first AND l.yob = r.yob"] : ["l.ssn = r.ssn", "l.mrn = r.mrn", "l.mbi = r.mbi", "l.member = r.member", "l.phone = r.phone", "l.email = r.email", "l.medicaid = r.medicaid", "l.dl = r.dl", "l.last = r.last AND l.dob = r.dob", "l.first = r.first AND l.dob = r.dob",
	"l.last = r.last AND l.first = r.first AND l.yob = r.yob", "l.last = r.last AND l.first = r.first AND l.zip = r.zip", "l.dob = r.dob AND l.zip = r.zip", "l.last = r.last AND l.first = r.first AND l.ssn4 = r.ssn4", "l.street = r.street AND l.first = r.first"];
await run(`CREATE TABLE p AS SELECT DISTINCT a, b FROM (${blocks.map((s) => `SELECT l.id AS a, r.id AS b FROM r l JOIN r r ON ${s} WHERE l.id < r.id`).join(" UNION ALL ")})`);
await run(`CREATE TABLE g AS SELECT p.a, p.b, l.last AS ln, l.first AS fn, ${gamma} FROM p JOIN r l ON p.a = l.id JOIN r r ON p.b = r.id`);

const n = Number((await rows("SELECT count(*) AS n FROM r"))[0].n);
const names = comparisons.map(([k]) => `g_${k}`);
let m, u;
if (hand) {
	// What somebody sets who knows the data: how often a level is met in pairs of one person, and of two.
	const by = {
		last: [[0.85, 0.05, 0.03, 0.07], [0.001, 0.002, 0.01, 0.987]], first: [[0.8, 0.06, 0.06, 0.03, 0.05], [0.005, 0.005, 0.01, 0.02, 0.96]], middle: [[0.6, 0.35, 0.05], [0.03, 0.07, 0.9]], suffix: [[0.97, 0.03], [0.4, 0.6]], sex: [[0.99, 0.01], [0.5, 0.5]],
		dob: [[0.9, 0.05, 0.02, 0.02, 0.003], [4e-5, 2e-4, 0.012, 0.03, 0.957]], ssn4: [[0.75, 0.06, 0.1, 0.09], [1e-5, 1e-5, 1e-4, 0.9998]], street: [[0.65, 0.1, 0.1, 0.15], [0.01, 0.01, 0.01, 0.97]], phone: [[0.7, 0.05, 0.25], [0.01, 0.001, 0.989]], email: [[0.8, 0.2], [0.001, 0.999]],
		member: [[0.9, 0.05, 0.05], [1e-4, 0.02, 0.979]], mrn: [[0.9, 0.1], [1e-6, 0.999]], mbi: [[0.95, 0.05], [1e-6, 0.999]], medicaid: [[0.95, 0.05], [1e-6, 0.999]], dl: [[0.9, 0.1], [1e-6, 0.999]], account: [[0.9, 0.1], [1e-3, 0.999]],
	};
	m = comparisons.map(([k]) => by[k][0]);
	u = comparisons.map(([k]) => by[k][1]);
} else {
	// u: random pairs
	await run(`CREATE TABLE s AS SELECT (hash(i, 1) % ${n})::BIGINT AS a, (hash(i, 2) % ${n})::BIGINT AS b FROM range(1000000) t(i)`);
	const cut = (x) => Math.min(Math.max(x, 1e-6), 1);
	const patterns = async (from) => rows(`SELECT ${names.join(", ")}, count(*) AS n FROM ${from} GROUP BY ALL`);
	const random = await patterns(`(SELECT ${gamma} FROM s JOIN r l ON s.a = l.id JOIN r r ON s.b = r.id WHERE s.a <> s.b)`), seen = await patterns("g");
	const shares = (list, weight) => comparisons.map(([k, levels]) => { const v = new Array(levels.length + 1).fill(1e-6); let all = 1e-5; for (const x of list) { const i = x[`g_${k}`]; if (i >= 0) { v[i] += weight(x); all += weight(x); } } return v.map((y) => cut(y / all)); });
	u = shares(random, (x) => Number(x.n));
	// m: sessions of expectation maximisation within one blocking rule each, whose own columns are left out of it
	const sessions = [["ssn4"], ["last", "dob"], ["phone"], ["member"]].map((left) => {
		const within = seen.filter((x) => left.every((k) => x[`g_${k}`] === 0)), use = comparisons.map(([k]) => !left.includes(k));
		let v = comparisons.map(([, levels]) => [0.9, ...levels.map(() => 0.1 / levels.length)]), share = 0.5;
		for (let round = 0; round < 25; round++) {
			let all = 0, match = 0;
			for (const x of within) {
				const o = comparisons.reduce((sum, [k], i) => (use[i] && x[`g_${k}`] >= 0 ? sum + Math.log(v[i][x[`g_${k}`]] / u[i][x[`g_${k}`]]) : sum), Math.log(share / (1 - share)));
				x.p = 1 / (1 + Math.exp(-o)); all += Number(x.n); match += x.p * Number(x.n);
			}
			v = shares(within, (x) => x.p * Number(x.n));
			share = Math.min(Math.max(match / all, 1e-4), 0.999);
		}
		return { v, use };
	});
	m = comparisons.map((_, i) => { const of = sessions.filter((x) => x.use[i]); return of[0].v[i].map((_, at) => cut(of.reduce((sum, x) => sum + x.v[i][at], 0) / of.length)); });
}
// how many of all pairs match: what strict rules find, taken as 60 % of it
const strict = Number((await rows("SELECT count(*) AS n FROM g WHERE g_last = 0 AND g_first = 0 AND g_dob = 0 OR g_ssn4 = 0 AND g_dob = 0"))[0].n), lambda = strict / 0.6 / ((n * (n - 1)) / 2);

// the weight of each pair, with the names' own rarity where they agree
const weight = names.map((g, i) => `CASE g.${g} ${m[i].map((x, at) => `WHEN ${at} THEN ${Math.log(x / u[i][at])}`).join(" ")} ELSE 0 END`).join(" + ");
const rare = ["last", "first"].map((k, i) => `CASE WHEN g.g_${k} = 0 THEN ln(${u[i][0]} / tf_${k}.tf) ELSE 0 END`).join(" + ");
await run(`CREATE TABLE w AS SELECT a, b, ${Math.log(lambda / (1 - lambda))} + ${weight} + ${rare} AS w FROM g LEFT JOIN tf_last ON g.ln = tf_last.last LEFT JOIN tf_first ON g.fn = tf_first.first`);
const linked = await rows("SELECT a, b, w FROM w WHERE w > 0 ORDER BY w DESC"), pairs = Number((await rows("SELECT count(*) AS n FROM p"))[0].n);

function clusters(limit) {
	const up = new Int32Array(n).map((_, i) => i), top = (i) => { while (up[i] !== i) i = up[i] = up[up[i]]; return i; };
	for (const x of linked) { if (x.w < limit) break; const a = top(Number(x.a)), b = top(Number(x.b)); if (a !== b) up[Math.max(a, b)] = Math.min(a, b); }
	return up.map((_, i) => top(i));
}
const ids = (await c.runAndReadAll(`SELECT ${(await rows("SELECT column_name FROM (DESCRIBE raw) LIMIT 1 OFFSET 1"))[0].column_name} AS x FROM raw ORDER BY id`)).getColumnsJS()[0];
let answer = clusters(Math.log(0.95 / 0.05));
writeFileSync(out, "record,cluster\n" + ids.map((x, i) => `${x},${answer[i]}\n`).join(""));
const seconds = (performance.now() - began) / 1000, used = process.resourceUsage();
console.log(`duckdb, ${hand ? "weights by hand" : "weights learned"}: ${seconds.toFixed(1)} s, ${((used.userCPUTime + used.systemCPUTime) / 1e6).toFixed(1)} s of processors, ${Math.round(used.maxRSS / 1024)} MiB; ${pairs} pairs compared`);

const who = new Map(readFileSync(truth, "utf8").trim().split("\n").slice(1).map((x) => x.split(","))), right = new Map(), many = (map) => [...map.values()].reduce((s, k) => s + (k * (k - 1)) / 2, 0), add = (map, k) => map.set(k, (map.get(k) ?? 0) + 1);
for (const x of ids) add(right, who.get(x));
let best = null;
for (const p of [0.5, 0.9, 0.99, 0.999, 1 - 1e-5, 1 - 1e-7, 1 - 1e-9]) {
	const v = clusters(Math.log(p / (1 - p))), mine = new Map(), both = new Map();
	v.forEach((k, i) => { add(mine, k); add(both, `${k} ${who.get(ids[i])}`); });
	const hit = many(both), precision = hit / many(mine), recall = hit / many(right), f1 = (2 * precision * recall) / (precision + recall);
	if (process.env.ALL) console.log(p, precision, recall);
	if (!best || f1 > best.f1) best = { p, f1, precision, recall, count: (100 * (mine.size - right.size)) / right.size };
}
console.log(`duckdb: at its best threshold, ${best.p}: precision ${best.precision.toFixed(4)}, recall ${best.recall.toFixed(4)}, F1 ${best.f1.toFixed(4)}, persons ${best.count >= 0 ? "+" : ""}${best.count.toFixed(2)} %`);
