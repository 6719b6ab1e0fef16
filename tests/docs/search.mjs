// The search of the built site, by its own program: `node search.mjs SITE` reads a JSON list of queries from stdin and
// prints, for each, the locations found, best first.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runInThisContext } from "node:vm";

const [, , site] = process.argv;
const answers = [];
let listener;
globalThis.self = globalThis;
globalThis.addEventListener = (_, given) => { listener = given; };
globalThis.postMessage = (message) => answers.push(message);
// A query that the search does not understand is answered with nothing, and a warning.
// console.warn

globalThis.Worker = class {
  postMessage(message) { listener({ data: message }); }
};

const [worker] = globSync(join(site, "assets/javascripts/workers/search.*.min.js"));
for (const program of [worker, join(site, "search.js")]) runInThisContext(readFileSync(program, "utf8"));
const searching = new Worker();

const ask = async (type, data) => {
  answers.length = 0;
  searching.postMessage({ type, data });
  while (answers.length === 0) await new Promise(setImmediate);
  return answers[0].data;
};

const [SETUP, QUERY] = [0, 2];
const index = JSON.parse(readFileSync(join(site, "search/search_index.json"), "utf8"));
await ask(SETUP, { ...index, options: { suggest: false } });
const found = [];
for (const query of JSON.parse(readFileSync(0, "utf8"))) {
  const { items } = await ask(QUERY, query);
  // Results come grouped by page, and each page with its sections.
  found.push(items.map((page) => page.toSorted((a, b) => b.score - a.score).map(({ location }) => location)));
}
console.log(JSON.stringify(found));
