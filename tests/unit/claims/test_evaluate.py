from __future__ import annotations

import math

import pytest

from triptych.claims.evaluate import (
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_EVALUATED,
    broken,
    by_kind,
    evaluate,
    verdict,
)
from triptych.claims.measure import measure, read_json, write_json
from triptych.claims.measured import Measured, Unavailable, extreme
from triptych.claims.registry import Claim, Finding
from triptych.claims.render import as_markdown, section, totals


def claim(**threshold: float) -> Claim:
    return Claim(
        paper="ssno",
        says="It is <better> | so.",
        measures="lead, times",
        quantity="lead",
        reason="Ten times.",
        figure="ssno_fig3",
        **threshold,
    )


@pytest.mark.parametrize(
    ("low", "high", "threshold", "expected"),
    [
        (11, 12, {"at_least": 10}, HOLDS),
        (10, 10, {"at_least": 10}, HOLDS),
        (9, 12, {"at_least": 10}, INCONCLUSIVE),
        (8, 9, {"at_least": 10}, FAILS),
        (8, 10, {"at_least": 10}, INCONCLUSIVE),
        (11, math.inf, {"at_least": 10}, HOLDS),
        (-2, -1, {"at_most": 0}, HOLDS),
        (0, 0, {"at_most": 0}, HOLDS),
        (-1, 1, {"at_most": 0}, INCONCLUSIVE),
        (0, 1, {"at_most": 0}, INCONCLUSIVE),
        (0.1, 1, {"at_most": 0}, FAILS),
    ],
)
def test_verdicts(low, high, threshold, expected):
    assert verdict(low, high, claim(**threshold)) == expected


def rows(scale="workstation"):
    claims = {name: claim(at_least=10) for name in ("S1", "S2", "S3", "S4", "S5")}
    measured = {
        "S1": {"value": 20.0, "low": 15.0, "high": 25.0, "basis": "7 systems"},
        "S2": {"value": 10.0, "low": 5.0, "high": 25.0, "basis": "7 systems"},
        "S3": {"value": 2.0, "low": 1.0, "high": 3.0, "basis": "7 systems"},
        "S4": {"value": math.nan, "low": 1.0, "high": 3.0, "basis": "7 systems"},
    }
    return evaluate(claims, measured, scale)


def test_claims_that_fail_or_were_not_run_are_broken_where_they_count():
    evaluated = rows()
    assert [row["verdict"] for row in evaluated] == [
        HOLDS,
        INCONCLUSIVE,
        FAILS,
        NOT_EVALUATED,
        NOT_EVALUATED,
    ]
    assert [row["name"] for row in broken(evaluated)] == ["S3", "S4", "S5"]
    assert "not a number" in evaluated[3]["why_not"]
    assert "not among what was measured at this scale" in evaluated[4]["why_not"]


@pytest.mark.parametrize("unknown", ["value", "low", "high"])
def test_a_claim_of_which_a_number_is_unknown_is_not_evaluated(unknown: str) -> None:
    measured = {"value": 20.0, "low": 15.0, "high": 25.0, "basis": "7 systems", unknown: math.nan}
    (row,) = evaluate({"S1": claim(at_least=10)}, {"S1": measured}, "workstation")
    assert row["verdict"] == NOT_EVALUATED


@pytest.mark.parametrize("scale", ["smoke", "laptop", "mine"])
def test_small_scales_do_not_count(scale):
    assert broken(rows(scale)) == []
    assert totals(rows(scale)) == f"{totals(rows())} (at this scale they do not count)"


def test_tables_hold_every_claim_and_escape_what_they_say():
    markdown = as_markdown(rows())
    assert markdown.startswith(f"{totals(rows())}.\n\n|")
    assert markdown.count("\n") == 9
    assert "It is <better> \\| so." in markdown
    assert "20 [15, 25]" in markdown
    assert "lead, times ≥ 10" in markdown
    assert totals(rows()) == "1 holds, 1 does not hold, 1 inconclusive, 2 not evaluated"


FINDINGS = {
    name: {"paper": "ssno", "says": "A | gap.", "quantity": "gap", "figure": "ssno_fig3"}
    for name in ("SF1", "SF2")
}
MEASURED_FINDINGS = {"SF1": {"value": 2.0, "low": 1.0, "high": 3.0, "basis": "7 systems"}}


def test_findings_have_intervals_and_no_verdict(tmp_path):
    entries = {name: Finding.model_validate(given) for name, given in FINDINGS.items()}
    findings = evaluate(entries, MEASURED_FINDINGS, "workstation")
    assert not any("verdict" in row or "counts" in row for row in findings)
    assert by_kind([*rows(), *findings]) == (rows(), findings)
    claims = {"S1": claim(at_least=10).model_dump()}
    write_json({**MEASURED_FINDINGS, "S1": MEASURED_FINDINGS["SF1"]}, tmp_path / "ssno.json")
    text = section(claims, FINDINGS, tmp_path / "ssno.json", "workstation")
    assert text.startswith("1 does not hold.\n\n|")
    *_, first, second = text.splitlines()
    assert first == "| SF1 | A \\| gap. | 2 [1, 3] | 7 systems | ssno_fig3 |"
    assert "not among what was measured at this scale" in second
    assert "beyond the papers" not in section(claims, {}, tmp_path / "ssno.json", "workstation")


def test_files_keep_what_json_lacks(tmp_path):
    path = tmp_path / "claims.json"
    write_json([{"value": math.inf, "basis": "few", "low": -1.5, "none": None}], path)
    assert read_json(path) == [{"value": math.inf, "basis": "few", "low": -1.5, "none": None}]


def test_measuring_passes_arguments_and_says_what_is_missing():
    def lead(results, of="all"):
        if of == "none":
            raise Unavailable("nothing was scored")
        return Measured(results, results, results, of)

    claims = {
        "S1": {"quantity": "lead", "arguments": {}},
        "S2": {"quantity": "lead", "arguments": {"of": "none"}},
    }
    measured = measure(claims, {"lead": lead}, 3.0)
    assert measured["S1"] == {"value": 3.0, "low": 3.0, "high": 3.0, "basis": "all"}
    assert measured["S2"] == {"reason": "nothing was scored"}
    with pytest.raises(ValueError, match=r"claim S9: unknown quantity 'leed'; known: lead"):
        measure({"S9": {"quantity": "leed", "arguments": {}}}, {"lead": lead}, 3.0)
    misspelt = {"S8": {"quantity": "lead", "arguments": {"off": "all"}}}
    with pytest.raises(TypeError, match="off") as raised:
        measure(misspelt, {"lead": lead}, 3.0)
    assert raised.value.__notes__ == ["claim S8: lead of {'off': 'all'}"]


def test_of_a_least_or_greatest_each_end_is_taken_by_itself():
    wide, narrow = Measured(2.0, -9.0, 30.0, "of a"), Measured(1.0, 0.5, 9.0, "of b")
    least = extreme(["a", "b"], [wide, narrow], "least")
    assert least == Measured(1.0, -9.0, 9.0, "value of b, each end the least of 2; of b")
    greatest = extreme(["a", "b"], [wide, narrow], "greatest")
    assert greatest == Measured(2.0, 0.5, 30.0, "value of a, each end the greatest of 2; of a")
    unknown = extreme(["a", "b"], [wide, Measured(math.nan, 0.0, 1.0, "of c")], "least")
    assert math.isnan(unknown.value)
    with pytest.raises(ValueError, match="'worst': least or greatest"):
        extreme(["a"], [wide], "worst")
