// A ward packet, made by the program, opened from a file with the network off. Needs HOLDFAST, the program.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { isBuilt, newSite } from "./site.mjs";

const day = 86400000, words = "correct horse battery staple", second = "only for those who may";
const hl7 = (lines) => lines.join("\r") + "\r";
function messages() {
  const at = (minutes) => new Date(Date.now() - minutes * 60000).toISOString().replace(/[-:T]/g, "").slice(0, 14) + "+0000";
  const adt = (n, mr, name, born, sex, bed, more = []) => hl7([`MSH|^~\\&|EHR|HOSP|||${at(90 - n)}||ADT^A01|a${n}|P|2.5.1`, `PID|1||${mr}^^^HOSP^MR||${name}||${born}|${sex}`, ...more, `PV1|1|I|3W^12^${bed}^HOSP||||||||||||||||V${mr}|||||||||||||||||||||||||${at(90 - n)}`]);
  return adt(1, "1001", "Smith^John", "19570312", "M", "A") + adt(2, "1002", "Doe^Zoë", "19611224", "F", "B", []) + adt(3, "1003", "Grey^Ada", "19620707", "F", "C", ["PD1||||||||||||Y"]) +
    hl7([`MSH|^~\\&|EHR|HOSP|||${at(60)}||ADT^A60|a4|P|2.5.1`, "PID|1||1001^^^HOSP^MR||Smith^John||19570312|M", "IAM|1|DA|7980^Penicillin^RXN|SV|anaphylaxis|A"]) +
    hl7([`MSH|^~\\&|LAB|HOSP|||${at(40)}||ORU^R01|l1|P|2.5.1`, "PID|1||1001^^^HOSP^MR||Smith^John||19570312|M", `PV1|1|I|3W^12^A^HOSP||||||||||||||||V1001`, `OBR|1|o1|f1|24320-4^Basic metabolic panel^LN|||${at(50)}|||||||||||||||${at(40)}||LAB|F`, `OBX|1|NM|2823-3^Potassium^LN||6.10|mmol/L|3.5-5.1|HH|||F|||${at(50)}`]);
}

