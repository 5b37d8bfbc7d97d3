// Reads every Mermaid diagram of the Markdown files that it is given with Mermaid's own parser, and says how many there
// are. The first argument is the folder that has mermaid and jsdom in its node_modules.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [given, ...files] = process.argv.slice(2);
const folder = resolve(given);
const require = createRequire(join(folder, "package.json"));
const load = (file) => import(pathToFileURL(file));

// Mermaid expects a browser.
const { window } = new (require("jsdom").JSDOM)("");
const { document, Element, Node } = window;
Object.assign(globalThis, { window, document, Element, Node });
const { default: mermaid } = await load(join(folder, "node_modules/mermaid/dist/mermaid.core.mjs"));

let count = 0;
let wrong = 0;
for (const file of files) {
  const text = readFileSync(file, "utf8");
  for (const block of text.matchAll(/^```mermaid\n(.*?)^```$/gms)) {
    count += 1;
    try {
      await mermaid.parse(block[1]);
    } catch (error) {
      wrong += 1;
      const line = text.slice(0, block.index).split("\n").length;
      console.error(`${file}:${line}: ${error.message}`);
    }
  }
}
console.log(count);
process.exit(wrong ? 1 : 0);
