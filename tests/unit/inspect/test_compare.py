from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from triptych.__main__ import main
from triptych.config.load import ConfigurationError
from triptych.inspect.compare import (
    AGREES,
    MISSING,
    MOVED,
    NEW,
    Measurement,
    ReferenceValue,
    Registry,
    Unmeasurable,
    as_text,
    compare,
    load_registry,
    measure,
    renewed,
    save_registry,
    verdict,
)
from triptych.runtime.store import write_store

ENTRY = {
    "name": "mean error",
    "store": "ssno/ks2d/scores.zarr",
    "variable": "error",
    "within": "trained",
    "value": 2.5,
}
TOLERANCES = {
    "exact": {"because": "Counted."},
    "trained": {"relative": 0.1, "absolute": 0.01, "because": "Trainings go apart."},
    "small": {"absolute": 0.3, "factor": 10.0, "because": "Small and positive."},
}


def file_content(*entries: dict, **changes) -> dict:
    """Return the content of a file with entries of one figure."""
    listed = [{**ENTRY, **entry} for entry in entries] or [ENTRY]
    return {"tolerances": TOLERANCES, "scales": {"laptop": {"ssno_fig3": listed}}, **changes}


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


def entry(**changes) -> ReferenceValue:
    return ReferenceValue.model_validate({**ENTRY, **changes})


@pytest.fixture
def results(tmp_path):
    """Return a scale's folder with one store in it."""
    write_store(scores(), tmp_path / "laptop" / ENTRY["store"])
    return tmp_path / "laptop"


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
        ({"first": {"run": "max"}}, 5.5, 0.75),
        ({"first": {"split": "sum"}, "reduce": "min"}, 3.0, 0.75),
        ({"first": {"split": "sum"}, "reduce": "min", "select": {"split": "test"}}, 1.0, 0.5),
        ({"variable": "trapped"}, 0.5, 1.0),
        ({"variable": "lost"}, None, 0.0),
    ],
)
def test_a_store_gives_the_number_and_its_share_of_finite_values(changes, value, finite):
    assert measure(scores(), entry(**changes)) == Measurement(pytest.approx(value), finite)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variable": "errors"}, "'errors'; there are error, label, lost, model, rate, seed"),
        ({"variable": "label"}, "label holds no numbers"),
        ({"select": {"splits": "test"}}, "'splits'; there are error, label"),
        ({"select": {"split": "tests"}}, "split has no 'tests'; there are test, long"),
        ({"select": {"seed": [0, 7]}}, "seed has no 7; there are 0, 1"),
        ({"select": {"rate": "fast"}}, "rate has no 'fast'; there are 0.1, 0.2"),
        ({"select": {"model": "ffno", "label": "a"}}, "label has no 'a'; there are b, c"),
        ({"select": {"error": 1.0}}, "error does not run along one dimension of error"),
        ({"variable": "trapped", "select": {"split": "long"}}, "split does not run along"),
        ({"first": {"time": "mean"}}, "error has no dimension 'time'; there are run, split"),
    ],
)
def test_what_a_store_lacks_is_named_with_what_it_has(changes, message):
    with pytest.raises(Unmeasurable) as caught:
        measure(scores(), entry(**changes))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "measurement", "state", "reason"),
    [
        (
            {"value": 4.0},
            Measurement(4.3, 1.0),
            AGREES,
            "4.3, within 3.6 to 4.4 (trained: Trainings go apart.)",
        ),
        (
            {"value": 4.0},
            Measurement(4.5, 1.0),
            MOVED,
            "4.5 instead of 4, outside 3.6 to 4.4 (trained",
        ),
        ({"value": -4.0}, Measurement(-4.3, 1.0), AGREES, ""),
        ({"value": 0.01}, Measurement(0.0, 1.0), AGREES, ""),
        ({"value": 0.01}, Measurement(-0.01, 1.0), MOVED, "-0.01 instead of 0.01"),
        ({"value": 4.0}, Measurement(4.0, 0.75), MOVED, "finite values 0.75 instead of 1"),
        ({"value": 4.0, "finite": 0.75}, Measurement(4.0, 0.75), AGREES, ""),
        (
            {"value": 4.0, "finite": 0.75},
            Measurement(4.0, 1.0),
            MOVED,
            "finite values 1 instead of 0.75",
        ),
        ({"value": 0.02, "within": "small"}, Measurement(0.15, 1.0), AGREES, ""),
        (
            {"value": 0.02, "within": "small"},
            Measurement(0.0, 1.0),
            MOVED,
            "outside 0.002 to 0.2 (small",
        ),
        ({"value": 0.02, "within": "small"}, Measurement(0.25, 1.0), MOVED, "outside 0.002 to 0.2"),
        (
            {"value": 2.0, "within": "small"},
            Measurement(2.4, 1.0),
            MOVED,
            "outside 1.7 to 2.3 (small",
        ),
        ({"value": -0.02, "within": "small"}, Measurement(-0.15, 1.0), AGREES, ""),
        ({"value": 4.0, "within": "exact"}, Measurement(4.0, 1.0), AGREES, ""),
        (
            {"value": 4.0, "within": "exact"},
            Measurement(4.0000001, 1.0),
            MOVED,
            "(exact: Counted.)",
        ),
        ({"value": None, "finite": 0}, Measurement(None, 0.0), AGREES, ""),
        (
            {"value": None, "finite": 0},
            Measurement(4.0, 0.5),
            MOVED,
            "finite values 0.5 instead of 0",
        ),
        ({"value": 4.0}, Measurement(None, 0.0), MOVED, "finite values 0 instead of 1"),
        ({"value": None}, Measurement(4.0, 1.0), NEW, "its value is null"),
    ],
)
def test_a_number_moved_when_it_left_its_tolerance(changes, measurement, state, reason):
    registry = Registry.model_validate(file_content(changes))
    (kept,) = registry.scales["laptop"]["ssno_fig3"]
    got, why = verdict(kept, registry.tolerances[kept.within], measurement)
    assert got == state
    assert reason in why
    assert why


