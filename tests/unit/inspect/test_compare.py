from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import yaml

from triptych.__main__ import main
from triptych.config.load import ConfigurationError
from triptych.inspect.compare import (
    AGREES,
    MISSING,
    MOVED,
    SINCE,
    Number,
    Tolerances,
    agreement,
    as_text,
    compare,
    load_tolerances,
    numbers_of,
    value_of,
)
from triptych.inspect.published import published, record_of
from triptych.runtime.store import write_store

STORE = "ssno/ks2d/scores.zarr"
NUMBER = {"name": "mean error", "stores": STORE, "variable": "error", "within": "trained"}
TOLERANCES = {
    "exact": {"because": "Counted."},
    "trained": {"relative": 0.1, "absolute": 0.01, "because": "Trainings go apart."},
    "small": {"absolute": 0.3, "factor": 10.0, "because": "Small and positive."},
}


def file_content(*numbers: dict, **changes) -> dict:
    """Return the content of a file with numbers of one figure."""
    listed = [{**NUMBER, **one} for one in numbers] or [NUMBER]
    return {"tolerances": TOLERANCES, "numbers": {"ssno_fig3": listed}, **changes}


def scores() -> xr.Dataset:
    """Return errors of four runs on two sets, one of which blew up, and what tells runs apart."""
    error = np.array([[1.0, 2.0], [3.0, 4.0], [np.inf, 6.0], [np.nan, 8.0]])
    return xr.Dataset(
        {
            "error": (("run", "split"), error),
            "trapped": ("run", [False, True, False, True]),
            "lost": ("run", [np.inf] * 4),
            "label": ("run", list("abcd")),
        },
        {
            "split": ["test", "long"],
            "model": ("run", ["ssno", "ffno", "ffno", "ssno"]),
            "rate": ("run", [0.1, 0.2, 0.1, 0.2]),
            "seed": ("run", [0, 0, 1, 1]),
        },
    )


def number(**changes) -> Number:
    return Number.model_validate({**NUMBER, **changes})


@pytest.fixture
def results(tmp_path):
    """Return a scale's folder with one store in it."""
    write_store(scores(), tmp_path / "laptop" / STORE)
    return tmp_path / "laptop"


@pytest.fixture
def reference(tmp_path):
    """Return a function that makes a folder with the numbers of record of the present results."""
    return lambda registry: write_record(registry, tmp_path)


def write_record(registry: Tolerances, folder: Path) -> Path:
    figures = {"ssno_fig3": {"inputs": {"scores": [STORE]}, "params": {}}}
    record = {
        "paper": "ssno",
        "scale": "laptop",
        "configuration": [],
        "commit": "0" * 40,
        "versions": {},
        "devices": ["cpu"],
        "dates": ["2026-11-26"],
        "archive": "",
        "stores": {},
        "figures": figures,
        "measured": {},
        "shown": [],
        "numbers": numbers_of(registry, figures, folder / "laptop"),
    }
    path = record_of("laptop", "ssno", folder / "reference")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, allow_nan=False))
    return folder / "reference"


