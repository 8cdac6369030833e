// What every page shares, and the hook that fetches without ever blanking what is shown.
import { createContext } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, type Board, type Feed, type Session, type Tag, get, query, serverNow } from "./api";
import type { Lang } from "./i18n";
import type { Theme } from "./settings";

export interface At { time?: string; entry?: number }
export interface Shared {
  session: Session; board: Board | null; boardError: ApiError | null; boardAt: number; feed: (name: string) => Feed | undefined; short: (feed: string) => string; tick: number;
  at: At | null; setAt: (at: At | null) => void; atParam: string | undefined; may: (what: string) => boolean;
  openEntry: (n: number) => void; print: (what: string, ids: { patient?: string; unit?: string }) => void;
  go: (hash: string) => void; lang: Lang; setLang: (l: Lang) => void; theme: Theme; setTheme: (t: Theme) => void; signedOut: () => void; renewBoard: () => void; setPaper: (identity: string, age: string) => void;
}
export const Context = createContext<Shared>(null as unknown as Shared);
export const useShared = () => useContext(Context);
export const atText = (at: At | null): string | undefined => (!at ? undefined : at.entry !== undefined ? `#${at.entry}` : at.time);

// The server's time, renewed every so many seconds.
export function useNow(every = 1000): number {
  const [now, set] = useState(serverNow());
  useEffect(() => { const id = setInterval(() => set(serverNow()), every); return () => clearInterval(id); }, [every]);
  return now;
}

export interface Data<T> { data: T | null; error: ApiError | null; fetched: number; loading: boolean; shown: string; reload: () => void }
// `same` names what the data is of (one patient, the census): under another name nothing of the old one may stay on the screen; under the same one it stays, dated, until the new copy is here.
export function useData<T>(path: string | null, same: string, every = 0, ready = true): Data<T> {
  const [state, set] = useState<{ data: T | null; error: ApiError | null; fetched: number; same: string; path: string }>({ data: null, error: null, fetched: 0, same: "", path: "" });
  const [loading, setLoading] = useState(false);
  const { signedOut } = useShared();
  const [again, setAgain] = useState(0);
  const last = useRef(0);
  // the tag of what is shown: asked with it the server says in a few bytes that nothing is new, and who looks is not recorded as looking again
  const tag = useRef<Tag & { of: string }>({ tag: "", of: "" });
  useEffect(() => {
    if (!path) return;
    const stop = new AbortController();
    let soon = 0;
    const mark = `${same} ${path}`, seen: Tag = { tag: tag.current.of === mark && state.path === path && state.data !== null ? tag.current.tag : "" };
    setLoading(true);
    last.current = Date.now();
    get<T>(path, stop.signal, seen).then(
      (data) => {
        tag.current = { tag: seen.tag, of: mark };
        set((old) => ({ data: !seen.same ? data : seen.asOf && old.data && typeof old.data === "object" && "asOf" in old.data ? { ...old.data, asOf: seen.asOf } : old.data, error: null, fetched: serverNow(), same, path }));
        setLoading(false);
      },
      (e) => {
        if ((e as Error).name === "AbortError") return;
        const error = e as ApiError;
        setLoading(false);
        if (error.code === "no-view") soon = window.setTimeout(() => setAgain((n) => n + 1), 2000);
        if (error.status === 401) signedOut();
        else set((old) => (old.same === same && error.code !== "protected" ? { ...old, error } : { data: null, error, fetched: 0, same, path }));
      },
    );
    return () => { stop.abort(); clearTimeout(soon); };
  }, [path, same, again]);
  useEffect(() => {
    if (!every || !path) return;
    const id = setInterval(() => { if (ready && !document.hidden && Date.now() - last.current >= every - 200) setAgain((n) => n + 1); }, Math.min(every, 1000));
    return () => clearInterval(id);
  }, [every, path, ready]);
  const mine = state.same === same;
  return { data: mine ? state.data : null, error: mine ? state.error : null, fetched: mine ? state.fetched : 0, loading, shown: mine ? state.path : "", reload: useCallback(() => setAgain((n) => n + 1), []) };
}
export const withAt = (path: string, at: string | undefined, more: Record<string, string | number | undefined> = {}) => path + query({ ...more, at });
// What stands at the head of each printed page while this page is shown.
export function usePaper(identity: string, age: string) { const { setPaper } = useShared(); useEffect(() => { setPaper(identity, age); }, [identity, age]); }
