// Partners, stopped writers, the incident and the plan: a part of their own (parts.ts).
export { PartnersPage } from "./partners";
export { VerdictPage } from "./watch";
