// The viewer's tests, in a real browser, by tasks that people have. Against the mock hospital, or with BASE_URL, HF_USER and HF_PASSWORD against a real server (then what needs the mock's own people is skipped).
import { AxeBuilder } from "@axe-core/playwright";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { browser, open, signIn } from "./browser.mjs";
import { withSite } from "./site.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const real = process.env.BASE_URL ?? "";
const only = process.argv[2] ?? "";
// HALF=1 and HALF=2 are two runs side by side, each with a hospital and a browser of its own; together they are everything. A group is never parted: its tests may stand on those before.
const firstHalf = new Set(["pages", "packet", "station", "registry"]), half = process.env.HALF ?? "";
let group = "pages";
const wanted = (name) => !half || firstHalf.has(name) === (half === "1");
const groupOf = async (name, given) => { if (!wanted(name)) return; group = name; await (await import(`./${name}.mjs`)).default(given); group = "pages"; };
let passed = 0, failed = 0, skipped = 0;
const assert = (ok, what) => { if (!ok) throw new Error(what); };
const has = (text, part) => assert(text.includes(part), `"${part}" is not in "${text.slice(0, 300)}"`);
const knobs = {};
const mock = real ? null : await (await import("./mock.mjs")).start({ knobs });
const base = real || mock.url;
const who = real ? [process.env.HF_USER ?? "admin", process.env.HF_PASSWORD ?? ""] : ["admin", "downtime-admin-1"];
let b = await browser();

// One that fails is run once more, to tell what fails always from what fails at times. It has failed all the same.
async function test(name, fn, { own = false } = {}) {
  if ((only && !name.includes(only)) || !wanted(group)) return;
  if (own && real) { skipped++; console.log(`skip ${name} (needs the mock hospital)`); return; }
  const why = await attempt(name, fn);
  if (why === null) return;
  failed++;
  const again = await attempt(name, fn, true);
  console.log(`FAIL ${name}: ${why}\n     run again: ${again === null ? "it passes" : again}`);
}
async function attempt(name, fn, again = false) {
  const pages = [];
  let why = null;
  if (!b.isConnected()) b = await browser(); // a browser that died costs one test, not all
  const enter = async (o = {}, user = who) => { const page = await open(b, base, o); pages.push(page); if (user) await signIn(page, ...user); return page; };
  try {
    const verdict = await fn(enter);
    if (verdict === "skipped") { skipped++; console.log(`skip ${name}`); }
    else {
      for (const p of pages) { assert(p.problems.length === 0, p.problems.join("; ")); assert(p.outside.length === 0, `asked somebody else: ${p.outside.join(" ")}`); }
      if (!again) { passed++; console.log(`ok   ${name}`); }
    }
  } catch (e) {
    why = String(e.message ?? e).split("\n").slice(0, 6).join("\n     ") || "no reason";
    if (process.env.SHOTS) await pages.at(-1)?.screenshot({ path: join(process.env.SHOTS, `fail-${failed}.png`) }).catch(() => {});
  }
  for (const k of Object.keys(knobs)) delete knobs[k];
  for (const p of pages) await p.context().close().catch(() => {});
  return why;
}
async function axe(page, what) {
  // All pages are of one origin, so what a frame found is put together in the page itself and not in another that is opened for it; and what is fine is not described. Both take half of the time and find the same.
  const r = await new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).setLegacyMode(true).analyze();
  const bad = r.violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  assert(bad.length === 0, `axe on ${what}: ${bad.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join(" | ")}`).join("; ")}`);
}
const to = async (page, hash) => { await page.evaluate((h) => { location.hash = h; }, hash); };
const bed12 = async (page) => { // as a nurse does: the census key, the bed, Enter
  await page.keyboard.press("2");
  await page.locator(".rowlink").first().waitFor();
  await page.locator("#census-filter").fill("12");
  await page.locator(".rowlink", { hasText: "Jeanne-Marie" }).waitFor();
  await page.locator("#census-filter").press("Enter");
  await page.locator(".banner").waitFor();
};
const patient = async (page, name) => { // by search
  await to(page, "#/search");
  await page.locator("#q").fill(name);
  await page.locator(".rowlink").first().click();
  await page.locator(".banner").waitFor();
};
// "52 min", as the page says it now of what was 52 minutes ago when the mock started: the tests before took their time
const agesOf = (minutes) => { const m = minutes + (Date.now() - mock.hospital.now) / 60000; return m < 99 ? new RegExp(`\\b(${[-1, 0, 1].map((d) => Math.round(m) + d).join("|")})\\s`) : new RegExp(`\\b(${[-1, 0, 1].map((d) => Math.round(m / 60) + d).join("|")})\\s`); };
const section = (page, title) => page.locator(".panel", { has: page.locator("h2", { hasText: new RegExp(`^${title}`) }) }).first();

// ---- the page itself ----
await test("the first page is one file under 150 kB, with a language's words too, with nothing from elsewhere and no inline handler", async () => {
  const dist = join(here, "..", "dist"), html = readFileSync(join(dist, "index.html"), "utf8"), size = (f) => statSync(join(dist, f)).size;
  const asked = [...html.matchAll(/partOf\("\/part\/([a-z-]+)-([0-9a-f]{16})\.js"\)/g)], files = readdirSync(join(dist, "part")).filter((x) => x.endsWith(".js"));
  assert(asked.map((m) => m[1] + ".js").sort().join() === files.sort().join(), `the page asks for ${asked.map((m) => m[1])}, built are ${files}`);
  for (const [, name, hash] of asked) assert(createHash("sha256").update(readFileSync(join(dist, "part", `${name}.js`))).digest("hex").startsWith(hash), `${name}: its address names another content`);
  console.log(`     first page ${size("index.html.gz")} bytes, parts ${files.map((f) => `${f} ${size(`part/${f}.gz`)}`).join(", ")}`);
  for (const lang of ["", "part/fr.js.gz", "part/zh.js.gz"]) assert(size("index.html.gz") + (lang && size(lang)) < 150000, `the first page${lang && ` with ${lang}`} is 150 kB or more, compressed`);
  const shell = html.replace(/<script[^>]*>[\s\S]*?<\/script>/g, "<script></script>").replace(/<style[^>]*>[\s\S]*?<\/style>/g, "");
  assert(!/<(script|link|img|iframe)[^>]+(src|href)="(?!data:)/.test(shell), "the page loads a file");
  assert(!/\son[a-z]+="/.test(shell), "inline handler");
  assert((html.match(/<script/g) ?? []).length === 1, "more than one script");
});
for (const [user, part, hash, heading] of [[who, "ecg-pages", "#/ecg", "ECG"], [["ada", "downtime-ada-12"], "gate-pages", "#/partners", "Partenaires"]]) await test(`parts are fetched ahead of need: ${hash} opens after the network has gone`, async (enter) => {
  const page = await enter({ lang: "fr" }, null), seen = new Set();
  page.on("response", (r) => { const m = /\/part\/([a-z-]+)-/.exec(r.url()); if (m && r.ok()) seen.add(m[1]); });
  await page.reload();
  await signIn(page, ...user);
  const until = Date.now() + 20000;
  while (!["fr", part].every((x) => seen.has(x)) && Date.now() < until) await page.waitForTimeout(50);
  assert(["fr", part].every((x) => seen.has(x)), `fetched ahead: ${[...seen]}`);
  await page.context().setOffline(true);
  await to(page, hash);
  await page.locator("h1", { hasText: heading }).waitFor();
  await page.context().setOffline(false);
}, { own: true });
await test("a part that cannot be fetched is said in a sentence, tried again by itself, and has the focus when it comes", async (enter) => {
  knobs.noParts = "down";
  const page = await enter();
  await to(page, "#/ecg");
  const said = page.locator("#content [role=alert]");
  await said.waitFor();
  has(await said.innerText(), "tried again by itself");
  await axe(page, "a part that is not here");
  assert(await page.locator(".rail a").count() > 5, "the frame is gone");
  await page.keyboard.press("2"); // and everything else goes on
  await page.locator(".rowlink").first().waitFor();
  await to(page, "#/ecg");
  await said.waitFor();
  delete knobs.noParts;
  await page.locator("h1", { hasText: "ECG" }).waitFor();
  assert(await page.evaluate(() => document.activeElement?.tagName) === "H1", "the heading has not the focus");
}, { own: true });
await test("a server that was updated since says so: the page is to be loaded again", async (enter) => {
  knobs.noParts = "gone";
  const page = await enter({}, ["ada", "downtime-ada-12"]);
  await to(page, "#/partners");
  const said = page.locator("#content [role=alert]");
  await said.waitFor();
  has(await said.innerText(), "Holdfast was updated");
  delete knobs.noParts;
  await said.getByRole("button").click();
  await page.locator("h1", { hasText: "Partners" }).waitFor();
}, { own: true });
await test("a language that cannot be fetched leaves the page in the words it has, says so, and comes by itself", async (enter) => {
  const page = await enter();
  await to(page, "#/setup");
  knobs.noParts = "down";
  await page.locator("label.choice", { hasText: "Français" }).click();
  const said = page.locator(".strip", { hasText: "Français is not here yet" });
  await said.waitFor();
  assert(await page.evaluate(() => document.documentElement.lang) === "en", "it calls itself French");
  delete knobs.noParts;
  await page.locator("h1", { hasText: "Réglages" }).waitFor();
  await said.waitFor({ state: "detached" });
  assert(await page.evaluate(() => document.documentElement.lang) === "fr", "it is not called French");
}, { own: true });
await test("a wrong password gets a sentence, and the way in stays open", async (enter) => {
  const page = await enter({}, null);
  await page.locator("input[autocomplete=username]").fill("nobody-here");
  await page.locator("input[autocomplete=current-password]").fill("not the password");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  assert((await page.getByRole("alert").innerText()).length > 20, "no sentence");
  await axe(page, "sign-in");
  await signIn(page, ...who);
});
await test("a one-time password leads to the choice of an own one, and nowhere else", async (enter) => {
  const page = await enter({}, null);
  await page.locator("input[autocomplete=username]").fill("fresh");
  await page.locator("input[autocomplete=current-password]").fill("one-time-fresh");
  await page.keyboard.press("Enter");
  await page.locator("input[autocomplete=new-password]").first().waitFor();
  assert(await page.locator(".frame").count() === 0, "pages are open already");
  await axe(page, "password");
  await page.locator("input[autocomplete=current-password]").fill("one-time-fresh");
  await page.locator("input[autocomplete=new-password]").first().fill("a whole new sentence");
  await page.locator("input[autocomplete=new-password]").nth(1).fill("a whole new sentense");
  assert(await page.locator(".wrong").isVisible(), "two different ones are not told");
  await page.locator("input[autocomplete=new-password]").nth(1).fill("a whole new sentence");
  await page.keyboard.press("Enter");
  await page.locator(".frame").waitFor();
}, { own: true });

// ---- the task of VIEWER.md, at both sizes, in three languages ----
const said = { en: { k: "Results", ago: /ago/, silent: /LAB SILENT since \S/ }, fr: { k: "Résultats", ago: /il y a/, silent: /LAB MUET depuis \S/ }, zh: { k: "检验结果", ago: /前/, silent: /LAB 自 .+ 起静默/ } };
for (const size of ["desk", "tablet"]) for (const lang of ["en", "fr", "zh"]) {
  await test(`bed 12: read her last potassium and its age, with keys alone (${size}, ${lang})`, async (enter) => {
    const page = await enter({ size, lang });
    await bed12(page);
    const banner = await page.locator(".banner").innerText();
    for (const part of ["Jeanne-Marie", "4471009", "1957", "MED1", "12", "Penicillin"]) has(banner, part);
    await page.keyboard.press("]");
    await page.keyboard.press("]");
    await page.getByRole("tab", { selected: true, name: said[lang].k }).waitFor();
    const row = page.locator(".labs tr", { hasText: "Potassium" });
    has(await row.locator("td.newest").innerText(), "5.8");
    has(await row.locator("td.newest .flag").innerText(), "H ↑");
    const head = await page.locator(".labs", { hasText: "Potassium" }).locator("th.newest").innerText();
    assert(said[lang].ago.test(head), `no age over the newest column: ${head}`);
    const silent = await page.locator(".stalebar").first().innerText();
    assert(said[lang].silent.test(silent), `the silent feed is not named: ${silent}`);
    has(await row.locator("s.struck").first().innerText(), "6.9");
    const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert(width[0] <= width[1], `the page is wider than the screen: ${width}`);
    for (const s of [".banner .name", ".banner .mrn", "#asof-button", ".bar .clock"]) assert(await page.locator(s).isVisible(), `${s} is not to be seen`);
    await axe(page, "results");
  }, { own: true });
}
for (const [size, lang] of [["desk", "en"], ["tablet", "fr"], ["desk", "zh"]]) {
  await test(`every page passes axe (${size}, ${lang})`, async (enter) => {
    const page = await enter({ size, lang, theme: lang === "fr" ? "dark" : "light" });
    for (const hash of ["board", "census", "search", "ecg", "alarms", "audit", "setup"]) {
      await to(page, `#/${hash}`);
      await page.locator(`.rail a[href="#/${hash}"][aria-current=page]`).waitFor();
      await page.waitForTimeout(hash === "setup" ? 400 : 250);
      await page.locator(".loading").waitFor({ state: "detached" }).catch(() => {});
      await axe(page, hash);
      const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert(wide[0] <= wide[1], `${hash} is wider than the screen`);
    }
    await to(page, "#/census");
    await page.locator(".rowlink").first().click();
    await page.locator(".tabs").waitFor();
    for (let i = 0; i < 9; i++) { await page.waitForTimeout(150); await axe(page, `chart section ${i + 1}`); await page.keyboard.press("]"); }
    await page.locator("#asof-button").click();
    await page.locator(".asofpanel input[type=range]").waitFor();
    await axe(page, "as-of");
  });
}

