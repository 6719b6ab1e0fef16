// Renders nested values as rows of path and value, and the differences between two values.

import { element } from "./dom.js";

// Returns [path, value] for each leaf; an empty object or list is a leaf.
export function leaves(value, path = "") {
  const isTree = value !== null && typeof value === "object";
  const entries = !isTree
    ? []
    : Array.isArray(value)
      ? value.map((item, index) => [`${path}[${index}]`, item])
      : Object.entries(value).map(([key, item]) => [path ? `${path}.${key}` : key, item]);
  return entries.length ? entries.flatMap(([inner, item]) => leaves(item, inner)) : [[path, value]];
}

export function facts(value) {
  const found = leaves(value).filter(([path]) => path);
  if (!found.length) return element("p", { class: "quiet" }, "None");
  return rows(found.map(([path, leaf]) => [broken(path), shown(leaf)]));
}

// Renders [name, value] as rows of a list; both are text, elements or lists of them.
export function rows(list) {
  return element(
    "dl",
    { class: "facts" },
    list.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

export function changes(list) {
  if (!list.length) return element("p", { class: "quiet" }, "No property changed.");
  return element(
    "dl",
    { class: "facts" },
    list.map(({ path, kind, before, after }) =>
      element(
        "div",
        {},
        element("dt", {}, broken(path)),
        element(
          "dd",
          { class: "change" },
          kind !== "added" && element("del", {}, shown(before)),
          kind !== "removed" && element("ins", {}, shown(after)),
        ),
      ),
    ),
  );
}

function shown(value) {
  if (typeof value === "string") return value === "" ? element("i", {}, "empty string") : value;
  return JSON.stringify(value);
}

// Allows line breaks in long paths at the start of each word.
function broken(path) {
  const parts = path.split(/(?=[.[])|(?<=[a-z:])(?=[A-Z])|(?<=[:/-])/);
  return parts.flatMap((part, index) => (index ? [element("wbr"), part] : [part]));
}
