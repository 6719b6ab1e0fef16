// The schedule of a pipeline: in words, and when it runs next.

import { element, mono } from "./dom.js";

export function schedule({ words, expression, timezone, next }) {
  const zone = timezone.replaceAll("_", " ");
  return element(
    "div",
    { class: "schedule" },
    element(
      "p",
      {},
      words ? element("span", { title: expression }, `Runs ${words}`) : ["Runs by ", mono(expression)],
      element("span", { class: "quiet" }, ` ${zone}`),
    ),
    next.length > 0 &&
      element(
        "p",
        { class: "quiet" },
        "Next on AWS: ",
        next.flatMap((at, index) => [index > 0 && " · ", element("time", { datetime: at, class: "nowrap" }, inZone(at, timezone))]),
      ),
  );
}

function inZone(at, timezone) {
  const format = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat(undefined, { ...format, timeZone: timezone }).format(new Date(at));
  } catch {
    // A time zone that the browser does not know.
    return `${new Intl.DateTimeFormat(undefined, { ...format, timeZone: "UTC" }).format(new Date(at))} UTC`;
  }
}
