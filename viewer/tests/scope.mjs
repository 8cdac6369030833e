// Cases of a breach, by tasks: what a privacy officer has to see first and must not be able to overlook; in three languages.
import { join } from "node:path";

export default async function ({ test: any, axe, to, has, assert, mock }) {
  const bob = ["bob", "downtime-bob-12"], eve = ["eve", "downtime-eve-12"];
  const test = (name, fn) => any(name, async (enter) => { mock.scope.reset(); return fn((o, user = bob) => enter(o, user)); }, { own: true });
  const wide = async (page, what) => { const w = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]); assert(w[0] <= w[1], `${what} is wider than the screen: ${w}`); };
  const words = {
    en: { between: "4,123 to 4,266", likely: "likely 4,190", notRead: "NOT READ: 8 files", end: "not known", said: "NOT SAID", grey: "14 pairs" },
    fr: { between: "de 4 123 à 4 266", likely: "sans doute 4 190", notRead: "NON LUS : 8 fichiers", end: "inconnu", said: "NON INDIQUÉE", grey: "14 paires" },
    zh: { between: "4,123 至 4,266", likely: "可能为 4,190", notRead: "未读取：8 个", end: "未知", said: "未填写", grey: "14 对记录" },
  };
  const plain = (s) => s.replace(/[\u00a0\u202f\u2009]/g, " ");
  for (const lang of ["en", "fr", "zh"]) await test(`cases: how many and how sure, what was not read, what waits, in one look (${lang})`, async (enter) => {
    const w = words[lang], page = await enter({ lang, theme: lang === "fr" ? "dark" : "light" });
    await to(page, "#/cases");
    await page.getByRole("link", { name: "share-2026" }).waitFor();
    const list = plain(await page.locator("table.links").innerText());
    has(list, w.between); has(list, w.likely); has(list, w.said); // the other case: discovered never said
    await axe(page, "cases"); await wide(page, "cases");
    await page.getByRole("link", { name: "share-2026" }).click();
    await page.locator(".funnel").waitFor();
    const said = plain(await page.locator("#content").innerText());
    has(said, w.between); has(said, w.notRead); has(said, w.grey); has(said, w.end);
    for (const number of ["1,502", "900", "892", "4,195"]) has(said.replace(/(\d) (?=\d{3})/g, "$1,"), number);
    assert((await page.locator(".note.bad").boundingBox()).y < 768, "what was not read is not on the first screen");
    assert(!/el_|sc[A-Z]|sf_|undefined|NaN/.test(said), "a word is missing");
    await axe(page, "a case"); await wide(page, "a case");
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `case-${lang}.png`) });
  });
  await test("a case: a factor is judged with a reason, and a decision recorded, with keys alone; both stand there with who", async (enter) => {
    const page = await enter();
    await to(page, "#/cases/share-2026");
    const factor = page.locator("#h-sc-factors").locator("xpath=ancestor::section");
    await factor.waitFor();
    await factor.getByRole("button", { name: /What was done about it/ }).focus();
    await page.keyboard.press("Enter");
    const low = factor.getByRole("button", { name: "low", exact: true });
    assert(await low.isDisabled(), "judged without a reason");
    await factor.locator("input").fill("the disk came back unread");
    await low.focus();
    await page.keyboard.press("Enter");
    await factor.getByText("the disk came back unread").waitFor();
    has(await factor.innerText(), "bob");
    const decided = page.locator("#h-sc-decide").locator("xpath=ancestor::section");
    await decided.locator("input").nth(0).fill("letters to all");
    await decided.locator("input").nth(1).fill("cannot be ruled out");
    await page.keyboard.press("Enter");
    await decided.getByText("letters to all").waitFor();
    assert(mock.scope.said.length === 2 && mock.scope.said[0].subject === "mitigated" && mock.scope.said[0].outcome === "low" && mock.scope.said[1].what === "decide", JSON.stringify(mock.scope.said));
  });
  await test("cases: who may not has no page", async (enter) => {
    const page = await enter({}, eve);
    assert((await page.getByRole("link", { name: /^Cases/ }).count()) === 0, "a page for who may not");
    await to(page, "#/cases");
    await page.locator(".note.warn").waitFor();
  });
}
