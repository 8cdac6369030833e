// The page of a station's loopback (doc/station.md): one file, which asks its own address and nobody else.
import { createHash } from "node:crypto";
import { defineConfig } from "vite";
import { wordsOnce } from "./vite.config.js";

const policy = (script) => `default-src 'none'; script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; form-action 'none'; base-uri 'none'; object-src 'none'`;

function onePage() {
  return {
    name: "one-page",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = bundle["station.html"];
      let html = String(page.source), code = "", style = "";
      for (const [name, item] of Object.entries(bundle)) {
        if (item.type === "chunk") code += item.code.replace(/<\/script/gi, "<\\/script").replace(/<!--/g, "<\\!--");
        else if (name.endsWith(".css")) style += item.source;
        else continue;
        delete bundle[name];
      }
      if (!code || /<\/style/i.test(style)) throw new Error("station.html: no script, or a style that ends too soon");
      html = html.replace(/\s*<script[^>]*src="[^"]*"[^>]*><\/script>/g, "").replace(/\s*<link[^>]*rel="stylesheet"[^>]*>/g, "");
      html = html.replace("<title>", () => `<meta http-equiv="Content-Security-Policy" content="${policy(code)}" />\n    <style>${style}</style>\n    <title>`);
      page.source = html.replace("</body>", () => `<script>${code}</script>\n  </body>`);
    },
  };
}

export default defineConfig({
  base: "./",
  define: { PACKET: "false" },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: { target: "es2020", modulePreload: false, cssCodeSplit: false, assetsInlineLimit: 1 << 20, reportCompressedSize: false, emptyOutDir: false, rollupOptions: { input: "station.html", output: { format: "iife", inlineDynamicImports: true } } },
  plugins: [wordsOnce(), onePage()],
});
