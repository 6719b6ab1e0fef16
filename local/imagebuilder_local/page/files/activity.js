// What runs outside of CloudFormation: the commands of a deployment.

import { element, pill } from "./dom.js";
import { since } from "./format.js";

const MEANING = {
  "cdk bootstrap": "It prepares the account and Region for the CDK. Only the first deployment needs it.",
  "cdk deploy": "It synthesizes the app, uploads the assets, and deploys each stack. The stacks appear below.",
};

export const activityCard = ({ what, at }) =>
  element(
    "div",
    { class: "card activity", "data-tone": "working" },
    element("p", { class: "line" }, element("strong", {}, what), pill("working", "in progress"), since(at)),
    MEANING[what] && element("p", { class: "quiet" }, MEANING[what]),
  );
