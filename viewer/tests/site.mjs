// The program itself, where it is built (HOLDFAST): a site of its own in a folder that goes with it, served on ports that were free, and people who come in by the browser for the first time. What only the real thing can tell is tested with this.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "./browser.mjs";

export const holdfast = process.env.HOLDFAST ?? "";
export const isBuilt = () => holdfast !== "" && existsSync(holdfast);
export const secret = "a quiet river by night"; // the password of everybody, once it is their own
// A port of the loopback that nobody held a moment ago
export const freePort = () => new Promise((ok) => { const s = createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => ok(port)); }); });
// Ends a process, if it has not ended, and comes back when it is gone
export const ended = (p, signal = "SIGTERM") => new Promise((ok) => { if (!p || p.exitCode !== null || p.signalCode !== null) return ok(); p.once("exit", ok); p.kill(signal); });
// The first time: with what the desk gave out, and then a password of one's own
export async function signUp(page, name, once) {
  await page.locator("input[autocomplete=username]").fill(name);
  await page.locator("input[autocomplete=current-password]").fill(once);
  await page.keyboard.press("Enter");
  await page.locator("input[autocomplete=new-password]").first().waitFor();
  await page.locator("input[autocomplete=current-password]").fill(once);
  for (const i of [0, 1]) await page.locator("input[autocomplete=new-password]").nth(i).fill(secret);
  await page.keyboard.press("Enter");
}

// A site that is made, not served yet. Its pages are those that open and enter gave; whoever makes one says end() at the end, come what may.
export function newSite({ name = "Real Hospital", shares = "2/3" } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "hf-real-")), site = join(dir, "site"), pages = [];
  const run = (...args) => execFileSync(holdfast, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 60000 }).toString().trim();
  let daemon = null;
  const made = {
    dir, site, run, pages, url: "", mllp: 0,
    async serve() { // comes back when it answers
      const port = await freePort();
      made.mllp = await freePort();
      made.url = `http://127.0.0.1:${port}`;
      daemon = spawn(holdfast, ["serve", "--site", site, "--plain", "--http", `127.0.0.1:${port}`, "--mllp", `127.0.0.1:${made.mllp}`], { stdio: "ignore" });
      for (const until = Date.now() + 120000; Date.now() < until; await new Promise((ok) => setTimeout(ok, 50))) {
        if (await fetch(made.url + "/healthz").then((r) => r.ok, () => false)) return made.url;
        if (daemon.exitCode !== null || daemon.signalCode !== null) throw new Error(`serve ended (${daemon.exitCode ?? daemon.signalCode})`);
      }
      throw new Error("serve does not answer");
    },
    async open(browser, o) { const page = await open(browser, made.url, o); pages.push(page); return page; },
    async enter(browser, user, role, o) { // somebody new, with the pages open before them
      const page = await made.open(browser, o);
      await signUp(page, user, run("user", "add", user, "--role", role, "--site", site));
      await page.locator(".frame").waitFor();
      return page;
    },
    clean() { // no page found anything wrong or asked somebody else
      const wrong = pages.flatMap((p) => [...p.problems, ...p.outside]);
      if (wrong.length) throw new Error(wrong.join("; "));
    },
    async shots(as) { if (process.env.SHOTS) for (const [i, p] of pages.entries()) await p.screenshot({ path: join(process.env.SHOTS, `${as}-${i}.png`) }).catch(() => {}); },
    async end() {
      for (const p of pages) await p.context().close().catch(() => {});
      await ended(daemon);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try { run("init", site, "--name", name, "--shares", shares, "--shares-dir", dir); } catch (e) { rmSync(dir, { recursive: true, force: true }); throw e; }
  return made;
}
// A test with a site of its own: skipped where the program is not built; what its pages found wrong fails it, and it leaves nothing behind.
export const withSite = (fn, { mayRun = true, shots = "fail-real" } = {}) => async () => {
  if (!mayRun || !isBuilt()) return "skipped";
  const s = newSite();
  try { await fn(s); s.clean(); } catch (e) { await s.shots(shots); throw e; } finally { await s.end(); }
};