// ---- what the chart must never get wrong ----
await test("a section is a list, or stated none, or NOT RECEIVED; never blank", async (enter) => {
  const page = await enter();
  await page.keyboard.press("2");
  const cards = page.locator(".rowlink");
  await cards.first().waitFor();
  has(await page.locator(".rowlink", { hasText: "NOT RECEIVED" }).first().innerText(), "Allergies: NOT RECEIVED");
  await page.locator(".rowlink", { hasText: "NOT RECEIVED" }).first().click();
  await page.locator(".banner .state-missing").waitFor();
  has(await section(page, "Allergies").innerText(), "not the same as none");
  await page.keyboard.press("2");
  await page.locator(".rowlink", { hasText: "stated none" }).first().click();
  await page.locator(".banner .none").waitFor();
  has(await page.locator(".banner .allergy").innerText(), "stated none");
  for (const tab of ["summary", "medications", "results", "vitals", "orders", "documents", "more"]) {
    await to(page, (await page.evaluate(() => location.hash)).replace(/\/[a-z]+$/, "").replace(/(#\/chart\/[^/]+).*/, "$1") + "/" + tab);
    await page.locator(`#tab-${tab}[aria-selected=true]`).waitFor();
    const blank = await page.locator(".panel").evaluateAll((all) => all.filter((p) => (p.querySelector(".in")?.textContent ?? "").trim() === "").map((p) => p.textContent));
    assert(blank.length === 0, `blank section on ${tab}: ${blank}`);
  }
}, { own: true });
await test("on any server: no section of a chart is blank, and each received one carries its age", async (enter) => {
  const page = await enter();
  await page.keyboard.press("2");
  await page.locator(".rowlink").first().waitFor();
  const links = await page.locator(".rowlink").evaluateAll((a) => a.slice(0, 6).map((x) => x.getAttribute("href")));
  for (const href of links) for (const tab of ["summary", "more", "medications", "results"]) {
    await to(page, `${href}/${tab}`);
    await page.locator(`#tab-${tab}[aria-selected=true], .glassbox`).first().waitFor();
    if (await page.locator(".glassbox").count()) continue;
    const bad = await page.locator(".panel[aria-labelledby]").evaluateAll((all) => all.filter((p) => {
      if (!p.querySelector(".in") || /h-(idents|review|prn|done)/.test(p.getAttribute("aria-labelledby"))) return false;
      return p.querySelector(".in").textContent.trim() === "" || (!p.querySelector(".state-missing") && !p.querySelector("header .chip"));
    }).map((p) => p.textContent.slice(0, 80)));
    assert(bad.length === 0, `${tab}: ${bad.join(" | ")}`);
  }
});
await test("a silent feed makes its own sections STALE in words and shape, and no other", async (enter) => {
  const page = await enter();
  await bed12(page);
  await page.locator(".panel.stale").first().waitFor();
  const results = section(page, "Results"), vitals = section(page, "Vital signs");
  has(await results.innerText(), "STALE");
  has(await results.innerText(), "normally speaks every 40 s");
  has(await results.locator(".stalebar").innerText(), "LAB SILENT since"); // another feed spoke of them last, and still speaks
  has(await results.locator(".stalebar").innerText(), "may be missing here");
  assert((await results.locator(".stalebar").count()) === 1, "the feed that speaks is called silent");
  has(await results.locator("header .chip").getAttribute("title"), "LAB@STGABRIEL");
  assert(!(await vitals.innerText()).includes("STALE"), "another section is stale too");
  const widths = await Promise.all([results, vitals].map((x) => x.evaluate((e) => getComputedStyle(e).borderTopWidth)));
  assert(widths[0] !== widths[1], "stale has the same shape");
  has(await page.locator(".bar .pill.bad").first().innerText(), "STALE: LAB");
}, { own: true });
await test("a correction keeps what it replaced, struck through, with its entry", async (enter) => {
  const page = await enter();
  await bed12(page);
  await page.keyboard.press("]"); await page.keyboard.press("]");
  await page.locator(".labs tr", { hasText: "Potassium" }).locator(".cellbtn", { hasText: "6.9" }).click();
  const dialog = page.locator("dialog");
  await dialog.waitFor();
  has(await dialog.innerText(), "specimen was re-run");
  assert(await dialog.locator("s.struck", { hasText: "6.9" }).isVisible(), "no history");
  await axe(page, "result dialog");
  assert(await dialog.locator("canvas").count() === 1, "no trend");
  await page.keyboard.press("Escape");
  assert(await dialog.count() === 0, "Esc does not close");
  assert(await page.evaluate(() => document.activeElement?.className === "cellbtn"), "the focus did not go back to where it was");
}, { own: true });
await test("medications say when last given, how much, by whom, from where; what was not given, and why", async (enter) => {
  const page = await enter();
  await bed12(page);
  await page.keyboard.press("]");
  const row = page.locator(".meds tr", { hasText: "Paracetamol" });
  const text = await row.innerText();
  for (const part of ["1 g", "ago", "by ", "captured", "Q6H", "next reckoned"]) has(text, part);
  assert(await row.locator(".chip.captured").evaluate((e) => getComputedStyle(e).borderTopStyle) === "dotted", "captured has no border of its own");
  has(await page.locator(".meds tr", { hasText: "Amlodipine" }).innerText(), "not given");
  has(await page.locator(".note", { hasText: "Doses given are known up to" }).innerText(), "only written on paper");
  has(await page.locator(".givens").innerText(), "PHARM");
}, { own: true });
await test("look-alikes warn in the search, and the banner on the chart", async (enter) => {
  const page = await enter();
  await page.keyboard.press("/");
  await page.locator("#q").fill("martin jean");
  await page.locator(".note.bad", { hasText: "LOOK-ALIKE" }).waitFor();
  assert(await page.locator("a.found.look").count() === 2, "both should be marked");
  const lefts = await page.evaluate(() => [...document.querySelectorAll(".headrow > span:first-child, a.found .who")].map((e) => Math.round(e.getBoundingClientRect().left)));
  assert(new Set(lefts).size === 1, `columns do not stand under one another: ${lefts}`);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".banner.look").waitFor();
  has(await page.locator(".banner").innerText(), "Check date of birth and number");
}, { own: true });
await test("a protected record asks for a reason, and the reason stands in the audit", async (enter) => {
  const page = await enter();
  await page.keyboard.press("2");
  const card = page.locator(".rowlink", { hasText: "Protected record" }).first();
  await card.waitFor();
  assert(!(await card.innerText()).includes("DELACROIX"), "the name is shown");
  await card.click();
  await page.locator(".glassbox").waitFor();
  await axe(page, "break-glass");
  await page.locator("#why").fill("code");
  await page.keyboard.press("Tab"); await page.keyboard.press("Enter");
  await page.locator(".glassbox .wrong").waitFor();
  await page.locator("#why").fill("Found unresponsive, on call for the ward");
  await page.locator(".glassbox .main-act").click();
  await page.locator(".banner", { hasText: "Delacroix" }).waitFor();
  await to(page, "#/audit");
  await page.locator("tr.glass", { hasText: "Found unresponsive" }).first().waitFor();
}, { own: true });

// ---- what is renewed ----
await test("what has not changed is asked for in a few bytes and is nobody's second view; its as-of goes on", async (enter) => {
  if (!mock) return "skipped"; // a living hospital changes when it likes; tests/scenario/api.sh asks the real one
  const page = await enter();
  await bed12(page);
  const views = () => mock.log.filter((e) => e.what === "view" && e.patient).length, before = views();
  for (let i = 1; i <= 2; i++) {
    await page.locator(".tools .btn").first().click();
    for (let k = 0; k < 400 && (mock.knobs.unchanged ?? 0) < i; k++) await page.waitForTimeout(50);
    assert((mock.knobs.unchanged ?? 0) >= i, "renewing sends the tag");
  }
  assert(views() === before, "a 304 is no view");
  await page.locator(".banner .fam").waitFor();
});

await test("a ward's beds show the newest vital signs with their age, and open orders; the whole house does not", async (enter) => {
  const page = await enter();
  await to(page, "#/census");
  await page.locator(".rowlink").first().waitFor();
  await page.locator(".units button").nth(1).click();
  await page.locator(".bed .vit").first().waitFor();
  const text = await page.locator(".bed .vit").allInnerTexts();
  assert(text.some((x) => /HR\s*\d+/.test(x) && /\d\d:\d\d/.test(x)), `vital signs with a time: ${text[0]}`);
  await page.locator(".units button").first().click();
  await page.locator(".bed .vit").first().waitFor({ state: "detached" });
});

// ---- as of ----
await test("the whole hospital as of a typed moment: another texture, its words, every request; and back", async (enter) => {
  const page = await enter();
  await to(page, "#/board");
  await page.locator(".board").waitFor();
  const asked = [];
  page.on("request", (r) => { if (/\/api\/(census|units|search|patient)/.test(r.url())) asked.push(r.url()); });
  await page.keyboard.press("t");
  await page.locator(".asofpanel input[type=range]").waitFor();
  await page.waitForTimeout(150);
  for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowLeft");
  await page.locator(".pastline").waitFor();
  await page.locator(".typed .line").fill("half past three");
  await page.locator(".typed .line").press("Enter");
  await page.locator(".asofpanel .note.bad").waitFor();
  if (mock) { // a real site may be minutes old
    const day = new Date(Date.now() - 30 * 3600000).toISOString().slice(0, 16).replace("T", " ");
    await page.locator(".typed .line").fill(day);
    await page.locator(".typed .line").press("Enter");
    await page.locator(".pastline", { hasText: day.slice(11) }).waitFor();
  }
  await page.keyboard.press("Escape");
  await page.locator(".asofpanel").waitFor({ state: "detached" });
  await page.keyboard.press("2");
  await page.locator(".rowlink").first().waitFor();
  await page.locator(".rowlink").first().click();
  await page.locator(".banner").waitFor();
  assert(asked.length > 0 && asked.every((u) => /[?&]at=/.test(u)), `a request without its moment: ${asked.find((u) => !/[?&]at=/.test(u))}`);
  has(await page.locator(".pastline").innerText(), "As it was at");
  assert(await page.locator(".frame.past .scroller").evaluate((e) => getComputedStyle(e).backgroundImage.includes("gradient")), "no texture");
  await axe(page, "a chart as of then");
  await page.locator(".pastline button").click();
  await page.locator(".pastline").waitFor({ state: "detached" });
});

await test("pages that know only now say so while the house is shown as it was; back to now is back everywhere", async (enter) => {
  const page = await enter();
  await to(page, "#/census");
  await page.locator(".rowlink").first().waitFor();
  await page.keyboard.press("T"); // with Caps Lock
  await page.locator(".asofpanel input[type=range]").waitFor();
  const soon = new Date(Date.now() + 5 * 60000), text = soon.toISOString().slice(11, 16);
  await page.locator(".typed .line").fill(text); // a time of the clock that is still to come was yesterday's
  await page.locator(".typed .line").press("Enter");
  await page.locator(".pastline", { hasText: text }).waitFor();
  has(await page.locator(".pastline").innerText(), `${new Date(soon.getTime() - 86400000).getUTCDate()} `);
  for (const [hash, past] of [["board", false], ["alarms", false], ["setup", false], ["search", true], ["census", true]]) {
    await to(page, `#/${hash}`);
    await page.locator(`.rail a[href="#/${hash}"][aria-current=page]`).waitFor();
    has(await page.locator(".pastline").innerText(), past ? "As it was at" : "This page shows now");
    assert(await page.locator(".scroller").evaluate((e) => getComputedStyle(e).backgroundImage.includes("gradient")) === past, `${hash}: the texture of another moment`);
  }
  await page.locator(".pastline button").click();
  await page.locator(".pastline").waitFor({ state: "detached" });
  assert(await page.locator(".asofpanel").count() === 0, "the slider stays open at a moment that is shown no more");
  await page.keyboard.press("t");
  await page.locator(".asofpanel output", { hasText: "now" }).waitFor();
  await page.locator(".asofpanel input[type=range]:focus").waitFor();
  await page.keyboard.press("1"); // the slider has no use for it
  await page.locator('.rail a[href="#/board"][aria-current=page]').waitFor();
}, { own: true });

// ---- orders, documents, units, words ----
await test("orders: what is awaited stands apart from what was answered, by the order's number; what is urgent first, in words", async (enter) => {
  const page = await enter();
  await bed12(page);
  const open_ = await section(page, "Open orders").innerText();
  has(open_, "Comprehensive metabolic panel"); has(open_, "STAT");
  assert(!open_.includes("CBC"), "an order whose result has come is called open");
  for (let i = 0; i < 5; i++) await page.keyboard.press("]");
  await page.locator("#tab-orders[aria-selected=true]").waitFor();
  const waiting = await page.locator(".orders").first().innerText();
  has(waiting, "Comprehensive metabolic panel"); has(waiting, "awaited"); has(waiting, "Dr. Weiss");
  const answered = await section(page, "Answered").innerText();
  has(answered, "CBC panel"); has(answered, "received"); has(answered, "URGENT");
  has(await section(page, "Done or stopped").innerText(), "Chest X-ray");
  await axe(page, "orders");
}, { own: true });
await test("documents: a text and a PDF open beside the list, the PDF in its own window, too; a panel's heading is no document", async (enter) => {
  const page = await enter();
  await bed12(page);
  await page.locator("#tab-documents").click();
  await page.locator(".docs button.link", { hasText: "Progress note" }).click();
  has(await page.locator(".doctext").innerText(), "crackles at the right base");
  await page.locator(".docs button.link", { hasText: "Chest X-ray" }).click();
  const frame = await page.locator(".docview iframe").getAttribute("src");
  assert(/^\/fhir\/Binary\//.test(frame), frame);
  has(await page.locator(".docview").innerText(), "recorded");
  has(await page.locator(".docs li", { hasText: "Chest X-ray" }).innerText(), "PDF");
  const [own_] = await Promise.all([page.context().waitForEvent("page"), page.locator(".docview a.btn").click()]);
  assert(/Binary|^(about:blank)?$/.test(own_.url()), own_.url());
  await own_.close();
  const reports = section(page, "Reports");
  assert(await reports.locator("details:not([open])").count() === 1 && await reports.locator(".in > .lines").count() === 0, "panels stand among the reports");
}, { own: true });
await test("doses and frequencies in words: no IU, no bare QD; the timeline says what was not given, and writes °C", async (enter) => {
  const page = await enter();
  await bed12(page);
  await page.locator("#tab-medications").click();
  const row = await page.locator(".meds tr", { hasText: "Insulin" }).innerText();
  for (const part of ["international units", "TID", "3 times a day"]) has(row, part);
  assert(!/\[iU\]|\bIU\b/.test(row), row);
  await page.locator("#tab-timeline").click();
  await page.locator(".timeline li").first().waitFor();
  const line = await page.locator(".timeline").innerText();
  for (const part of ["Medication NOT given", "Medication given", "°C"]) has(line, part);
  assert(!/given or refused|\bCel\b/.test(line), "what was given and what was not look alike");
  has(await page.locator(".timehead").innerText(), "when Holdfast received it");
}, { own: true });
await test("another language leaves nothing of the one before: panels, units, reasons, the page that is open", async (enter) => {
  const page = await enter();
  await bed12(page);
  await page.locator("#tab-results").click();
  await page.getByRole("heading", { name: "Other results" }).waitFor();
  await page.locator("#me").click();
  await page.locator("#own select").selectOption("fr");
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Autres résultats" }).waitFor();
  await page.locator("#tab-medications").click();
  has(await page.locator(".meds tr", { hasText: "Insulin" }).innerText(), "unités internationales");
  await page.locator("#tab-more").click();
  const more = await page.locator("#content").innerText();
  has(more, "Des données sont arrivées sous l'ancien numéro"); has(more, "risque élevé"); has(more, "Hospitalisation");
  assert(!/criticality|inpatient encounter/.test(more), "English words of ours");
}, { own: true });
await test("signing out puts the next one's hands on the name field", async (enter) => {
  const page = await enter();
  await page.locator("#me").click();
  await page.locator("#own .wide").click();
  await page.locator("input[autocomplete=username]").waitFor();
  assert(await page.evaluate(() => document.activeElement?.autocomplete) === "username", "the focus is elsewhere");
});

// ---- the privacy officer ----
await test("the audit by person, by patient's number, by break-glass alone, by time; taken away as a file, which is recorded", async (enter) => {
  const page = await enter();
  const id = await page.evaluate(() => fetch("/api/search?q=4471009").then((r) => r.json()).then((d) => d.patients[0].id));
  await page.evaluate((p) => fetch(`/api/patient/${p}`), id);
  await to(page, "#/audit");
  const rows = page.locator("#content tbody tr"), field = (name) => page.locator(".auditform label", { hasText: name }).locator("input, select");
  await rows.nth(20).waitFor();
  const show = async () => { const asked = page.waitForResponse((r) => r.url().includes("/api/audit")); await page.locator(".auditform .main-act").click(); return new URL((await asked).url()).searchParams; };
  await field("Patient").fill("4471009");
  assert((await show()).get("patient") === id, "a record number is not looked up");
  await page.waitForFunction((p) => [...document.querySelectorAll("#content tbody tr")].every((r) => r.innerText.includes(p)), id);
  await field("Patient").fill("");
  await field("User").fill("kim.lee");
  assert((await show()).get("user") === "kim.lee", "by person");
  await page.waitForFunction(() => [...document.querySelectorAll("#content tbody tr")].every((r) => r.innerText.includes("kim.lee")));
  await field("What").selectOption("break-glass");
  assert((await show()).get("what") === "break-glass", "break-glass only");
  await page.getByText("Nothing is recorded for this.").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await rows.nth(20).waitFor();
  const day = new Date(Date.now() - 3 * 3600000).toISOString().slice(0, 16).replace("T", " ");
  await field("From").fill("last night");
  await page.locator(".auditform .main-act").click();
  await page.locator("#content .note.bad", { hasText: "03:12" }).waitFor();
  await field("From").fill(day);
  const q = await show();
  assert(q.get("from")?.startsWith(day.replace(" ", "T")), `from ${q.get("from")}`);
  await page.locator("#content .note.bad").waitFor({ state: "detached" });
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export" }).click()]);
  assert(/^audit-\d+\.csv$/.test(file.suggestedFilename()), file.suggestedFilename());
  assert(file.url().includes("from="), "the file is of another question");
  assert(mock.log[0].what === "export", "not recorded");
  await axe(page, "audit");
}, { own: true });

// ---- hour three ----
const hourThree = (now = Date.now()) => {
  const ago = (min) => new Date(now - min * 60000).toISOString(), names = ["EHR", "LAB", "PHARM", "DOCS"];
  knobs.feeds = (feeds) => { for (const f of feeds) { const i = names.indexOf(f.name.split("@")[0]); if (i >= 0) { f.state = "stale"; f.last = ago(176 - i * 9); f.minutes = f.minutes.map(() => 0); } } };
  knobs.board = { alarms: [
    { id: "unprotected", severity: "note", since: ago(4000), what: "unprotected", reason: "Nobody outside has seen this ledger's head", next: "Set up a replica or a witness." },
    ...names.map((n, i) => ({ id: `feed-${n}@STGABRIEL`, severity: "alarm", since: ago(160 - i * 9), what: "feed-silent", feed: `${n}@STGABRIEL`, reason: "silent", next: "Ask." })),
    { id: "damage-fileserver", severity: "alarm", since: ago(52), what: "damage", reason: "Files of fileserver are damaged", next: "x" }] };
};
await test("hour three: what is destroyed, what is silent and since when, the newest copy and the next step, on one screen, worst first", async (enter) => {
  for (const [lang, silent, step] of [["en", /4 feeds are silent: EHR 3 h, LAB 3 h, PHARM 3 h, DOCS 2 h/, "network first"], ["fr", /4 flux sont muets/, "Débranchez d'abord"], ["zh", /4 个数据源静默/, "断网"]]) {
    hourThree();
    const page = await enter({ lang });
    await to(page, "#/board");
    await page.locator(".alarmlist").waitFor();
    const alarms = (await page.locator(".alarmlist > li").allInnerTexts()).map((x) => x.replace(/\s+/g, " "));
    has(alarms[0], "fileserver"); has(alarms[0], step);
    assert(silent.test(alarms[1]), alarms[1]);
    assert(alarms.length === 3, `${alarms.length} rows`);
    const first = new Date(Date.now() - 176 * 60000).toISOString().slice(11, 15); // to ten minutes: the clock goes on
    assert(alarms[1].includes(first) || alarms[1].includes(new Date(Date.now() - 177 * 60000).toISOString().slice(11, 15)), `since when the first is silent: ${alarms[1]}`);
    const feeds = await page.locator("[aria-labelledby=h-feeds] tbody th").allInnerTexts();
    assert(feeds.slice(0, 4).map((f) => f.split("@")[0]).join() === "EHR,LAB,PHARM,DOCS", `silent feeds are not first: ${feeds}`);
    has(await page.locator(".copies").innerText(), "second-site");
    has(await page.locator(".bar .pill.bad").first().innerText(), "EHR +3");
    const [inside, outside] = await page.locator("#content").evaluate((e) => [e.scrollHeight, e.clientHeight]);
    assert(inside <= outside, `${lang}: ${inside} px in ${outside}`);
    // a name breaks before its place or not at all
    const broken = await page.locator("[aria-labelledby=h-feeds] tbody th").evaluateAll((all) => all.filter((th) => [...th.childNodes].some((n) => { if (n.nodeType !== 3) return false; const r = document.createRange(); r.selectNodeContents(n); return r.getClientRects().length > 1; })).map((th) => th.textContent));
    assert(broken.length === 0, `${lang}: broken names: ${broken}`);
    await axe(page, `hour three, ${lang}`);
    await page.context().close();
  }
}, { own: true });
// ---- how far the charts are ----
const shown = (min = 24) => ({ entry: 310220, time: new Date(Date.now() - min * 60000).toISOString() });
await test("charts that are being made anew say so on every page and on paper: up to when they are, how far, how long; then it goes by itself", async (enter) => {
  for (const [lang, head, left, newer] of [["en", "MADE ANEW", "about 3 min left", "not shown yet"], ["fr", "RECONSTRUITS", "encore 3 min environ", "pas encore montrés"], ["zh", "正在重建", "约剩 3", "尚未显示"]]) {
    knobs.board = { view: { applied: 0, behind: 316110, pinned: false, rebuilding: true, state: "rebuilding", done: 130000, total: 316110, secondsLeft: 172, shown: shown() } };
    const page = await enter({ lang, viewport: { width: 1366, height: 768 } });
    for (const hash of ["census", "board", "search"]) {
      await to(page, `#/${hash}`);
      const strip = page.locator(".viewstate");
      await strip.waitFor();
      const text = await strip.innerText();
      for (const part of [head, "41 %", left, newer, "310"]) has(text, part);
      assert(await strip.locator("progress").count() === 1, "no bar");
    }
    await axe(page, `charts being made, ${lang}`);
    const margin = await page.evaluate(() => document.getElementById("paper")?.textContent ?? document.querySelector(".printhead")?.textContent ?? "");
    has(margin, head);
    if (lang === "en" && process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "view-rebuilding.png") });
    knobs.board = undefined;
    await page.locator(".viewstate").waitFor({ state: "detached", timeout: 15000 });
    await page.context().close();
  }
}, { own: true });
await test("charts that are not there yet are no empty hospital: every page says how far they are, and they come by themselves", async (enter) => {
  for (const [lang, head, means] of [["en", "THERE ARE NO CHARTS YET", "does not mean that there is nothing"], ["fr", "PAS ENCORE DE DOSSIERS", "ne veut pas dire"], ["zh", "尚无病历", "不代表没有"]]) {
    knobs.noView = true;
    knobs.board = { feeds: [], view: { applied: 0, behind: 316110, rebuilding: true, state: "rebuilding", done: 35000, total: 316110, secondsLeft: 60, shown: {} } };
    const page = await enter({ lang, viewport: { width: 1366, height: 768 } });
    await to(page, "#/census");
    await page.locator(".viewstate.bad").waitFor();
    has(await page.locator(".viewstate").innerText(), head);
    await page.locator("#content .note").waitFor();
    has(await page.locator("#content .note").innerText(), means);
    assert(!/Nobody is in a bed|Personne n'est dans un lit|此时无人在床/.test(await page.locator("#content").innerText()), "it looks like an empty hospital");
    await axe(page, `no charts yet, ${lang}`);
    if (lang === "en" && process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "view-none.png") });
    await to(page, "#/board");
    await page.locator(".ledger").waitFor();
    await to(page, "#/census");
    knobs.noView = false;
    knobs.board = undefined;
    await page.locator(".rowlink").first().waitFor({ timeout: 15000 });
    page.problems.splice(0, page.problems.length, ...page.problems.filter((x) => !/503/.test(x))); // that is what was asked for here
    await page.context().close();
  }
}, { own: true });
await test("a site that is being rebuilt says so on every page, how far it is, and when the rebuild was broken off", async (enter) => {
  for (const [lang, head, means, stopped] of [["en", "BEING REBUILT", "Not yet verified", "BROKEN OFF"], ["fr", "RECONSTRUCTION", "Pas encore vérifié", "INTERROMPUE"], ["zh", "重建", "尚未与账本核对", "中断"]]) {
    const since = new Date(Date.now() - 60000).toISOString();
    const alarm = { id: "restoring", severity: "alarm", since, what: "THIS SITE IS BEING REBUILT", reason: "its charts can be read as they were", next: "wait until holdfast rebuild is done" };
    knobs.board = { feeds: [], restoring: { since, running: true, doing: "fetching" }, view: { applied: 0, behind: 0, state: "restoring", done: 300, total: 1000, secondsLeft: 90, shown: shown(1500) }, alarms: [alarm] };
    const page = await enter({ lang, viewport: { width: 1366, height: 768 } });
    for (const hash of ["census", "alarms"]) {
      await to(page, `#/${hash}`);
      const strip = page.locator(".strip.viewstate");
      await strip.waitFor();
      const text = await strip.innerText();
      has(text, head); has(text, means); has(text, "30 %"); has(text, "310");
      has(await page.locator(".bar .mode").innerText(), { en: "READ-ONLY", fr: "LECTURE SEULE", zh: "只读" }[lang]);
    }
    if (lang !== "en") assert(!/wait until|as they were/.test(await page.locator(".alarmlist").innerText()), "English in the alarms");
    await axe(page, `restoring, ${lang}`);
    knobs.board = { ...knobs.board, restoring: { since, running: false } };
    const again = await enter({ lang, viewport: { width: 1366, height: 768 } });
    has(await again.locator(".strip.viewstate").innerText(), stopped);
  }
}, { own: true });
await test("a copy of the site that is only read is marked on every page, with what is not recorded and what to do", async (enter) => {
  for (const [lang, head, step, count] of [["en", "READ-ONLY", "holdfast ledger epoch", "NOT BEING RECORDED"], ["fr", "LECTURE SEULE", "holdfast rebuild", "NON ENREGISTRÉ"], ["zh", "只读", "holdfast rebuild", "未被记录"]]) {
    const since = new Date(Date.now() - 3600000).toISOString();
    knobs.board = { readOnly: { since, reason: "off has seen 806 entries of this log and only 307 stand here", next: "x" }, notRecorded: 14, view: { applied: 316110, behind: 0, state: "following", done: 316110, total: 316110, shown: shown(1500) },
      alarms: [{ id: "read-only", severity: "alarm", since, what: "READ-ONLY: NOTHING IS TAKEN IN", reason: "off has seen 806 entries of this log and only 307 stand here", next: "stop this daemon; then holdfast rebuild" }, { id: "not-recorded", severity: "alarm", since, what: "NOT BEING RECORDED", reason: "14 views", next: "x" }] };
    const page = await enter({ lang, viewport: { width: 1366, height: 768 } });
    for (const hash of ["census", "alarms"]) {
      await to(page, `#/${hash}`);
      const strip = page.locator(".strip.readonly");
      await strip.waitFor();
      const text = await strip.innerText();
      has(text, head); has(text, step); has(text, "310");
      has(text, count); has(text, "14");
      has(await page.locator(".bar .mode").innerText(), head);
    }
    if (lang !== "en") assert(!/has seen|stop this daemon/.test(await page.locator(".alarmlist").innerText()), "English in the alarms");
    await axe(page, `read-only, ${lang}`);
    await bed12(page);
    has(await page.locator(".strip.readonly").innerText(), head);
    if (lang === "en" && process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "view-readonly.png") });
    await page.context().close();
  }
}, { own: true });
await test("what was alarming and what is to be reviewed stands in the reader's language, with what it names", async (enter) => {
  const at = (min) => new Date(Date.now() - min * 60000).toISOString();
  knobs.events = [
    { entry: 5200, time: at(31), kind: "alarm", what: "raised", text: "feed silent", reason: "LAB@STGABRIEL" }, { entry: 5190, time: at(40), kind: "alarm", what: "raised", text: "clock jumped", reason: "set back by 75 s" },
    { entry: 5180, time: at(50), kind: "alarm", what: "raised", text: "entries in quarantine", reason: "2 entries cannot be read without the reader dying; they are stored and not shown" }, { entry: 5170, time: at(60), kind: "alarm", what: "raised", text: "disk nearly full", reason: "no message is taken; senders wait and will send again" },
    { entry: 5160, time: at(70), kind: "alarm", what: "raised", text: "process failing", reason: "scribe dies again and again" }, { entry: 5150, time: at(80), kind: "alarm", what: "cleared", text: "feed-PHARM@STGABRIEL" }];
  knobs.review = [
    { what: "number-conflict", entry: 900, text: "a number sent with this patient belongs to p4711, whose birth date or name is another one: not joined" }, { what: "unmerged", entry: 901, text: "taken apart again from p4712; what was sent under that number stays there: 2 messages came in between (#12, #15)" },
    { what: "old-merge", entry: 902, text: "a merge with p4713 came again that is older than its undoing: not done" }, { what: "not-merged", entry: 903, text: "an un-merge with p4714 was asked for, but the two are not one person" }, { what: "deleted-by-sender", entry: 904, text: "the sender deleted this person (A29); the chart is kept" },
    { what: "control-id-reused", entry: 905, text: "the sender used a control id again for another message" }, { what: "ambiguous-number", entry: 906, text: "an identity decision named a number that p4715 has, too: not done" },
    { what: "number-conflict", entry: 907, text: "p4716 has this number by the same authority in another spelling, but another birth date, sex or name: not joined" }, { what: "authority-doubted", entry: 908, text: "was one person with p4717, because who gave their numbers was taken for one and the same; a message has since named it otherwise: taken apart" },
    { what: "quarantine", entry: 909, text: "a message of this patient could not be read and is in quarantine" }, { what: "captured-differs", entry: 910, text: "name, birth date or sex taken down here differ from what the EHR sent; the EHR's are shown" }, { what: "none-against-list", entry: 911, text: '"no known allergies" was sent while allergies are listed; the list is kept' },
    { what: "report-cancelled", entry: 912, text: "a report was cancelled after results of it had come; nothing was said of the results, and they are still shown" }, { what: "names-somebody-else", entry: 913, text: "3 messages under this patient's number name somebody with another name and another birth date: whose is what they say?" }];
  const english = /\b(the|was|were|with|this|that|again|messages? came|cannot|silent|taken)\b/i;
  for (const [lang, back] of [["en", "set back by 75 s"], ["fr", "reculée de 75 s"], ["zh", "调慢 75 秒"]]) {
    knobs.board = { quarantined: 2, alarms: [{ id: "quarantine", severity: "warning", since: at(50), what: "entries in quarantine", reason: "2 entries", next: "holdfast quarantine list names them: report them; when Holdfast is mended, holdfast quarantine lift" }] };
    const page = await enter({ lang });
    await to(page, "#/alarms");
    await page.locator("[aria-labelledby=h-past] tbody tr").first().waitFor();
    const past = await page.locator("[aria-labelledby=h-past] tbody").innerText();
    for (const part of ["LAB@STGABRIEL", "PHARM@STGABRIEL", back]) has(past, part);
    has(await page.locator(".alarmlist").innerText(), "holdfast quarantine list");
    has(await page.locator(".alarmlist").innerText(), "holdfast quarantine lift");
    await bed12(page);
    const review = page.locator("[aria-labelledby=h-review]").first();
    await review.waitFor();
    const lines = await review.locator("li").allInnerTexts();
    assert(lines.length === 14, `${lines.length} lines`);
    lines.forEach((l, i) => { if (i < 9 && ![4, 5].includes(i)) assert(/p471\d/.test(l), `what it names is lost: ${l}`); });
    has(lines[1], "(#12, #15)");
    if (lang !== "en") { for (const l of [...lines, ...past.replace(/scribe dies again and again/, "").split("\n")]) assert(!english.test(l), `English in ${lang}: ${l}`); }
    assert(await review.locator("[lang=en]").count() === 0, "a sentence was not known");
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `review-${lang}.png`) });
    await page.context().close();
  }
}, { own: true });
await test("of thirty feeds a silent one is never among those that are left out", async (enter) => {
  knobs.feeds = (feeds) => { const one = feeds[0]; for (let i = 0; i < 25; i++) feeds.push({ ...one, name: `ZONE${i}@STGABRIEL`, state: i > 12 ? "stale" : "fresh" }); };
  const page = await enter();
  await to(page, "#/board");
  const rows = page.locator("[aria-labelledby=h-feeds] tbody tr");
  await rows.first().waitFor();
  assert(await rows.count() === 14, `${await rows.count()} rows`); // 13 silent with LAB, one ageing
  await page.getByRole("button", { name: "All feeds (30)" }).click();
  await rows.nth(29).waitFor();
}, { own: true });

