// A stack operation: its outcome and reason, and the resources that it changed.

import { element, foldable, pill } from "./dom.js";
import { duration, plural, since, timeOfDay, wholeTime } from "./format.js";
import { DONE, resourceRow } from "./resource.js";

const TONES = { working: "working", succeeded: "good", failed: "bad" };

export const headline = ({ stack, kind, outcome }) => `${kind} of ${stack}: ${outcome}`;

export function deploymentCard(deployment) {
  const { id, stack, kind, state, outcome, at, milliseconds, resources } = deployment;
  const title = `deployment-${id}-title`;
  return element(
    "article",
    { class: "card deployment", id: `deployment-${id}`, tabindex: "-1", "aria-labelledby": title, "data-tone": TONES[state] },
    element(
      "header",
      {},
      element(
        "h3",
        { id: title },
        element("span", { class: "name" }, stack),
        " ",
        element("span", { class: "kind", "data-kind": kind }, kind),
      ),
      pill(TONES[state], outcome),
      element(
        "p",
        { class: "quiet meta" },
        element("time", { datetime: at, title: wholeTime(at) }, timeOfDay(at)),
        milliseconds === null ? since(at) : element("span", {}, duration(milliseconds)),
        resources.length > 0 && element("span", {}, counted(deployment)),
      ),
    ),
    reason(deployment),
    rows(deployment),
  );
}

function counted({ state, resources, total }) {
  if (state !== "working" || !total) return plural(resources.length, "resource");
  const over = resources.filter((resource) => resource.state !== "working").length;
  return `${over} of ${plural(total, "resource")}`;
}

function reason({ reason, failed, resources }) {
  if (!reason) return null;
  const row = resources.find(({ logicalId }) => logicalId === failed);
  return element(
    "div",
    { class: "reason" },
    row && element("p", {}, element("strong", {}, row.name), element("span", { class: "quiet" }, ` ${row.type}`)),
    element("p", { class: "message" }, reason),
  );
}

// Resources that failed or are in progress are shown; the others are folded.
function rows({ id, reason, failed, resources }) {
  const told = (resource) => ({ ...resource, key: id, isTold: resource.logicalId === failed && resource.reason === reason });
  const [done, rest] = [true, false].map((wanted) => resources.filter(({ state }) => DONE.has(state) === wanted).map(told));
  return [
    rest.length > 0 && element("ul", { class: "rows", "aria-label": "Resources that failed or are in progress" }, rest.map(resourceRow)),
    done.length > 0 &&
      foldable(`done-${id}`, summary(done, rest.length > 0), false, element("ul", { class: "rows" }, done.map(resourceRow))),
  ];
}

function summary(done, isRest) {
  const words = [...new Set(done.map(({ outcome }) => outcome))];
  const counts = words.map((word) => `${done.filter(({ outcome }) => outcome === word).length} ${word}`).join(", ");
  return `${isRest ? "Other resources" : "Resources"}: ${counts}`;
}
