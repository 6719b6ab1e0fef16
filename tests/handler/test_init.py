"""What Lambda's INIT phase does: all that an event needs, and nothing that could keep a fault from being answered."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LAMBDA = Path(__file__).parents[2] / "lambda"
SCRIPT = """
import json, sys
{before}
from imagebuilder_pipeline_handler import main
wanted = ("imagebuilder_pipeline_handler.pipeline.lifecycle", "imagebuilder_pipeline_handler.runtime.http", "botocore.session")
print(json.dumps([main._work._client is not None, [name in sys.modules for name in wanted], callable(main.handler)]))
"""


def imported(before: str = "", **environment: str) -> list[object]:
    """Return what is there after the function was imported in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(before=before)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(LAMBDA), "AWS_REGION": "eu-west-1"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout))


def test_everything_is_imported_and_the_client_is_made_in_lambda() -> None:
    assert imported(AWS_LAMBDA_FUNCTION_NAME="function", AWS_DEFAULT_REGION="eu-west-1") == [True, [True] * 3, True]


def test_nothing_is_made_outside_of_lambda() -> None:
    assert imported() == [False, [False] * 3, True]


@pytest.mark.parametrize(("level", "expected"), [(None, "20"), ("ERROR", "40")])
def test_log_has_the_level_of_the_functions_configuration_and_else_a_line_for_each_event(
    level: str | None, expected: str
) -> None:
    # As Lambda's runtime does: it sets the root logger to the level that the function's configuration gives.
    script = (
        "import logging, os; logging.root.setLevel(os.environ.get('AWS_LAMBDA_LOG_LEVEL', 'WARNING')); "
        "from imagebuilder_pipeline_handler import main; "
        "print(logging.getLogger('imagebuilder_pipeline_handler.runtime.log').getEffectiveLevel())"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(LAMBDA)}
    environment |= {"AWS_LAMBDA_LOG_LEVEL": level} if level else {}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


@pytest.mark.parametrize(
    "fault",
    [
        "sys.modules['botocore.httpsession'] = None",
        "sys.modules['imagebuilder_pipeline_handler.pipeline.lifecycle'] = None",
    ],
)
def test_fault_at_start_leaves_a_handler_that_can_answer_it(fault: str) -> None:
    assert imported(fault, AWS_LAMBDA_FUNCTION_NAME="function", AWS_DEFAULT_REGION="eu-west-1")[2] is True


def test_client_that_cannot_be_made_at_start_leaves_a_handler_that_can_answer_it() -> None:
    has_client, _, is_callable = imported(AWS_LAMBDA_FUNCTION_NAME="function", AWS_REGION="")
    assert (has_client, is_callable) == (False, True)
