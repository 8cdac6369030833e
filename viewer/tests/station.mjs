// A station's own pages, of a real station, in a real browser: packets, writing down with no core, what waits, and the file for a stick. Needs HOLDFAST, the program.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const adt = (mr, name, born) => [`MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000+0000||ADT^A01|R${mr}|P|2.5.1`, "EVN|A01|20260105120000+0000", `PID|1||${mr}^^^GAB^MR||${name}||${born}|F`, "PV1|1|I|3W^12^A"].join("\r") + "\r";
const words = { en: ["Ward packets on this PC", "Maker verified by this station", "Write down", "waiting for the site"], fr: ["Dossiers d'unité sur ce poste", "Auteur vérifié par cette station", "Écrire", "en attente du site"], zh: ["本机上的病区数据包", "制作者已由本工作站核实", "记录", "条等待送达中心"] };

export default async function stations({ test, axe, has, assert, browser }) {
  const holdfast = process.env.HOLDFAST;
  if (!holdfast || !existsSync(holdfast)) { await test("stations", async () => "skipped"); return; }
  const dir = mkdtempSync(join(tmpdir(), "hf-station-")), site = join(dir, "site"), st = join(dir, "st"), share = join(dir, "share"), contexts = [];
  const run = (...args) => execFileSync(holdfast, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 60000, env: { ...process.env, XDG_STATE_HOME: join(dir, "state") } }).toString().trim();
  let station = null, port = 0, key = "";
  const free = () => new Promise((ok) => { const s = createServer().listen(0, "127.0.0.1", () => { const p = s.address().port; s.close(() => ok(p)); }); });
  const up = async () => {
    station = spawn(holdfast, ["station", "run", "--dir", st, "--from", share, "--every", "1s", "--listen", `127.0.0.1:${port}`], { stdio: "ignore", env: { ...process.env, XDG_STATE_HOME: join(dir, "state") } });
    for (let i = 0; i < 600; i++) { if (await fetch(`http://127.0.0.1:${port}/api/packets`).then((r) => r.json()).then((x) => x.packets.length > 0, () => false)) return; await new Promise((ok) => setTimeout(ok, 100)); }
    throw new Error("the station does not come up");
  };
  const down = () => new Promise((ok) => { if (!station) return ok(); station.on("exit", ok); station.kill("SIGKILL"); station = null; });
  const ready = async () => {
    if (station) return;
    mkdirSync(share);
    run("init", site, "--name", "St. Gabriel", "--shares", "1/1", "--shares-dir", dir);
    writeFileSync(join(dir, "one.hl7"), adt("4711", "Keller^Jeanne", "19570312"));
    run("import", "--site", site, join(dir, "one.hl7"));
    writeFileSync(join(dir, "words"), "correct horse battery\n");
    run("packet", "make", "--site", site, "--unit", "3W", "-o", join(share, "3W.html"), "--passphrase-file", join(dir, "words"));
    run("station", "new", "--dir", st, "--unit", "3W", "--name", "desk");
    run("station", "enrol", "--site", site, `${st}.request`);
    run("station", "join", "--dir", st, `${st}.answer`, "--vkey", join(site, "ledger/vkey"));
    key = JSON.parse(run("station", "list", "--site", site, "--json")).stations[0].key;
    writeFileSync(join(dir, "pin"), "four-two-four\n");
    run("station", "person", "--dir", st, "--pin-file", join(dir, "pin"), "a.keller");
    port = await free();
    await up();
  };
  const enter = async ({ lang = "en-GB", width = 1366 } = {}) => {
    await ready();
    const context = await browser().newContext({ viewport: { width, height: 768 }, locale: lang, timezoneId: "Europe/Paris", acceptDownloads: true });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(60000);
    page.wrong = [];
    page.on("pageerror", (e) => page.wrong.push(`page error: ${e.message}`));
    page.on("request", (r) => { if (!r.url().startsWith(`http://127.0.0.1:${port}/`) && !r.url().startsWith("data:")) page.wrong.push(`asked for ${r.url()}`); });
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.locator("#kept li").first().waitFor();
    return page;
  };
  const signIn = async (page) => {
    await page.locator("#user").fill("a.keller");
    await page.locator("#pin").fill("four-two-four");
    await page.keyboard.press("Enter");
    await page.locator(".kinds").waitFor();
  };
  const clean = (page) => assert(page.wrong.length === 0, page.wrong.join("; "));
  const kind = (page, name) => page.locator(".kinds button", { hasText: new RegExp(`^${name}$`) }).click();
  const status = () => { try { return JSON.parse(run("station", "status", "--dir", st, "--json")); } catch (e) { return JSON.parse(e.stdout.toString()); } };

  try {
    for (const [lang, w] of Object.entries(words)) {
      await test(`station: its packets with their age, verified, and what waits, in words that fit (${lang})`, async () => {
        const page = await enter({ lang, width: lang === "fr" ? 1024 : 1366 });
        const text = await page.locator("body").innerText();
        for (const part of [w[0], w[1], w[3]]) has(text, part);
        await axe(page, `station, ${lang}`);
        await signIn(page);
        has(await page.locator("body").innerText(), w[2]);
        await axe(page, `station signed in, ${lang}`);
        await page.locator("#out").click();
        await page.locator("#user").waitFor();
        clean(page);
      });
    }

    await test("station: the newest packet opens in a page of its own, with the unit's words", async () => {
      const page = await enter();
      const [other] = await Promise.all([page.context().waitForEvent("page"), page.locator("#kept a").first().click()]);
      await other.locator("#words").fill("correct horse battery");
      await other.keyboard.press("Enter");
      await other.locator(".frame").waitFor({ timeout: 60000 });
      await other.locator("body", { hasText: "KELLER" }).waitFor();
      clean(page);
    });

    await test("station: vitals are written down with no core: two identifiers first, the person in the button, its own number shown, and it is on the disk", async () => {
      const page = await enter(), before = status().waiting;
      await signIn(page);
      await kind(page, "Vital signs");
      await page.locator("#f-pulse").fill("72");
      await page.locator("#s-save").click();
      has(await page.locator("section[aria-labelledby=h-write]").innerText(), "Type the number and one more");
      assert(status().waiting === before, "it was kept without two identifiers");
      await page.locator("#s-number").fill("4711");
      assert(await page.locator("#s-compared").isDisabled(), "one identifier can be said to be compared");
      await page.locator("#s-family").fill("Keller");
      await page.locator("#s-save").click();
      assert(status().waiting === before, "it was kept though nobody compared");
      await page.locator("#s-compared").check();
      has(await page.locator("#s-save").innerText(), "KELLER · 4711");
      await page.locator("#s-save").click();
      await page.locator(".outcome h3").waitFor();
      has(await page.locator(".outcome").innerText(), `Saved: ${key}-00000${before + 1}`);
      assert(status().waiting === before + 1, "what is said to be saved is not there");
      await page.locator("#items li").first().waitFor();
      has(await page.locator("#items li").first().innerText(), `${key}-00000${before + 1}`);
      // the same person, the next item: what was compared has to be compared again only when a word of it changes
      await page.locator(".outcome .btn").click();
      assert(await page.locator("#s-number").inputValue() === "4711" && !(await page.locator("#s-compared").isChecked()), "another item begins as if it had been compared");
      clean(page);
    });

    await test("station: a dose asks to look first, for nothing can be checked here", async () => {
      const page = await enter(), before = status().waiting;
      await signIn(page);
      await kind(page, "Medication given");
      await page.locator("#s-number").fill("4711");
      await page.locator("#s-birth").fill("12.03.1957");
      await page.locator("#s-compared").check();
      await page.locator("#f-drug").fill("Morphine");
      await page.locator("#f-dose").fill("5");
      await page.locator("#f-unit").fill("mg");
      await page.locator("#s-save").click();
      if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "station-dose.png"), fullPage: true });
      has(await page.locator("section[aria-labelledby=h-write]").innerText(), "This station cannot check");
      assert(status().waiting === before, "it was kept though nobody had looked");
      await page.locator("#s-looked").check();
      await page.locator("#s-save").click();
      await page.locator(".outcome h3").waitFor();
      assert(status().waiting === before + 1, "the dose is not there");
      await axe(page, "a dose at a station");
      clean(page);
    });

    await test("station: killed while somebody writes: what was said to be saved is there, what is not known is called that, and nothing typed is lost", async () => {
      const page = await enter(), before = status().waiting;
      await signIn(page);
      await kind(page, "Note");
      await page.locator("#s-number").fill("4711");
      await page.locator("#s-family").fill("Keller");
      await page.locator("#s-compared").check();
      await page.locator("#f-text").fill("slept well");
      await down();
      await page.locator("#s-save").click();
      await page.locator("[role=alert]", { hasText: "It is not known whether this was saved" }).waitFor();
      assert(await page.locator("#f-text").inputValue() === "slept well", "what was typed is lost");
      await up();
      assert(status().waiting === before, "it is there after all, or something is lost");
      await page.locator("#s-save").click(); // its session ended with the process: signed in again
      await page.locator("#user").waitFor();
      await signIn(page);
      assert(await page.locator("#f-text").inputValue() === "slept well", "what was typed is lost with the session");
      await page.locator("#s-save").click();
      await page.locator(".outcome h3").waitFor();
      assert(status().waiting === before + 1, "it is not there");
      if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "station-saved.png"), fullPage: true });
      clean(page);
    });

    await test("station: a number for somebody without one is fsynced and shown once; what waits is carried as a sealed file, and taken at the site once", async () => {
      const page = await enter(), left = status().numbersLeft, waiting = status().waiting;
      await signIn(page);
      await page.locator("#next-number").click();
      const said = await page.locator(".numberis").innerText();
      run("downtime", "numbers", "check", said.split(":")[0].trim());
      assert(status().numbersLeft === left - 1, "the number is not counted");
      const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#export").click()]);
      const to = join(dir, "stick");
      await file.saveAs(to);
      assert(waiting > 0 && status().waiting === waiting, "that it was taken away is no reason to call it brought");
      const first = JSON.parse(run("capture", "import", "--site", site, to, "--json").split("\n")[0]);
      assert(first, "the site says nothing");
      const list = run("capture", "list", "--site", site, "--json").split("\n").filter(Boolean);
      assert(list.length === waiting, `${list.length} items at the site of ${waiting}`);
      run("capture", "import", "--site", site, to);
      assert(run("capture", "list", "--site", site, "--json").split("\n").filter(Boolean).length === waiting, "brought twice, and there twice");
      clean(page);
    });

    await test("station: another site's page, another name for its address, and who has not signed in get nothing", async () => {
      await ready();
      const evil = createServer((q, r) => { r.setHeader("Content-Type", "text/html"); r.end("<p>evil</p>"); });
      await new Promise((ok) => evil.listen(0, "127.0.0.1", ok));
      const context = await browser().newContext();
      contexts.push(context);
      const mine = await context.newPage();
      await mine.goto(`http://127.0.0.1:${port}/`);
      await mine.locator("#user").waitFor();
      await signIn(mine);
      const before = status(), page = await context.newPage();
      await page.goto(`http://127.0.0.1:${evil.address().port}/`);
      const got = await page.evaluate(async (p) => {
        const of = (path, o) => fetch(`http://127.0.0.1:${p}${path}`, { credentials: "include", ...o }).then((r) => r.status, () => "refused");
        return [await of("/api/number", { method: "POST", mode: "no-cors", body: "{}" }), await of("/api/captures"), await of("/api/export"), await of("/api/packets")];
      }, port);
      assert(got.every((x) => x === "refused" || x === 0 || x === 403), `another site's page got ${got}`);
      assert(status().numbersLeft === before.numbersLeft, "another site's page used a number up");
      for (const path of ["/api/captures", "/api/export"]) { const r = await fetch(`http://127.0.0.1:${port}${path}`); assert(r.status === 401, `${path} without a session: ${r.status}`); }
      for (const path of ["/packet/..%2Fkey", "/packet/../station.json", "/packet/%2e%2e%2fqueue", "/packet/"]) { const r = await fetch(`http://127.0.0.1:${port}${path}`); assert(r.status === 404, `${path}: ${r.status}`); }
      evil.close();
    });
  } finally {
    for (const c of contexts) await c.close().catch(() => {});
    await down();
    rmSync(dir, { recursive: true, force: true });
  }
}
