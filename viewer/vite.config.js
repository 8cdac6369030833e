import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

// Shorter blocks suit text that changes its language: which length, the text itself says.
const smallest = (page) => [5, 6, 7, 8].map((memLevel) => gzipSync(page, { level: 9, memLevel })).reduce((a, b) => (b.length < a.length ? b : a));

// The first page is one file with its script and style, so that one answer of the server is enough to read charts. Beside it stand parts (src/parts.ts): part/NAME.js, asked for as /part/NAME-HASH.js, HASH the first
// 16 hex digits of its SHA-256: the server reckons the same of what it has, and no other part can come in its place. The first page has no address that a part could import from: what parts need of it
// it leaves in globalThis.parts, by the short names that the minifier gave. All of it is embedded in the program, each with its gzip form; the page's policy names the hash of its one script.
function pageAndParts() {
  return {
    name: "page-and-parts",
    enforce: "post",
    generateBundle: { order: "post", handler(_options, bundle) {
      const page = bundle["index.html"], chunks = Object.values(bundle).filter((x) => x.type === "chunk"), main = chunks.find((x) => x.isEntry);
      let html = String(page.source), script = main.code;
      const put = (name, text) => { this.emitFile({ type: "asset", fileName: name, source: text }); this.emitFile({ type: "asset", fileName: `${name}.gz`, source: smallest(Buffer.from(text)) }); };
      for (const part of chunks.filter((x) => x !== main)) {
        if (!part.isDynamicEntry) throw new Error(`${part.fileName}: shared by two parts, and not in the first page: ${Object.keys(part.modules).join(" ")}. Name it in one, or import it in the first page.`);
        if (part.imports.some((x) => x !== main.fileName) || part.dynamicImports.length) throw new Error(`${part.fileName}: a part takes from the first page only`);
        const code = part.code.replace(/\bimport\{([^}]*)\}from"\.\.\/index\.js";/g, (_, names) => `const{${names.replace(/ as /g, ":")}}=globalThis.parts;`);
        if (/from"\.|^import\b/.test(code)) throw new Error(`${part.fileName}: imports by an address: ${/.{40}from"\..*?;|^import.{80}/.exec(code)}`);
        const hash = createHash("sha256").update(code).digest("hex").slice(0, 16), asked = script;
        script = script.replace(`import("./${part.fileName}")`, `partOf("/${part.fileName.replace(/\.js$/, `-${hash}.js`)}")`);
        if (script === asked) throw new Error(`${part.fileName}: where does the first page ask for it?`);
        delete bundle[part.fileName];
        put(part.fileName, code);
      }
      script = script.replace(/export\{([^}]*)\};?\s*$/, (_, names) => `globalThis.parts={${names.split(",").map((x) => x.split(" as ").reverse().join(":")).join(",")}};`);
      if (/\bexport\{/.test(script)) throw new Error("index.html: its script still exports");
      html = html.replace(/\s*<script[^>]*src="[^"]*"[^>]*><\/script>/, "");
      html = html.replace("</body>", () => `<script type="module">${script.replace(/<\/script/g, "<\\/script")}</script></body>`);
      delete bundle[main.fileName];
      for (const [name, item] of Object.entries(bundle).filter(([x]) => x.endsWith(".css"))) {
        html = html.replace(new RegExp(`\\s*<link[^>]*href="[^"]*${item.fileName}"[^>]*>`), () => `<style>${item.source}</style>`);
        delete bundle[name];
      }
      delete bundle["index.html"];
      put("index.html", html);
    } },
  };
}

// A language's words without their names: these stand in the first page once, beside the English words. (A tenth of the page.)
export function wordsOnce() {
  const esbuild = createRequire(createRequire(import.meta.url).resolve("vite"))("esbuild");
  const read = async (file) => {
    const made = await esbuild.build({ entryPoints: [file], bundle: true, write: false, format: "esm" });
    return (await import(`data:text/javascript;base64,${Buffer.from(made.outputFiles[0].contents).toString("base64")}`)).default;
  };
  return {
    name: "words-once",
    enforce: "pre",
    apply: "build",
    async load(id) {
      const [, folder, lang] = /^(.*\/src\/words\/)(en|fr|zh)\.ts$/.exec(id) ?? [];
      if (!lang) return null;
      const names = Object.keys(await read(`${folder}en.ts`)), words = await read(id);
      for (const n of names) if (typeof words[n] !== "string" || words[n].includes("\n")) throw new Error(`words of ${lang}: ${n}`);
      const values = JSON.stringify(names.map((n) => words[n]).join("\n"));
      if (lang !== "en") return `import { table } from "./en"; export default table(${values});`;
      return `const names = ${JSON.stringify(names.join(" "))}.split(" ");
export const table = (s) => { const v = s.split("\\n"); return Object.fromEntries(names.map((n, i) => [n, v[i]])); };
export default table(${values});`;
    },
  };
}

export default defineConfig({
  base: "./",
  define: { PACKET: "false" }, // vite.packet.js makes the other page
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2020", modulePreload: false, cssCodeSplit: false, assetsInlineLimit: 1 << 20, reportCompressedSize: false,
    rollupOptions: { output: { entryFileNames: "[name].js", chunkFileNames: "part/[name].js", assetFileNames: "[name][extname]" } },
  },
  plugins: [wordsOnce(), pageAndParts()],
});
