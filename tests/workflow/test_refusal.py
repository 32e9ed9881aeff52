"""What cannot begin ends in one message: no file names of rules, no traceback, status 1."""

from __future__ import annotations

import pytest

SMOKE = ("cycles_fig4", "--configfile", "config/smoke.yaml")
PROFILE = "Using workflow specific profile"
EXTENDED = "Config file config/config.yaml is extended"


def message(done):
    """Return what a refused run says, without Snakemake's notes on profile and configuration."""
    assert done.returncode == 1
    return [li for li in done.stderr.splitlines() if not li.startswith((PROFILE, EXTENDED))]


@pytest.mark.parametrize("words", [(), ("--dry-run",), ("--mode", "subprocess")])
def test_a_wrong_setting(toy, words):
    first, *keys = message(toy.snakemake(*words, "--config", "scal=laptop", check=False))
    assert first == "the configuration cannot be run:"
    (key,) = keys
    assert key.startswith("  scal: unknown key; did you mean 'scale'?")
    assert not (toy.folder / "results").exists()
    toy.snakemake("make.txt")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("config/claims.yaml", "claims:", "claimz:", "claimz: unknown key"),
        ("config/claims.yaml", "claims:", "claims: [", "config/claims.yaml"),
        ("config/raw_inputs.yaml", "digest:", "digesst:", "digesst"),
        ("config/raw_inputs.yaml", "mnist_5k:", "mnist_6k:", "no raw input 'mnist_5k'"),
    ],
)
def test_a_wrong_registry(checkout, file, old, new, said):
    checkout.edit(file, old, new)
    lines = message(checkout.snakemake("--dry-run", *SMOKE, check=False))
    assert said in "\n".join(lines)
    assert not [line for line in lines if ".smk" in line or "Snakefile" in line]


def test_a_request_of_no_rule(checkout):
    request = ("--config", "resources={cycles_trian: {mem_mb: 7000}}")
    (line,) = message(checkout.snakemake("--dry-run", *SMOKE, *request, check=False))
    said = "resources.cycles_trian: there is no such rule; did you mean 'cycles_train'"
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("target", "nearest"), [("cycles_fgi4", "cycles_fig4"), ("al", "all"), ("verfy", "verify")]
)
def test_a_misspelt_target(fresh, target, nearest):
    (line,) = message(fresh.snakemake("--dry-run", target, check=False))
    assert line.startswith(f"there is no target '{target}'; did you mean '{nearest}'")
    assert line in fresh.triptych("why", target, check=False).stderr
