"""The module that inline functions of a template may import, with the interface that CloudFormation documents.

It is put beside the code of a function, and runs there.
"""

import json
import urllib.request
from typing import Any

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(  # noqa: PLR0917 (the order is CloudFormation's)
    event: dict[str, Any],
    context: Any,
    responseStatus: str,  # noqa: N803 (the names are CloudFormation's)
    responseData: dict[str, Any],  # noqa: N803
    physicalResourceId: str | None = None,  # noqa: N803
    noEcho: bool = False,  # noqa: N803, FBT001, FBT002
    reason: str | None = None,
) -> None:
    """Send the response of a custom resource. The default of the physical id is the name of the log stream."""
    response = {
        "Status": responseStatus,
        "Reason": reason or f"See the log stream {context.log_stream_name}",
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(response).encode()
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 (CloudFormation's own address)
            print("cfnresponse: status", answer.status)  # noqa: T201 (the function's log)
    except OSError as error:
        print("cfnresponse: the response was not sent:", error)  # noqa: T201
