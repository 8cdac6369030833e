import { render } from "preact";
import { App } from "./app";
import { firstLang, setLang } from "./i18n";
import { applyTheme, firstTheme } from "./settings";
import "./style.css";
import "./ecg.css";
import "./gate.css";
import "./capture.css";

applyTheme(firstTheme());
const start = () => render(<App />, document.getElementById("app")!);
// in the reader's language from the first; one that does not come soon changes the page when it comes
void Promise.race([setLang(firstLang()), new Promise((ok) => setTimeout(ok, 2000))]).then(start);
