"""The cloud assembly says where the app creates a pipeline, and a wrong prop shows the app's lines alone."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

APP = """\
import aws_cdk as cdk
from cdk_imagebuilder_pipeline import ImagePipeline

OWN = "arn:aws:imagebuilder:eu-west-1:111122223333"


class Images(cdk.Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        for name in ("One", "Two", "of/three"):
            ImagePipeline(
                self,
                name,
                recipe=f"{OWN}:image-recipe/golden/1.0.0",
                infrastructure_configuration=f"{OWN}:infrastructure-configuration/golden",
                status="ENABLED",
            )


app = cdk.App(outdir="out")
Images(app, "Images")
app.synth()
"""


def run(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    (folder / "app.py").write_text(text)
    command = [sys.executable, "app.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def data(metadata: dict[str, Any], path: str, kind: str) -> list[Any]:
    return [entry["data"] for entry in metadata[path] if entry["type"] == kind]


def test_assembly_has_the_line_of_each_pipeline_and_the_names_of_props_once(tmp_path: Path) -> None:
    done = run(tmp_path, APP)
    assert done.returncode == 0, done.stderr
    metadata = json.loads((tmp_path / "out" / "Images.metadata.json").read_text())
    (sources,) = data(metadata, "/Images", "imagebuilder-pipeline:sources")
    assert sources == dict.fromkeys(("/Images/One", "/Images/Two", "/Images/of--three"), "app.py:11")
    assert {f"{path}/Resource" for path in sources} <= metadata.keys()
    (props,) = data(metadata, "/Images", "imagebuilder-pipeline:props")
    assert props["Name"] == "image_pipeline_name"
    assert props["AdoptExisting"] == "adopt_existing"
    assert "app.py" not in (tmp_path / "out" / "Images.template.json").read_text()


def test_wrong_prop_shows_the_lines_of_the_app_alone(tmp_path: Path) -> None:
    done = run(tmp_path, APP.replace('"ENABLED"', '"ON"'))
    assert done.returncode == 1
    files = [line.split('"')[1] for line in done.stderr.splitlines() if line.startswith('  File "')]
    assert [Path(file).name for file in files] == ["app.py", "app.py"]
    assert "status is not an allowed value: got 'ON', allowed are DISABLED, ENABLED" in done.stderr


def test_every_other_error_keeps_its_stack_trace(tmp_path: Path) -> None:
    caught = 'try:\n    Images(app, "Images")\nexcept ValueError:\n    pass\ncdk.Stack(app, 1)'
    done = run(tmp_path, APP.replace('"ENABLED"', '"ON"').replace('Images(app, "Images")', caught))
    assert done.returncode == 1
    assert "_type_checking.py" in done.stderr


def test_hook_of_somebody_else_stays(tmp_path: Path) -> None:
    theirs = "import sys\nsys.excepthook = lambda *_: print('theirs')\n"
    done = run(tmp_path, theirs + APP.replace('"ENABLED"', '"ON"'))
    assert (done.stdout, done.stderr) == ("theirs\n", "")
