// Stand in for the Lambda runtime of JavaScript: load a function and invoke it with the events on stdin.
//
//   node invoke.cjs RESULTS_FD serve FUNCTION_FOLDER MODULE.FUNCTION
"use strict";

const fs = require("node:fs");
const https = require("node:https");
const path = require("node:path");
const readline = require("node:readline");

const [results, , folder, handlerName] = process.argv.slice(2);

// The CDK's handlers ignore the port of the ResponseURL, and port 443 needs privileges.
const request = https.request;
https.request = (options, ...rest) => request({ port: process.env.BENCH_RESPONSE_PORT, ...options }, ...rest);

const deadline = Date.now() + 300_000;
const context = {
  awsRequestId: "00000000-0000-4000-8000-000000000000",
  functionName: "function",
  logStreamName: "stream",
  getRemainingTimeInMillis: () => deadline - Date.now(),
};

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function main() {
  const at = handlerName.lastIndexOf(".");
  const handler = require(path.join(folder, handlerName.slice(0, at)))[handlerName.slice(at + 1)];
  const importCpu = cpuSeconds();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const event = JSON.parse(line);
    const [started, cpu] = [performance.now(), cpuSeconds()];
    await handler(event, context);
    const result = {
      seconds: (performance.now() - started) / 1000,
      event_cpu: cpuSeconds() - cpu,
      import_cpu: importCpu,
      peak: process.resourceUsage().maxRSS * 1024,
    };
    fs.writeSync(Number(results), JSON.stringify(result) + "\n");
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
