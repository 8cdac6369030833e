// Real HL7 clients deliver each message and parse our acknowledgement. node hl7_clients.mjs HOST PORT FILE...   (files: one message each, CR)
import fs from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const [host, port, ...files] = process.argv.slice(2);
const messages = files.map((f) => fs.readFileSync(f, "utf8"));
const idOf = (m) => m.split("\r")[0].split(m[3])[9];
let failed = 0;
const timeout = (p, what) => Promise.race([p, new Promise((_, no) => setTimeout(() => no(new Error(what + ": no answer in 10 s")), 10000))]);
function check(client, message, code, id) {
  if (!["AA", "CA"].includes(String(code)) || String(id) !== idOf(message)) {
    console.log(`${client}: MSA-1 '${code}', MSA-2 '${id}', wanted '${idOf(message)}'`);
    failed++;
  }
}

async function simple() {
  const hl7 = require("simple-hl7");
  const client = hl7.Server.createTcpClient({ host, port: Number(port) });
  for (const m of messages) {
    const ack = await timeout(new Promise((yes, no) => client.send(new hl7.Parser({ segmentSeperator: "\r" }).parse(m), (e, a) => (e ? no(e) : yes(a)))), "simple-hl7");
    const msa = ack.getSegment("MSA");
    check("simple-hl7", m, msa.getField(1), msa.getField(2));
  }
  client.close?.();
}

async function medplum() {
  const { Hl7Client } = await import("@medplum/hl7");
  const { Hl7Message } = await import("@medplum/core");
  const client = new Hl7Client({ host, port: Number(port) });
  for (const m of messages) {
    const ack = await timeout(client.sendAndWait(Hl7Message.parse(m)), "@medplum/hl7");
    check("@medplum/hl7", m, ack.getSegment("MSA").getField(1).toString(), ack.getSegment("MSA").getField(2).toString());
  }
  await client.close();
}

async function node() {
  const { Client, Message } = await import("node-hl7-client");
  const client = new Client({ host });
  for (const m of messages) {
    await timeout(new Promise((yes, no) => {
      const out = client.createConnection({ port: Number(port) }, async (res) => {
        const a = res.getMessage();
        check("node-hl7-client", m, a.get("MSA.1").toString(), a.get("MSA.2").toString());
        await out.close();
        yes();
      });
      out.on?.("client.error", no);
      out.sendMessage(new Message({ text: m }));
    }), "node-hl7-client");
  }
}

const major = Number(process.versions.node.split(".")[0]);
for (const [name, run, needs] of [["simple-hl7", simple, 16], ["@medplum/hl7", medplum, 20], ["node-hl7-client", node, 20]]) {
  if (major < needs) { console.log(`${name}: skipped: needs Node ${needs}`); continue; }
  try { await run(); console.log(`${name}: ${messages.length} messages`); } catch (e) { console.log(`${name}: ${e.message}`); failed++; }
}
process.exit(failed ? 1 : 0);
