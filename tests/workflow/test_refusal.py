"""What cannot begin ends in one message: no file names of rules, no traceback, status 1."""

from __future__ import annotations

import pytest
from checkout import changed

SMOKE = ("cycles_fig4", "--configfile", "config/smoke.yaml")
PROFILE = "Using workflow specific profile"
EXTENDED = "Config file config/config.yaml is extended"


def message(done):
    """Return what a refused run says, without Snakemake's notes on profile and configuration."""
    assert done.returncode == 1
    return [li for li in done.stderr.splitlines() if not li.startswith((PROFILE, EXTENDED))]


def test_a_wrong_setting(shared_toy):
    for words in ((), ("--dry-run",), ("--mode", "subprocess")):
        done = shared_toy.snakemake(*words, "--config", "scal=laptop", check=False)
        first, *keys = message(done)
        assert first == "the configuration cannot be run:"
        (key,) = keys
        assert key.startswith("  scal: unknown key; did you mean 'scale'?")
        assert not (shared_toy.folder / "results").exists()
    shared_toy.snakemake("make.txt")


def test_a_file_in_the_place_of_all_results(shared_toy):
    done = shared_toy.snakemake("--config", "results=Snakefile", check=False)
    (line,) = message(done)
    assert line.startswith("results: Snakefile/laptop cannot be made, for")
    assert line.endswith("Snakefile is a file")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("config/claims.yaml", "claims:", "claimz:", "claimz: unknown key"),
        ("config/claims.yaml", "figure: ssno_fig4", "figure: ssno_fig44", "no figure 'ssno_fig44'"),
        ("config/raw_inputs.yaml", "digest:", "digesst:", "digesst"),
        ("config/raw_inputs.yaml", "mnist_5k:", "mnist_6k:", "no raw input 'mnist_5k'"),
    ],
)
def test_a_wrong_registry(fresh, file, old, new, said):
    with changed(fresh.folder / file, old, new):
        lines = message(fresh.snakemake("--dry-run", *SMOKE, check=False))
    assert said in "\n".join(lines)
    assert not [line for line in lines if ".smk" in line or "Snakefile" in line]


@pytest.mark.parametrize(
    ("rule", "then"), [("cycles_trian", "; did you mean 'cycles_train'?"), ("zzzz", ";")]
)
def test_resources_of_a_rule_that_asks_for_nothing(fresh, rule, then):
    request = ("--config", f"resources={{{rule}: {{mem_mb: 7000}}}}")
    (line,) = message(fresh.snakemake("--dry-run", *SMOKE, *request, check=False))
    assert line.startswith(f"resources.{rule}: there is no such rule{then} rules: ")


@pytest.mark.parametrize(
    "run",
    [
        "toxicity/tox21/runs/sparse_rxnfp_random_f0_0.2",  # no such encoder
        "toxicity/tox21/runs/sparse_rxnfp_bert_random_f0_0.2.1",
        "toxicity/tox22/runs/sparse_rxnfp_bert_random_f0_0.2",
        "ssno/ks2d/runs/fnoo_default_n5_s0",
        "ssno/ks2d/runs/ssno_nonsense_n5_s0",
    ],
)
def test_a_run_that_no_rule_makes(fresh, run):
    weights = f"results/laptop/{run}/weights.safetensors"
    done = fresh.snakemake("--dry-run", weights, check=False)
    assert done.returncode == 1
    assert f"No rule to produce {weights}" in done.stdout


def test_a_paper_is_asked_for_by_its_target(fresh):
    (line,) = message(fresh.snakemake("--dry-run", "cycles", check=False))
    assert line == "there is no target 'cycles'; did you mean 'paper_cycles'?"


def test_a_misspelt_target(fresh):
    (line,) = message(fresh.snakemake("--dry-run", "cycles_fgi4", check=False))
    assert line.startswith("there is no target 'cycles_fgi4'; did you mean 'cycles_fig4'")
    assert line in fresh.triptych("why", "cycles_fgi4", check=False).stderr