// ---- when things fail ----
await test("the server is gone: the copy stays, loudly dated, and comes back by itself", async (enter) => {
  const page = await enter();
  await bed12(page);
  knobs.down = true;
  await page.locator(".strip.bad").waitFor({ timeout: 40000 });
  has(await page.locator(".strip.bad").innerText(), "cannot be reached");
  assert(await page.locator(".banner .name").isVisible(), "the chart went away");
  has(await page.locator(".strip.bad").innerText(), "ago");
  knobs.down = false;
  await page.locator(".strip.bad button").click();
  await page.locator(".strip.bad").waitFor({ state: "detached" });
}, { own: true });
await test("one patient's data never stands under another's name while the next one loads", async (enter) => {
  const page = await enter();
  await bed12(page);
  knobs.held = [];
  const other = await page.evaluate(() => fetch("/api/census").then((r) => r.json()).then((d) => d.patients.find((p) => !p.isProtected && p.name.given !== "Jeanne-Marie").id));
  await to(page, `#/chart/${other}`);
  for (let i = 0; i < 600 && !knobs.held.length; i++) await page.waitForTimeout(50);
  assert(knobs.held.length > 0, "the next one is not asked for");
  await page.getByText("Fetching").first().waitFor();
  assert(await page.locator(".banner").count() === 0, "the old banner is still there");
  for (const go of knobs.held.splice(0)) go();
  delete knobs.held;
  await page.locator(".banner").waitFor();
  assert(!(await page.locator(".banner").innerText()).includes("Jeanne-Marie"), "wrong patient");
}, { own: true });
await test("a renewal keeps the place on the page and the focus", async (enter) => {
  const page = await enter({ size: "tablet" });
  await bed12(page);
  await page.locator("#content").evaluate((e) => { e.scrollTop = 300; });
  await page.locator(".tabrow .btn").first().click();
  await page.waitForTimeout(600);
  assert(await page.locator("#content").evaluate((e) => e.scrollTop) > 200, "scrolled away");
  assert(await page.evaluate(() => document.activeElement?.classList.contains("btn")), "lost the focus");
}, { own: true });
await test("downtime is another shape and other words; a drill is on every page", async (enter) => {
  knobs.mode = "downtime";
  let page = await enter();
  await page.locator(".frame.mode-downtime").waitFor();
  has(await page.locator(".bar .mode").innerText(), "DOWNTIME since");
  assert(await page.locator(".bar").evaluate((e) => e.getBoundingClientRect().height) > 55, "same shape as a normal day");
  knobs.mode = "drill";
  page = await enter();
  await page.locator(".watermark").waitFor();
  has(await page.locator(".bar .mode").innerText(), "DRILL");
}, { own: true });

