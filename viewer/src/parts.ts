// The program comes in parts: what the first page needs stands in it, the rest is fetched when it is first needed, and ahead of that as soon as the page is at rest, so that a ward that has it open can go on when the network flutters.
// The build turns each import() of ours into partOf() with the part's address, which names its content: a part is kept by the browser for ever, and one of another version can never come in its place.

// gone: the server answers and does not know this part. It was updated after this page was loaded.
export class PartError extends Error {
  constructor(public gone: boolean) { super(gone ? "gone" : "unreachable"); }
}
const failures = new Map<string, number>();
async function partOf(url: string): Promise<unknown> {
  const n = failures.get(url) ?? 0;
  try { return await import(/* @vite-ignore */ n ? `${url}?${n}` : url); } catch { // a browser may keep it that an address has failed: next time by another one
    failures.set(url, n + 1);
    const answer = await fetch(url, { method: "HEAD", cache: "no-store" }).catch(() => null);
    throw new PartError(answer?.status === 404);
  }
}
if (!PACKET) (globalThis as { partOf?: typeof partOf }).partOf = partOf;

export class Part<M> {
  here: M | null = null;
  private asked: Promise<M> | null = null;
  constructor(private fetched: () => Promise<M>) {}
  get(): Promise<M> {
    return (this.asked ??= this.fetched().then((m) => (this.here = m), (e) => { this.asked = null; throw e; }));
  }
}

// (A packet has all that it has in it, and none of these.)
export const ecgPart = new Part(() => (PACKET ? Promise.reject(new PartError(true)) : import("./ecg-pages")));
export const capturePart = new Part(() => (PACKET ? Promise.reject(new PartError(true)) : import("./capture-pages")));
export const gatePart = new Part(() => (PACKET ? Promise.reject(new PartError(true)) : import("./gate-pages")));
export const registryPart = new Part(() => (PACKET ? Promise.reject(new PartError(true)) : import("./registry-pages")));

// Ahead of need, one after the other. Returns what stops it.
export function ahead(list: Part<unknown>[]): () => void {
  let timer = 0;
  const next = () => {
    const p = list.find((x) => !x.here);
    if (p) p.get().then(() => { timer = window.setTimeout(next, 200); }, (e) => { if (!(e instanceof PartError && e.gone)) timer = window.setTimeout(next, 15000); });
  };
  timer = window.setTimeout(next, 1500);
  return () => clearTimeout(timer);
}
