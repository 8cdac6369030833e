import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

// One self-contained file: script and style go into the page, so that the server needs one answer and a packet needs no folder.
// The program embeds index.html and its gzip form; the page's policy names the hash of this one script.
function oneFile() {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = bundle["index.html"];
      let html = String(page.source);
      for (const [name, item] of Object.entries(bundle)) {
        if (item.type === "chunk") {
          const code = item.code.replace(/<\/script/g, "<\\/script");
          html = html.replace(new RegExp(`\\s*<script[^>]*src="[^"]*${item.fileName}"[^>]*></script>`), "");
          html = html.replace("</body>", () => `<script type="module">${code}</script></body>`);
          delete bundle[name];
        } else if (name.endsWith(".css")) {
          html = html.replace(new RegExp(`\\s*<link[^>]*href="[^"]*${item.fileName}"[^>]*>`), () => `<style>${item.source}</style>`);
          delete bundle[name];
        }
      }
      page.source = html;
      this.emitFile({ type: "asset", fileName: "index.html.gz", source: gzipSync(Buffer.from(html), { level: 9 }) });
    },
  };
}

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: { target: "es2020", modulePreload: false, cssCodeSplit: false, assetsInlineLimit: 1 << 20, reportCompressedSize: false },
  plugins: [oneFile()],
});
