// The ECG pages by tasks: read, measure, edit, sign; match; what happens when two do it at once; bring in; share; at home; live.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { names12, record } from "./mock-ecg.mjs";
import { ended, holdfast, secret, signUp, withSite } from "./site.mjs";

export default async function ({ test: any, axe, to, has, assert, knobs, mock, bed12, browser }) {
  const reader = ["nurse", "downtime-nurse-1"], test = (name, fn, o) => any(name, (enter) => fn((x, user = reader) => enter(x, user)), o); // who may sign
  const open = async (page, text) => { // as a reader does: type who it is, Enter
    await to(page, "#/ecg");
    await page.locator(".ecgrow").first().waitFor();
    await page.locator("#ecg-filter").fill(text);
    await until(page, (x) => { const r = document.querySelectorAll(".ecgrow"); return r.length === 1 && r[0].innerText.includes(x); }, text);
    await page.waitForTimeout(700); // what is asked for is asked for after a moment
    await page.locator("#ecg-filter").press("Enter");
    await page.locator(".paper canvas").first().waitFor();
  };
  const show = async (page, n) => { await to(page, `#/ecg/${n}`); await page.locator(".paper canvas").first().waitFor(); };
  const until = async (page, fn, arg) => { for (let i = 0; i < 300; i++) { if (await page.evaluate(fn, arg)) return; await page.waitForTimeout(50); } throw new Error(`never: ${fn}`); }; // (waitForFunction needs eval, which the page's policy forbids)
  const geometry = (page) => page.evaluate(() => { const p = document.querySelector(".paper"), r = p.querySelector(".over").getBoundingClientRect(); return { k: Number(p.dataset.k), x: r.left, y: r.top, w: r.width, h: r.height }; });
  const drag = async (page, a, b, steps = 6) => { await page.mouse.move(...a); await page.mouse.down(); await page.mouse.move(...b, { steps }); await page.mouse.up(); };
  const readout = async (page) => (await page.locator(".readout").innerText()).replace(/\s+/g, " ");

  const words = { en: { rail: "ECG", un: "UNCONFIRMED", af: "Consider atrial fibrillation", st: "STAT", signed: "SIGNED", sign: /^Sign for MARTIN, Jeanne-Marie · born 12 Mar 1957/ }, fr: { rail: "ECG", un: "NON CONFIRMÉ", af: "Évoquer une fibrillation atriale", st: "IMMÉDIAT", signed: "SIGNÉ", sign: /^Signer pour MARTIN, Jeanne-Marie · né/ }, zh: { rail: "心电图", un: "未确认", af: "心房颤动", st: "立即", signed: "已签名", sign: /^为 MARTIN, Jeanne-Marie · .* 签名/ } };
  for (const [size, lang] of [["desk", "en"], ["tablet", "fr"], ["desk", "zh"], ["tablet", "en"]]) {
    await test(`ECG: the worklist says who, how urgent, what was seen, UNCONFIRMED; the paper opens with the patient's banner (${size}, ${lang})`, async (enter) => {
      const w = words[lang], page = await enter({ size, lang, theme: lang === "fr" ? "dark" : "light" });
      await page.keyboard.press("4");
      await page.locator(`.rail a[href="#/ecg"][aria-current=page]`).waitFor();
      await page.locator(".ecgrow").nth(4).waitFor();
      const first = (await page.locator(".ecgrow").first().innerText()).replace(/\s+/g, " ");
      for (const part of [w.st, "4471009", w.un, w.af, "124", "318/457", "L4471-0"]) has(first, part);
      has(first.toLowerCase(), "martin, jeanne-marie");
      await axe(page, "worklist");
      await page.locator(".ecgrow").first().press("Enter");
      await page.locator(".paper canvas").first().waitFor();
      await page.locator(".banner .severe").waitFor(); // the chart's own banner, with the allergies
      has(await page.locator(".ecgbar").innerText(), w.un);
      await page.locator(".measures tbody tr").nth(4).waitFor();
      await axe(page, "reading");
      const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert(wide[0] <= wide[1], `wider than the screen: ${wide}`);
      await page.locator("#sign-button").click();
      assert(w.sign.test(await page.locator("dialog .main-act").innerText()), await page.locator("dialog .main-act").innerText());
      await axe(page, "signing");
    }, { own: true });
  }

  await any("every statement that the program can make has words in each language", async () => {
    const here = new URL(".", import.meta.url).pathname, dir = join(here, "../../src/ecg"), words_ = readFileSync(join(here, "../src/ecg-statements.ts"), "utf8"), codes = new Set();
    for (const f of readdirSync(dir).filter((x) => /^statements.*\.c$/.test(x))) for (const m of readFileSync(join(dir, f), "utf8").matchAll(/st_say\(s, "([a-z0-9-]+)"|ECG_RHYTHM_[A-Z]+, "(rhythm-[a-z]+)"|"((?:q|st-elevation|st-depression|t)-(?:inferior|anterior|lateral))"/g)) codes.add(m[1] ?? m[2] ?? m[3]);
    assert(codes.size > 50, `only ${codes.size} found`);
    const missing = [...codes].filter((c) => !words_.includes(`"${c}": [`));
    assert(missing.length === 0, `without words: ${missing}`);
  });
  await test("ECG: in the list of patients of one's own language nothing English is left, and codes that nobody knows stand as they came, marked", async (enter) => {
    const e = mock.ecg.list.find((x) => x.entry === 6112), old = e.statements;
    e.statements = [...old, { code: "brand-new", text: "Something only the server knows", confidence: 50, weight: "abnormal" }];
    for (const lang of ["fr", "zh"]) {
      const page = await enter({ lang });
      await show(page, 6112);
      const list = page.locator(".stlist li");
      assert(await page.locator(".stlist [lang=en]", { hasText: "Something only" }).count() === 1, "not marked as English");
      assert(!/Sinus rhythm|Long QT/.test(await list.first().innerText()), "English");
      assert(!/undefined/.test(await page.locator("body").innerText()), "a word is missing");
    }
    e.statements = old;
  }, { own: true });

  await test("ECG paper: true proportions; calipers read 100 ms and 1.00 mV on a calibration signal, with the mouse", async (enter) => {
    const page = await enter();
    await show(page, 6114);
    const g = await geometry(page), mm = (x, y) => [g.x + x * g.k, g.y + y * g.k];
    assert(Math.abs(g.w / g.k - (11 + 250 + 3)) < 0.6, `10 s are ${(g.w / g.k - 14).toFixed(1)} mm`);
    const ratio = await page.evaluate(() => { const c = document.querySelector(".paper .sheet"); return [c.width / c.getBoundingClientRect().width, devicePixelRatio]; });
    assert(Math.abs(ratio[0] - ratio[1]) < 0.02, `canvas at ${ratio[0]} of ${ratio[1]}`);
    // the pulse of lead I: up at 0.2 s, down at 0.3 s, in the first line, whose zero is at 5 + 15 mm
    const ink = (x, y) => page.evaluate(([x, y]) => { const c = document.querySelector(".paper .sheet"), s = c.width / c.getBoundingClientRect().width, d = c.getContext("2d").getImageData(Math.round(x * s) - 1, Math.round(y * s) - 1, 3, 3).data; let dark = 255; for (let i = 0; i < d.length; i += 4) dark = Math.min(dark, d[i] + d[i + 1]); return dark; }, [x * g.k, y * g.k]);
    assert(await ink(11 + 0.25 * 25, 20 - 10) < 200, "1 mV is not drawn 10 mm high, 0.25 s after the beginning");
    assert(await ink(11 + 0.25 * 25, 20 - 6) > 200, "ink where there is none");
    await drag(page, mm(11 + 0.2 * 25, 20), mm(11 + 0.3 * 25, 10));
    let r = await readout(page);
    const m = /I: (\d+) ms · ([\d.]+) mV/.exec(r);
    assert(m && Math.abs(Number(m[1]) - 100) <= 12 && Math.abs(Number(m[2]) - 1) <= 0.04, r);
    // both edges can be taken again
    await drag(page, mm(11 + 0.3 * 25, 20 - 12.5), mm(11 + 1.2 * 25, 20 - 12.5));
    r = await readout(page);
    assert(/I: (9\d\d|10\d\d) ms · 6\d \/min/.test(r), r);
    await page.locator(".tools select").nth(1).selectOption("20");
    await page.locator(".tools select").nth(2).selectOption("50");
    const g2 = await geometry(page);
    assert(Math.abs(g2.w / g2.k - 514) < 1, "50 mm/s is not twice as long");
  }, { own: true });
  await test("ECG calipers with keys alone: 100 ms to the millisecond; snap finds the pulse's edges; march-out; magnify", async (enter) => {
    const page = await enter();
    await show(page, 6114);
    await page.keyboard.press("c");
    has(await readout(page), "II: 200 ms · 300 /min · 1.00 mV");
    for (let i = 0; i < 50; i++) await page.keyboard.press("ArrowLeft"); // 2 ms each
    has(await readout(page), "II: 100 ms");
    await page.keyboard.press("Shift+ArrowUp");
    has(await readout(page), "1.10 mV");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("x"); // the other line
    await page.keyboard.press("Shift+ArrowLeft");
    has(await readout(page), "II: 140 ms");
    await page.keyboard.press("o");
    await page.keyboard.press("n");
    assert(!/^II:/.test(await readout(page)), "the next lead");
    await page.keyboard.press("z");
    has(await page.locator(".paperline").innerText(), "magnified 3 times");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    assert(await page.evaluate(() => location.hash) === "#/ecg/6114", "left too early");
    await page.keyboard.press("Escape");
    await page.locator(".ecglist").waitFor();
  }, { own: true });
  await test("ECG calipers by touch: only while they are on, so that the page can be moved", async (enter) => {
    const page = await enter({ size: "tablet" });
    await show(page, 6114);
    const g = await geometry(page), touch = (type, x, y) => page.evaluate(([type, x, y]) => { const o = document.querySelector(".paper .over"); o.setPointerCapture = () => {}; o.dispatchEvent(new PointerEvent(type, { pointerId: 5, pointerType: "touch", clientX: x, clientY: y, button: 0, buttons: 1, bubbles: true, cancelable: true })); }, [type, x, y]);
    const stroke = async () => { await touch("pointerdown", g.x + 16 * g.k, g.y + 20 * g.k); await touch("pointermove", g.x + 26 * g.k, g.y + 10 * g.k); await touch("pointerup", g.x + 26 * g.k, g.y + 10 * g.k); };
    await stroke();
    assert(await readout(page) === "", "a finger that scrolls measures");
    await page.getByRole("button", { name: "Calipers" }).tap().catch(() => page.getByRole("button", { name: "Calipers" }).click());
    await stroke();
    assert(/I: 400 ms|I: 39\d ms|I: 40\d ms/.test(await readout(page)), await readout(page));
    assert(await page.evaluate(() => getComputedStyle(document.querySelector(".paper .over")).touchAction) === "none", "the finger still scrolls");
  }, { own: true });
  await test("ECG: millimetres are said to be untrue until the screen is measured with a card; then they are kept, also when the browser zooms", async (enter) => {
    const page = await enter();
    await show(page, 6112);
    has(await page.locator(".paperline").innerText(), "NOT CALIBRATED");
    await page.getByRole("button", { name: "Calibrate the screen" }).click();
    await axe(page, "calibrating");
    const slider = page.locator("dialog input[type=range]");
    await slider.evaluate((e) => { e.value = "4.5"; e.dispatchEvent(new Event("input", { bubbles: true })); });
    const card = await page.locator(".calbox").boundingBox();
    assert(Math.abs(card.width - 85.6 * 4.5) < 1 && Math.abs(card.height - 53.98 * 4.5) < 1, `card ${card.width} x ${card.height}`);
    await page.getByRole("button", { name: "It fits: keep" }).click();
    has(await page.locator(".paperline").innerText(), "1 mm on this screen is 1 mm");
    await until(page, () => Math.abs(Number(document.querySelector(".paper").dataset.k) - 4.5) < 0.01);
    const kept = await page.evaluate(() => localStorage.getItem("hf.mm"));
    assert(Number(kept) === 4.5, kept);
  }, { own: true });
  await test("ECG filters are of what is drawn, loudly; a gap is hatched and said, also through a filter", async (enter) => {
    const page = await enter();
    await show(page, 6112); // with mains hum, and V3 off from 4 to 6.2 s
    const column = () => page.evaluate(() => { const c = document.querySelector(".paper .sheet"); return c.toDataURL().length; });
    await page.locator(".tools select").first().selectOption("12x1");
    const plain = await column();
    assert(await page.locator(".filterstrip").count() === 0, "a filter by itself");
    await page.locator(".tools select").nth(3).selectOption("50");
    has(await page.locator(".filterstrip").innerText(), "FILTERED: mains 50 Hz");
    has(await page.locator(".filterstrip").innerText(), "unfiltered signal");
    assert(await column() !== plain, "nothing changed");
    await axe(page, "filtered");
  }, { own: true });

  await test("ECG: the previous one below and beside, with the differences of the values; the median beat with its marks", async (enter) => {
    const page = await enter();
    await show(page, 6110);
    await page.keyboard.press("p");
    await page.locator(".pf.before .paper").waitFor();
    has(await page.locator(".pf.before figcaption").innerText(), "SIGNED");
    const rate = await page.locator(".measures tr", { hasText: "Rate" }).innerText();
    for (const part of ["124", "121", "72", "+52"]) has(rate, part);
    has(await page.locator(".measures tr", { hasText: "PR" }).first().innerText(), "could not measure");
    const cut = await page.evaluate(() => { const a = document.querySelector(".readside"); return a.scrollWidth - a.clientWidth; });
    assert(cut <= 0, `the values are cut by ${cut} px`);
    await page.getByRole("button", { name: "Side by side" }).click();
    const boxes = await page.locator(".paper").evaluateAll((all) => all.map((p) => p.getBoundingClientRect()).map((r) => [r.left, r.right, r.top]));
    assert(boxes.length === 2 && boxes[1][0] >= boxes[0][1] - 1 && Math.abs(boxes[0][2] - boxes[1][2]) < 12, JSON.stringify(boxes));
    await page.keyboard.press("b");
    await page.locator(".medianbox canvas").waitFor();
    await page.keyboard.press("p");
    assert(await page.locator(".pf.before").count() === 0, "p closes it");
  }, { own: true });
  await test("a long ECG: its whole in a strip, rhythms marked, to an episode in one step, by keys too; minutes nobody recorded are said", async (enter) => {
    const page = await enter();
    await show(page, 6113);
    await page.locator(".overview").waitFor();
    const asked = [];
    page.on("request", (r) => { if (r.url().includes("/wave")) asked.push(new URL(r.url()).searchParams); });
    await page.locator(".episodes button", { hasText: "atrial fibrillation" }).click();
    has(await page.locator(".paperline").innerText(), "6:38 to 7:38 of 30:00");
    await page.locator(".overview").focus();
    await page.keyboard.press("End");
    has(await page.locator(".paperline").innerText(), "30:00 of 30:00");
    await page.keyboard.press("Home");
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("PageDown");
    has(await page.locator(".paperline").innerText(), "1:00 to 2:00");
    assert(asked.length > 0 && asked.every((q) => Number(q.get("seconds")) <= 120), "asks for hours at once");
    await axe(page, "a long recording");
  }, { own: true });

  await test("over-read: pick a statement by typing, own words, reorder, remove, a value by hand; the draft is saved and is another reader's too", async (enter) => {
    const page = await enter({}, ["nurse", "downtime-nurse-1"]);
    await show(page, 6112);
    await page.keyboard.press("e");
    await page.keyboard.type("left bundle");
    await page.locator(".addst [role=option]", { hasText: "Left bundle branch block" }).first().waitFor();
    await axe(page, "picking a statement");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Compare with the one of spring");
    await page.keyboard.press("Enter");
    const items = () => page.locator(".stlist.edit .w").allInnerTexts();
    let list = await items();
    assert(list.length === 5 && /^Compare with the one of spring/.test(list[4]) && list[3].includes("bundle branch block"), JSON.stringify(list));
    await page.locator(".stlist.edit .up").nth(4).click();
    await page.locator(".stlist.edit .del").nth(0).click();
    list = await items();
    assert(list.length === 4 && list[2].startsWith("Compare"), JSON.stringify(list));
    await page.locator(".measures tr", { hasText: "QT ms" }).locator(".hand").fill("431");
    has(await page.locator(".measures tr", { hasText: "QT ms" }).innerText(), "by hand");
    has(await page.locator(".overread").innerText(), "Not saved");
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    assert(!/spring|431/.test(stored), "the draft is in what the browser keeps");
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.getByText("The draft is saved.").waitFor();
    const e = mock.ecg.list.find((x) => x.entry === 6112);
    assert(e.draft.statements.length === 4 && e.draft.statements[2].code === "" && e.draft.measures.qt_ms === 431 && e.reading === "reading", JSON.stringify(e.draft));
    const other = await enter({}, ["kim.lee", "downtime-kim-12"]);
    await show(other, 6112);
    await other.locator(".stlist.edit", { hasText: "spring" }).waitFor();
    has(await other.locator(".overread").innerText(), "Draft of nurse");
  }, { own: true });
  await test("sign: the patient's name in the button, the password again; a wrong one signs nothing; then SIGNED, in the chart too; addendum, reopen with a reason", async (enter) => {
    const page = await enter({}, ["nurse", "downtime-nurse-1"]);
    await show(page, 6110);
    await page.locator("#sign-button").click();
    const dialog = page.locator("dialog");
    has(await dialog.locator(".identity").innerText(), "4471009");
    await page.locator("#sign-pw:focus").waitFor();
    await page.keyboard.type("not mine");
    await page.keyboard.press("Enter");
    await dialog.locator(".wrong").waitFor();
    assert(mock.ecg.list.find((x) => x.entry === 6110).reading === "unread", "signed with a wrong password");
    await page.locator("#sign-pw").fill("downtime-nurse-1");
    await dialog.locator(".main-act").click();
    await page.locator(".ecgbar .rstate", { hasText: "SIGNED" }).waitFor();
    has(await page.locator(".ecgbar .rstate").innerText(), "nurse");
    assert(await page.locator("#sign-button").count() === 0 && await page.locator(".hand").count() === 0, "still open for changes");
    await page.getByRole("button", { name: "Addendum…" }).click();
    await page.locator("#why-text").fill("Rate controlled after metoprolol.");
    await page.locator("#why-pw").fill("downtime-nurse-1");
    has(await page.locator("dialog .main-act").innerText(), "MARTIN, Jeanne-Marie");
    await page.locator("dialog .main-act").click();
    await page.locator(".addend", { hasText: "metoprolol" }).waitFor();
    has(await page.locator(".ecgbar .rstate").innerText(), "AMENDED");
    await bed12(page);
    await page.locator("#tab-ecg").click();
    const rows = page.locator(".ecglist .ecgrow");
    await rows.nth(1).waitFor();
    has(await rows.first().innerText(), "AMENDED"); has(await rows.first().innerText(), "atrial fibrillation");
    await axe(page, "the chart's ECGs");
    await rows.first().press("Enter");
    await page.getByRole("button", { name: "Reopen…" }).click();
    await page.locator("#why-text").fill("ok");
    await page.locator("dialog .main-act").click();
    await page.locator("#why-w").waitFor();
    await page.locator("#why-text").fill("The comparison was with another patient's");
    await page.locator("dialog .main-act").click();
    await page.locator("#sign-button").waitFor();
    has(await page.locator("details.acts summary").innerText(), "3");
  }, { own: true });
  await test("where a reading was sent: the newest word on each destination; refused and not known are not quiet", async (enter) => {
    const page = await enter({}, ["nurse", "downtime-nurse-1"]);
    await show(page, mock.ecg.list.find((x) => x.deliveries).entry);
    const rows = page.locator(".deliveries li");
    await rows.nth(2).waitFor();
    const words = await rows.allInnerTexts();
    assert(words.length === 3 && /Correction sent to EHR/.test(words[0]) && /NOT KNOWN whether registry has it/.test(words[1]) && /clinic REFUSED it/.test(words[2]) && /no such patient/.test(words[2]), JSON.stringify(words));
    assert(await page.locator(".deliveries .tag.amber").count() === 2, "quiet");
    await axe(page, "deliveries");
  });
  await test("two at once: the second is told who did what, nothing typed is lost, and each way on is one step (409)", async (enter) => {
    const page = await enter();
    await show(page, 6117);
    await page.locator(".overread textarea").fill("My own words");
    mock.ecg.act(6117, { act: "read", by: "dr.weiss", statements: [{ code: "qt-long", text: "Long QT" }], measures: {}, comment: "Somebody else's" });
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.locator(".conflict").waitFor();
    const text = await page.locator(".conflict").innerText();
    for (const part of ["dr.weiss", "Long QT", "Somebody else's", "Nothing that you typed is lost"]) has(text, part);
    assert(await page.locator(".overread textarea").inputValue() === "My own words", "lost");
    assert(await page.locator("#sign-button").isDisabled(), "can sign over it");
    await axe(page, "two at once");
    await page.getByRole("button", { name: "Keep mine and go on" }).click();
    await page.locator(".conflict").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.getByText("The draft is saved.").waitFor();
    assert(mock.ecg.list.find((x) => x.entry === 6117).draft.comment === "My own words", "not saved");
    // and while somebody signs: what was typed stays to be read
    await page.locator(".overread textarea").fill("Second thought");
    mock.ecg.act(6117, { act: "sign", by: "dr.weiss", statements: [{ code: "rhythm-sr", text: "Sinus rhythm" }], measures: {}, comment: "" });
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.locator(".conflict", { hasText: "signed" }).waitFor();
    has(await page.locator(".overread").innerText(), "Second thought");
  }, { own: true });
  await test("what was typed and not saved is gone after signing out, and the next person sees none of it", async (enter) => {
    const page = await enter();
    await show(page, 6112);
    await page.locator(".overread textarea").fill("Only for my eyes");
    await page.locator("#me").click();
    await page.locator("#own .wide").click();
    await page.locator("input[autocomplete=username]").fill("kim.lee");
    await page.locator("input[autocomplete=current-password]").fill("downtime-kim-12");
    await page.keyboard.press("Enter");
    await page.locator(".frame").waitFor();
    await show(page, 6112);
    await page.locator(".overread textarea").waitFor();
    assert(!(await page.locator(".overread textarea").inputValue()).includes("Only for"), "the last one's words");
  }, { own: true });

  await test("an unmatched ECG: candidates with what agrees and differs, none chosen; two identifiers each by itself; differing ones cannot confirm", async (enter) => {
    const page = await enter({}, ["nurse", "downtime-nurse-1"]);
    await show(page, 6111);
    has(await page.locator(".banner.unmatched").innerText(), "UNMATCHED");
    has(await page.locator(".banner.unmatched").innerText(), "MARTIN, JEANNE");
    assert(await page.locator("#sign-button").isDisabled(), "signed for nobody");
    await page.keyboard.press("m");
    const dialog = page.locator("dialog");
    await dialog.locator(".cand").nth(1).waitFor();
    assert(await dialog.locator(".cand input:checked").count() === 0, "somebody is chosen already");
    assert(await dialog.locator(".main-act").count() === 0, "can be matched before anybody is chosen");
    // the look-alike: differs loudly
    await dialog.locator(".cand", { hasText: "Jeanne-Marie" }).locator("input").check();
    has(await dialog.locator(".note.bad").innerText(), "DIFFERS");
    assert(await dialog.locator(".idents2 input[type=checkbox]").count() === 0, "a differing identifier can be ticked");
    assert(await dialog.locator(".main-act").isDisabled(), "matched to the look-alike");
    await axe(page, "match");
    await dialog.locator(".cand", { hasText: "4471090" }).locator("input").check();
    await dialog.locator(".idents2 input[type=checkbox]").nth(0).check();
    has(await dialog.innerText(), "Identifiers still to confirm: 1");
    assert(await dialog.locator(".main-act").isDisabled(), "one is enough");
    await dialog.locator(".idents2 input[type=checkbox]").nth(1).check();
    has(await dialog.locator(".main-act").innerText(), "Match to MARTIN, Jeanne · born 12 Jun 1951");
    await dialog.locator(".main-act").click();
    await page.locator(".banner .mrn", { hasText: "4471090" }).waitFor();
    const sent = mock.ecg.list.find((x) => x.entry === 6111).acts.at(-1);
    assert(sent.identifiers.join() === "recordNumber,birth", JSON.stringify(sent));
    // and back again, with a reason
    await page.getByRole("button", { name: "Unmatch" }).click();
    await page.locator("#why-text").fill("Wrong wristband was scanned");
    has(await page.locator("dialog .main-act").innerText(), "MARTIN, Jeanne");
    await page.locator("dialog .main-act").click();
    await page.locator(".banner.unmatched").waitFor();
  }, { own: true });
  await test("an ECG that names nobody: somebody is searched for, and two identifiers are typed from the wristband; a slip does not pass", async (enter) => {
    const page = await enter();
    await show(page, 6114);
    await page.getByRole("button", { name: "Match to a patient" }).click();
    const dialog = page.locator("dialog");
    await dialog.locator("input[type=search]").fill("4471090");
    await dialog.locator("button.found").first().click();
    const rows = dialog.locator(".idents2 .line");
    await rows.nth(0).fill("4471009");
    has(await dialog.locator(".idents2").innerText(), "not the same");
    await rows.nth(0).fill("4471090");
    await rows.nth(1).fill("6.12.1951");
    assert(await dialog.locator(".main-act").isDisabled(), "day and month the other way round");
    await rows.nth(1).fill("12.6.1951");
    assert(await dialog.locator(".main-act").isEnabled(), await dialog.locator(".idents2").innerText());
  }, { own: true });

  await test("bringing in files: several at once, WFDB pairs as one, refused ones in words, sent again as one; for a patient only with two identifiers", async (enter) => {
    const page = await enter();
    const file = (name, text) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) });
    await to(page, "#/ecg");
    await page.getByRole("link", { name: "Bring in files" }).click();
    const input = page.locator(".drop input[type=file]");
    await input.setInputFiles([file("a.scp", "SCP-like one"), file("100.hea", "100 2 360 650000\n100.dat 212 200\n100.dat 212 200\n"), file("100.dat", "\x01\x02\x03"), file("holiday.jpg", "no ecg"), file("lonely.dat", "xx")]);
    await page.locator(".queue li", { hasText: "STORED" }).nth(1).waitFor();
    const text = await page.locator(".queue").innerText();
    for (const part of ["holiday.jpg", "no ECG in a format that is known", "lonely.dat", "belongs to a .hea", "100.hea"]) has(text, part);
    const up = mock.ecg.uploads;
    up.sort((a, b_) => (a.name > b_.name ? -1 : 1)); // a.scp, then 100.hea
    assert(up.length === 2 && up[1].type === "application/vnd.holdfast.ecg", JSON.stringify(up.map((u) => [u.name, u.type])));
    const line = JSON.parse(up[1].text.split("\n")[0]);
    assert(line.ecg === 1 && line.files.map((f) => `${f.name} ${f.size}`).join() === `100.hea ${"100 2 360 650000\n100.dat 212 200\n100.dat 212 200\n".length},100.dat 3`, up[1].text);
    assert(!up[0].params.patient && /^[0-9a-f]{32}$/.test(up[0].params.key), JSON.stringify(up[0].params));
    await axe(page, "bringing in");
    // the server is gone: it waits, and goes by itself under the same name
    knobs.uploadDown = true;
    await input.setInputFiles([file("b.scp", "SCP-like two")]);
    await page.locator(".queue li.unreachable").waitFor();
    await to(page, "#/census"); await to(page, "#/ecg");
    await page.locator(".pagehead .tag", { hasText: "1 waiting" }).waitFor();
    knobs.uploadDown = false;
    await to(page, "#/ecg/upload");
    await page.locator(".queue li.stored", { hasText: "b.scp" }).waitFor({ timeout: 20000 });
    // for somebody
    await page.getByRole("button", { name: "Choose the patient" }).click();
    await page.locator(".pick input").fill("4471090");
    await page.locator(".pick .found").first().click();
    assert(await page.locator(".drop .main-act").isDisabled(), "goes to somebody who was not confirmed");
    await page.locator(".idents2 .line").nth(0).fill("4471090");
    await page.locator(".idents2 .line").nth(1).fill("1951-06-12");
    has(await page.locator(".drop .main-act").innerText(), "MARTIN, Jeanne");
    await input.setInputFiles([file("c.scp", "SCP-like three")]);
    await page.locator(".queue li", { hasText: "c.scp" }).getByText("STORED").waitFor();
    assert(mock.ecg.uploads.at(-1).params.patient && mock.ecg.uploads.at(-1).params.identifiers === "recordNumber,birth", JSON.stringify(mock.ecg.uploads.at(-1).params));
    for (let i = mock.ecg.list.length - 1; i >= 0; i--) if (mock.ecg.list[i].via === "upload" && mock.ecg.list[i].entry > 8000) mock.ecg.list.splice(i, 1);
  }, { own: true });

  await test("sharing: a link shown once, opened without an account, says for whom and until when; revoked it says so", async (enter) => {
    const page = await enter();
    await show(page, 6112);
    await page.getByRole("button", { name: /^Share/ }).click();
    const dialog = page.locator("dialog");
    await dialog.locator(".main-act").click();
    has(await dialog.innerText(), "Say for whom and why");
    const fields = dialog.locator(".field input");
    await fields.nth(0).fill("Dr. Amari, cardiology, city clinic");
    await fields.nth(1).fill("Second opinion on the QT");
    await dialog.locator(".main-act").click();
    const url = await dialog.locator(".sharelink").inputValue();
    await axe(page, "share");
    const guest = await enter({}, null);
    await guest.goto(url);
    await guest.locator(".paper canvas").first().waitFor();
    const text = await guest.locator(".guestbar").innerText();
    for (const part of ["Dr. Amari", "Shared by nurse", "Every opening is recorded", "left"]) has(text, part);
    has((await guest.locator(".banner").innerText()).toLowerCase(), "bernard");
    assert(await guest.locator(".rail, .overread, #sign-button").count() === 0, "a guest may do something");
    await axe(guest, "the shared page");
    await page.keyboard.press("Escape");
    await page.waitForTimeout(200);
    await page.reload();
    await page.locator(".paper canvas").first().waitFor();
    await page.getByRole("button", { name: /^Share \(1\)/ }).click();
    has(await page.locator(".shares").innerText(), "opened 1 times");
    assert(await page.locator(".sharelink").count() === 0, "the link is shown again");
    await page.locator(".shares button", { hasText: "Revoke" }).click();
    await page.locator(".shares input").fill("Was for the wrong clinic");
    await page.locator(".shares .main-act").click();
    await page.locator(".shares", { hasText: "revoked" }).waitFor();
    await guest.goto(url);
    await guest.locator(".gone").waitFor();
    has(await guest.locator(".gone").innerText(), "does not work any more");
    await axe(guest, "a link that is over");
    guest.problems.splice(0, guest.problems.length, ...guest.problems.filter((x) => !/410/.test(x)));
  }, { own: true });

  for (const lang of ["en", "fr", "zh"]) {
    await test(`somebody on the ward asks to have an ECG read: it is marked, and stands in what was done (${lang})`, async (enter) => {
      const page = await enter({ lang }), e = mock.ecg.list.find((x) => !x.review && x.patient && x.reading === "unread"), ask = { en: "Ask for a reading…", fr: "Demander une lecture…", zh: "请求阅读…" }[lang];
      await show(page, e.entry);
      await page.getByRole("button", { name: ask }).click();
      await page.locator("#why-text").fill("The same as last week?");
      await axe(page, "asking for a reading");
      await page.locator("dialog .main-act").click();
      await until(page, (x) => !document.querySelector("dialog[open]") && ![...document.querySelectorAll("button")].some((b) => b.textContent === x), ask);
      assert(e.review && e.acts.at(-1).act === "review-request" && e.acts.at(-1).note === "The same as last week?", JSON.stringify(e.acts.at(-1)));
      e.review = false;
    }, { own: true });
    await test(`at home: own recordings with their state in plain words, a new one with a note, a review asked for; nothing of the hospital (${lang})`, async (enter) => {
      const page = await enter({ lang, viewport: { width: 412, height: 800 } }, null);
      await page.locator("input[autocomplete=username]").fill("jeanne.home");
      await page.locator("input[autocomplete=current-password]").fill("downtime-home-1");
      await page.keyboard.press("Enter");
      await page.locator(".homelist li").first().waitFor();
      assert(await page.locator(".rail, .bar").count() === 0, "the hospital's rail");
      has(await page.locator(".emergency").innerText(), { en: "emergency number", fr: "numéro d'urgence", zh: "急救电话" }[lang]);
      await axe(page, "home");
      const small = await page.locator(".homemain .btn, .homemain button").evaluateAll((all) => all.filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.textContent));
      assert(small.length === 0, `small targets: ${small}`);
      const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert(wide[0] <= wide[1], `wider than the phone: ${wide}`);
      await page.locator("textarea").first().fill("Felt my heart race");
      const n = await page.locator(".homelist > li").count();
      await page.locator("input[type=file]").setInputFiles([{ name: "k.csv", mimeType: "text/csv", buffer: Buffer.from("I,II\n1,2\n") }]);
      await until(page, (x) => document.querySelectorAll(".homelist > li").length === x + 1, n);
      const mine = page.locator(".homelist > li").first();
      has(await mine.innerText(), "Felt my heart race");
      has(await mine.innerText(), { en: "ARRIVED", fr: "ARRIVÉ", zh: "已到达" }[lang]);
      await mine.locator("button").first().click();
      await mine.locator("textarea").fill("Is it the same as last week?");
      await mine.locator("button.main-act").click();
      await page.locator(".homelist > li", { hasText: { en: "WAITING", fr: "EN ATTENTE", zh: "等待" }[lang] }).first().waitFor();
      await page.locator(".homelist > li").first().locator("a").first().click();
      await page.locator(".homeread .paper canvas").first().waitFor();
      await axe(page, "one at home");
      // what nobody can use is said to be so, offers nothing to look at, and is in nobody's queue; older ones are a page further
      mock.ecg.homePage = 2;
      mock.ecg.home.entries[0].unusable = true;
      await page.goto(page.url().replace(/#.*/, "#/home"));
      const bad = page.locator(".homelist > li", { hasText: { en: "COULD NOT BE USED", fr: "INUTILISABLE", zh: "无法使用" }[lang] });
      await bad.first().waitFor();
      has(await bad.first().innerText(), { en: "record again", fr: "Refaites un enregistrement", zh: "重新记录" }[lang]);
      assert(await bad.first().locator("a, button").count() === 0, "what cannot be used is offered to be looked at");
      await until(page, () => document.querySelectorAll(".homelist > li").length === 2);
      const last = mock.ecg.home.entries.at(-1).entry;
      for (let i = 0; i < 20 && !(await page.locator(`.homelist a[href="#/home/${last}"]`).count()); i++) {
        const top = await page.locator(".homelist").innerText();
        await page.getByRole("button", { name: { en: "Older", fr: "Plus ancien", zh: "更早" }[lang] }).click();
        await until(page, (x) => document.querySelector(".homelist").innerText !== x, top);
      }
      await page.locator(`.homelist a[href="#/home/${last}"]`).click(); // beyond the first page: it is found all the same
      await page.locator(".homeread .paper canvas").first().waitFor();
      mock.ecg.homePage = undefined;
      delete mock.ecg.home.entries[0].unusable;
    }, { own: true });
  }
  await test("live: a sweep with gaps marked and the age of the last sample; one that falls silent says so loudly", async (enter) => {
    const page = await enter();
    await to(page, "#/ecg/live");
    await page.locator(".ecgrow").nth(1).waitFor();
    has(await page.locator(".ecgrow").nth(0).innerText(), "LIVE");
    await page.waitForTimeout(1000);
    await axe(page, "live list");
    await page.locator(".ecgrow").first().press("Enter");
    await page.locator(".gapcount").waitFor();
    has(await page.locator(".ecgbar").innerText(), "last sample");
    assert(await page.locator(".strip.bad").count() === 0, "silent already");
    await axe(page, "a strip");
    knobs.liveStop = Date.now();
    await page.locator(".strip.bad", { hasText: "NO SAMPLE SINCE" }).waitFor({ timeout: 15000 });
    has(await page.locator(".strip.bad").innerText(), "What you see is old");
    await axe(page, "a silent strip");
  }, { own: true });

  await test("ECG with keys alone: from the worklist to a saved draft and on to the next", async (enter) => {
    const page = await enter();
    await page.keyboard.press("4");
    await page.locator(".ecgrow").nth(3).waitFor();
    await page.locator("#ecg-filter").focus();
    await page.keyboard.press("ArrowDown");
    assert(await page.evaluate(() => document.activeElement?.matches(".ecgrow")), "arrows do not reach the list");
    const first = await page.evaluate(() => document.activeElement.getAttribute("href"));
    await page.keyboard.press("Enter");
    await page.locator(".paper canvas").first().waitFor();
    await page.keyboard.press("g");
    assert(await page.locator(".tools select").nth(1).inputValue() === "20", "gain");
    await page.keyboard.press("l");
    assert(await page.locator(".tools select").nth(0).inputValue() === "6x2", "layout");
    await page.keyboard.press("j");
    await until(page, (x) => location.hash !== x && /^#\/ecg\/\d+$/.test(location.hash), first);
    await page.keyboard.press("k");
    await until(page, (x) => location.hash === x, first);
    for (const k of "jjk") await page.keyboard.press(k); // without waiting for any page between
    const third = await page.evaluate(() => location.hash);
    await page.keyboard.press("k");
    await until(page, (x) => location.hash === x, first);
    assert(third !== first, "of quick j j k one was lost");
    await page.locator(".paper canvas").first().waitFor();
    await page.keyboard.press("?");
    has(await page.locator("dialog").innerText(), "March out");
    await page.keyboard.press("Escape");
    await page.keyboard.press("1"); // the rail's keys work from here, too
    await page.locator('.rail a[href="#/board"][aria-current=page]').waitFor();
  }, { own: true });
  await test("who may not sign reads all the same, and is offered no pen", async (enter) => {
    const page = await enter({}, ["admin", "downtime-admin-1"]);
    await show(page, 6112);
    await page.locator(".overread .stlist").waitFor();
    assert(await page.locator("#sign-button, #st-add, .hand").count() === 0, "a pen");
    await to(page, "#/ecg/6111");
    await page.locator(".banner.unmatched").waitFor();
    assert(await page.getByRole("button", { name: "Match to a patient" }).count() === 0, "may match");
  }, { own: true });
  await test("an ECG that could not be read is told as that, kept and to be had as it came", async (enter) => {
    const page = await enter();
    await to(page, "#/ecg/6116");
    await page.locator(".papers .note.bad").waitFor();
    has(await page.locator(".papers").innerText(), "COULD NOT BE READ");
    await page.locator(".menu summary").click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(".menubox a").first().click()]);
    assert(/^ecg-6116/.test(file.suggestedFilename()), file.suggestedFilename());
  }, { own: true });
  await test("an ECG on paper: landscape, 250 mm for 10 s, identity and UNCONFIRMED on it", async (enter) => {
    try { execFileSync("pdftotext", ["-v"], { stdio: "ignore" }); } catch { return "skipped"; }
    const page = await enter({ theme: "dark" });
    await show(page, 6112);
    await page.locator(".measures tbody tr").nth(3).waitFor();
    const dir = mkdtempSync(join(tmpdir(), "hf-ecg-"));
    await page.pdf({ path: join(dir, "p.pdf"), preferCSSPageSize: true, printBackground: true });
    if (process.env.SHOTS) writeFileSync(join(process.env.SHOTS, "ecg-print.pdf"), await page.pdf({ preferCSSPageSize: true, printBackground: true }));
    const text = execFileSync("pdftotext", ["-layout", join(dir, "p.pdf"), "-"]).toString(), info = execFileSync("pdfinfo", [join(dir, "p.pdf")]).toString();
    rmSync(dir, { recursive: true });
    for (const part of ["BERNARD, Lars", "4471185", "UNCONFIRMED", "entry 6112"]) has(text, part);
    const size = /Page size:\s+([\d.]+) x ([\d.]+)/.exec(info);
    assert(size && Number(size[1]) > Number(size[2]), `not landscape: ${size?.[0]}`);
    await page.emulateMedia({ media: "print" });
    const w = await page.locator(".paper .sheet").evaluate((c) => c.getBoundingClientRect().width);
    assert(Math.abs(w / (96 / 25.4) - 264) < 0.5, `${(w / (96 / 25.4)).toFixed(2)} mm of 264`);
    await page.emulateMedia({ media: null });
  }, { own: true });

  // ---- the real server with the simulator at its bed: what comes is drawn, what is left out is hatched, whose it is is known by the chart's rules, and silence is loud
  await any("a real site: a live strip of the simulator, with gaps, of a known patient; the simulator dies, and that is said", withSite(async (made) => {
    const { dir, run, site } = made;
    let bed = null;
    try {
      writeFileSync(join(dir, "a.hl7"), "MSH|^~\\&|EHR|HOSP|||20261101080000||ADT^A01|1|P|2.5\rPID|1||1001^^^HOSP^MR||SMITH^JOHN||19570312|M\rPV1|1|I|3W^12^A||||||||||||||||V1\r");
      run("import", "--site", site, join(dir, "a.hl7"));
      writeFileSync(join(dir, "tok"), run("token", "create", "--role", "ecg-send", "--label", "bed12", "--site", site));
      const r = record({ seconds: 20, rate: 250, bpm: 72, seed: 5 }), dat = Buffer.alloc(5000 * 2 * 2);
      for (let i = 0; i < 5000; i++) ["II", "V1"].forEach((n, k) => dat.writeInt16LE(r.leads[n][i], (i * 2 + k) * 2));
      writeFileSync(join(dir, "bed.dat"), dat);
      writeFileSync(join(dir, "bed.hea"), "bed 2 250 5000\nbed.dat 16 200 16 0 0 0 0 II\nbed.dat 16 200 16 0 0 0 0 V1\n");
      const url = await made.serve();
      bed = spawn(holdfast, ["ecg", "live", "--to", url, "--token-file", join(dir, "tok"), "--device", "telemetry 12", "--patient", "1001@HOSP", "--birth", "1957-03-12", "--seconds", "3600", "--speed", "4", "--drop", "9", join(dir, "bed.hea")], { stdio: "ignore" });
      const page = await made.enter(browser(), "ada", "clinician");
      await to(page, "#/ecg");
      await page.getByRole("link", { name: "Live strips" }).click();
      const row = page.locator(".ecgrow.live");
      await row.filter({ hasText: "SMITH" }).waitFor(); // after its first ten seconds are an ECG that number and birth date match
      has(await row.innerText(), "telemetry 12"); has(await row.innerText(), "LIVE"); has(await row.innerText(), "1001");
      await row.click();
      await page.locator(".gapcount").waitFor();
      has((await page.locator(".banner").innerText()).toLowerCase(), "smith");
      const dark = () => page.evaluate(() => { const c = document.querySelector("canvas.sheet"), d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i] + d[i + 1] + d[i + 2] < 150; return n; });
      await page.waitForTimeout(2000);
      assert(await dark() > 1000, `hardly anything is drawn: ${await dark()}`);
      assert(await page.locator(".strip.bad").count() === 0, "silent already");
      if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "live-real.png") });
      await axe(page, "a live strip of a real site");
      bed.kill("SIGKILL"); bed = null;
      await page.locator(".strip.bad", { hasText: "NO SAMPLE SINCE" }).waitFor();
      if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "live-real-silent.png") });
      const looks = run("ledger", "list", "--site", site, "--json", "--kind", "audit").split("\n").length;
      await page.waitForTimeout(2500);
      assert(run("ledger", "list", "--site", site, "--json", "--kind", "audit").split("\n").length - looks <= 2, "each question is an entry"); // the command's own
      await page.getByRole("link", { name: /^ECGs kept/ }).click(); // and what was kept is an ECG to be read
      await page.locator(".paper canvas").first().waitFor();
      has(await page.locator(".paperline").innerText(), "2 leads · 250 Hz");
    } finally { await ended(bed, "SIGKILL"); }
  }, { mayRun: mock !== null, shots: "fail-real-live" }));

  // ---- the real server, where the program is built: a recording is brought in, looked at, measured, matched and signed, and stands in the chart
  // The program itself, with one patient and a reader who is signed in; what fn leaves behind is taken away.
  const real = async (name, fn) => any(name, withSite(async (made) => {
    const { dir, run, site } = made;
    writeFileSync(join(dir, "a.hl7"), "MSH|^~\\&|EHR|HOSP|||20261101080000||ADT^A01|1|P|2.5\rPID|1||1001^^^HOSP^MR||SMITH^JOHN||19570312|M\rPV1|1|I|3W^12^A||||||||||||||||V1\r");
    run("import", "--site", site, join(dir, "a.hl7"));
    const url = await made.serve(), page = await made.enter(browser(), "ada", "clinician");
    await fn({ page, another: (o) => made.open(browser(), o), url, site, run });
  }, { mayRun: mock !== null, shots: "fail-real-ecg" }));
  const wfdb = (name, o = {}) => { // twelve leads, 200 steps a millivolt, as a WFDB pair
    const r = record({ seconds: 10, rate: 500, bpm: 72, seed: 5, ...o }), dat = Buffer.alloc(5000 * 12 * 2);
    for (let i = 0; i < 5000; i++) names12.forEach((n, k) => dat.writeInt16LE(r.leads[n][i], (i * 12 + k) * 2));
    const hea = `${name} 12 500 5000 10:00:00 01/11/2026\n${names12.map((n) => `${name}.dat 16 200 16 0 0 0 0 ${n}`).join("\n")}\n`;
    return [{ name: `${name}.hea`, mimeType: "text/plain", buffer: Buffer.from(hea) }, { name: `${name}.dat`, mimeType: "application/octet-stream", buffer: dat }];
  };
  await real("a real site: a live strip of nobody, sent as one chunked request, is matched as a whole, goes on as that patient's, is one line of the chart, and is taken away as a whole", async ({ page, url, run, site }) => {
    const auth = { authorization: `Bearer ${run("token", "create", "--role", "ecg-send", "--label", "bed14", "--site", site)}` };
    const post = (path, body, more = {}) => fetch(url + path, { method: "POST", body, headers: auth, ...more }).then(async (r) => { const a = await r.json(); assert(r.ok, JSON.stringify(a)); return a; });
    const { id } = await post("/api/live", JSON.stringify({ leads: ["II"], rateHz: 250, uv: 5, device: "telemetry 14", key: "a" }));
    const minute = (k) => { const v = new Int16Array(15000); for (let i = 0; i < v.length; i++) { const t = (k * 15000 + i) % 200; v[i] = Math.abs(t - 75) < 8 ? 200 - 25 * Math.abs(t - 75) : t > 110 && t < 150 ? 24 : i % 3; } return new Uint8Array(v.buffer); };
    const stream = (...k) => post(`/api/live/${id}`, ReadableStream.from((async function* () { for (const x of k) for (let at = 0, m = minute(x); at < m.length; at += 5000) yield m.subarray(at, at + 5000); })()), { duplex: "half" });
    await stream(0, 1);
    await to(page, "#/ecg");
    await page.locator(".units").getByText("Unmatched").click();
    const row = page.locator(".ecgrow", { hasText: "telemetry 14" });
    await page.getByRole("button", { name: /^Live strip: 3 ECGs/ }).waitFor({ timeout: 20000 });
    assert(await row.count() === 1, `${await row.count()} rows of one strip`);
    await row.first().click();
    await page.locator(".banner.unmatched").waitFor();
    await page.keyboard.press("m");
    const dialog = page.locator("dialog");
    await dialog.locator("input[type=search]").fill("1001");
    await dialog.locator("button.found").first().click();
    assert(await dialog.locator(".choice input[type=checkbox]").last().isChecked(), "the whole strip is not proposed");
    await axe(page, "match a strip");
    const rows = dialog.locator(".idents2 .line");
    await rows.nth(0).fill("1001");
    assert(await dialog.locator(".main-act").isDisabled(), "one identifier is enough");
    await rows.nth(1).fill("12.3.1957");
    await dialog.locator(".main-act").click();
    await page.locator(".banner .mrn", { hasText: "1001" }).waitFor();
    await stream(2); // what is still to come
    await to(page, "#/ecg");
    await page.locator(".units").getByText("All", { exact: true }).click();
    const his = page.locator(".ecgrow", { hasText: "SMITH" });
    await page.getByRole("button", { name: /^Live strip: 4 ECGs/ }).waitFor({ timeout: 20000 });
    assert(await his.count() === 1, "more than one row");
    const person = await page.evaluate(() => fetch("/api/search?q=1001").then((r) => r.json()).then((a) => a.patients[0].id));
    const lines = () => page.evaluate((p) => fetch(`/api/patient/${p}/timeline`).then((r) => r.json()).then((a) => Object.values(a).find(Array.isArray).filter((x) => x.kind === "ecg" && !/not this patient/.test(x.text)).map((x) => x.text)), person);
    const now = await lines();
    assert(now.length === 1 && /live strip of 0:03:00/.test(now[0]), JSON.stringify(now));
    // and away again
    await his.first().click();
    await page.getByRole("button", { name: "Unmatch" }).click();
    await page.locator("#why-text").fill("The cable of the next bed");
    has(await page.locator("dialog .choice").innerText(), "The whole live strip");
    await page.locator("dialog .main-act").click();
    await page.locator(".banner.unmatched").waitFor();
    assert((await lines()).length === 0, JSON.stringify(await lines()));
  });
  await real("a real site: an ECG is brought in, read, measured, matched by two identifiers and signed; the chart has it", async ({ page }) => {
    await to(page, "#/ecg/upload");
    await page.locator(".drop input[type=file]").setInputFiles([...wfdb("r1", { gaps: { V3: [[4, 6]] } }), { name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("Dear colleague") }]);
    await page.locator(".queue li.stored").waitFor();
    await page.locator(".queue li.refused", { hasText: "letter.txt" }).waitFor();
    await page.locator(".queue li.stored a").click();
    await page.locator(".paper canvas").first().waitFor();
    has(await page.locator(".banner").innerText(), "UNMATCHED");
    has(await page.locator(".paperline").innerText(), "12 leads · 500 Hz · 10 s · wfdb");
    const drawn = await page.evaluate(() => { const c = document.querySelector(".paper .sheet"), g = c.getContext("2d"), d = g.getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i] + d[i + 1] + d[i + 2] < 150; return n; });
    assert(drawn > 5000, `hardly anything is drawn: ${drawn}`);
    // measured: by the program (where it measures), and by the reader's calipers
    await page.locator(".measures tbody tr").first().waitFor();
    const rate = await page.locator(".measures tr", { hasText: "Rate" }).innerText();
    assert(/\b7[0-4]\b/.test(rate), `the rate of 72 a minute: ${rate}`);
    await page.keyboard.press("c");
    has(await readout(page), "II: 200 ms");
    await page.keyboard.press("Escape");
    // whose it is
    await page.getByRole("button", { name: "Match to a patient" }).click();
    const dialog = page.locator("dialog");
    await dialog.locator("input[type=search]").fill("1001");
    await dialog.locator("button.found").first().click();
    await dialog.locator(".idents2 .line").nth(0).fill("1001");
    await dialog.locator(".idents2 .line").nth(1).fill("12.3.1957");
    await dialog.locator(".main-act").click();
    await page.locator(".banner .mrn", { hasText: "1001" }).waitFor();
    has((await page.locator(".banner .name").innerText()).toLowerCase(), "smith, john");
    // what it says, and the signature
    await page.keyboard.press("e");
    await page.keyboard.type("Seen by night, nothing to do");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.getByText("The draft is saved.").waitFor();
    await page.locator("#sign-button").click();
    has(await dialog.locator(".main-act").innerText(), "Sign for SMITH, JOHN · born 12 Mar 1957");
    await page.locator("#sign-pw").fill("not it at all");
    await page.keyboard.press("Enter");
    await dialog.locator(".wrong").waitFor();
    await page.locator("#sign-pw").fill(secret);
    await page.keyboard.press("Enter");
    await page.locator(".ecgbar .rstate", { hasText: "SIGNED" }).waitFor();
    has(await page.locator(".overread").innerText(), "Seen by night, nothing to do");
    await axe(page, "a signed one of a real site");
    const pdf = await page.evaluate(async () => { const r = await fetch(document.querySelector('.ecgbar a[href*="report.pdf"]').href); return `${r.status} ${(await r.text()).slice(0, 5)}`; });
    assert(pdf === "200 %PDF-", `the report: ${pdf}`);
    await page.locator(".banner").waitFor();
    const id = await page.evaluate(() => fetch("/api/search?q=1001").then((x) => x.json()).then((d) => d.patients[0].id));
    await to(page, `#/chart/${id}/ecg`);
    await page.locator(".ecgrow", { hasText: "SIGNED" }).waitFor();
    has(await page.locator(".ecgrow").innerText(), "Seen by night");
    if (process.env.SHOTS) { await page.locator(".ecgrow").click(); await page.waitForTimeout(1500); await page.screenshot({ path: join(process.env.SHOTS, "ecg-real.png") }); }
  });

  await real("a real site: shared and opened without an account, taken back; a patient at home sends one, asks for it, and reads what was signed", async ({ page, another, url, run, site }) => {
    await to(page, "#/ecg/upload");
    await page.locator(".drop input[type=file]").setInputFiles(wfdb("r1"));
    await page.locator(".queue li.stored a").click();
    await page.locator(".paper canvas").first().waitFor();
    await page.getByRole("button", { name: /^Share/ }).click();
    const dialog = page.locator("dialog");
    await dialog.locator(".field input").nth(0).fill("Dr. Amari, city clinic");
    await dialog.locator(".field input").nth(1).fill("Second opinion");
    await dialog.locator(".main-act").click();
    const link = await dialog.locator(".sharelink").inputValue();
    assert(link.startsWith(url), link);
    const guest = await another();
    await guest.goto(link);
    await guest.locator(".paper canvas").first().waitFor();
    for (const part of ["Dr. Amari", "Shared by ada", "left"]) has(await guest.locator(".guestbar").innerText(), part);
    assert(await guest.locator(".rail, .overread, #sign-button").count() === 0, "a guest may do something");
    if (process.env.SHOTS) await guest.screenshot({ path: join(process.env.SHOTS, "real-share.png") });
    await page.keyboard.press("Escape");
    await page.reload();
    await page.locator(".paper canvas").first().waitFor();
    await page.getByRole("button", { name: /^Share \(1\)/ }).click();
    has(await page.locator(".shares").innerText(), "opened 1 times");
    await page.locator(".shares button", { hasText: "Revoke" }).click();
    await page.locator(".shares input").fill("Was for the wrong clinic");
    await page.locator(".shares .main-act").click();
    await page.locator(".shares", { hasText: "revoked" }).waitFor();
    await page.keyboard.press("Escape");
    await guest.goto(link);
    await guest.locator(".gone").waitFor();
    guest.problems.splice(0, guest.problems.length, ...guest.problems.filter((x) => !/410/.test(x)));

    const id = await page.evaluate(() => fetch("/api/search?q=1001").then((x) => x.json()).then((d) => d.patients[0].id));
    const home = await another({ viewport: { width: 412, height: 800 } });
    await signUp(home, "john.home", run("user", "add", "john.home", "--role", "patient", "--patient", id, "--site", site));
    await home.locator(".homemain").waitFor();
    await home.locator("textarea").first().fill("Felt my heart race");
    await home.locator("input[type=file]").setInputFiles(wfdb("r2", { seed: 9, bpm: 88 }));
    const mine = home.locator(".homelist > li");
    await mine.filter({ hasText: "Felt my heart race" }).waitFor();
    await mine.first().locator("button").first().click();
    await mine.first().locator("textarea").fill("Is it the same as last week?");
    await mine.first().locator("button.main-act").click();
    await mine.filter({ hasText: "WAITING" }).waitFor();
    if (process.env.SHOTS) await home.screenshot({ path: join(process.env.SHOTS, "real-home.png"), fullPage: true });
    await mine.first().locator("a").first().click();
    await home.locator(".homeread .paper canvas").first().waitFor();
    // the ward has it: whose it is, what was asked; and signs it
    await to(page, "#/ecg");
    const row = page.locator(".ecgrow", { hasText: /smith/i });
    await row.waitFor();
    await row.click();
    await page.locator(".paper canvas").first().waitFor();
    has((await page.locator(".banner .name").innerText()).toLowerCase(), "smith, john");
    has(await page.locator(".readside").innerText(), "Felt my heart race");
    has(await page.locator(".column.reading").innerText(), "Is it the same as last week?");
    await page.keyboard.press("e");
    await page.keyboard.type("Regular, nothing to do");
    await page.keyboard.press("Enter");
    await page.locator("#sign-button").click();
    await page.locator("#sign-pw").fill(secret);
    await page.keyboard.press("Enter");
    await page.locator(".ecgbar .rstate", { hasText: "SIGNED" }).waitFor();
    await to(home, "#/");
    await home.reload();
    await mine.filter({ hasText: "Regular, nothing to do" }).waitFor();
    if (process.env.SHOTS) await home.screenshot({ path: join(process.env.SHOTS, "real-home-read.png"), fullPage: true });
    await axe(home, "home, read");
  });
}
