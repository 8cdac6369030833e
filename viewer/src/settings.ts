// What this browser remembers: how pages look, never whom they showed.
export type Theme = "light" | "dark";
function read(key: string): string | null { if (PACKET) return null; try { return localStorage.getItem(key); } catch { return null; } }
export function remember(key: "hf.lang" | "hf.theme" | "hf.unit" | "hf.keys" | "hf.list" | "hf.mm", value: string) { if (PACKET) return; try { localStorage.setItem(key, value); } catch { /* private mode: for this time only */ } }
export const firstTheme = (): Theme => (read("hf.theme") === "dark" ? "dark" : "light");
export function applyTheme(t: Theme) { document.documentElement.dataset["theme"] = t; }
export const ownUnit = (): string => read("hf.unit") ?? "";
export const listView = (): boolean => read("hf.list") === "yes";
export const keysOn = (): boolean => read("hf.keys") !== "off";
// A key together with Ctrl, Alt or Meta is the browser's. AltGr is not: [ and ] need it on many keyboards, and it comes as Ctrl and Alt.
export const commanded = (e: KeyboardEvent): boolean => e.metaKey || ((e.ctrlKey || e.altKey) && !e.getModifierState("AltGraph"));
// Letters and digits are this element's own. A slider or a tick box has no use for them: the keys work there, too.
export const typing = (e: EventTarget | null): boolean => e instanceof HTMLInputElement ? !/^(range|checkbox|radio|button|submit)$/.test(e.type) : e instanceof HTMLElement && /^(TEXTAREA|SELECT)$/.test(e.tagName);
// How many of its own pixels a millimetre of this screen has, as somebody measured it; 0: nobody did.
export const mmSetting = (): number => { const v = Number(read("hf.mm")); return v > 1 && v < 60 ? v : 0; };
