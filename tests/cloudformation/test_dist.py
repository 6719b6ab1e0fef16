"""What `make dist` builds: the construct's own provider, the same bytes each time, nothing of the CDK."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from support.author import ROOT, Author

from cdk_imagebuilder_pipeline import ImagePipelineProvider
from cdk_imagebuilder_pipeline.provider.asset import copy_packages

FILES = ("function.cdx.json", "function.zip", "provider.yaml")


def test_same_bytes_again_in_another_folder_time_zone_and_with_other_modes(dist: Path, tmp_path: Path) -> None:
    environment = os.environ | {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    target = tmp_path / "deeper" / "other"
    command = [sys.executable, "-m", "tools.dist", str(target)]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, umask=0o077)
    assert sorted(path.name for path in target.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (target / name).read_bytes() == (dist / name).read_bytes(), name


def test_zip_holds_the_constructs_asset_with_no_time_and_the_same_modes(dist: Path, tmp_path: Path) -> None:
    copy_packages(tmp_path)
    asset = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with zipfile.ZipFile(dist / "function.zip") as archive:
        assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == asset
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert archive.namelist() == sorted(archive.namelist())


def test_template_has_every_resource_of_the_constructs_provider_under_a_plain_name(author: Author) -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    assert ImagePipelineProvider(stack, "Provider").watcher_arn
    resources: dict[str, Any] = app.synth().get_stack_by_name("Stack").template["Resources"]
    # It allows what any pipeline may need, which is more than an inline policy has room for.
    wanted = sorted([*(resource["Type"] for resource in resources.values()), "AWS::IAM::ManagedPolicy"])
    with author.client("cloudformation") as client:
        listed = client.describe_stack_resources(StackName="provider")["StackResources"]
    deployed = {one["LogicalResourceId"]: one["ResourceType"] for one in listed}
    assert sorted(deployed.values()) == wanted
    assert {"Function", "LogGroup", "Policy", "Role"} <= deployed.keys()
    assert all(name.isalnum() for name in deployed)


def test_function_is_the_constructs_but_for_its_code_and_description(author: Author, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    provider = ImagePipelineProvider(cdk.Stack(app, "Stack"), "Provider")
    resources = app.synth().get_stack_by_name("Stack").template["Resources"]
    (wanted,) = [item["Properties"] for item in resources.values() if item["Type"] == "AWS::Lambda::Function"]
    name = author.outputs("provider")["ServiceToken"].rpartition(":")[2]
    with author.client("lambda") as client:
        function = client.get_function_configuration(FunctionName=name)
    for member in ("Architectures", "Handler", "MemorySize", "Runtime", "Timeout"):
        assert function[member] == wanted[member], member
    assert author.outputs("provider")["ServiceTimeout"] == str(int(provider.service_timeout.to_seconds()))


def test_service_timeout_of_the_examples_is_the_providers(author: Author) -> None:
    timeout = f"ServiceTimeout: {author.outputs('provider')['ServiceTimeout']}\n"
    for file in ("golden.yaml", "migration/adopted.yaml"):
        assert timeout in (author.folder / file).read_text(), file
