// Starting the browser and the first steps of each task. BASE_URL, HF_USER and HF_PASSWORD point everything at a real server; without them the mock hospital is started.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export const executable = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));
export const sizes = { desk: { width: 1366, height: 768 }, tablet: { width: 1024, height: 768 } };

export async function browser() {
  return chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"] });
}
export async function open(b, url, { size = "desk", lang = "en", theme = "light", viewport } = {}) {
  const context = await b.newContext({ viewport: viewport ?? sizes[size], locale: { en: "en-GB", fr: "fr-FR", zh: "zh-CN" }[lang], ignoreHTTPSErrors: true, timezoneId: "UTC" });
  await context.addInitScript(([l, t]) => { try { if (!localStorage.getItem("hf.lang")) localStorage.setItem("hf.lang", l); if (!localStorage.getItem("hf.theme")) localStorage.setItem("hf.theme", t); } catch { /* a frame of the browser's own, such as its PDF reader */ } }, [lang, theme]);
  const page = await context.newPage();
  page.setDefaultTimeout(30000); // a machine that does ten other things
  page.problems = [];
  page.on("pageerror", (e) => page.problems.push(`page error: ${e.message}`));
  page.on("console", (m) => { if (m.type() === "error" && !/status of (401|403|400|404|409|413)|ERR_EMPTY_RESPONSE|ERR_CONNECTION|ERR_INTERNET_DISCONNECTED/.test(m.text())) page.problems.push(`console: ${m.text()}`); });
  page.outside = [];
  page.on("request", (r) => { if (!r.url().startsWith(url) && !/^(data|blob|about|chrome|chrome-extension):/.test(r.url())) page.outside.push(r.url()); });
  await page.goto(url + "/");
  return page;
}
export async function signIn(page, user, password) {
  await page.locator("input[autocomplete=username]").fill(user);
  await page.locator("input[autocomplete=current-password]").fill(password);
  await page.keyboard.press("Enter");
  await page.locator(".frame").waitFor();
}
