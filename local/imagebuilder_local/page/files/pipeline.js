// A deployed pipeline.

import { buildRow } from "./build.js";
import { element, foldable, mono, pill } from "./dom.js";
import { facts } from "./facts.js";
import { plural, timeOfDay } from "./format.js";

const STATUS = { ENABLED: "good", DISABLED: "waiting" };

export function pipelineCard({ settings, executions, olderExecutions, lastEvent, open }) {
  const { arn, name, status, tags, description, schedule, ...rest } = settings;
  const id = `pipeline-${arn}`;
  return element(
    "article",
    { class: "card pipeline", "aria-labelledby": id },
    element("header", {}, element("h3", { id }, element("span", { class: "name" }, name)), pill(STATUS[status] ?? "quiet", status)),
    description && element("p", {}, description),
    schedule && element("p", { class: "schedule" }, mono(schedule.scheduleExpression), element("span", { class: "quiet" }, ` ${schedule.timezone ?? ""}`)),
    element("p", { class: "token" }, mono(arn)),
    lastEvent && element("p", { class: "quiet" }, "Last event: ", element("a", { href: `#event-${lastEvent.number}`, "data-key": "last-event" }, `${lastEvent.requestType} at ${timeOfDay(lastEvent.at)}`)),
    foldable("settings", "Settings", open, facts({ ...rest, ...(schedule ? { schedule } : {}) })),
    foldable("tags", `Tags (${Object.keys(tags).length})`, open, facts(tags)),
    executions.length ? builds(executions, olderExecutions) : foldable("executions", "No builds", open, noBuilds(arn)),
  );
}

// The newest build is always visible, the earlier ones on request.
function builds([newest, ...earlier], older) {
  return [
    element("ul", { class: "builds", "aria-label": "Newest build" }, buildRow(newest)),
    earlier.length + older > 0 &&
      foldable(
        "executions",
        `Earlier builds (${earlier.length + older})`,
        false,
        element("ul", { class: "builds" }, earlier.map(buildRow)),
        older > 0 && element("p", { class: "quiet" }, `${plural(older, "older build")} not shown`),
      ),
  ];
}

const noBuilds = (arn) => [
  element("p", { class: "quiet" }, "Not built yet. To build:"),
  element("pre", { tabindex: "0" }, `aws imagebuilder start-image-pipeline-execution \\\n  --image-pipeline-arn ${arn}`),
];