@pytest.fixture
def command(results, reference, tmp_path, monkeypatch):
    """Return the words of the command, in a folder with a file of tolerances."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tolerances.yaml").write_text(yaml.safe_dump(file_content()))
    monkeypatch.chdir(tmp_path)
    folder = reference(Tolerances.model_validate(file_content()))
    return ["compare", str(results), "--reference", str(folder)]


@pytest.mark.parametrize(
    ("changes", "value", "finite"),
    [
        ({}, 4.0, 0.75),
        ({"reduce": "median"}, 3.5, 0.75),
        ({"reduce": "min"}, 1.0, 0.75),
        ({"reduce": "max"}, 8.0, 0.75),
        ({"reduce": "sum"}, 24.0, 0.75),
        ({"reduce": "std", "select": {"seed": 0}}, 1.25**0.5, 1.0),
        ({"select": {"split": "long"}}, 5.0, 1.0),
        ({"select": {"model": "ssno", "split": "long"}}, 5.0, 1.0),
        ({"select": {"model": "ssno", "seed": 0}}, 1.5, 1.0),
        ({"select": {"rate": 0.1, "split": ["test", "long"]}}, 3.0, 0.75),
        ({"select": {"trapped": True, "split": "test"}}, 3.0, 0.5),
        ({"select": {"run": [0, 1]}}, 2.5, 1.0),
        ({"last": "run"}, 8.0, 0.5),
        ({"last": "run", "select": {"model": "ffno", "split": "long"}}, 6.0, 1.0),
        ({"first": {"run": "max"}}, 5.5, 0.75),
        ({"first": {"split": "sum"}, "reduce": "min"}, 3.0, 0.75),
        ({"first": {"split": "sum"}, "reduce": "min", "select": {"split": "test"}}, 1.0, 0.5),
        ({"variable": "trapped"}, 0.5, 1.0),
        ({"variable": "lost"}, None, 0.0),
    ],
)
def test_a_store_gives_the_number_and_its_share_of_finite_values(changes, value, finite):
    assert value_of(scores(), number(**changes)) == (pytest.approx(value), finite)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variable": "errors"}, "errors"),
        ({"variable": "label"}, "could not convert string to float"),
        ({"select": {"splits": "test"}}, "splits"),
        ({"select": {"split": "tests"}}, "split has no 'tests'"),
        ({"select": {"seed": [0, 7]}}, "seed has no 7"),
        ({"select": {"rate": "fast"}}, "rate has no 'fast'"),
        ({"select": {"model": "ffno", "label": "a"}}, "label has no 'a'"),
        ({"last": "frame"}, "frame"),
        ({"first": {"time": "mean"}}, "time"),
    ],
)
def test_what_a_store_lacks_is_named(changes, message):
    with pytest.raises((KeyError, ValueError), match=message):
        value_of(scores(), number(**changes))


@pytest.mark.parametrize(
    ("of_record", "measured", "within", "state", "reason"),
    [
        (4.0, 4.3, "trained", AGREES, "4.3, within 3.6 to 4.4 (trained: Trainings go apart.)"),
        (4.0, 4.5, "trained", MOVED, "4.5 instead of 4, outside 3.6 to 4.4 (trained"),
        (-4.0, -4.3, "trained", AGREES, "-4.3, within -4.4 to -3.6 (trained"),
        (0.01, 0.0, "trained", AGREES, "0, within 0 to 0.02 (trained"),
        (0.01, -0.01, "trained", MOVED, "-0.01 instead of 0.01"),
        (0.02, 0.15, "small", AGREES, "0.15, within 0.002 to 0.2 (small"),
        (0.02, 0.0, "small", MOVED, "outside 0.002 to 0.2 (small"),
        (0.02, 0.25, "small", MOVED, "outside 0.002 to 0.2"),
        (2.0, 2.4, "small", MOVED, "outside 1.7 to 2.3 (small"),
        (-0.02, -0.15, "small", AGREES, "-0.15, within -0.2 to -0.002 (small"),
        (4.0, 4.0, "exact", AGREES, "4, within 4 to 4 (exact: Counted.)"),
        (4.0, 4.0000001, "exact", MOVED, "(exact: Counted.)"),
    ],
)
def test_a_number_moved_when_it_left_its_tolerance(of_record, measured, within, state, reason):
    tolerance = Tolerances.model_validate(file_content()).tolerances[within]
    got, why = agreement((of_record, 1.0), (measured, 1.0), within, tolerance)
    assert got == state
    assert reason in why


@pytest.mark.parametrize(
    ("of_record", "measured", "state", "reason"),
    [
        ((4.0, 1.0), (4.0, 0.75), MOVED, "finite values 0.75, not 1"),
        ((4.0, 0.75), (4.0, 0.75), AGREES, "4, within 3.6 to 4.4 (trained"),
        ((4.0, 0.75), (4.0, 1.0), MOVED, "finite values 1, not 0.75"),
        ((None, 0.0), (None, 0.0), AGREES, "nothing is finite"),
        ((None, 0.0), (4.0, 0.5), MOVED, "finite values 0.5, not 0"),
        ((4.0, 1.0), (None, 0.0), MOVED, "finite values 0, not 1"),
    ],
)
def test_another_share_of_finite_values_is_a_change(of_record, measured, state, reason):
    tolerance = Tolerances.model_validate(file_content()).tolerances["trained"]
    got, why = agreement(of_record, measured, "trained", tolerance)
    assert got == state
    assert reason in why


def test_a_narrower_tolerance_takes_the_place_of_another_at_its_scale():
    registry = Tolerances.model_validate(file_content(narrower={"smoke": {"trained": "exact"}}))
    assert registry.tolerance("smoke", "trained") == "exact"
    assert registry.tolerance("laptop", "trained") == "trained"
    assert registry.tolerance("smoke", "small") == "small"


def test_the_text_tells_all_that_does_not_agree_and_on_request_the_rest(results, reference):
    registry = Tolerances.model_validate(
        file_content(
            {},
            {"name": "highest", "stores": "ssno/*/scores.zarr", "reduce": "max"},
            {"name": "label", "select": {"model": "sfno"}},
            {"name": "rate of a", "variable": "rate", "select": {"label": "a"}},
            {"name": "of another", "stores": "ssno/sh2d/scores.zarr"},
        )
    )
    record = published("laptop", reference(registry))
    error = scores().error
    moved = scores().assign(error=error.where(error != 8, 9.0), label=("run", list("bbcd")))
    write_store(moved, results / STORE)
    outcomes = compare(registry, record, results)
    # Neither model nor store are among the numbers of record: there is nothing to compare.
    assert [outcome.state for outcome in outcomes] == [AGREES, MOVED, MISSING]
    runs = {"ssno": "reference/laptop, commit abc, 2026-12-03"}
    run, head, *others = as_text(runs, outcomes, ["cycles"]).splitlines()
    assert run == "ssno of record: reference/laptop, commit abc, 2026-12-03"
    assert head == "ssno_fig3: 1 of 3 agree"
    assert others == [
        f"  moved: highest ({STORE}): 9 instead of 8, outside 7.2 to 8.8 "
        "(trained: Trainings go apart.)",
        f"  missing: rate of a ({STORE}): label has no 'a'",
        "cycles: not published yet",
        "1 of 3 numbers of record agree, 1 moved, 1 missing",
        SINCE,
    ]
    agreeing = (
        f"  agrees: mean error ({STORE}): 4.16667, within 3.6 to 4.4 (trained: Trainings go apart.)"
    )
    full = as_text(runs, outcomes, ["cycles"], full=True).splitlines()
    assert full == [run, head, agreeing, *others]


def test_the_command_fails_when_a_number_moved(command, results, capsys):
    assert main(command) == 0
    run, *lines = capsys.readouterr().out.splitlines()
    assert run.startswith("ssno of record: reference/laptop, commit ")
    assert lines == [
        "ssno_fig3: 1 of 1 agree",
        "cycles: not published yet",
        "toxicity: not published yet",
        "1 of 1 numbers of record agree",
    ]
    write_store(scores().assign(error=1.2 * scores().error), results / STORE)
    assert main(command) == 1
    assert "4.8 instead of 4, outside 3.6 to 4.4" in capsys.readouterr().out
    assert main([*command, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["not_published"] == ["cycles", "toxicity"]
    (value,) = answer["values"]
    assert value.pop("reason")
    assert value == {
        "figure": "ssno_fig3",
        "name": f"mean error ({STORE})",
        "state": MOVED,
        "value": pytest.approx(4.8),
        "reference": pytest.approx(4.0),
    }


def test_a_store_that_was_altered_is_not_measured(command, results, capsys):
    attributes = results / STORE / ".zattrs"
    attributes.write_text(attributes.read_text().replace('"digest": "', '"digest": "0'))
    assert main(command) == 1
    assert "scores.zarr is not what was written" in capsys.readouterr().out


def test_a_number_without_anything_finite_is_one_of_record(results, reference):
    registry = Tolerances.model_validate(file_content({"variable": "lost"}))
    record = published("laptop", reference(registry))
    assert [o.reason for o in compare(registry, record, results)] == ["nothing is finite"]
    write_store(scores().assign(lost=("run", [1.0] * 4)), results / STORE)
    (outcome,) = compare(registry, record, results)
    assert (outcome.state, outcome.reason) == (MOVED, "share of finite values 1, not 0")


def test_a_number_that_was_not_published_is_missing(results, reference):
    record = published("laptop", reference(Tolerances.model_validate(file_content())))
    wider = Tolerances.model_validate(file_content({}, {"name": "highest", "reduce": "max"}))
    first, second = compare(wider, record, results)
    assert (first.state, second.state) == (AGREES, MISSING)
    assert "it was not published: publish again" in second.reason


def test_a_number_of_record_that_is_no_longer_named_is_missing(results, reference):
    wider = Tolerances.model_validate(file_content({}, {"name": "highest", "reduce": "max"}))
    record = published("laptop", reference(wider))
    first, second = compare(Tolerances.model_validate(file_content()), record, results)
    assert (first.state, second.state) == (AGREES, MISSING)
    assert second.name == f"highest ({STORE})"
    assert "tolerances.yaml does not name it any more" in second.reason


def test_a_figure_that_was_not_published_is_named(command, tmp_path, capsys):
    content = file_content()
    content["numbers"] |= {"ssno_fig4": [NUMBER], "cycles_fig1": [NUMBER]}
    (tmp_path / "config" / "tolerances.yaml").write_text(yaml.safe_dump(content))
    assert main([*command, "--json"]) == 0
    absent = json.loads(capsys.readouterr().out)["not_published"]
    assert absent == ["cycles", "toxicity", "ssno_fig4"]


def test_numbers_of_record_are_not_compared_with_themselves(command, results, capsys):
    drawn = results.parent / "results/reference/laptop"
    shutil.copytree(results, drawn)
    for folder in (drawn, results.parent / "reference/laptop"):
        assert main(["compare", str(folder), *command[2:]]) == 1
        assert f"{folder} is of the numbers of record" in capsys.readouterr().err


def test_one_paper_is_compared_alone(command, results, capsys):
    (results / STORE).rename(results / "gone.zarr")
    assert main([*command, "--paper", "cycles"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == ["cycles: not published yet", "0 of 0 numbers of record agree"]
    (results / "gone.zarr").rename(results / STORE)
    assert main([*command, "--paper", "ssno"]) == 0
    assert main([*command, "--paper", "ssno", "--paper", "cycles"]) == 1
    assert main(command) == 0
    assert main([*command, "--paper", "cycle"]) == 2
    assert "no paper cycle; there are ssno" in capsys.readouterr().err


def test_a_store_that_a_figure_reads_twice_has_one_number(results, reference):
    registry = Tolerances.model_validate(file_content())
    (record,) = published("laptop", reference(registry)).values()
    record.figures["ssno_fig3"]["inputs"]["again"] = STORE
    assert len(compare(registry, {"ssno": record}, results)) == 1


def test_a_misspelt_name_is_not_taken_for_another_scales(results, reference):
    for misspelt in ({"variable": "errors"}, {"last": "errors"}, {"first": {"errors": "mean"}}):
        with pytest.raises(ValueError, match=r"ssno_fig3: .* asks for .*errors"):
            reference(Tolerances.model_validate(file_content(misspelt)))
    elsewhere = Tolerances.model_validate(file_content({"select": {"seed": 7}}))
    record = published("laptop", reference(elsewhere))
    assert list(record["ssno"].numbers["ssno_fig3"].values()) == [None]


def test_a_scale_without_numbers_of_record_is_refused_by_name(command, tmp_path, capsys):
    (tmp_path / "paper").mkdir()
    assert main(["compare", str(tmp_path / "paper"), *command[2:]]) == 1
    assert "of the scale 'paper'" in (said := capsys.readouterr().err)
    assert "there are: laptop" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (file_content({"within": "luck"}), "no tolerance luck; known: exact, small, trained"),
        (file_content(narrower={"smoke": {"small": "luck"}}), "no tolerance luck"),
        (file_content({"reduce": "mode"}), "ssno_fig3.0.reduce"),
        (file_content({"stores": "scores.csv"}), "ssno_fig3.0.stores"),
        (file_content({"select": {"seed": []}}), "ssno_fig3.0.select.seed"),
        (file_content({"selects": {}}), "ssno_fig3.0.selects: unknown key"),
        (file_content(tolerances={"trained": {"relative": 0.1}}), "tolerances.trained.because"),
        (
            file_content(tolerances={"trained": {"relative": -1, "because": "x"}}),
            "trained.relative",
        ),
        (file_content(tolerances={"trained": {"factor": 1.0, "because": "x"}}), "trained.factor"),
        (file_content(numbers={"figure 3": []}), "figure 3"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "tolerances.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigurationError) as caught:
        load_tolerances(path)
    assert message in str(caught.value)


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path):
    """YAML's own loader would take the last one: a claim of one's own in the place of another."""
    (tmp_path / "tolerances.yaml").write_text("numbers: {}\nnumbers: {}\n")
    with pytest.raises(ConfigurationError, match=r"numbers twice(.|\n)*line 2"):
        load_tolerances(tmp_path / "tolerances.yaml")
