// A real HL7 server (npm) takes one message after the other, says what it read, and acknowledges as it does. node hl7_server.mjs simple-hl7|@medplum/hl7 PORT
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const [which, port] = process.argv.slice(2);
const say = (o) => console.log(JSON.stringify(o));

if (which === "simple-hl7") {
  const hl7 = require("simple-hl7");
  const app = hl7.tcp();
  const one = (v) => String(v).split("~")[0].split("^"); // the first of several repetitions
  app.use((req, res, next) => {
    const m = req.msg, pid = m.getSegment("PID"), obr = m.getSegment("OBR");
    const qt = m.getSegments("OBX").find((x) => one(x.getField(3))[0] === "8634-8");
    say({ id: one(pid.getField(3))[0], assigner: one(pid.getField(3))[3], family: one(pid.getField(5))[0], qt: qt?.getField(5), status: obr?.getField(25), filler: obr && one(obr.getField(3))[0], signer: obr?.getField(32) });
    next();
  });
  app.use((req, res) => res.end());
  app.start(Number(port));
  console.log("ready");
} else {
  const { Hl7Server } = await import("@medplum/hl7");
  const server = new Hl7Server((conn) => {
    conn.addEventListener("message", ({ message: m }) => {
      const pid = m.getSegment("PID"), obr = m.getSegment("OBR"), qt = m.getAllSegments("OBX").find((x) => x.getComponent(3, 1) === "8634-8");
      say({ id: pid.getComponent(3, 1), assigner: pid.getComponent(3, 4), family: pid.getComponent(5, 1), qt: qt?.getField(5).toString(), status: obr?.getField(25)?.toString(), filler: obr?.getComponent(3, 1), signer: obr?.getField(32)?.toString() });
      conn.send(m.buildAck());
    });
  });
  await server.start(Number(port));
  console.log("ready");
}
