// The registry of reported breaches, by tasks: the figure with its lists and its day before anything else, a picture, the rows behind it, one with its history, one's own case beside the others; in three languages.
import { join } from "node:path";

export default async function ({ test: any, axe, to, has, assert, mock }) {
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
    await page.locator("figure img").nth(1).waitFor();
    assert(mock.registry.asked.some((x) => x.startsWith("place.svg") && x.includes("persons=45357") && x.includes("state=TX")), mock.registry.asked.join("\n"));
    await page.locator("#rg-own").selectOption("share-2026");
    await page.locator("figure img").nth(2).waitFor();
    assert(mock.registry.asked.some((x) => x.startsWith("place.svg") && x.includes("persons=4190")) && mock.registry.asked.some((x) => x.startsWith("timeline.svg") && x.includes("discovered=") && x.includes("listed=")), mock.registry.asked.join("\n"));
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
}
