"""The registry of claims: what a paper says, what measures it, and where the line is drawn.

Beside the claims stand findings: what was measured beyond the papers, without a line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from triptych.config.base import Section, Text
from triptych.config.load import read_section
from triptych.config.papers import FigureName, PaperName

COUNTS_AT = ("workstation", "paper")
"""Scales at which verdicts count: trainings of the others are too short to decide."""


class Finding(Section):
    """What is measured on a paper's results.

    Attributes
    ----------
    paper : str
        Whose results it is measured on.
    says : str
        What it is, in our words.
    quantity : str
        Name of the function of stored results that measures it.
    arguments : dict of str to str, optional
        What is passed to the quantity, such as a dataset.
    figure : str
        The figure that shows it.
    """

    paper: PaperName
    says: Text
    quantity: Text
    arguments: dict[str, str] = Field(default_factory=dict)
    figure: FigureName


class Claim(Finding):
    """One claim of one paper: a finding with a line.

    Attributes
    ----------
    measures : str
        What is compared with the threshold, with its unit.
    at_least, at_most : float, optional
        The threshold; exactly one of the two.
    reason : str
        Why the line is drawn there.
    """

    measures: Text
    at_least: float | None = None
    at_most: float | None = None
    reason: Text

    @model_validator(mode="after")
    def _one_threshold(self) -> Claim:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a claim has one threshold: at_least or at_most")
        return self


class Registry(Section):
    """All claims by their short names, such as S1a, and all findings by theirs, such as CF1."""

    claims: dict[Annotated[str, Field(pattern=r"^[A-Z]\d+[a-z]?$")], Claim]
    findings: dict[Annotated[str, Field(pattern=r"^[A-Z]F\d+[a-z]?$")], Finding] = Field(
        default_factory=dict
    )


def load_registry(path: Path) -> Registry:
    """Read ``config/claims.yaml``, in the order of the file.

    Raises
    ------
    ConfigurationError
        If the file is no YAML, or with one line for every key that is wrong.
    """
    return read_section(Registry, path)
