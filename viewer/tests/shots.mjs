// Named screenshots of each page at both sizes: node shots.mjs BASE_URL USER PASSWORD OUT_DIR [LANG] [THEME]. Without BASE_URL ("mock") they show the mock hospital.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { browser, open, signIn } from "./browser.mjs";

let [, , base = "mock", user = "admin", password = "downtime-admin-1", out = "shots", lang = "en", theme = "light", only = ""] = process.argv;
let mock = null;
if (base === "mock") { const { start } = await import("./mock.mjs"); mock = await start(); base = mock.url; }
mkdirSync(out, { recursive: true });
const b = await browser();
// the ECG pages: of the mock hospital, or of whatever stands in the worklist of a real one
async function ecg(page, shot, to) {
  await to("#/ecg"); await page.locator(".ecgrow").first().waitFor(); await shot("ecg-worklist");
  const open = async (text) => { await to("#/ecg"); const row = page.locator(".ecgrow", text ? { hasText: text } : {}).first(); if (!(await row.count())) return false; await row.click(); await page.locator(".ecgbar").waitFor(); await page.locator(".paper").first().waitFor().catch(() => {}); await page.waitForTimeout(500); return true; };
  if (await open(mock ? "4471009" : "")) {
    await shot("ecg-read");
    await page.keyboard.press("c"); await page.keyboard.press("o"); await shot("ecg-calipers"); await page.keyboard.press("Escape");
    await page.keyboard.press("f"); await page.keyboard.press("b"); await page.locator(".medianbox").scrollIntoViewIfNeeded().catch(() => {}); await shot("ecg-median"); await page.keyboard.press("b");
    await page.keyboard.press("p"); await page.waitForTimeout(900); await page.locator(".pf.before").scrollIntoViewIfNeeded().catch(() => {}); await shot("ecg-previous"); await page.getByRole("button", { name: /Side by side|Côte|并排/ }).click().catch(() => {}); await shot("ecg-beside");
    if (mock) { await page.locator("#sign-button").click(); await shot("ecg-sign"); await page.keyboard.press("Escape"); await page.getByRole("button", { name: /^(Share|Partager|分享)/ }).click(); await shot("ecg-share"); await page.keyboard.press("Escape"); }
  }
  if (!mock) return;
  if (await open("4471090")) { await shot("ecg-unmatched"); await page.keyboard.press("m"); await page.locator(".cand input").first().click(); await page.locator(".idents2").waitFor(); await shot("ecg-match"); await page.keyboard.press("Escape"); }
  if (await open("Holter")) { await page.waitForTimeout(800); await shot("ecg-long"); }
  if (await open("Long QT") || await open("QTc")) await shot("ecg-gap");
  await to("#/ecg/upload"); await shot("ecg-upload");
  await to("#/ecg/live"); await page.locator(".ecgrow").first().waitFor(); await shot("ecg-live"); await page.locator(".ecgrow").first().click(); await page.waitForTimeout(2500); await shot("ecg-strip");
}
const views = { "1366x768": { width: 1366, height: 768 }, "1024x768": { width: 1024, height: 768 }, ...(process.env.TALL ? { "768x1024": { width: 768, height: 1024 } } : {}) };
for (const [name, viewport] of Object.entries(views)) {
  const page = await open(b, base, { viewport, lang, theme });
  const shot = async (what) => { if (only && !only.split(",").includes(what)) return; await page.waitForTimeout(350); await page.screenshot({ path: join(out, `${what}-${name}.png`) }); };
  const to = async (hash) => { await page.evaluate((h) => { location.hash = h; }, hash); await page.waitForTimeout(700); };
  await page.locator("input[autocomplete=username]").waitFor();
  await shot("sign-in");
  await signIn(page, user, password);
  await to("#/board");
  await page.locator(".board").waitFor();
  await shot("board");
  await to("#/census");
  await page.locator(".rowlink").first().waitFor();
  await shot("census");
  // the patient with most to show: the first in bed 12, else the first of all
  await page.locator("#census-filter").fill("12");
  await page.waitForTimeout(300);
  let href = await page.locator(".rowlink").first().getAttribute("href").catch(() => null);
  if (!href) { await page.locator("#census-filter").fill(""); href = await page.locator(".rowlink").first().getAttribute("href"); }
  await page.locator("#census-filter").fill("");
  for (const tab of ["summary", "medications", "results", "vitals", "orders", "documents", "timeline", "more"]) {
    await to(`${href}/${tab}`);
    await page.locator(".banner").waitFor();
    if (tab === "results" && (await page.locator(".labs .btn.tiny").count()) > 1) { await page.locator(".labs .btn.tiny").nth(1).click(); await page.waitForTimeout(300); }
    if (tab === "documents" && await page.locator(".docs button.link").count()) { await page.locator(".docs button.link").first().click(); await page.waitForTimeout(200); }
    await shot(`chart-${tab}`);
  }
  await to(`${href}/summary`);
  await page.locator(".lines button.chip, .newest button.chip").first().click();
  await page.locator("dialog .tag.green, dialog pre").first().waitFor();
  await shot("entry");
  await page.keyboard.press("Escape");
  await to("#/search");
  const family = (await (async () => { await to(href); return page.locator(".banner .fam").innerText(); })()).slice(0, 6);
  await to("#/search");
  await page.locator("#q").fill(family.toLowerCase());
  await page.waitForTimeout(700);
  await shot("search");
  await to("#/census");
  await page.locator("#asof-button").click();
  const slider = page.locator(".asofpanel input[type=range]");
  await slider.waitFor();
  await slider.focus();
  await slider.evaluate((e) => { e.value = String(Number(e.min) + (Number(e.max) - Number(e.min)) * 0.6); e.dispatchEvent(new Event("input", { bubbles: true })); });
  await page.locator(".pastline").waitFor();
  await page.waitForTimeout(700);
  await shot("as-of");
  await to("#/board"); await shot("as-of-board");
  await page.locator(".asofpanel .main-act").click();
  await to(`${href}/summary`); await page.locator(".banner").waitFor(); await shot("as-of-chart");
  await page.locator(".pastline button").click();
  await page.locator("#me").click(); await shot("own-menu"); await page.keyboard.press("Escape");
  await page.keyboard.press("?"); await shot("keys"); await page.keyboard.press("Escape");
  if (mock) { await to("#/census"); await page.locator(".rowlink .who", { hasText: /Protected|protégé|受保护/ }).first().click(); await page.locator(".glassbox").waitFor(); await shot("break-glass"); }
  if (await page.locator('.rail a[href="#/audit"]').count()) { await to("#/audit"); await shot("audit"); }
  if (await page.locator('.rail a[href="#/ecg"]').count()) await ecg(page, shot, to);
  await to("#/alarms"); await shot("alarms");
  await to("#/setup"); await shot("setup");
  for (const p of page.problems) console.error(`${name}: ${p}`);
  await page.context().close();
}
if (mock) { // pages of people who are not staff
  const e = mock.ecg.list.find((x) => x.entry === 6112);
  e.shares.push({ id: "x", token: "shown", for: "Dr. Amari, city clinic", created: new Date().toISOString(), by: "dr.weiss", expires: new Date(Date.now() + 86400000).toISOString(), revoked: null, opened: 0, lastOpened: null });
  const take = async (page, what, name) => { if (only && !only.split(",").includes(what)) return; await page.waitForTimeout(900); await page.screenshot({ path: join(out, `${what}-${name}.png`) }); };
  const guest = await open(b, base, { viewport: views["1366x768"], lang, theme });
  await guest.goto(`${base}/share/shown`); await guest.locator(".paper canvas").first().waitFor(); await take(guest, "ecg-shared", "1366x768");
  const home = await open(b, base, { viewport: { width: 768, height: 1024 }, lang, theme });
  await home.locator("input[autocomplete=username]").fill("jeanne.home"); await home.locator("input[autocomplete=current-password]").fill("downtime-home-1"); await home.keyboard.press("Enter");
  await home.locator(".homelist li").first().waitFor(); await take(home, "ecg-home", "768x1024");
  await home.locator(".homelist a").first().click(); await home.locator(".paper canvas").first().waitFor(); await take(home, "ecg-home-one", "768x1024");
}
await b.close();
await mock?.close();
