"""Mistakes of the first days, each made on the real path: it ends with one short block that names cause and fix.

They share one local cloud, on which the app without a mistake is deployed first.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from support.cdk import ROOT
from support.command import command
from support.profile import PROFILE, make_instance_profile
from support.synthesised import SETTINGS, synthesise

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import client_settings
from imagebuilder_local.failure import MOST_LINES
from imagebuilder_local.output import cause_of

pytestmark = pytest.mark.timeout(600)

APP = f"""\
import aws_cdk as cdk
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_sns as sns
from cdk_imagebuilder_pipeline import ImagePipeline

OWN = "arn:aws:imagebuilder:us-east-1:000000000000"


class Images(cdk.Stack):
    def __init__(self, scope, name, **more):
        super().__init__(scope, name)
        recipe = imagebuilder.CfnImageRecipe(
            self, "Recipe", name=name, version="1.0.0", parent_image="ami-0123456789abcdef0"
        )
        infrastructure = imagebuilder.CfnInfrastructureConfiguration(
            self, "Infrastructure", name=name, instance_profile_name="{PROFILE}"
        )
        given = {{"recipe": recipe, "infrastructure_configuration": infrastructure}}
        self.pipeline = ImagePipeline(self, "Golden", **(given | more))


app = cdk.App()
images = Images(app, "Images")
app.synth()
"""
GOOD = 'images = Images(app, "Images")'


@dataclass
class Project:
    """A folder with an app and its local cloud."""

    folder: Path
    cloud: LocalCloud

    def deploy(self, app: str, **environment: str) -> str:
        """Write the app, deploy it, and return what is printed."""
        (self.folder / "app.py").write_text(app)
        return printed_by(self.folder, "deploy", **environment)

    def deploy_assembly_of(self, app: str) -> str:
        """Deploy an app that is already synthesised, which is quicker, and return what is printed."""
        synthesise(self.folder, app)
        with self.settings(SETTINGS):
            return printed_by(self.folder, "deploy")

    @contextmanager
    def settings(self, text: str) -> Iterator[None]:
        """Put other settings into cdk.json for a while."""
        file = self.folder / "cdk.json"
        before = file.read_text()
        file.write_text(text)
        yield
        file.write_text(before)


@dataclass(frozen=True)
class Mistake:
    """A mistake: what stands in the app instead of the stack, and the block that follows `error: `."""

    name: str
    stack: str
    block: str

    @property
    def is_at_synth(self) -> bool:
        """Whether it keeps the app from being synthesised."""
        return "failed: " not in self.block


def printed_by(folder: Path, *arguments: str, **environment: str) -> str:
    """Run the command and return what it prints."""
    done = command(folder, *arguments, environment=os.environ | environment)
    printed = done.out + done.err
    assert done.code == (1 if "error: " in printed else 0), printed
    return printed


def printed_by_process(folder: Path, *arguments: str, **environment: str) -> str:
    """Run the command in a process of its own, which a cloud that it starts outlives, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "imagebuilder_local", *arguments],
        cwd=folder,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == (1 if "error: " in done.stdout else 0), done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "cdk.json").write_text('{"app": "python app.py"}')
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    made = Project(folder, LocalCloud(folder / ".local" / "cloud"))
    try:
        printed_by_process(folder, "up", IMAGEBUILDER_LOCAL_SECONDS_PER_STATE="0.05")
        make_instance_profile(made.cloud)
        printed = made.deploy(APP)
        assert "\nerror: " not in printed, printed
        take_a_name(made.cloud)
        yield made
    finally:
        printed_by_process(folder, "down")


def take_a_name(cloud: LocalCloud) -> None:
    """Create a pipeline with the name `taken`, as somebody else does."""
    state = cloud.state()
    assert state is not None
    settings = client_settings(state, cloud.folder)
    connect: Any = boto3.client  # typed for one service at a time
    client = connect(
        "imagebuilder",
        endpoint_url=state.imagebuilder_endpoint,
        region_name=state.region,
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        verify=settings["AWS_CA_BUNDLE"],
    )
    own = f"arn:aws:imagebuilder:{state.region}:{state.account}"
    client.create_image_pipeline(
        name="taken",
        imageRecipeArn=f"{own}:image-recipe/images/1.0.0",
        infrastructureConfigurationArn=f"{own}:infrastructure-configuration/images",
    )
    client.close()


