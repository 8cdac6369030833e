// The registry of reported breaches: a part of its own (parts.ts).
export { RegistryPage } from "./registry";
