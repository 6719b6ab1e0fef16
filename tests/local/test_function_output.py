"""Which log lines an invocation in the local cloud gets, and that none waits for lines that do not come."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

HANDLER = """
import sys
def handler(event, _):
    for number in range(event["lines"]):
        print(f"{event['name']} {number}")
    if event.get("fails"):
        raise RuntimeError("no")
    return event["name"]
"""
INVOKE = """
import json, sys
from pathlib import Path
from imagebuilder_local.cloud.ministack import function_output
from ministack.core import lambda_runtime
sleeps = []
sleep = lambda_runtime.time.sleep
lambda_runtime.time.sleep = lambda seconds: (sleeps.append(seconds), sleep(seconds))
function_output.enforce()
config = {
    "Runtime": "python3.13", "Handler": "index.handler", "FunctionName": "f", "Timeout": 30,
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f", "Role": "arn:aws:iam::000000000000:role/r",
}
worker = lambda_runtime.Worker("f", config, Path(sys.argv[1]).read_bytes())
answers = [worker.invoke(event, "id") for event in json.loads(sys.argv[2])]
pauses = len(sleeps)
worker.kill()
print(json.dumps([answers, pauses]))
"""


def invoked(folder: Path, *events: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """Invoke one worker of ministack with these events. Return the results, and the number of pauses it made."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", HANDLER)
    (folder / "code.zip").write_bytes(code.getvalue())
    # In a process of its own: ministack reads its settings when it is imported.
    command = [sys.executable, "-c", INVOKE, str(folder / "code.zip"), json.dumps(events)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answers, pauses = json.loads(printed.splitlines()[-1])
    return answers, pauses


def lines(name: str, count: int) -> str:
    return "\n".join(f"{name} {number}" for number in range(count))


def test_an_invocation_without_a_log_ends_without_a_pause(tmp_path: Path) -> None:
    answers, pauses = invoked(tmp_path, *[{"name": "quiet", "lines": 0}] * 5)
    assert [answer["log"] for answer in answers] == [""] * 5
    assert pauses == 0


def test_each_invocation_gets_its_own_lines_however_many(tmp_path: Path) -> None:
    events: list[dict[str, Any]] = [
        {"name": f"event{number}", "lines": count} for number, count in enumerate((1, 0, 20_000, 3, 0, 1))
    ]
    answers, _ = invoked(tmp_path, *events)
    assert [answer["log"] for answer in answers] == [lines(event["name"], event["lines"]) for event in events]


def test_an_invocation_that_fails_gets_its_lines_and_the_next_one_starts_anew(tmp_path: Path) -> None:
    answers, _ = invoked(
        tmp_path,
        {"name": "bad", "lines": 2, "fails": True},
        {"name": "good", "lines": 1},
        {"name": "quiet", "lines": 0},
    )
    assert [answer["status"] for answer in answers] == ["error", "ok", "ok"]
    assert [answer["log"] for answer in answers] == [lines("bad", 2), lines("good", 1), ""]


def test_what_is_replaced_in_ministack_is_used_as_expected() -> None:
    script = (
        "import inspect, json\n"
        "from ministack.core.lambda_runtime import Worker\n"
        "used = (Worker._read_stderr, Worker._drain_stderr_bounded, Worker._drain_stderr)\n"
        "print(json.dumps([{one.__name__: list(inspect.signature(one).parameters) for one in used},\n"
        "                  'target=self._read_stderr' in inspect.getsource(Worker._spawn),\n"
        "                  'stderr=subprocess.PIPE' in inspect.getsource(Worker._spawn)]))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == [
        {
            "_read_stderr": ["self"],
            "_drain_stderr_bounded": ["self", "first_line_wait", "idle_confirm", "hard_cap"],
            "_drain_stderr": ["self"],
        },
        True,
        True,
    ]
