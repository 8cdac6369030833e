// A real HL7 server (npm's simple-hl7) in the place of an EHR that is back: it takes each message and acknowledges as that library does. node hl7_ehr.mjs PORT LOG: a line a message, as tests/scenario/backload_receiver.py writes it.
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
const hl7 = createRequire(import.meta.url)("simple-hl7");
const [port, log] = process.argv.slice(2);
const app = hl7.tcp();
app.use((req, res, next) => {
  const bytes = Buffer.from(req.raw.replace(/^\x0b/, "").replace(/\x1c\r?$/, ""), "utf8"), head = bytes.toString("utf8").split("\r")[0].split("|");
  appendFileSync(log, `${createHash("sha256").update(bytes).digest("hex")} ${head[9]} ${head[8]} ${bytes.toString("base64")}\n`);
  next();
});
app.use((req, res) => res.end());
app.start(Number(port));
console.log("ready");
