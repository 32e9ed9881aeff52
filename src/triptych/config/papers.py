"""The three papers by the name that their rules, scripts, package and settings share."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import Field


class Paper(NamedTuple):
    """A paper as it is cited."""

    short: str
    title: str
    arxiv: str


PAPERS = {
    "ssno": Paper(
        "Stable spectral neural operator",
        "Stable spectral neural operator for learning stiff PDE systems from limited data",
        "2512.11686",
    ),
    "cycles": Paper(
        "Nonequilibrium latent cycles",
        "Emergence of Nonequilibrium Latent Cycles in Unsupervised Generative Modeling",
        "2512.11415",
    ),
    "toxicity": Paper(
        "Sparse task masks for toxicity",
        "Task-Specific Sparse Feature Masks for Molecular Toxicity Prediction with Chemical "
        "Language Models",
        "2512.11412",
    ),
}

PaperName = Annotated[str, Field(pattern=rf"^({'|'.join(PAPERS)})$")]
FigureName = Annotated[str, Field(pattern=rf"^({'|'.join(PAPERS)})_figS?\d+$")]