// ---- who may, what is remembered ----
await test("a nurse sees what her role may, and no audit", async (enter) => {
  const page = await enter({}, ["nurse", "downtime-nurse-1"]);
  await page.locator(".rail a").first().waitFor();
  assert(await page.locator('.rail a[href="#/audit"]').count() === 0, "audit in the rail");
  await to(page, "#/audit");
  await page.getByText("Your role may not see this page.").waitFor();
}, { own: true });
await test("accounts: a new one's password is shown once; closing one asks why", async (enter) => {
  const page = await enter();
  await to(page, "#/setup");
  await page.locator(".users form input").fill("night.ward");
  await page.locator(".users form .main-act").click();
  await page.locator(".users .note.ok", { hasText: "plum-river-candle-42" }).waitFor();
  await page.locator(".users tr", { hasText: "night.ward" }).getByRole("button").click();
  await page.locator("dialog input").fill("Left the hospital");
  await page.locator("dialog .main-act").click();
  await page.locator(".users tr", { hasText: "night.ward" }).getByText("closed").waitFor();
}, { own: true });
await test("no patient in the address, in what the browser keeps, or in the title", async (enter) => {
  const page = await enter();
  await bed12(page);
  await page.keyboard.press("/");
  await page.locator("#q").fill("martin jeanne");
  await page.locator(".rowlink").first().click();
  await page.locator(".banner").waitFor();
  const kept = await page.evaluate(() => JSON.stringify([location.href, document.title, { ...localStorage }, { ...sessionStorage }])), low = kept.toLowerCase();
  for (const word of ["martin", "jeanne", "4471009", "1957"]) assert(!low.includes(word), `${word} in ${kept}`);
  assert(/#\/chart\/p\d+/.test(kept), "the id should be in the path");
}, { own: true });
await test("an age chip opens its entry and proof; the message as received only on asking, and that is recorded", async (enter) => {
  const page = await enter();
  const before = mock ? mock.log.filter((e) => e.what === "raw").length : 0;
  await page.keyboard.press("2");
  const open_ = page.locator(".rowlink:not(:has-text('Protected record'))").first();
  await open_.click();
  await page.locator("button.chip:not([disabled])").first().click();
  await page.locator("dialog").getByText("Proof", { exact: false }).first().waitFor();
  assert(await page.locator("dialog .raw").count() === 0, "the message is shown before anyone asked");
  if (mock) has(await page.locator("dialog").innerText(), "is recorded"); // a clinician of a real site may not see the message
  has(await page.locator("dialog").innerText(), "cannot be changed or taken out unseen");
  assert(await page.locator("dialog pre").count() > 0 && !(await page.locator("dialog pre").first().isVisible()), "the proof's own lines before anyone asked");
  await page.locator("dialog").getByRole("button", { name: "Show" }).click();
  await page.locator("dialog .raw").waitFor();
  assert((await page.locator("dialog .raw").innerText()).length > 20, "nothing shown");
  if (mock) assert(mock.log.filter((e) => e.what === "raw").length === before + 1, "not recorded");
  await axe(page, "entry dialog");
});

// ---- keys, language, size ----
await test("number keys, / and ? work everywhere and leave fields alone; they can be turned off", async (enter) => {
  const page = await enter();
  await page.keyboard.press("1");
  await page.locator('.rail a[href="#/board"][aria-current]').waitFor();
  await page.locator("h1:focus").waitFor();
  await page.keyboard.press("/");
  await page.locator("#q").waitFor();
  await page.keyboard.type("12?");
  assert(await page.locator("#q").inputValue() === "12?", "a field lost its keys");
  await page.keyboard.press("Tab"); await page.keyboard.press("Tab");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("?");
  await page.locator("dialog").waitFor();
  await axe(page, "keys");
  await page.keyboard.press("Escape");
  await page.evaluate(() => localStorage.setItem("hf.keys", "off"));
  await page.keyboard.press("1");
  await page.waitForTimeout(200);
  assert(await page.locator('.rail a[href="#/search"][aria-current]').count() === 1, "keys are off and still work");
});
await test("] and [ as fast as they are pressed: each is one tab, on a machine six times as slow", async (enter) => {
  const page = await enter();
  await bed12(page);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 6 });
  const names = ["summary", "medications", "results", "vitals", "ecg", "orders", "documents", "timeline", "more"];
  const press = (key) => ["keyDown", "keyUp"].map((type) => cdp.send("Input.dispatchKeyEvent", { type, key, text: type === "keyDown" ? key : undefined }));
  let at = 0;
  for (let i = 0; i < 24; i++) {
    const n = 1 + i % 7, step = i % 3 === 2 ? -1 : 1;
    for (let k = 0; k < n; k++) { await Promise.all(press(step > 0 ? "]" : "[")); if (i % 2) await page.waitForTimeout(15); }
    at = (at + step * n + 9 * 9) % 9;
    await page.locator(`#tab-${names[at]}[aria-selected=true]`).waitFor({ timeout: 8000 }).catch(() => { throw new Error(`time ${i}: ${n} times ${step > 0 ? "]" : "["} did not lead to ${names[at]}`); });
  }
}, { own: true });
await test("/ and what is typed right after it: every letter arrives in the search, 50 times, on a machine six times as slow", async (enter) => {
  const page = await enter();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 6 });
  const press = (key) => [["keyDown", key], ["keyUp"]].map(([type, text]) => cdp.send("Input.dispatchKeyEvent", { type, key, text, windowsVirtualKeyCode: /\d/.test(key) ? key.charCodeAt(0) : 0 }));
  const pages_ = ["1", "5"]; // board, alarms
  for (let i = 0; i < 50; i++) {
    await page.evaluate(() => document.activeElement.blur());
    const typed = `${i % 10}2?t${i}`;
    await Promise.all([...pages_[i % pages_.length], "/", ...typed].flatMap(press)); // nobody waits between two keys
    const [where, value, focus, open_] = await page.evaluate(() => [location.hash, document.getElementById("q")?.value, document.activeElement?.id, document.querySelectorAll("dialog, .asofpanel").length]);
    assert(where === "#/search" && value === typed && focus === "q" && open_ === 0, `time ${i}: typed "/${typed}", got "${value}" on ${where}, the focus on "${focus}", ${open_} opened by a stray key`);
  }
  // the rail's own link, too
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("1");
  const got = await page.evaluate(() => { document.querySelector('.rail a[href="#/search"]').click(); return document.activeElement.id; });
  assert(got === "q", `a click on Search leaves the focus on ${got}`);
});
await test("Enter right after typing opens the one who was typed, not the one who was found before", async (enter) => {
  const page = await enter();
  await to(page, "#/search");
  await page.locator("#q").fill("4471009");
  await page.locator(".found.rowlink", { hasText: "Jeanne-Marie" }).waitFor();
  await page.locator("#q").selectText();
  const cdp = await page.context().newCDPSession(page);
  const press = (key) => [cdp.send("Input.dispatchKeyEvent", { type: "keyDown", key, ...(key === "Enter" ? { text: "\r", windowsVirtualKeyCode: 13 } : { text: key, windowsVirtualKeyCode: key.charCodeAt(0) }) }), cdp.send("Input.dispatchKeyEvent", { type: "keyUp", key })];
  await Promise.all([..."4471090", "Enter"].flatMap(press));
  await page.locator(".banner").waitFor();
  const banner = await page.locator(".banner").innerText();
  has(banner, "4471090");
  assert(!banner.includes("Jeanne-Marie"), "the wrong patient");
}, { own: true });
await test("Enter in the census' filter opens who alone is left; of several it goes to the first, and only Enter again opens", async (enter) => {
  const page = await enter();
  await to(page, "#/census");
  await page.locator(".rowlink").nth(10).waitFor();
  await page.locator("#census-filter").fill("martin");
  await page.locator("#census-filter").press("Enter");
  assert(await page.locator(".banner").count() === 0 && await page.evaluate(() => document.activeElement?.matches(".rowlink")), "one of several is opened unseen");
  const name = await page.locator(".rowlink:focus .who").innerText();
  await page.keyboard.press("Enter");
  await page.locator(".banner").waitFor();
  assert((await page.locator(".banner .name").innerText()).toLowerCase() === name.toLowerCase(), "another one");
}, { own: true });
await test("keys of other keyboards: 1 without Shift on a French one, [ and ] with AltGr", async (enter) => {
  const page = await enter();
  const press = (o) => page.evaluate((x) => { document.body.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...x })); return location.hash; }, o);
  assert(await press({ key: "&", code: "Digit1" }) === "#/board", "& where 1 is");
  assert(await press({ key: "é", code: "Digit2" }) === "#/census", "é where 2 is");
  await page.locator(".rowlink:not(:has-text('Protected record'))").first().click();
  await page.locator(".banner").waitFor();
  assert((await press({ key: "]", code: "Minus", ctrlKey: true, altKey: true, modifierAltGraph: true })).endsWith("/medications"), "] with AltGr");
  assert((await press({ key: "]", code: "Minus", ctrlKey: true, altKey: true })).endsWith("/medications"), "Ctrl and Alt is the browser's");
  assert((await press({ key: "[", code: "Digit5", modifierAltGraph: true })).endsWith("/summary"), "[ with AltGr");
});
await test("the language changes in place and is remembered", async (enter) => {
  const page = await enter();
  await page.keyboard.press("2");
  await page.locator("#me").click();
  await axe(page, "own menu");
  await page.locator("#own select").selectOption("fr");
  await page.getByRole("heading", { name: "Présents" }).waitFor();
  assert(await page.evaluate(() => document.documentElement.lang) === "fr", "html lang");
  await page.reload();
  await page.getByRole("heading", { name: "Présents" }).waitFor();
});
await test("the board fits one screen at 1366 x 768 without scrolling", async (enter) => {
  for (const lang of ["en", "fr", "zh"]) {
    const page = await enter({ lang });
    await to(page, "#/board");
    await page.locator(".board").waitFor();
    const [inside, outside] = await page.locator("#content").evaluate((e) => [e.scrollHeight, e.clientHeight]);
    assert(inside <= outside, `${lang}: ${inside} px in ${outside}`);
  }
}, { own: true });
await test("1,500 people: the census opens, filters and scrolls without a hitch", async (enter) => {
  knobs.crowd = true;
  const page = await enter();
  const start = Date.now();
  await page.keyboard.press("2");
  await page.locator(".rowlink").nth(100).waitFor({ state: "attached" });
  const opened = Date.now() - start;
  const typed = await page.evaluate(async () => {
    const f = document.getElementById("census-filter"), t = performance.now();
    f.value = "testmann7"; f.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((r) => requestAnimationFrame(() => setTimeout(r, 0)));
    return performance.now() - t;
  });
  await page.locator("#census-filter").fill("");
  // the same piece of work, told against the same work on a quiet machine of 2020: a busy machine may be slow, the page may not
  const slower = Math.max(1, await page.evaluate(() => { let all = 0; for (let k = 0; k < 3; k++) { const t0 = performance.now(), a = []; for (let i = 0; i < 60000; i++) a.push(`row ${i * 7 % 9973}`); a.sort(); all = Math.max(all, performance.now() - t0); } return all; }) / 60);
  const worst = await page.evaluate(async () => {
    const s = document.getElementById("content");
    let last = performance.now(), worst = 0;
    for (let i = 0; i < 60; i++) { s.scrollTop += 900; await new Promise((r) => requestAnimationFrame(r)); const n = performance.now(); worst = Math.max(worst, n - last); last = n; }
    return worst;
  });
  console.log(`     opened ${opened} ms, filtered ${Math.round(typed)} ms, longest frame while scrolling ${Math.round(worst)} ms (machine: ${slower.toFixed(1)})`);
  assert(opened < 4000 * slower && typed < 400 * slower && worst < 400 * slower, `opened ${opened} ms, filter ${Math.round(typed)} ms, worst frame ${Math.round(worst)} ms on a machine ${slower.toFixed(1)} times as slow`);
  await to(page, "#/search");
  await page.locator("#q").fill("testmann");
  await page.locator(".rowlink").nth(100).waitFor({ state: "attached" });
}, { own: true });

