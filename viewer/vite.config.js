import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

// Shorter blocks suit text that changes its language: which length, the page itself says.
const smallest = (page) => [5, 6, 7, 8].map((memLevel) => gzipSync(page, { level: 9, memLevel })).reduce((a, b) => (b.length < a.length ? b : a));

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
      this.emitFile({ type: "asset", fileName: "index.html.gz", source: smallest(Buffer.from(html)) });
    },
  };
}

// The words of three languages, a thousand each: every name stands in the page once, and not once a language. (A tenth of the page.)
function wordsOnce() {
  const esbuild = createRequire(createRequire(import.meta.url).resolve("vite"))("esbuild"), end = "const tables = { en, fr, zh };\n";
  return {
    name: "words-once",
    enforce: "pre",
    async transform(code, id) {
      if (!/\/src\/i18n\.ts$/.test(id)) return null;
      const at = code.indexOf(end);
      if (at < 0) throw new Error("i18n.ts: where do the tables end?");
      const made = await esbuild.build({ stdin: { contents: `${code.slice(0, at)}export const all = [en, fr, zh];`, loader: "ts", resolveDir: id.replace(/\/[^/]*$/, "") }, bundle: true, format: "esm", write: false });
      const [en, fr, zh] = (await import(`data:text/javascript;base64,${Buffer.from(made.outputFiles[0].contents).toString("base64")}`)).all, names = Object.keys(en);
      for (const x of [en, fr, zh]) for (const n of names) if (typeof x[n] !== "string" || x[n].includes("\n")) throw new Error(`i18n: ${n}`);
      const put = (x) => JSON.stringify(names.map((n) => x[n]).join("\n"));
      return `const names = ${JSON.stringify(names.join(" "))}.split(" "), table = (s) => { const v = s.split("\\n"); return Object.fromEntries(names.map((n, i) => [n, v[i]])); };
const tables = { en: table(${put(en)}), fr: table(${put(fr)}), zh: table(${put(zh)}) }, { en, fr, zh } = tables;
${code.slice(at + end.length)}`;
    },
  };
}

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: { target: "es2020", modulePreload: false, cssCodeSplit: false, assetsInlineLimit: 1 << 20, reportCompressedSize: false },
  plugins: [wordsOnce(), oneFile()],
});
