"""The whole configuration: what is common to the papers, and one section for each."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

from pydantic import field_validator

from triptych.config.base import Count, Section, plain_path, section, setting
from triptych.config.cycles import Cycles
from triptych.config.ssno import Ssno
from triptych.config.toxicity import Toxicity


class Raw(Section):
    """Where raw inputs may be had."""

    mirror: str | None = setting(
        None, "folder that is searched for raw files (or set TRIPTYCH_RAW_MIRROR)"
    )


class Slurm(Section):
    """What a site wants to know of whoever submits."""

    account: str | None = setting(None, "account of the jobs (or set SBATCH_ACCOUNT)", min_length=1)
    partition: str | None = setting(
        None, "partition of the jobs (or set SBATCH_PARTITION)", min_length=1
    )


class Resources(Section):
    """What a scheduler is asked for, for the jobs of one rule."""

    mem_mb: Count | None = setting(None, "memory; null for what the rule says")
    runtime: Count | None = setting(None, "minutes; null for what the rule says")


class Config(Section):
    """All settings; the defaults are the laptop scale."""

    scale: str = setting(
        "laptop",
        "name of the scale; results go to <results>/<scale>, and `smoke` is stamped on figures",
        pattern=r"^[a-z][a-z0-9_-]*$",
    )
    results: str = setting("results", "folder of all results", min_length=1)
    reference: str | None = setting(
        None,
        "scale whose published numbers are drawn, into <results>/reference/<scale>, and nothing "
        "is simulated or trained: workstation or smoke",
    )
    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto", "where to compute; `auto` takes a GPU when there is one"
    )
    raw: Raw = section(Raw, "raw inputs")
    slurm: Slurm = section(Slurm, "jobs on Slurm")
    resources: dict[str, Resources] = setting(
        {}, "by rule, what its jobs ask for in place of what the rule says"
    )
    ssno: Ssno = section(Ssno, "paper 1: stable spectral neural operator")
    cycles: Cycles = section(Cycles, "paper 2: nonequilibrium latent cycles")
    toxicity: Toxicity = section(Toxicity, "paper 3: sparse task masks for toxicity")

    @field_validator("results", mode="before")
    @classmethod
    def _name_of_digits(cls, folder: object) -> object:
        # On the command line Snakemake takes a folder called 2026 for a number.
        return str(folder) if type(folder) is int else folder

    @field_validator("results", "scale")
    @classmethod
    def _plain_folder(cls, folder: str) -> str:
        folder = plain_path(folder).rstrip("/") or folder
        if PurePosixPath(folder).name == "reference":  # also of results/reference/.
            raise ValueError("a folder 'reference' is what published numbers are drawn into")
        return folder