// ---- nothing of an identity is cut ----
// Text that a box hides, runs out of its card, or shortens with dots: asked of the letters' own places, so whatever cuts it is found.
const cutTexts = (page, selectors, box) => page.evaluate(([list, box_]) => {
  const found = [];
  for (const el of document.querySelectorAll(list)) {
    if (!el.textContent.trim() || el.closest(".vh") || !el.getClientRects().length) continue;
    const range = document.createRange();
    range.selectNodeContents(el);
    const seen = [...range.getClientRects()].filter((r) => r.width > 0), right = Math.max(...seen.map((r) => r.right)), left = Math.min(...seen.map((r) => r.left)), bottom = Math.max(...seen.map((r) => r.bottom));
    const within = el.closest(box_)?.getBoundingClientRect();
    let why = right > innerWidth + 1 ? "beyond the screen" : within && (right > within.right + 1 || left < within.left - 1 || bottom > within.bottom + 1) ? "out of its box" : "";
    for (let e = el; e && !why && !e.matches(".scroller, body"); e = e.parentElement) {
      const s = getComputedStyle(e);
      if (s.overflowX !== "visible" && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)) why = `hidden by ${e.className || e.tagName}`;
    }
    if (why) found.push(`${el.className || el.tagName} "${el.textContent.slice(0, 60)}" ${why}`);
  }
  return found;
}, [selectors, box]);
const whole = async (page, what, selectors, box) => {
  assert(await page.locator(selectors).count() > 0, `${what}: nothing to look at`);
  const cut = await cutTexts(page, selectors, box);
  assert(cut.length === 0, `${what}: ${cut.slice(0, 3).join("; ")}`);
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert(wide[0] <= wide[1], `${what} is wider than the screen`);
};
for (const [size, viewport] of [["1366x768", { width: 1366, height: 768 }], ["1024x768", { width: 1024, height: 768 }], ["768x1024", { width: 768, height: 1024 }]]) {
  await test(`who it is and where is never cut: names of 40 letters and more, long units and beds (${size}, three languages)`, async (enter) => {
    knobs.long = true;
    for (const [i, lang] of ["en", "fr", "zh"].entries()) {
      knobs.long = i + 1;
      const page = await enter({ viewport, lang });
      const card = ".bed .who, .bed .where b, .bed .where small, .bed .ids, .bed .mrn", head = "h2.unit, .units button";
      await to(page, "#/census");
      await page.locator(".rowlink").nth(5).waitFor();
      await whole(page, `census, ${lang}`, card, ".bed"); await whole(page, `units, ${lang}`, head, ".units button, section");
      if (i === 0) { // the whole name stands there, letter for letter
        const shown = (await page.locator(".bed .who").allInnerTexts()).map((x) => x.toLowerCase());
        for (const n of ["wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren, hubert", "van der meer-featherstonehaugh de la cruz, maria magdalena theodora wilhelmina"]) assert(shown.some((x) => x.replace(/\s+/g, " ") === n), `${n} is not in ${shown.slice(0, 3)}`);
      }
      await page.locator(".pagehead .btn[aria-pressed]").click();
      await page.locator(".aslist").waitFor();
      await whole(page, `census as a list, ${lang}`, card, ".bed");
      await page.locator(".pagehead .btn[aria-pressed]").click();
      await page.locator(".units button").nth(1).click();
      await page.locator(".bed .vit").first().waitFor();
      await whole(page, `a ward, ${lang}`, card, ".bed");
      await page.locator(".units button").first().click();
      await to(page, "#/search");
      await page.locator("#q").fill("ma");
      await page.locator(".found.rowlink").nth(1).waitFor();
      await whole(page, `search, ${lang}`, "a.found .who, a.found > span", ".found");
      await page.locator(".found.rowlink").first().click();
      await page.locator(".banner").waitFor();
      await whole(page, `banner, ${lang}`, ".banner .name, .banner dd, .banner dt, .banner .allergy b", ".banner");
      if (viewport.width === 768) await axe(page, `long names, ${lang}`);
    }
  }, { own: true });
}
await test("at 200 % nothing of an identity is cut, and the page needs no sideways scroll", async (enter) => {
  knobs.long = true; // 1366 x 768 at twice the size is a window of 683 x 384
  const page = await enter({ viewport: { width: 683, height: 384 }, lang: "fr" });
  for (const [hash, what, box] of [["census", ".bed .who, .bed .where b", ".bed"], ["board", ".board h2, .backups b, .alarmlist b", ".panel"], ["alarms", ".alarmlist b", ".panel"], ["setup", "h2, legend", ".panel"]]) {
    await to(page, `#/${hash}`);
    await page.locator(what).first().waitFor();
    await whole(page, hash, what, box);
  }
  await to(page, "#/census");
  await page.locator(".rowlink").first().click();
  await page.locator(".banner").waitFor();
  await whole(page, "banner", ".banner .name, .banner dd", ".banner");
  // so low a window scrolls as a whole, and the banner stays
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  const [top, bottom, moved] = await page.evaluate(() => { const r = document.querySelector(".banner").getBoundingClientRect(); return [r.top, r.bottom, scrollY]; });
  assert(moved > 100 && top > -1 && bottom < 330, `scrolled ${moved}, the banner from ${top} to ${bottom} of 384`);
}, { own: true });
await test("the bar says which feed is stale and since when, whole, in each language, also in a downtime", async (enter) => {
  for (const mode of ["", "downtime"]) for (const lang of ["en", "fr", "zh"]) for (const width of [1366, 1024, 768]) {
    knobs.mode = mode || undefined;
    knobs.feeds = (feeds) => { feeds[1].name = mode ? "LABORATORY-INFORMATION-SYSTEM@STGABRIEL-NORTH-CAMPUS" : feeds[1].name; };
    const page = await enter({ viewport: { width, height: 768 }, lang });
    await page.locator(".bar .pill.bad").first().waitFor();
    const what = `${lang} ${width} ${mode}`, bar = ".bar .site, .bar .clock, .bar .mode, .bar .pill, .bar .me, .bar .asof";
    await whole(page, `bar, ${what}`, bar, ".bar");
    const text = (await page.locator(".bar .pill.bad").first().innerText()).replace(/\s+/g, " ");
    has(text, mode ? "LABORATORY-INFORMATION-SYSTEM@STGABRIEL-NORTH-CAMPUS" : "LAB");
    assert(agesOf(38).test(text), `no age in ${text}`);
    const over = await page.evaluate((list) => {
      const r = [...document.querySelectorAll(list)].map((e) => [e.className, e.getBoundingClientRect()]);
      return r.flatMap(([a, x], i) => r.slice(i + 1).filter(([, y]) => x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1).map(([b_]) => `${a} over ${b_}`));
    }, bar);
    assert(over.length === 0, `${what}: ${over}`);
    await page.context().close();
  }
}, { own: true });
await test("in the rail the count of alarms keeps clear of its key, also when there are many", async (enter) => {
  for (const lang of ["en", "fr", "zh"]) {
    knobs.board = { alarms: Array.from({ length: 128 }, (_, i) => ({ id: `role-${i}`, severity: "warning", since: new Date().toISOString(), what: "x", reason: "a process dies again and again", next: "" })) };
    const page = await enter({ lang });
    await page.locator(".rail .n").waitFor();
    const [word, n, key, rail] = await page.evaluate(() => { const a = document.querySelector('.rail a[href="#/alarms"]'); const t = document.createRange(); t.selectNodeContents(a.querySelector("span").firstChild); return [t.getBoundingClientRect(), a.querySelector(".n").getBoundingClientRect(), a.querySelector("kbd").getBoundingClientRect(), a.getBoundingClientRect()].map((r) => [r.left, r.right, r.top, r.bottom]); });
    assert(n[0] - word[1] >= 2 && key[0] - n[1] >= 6 && rail[1] - key[1] >= 4, `${lang}: word ends ${word[1]}, count ${n[0]} to ${n[1]}, key from ${key[0]}`);
    assert(Math.abs(n[3] - word[3]) < 6, `${lang}: the count stands on another line`);
  }
}, { own: true });

