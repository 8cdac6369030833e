// simple-hl7 3.x, each message appended to a file and fdatasync'ed before the acknowledgement. node simple_hl7.js PORT FILE [pool]
// As most would write it the handler waits for the disk; with "pool" it goes on meanwhile, and libuv's four threads share what the file system's journal can batch.
const hl7 = require("simple-hl7"), fs = require("fs");
const fd = fs.openSync(process.argv[3], "a"), pool = process.argv[4] === "pool";
const app = hl7.tcp();
app.use((req, res) => {
  const text = req.msg.toString() + "\n";
  if (!pool) {
    fs.writeSync(fd, text);
    fs.fdatasyncSync(fd);
    return res.end();
  }
  fs.write(fd, text, (e) => {
    if (e) throw e;
    fs.fdatasync(fd, (e2) => { if (e2) throw e2; res.end(); });
  });
});
app.start(Number(process.argv[2]));
