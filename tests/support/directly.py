"""CDK apps in a local cloud without the CDK CLI: their templates and files go there by boto3, which is much quicker.

For tests about CloudFormation, the function and the emulator. What the CLI takes part in needs `support.cdk`.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import WaiterError

from imagebuilder_local.app.assembly import DEFAULT_QUALIFIER
from imagebuilder_local.cdk import Cdk, CdkError
from imagebuilder_local.cloud import LocalCloud

if TYPE_CHECKING:
    import aws_cdk
    from aws_cdk import cx_api

_QUICK = {"Delay": 0.05, "MaxAttempts": 2400}


@dataclass
class Direct(Cdk):
    """Deploys as `Cdk` does, to the account and Region of the cloud."""

    _clients: dict[str, Any] = field(default_factory=dict)

    def bootstrap(self) -> None:
        """Make what templates and files need: the bucket, and the parameter with the bootstrap's version."""
        self.client("s3").create_bucket(Bucket=self._bucket)
        parameter = f"/cdk-bootstrap/{DEFAULT_QUALIFIER}/version"
        self.client("ssm").put_parameter(Name=parameter, Value="999", Type="String")

    def deploy(self, app: "aws_cdk.App") -> dict[str, dict[str, str]]:
        outputs: dict[str, dict[str, str]] = {}
        for stack in self._published(app):
            made = self._put(stack)
            if made["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
                raise CdkError(f"{stack.stack_name} is {made['StackStatus']}:\n{self._reasons(stack.stack_name)}")
            outputs[stack.stack_name] = {one["OutputKey"]: one["OutputValue"] for one in made.get("Outputs", ())}
        return outputs

    def fail_to_deploy(self, app: "aws_cdk.App") -> str:
        """Deploy an app that must fail and return the reasons of the resources that failed, one a line."""
        for stack in self._published(app):
            if self._put(stack)["StackStatus"].endswith("ROLLBACK_COMPLETE"):
                return self._reasons(stack.stack_name)
        raise CdkError("the deployment must fail, and did not")

    def destroy(self, app: "aws_cdk.App") -> None:
        cloudformation = self.client("cloudformation")
        for stack in reversed(app.synth().stacks):
            cloudformation.delete_stack(StackName=stack.stack_name)
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack.stack_name, WaiterConfig=_QUICK)

    def client(self, service: str, account: str = "", region: str = "") -> Any:
        """Return the client of a service, the same each time. It can be used again after it was closed."""
        if account or region:
            return super().client(service, account, region)
        if service not in self._clients:
            self._clients[service] = super().client(service)
        return self._clients[service]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    @property
    def _bucket(self) -> str:
        state = self.cloud.running()
        return f"cdk-{DEFAULT_QUALIFIER}-assets-{state.account}-{state.region}"

    def _published(self, app: "aws_cdk.App") -> "list[cx_api.CloudFormationStackArtifact]":
        """Put the files of an app into the bucket, and return its stacks, each after those that it depends on."""
        assembly = app.synth()
        for manifest in Path(assembly.directory).glob("*.assets.json"):
            for file in json.loads(manifest.read_text(encoding="utf-8"))["files"].values():
                path = Path(assembly.directory, file["source"]["path"])
                content = _zipped(path) if file["source"]["packaging"] == "zip" else path.read_bytes()
                for destination in file["destinations"].values():
                    self.client("s3").put_object(Bucket=self._bucket, Key=destination["objectKey"], Body=content)
        return list(assembly.stacks)

    def _put(self, stack: "cx_api.CloudFormationStackArtifact") -> dict[str, Any]:
        """Make or change a stack, and return its description afterwards."""
        cloudformation, name = self.client("cloudformation"), stack.stack_name
        live = {one["StackName"] for one in cloudformation.describe_stacks()["Stacks"]}
        kind = "update" if name in live else "create"
        # The template is among the files. One above 51,200 bytes is taken from the bucket only.
        key = str(stack.stack_template_asset_object_url).rpartition("/")[2]
        template = f"https://s3.amazonaws.com/{self._bucket}/{key}"
        act = getattr(cloudformation, f"{kind}_stack")
        try:
            act(StackName=name, TemplateURL=template, Capabilities=["CAPABILITY_NAMED_IAM"])
        except cloudformation.exceptions.ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
        else:
            with suppress(WaiterError):  # the status tells
                cloudformation.get_waiter(f"stack_{kind}_complete").wait(StackName=name, WaiterConfig=_QUICK)
        (made,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        return dict(made)

    def _reasons(self, name: str) -> str:
        events = self.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        failed = (event for event in events if event["ResourceStatus"].endswith("_FAILED"))
        return "\n".join(f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in failed)


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


@contextmanager
def direct(folder: Path, cloud_folder: str = "cloud") -> Iterator[Direct]:
    """Run a local cloud in a folder, and deploy to it without the CDK CLI."""
    cloud = LocalCloud(folder / cloud_folder)
    cloud.start()
    made = Direct(cloud, folder)
    try:
        made.bootstrap()
        yield made
    finally:
        made.close()
        cloud.stop()