// ---- backups and copies elsewhere ----
const backupWords = { en: ["DAMAGE", "clean", "OLD", "Backups", "Copies elsewhere", "UNPROTECTED", "OLDER THAN 15 MIN"], fr: ["DÉGÂTS", "intacte", "ANCIENNE", "Sauvegardes", "Copies ailleurs", "NON PROTÉGÉ", "PLUS DE 15 MIN"], zh: ["有损坏", "完好", "过旧", "备份", "别处的副本", "未受保护", "超过 15 分钟"] };
for (const [lang, w] of Object.entries(backupWords)) {
  await test(`backups: damage first, in words, with the next step; old is said; copies elsewhere with their age (${lang})`, async (enter) => {
    const page = await enter({ lang, theme: lang === "fr" ? "dark" : "light" });
    await to(page, "#/board");
    const panel = section(page, w[3]);
    await panel.waitFor();
    const rows = await panel.locator(".backups > li").allInnerTexts();
    assert(rows.length === 3, `${rows.length} rows`);
    has(rows[0], w[0]); has(rows[0], "fileserver"); has(rows[0], "clean-point");
    assert(agesOf(52).test(rows[0]), `no age in ${rows[0]}`);
    has(rows[1], "lab-archive"); has(rows[1], w[2]); assert(await panel.locator(".backups > li").first().locator(".verdict").count() === 1, "one verdict a row");
    has(rows[2], w[1]);
    const copies = await panel.locator(".copies").innerText();
    for (const part of [w[4], "6", "second-site", "bucket", "ICU", w[6]]) has(copies, part); // of the units' packets the oldest
    has(await panel.locator(".copies > p .tag").getAttribute("title"), "No space left"); // and why
    assert(!copies.includes(w[5]), "called unprotected with a copy outside");
    assert(await panel.locator(".copies .tag.red").count() === 1, "a push that failed is not said");
    await axe(page, `board, ${lang}`);
    await panel.locator("header .link").focus();
    await page.keyboard.press("Enter");
    const dialog = await page.locator("dialog").innerText();
    for (const part of ["fileserver", "files1", "4,812 of 5,020", "restore", "--clean", "pacs-index"]) has(dialog, part);
    await axe(page, `backups, ${lang}`);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    assert(await page.evaluate(() => document.activeElement?.getAttribute("aria-haspopup") === "dialog"), "the focus did not come back");
  }, { own: true });
}
await test("backups: none yet, a verdict nobody knows, a server that does not say, and nothing outside", async (enter) => {
  knobs.board = { vault: { packs: 0, bytes: 0, sources: [] }, replicas: [] };
  let page = await enter();
  await to(page, "#/board");
  let text = await section(page, "Backups").innerText();
  for (const part of ["No backup has been made yet", "holdfast vault backup", "UNPROTECTED", "no copy outside this machine", "holdfast replica add"]) has(text, part);
  const young = new Date().toISOString(), unit = (n) => ({ unit: n, made: young, validUntil: young, entry: 1, bytes: 1, persons: 1 }), fails = (n) => ({ unit: n, since: young, reason: "the folder cannot be written" });
  for (const [lang, word] of [["en", "NOT MADE: 3W + 1"], ["fr", "NON FAITS : 3W + 1"], ["zh", "未能生成：3W + 1"]]) {
    knobs.board = { packets: [unit("3W"), unit("ICU")], packetsState: { minutes: 5, units: 2, failing: [fails("3W"), fails("ICU")], withoutWords: ["4E"] }, alarms: [{ id: "packets-failing", severity: "warning", since: young, what: "ward packets are not made", reason: "3W: the newest packet is 0 min old; disk" }, { id: "packets-words", severity: "warning", since: young, what: "units without ward packets", reason: "4E" }] };
    page = await enter({ lang });
    await to(page, "#/board");
    await page.locator(".copies").waitFor();
    has(await page.locator(".copies").innerText(), word);
    const all = await page.locator("body").innerText();
    for (const part of lang === "en" ? ["0 min old"] : lang === "fr" ? ["Des paquets de service ne sont pas faits (3W: the newest packet is 0 min old", "Des services sont sans paquet (4E)"] : ["病区数据包未能生成 (3W: the newest packet is 0 min old", "部分病区没有数据包 (4E)"]) has(all, part);
  }
  knobs.board = { vault: { packs: 1, bytes: 1, sources: [{ id: "s9", seq: 9, time: new Date().toISOString(), source: "x", host: "", files: 1, bytes: 1, new_bytes: 1, verdict: "undecided", reasons: [] }] }, replicas: [{ name: "second-site", ours: false, headTime: new Date().toISOString() }] };
  page = await enter();
  await to(page, "#/board");
  text = await section(page, "Backups").innerText();
  has(text, "undecided"); has(text, "NOTHING SENT YET"); has(text, "UNPROTECTED");
  assert(!/\bclean\b/.test(text), `what is not clean in so many words is called clean: ${text}`);
  knobs.board = { vault: undefined, replicas: undefined };
  page = await enter();
  await to(page, "#/board");
  text = await section(page, "Backups").innerText();
  has(text, "does not say"); has(text, "UNPROTECTED");
}, { own: true });

