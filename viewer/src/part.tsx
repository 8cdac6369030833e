// A page that is a part of its own: until it is here, that it is being fetched; where it cannot be, why, and what to do.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "./i18n";
import { type Part, PartError } from "./parts";
import { Loading } from "./ui";

// bare: inside of a page that stands already
export function With<M>({ part, what, bare, children }: { part: Part<M>; what: string; bare?: boolean; children: (m: M) => ComponentChildren }) {
  const [failed, setFailed] = useState<PartError | null>(null), [, redraw] = useState(0), waited = useRef(!part.here);
  useEffect(() => {
    let timer = 0, left = false;
    const ask = () => {
      if (part.here) return;
      part.get().then(() => { if (!left) { setFailed(null); redraw((n) => n + 1); } }, (e) => {
        if (left) return;
        setFailed(e instanceof PartError ? e : new PartError(false));
        if (!(e instanceof PartError && e.gone)) timer = window.setTimeout(ask, 3000);
      });
    };
    ask();
    return () => { left = true; clearTimeout(timer); };
  }, [part]);
  useLayoutEffect(() => { // who waited for it has its heading now, as at every other page
    if (!part.here || !waited.current) return;
    waited.current = false;
    if (!bare && (document.activeElement === document.body || document.activeElement?.id === "content")) document.querySelector<HTMLElement>(".main h1")?.focus({ preventScroll: true });
  }, [part.here]);
  if (part.here) return <>{children(part.here)}</>;
  const said = failed ? <p class="note bad" role="alert">{t(failed.gone ? "partGone" : "partFailed")}{failed.gone && <> <button type="button" class="btn" onClick={() => location.reload()}>{t("partReload")}</button></>}</p> : <Loading what={what} />;
  return bare ? said : <div class="scroller" id="content" tabIndex={0}>{said}</div>;
}
