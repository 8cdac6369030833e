// Writing down, the way back and the beds: a part of their own (parts.ts).
import { drafts } from "./capture-form";
import { forgetIdentified } from "./capture-parts";
export { CapturePage } from "./capture-home";
export function forgetCapture() { drafts.clear(); forgetIdentified(); }
