from __future__ import annotations

import inspect

import pytest
import yaml

from triptych.claims.registry import load_registry
from triptych.config.load import ConfigurationError
from triptych.cycles.claims import QUANTITIES as CYCLES
from triptych.ssno.claims import QUANTITIES as SSNO
from triptych.toxicity.claims import QUANTITIES as TOXICITY

KNOWN = {"ssno": SSNO, "cycles": CYCLES, "toxicity": TOXICITY}
GOOD = {
    "paper": "ssno",
    "says": "It is better.",
    "measures": "lead, times",
    "quantity": "lead",
    "at_least": 10,
    "reason": "Ten times.",
    "figure": "ssno_fig3",
}


def assert_measured(entry):
    quantity = KNOWN[entry.paper][entry.quantity]
    inspect.signature(quantity).bind(None, **entry.arguments)  # an error names what is wrong


def test_the_registry_names_known_quantities_and_figures(project):
    claims = load_registry(project / "config" / "claims.yaml").claims
    counts = {"S": 5, "C": 7, "T": 5}
    of_the_papers = {f"{p}{n}" for p, count in counts.items() for n in range(1, count + 1)}
    assert {name.rstrip("abc") for name in claims} == of_the_papers
    for name, claim in claims.items():
        assert_measured(claim)
        assert claim.figure.startswith(claim.paper), name
        script = f"plot_{claim.figure.removeprefix(claim.paper + '_')}.py"
        assert (project / "scripts" / claim.paper / script).exists(), name


def test_findings_name_known_quantities(project):
    registry = load_registry(project / "config" / "claims.yaml")
    assert set(registry.findings) >= {f"CF{n}" for n in range(1, 7)}
    assert not set(registry.findings) & set(registry.claims)
    for finding in registry.findings.values():
        assert_measured(finding)


@pytest.mark.parametrize("change", [{"at_least": 0}, {"reason": "so"}, {"figure": "none"}])
def test_a_finding_with_a_line_is_refused(tmp_path, change):
    finding = {key: GOOD[key] for key in ("paper", "says", "quantity", "figure")}
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": {}, "findings": {"SF1": {**finding, **change}}}))
    with pytest.raises(ConfigurationError, match=f"findings.SF1.{next(iter(change))}"):
        load_registry(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"at_most": 3}, "claims.S1: a claim has one threshold"),
        ({"at_least": None}, "claims.S1: a claim has one threshold"),
        ({"at_least": "many"}, "claims.S1.at_least"),
        ({"paper": "physics"}, "claims.S1.paper"),
        ({"figure": "figure 3"}, "claims.S1.figure"),
        ({"threshold": 3}, "claims.S1.threshold: unknown key"),
        ({"says": ""}, "claims.S1.says"),
    ],
)
def test_a_broken_claim_is_refused_by_name(tmp_path, change, message):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": {"S1": {**GOOD, **change}}}))
    with pytest.raises(ConfigurationError, match=r"claims\.yaml is wrong:\n") as caught:
        load_registry(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"claims: {}\nfindings: ]\n", r'claims\.yaml", line 2'), (b"\xff\xfe\xff", r"claims\.yaml")],
)
def test_a_file_that_is_no_yaml_is_refused_with_its_line(tmp_path, content, message):
    path = tmp_path / "claims.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        load_registry(path)
