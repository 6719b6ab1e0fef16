"""Stacks of the run: synthesised here, and deployed through the CloudFormation API with a bucket of the run.

The account does not need to be bootstrapped, and the resources of a bootstrap are not changed.
"""

import json
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from tools.smoke_aws.account import Account, as_dict

if TYPE_CHECKING:
    import aws_cdk as cdk

Fill = Callable[["cdk.Stack"], object]

_SECONDS: Final = 45 * 60
_IN_PROGRESS: Final = "_IN_PROGRESS"
_CAPABILITIES: Final = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_RESOURCE_TYPE: Final = "Custom::ImagePipeline"


@dataclass
class Deployed:
    """Result of an operation on a stack."""

    status: str
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def reasons(self) -> list[str]:
        """Reasons of the failures, from CloudFormation and the function."""
        return [event["ResourceStatusReason"] for event in self.events if _is_failure(event)]

    def output(self, key: str) -> str:
        """Return an output. LookupError with the reasons if the stack does not have it."""
        if key not in self.outputs:
            raise LookupError(f"the stack ended as {self.status}, without the output {key}: {self.reasons}")
        return self.outputs[key]

    def order(self, resource_type: str = _RESOURCE_TYPE) -> list[tuple[str, str]]:
        """Return status and physical id of the events of a resource type, in order."""
        of_type = (event for event in self.events if event["ResourceType"] == resource_type)
        return [(event["ResourceStatus"], event.get("PhysicalResourceId", "")) for event in of_type]


def bucket_name(account: Account) -> str:
    """Return the name of the run's bucket. It has the account id, so that no other account can create it first."""
    return f"{account.prefix}-{account.id}"


def make_bucket(account: Account) -> None:
    """Create the bucket for templates and code."""
    s3, name = account.client("s3"), bucket_name(account)
    elsewhere = {} if account.region == "us-east-1" else {"LocationConstraint": account.region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": elsewhere} if elsewhere else {}))
    s3.put_bucket_tagging(
        Bucket=name, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in account.tags.items()]}
    )


def deploy(account: Account, probe: str, name: str, fill: Fill, tags: dict[str, str] | None = None) -> Deployed:
    """Deploy a stack with the resources of `fill` and record the result. `tags` are additional tags of the stack."""
    client, stack_name = account.client("cloudformation"), f"{account.prefix}-{name}"
    with tempfile.TemporaryDirectory() as folder:
        url = _publish(account, _synth(account, stack_name, fill, Path(folder)))
    request = {
        "StackName": stack_name,
        "TemplateURL": url,
        "Capabilities": _CAPABILITIES,
        "Tags": [{"Key": key, "Value": value} for key, value in (account.tags | (tags or {})).items()],
    }
    began, seen = time.monotonic(), {event["EventId"] for event in _events(client, stack_name)}
    exists = status_of(client, stack_name) is not None
    if exists:
        client.update_stack(**request)
    else:
        client.create_stack(**request, OnFailure="ROLLBACK")
    done = _wait(account, client, stack_name, seen)
    account.functions += [one for one in _functions(client, stack_name) if one not in account.functions]
    account.recording.add(
        "stack",
        probe=probe,
        stack=stack_name,
        operation="update" if exists else "create",
        status=done.status,
        reasons=done.reasons,
        seconds=round(time.monotonic() - began, 1),
    )
    account.say(f"  {stack_name}: {done.status}")
    return done


def destroy(account: Account, name: str) -> str:
    """Delete an existing stack and return the final status."""
    client = account.client("cloudformation")
    if status_of(client, name) is None:
        return "DELETE_COMPLETE"
    # A deletion can interrupt a creation, but not an update.
    account.wait(lambda: not _is_updated(client, name), _SECONDS)
    client.delete_stack(StackName=name)
    account.wait(lambda: not _is_in_progress(client, name), _SECONDS)
    return status_of(client, name) or "DELETE_COMPLETE"


def status_of(client: Any, name: str) -> str | None:
    """Return the status of a stack, None if it does not exist."""
    try:
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in as_dict(error)["Error"]["Message"]:
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else str(stack["StackStatus"])


def _is_in_progress(client: Any, name: str) -> bool:
    return (status_of(client, name) or "").endswith(_IN_PROGRESS)


def _is_updated(client: Any, name: str) -> bool:
    return _is_in_progress(client, name) and (status_of(client, name) or "").startswith("UPDATE")


def _synth(account: Account, name: str, fill: Fill, folder: Path) -> Path:
    import aws_cdk as cdk  # noqa: PLC0415 (seconds: a clean-up synthesises nothing)

    app = cdk.App(outdir=str(folder / "cdk.out"), analytics_reporting=False)
    synthesizer: Any = cdk.DefaultStackSynthesizer(
        file_assets_bucket_name=bucket_name(account), generate_bootstrap_version_rule=False
    )
    environment = cdk.Environment(account=account.id, region=account.region)
    stack = cdk.Stack(app, name, env=environment, synthesizer=synthesizer)
    fill(stack)
    for key, value in account.tags.items():
        cdk.Tags.of(app).add(key, value)
    app.synth()
    return folder / "cdk.out" / f"{name}.assets.json"


def _publish(account: Account, manifest: Path) -> str:
    """Upload the code and the template to the bucket and return the URL of the template."""
    s3, name, template = account.client("s3"), bucket_name(account), ""
    for file in json.loads(manifest.read_text(encoding="utf-8"))["files"].values():
        source = manifest.parent / file["source"]["path"]
        content = _zipped(source) if file["source"]["packaging"] == "zip" else source.read_bytes()
        (destination,) = file["destinations"].values()
        s3.put_object(Bucket=name, Key=destination["objectKey"], Body=content, ExpectedBucketOwner=account.id)
        if source.name.endswith(".template.json"):
            template = destination["objectKey"]
    return f"{s3.meta.endpoint_url}/{name}/{template}"


def _zipped(folder: Path) -> bytes:
    with tempfile.SpooledTemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                archive.write(path, path.relative_to(folder).as_posix())
        file.seek(0)
        return file.read()


def _wait(account: Account, client: Any, name: str, seen: set[str]) -> Deployed:
    ended = account.wait(lambda: not _is_in_progress(client, name), _SECONDS)
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    if not ended:
        raise TimeoutError(f"stack {name} is still {stack['StackStatus']} after {_SECONDS // 60} minutes")
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    events = [event for event in _events(client, name) if event["EventId"] not in seen]
    return Deployed(stack["StackStatus"], outputs, events[::-1])


def _events(client: Any, name: str) -> list[dict[str, Any]]:
    if status_of(client, name) is None:
        return []
    pages = client.get_paginator("describe_stack_events").paginate(StackName=name)
    return [event for page in pages for event in page["StackEvents"]]


def _functions(client: Any, name: str) -> list[str]:
    pages = client.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = (resource for page in pages for resource in page["StackResourceSummaries"])
    functions = (one for one in resources if one["ResourceType"] == "AWS::Lambda::Function")
    return [one["PhysicalResourceId"] for one in functions if one.get("PhysicalResourceId")]


def _is_failure(event: dict[str, Any]) -> bool:
    return event["ResourceStatus"].endswith("_FAILED") and "ResourceStatusReason" in event
