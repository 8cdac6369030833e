import { render } from "preact";
import { App } from "./app";
import { firstLang, setLang } from "./i18n";
import { applyTheme, firstTheme } from "./settings";
import "./style.css";
import "./ecg.css";
import "./gate.css";

setLang(firstLang());
applyTheme(firstTheme());
render(<App />, document.getElementById("app")!);