// ---- a real site, where the program is built: what the vault said stands on the board ----
await test("a real site: a backup, the same tree enciphered, and the board names the damage and raises the alarm", withSite(async (made) => {
  const { dir, run, site } = made;
  const tree = join(dir, "tree");
  await made.serve();
  const file = (i) => join(tree, `d${i % 8}`, `r${i}.${i % 2 ? "json" : "gz"}`);
  for (let i = 0; i < 160; i++) { mkdirSync(dirname(file(i)), { recursive: true }); writeFileSync(file(i), i % 2 ? JSON.stringify({ report: i, text: "rounds at seven ".repeat(40) }) : gzipSync(`report ${i} rounds at seven `.repeat(60))); }
  const first = run("vault", "backup", "--site", site, "--source", "ward-files", tree).split("\n").pop();
  const page = await made.enter(b, "lead", "admin");
  await to(page, "#/board");
  const row = page.locator(".backups > li", { hasText: "ward-files" });
  await row.waitFor();
  has(await row.locator(".verdict").innerText(), "clean");
  assert(/s ago|min ago/.test(await row.innerText()), `no age in ${await row.innerText()}`);
  for (let i = 0; i < 160; i++) { rmSync(file(i)); writeFileSync(file(i) + ".locked", randomBytes(900)); writeFileSync(join(dirname(file(i)), "README_LOCKED.txt"), "Your files are encrypted."); }
  const second = run("vault", "backup", "--site", site, "--source", "ward-files", tree).split("\n").pop();
  assert(first !== second, "the same snapshot twice");
  await row.locator(".verdict", { hasText: "DAMAGE" }).waitFor();
  has(await row.innerText(), "clean-point --source ward-files");
  has(await page.locator(".alarmlist").innerText(), "Files of ward-files are damaged");
  await page.locator(".panel .link[aria-haspopup]").click();
  const said = await page.locator("dialog").innerText();
  for (const part of [second, ".locked", "restore", "168 files"]) has(said, part);
  await page.locator("dialog .link").click(); // the snapshot's own entry, with its proof
  await page.locator("dialog").getByText("Proof", { exact: false }).first().waitFor();
  await axe(page, "a real board's backups");
}, { mayRun: mock !== null }));

