// Sentences that are announced to screen readers when they change.

import { headline } from "./event.js";

// Returns [key, sentence] for each event and each build. A build has one while it runs, since its states are many.
export const sentences = ({ events, pipelines }) => [
  ...events.map((event) => [event.number, headline(event)]),
  ...pipelines.flatMap(({ settings, executions }) => executions.map((build) => [build.arn, headlineOfBuild(settings.name, build)])),
];

const headlineOfBuild = (name, { version, ahead, state }) =>
  `Build ${version} of ${name}: ${ahead.length ? "running" : state.status}`;
