import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { defineConfig } from "vite";

// The words of three languages under the same names: written as tables in the source, where a missing one is a compile error, and sent as lists with the names once. (15 kB less of what a slow line has to carry.)
function wordsOnce() {
  const own = "export const tables = { en, fr, zh };";
  return {
    name: "words-once",
    enforce: "pre",
    async transform(code, id) {
      if (!id.endsWith("/src/i18n.ts") || !code.includes(own)) return null;
      const whole = buildSync({ entryPoints: [id], bundle: true, format: "esm", write: false }).outputFiles[0].text;
      const { tables } = await import("data:text/javascript;base64," + Buffer.from(whole).toString("base64"));
      const names = Object.keys(tables.en), list = (lang) => JSON.stringify(names.map((n) => tables[lang][n]).join("\n"));
      if (names.some((n) => Object.values(tables).some((t) => typeof t[n] !== "string" || t[n].includes("\n")))) throw new Error("a word is missing, or has two lines");
      return `const names = ${JSON.stringify(names.join(" "))}.split(" "), table = (words: string) => Object.fromEntries(words.split("\\n").map((w, i) => [names[i], w])) as any;\nconst en = table(${list("en")}), fr = table(${list("fr")}), zh = table(${list("zh")});\nexport const tables = { en, fr, zh };\n` + code.slice(code.indexOf(own) + own.length).replace(/import [^;]+;/g, "");
    },
  };
}

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
  plugins: [wordsOnce(), oneFile()],
});