MISSING = (
    "Images/Golden: something that the template refers to does not exist in this account and Region; check the ARNs of\n"
    "  recipe, infrastructure, distribution and workflows: The resource with ARN\n"
    "  'arn:aws:imagebuilder:us-east-1:000000000000:{}' cannot be found.\n"
    "  failed: UPDATE_FAILED of GoldenBA401183 (Custom::ImagePipeline, ResourceNotFoundException)\n"
    "  made in: app.py:19\n"
    "  rolled back: Images is as before: 2 resources restored\n"
)
MISTAKES = [
    Mistake("syntax error", 'images = Images(app, "Images"', "SyntaxError: '(' was never closed\n  in: app.py:23"),
    Mistake("KeyError", f'{GOOD}\nprint({{}}["size"])', "KeyError: 'size'\n  in: app.py:24"),
    Mistake(
        "misspelt prop",
        'images = Images(app, "Images", descripton="weekly")',
        "WrongKeywordsError: ImagePipeline 'Images/Golden': descripton is not a prop: did you mean description?\n"
        "  in: app.py:19",
    ),
    Mistake(
        "name taken",
        'images = Images(app, "Other", image_pipeline_name="taken")',
        "Other/Golden: a pipeline of this name exists and was not made by this resource; choose another "
        "image_pipeline_name, or\n"
        "  set adopt_existing to true to adopt it: arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/taken\n"
        "  failed: CREATE_FAILED of GoldenBA401183 (Custom::ImagePipeline, NotOurs)\n"
        "  made in: app.py:19\n"
        "  rolled back: Other has no resources: 9 resources deleted\n"
        "  page: PAGE",
    ),
    Mistake(
        "one of two stacks",
        'alpha = cdk.Stack(app, "Alpha")\nsns.Topic(alpha, "Topic")\n'
        'images = Images(app, "Images", recipe=f"{OWN}:image-recipe/third/1.0.0")\nimages.add_dependency(alpha)',
        f"{MISSING.format('image-recipe/third/1.0.0')}  deployed before: Alpha\n  page: PAGE",
    ),
    Mistake(
        "changed recipe without another version",
        f'{GOOD}\nimages.node.find_child("Recipe").parent_image = "ami-0fedcba9876543210"',
        "Images/Recipe: arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/images/1.0.0 cannot be changed: give it\n"
        "  another Version\n"
        "  failed: UPDATE_FAILED of Recipe (AWS::ImageBuilder::ImageRecipe)\n"
        "  rolled back: Images is as before: 1 resource restored\n"
        "  page: PAGE",
    ),
    Mistake(
        "failing component",
        'images = Images(app, "Failing")\n'
        'data = "schemaVersion: 1.0\\nphases: [{name: build, steps: [{name: Stop, action: ExecuteBash, '
        'inputs: {commands: [exit 3]}}]}]"\n'
        'part = imagebuilder.CfnComponent(images, "Part", name="part", version="1.0.0", platform="Linux", data=data)\n'
        'images.node.find_child("Recipe").components = [{"componentArn": part.ref}]\nimages.pipeline.build_on_deploy()',
        "Failing/Golden/Build: Image Builder could not build the image; correct what failed here, as its log shows, and "
        "deploy\n"
        "  again: failing/1.0.0/1 failed while BUILDING in step Stop (ExecuteBash) of phase build, component part/1.0.0/1: "
        "exit\n"
        "  status 3; log group /aws/imagebuilder/failing, stream 1.0.0/1;\n"
        "  arn:aws:imagebuilder:us-east-1:000000000000:image/failing/1.0.0/1\n"
        "  failed: CREATE_FAILED of GoldenBuild63561306 (Custom::ImagePipelineBuild, BuildFailed)\n"
        "  made in: app.py:27\n"
        "  rolled back: Failing has no resources: 18 resources deleted\n"
        "  page: PAGE",
    ),
]
CLI_MISTAKES = {
    "app.py misspelt": (
        '{"app": "python ap.py"}',
        "python: can't open file 'FOLDER/ap.py': [Errno 2] No such file or directory command of the app: python ap.py",
    ),
    "no app in cdk.json": ("{}", "--app is required either in command-line, in cdk.json or in ~/.cdk.json"),
    "wrong cdk.json": (
        '{"app": "python app.py"',
        "cdk.json: Expected ',' or '}' after property value in JSON at position 23 (line 1 column 24)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.name for mistake in MISTAKES])
def test_mistake(project: Project, mistake: Mistake) -> None:
    deploy = project.deploy if mistake.is_at_synth else project.deploy_assembly_of
    assert block_in(deploy(APP.replace(GOOD, mistake.stack))) == mistake.block


def test_wrong_arn_and_then_another_one(project: Project) -> None:
    first = 'images = Images(app, "Images", recipe=f"{OWN}:image-recipe/first/1.0.0")'
    second = 'images = Images(app, "Images", infrastructure_configuration=f"{OWN}:infrastructure-configuration/second")'
    assert (
        block_in(project.deploy_assembly_of(APP.replace(GOOD, first)))
        == f"{MISSING.format('image-recipe/first/1.0.0')}  page: PAGE"
    )
    printed = project.deploy_assembly_of(APP.replace(GOOD, second))
    assert block_in(printed) == f"{MISSING.format('infrastructure-configuration/second')}  page: PAGE"
    assert "first" not in printed


@pytest.mark.parametrize(("settings", "block"), CLI_MISTAKES.values(), ids=CLI_MISTAKES)
def test_mistake_in_cdk_json(project: Project, settings: str, block: str) -> None:
    with project.settings(settings):
        printed = printed_by(project.folder, "deploy")
    # The length of the folder's path decides where lines end.
    assert " ".join(block_in(printed).replace(str(project.folder), "FOLDER").split()) == block


def test_missing_cdk_cli(project: Project) -> None:
    link = project.folder / "node_modules"
    link.unlink()
    try:
        printed = project.deploy(APP, PATH="/usr/bin:/bin")
    finally:
        link.symlink_to(ROOT / "node_modules")
    assert block_in(printed) == "the CDK CLI is not installed here: npm install aws-cdk@2.1148.1"


def test_region_without_bootstrap_in_a_plain_deploy(project: Project) -> None:
    far = 'cdk.Stack(app, "Far", env=cdk.Environment(account="000000000000", region="eu-west-1"))'
    synthesise(project.folder, APP.replace(GOOD, f'{far}\nsns.Topic(app.node.find_child("Far"), "Topic")'))
    shell = ". .local/env && cdk --ci --no-color --no-notices deploy Far --require-approval never"
    with project.settings(SETTINGS):
        done = subprocess.run(["/bin/sh", "-c", shell], cwd=project.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert cause_of(done.stdout + done.stderr, project.folder) == (
        "Far: aws://000000000000/eu-west-1 is not bootstrapped: run `. .local/env && cdk bootstrap "
        "aws://000000000000/eu-west-1`, then deploy again"
    )


def test_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        printed = printed_by(tmp_path, "deploy", IMAGEBUILDER_LOCAL_PORT=port)
    assert block_in(printed).replace(str(tmp_path), "FOLDER").replace(port, "PORT") == (
        "the local cloud did not start; the end of FOLDER/.local/cloud/cloud.log:\n"
        "  port PORT of 127.0.0.1 cannot be used (Address already in use): stop the process that uses it, choose another "
        "port, or set none to use any free port"
    )


def test_file_in_place_of_the_folder_of_the_cloud(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("notes")
    assert block_in(printed_by(tmp_path, "deploy")).replace(str(tmp_path), "FOLDER") == (
        "FOLDER/.local cannot be written (File exists): remove the file that is in place of a folder, then try again"
    )


def test_cloud_that_is_killed_during_a_deployment(tmp_path: Path) -> None:
    kill = "import json, os; os.kill(json.load(open('.local/cloud/state.json'))['pid'], 9); raise SystemExit(1)"
    (tmp_path / "cdk.json").write_text('{"app": "python die.py"}')
    (tmp_path / "die.py").write_text(kill)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    first, *_, last = block_in(printed_by_process(tmp_path, "deploy")).splitlines()
    assert first.replace(str(tmp_path), "FOLDER") == (
        "the local cloud is not running; the end of FOLDER/.local/cloud/cloud.log:"
    )
    assert last == "  deploy again: that starts a new one"


def block_in(printed: str) -> str:
    """Return the block at the end of the output, with PAGE and FOLDER in place of what differs."""
    assert printed.count("error: ") == 1, printed
    block = printed.partition("\nerror: ")[2].rstrip("\n")
    assert len(block.splitlines()) <= MOST_LINES, block
    for noise in ("console.aws.amazon.com", "CloudTrail", "request_type", "Traceback", "exit code", "requestid"):
        assert noise not in printed, printed
    return re.sub(r"http://127\.0\.0\.1:\d+/", "PAGE", block)