export default async function packets({ test, axe, has, assert, browser }) {
  if (!isBuilt()) { await test("ward packets", async () => "skipped"); return; }
  const contexts = [];
  let made = null, dir = "", site = "", file = "", run = null;

  // A clock that is moved, in the page: its hands alone, so that its timers go on as they do anywhere. (Playwright's own clock may fall back behind what it was set forward to, when one of its timers runs at that moment.)
  const aside = (ms) => {
    const Real = Date;
    window.clockAside = ms;
    window.Date = class extends Real {
      constructor(...x) { if (x.length) super(...x); else super(Real.now() + window.clockAside); }
      static now() { return Real.now() + window.clockAside; }
    };
  };
  const forward = (page, ms) => page.evaluate((x) => { window.clockAside += x; }, ms);

  // a page of its own: offline, every request that is not the file itself is counted and stopped, at a time of our choosing
  const start = async ({ from = file, shift = 0, lang = "en-GB", width = 1366 } = {}) => {
    const context = await browser().newContext({ viewport: { width, height: 768 }, locale: lang, timezoneId: "Europe/Paris" });
    contexts.push(context);
    await context.setOffline(true);
    const page = await context.newPage();
    page.setDefaultTimeout(60000); // a machine that does ten other things, and words that cost a second on a quiet one
    page.wrong = [];
    page.on("pageerror", (e) => page.wrong.push(`page error: ${e.message}`));
    page.on("console", (m) => { if (m.type() === "error") page.wrong.push(`console: ${m.text()}`); });
    await context.route((url) => url.protocol !== "file:" && url.protocol !== "data:", (r) => { page.wrong.push(`asked for ${r.request().url()}`); return r.abort(); });
    await page.addInitScript(aside, shift);
    await page.goto(`file://${from}`);
    await page.locator("#words").waitFor();
    return page;
  };
  const enter = async (page, what = words) => { await page.locator("#words").fill(what); await page.keyboard.press("Enter"); };
  const open = async (o) => { const page = await start(o); await enter(page); await page.locator(".frame").waitFor(); return page; };
  const clean = async (page) => { // nothing was asked for, nothing is left behind
    assert(page.wrong.length === 0, page.wrong.join("; "));
    const left = await page.evaluate(async () => [localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases?.())?.length ?? 0, location.href.includes("#")]);
    assert(left.join() === "0,0,,0,false", `something is left: ${left}`);
  };
  const ready = async () => {
    if (file && existsSync(file)) return;
    await made?.end(); // what was begun and did not come to a packet
    made = newSite({ name: "St. Gabriel", shares: "1/1" });
    ({ dir, site, run } = made);
    file = join(dir, "3W.html");
    await made.serve();
    await new Promise((ok, no) => { // one message after the other, each acknowledged
      const s = connect(made.mllp, "127.0.0.1"), all = messages().split(/(?=MSH\|)/);
      let i = 0;
      const next = () => (i < all.length ? s.write(`\x0b${all[i++]}\x1c\r`) : (s.end(), ok()));
      s.on("connect", next);
      s.on("data", (d) => { if (d.includes(0x1c)) next(); });
      s.on("error", no);
    });
    writeFileSync(join(dir, "words"), words + "\n");
    writeFileSync(join(dir, "second"), second + "\n");
    for (let i = 0; ; i++) { // the charts follow the feed
      try { if (JSON.parse(run("chart", "census", "--site", site, "--unit", "3W", "--json")).count === 3 && run("chart", "patient", "1001", "--site", site, "--json").includes("Potassium")) break; } catch { /* not yet */ }
      if (i > 300) throw new Error("the charts do not have what was sent");
      await new Promise((ok) => setTimeout(ok, 200));
    }
    writeFileSync(join(dir, "phones.csv"), "name,role,unit,phone,category,from,to\nDr Night,Surgery,,5500,on-call,18:00,08:00\nDr Day,Surgery,,5501,on-call,08:00,18:00\nOver,Surgery,,5502,on-call,2020-01-01,2020-01-02\nOurs,Nurse,3W,7001,staff,,\nTheirs,Nurse,9Z,7002,staff,,\nPolice,,,117,police,,\n");
    run("contacts", "import", "--site", site, join(dir, "phones.csv"));
    run("packet", "make", "--site", site, "--unit", "3W", "-o", join(dir, "left-out.html"), "--passphrase-file", join(dir, "words"));
    run("packet", "make", "--site", site, "--unit", "3W", "-o", file, "--protected-passphrase-file", join(dir, "second"));
  };
  const own = (name, fn) => test(`packet: ${name}`, async () => { await ready(); return fn(); });

  try {
    await own("whom to call: the unit's own and the house's, who is on call by the clock, nobody whose time is over", async () => {
      const page = await open();
      await page.locator('a[href="#/contacts"]').click();
      await page.locator(".contacts").first().waitFor();
      const text = await page.locator("#content").innerText();
      for (const want of ["Dr Night", "Dr Day", "5500", "Ours", "7001", "Police", "117"]) has(text, want);
      assert(!text.includes("Theirs") && !text.includes("5502"), `somebody else's staff, or a time that is over: ${text}`);
      assert((text.match(/ON CALL NOW/g) ?? []).length === 1, `one of two is on call at any time: ${text}`);
      await axe(page, "contacts of a packet");
      await clean(page);
    });
    await own("opened from a file with no network, searched, read, printed to PDF", async () => {
      const page = await start();
      has(await page.locator("main").innerText(), "Maker not verified by this page");
      has(await page.locator("main").innerText(), "keeps nothing on this PC");
      await axe(page, "closed packet");
      await enter(page);
      await page.locator(".frame").waitFor();
      await page.locator(".rowlink").first().waitFor();
      assert(await page.locator(".rowlink").count() === 3, "three beds");
      has(await page.locator(".rowlink", { hasText: "SMITH" }).innerText(), "Penicillin");
      await axe(page, "census of a packet");
      await page.keyboard.press("/");
      await page.keyboard.type("zoe");
      await page.locator(".foundlist .rowlink", { hasText: "Zoë" }).waitFor();
      assert(await page.locator(".foundlist .rowlink").count() === 1, "one is found by a name without its accent");
      for (const [q, n] of [["1957-03-12", 1], ["12.03.1957", 1], ["1001", 1], ["grey", 0], ["smith john", 1]]) {
        await page.locator("#q").fill(q);
        if (n) await page.locator(".foundlist .rowlink", { hasText: "SMITH" }).waitFor(); else await page.getByText("Nobody was found").waitFor();
        assert(await page.locator(".foundlist .rowlink").count() === n, `${q} finds ${n}`);
      }
      await page.locator("#q").fill("smith");
      await page.keyboard.press("Enter");
      await page.locator(".banner").waitFor();
      has(await page.locator(".banner").innerText(), "Penicillin");
      await page.locator("#tab-results").click();
      const potassium = page.locator(".labs tr", { hasText: "Potassium" });
      has(await potassium.locator("td.newest").innerText(), "6.10"); // the digits as they were sent
      await axe(page, "results of a packet");
      for (const tab of ["medications", "vitals", "ecg", "orders", "documents", "more", "summary"]) { await page.locator(`#tab-${tab}`).click(); await page.locator(`#tab-${tab}[aria-selected=true]`).waitFor(); await page.locator("#content .panel").first().waitFor(); }
      assert(await page.locator("#tab-timeline").count() === 0, "a packet has no timeline");
      await page.locator(".panel .chip.section:not([disabled])").first().click();
      has(await page.locator("dialog").innerText(), "of the ledger of holdfast/");
      await page.keyboard.press("Escape");
      await page.goBack(); // to another tab, then further: not out of the packet
      assert(await page.locator(".frame").count() === 1, "going back leaves the packet");
      let pdf = "";
      try { await page.pdf({ path: join(dir, "p.pdf"), preferCSSPageSize: true }); pdf = execFileSync("pdftotext", ["-layout", join(dir, "p.pdf"), "-"]).toString(); } catch (e) { if (e.code !== "ENOENT") throw e; }
      const pages = pdf.split("\f").filter((t) => t.trim());
      pages.forEach((text, i) => { const flat = text.replace(/\s+/g, " "); for (const part of ["SMITH, John", "1001", "Penicillin", "PACKET made", "valid until", "not verified", `${i + 1} / ${pages.length}`]) has(flat, part); });
      await clean(page);
    });
    await own("words that are wrong open nothing; the right ones do after that, in any spelling of six made words", async () => {
      const page = await start();
      await enter(page, "six words that are not these");
      await page.getByRole("alert").filter({ hasText: "not this unit's words" }).waitFor();
      assert(await page.locator(".frame").count() === 0, "it is open");
      assert(!(await page.content()).includes("SMITH"), "a name stands in the page");
      await enter(page);
      await page.locator(".frame").waitFor();
      await clean(page);
      assert(!readFileSync(file, "latin1").includes("Smith"), "a name stands in the file");
      const made = run("packet", "key", "--site", site, "--unit", "3W", "--replace"), other = join(dir, "other.html");
      run("packet", "make", "--site", site, "--unit", "3W", "-o", other);
      const again = await start({ from: other });
      await enter(again, made.replace(/-/g, " ").toUpperCase());
      await again.locator(".frame").waitFor();
    });
    await own("three hours later every feed is STALE, and the page says that it is the packet that ends", async () => {
      const page = await open({ shift: 3 * 3600000 });
      await page.locator(".rowlink", { hasText: "SMITH" }).click();
      await page.locator(".banner").waitFor();
      const bar = await page.locator(".stalebar").first().innerText();
      assert(/PACKET ENDS/.test(bar) && /is not in this packet/.test(bar), `the section does not say that the packet ends: ${bar}`);
      has(await page.locator(".chip.section").first().innerText(), "STALE");
      has(await page.locator(".bar .pill").innerText(), "3 h");
      await clean(page);
    });
    for (const [lang, said] of [["en-GB", "EXPIRED"], ["fr-FR", "PÉRIMÉ"], ["zh-CN", "已过期"]])
      await own(`past 24 hours it says ${said}, opens only with a reason, and goes on saying so`, async () => {
        const page = await start({ shift: day + 3600000, lang });
        has(await page.locator(".expired").innerText(), said);
        await axe(page, "expired packet");
        await enter(page);
        await page.locator(".note.bad").waitFor();
        assert(await page.locator(".frame").count() === 0, "it opens without a reason");
        await page.locator("#why").fill("no newer packet here");
        await enter(page);
        await page.locator(".frame.expired").waitFor();
        has(await page.locator(".strip.bad").first().innerText(), "no newer packet here");
        has(await page.locator(".bar .mode").innerText(), said);
        await page.locator(".rowlink").first().waitFor();
        await axe(page, "expired and open");
        await clean(page);
      });
    await own("one that expires while it is open is hidden until somebody says why", async () => {
      const until = Date.parse(/\nuntil (.*)\n/.exec(readFileSync(file, "latin1").slice(-2000))[1]); // counted from what the packet says: a slow machine has made it a while ago
      const page = await start({ shift: until - 10 * 60000 - Date.now() });
      await enter(page);
      await page.locator(".rowlink").first().waitFor();
      await forward(page, 15 * 60000); // less than would close it by itself
      await page.locator(".packetbox .expired").waitFor();
      assert(await page.locator(".rowlink").count() === 0, "charts are still shown");
      await page.locator("#why").fill("in the middle of a round");
      await page.keyboard.press("Enter");
      await page.locator(".frame.expired .rowlink").first().waitFor();
    });
    await own("a clock before the packet's making is called wrong; half an hour without a touch closes it", async () => {
      const page = await start({ shift: -2 * day });
      has(await page.locator(".early").innerText(), "the clock is wrong");
      await enter(page);
      await page.locator(".frame .strip.early").waitFor();
      await forward(page, 31 * 60000);
      await page.locator("#words").waitFor();
      assert(await page.locator(".frame").count() === 0, "it is still open");
    });
    await own("protected records: counted where they were left out, opened by the second words where they are in it", async () => {
      const without = await open({ from: join(dir, "left-out.html") });
      has(await without.locator(".leftout").innerText(), "1 record of this unit is protected and not in this packet");
      const bed = without.locator(".rowlink", { hasText: "Protected record" });
      await bed.click();
      has(await without.locator("#content .note").innerText(), "protected");
      const page = await open();
      assert(!(await page.content()).includes("GREY") && !(await page.content()).includes("Grey"), "a protected name is shown");
      await page.locator(".apart button").click();
      await page.locator("#apart-words").fill(words); // the first words do not open it
      await page.keyboard.press("Enter");
      await page.locator("dialog .note.bad").waitFor();
      await page.locator("#apart-words").fill(second);
      await page.keyboard.press("Enter");
      await page.locator(".rowlink", { hasText: "Grey" }).click();
      await page.locator(".banner", { hasText: "Grey" }).waitFor();
      await clean(page);
    });
    await own("a changed file fails the check, and one that was cut off says that it is damaged", async () => {
      const bad = join(dir, "bad.html"), cut = join(dir, "cut.html"), text = readFileSync(file);
      assert(run("packet", "verify", file, "--vkey", join(site, "ledger/vkey")).includes("whole"), "the check of a whole one");
      text[text.indexOf("packet-data") + 400] ^= 1;
      writeFileSync(bad, text);
      let status = 0;
      try { run("packet", "verify", bad); } catch (e) { status = e.status; }
      assert(status === 1, `verify of a changed packet: ${status}`);
      copyFileSync(file, cut);
      const whole = readFileSync(file, "latin1"), at = whole.indexOf('id="packet-data">') + 2000, end = whole.indexOf("</script>", at);
      writeFileSync(cut, whole.slice(0, at) + whole.slice(end), "latin1");
      const page = await start({ from: cut });
      await enter(page);
      await page.getByRole("alert").filter({ hasText: "damaged" }).waitFor();
    });
    await own("no button writes, and the policy lets nothing out", async () => {
      const page = await open();
      await page.locator(".rowlink").first().waitFor();
      const text = await page.locator("body").innerText();
      for (const w of ["Sign in", "Alarms", "Partners", "Audit", "Setup", "As of now"]) assert(!text.includes(w), `${w} stands in a packet`);
      const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
      for (const part of ["default-src 'none'", "connect-src 'none'", "form-action 'none'", "script-src 'sha256-"]) has(policy, part);
      assert(await page.evaluate(() => fetch("http://127.0.0.1:9/").then(() => "went out", () => "stopped")) === "stopped", "a request goes out");
    });
  } finally {
    for (const c of contexts) await c.close().catch(() => {});
    await made?.end();
  }
}
