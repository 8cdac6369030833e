// Partners, stopped writers, the incident and the plan, and cases: a part of their own (parts.ts).
export { PartnersPage } from "./partners";
export { VerdictPage } from "./watch";
export { CasesPage } from "./scope";
