// Stands for the Lambda runtime of JavaScript: loads a function once and hands it every event that comes on stdin.
//
//   node invoke.cjs RESULTS_FD FUNCTION_FOLDER MODULE.FUNCTION
"use strict";

const fs = require("node:fs");
const https = require("node:https");
const path = require("node:path");
const readline = require("node:readline");

const [results, folder, handlerName] = process.argv.slice(2);

// The handlers of the CDK ignore the port of the ResponseURL, and 443 is not to be had without privileges.
const request = https.request;
https.request = (options, ...rest) => request({ port: process.env.BENCH_RESPONSE_PORT, ...options }, ...rest);

const deadline = Date.now() + 300_000;
const context = {
  awsRequestId: "00000000-0000-4000-8000-000000000000",
  functionName: "function",
  logStreamName: "stream",
  getRemainingTimeInMillis: () => deadline - Date.now(),
};

async function main() {
  const at = handlerName.lastIndexOf(".");
  const handler = require(path.join(folder, handlerName.slice(0, at)))[handlerName.slice(at + 1)];
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const event = JSON.parse(line);
    const started = performance.now();
    await handler(event, context);
    const seconds = (performance.now() - started) / 1000;
    const peak = process.resourceUsage().maxRSS * 1024;
    fs.writeSync(Number(results), JSON.stringify({ seconds, slept: 0, peak, returned: null }) + "\n");
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
