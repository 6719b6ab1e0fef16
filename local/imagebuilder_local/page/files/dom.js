// Builds elements from data. Strings become text nodes, so data from templates or services is never parsed as markup.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// Open what hides an element, so that a link can lead to it.
export function reveal(target) {
  for (let inner = target; inner; inner = inner.parentElement) if (inner.tagName === "DETAILS") inner.open = true;
}

export const pill = (tone, text) => element("span", { class: "pill", "data-tone": tone }, text);

export const mono = (text) => element("code", {}, String(text));

// `key` identifies the details element: what a person has opened or closed stays so when the data changes. A link or
// button with a `data-key` keeps the focus in the same way. `open` is the state without a person.
export const foldable = (key, summary, open, ...children) =>
  element("details", { "data-key": key, "data-open": String(Boolean(open)), open }, element("summary", {}, summary), ...children);

const fingerprints = new WeakMap();

// Update the children of a list to match the items, in order. Unchanged children are kept, which preserves the
// selection, open details and the focus.
export function reconcile(list, items, keyOf, build) {
  const present = new Map([...list.children].map((child) => [child.dataset.item, child]));
  let place = list.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const fingerprint = JSON.stringify(item);
    const known = present.get(key);
    present.delete(key);
    if (known && fingerprints.get(known) === fingerprint) {
      if (known === place) place = place.nextElementSibling;
      else list.insertBefore(known, place);
      continue;
    }
    const made = build(item);
    made.dataset.item = key;
    fingerprints.set(made, fingerprint);
    if (known && known === place) place = place.nextElementSibling;
    list.insertBefore(made, place);
    if (known) takeOver(known, made);
  }
  for (const gone of present.values()) gone.remove();
}

function takeOver(before, after) {
  for (const details of after.querySelectorAll("details[data-key]")) {
    const twin = twinOf(details, before);
    if (twin && String(twin.open) !== twin.dataset.open) details.open = twin.open;
  }
  const focused = before.contains(document.activeElement) && document.activeElement.closest("[data-key]");
  before.remove();
  const twin = focused && twinOf(focused, after);
  if (twin) (twin.querySelector("summary") ?? twin).focus({ preventScroll: true });
}

const twinOf = (keyed, root) => root.querySelector(`[data-key="${CSS.escape(keyed.dataset.key)}"]`);
