"""The reference values of the smoke scale against a finished smoke run."""

from __future__ import annotations

import json

from triptych.__main__ import main
from triptych.inspect.compare import AGREES, as_text, compare, load_registry
from triptych.runtime.store import read_store, write_store


def test_the_numbers_behind_every_figure_come_out_again(smoke):
    registry = load_registry(smoke.folder / "config/reference_values.json")
    outcomes = compare(registry, smoke.folder / "results/smoke")
    assert {outcome.state for outcome in outcomes} == {AGREES}, as_text(outcomes)


def test_every_number_is_of_a_store_that_its_figure_is_drawn_from(smoke):
    registry = load_registry(smoke.folder / "config/reference_values.json")
    for figure, entries in registry.scales["smoke"].items():
        record = smoke.folder / f"results/smoke/figures/jobs/{figure}.pdf.json"
        inputs = json.loads(record.read_text())["inputs"].values()
        read = {path for one in inputs for path in (one if isinstance(one, list) else [one])}
        for entry in entries:
            assert f"results/smoke/{entry.store}" in read, (figure, entry.name)


def test_a_falsified_store_is_reported_and_so_is_what_is_missing(smoke, tmp_path, capsys):
    store = "ssno/ks2d/scores.zarr"
    scores = read_store(smoke.folder / "results/smoke" / store)
    write_store(scores.assign(mean_error=2 * scores.mean_error), tmp_path / "smoke" / store)
    kept = smoke.folder / "config/reference_values.json"
    assert main(["compare", str(tmp_path / "smoke"), "--reference", str(kept)]) == 1
    out = capsys.readouterr().out
    assert (
        "moved: SSNO's mean error, ks2d"
        in out.partition("ssno_fig3: ")[2].partition("ssno_fig4")[0]
    )
    assert f"there is no {tmp_path}/smoke/cycles/mixture.zarr" in out
    assert "toxicity_fig1: 0 of" in out