// ---- ECGs ----
await groupOf("ecg", { test, axe, to, has, assert, knobs, mock, bed12, browser: () => b });
await groupOf("packet", { test, axe, has, assert, browser: () => b });
await groupOf("station", { test, axe, has, assert, browser: () => b });
await groupOf("capture", { test, axe, to, has, assert, browser: () => b });
await groupOf("gate", { test, axe, to, has, assert, knobs, mock, browser: () => b });
if (mock) await groupOf("scope", { test, axe, to, has, assert, mock, browser: () => b });
if (mock) await groupOf("registry", { test, axe, to, has, assert, mock, browser: () => b });

// ---- paper ----
await test("print: identity, age and page number on every page, and the print is recorded first", async (enter) => {
  try { execFileSync("pdftotext", ["-v"], { stdio: "ignore" }); } catch { return "skipped"; }
  const page = await enter();
  await bed12(page);
  await page.evaluate(() => { window.print = () => { window.printed = true; }; });
  const asked = page.waitForRequest((r) => r.url().endsWith("/api/print") && r.method() === "POST");
  asked.catch(() => {}); // should the click fail, it is the click that is told
  await page.getByRole("button", { name: "Print", exact: true }).click();
  await asked;
  for (let i = 0; i < 50 && !(await page.evaluate(() => window.printed === true)); i++) await page.waitForTimeout(100);
  assert(await page.evaluate(() => window.printed === true), "nothing was printed");
  for (const tab of ["summary", "medications", "results"]) {
    await page.locator(`#tab-${tab}`).click();
    await page.waitForTimeout(300);
    const dir = mkdtempSync(join(tmpdir(), "hf-print-"));
    await page.pdf({ path: join(dir, "p.pdf"), preferCSSPageSize: true });
    const pages = execFileSync("pdftotext", ["-layout", join(dir, "p.pdf"), "-"]).toString().split("\f").filter((t) => t.trim());
    rmSync(dir, { recursive: true });
    if (tab === "results") has(pages.join(" ").replace(/\s+/g, " "), "LAB SILENT since");
    pages.forEach((text, i) => { for (const part of ["MARTIN, Jeanne-Marie", "4471009", "Penicillin", "As of", `${i + 1} / ${pages.length}`, "LAB@STGABRIEL STALE"]) has(text, part); });
    assert(pages.length > 1 || tab !== "summary", "expected more than one page");
  }
}, { own: true });

await b.close();
await mock?.close();
console.log(`viewer: ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed ? 1 : 0);
