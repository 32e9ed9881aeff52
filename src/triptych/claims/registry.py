"""The registry of claims: what a paper says, what measures it, and where the line is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, model_validator

from triptych.config.base import Section, Text
from triptych.config.load import validated
from triptych.config.papers import PAPERS

PaperName = Annotated[str, Field(pattern=rf"^({'|'.join(PAPERS)})$")]
FigureName = Annotated[str, Field(pattern=rf"^({'|'.join(PAPERS)})_figS?\d+$")]


class Claim(Section):
    """One claim of one paper.

    Attributes
    ----------
    paper
        Whose claim it is.
    says
        The claim in our words.
    quantity
        Name of the function of stored results that measures it.
    arguments
        What is passed to the quantity, such as a dataset.
    at_least, at_most
        The threshold; exactly one of the two.
    reason
        Why the line is drawn there.
    figure
        The figure that shows it.
    counts_at
        Scales at which the verdict counts; never smoke.
    """

    paper: PaperName
    says: Text
    quantity: Text
    arguments: dict[str, str] = Field(default_factory=dict)
    at_least: float | None = None
    at_most: float | None = None
    reason: Text
    figure: FigureName
    counts_at: list[Literal["laptop", "paper"]] = Field(default=["laptop", "paper"], min_length=1)

    @model_validator(mode="after")
    def _one_threshold(self) -> Claim:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a claim has one threshold: at_least or at_most")
        return self


class Registry(Section):
    """All claims by their short names, such as S1a."""

    claims: dict[Annotated[str, Field(pattern=r"^[A-Z]\d+[a-z]?$")], Claim]


def load_claims(path: Path) -> dict[str, Claim]:
    """Read ``config/claims.yaml``, in the order of the file.

    Raises
    ------
    ConfigurationError
        With one line for every key that is wrong.
    """
    with path.open() as file:  # by which a fault of the YAML names it
        return validated(Registry, yaml.safe_load(file), str(path)).claims