def test_the_text_tells_all_that_does_not_agree_and_on_request_the_rest(results):
    registry = Registry.model_validate(
        file_content(
            {"value": 4.0, "finite": 0.75},
            {"name": "highest", "reduce": "max", "value": 5.0, "finite": 0.75},
            {"name": "of another", "store": "ssno/sh2d/scores.zarr"},
            {"name": "new", "value": None},
        )
    )
    outcomes = compare(registry, results)
    assert [outcome.state for outcome in outcomes] == [AGREES, MOVED, MISSING, NEW]
    head, *others = as_text(outcomes).splitlines()
    assert head == "ssno_fig3: 1 of 4 agree"
    assert others == [
        "  moved: highest: 8 instead of 5, outside 4.5 to 5.5 (trained: Trainings go apart.)",
        f"  missing: of another: there is no {results}/ssno/sh2d/scores.zarr",
        "  never measured: new: its value is null",
        "1 of 4 reference values agree, 1 moved, 1 missing, 1 never measured",
    ]
    agreeing = "  agrees: mean error: 4, within 3.6 to 4.4 (trained: Trainings go apart.)"
    assert as_text(outcomes, full=True).splitlines() == [head, agreeing, *others]


def test_renewing_keeps_all_but_what_was_measured(results, tmp_path):
    path = tmp_path / "kept.json"
    select = {"seed": [0, 1], "trapped": False}
    before = file_content(
        {"select": select, "first": {"split": "max"}, "reduce": "sum", "value": None},
        {"name": "of another", "store": "ssno/sh2d/scores.zarr"},
    )
    before["scales"]["smoke"] = {"ssno_fig1": [ENTRY]}
    registry = Registry.model_validate(before)
    save_registry(renewed(registry, "laptop", compare(registry, results)), path)
    after = json.loads(path.read_text())
    assert after["scales"]["laptop"]["ssno_fig3"][0].pop("finite") == 0.75
    before["scales"]["laptop"]["ssno_fig3"][0]["value"] = 8.0
    assert after == before


