"""What becomes of measurements: statistics, pictures and the page."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from imagebuilder_bench.figure import Figure, Goal, Sample, compared
from imagebuilder_bench.figures import FIGURES, api_calls, policy
from imagebuilder_bench.figures.cold_start_256 import DEFAULT_MEBIBYTES, Cost, finding, memory_costs
from imagebuilder_bench.figures.policy import characters
from imagebuilder_bench.functions import as_sdk_calls
from imagebuilder_bench.measurement import Measurement, store
from imagebuilder_bench.page import page_of, write_page
from imagebuilder_bench.run import Run
from imagebuilder_bench.svg import bars

ROOT = Path(__file__).parents[2]
OURS, PEER = Sample((1.0, 2.0, 3.0)), Sample((2.0, 4.0, 12.0))
RUN = Run("2026-01-01", "abc", {"CPU": "fast"}, {"peer": "1.0"})


def figure(*goals: Goal) -> Figure:
    table = compared({"ours": OURS, "peer": PEER}, "ours", "s", digits=1)
    return Figure("memory", "Memory", "By a scale.", (table,), goals, "It is small.", "<svg/>")


def page(folder: Path, *goals: Goal) -> str:
    store(Measurement(RUN, figure(*goals)), folder / "benchmarks")
    return write_page(folder).read_text(encoding="utf-8")


def test_ratio_is_taken_between_runs_side_by_side() -> None:
    assert OURS.over(PEER) == 0.5
    # Of the medians it would be 2/3.
    assert OURS.over(Sample((1.0, 4.0, 3.0))) == 1.0


def test_quartiles_enclose_the_middle_half() -> None:
    assert Sample((1.0, 2.0, 3.0, 4.0, 5.0)).quartiles == (2.0, 4.0)
    assert Sample((7.0,)).quartiles == (7.0, 7.0)


def test_table_has_the_median_the_spread_the_runs_and_the_ratio_of_each() -> None:
    assert figure().tables[0].rows == (
        ("ours", "2.0", "1.5 – 2.5", "3", ""),
        ("peer", "4.0", "3.0 – 8.0", "3", "0.50"),
    )


def test_goal_that_is_missed_is_shown_with_its_reason_and_one_that_is_met_without(tmp_path: Path) -> None:
    goals = Goal("fast", 0.4, 0.5, "it is slow", id="a"), Goal("faster", 0.4, 0.3, "it is not so fast", id="b")
    text = page(tmp_path, *goals)
    assert "- Goal met: fast. Measured 0.40 ×." in text
    assert "- **Goal missed**: faster. Measured 0.40 ×. it is not so fast" in text
    assert "it is slow" not in text


def test_page_shows_what_was_stored(tmp_path: Path) -> None:
    text = page(tmp_path, Goal("fast", 0.4, 0.5, "", id="fast"))
    assert page_of(tmp_path / "benchmarks") == text
    shown, folded = text.partition("\n## Memory\n")[2].split("<details markdown>\n<summary>", 1)
    assert shown == "\n![Memory](benchmarks/memory.svg)\n\n"
    unchecked = "This run did not check that the machine was idle."
    assert folded.startswith(f"Method and results</summary>\n\n{unchecked}\n\nBy a scale.\n\n| ")
    assert "| peer | 4.0 | 3.0 – 8.0 | 3 | 0.50 |\n\nIt is small.\n" in folded
    assert folded.endswith("</details>\n\n</section>\n\n</div>\n")
    assert (tmp_path / "benchmarks/memory.svg").read_text() == "<svg/>"


def test_page_says_how_long_measuring_took_and_what_else_ran(tmp_path: Path) -> None:
    results = tmp_path / "benchmarks"
    store(Measurement(RUN, figure(), seconds=61.4, others=0.023), results)
    store(Measurement(RUN, replace(figure(), id="storm"), seconds=120.0, others=0.0), results)
    text = write_page(tmp_path).read_text(encoding="utf-8")
    assert "Run of 2026-01-01, commit abc. Measuring took 3 minutes for 2 figures.\n" in text
    assert "\nMeasuring took 61 s. Other processes used 2% of one core before.\n" in text
    assert "did not check" not in text


def test_page_says_which_figures_are_of_another_run(tmp_path: Path) -> None:
    quick = replace(RUN, at="2026-01-02", commit="def", machine={"CPU": "slow"}, quick=True)
    store(Measurement(quick, replace(figure(), id="storm")), tmp_path / "benchmarks")
    text = page(tmp_path)
    assert (
        text.count("Run of 2026-01-01, commit abc.\n\n<details markdown>\n<summary>Machine and versions</summary>") == 1
    )
    assert text.count("2026-01-01") == 1
    assert "Quick run (few rounds, so expect noise) of 2026-01-02, commit def, on another machine (slow).\n" in text


def test_picture_is_well_formed() -> None:
    picture = bars("Speed <of> all", {"ours": OURS, "peer & co": PEER}, "s")
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


def test_memory_buys_cpu_for_events_and_not_for_the_import() -> None:
    costs = {cost.mebibytes: cost for cost in memory_costs(imported=0.2, first=0.1, warm=0.01)}
    assert [*costs] == [128, 256, 512, 1024, 1769]
    assert costs[1769].first == pytest.approx(0.3)
    assert costs[256].first == pytest.approx(0.2 + 0.1 * 1769 / 256)
    assert costs[256].warm == pytest.approx(0.01 * 1769 / 256)


def test_billed_time_is_rounded_up_to_a_millisecond() -> None:
    assert Cost(512, first=0.2501, warm=0.0301).billed == pytest.approx((0.251 / 2, 0.031 / 2))


def test_finding_compares_the_default_of_the_construct_with_the_other_sizes() -> None:
    template = json.loads((ROOT / "tests/synth/minimal.template.json").read_text())
    (function,) = (r["Properties"] for r in template.values() if r["Type"] == "AWS::Lambda::Function")
    assert function["MemorySize"] == DEFAULT_MEBIBYTES
    text = finding([Cost(128, 2.0, 0.4), Cost(256, 1.0, 0.2)])
    assert "256 MiB" in text
    assert "a first event takes 1.00 s and 0.250 GB-seconds" in text
    assert "128 MiB: 2.00 × the time, 1.00 × the GB-seconds." in text


def test_page_has_one_table_until_details_are_opened_and_one_plot_for_each_figure() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    shown = re.sub(r"<details markdown>.*?</details>", "", text, flags=re.DOTALL)
    assert len(re.findall(r"^\|-", shown, re.MULTILINE)) == 1
    figures = re.findall(r"^## (?!Goals)(.+)$", shown, re.MULTILINE)
    assert re.findall(r"^!\[([^]]+)\]", shown, re.MULTILINE) == figures
    assert len(figures) == len(FIGURES)


def test_plots_that_need_no_measuring_are_those_of_the_stored_numbers() -> None:
    results = ROOT / "docs" / "benchmarks"
    calls, sizes = (
        json.loads((results / f"{name}.json").read_text())["figure"]["tables"][0]["rows"]
        for name in ("api-calls", "policy")
    )
    assert (results / "api-calls.svg").read_text("utf-8") == api_calls.picture({row[0]: int(row[1]) for row in calls})
    most = {row[0]: int(row[2].replace(",", "")) for row in sizes if row[1] == "490"}
    assert (results / "policy.svg").read_text("utf-8") == policy.picture(most, 490)


def test_plots_follow_the_colour_scheme_of_the_reader() -> None:
    plots = sorted((ROOT / "docs" / "benchmarks").glob("*.svg"))
    assert len(plots) == len(FIGURES)
    assert all("prefers-color-scheme:dark" in plot.read_text("utf-8") for plot in plots)


def test_page_in_the_docs_is_what_was_measured() -> None:
    docs = ROOT / "docs"
    assert (docs / "benchmarks.md").read_text(encoding="utf-8") == page_of(docs / "benchmarks")
