// Nested values as rows of a path and a value, and differences between two such trees.

import { element } from "./dom.js";

// A list of [path, value] for every leaf; an empty object or list is a leaf.
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
  const rows = leaves(value).filter(([path]) => path);
  if (!rows.length) return element("p", { class: "quiet" }, "None");
  return element(
    "dl",
    { class: "facts" },
    rows.map(([path, leaf]) => element("div", {}, element("dt", {}, broken(path)), element("dd", {}, shown(leaf)))),
  );
}

export function changes(list) {
  if (!list.length) return element("p", { class: "quiet" }, "No property differs.");
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
  if (typeof value === "string") return value === "" ? element("i", {}, "empty text") : value;
  return JSON.stringify(value);
}

// Long paths are broken where their words begin.
function broken(path) {
  const parts = path.split(/(?=[.[])|(?<=[a-z:])(?=[A-Z])|(?<=[:/-])/);
  return parts.flatMap((part, index) => (index ? [element("wbr"), part] : [part]));
}
