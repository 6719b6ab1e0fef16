// Calls a function of the page's scripts outside a browser: prints its result as JSON, an element as a string of XML.
import { readFileSync } from "node:fs";

const [folder, module, name] = process.argv.slice(2);

// As much of the DOM as the page's functions use to make elements.
class Element {
  constructor(tag) { Object.assign(this, { tag, attributes: {}, children: [] }); }
  setAttribute(key, value) { this.attributes[key] = String(value); }
  addEventListener() {}
  append(...children) { this.children.push(...children); }
  toString() {
    const attributes = Object.entries(this.attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`).join("");
    const children = this.children.map((child) => (child instanceof Element ? String(child) : escaped(child))).join("");
    return `<${this.tag}${attributes}>${children}</${this.tag}>`;
  }
}

const escaped = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

globalThis.document = { createElement: (tag) => new Element(tag) };
const functions = await import(`${folder}/${module}.js`);
const made = functions[name](...JSON.parse(readFileSync(0, "utf8")));
console.log(JSON.stringify(made instanceof Element ? String(made) : made));