def test_the_file_holds_one_reference_value_a_line_and_reads_back(tmp_path):
    path = tmp_path / "kept.json"
    registry = Registry.model_validate(file_content({}, {"name": "Σ of “all”", "reduce": "sum"}))
    save_registry(registry, path)
    assert load_registry(path) == registry
    lines = [line.strip().rstrip(",") for line in path.read_text().splitlines()]
    assert [json.loads(line)["name"] for line in lines if line.startswith('{"name"')] == [
        "mean error",
        "Σ of “all”",
    ]


def test_the_command_fails_until_what_moved_is_renewed(results, tmp_path, capsys):
    path = tmp_path / "kept.json"
    path.write_text(json.dumps(file_content({"value": 4.0, "finite": 0.75})))
    words = ["compare", str(results), "--reference", str(path)]
    assert main(words) == 0
    assert capsys.readouterr().out == "ssno_fig3: 1 of 1 agree\n1 of 1 reference values agree\n"
    write_store(scores().assign(error=1.2 * scores().error), results / ENTRY["store"])
    assert main(words) == 1
    assert "mean error: 4.8 instead of 4, outside 3.6 to 4.4" in capsys.readouterr().out
    assert main([*words, "--renew"]) == 0
    assert main(words) == 0
    assert load_registry(path).scales["laptop"]["ssno_fig3"][0].value == 4.8


def test_a_store_that_was_altered_is_not_measured(results, tmp_path, capsys):
    path = tmp_path / "kept.json"
    path.write_text(json.dumps(file_content()))
    attributes = results / ENTRY["store"] / ".zattrs"
    attributes.write_text(attributes.read_text().replace('"digest": "', '"digest": "0'))
    assert main(["compare", str(results), "--reference", str(path)]) == 1
    assert "scores.zarr is not what was written" in capsys.readouterr().out


def test_a_scale_without_reference_values_is_refused_by_name(tmp_path, capsys):
    path = tmp_path / "kept.json"
    path.write_text(json.dumps(file_content()))
    (tmp_path / "paper").mkdir()
    assert main(["compare", str(tmp_path / "paper"), "--reference", str(path)]) == 1
    assert "the scale 'paper'; known: laptop" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            file_content({"within": "luck"}),
            "'mean error' is within 'luck', which is no tolerance; known: ",
        ),
        (file_content({}, {}), "laptop.ssno_fig3: 'mean error' comes more than once"),
        (file_content({"reduce": "mode"}), "ssno_fig3.0.reduce"),
        (file_content({"store": "scores.csv"}), "ssno_fig3.0.store"),
        (file_content({"select": {"seed": []}}), "ssno_fig3.0.select.seed"),
        (file_content({"selects": {}}), "ssno_fig3.0.selects: unknown key"),
        (file_content({"finite": 2}), "ssno_fig3.0.finite"),
        (file_content({"finite": 0}), "a value needs something finite"),
        (file_content(tolerances={"trained": {"relative": 0.1}}), "tolerances.trained.because"),
        (
            file_content(tolerances={"trained": {"relative": -1, "because": "x"}}),
            "trained.relative",
        ),
        (file_content(tolerances={"trained": {"factor": 1.0, "because": "x"}}), "trained.factor"),
        (file_content(scales={"laptop": {"figure 3": []}}), "figure 3"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "kept.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigurationError) as caught:
        load_registry(path)
    assert message in str(caught.value)
    path.write_text("{")
    with pytest.raises(ValueError, match=r"kept\.json is no JSON"):
        load_registry(path)
