// Sentences that are announced to screen readers when they change.

import { headline } from "./deployment.js";

// Returns [key, sentence] for each deployment and each build. A build has one while it runs, since its states are many.
export const sentences = ({ deployments, pipelines, images }) => [
  ...deployments.map((deployment) => [deployment.id, headline(deployment)]),
  ...pipelines.flatMap(({ settings, executions }) => executions.map((build) => [build.arn, headlineOfBuild(settings.name, build)])),
  ...images.executions.map((build) => [build.arn, headlineOfBuild(build.name, build)]),
];

const headlineOfBuild = (name, { version, ahead, state }) =>
  `Build ${version} of ${name}: ${ahead.length ? "running" : state.status}`;
