// simple-hl7 3.x, each message appended to a file and fdatasync'ed before the acknowledgement. node simple_hl7.js PORT FILE
const hl7 = require("simple-hl7"), fs = require("fs");
const fd = fs.openSync(process.argv[3], "a");
const app = hl7.tcp();
app.use((req, res) => {
  fs.write(fd, req.msg.toString() + "\n", (e) => {
    if (e) throw e;
    fs.fdatasync(fd, (e2) => { if (e2) throw e2; res.end(); });
  });
});
app.start(Number(process.argv[2]));
