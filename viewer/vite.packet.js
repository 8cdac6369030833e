// The page of ward packets (doc/packet.md): one file that asks for nothing over any network. The program puts a unit's data where <!--holdfast-packet--> stands, before the script.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";
import { wordsOnce } from "./vite.config.js";

// What may run is this one script; nothing is fetched, sent or framed. (frame-ancestors means nothing in a page's own head.)
const policy = (script) => `default-src 'none'; script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'; style-src 'unsafe-inline'; img-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'; object-src 'none'`;

function onePacket() {
  return {
    name: "one-packet",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = bundle["packet.html"];
      let html = String(page.source), code = "", style = "";
      for (const [name, item] of Object.entries(bundle)) {
        if (item.type === "chunk") code += item.code.replace(/<\/script/gi, "<\\/script").replace(/<!--/g, "<\\!--");
        else if (name.endsWith(".css")) style += item.source;
        else continue;
        delete bundle[name];
      }
      if (!code || /<\/style/i.test(style)) throw new Error("packet.html: no script, or a style that ends too soon");
      html = html.replace(/\s*<script[^>]*src="[^"]*"[^>]*><\/script>/g, "").replace(/\s*<link[^>]*rel="stylesheet"[^>]*>/g, "");
      html = html.replace("<title>", () => `<meta http-equiv="Content-Security-Policy" content="${policy(code)}" />\n    <style>${style}</style>\n    <title>`);
      html = html.replace("</body>", () => `<script>${code}</script>\n  </body>`);
      if (html.split("<!--holdfast-packet-->").length !== 2) throw new Error("packet.html: where does the data go?");
      page.source = html;
    },
  };
}

const version = JSON.parse(readFileSync(new URL("package.json", import.meta.url))).dependencies["age-encryption"];
export default defineConfig({
  base: "./",
  define: { PACKET: "true" },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none", banner: `/* age-encryption ${version} and noble: BSD-3-Clause and MIT */` },
  // a plain script, not a module: those of a file:// page have no origin, and some browsers refuse them
  build: { target: "es2020", modulePreload: false, cssCodeSplit: false, assetsInlineLimit: 1 << 20, reportCompressedSize: false, emptyOutDir: false, rollupOptions: { input: "packet.html", output: { format: "iife", inlineDynamicImports: true } } },
  plugins: [wordsOnce(), onePacket()],
});
