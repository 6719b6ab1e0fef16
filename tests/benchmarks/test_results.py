"""What becomes of measurements: statistics, pictures, the page and its history."""

import random
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from imagebuilder_bench import history
from imagebuilder_bench.figure import Figure, Goal, compared
from imagebuilder_bench.history import Run
from imagebuilder_bench.page import page
from imagebuilder_bench.policies import characters
from imagebuilder_bench.results import page_of
from imagebuilder_bench.sdk_calls import as_sdk_calls
from imagebuilder_bench.simulation import legacy, simulate
from imagebuilder_bench.stats import Sample
from imagebuilder_bench.svg import bars, lines

OURS, PEER = Sample((1.0, 2.0, 3.0)), Sample((2.0, 4.0, 12.0))


def run_of(at: str, **values: float) -> Run:
    return Run(at, "abc", {"CPU": "fast"}, {"peer": "1.0"}, {f"speed/{name}": value for name, value in values.items()})


def figure(*goals: Goal) -> Figure:
    table = compared({"ours": OURS, "peer": PEER}, "ours", "s", digits=1)
    return Figure("speed", "Speed", "By a clock.", (table,), goals, {"speed.svg": "<svg/>"}, {"ours": 2.0})


def test_ratio_is_taken_between_runs_side_by_side() -> None:
    assert OURS.over(PEER).values == (0.5, 0.5, 0.25)
    assert OURS.over(PEER).median == 0.5


def test_quartiles_enclose_the_middle_half() -> None:
    assert Sample((1.0, 2.0, 3.0, 4.0, 5.0)).quartiles == (2.0, 4.0)
    assert Sample((7.0,)).quartiles == (7.0, 7.0)


def test_table_has_the_median_the_spread_the_runs_and_the_ratio_of_each() -> None:
    assert figure().tables[0].rows == (
        ("ours", "2.0", "1.5 – 2.5", "3", ""),
        ("peer", "4.0", "3.0 – 8.0", "3", "0.50"),
    )


def test_goal_that_is_missed_is_shown_with_its_reason_and_one_that_is_met_without() -> None:
    goals = Goal("fast", 0.4, 0.5, "it is slow"), Goal("faster", 0.4, 0.3, "it is not so fast")
    text = page([(figure(*goals), run_of("2026-01-01"))], [], "benchmarks")
    assert "- Goal met: fast. Measured 0.40 ×." in text
    assert "- **Goal missed**: faster. Measured 0.40 ×. it is not so fast" in text
    assert "it is slow" not in text


def test_page_shows_the_change_against_the_run_before() -> None:
    runs = [run_of("2026-01-01", ours=1.0), run_of("2026-01-02", ours=2.0)]
    assert "| ours | 1.00 | 2.00 | +100% |" in page([(figure(), runs[-1])], runs, "benchmarks")


def test_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    runs = [run_of("2026-01-01", ours=1.0), run_of("2026-01-02", ours=2.0)]
    for run in runs:
        history.append(tmp_path / "history.jsonl", run)
    assert history.read(tmp_path / "history.jsonl") == runs
    assert history.last_two(runs, "speed/ours") == (2.0, 1.0)


def test_figure_is_read_as_it_was_stored_but_for_its_pictures() -> None:
    stored = Figure.from_json(figure(Goal("fast", 0.4, 0.5, "")).as_json())
    assert stored.as_json() == figure(Goal("fast", 0.4, 0.5, "")).as_json()


@pytest.mark.parametrize(
    "picture",
    [
        bars("Speed <of> all", {"ours": OURS, "peer & co": PEER}, "s"),
        lines("Growth", {"ours": [(1, 1.5), (490, 90.0)]}, "pipelines", "bytes"),
    ],
)
def test_picture_is_well_formed(picture: str) -> None:
    assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 (made here)


def test_policy_is_counted_as_iam_would_see_it() -> None:
    document = {
        "Resource": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}]]}
    }
    assert characters(document) == len('{"Resource":"arn:aws:iam::123456789012"}')


def test_sdk_call_names_what_the_event_asks_for() -> None:
    given = {"ServiceToken": "t", "Name": "n", "ImageRecipeArn": "r", "InfrastructureConfigurationArn": "i"}
    event = as_sdk_calls({"RequestType": "Create", "ResourceProperties": given})
    assert '"parameters": {"name": "n", "imageRecipeArn": "r"' in event["ResourceProperties"]["Create"]


def test_clients_that_are_let_through_at_once_call_once_each() -> None:
    result = simulate(lambda _attempt, _chance: 1.0, [0.0] * 10, rate=10)
    assert (result.made, result.calls, result.seconds) == (10, 10, 0.0)


def test_clients_that_never_give_up_are_all_made_at_the_rate_that_is_let_through() -> None:
    result = simulate(lambda _attempt, chance: chance.uniform(0, 1), [0.0] * 100, rate=10)
    assert result.made == 100
    assert 8.9 <= result.seconds <= 12.0


def test_legacy_mode_gives_up_after_five_attempts() -> None:
    pause, chance = legacy(), random.Random(1)
    assert [pause(attempt, chance) is None for attempt in range(1, 6)] == [False, False, False, False, True]


def test_page_in_the_docs_is_what_was_measured() -> None:
    docs = Path(__file__).parents[2] / "docs"
    assert (docs / "benchmarks.md").read_text(encoding="utf-8") == page_of(docs / "benchmarks")
