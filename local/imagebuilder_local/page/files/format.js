// Formats times and durations.

import { element } from "./dom.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export const timeOfDay = (iso) => clock.format(new Date(iso));

export const wholeTime = (iso) => full.format(new Date(iso));

export const between = (from, to) => new Date(to) - new Date(from);

export function duration(milliseconds) {
  if (milliseconds < 1) return "< 1 ms";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}

// A duration up to now, which `tick` keeps up to date.
export const since = (iso) => element("span", { class: "quiet", "data-since": iso }, elapsed(iso));

export function tick(root) {
  for (const span of root.querySelectorAll("[data-since]")) span.textContent = elapsed(span.dataset.since);
}

function elapsed(iso) {
  const seconds = Math.max(0, Math.floor(between(iso, Date.now()) / 1000));
  return seconds < 60 ? `${seconds} s` : duration(seconds * 1000);
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
