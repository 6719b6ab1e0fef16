// The module that inline functions of a template may require, with the interface that CloudFormation documents.
const https = require("https");

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

exports.send = function (event, context, responseStatus, responseData, physicalResourceId, noEcho) {
  const stream = context.logStreamName;
  const body = Buffer.from(
    JSON.stringify({
      Status: responseStatus,
      Reason: `See the log stream ${stream}`,
      PhysicalResourceId: physicalResourceId || stream,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: responseData,
    }),
  );
  const headers = { "content-type": "", "content-length": body.length };
  return new Promise((resolve) => {
    const end = (line) => {
      console.log(line);
      if (context.done) context.done();
      resolve();
    };
    const request = https.request(event.ResponseURL, { method: "PUT", headers }, (answer) => {
      answer.resume();
      end(`cfn-response: status ${answer.statusCode}`);
    });
    request.on("error", (error) => end(`cfn-response: the response was not sent: ${error.message}`));
    request.end(body);
  });
};
