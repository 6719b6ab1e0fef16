// The button that starts a build of a pipeline.

import { element } from "./dom.js";

export function startButton({ arn, name }) {
  const button = element("button", { type: "button", "data-key": `start-${arn}`, "aria-label": `Start build of ${name}` }, "Start build");
  button.addEventListener("click", () => start(button, arn));
  return button;
}

async function start(button, arn) {
  if (button.getAttribute("aria-disabled") === "true") return;
  // Not `disabled`, which would take the focus from the button.
  button.setAttribute("aria-disabled", "true");
  try {
    const response = await fetch("start", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ imagePipelineArn: arn }),
      signal: AbortSignal.timeout(10_000),
    });
    tell(button, response.ok ? "" : await response.text());
  } catch (error) {
    tell(button, `The build was not started: ${error.message}`);
  }
  button.removeAttribute("aria-disabled");
}

// The card may have been rendered anew meanwhile, so the message goes to the one place that stays.
function tell(button, words) {
  const place = document.getElementById("refused");
  place.textContent = words.trim();
  place.hidden = !words;
}
