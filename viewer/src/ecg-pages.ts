// The ECG pages: a part of their own (parts.ts).
export { EcgTab } from "./chart-ecg";
export { forgetDrafts } from "./ecg-edit";
export { HomePage, SharePage } from "./ecg-home";
export { EcgListPage, EcgUploadPage, forgetEcg } from "./ecg-list";
export { EcgLivePage } from "./ecg-live";
export { EcgPage } from "./ecg-read";
