// The registry of reported breaches, by tasks: the figure with its lists and its day before anything else, a picture, the rows behind it, one with its history, one's own case beside the others; in three languages.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withSite } from "./site.mjs";

export default async function ({ test: any, axe, to, has, assert, mock, browser }) {
  const here = dirname(fileURLToPath(import.meta.url));
  const until = async (fn, what) => { for (const end = Date.now() + 30000; Date.now() < end; await new Promise((r) => setTimeout(r, 50))) if (await fn()) return; throw new Error(`never: ${what}`); };
  const bob = ["bob", "downtime-bob-12"], eve = ["eve", "downtime-eve-12"];
  const test = (name, fn) => any(name, async (enter) => { mock.registry.reset(); return fn((o, user = bob) => enter(o, user)); }, { own: true });
  const wide = async (page, what) => { const w = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]); assert(w[0] <= w[1], `${what} is wider than the screen: ${w}`); };
  const plain = (s) => s.replace(/[\u00a0\u202f\u2009]/g, " ");
  const words = {
    en: { basis: "both lists, no incident twice · as of 8 Oct 2024", number: "120 incidents", note: "no number of different persons", type: "Theft", placeholder: "placeholder", changed: "changed", first: "first seen" },
    fr: { basis: "les deux listes, aucun incident deux fois · au 8 oct. 2024", number: "120 incidents", note: "nombre de personnes distinctes", type: "Vol", placeholder: "provisoire", changed: "modifié", first: "vu pour la première fois" },
    zh: { basis: "两份列表合并，事件不重复计 · 截至 2024年10月8日", number: "120 起事件", note: "并非不重复人数|不是不重复人数", type: "盗窃", placeholder: "占位", changed: "已更改", first: "首次出现" },
  };
  for (const lang of ["en", "fr", "zh"]) await test(`registry: the figure with its lists and its day, the picture, the rows, one with its history (${lang})`, async (enter) => {
    const w = words[lang], page = await enter({ lang, theme: lang === "fr" ? "dark" : "light" });
    await to(page, "#/registry");
    await page.locator("#h-rg-figure").waitFor();
    await page.locator("figure img").first().waitFor();
    await page.locator("table.links tbody tr").first().waitFor();
    const said = plain(await page.locator("#content").innerText());
    has(said, w.number); has(said, w.basis); has(said, w.type); has(said, w.placeholder); assert(new RegExp(w.note).test(said), "persons without a word of what they are");
    assert((await page.locator("#h-rg-figure").boundingBox()).y < (await page.locator("#h-rg-pic").boundingBox()).y && (await page.locator("#h-rg-pic").boundingBox()).y < (await page.locator("#h-rg-rows").boundingBox()).y, "the order is another one");
    assert(mock.registry.asked.some((x) => x.startsWith("trend.svg") && x.includes(`lang=${lang}`)), `the picture speaks another language: ${mock.registry.asked}`);
    assert(!/undefined|NaN|\{\w\}/.test(said), "a word is missing");
    await axe(page, "the registry"); await wide(page, "the registry");
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `registry-${lang}.png`), fullPage: true });
    await page.getByRole("link", { name: "Hospital 120" }).click();
    await page.locator("#h-rg-past").waitFor();
    const one = plain(await page.locator("#content").innerText());
    has(one, w.changed); has(one, w.first); has(one, w.placeholder);
    await page.locator("figure img").waitFor();
    assert(mock.registry.asked.some((x) => x.startsWith("place.svg") && x.includes("persons=8640000")), "its place among the others");
    await axe(page, "an incident"); await wide(page, "an incident");
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `registry-one-${lang}.png`), fullPage: true });
  });
  await test("registry: a year, one list alone with its warning, sorted and filtered with keys, and all of it kept when one comes back", async (enter) => {
    const page = await enter();
    await page.locator(".rail a[href='#/registry'] kbd", { hasText: /^0$/ }).waitFor();
    await page.locator(".main h1").first().waitFor();
    await page.keyboard.press("0"); // the tenth page
    await page.locator("#rg-year option", { hasText: "2024" }).waitFor({ state: "attached" });
    await page.locator("#rg-year").selectOption("2024");
    await page.locator("#rg-view").selectOption("archive");
    await page.getByText("the portal shows resolved cases in its archive alone").waitFor();
    has(plain(await page.locator("#h-rg-figure").innerText()), "20 incidents");
    await page.locator("#rg-view").selectOption("full");
    await page.getByRole("button", { name: "Persons" }).focus();
    await page.keyboard.press("Enter");
    await page.locator("th[aria-sort=descending]", { hasText: "Persons" }).waitFor();
    await page.locator("table.links tbody tr").first().getByText("Hospital 120").waitFor();
    await page.keyboard.press("Enter");
    await page.locator("th[aria-sort=ascending]", { hasText: "Persons" }).waitFor();
    await page.locator("#rg-q").fill("ñandú");
    await page.locator("table.links tbody tr").first().getByText("Ñandú").waitFor();
    assert((await page.locator("table.links tbody tr").count()) === 1 && (await page.locator("table.links b").count()) === 0, "a name is markup");
    await page.getByRole("link", { name: /Ñandú/ }).click();
    await page.locator("#h-rg-past").waitFor();
    has(await page.locator("#content").innerText(), "wrong encoding");
    await page.goBack();
    await page.locator("#rg-q").waitFor();
    assert((await page.locator("#rg-q").inputValue()) === "ñandú" && (await page.locator("#rg-year").inputValue()) === "2024", "what was chosen is gone");
    await page.getByRole("button", { name: "Clear" }).click();
    await page.locator("table.links tbody tr").nth(10).waitFor();
  });
  await test("registry: the table in pages, with keys; who comes back from an incident stands where he left; another question begins at its first row", async (enter) => {
    const page = await enter();
    await to(page, "#/registry");
    const head = page.locator("section[aria-labelledby=h-rg-rows] header [role=status]"), pages = page.getByRole("navigation", { name: "Pages of the table" });
    await head.getByText("1–50 of 120").waitFor();
    await pages.getByRole("button", { name: "More" }).focus();
    await page.keyboard.press("Enter");
    await head.getByText("51–100 of 120").waitFor();
    await page.keyboard.press("Enter");
    await head.getByText("101–120 of 120").waitFor();
    await until(async () => (await page.locator("table.links tbody tr").count()) === 20, "the last page has twenty rows");
    assert((await pages.getByRole("button", { name: "More" }).getAttribute("aria-disabled")) === "true" && (await page.evaluate(() => document.activeElement.textContent)) === "More", "the button is gone under the finger");
    await page.keyboard.press("Enter"); // there is no more: nothing happens
    await head.getByText("101–120 of 120").waitFor();
    await axe(page, "the last page of the table");
    const row = page.locator("table.links tbody a").nth(4), name = await row.innerText();
    await row.focus();
    await page.keyboard.press("Enter");
    await page.locator("#h-rg-past").waitFor();
    await page.goBack();
    await head.getByText("101–120 of 120").waitFor();
    await until(async () => (await page.evaluate(() => document.activeElement.textContent)) === name, `${name} has the focus again`);
    await pages.getByRole("button", { name: "Before" }).click();
    await head.getByText("51–100 of 120").waitFor();
    await page.locator("#rg-view").selectOption("archive");
    await head.getByText("1–40 of 40").waitFor();
    assert((await pages.count()) === 0, "pages of what fits one");
    await page.locator("#rg-view").selectOption("full");
    await head.getByText("1–50 of 120").waitFor();
    await pages.getByRole("button", { name: "Last" }).click();
    await head.getByText("101–120 of 120").waitFor();
  });
  for (const [lang, said, older, merged] of [["fr", ["Lignes au texte mal encodé : 1 200", "Dates postérieures à celle de la liste, retournées jour pour mois : 3", "un emplacement que le portail ne connaît pas"], "said by an older program", "Fait peut-être partie d’une autre déclaration"], ["zh", ["1,200 行文字编码有误", "3 个日期晚于列表自身日期", "2 行有门户中不存在的数据位置"], "said by an older program", "或已并入另一报告"]])
    await test(`registry: what is odd about a list, and what may be merged, in the reader's language (${lang})`, async (enter) => {
      const page = await enter({ lang });
      await to(page, "#/registry");
      await page.locator("details summary").first().click();
      const odd = plain(await page.locator("details ul").first().innerText());
      for (const x of said) has(odd, x);
      has(odd, older); assert((await page.locator("details li[lang=en]").count()) === 1, "a sentence without words here is not marked as English");
      await to(page, "#/registry/incident/8");
      await page.getByText(merged).waitFor();
      assert((await page.locator(".note.warn span[lang=en]").count()) === 0, "why in English");
      await axe(page, "an incident that may be part of another");
    });
  await test("registry: every warning that the program makes has its words", async () => {
    const words = readFileSync(join(here, "..", "src", "registry-warnings.ts"), "utf8"), folder = join(here, "..", "..", "src", "registry"), codes = new Set();
    for (const f of readdirSync(folder)) for (const m of readFileSync(join(folder, f), "utf8").matchAll(/registry_warn\([^,"]+, "([^"]+)", "((?:[^"\\]|\\.)*)"/g)) codes.add(m[1]);
    const elsewhere = ["one-list", "one-view", "apart", "carried", "removed", "doubt", "same-imports"]; // of figures: registry.tsx says them from the basis; and of diff, which is the command's
    assert(codes.size > 25, `only ${codes.size} warnings were found`);
    for (const c of codes) if (!elsewhere.includes(c)) assert(words.includes(`"${c}":`) || new RegExp(`^  ${c}:`, "m").test(words), `no words for ${c}`);
  });
  await test("registry: a picture that cannot be drawn says why, and one that needs a year asks for it", async (enter) => {
    const page = await enter();
    await to(page, "#/registry");
    await page.locator("#rg-year option", { hasText: "2023" }).waitFor({ state: "attached" });
    await page.locator("#rg-year").selectOption("");
    await page.locator("#rg-kind").selectOption("drift");
    await page.getByText("Choose a year").waitFor();
    await page.locator("#rg-year").selectOption("2023");
    await page.locator("#rg-kind").selectOption("map");
    await page.getByText("no import fits the question").waitFor();
    await page.locator("#rg-kind").selectOption("trend");
    await page.locator("figure img").first().waitFor();
    await page.locator("#rg-year").selectOption("");
  });
  await test("registry: one's own case beside every other: a case of the house, or a number that is typed", async (enter) => {
    const page = await enter();
    await to(page, "#/registry");
    await page.locator("#rg-persons").fill("45,357");
    await page.locator("#rg-ownstate").selectOption("TX");
    const asked = (what, ...parts) => until(async () => mock.registry.asked.some((x) => x.startsWith(what) && parts.every((y) => x.includes(y))), `${what} with ${parts.join(", ")} in\n${mock.registry.asked.join("\n")}`); // (the picture before it may stand until then)
    await asked("place.svg", "persons=45357", "state=TX");
    await page.locator("figure img").nth(1).waitFor();
    await page.locator("#rg-own").selectOption("share-2026");
    await asked("place.svg", "persons=4190");
    await asked("timeline.svg", "discovered=", "listed=");
    await page.locator("figure img").nth(2).waitFor();
  });
  await test("registry: a list is taken in, with what was odd; what cannot be recognised is asked for, and the file stays chosen", async (enter) => {
    const page = await enter();
    await to(page, "#/registry");
    await page.locator("input[type=file]").setInputFiles({ name: "download.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2\n") });
    await page.getByRole("button", { name: "Take it in" }).click();
    await page.getByText("say view").waitFor();
    await page.locator("#rg-inview").selectOption("archive");
    await page.getByRole("button", { name: "Take it in" }).click();
    await page.getByText("702 rows are in").waitFor();
    await page.getByText("told by their content").waitFor();
    await page.locator("th", { hasText: "download.csv" }).waitFor();
    assert(mock.registry.brought.length === 1 && mock.registry.brought[0].view === "archive" && mock.registry.brought[0].bytes === 8, JSON.stringify(mock.registry.brought));
    assert((await page.getByText("say view").count()) === 0, "the refusal stays");
  });
  await test("registry: a list of one row is said in the singular", async (enter) => {
    const page = await enter();
    mock.registry.rows = 1;
    await to(page, "#/registry");
    await page.locator("input[type=file]").setInputFiles({ name: "download.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2\n") });
    await page.locator("#rg-inview").selectOption("archive");
    await page.getByRole("button", { name: "Take it in" }).click();
    await page.getByText("1 row is in, as of").waitFor();
  });
  await test("registry: nothing is in yet: why, and what to do; at 320 pixels, and printed", async (enter) => {
    const page = await enter();
    mock.registry.empty = true;
    await to(page, "#/registry");
    await page.getByText("No list was taken in yet.").waitFor();
    await axe(page, "an empty registry");
    mock.registry.empty = false;
    await page.setViewportSize({ width: 320, height: 700 });
    await to(page, "#/registry/incident/8");
    await page.locator("#h-rg-past").waitFor();
    await wide(page, "an incident at 320");
    await to(page, "#/registry");
    await page.locator("table.links tbody tr").first().waitFor();
    await page.locator("figure img").first().waitFor();
    await wide(page, "the registry at 320");
    await axe(page, "the registry at 320");
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "registry-320.png"), fullPage: true });
    await page.emulateMedia({ media: "print" });
    assert((await page.locator("#rg-q").isVisible()) === false && (await page.locator("#h-rg-figure").isVisible()) && (await page.locator("input[type=file]").isVisible()) === false, "controls are printed, or the figure is not");
  });
  await test("registry: who may not has no page", async (enter) => {
    const page = await enter({}, eve);
    assert((await page.getByRole("link", { name: /^Registry/ }).count()) === 0, "a page for who may not");
    await to(page, "#/registry");
    await page.locator(".note.warn").waitFor();
  });

  // ---- the program itself: a list of our own by the page's form, its figure, a row, its history ----
  await any("a real registry: lists taken in by the page's form, the figure with its warning, a row and its history, the rows in pages", withSite(async (made) => {
    const { run, site } = made;
    const on = ["--site", site];
    const head = "Name of Covered Entity,State,Covered Entity Type,Individuals Affected,Breach Submission Date,Type of Breach,Location of Breached Information,Business Associate Present,Web Description", two = (x) => String(x).padStart(2, "0");
    const many = Array.from({ length: 60 }, (_, i) => `Clinic of ${String.fromCharCode(65 + (i % 26))}${String.fromCharCode(65 + Math.floor(i / 26))} & <Sons>,${["TX", "CA", "NY"][i % 3]},Healthcare Provider,${700 + i * i * 37},${two(1 + (i % 9))}/${two(13 + (i % 14))}/2024,${["Theft", "Loss"][i % 2]},Email,No,`);
    const file = (name, rows) => ({ name, mimeType: "text/csv", buffer: Buffer.from([head, ...rows, ""].join("\n")) });
    await made.serve();
    const page = await made.enter(browser(), "pia", "privacy", { lang: "fr" });
    await to(page, "#/registry");
    await page.getByText("Aucune liste n’a encore été reprise.").waitFor();
    const bring = async (what, view, asOf) => {
      await page.locator("input[type=file]").setInputFiles(what);
      await page.locator("#rg-inview").selectOption(view);
      await page.locator("#rg-inday").fill(asOf);
      await page.locator("form button.main-act").click();
      await page.locator("form .note[role=status]", { hasText: "lignes reprises" }).waitFor();
      await page.locator("th", { hasText: what.name }).waitFor();
    };
    await bring(file("ui.csv", [...many, "Hill Group,TX,Health Plan,501,05/14/2024,Theft,Email,No,", "Hill Group North,TX,Health Plan,3000,05/14/2024,Theft,Email,No,", "Undated,TX,Health Plan,900,soon,Theft,Email,No,"]), "under-investigation", "2024-10-08");
    await page.locator("form li", { hasText: /^Lignes sans date de déclaration lisible\s: 1/ }).waitFor(); // what is odd, in her language
    await page.locator("#h-rg-figure").waitFor();
    has(plain(await page.locator("#h-rg-figure").innerText()), "63 incidents");
    await page.getByText("Une seule des deux listes du portail est présente").waitFor();
    await page.locator("figure img").first().waitFor();
    await bring(file("later.csv", [...many, "Hill Group,TX,Health Plan,45000,05/14/2024,Theft,Email,No,"]), "under-investigation", "2025-10-08");
    await page.locator("#rg-q").fill("hill group");
    await page.locator("table.links a", { hasText: /^Hill Group$/ }).click();
    await page.locator("#h-rg-past").waitFor();
    const past = plain(await page.locator("section[aria-labelledby=h-rg-past] tbody").innerText());
    for (const x of ["501", "45 000", "8 oct. 2024", "8 oct. 2025", "modifié", "provisoire"]) has(past, x);
    await page.locator("figure img").first().waitFor();
    await axe(page, "a real incident");
    await page.goBack();
    await page.locator("#rg-q").fill("");
    const status = page.locator("section[aria-labelledby=h-rg-rows] header [role=status]");
    await until(async () => plain(await status.innerText()) === "1–50 sur 63", "63 rows, in two pages");
    await page.getByRole("button", { name: "Suivants" }).click();
    await until(async () => plain(await status.innerText()) === "51–63 sur 63" && (await page.locator("table.links tbody tr").count()) === 13, "the second page");
    await axe(page, "a real registry");
    const stats = JSON.parse(run("registry", "stats", "--json", ...on));
    assert(stats.incidents === 63 && stats.as_of === "2025-10-08", `the command counts ${stats.incidents} as of ${stats.as_of}`);
  }));
}
