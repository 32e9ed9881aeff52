# What all rules share: the checked configuration, paths, parameters, code digests, resources.
import atexit
import gc
import os
import sys
import threading
from functools import cache
from pathlib import Path
from typing import get_args

from triptych.claims.registry import load_registry
from triptych.config.base import did_you_mean, refuse_unknown
from triptych.config.load import (
    ConfigurationError,
    load_config,
    refused_in_words,
)
from triptych.config.papers import PAPERS
from triptych.cycles.design import POPULATIONS
from triptych.raw.missing import forget, why_missing
from triptych.raw.sources import MIRROR_VARIABLE
from triptych.reports.captions import captions, first_sentence
from triptych.runtime.canonical import canonical
from triptych.runtime.layout import REFERENCE, refuse_file, what_next
from triptych.runtime.lock import LOCK_VARIABLE, hold
from triptych.runtime.tracking import code_digest
from triptych.ssno.names import DEFAULT, LEADING, ModelName, VariantName
from triptych.toxicity.design import OF_RECORD, REPLICATE
from triptych.toxicity.names import LANGUAGE_MODELS, MASKS, SPLIT_METHODS

# Nothing of what was imported is garbage before the end: to look through it takes every start of a
# workflow 0.4 s, half of them when it ends.
gc.freeze()

# Where these rules lie: the working folder, or another where a workflow uses them as a module.
PROJECT = Path(workflow.snakefile).resolve().parents[1]
with refused_in_words():
    CONFIG = load_config(config)
    registry = load_registry(PROJECT / "config" / "claims.yaml")
CLAIMS, FINDINGS = registry.claims, registry.findings
# Published numbers are drawn into a folder of their own: they never mix with results of one's own.
SCALE = CONFIG.reference or CONFIG.scale
RESULTS = (
    f"{CONFIG.results}/{REFERENCE}/{SCALE}"
    if CONFIG.reference
    else f"{CONFIG.results}/{SCALE}"
)
with refused_in_words():
    refuse_file(Path(RESULTS))
GPU = 1 if CONFIG.device == "cuda" else 0


pathvars:
    results=RESULTS,
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


# The mirror says where bytes are found, not what they are: no parameter, so it reruns nothing.
if CONFIG.raw.mirror:
    os.environ[MIRROR_VARIABLE] = CONFIG.raw.mirror

# A job on another machine lives by its scheduler, not by this process.
if workflow.remote_exec:
    os.environ.pop(LOCK_VARIABLE, None)


onstart:
    with refused_in_words():
        hold(Path(RESULTS))
        forget(Path(RESULTS))


# What each figure shows, in the words of the script that draws it; the report's templates see the
# configuration only.
CAPTIONS_OF = {paper: captions(PROJECT, paper) for paper in PAPERS}
CAPTIONS = {
    figure: text for texts in CAPTIONS_OF.values() for figure, text in texts.items()
}
# A new mapping: a workflow that uses these rules keeps its own, and may use them twice.
config = config | {"captions": CAPTIONS}


wildcard_constraints:
    paper=r"[a-z]+",
    figure=r"figS?\d+",
    raw=r"[a-z0-9_]+",
    target=r"[\w-]+",
    system="|".join(CONFIG.ssno.systems),
    points=r"\d+",
    model="|".join([LEADING, *get_args(ModelName)]),
    variant="|".join([DEFAULT, *get_args(VariantName)]),
    candidate=r"(rate|beyond)\d+",
    trajectories=r"\d+",
    seed=r"\d+",
    population="|".join(POPULATIONS),
    states=r"\d+",
    split_method="|".join(SPLIT_METHODS),
    dataset="|".join(CONFIG.toxicity.datasets),
    kind="|".join(LANGUAGE_MODELS),
    backbone="|".join(CONFIG.toxicity.backbones),
    fold=r"\d+",
    series="|".join([OF_RECORD, REPLICATE, *MASKS]),
    scored="scores|forms",
    penalty=r"none|\d+(\.\d+)?(e-?\d+)?",


def own(path):
    """A file of the project as an input: from elsewhere in full, here so that no record tells where."""
    return path if PROJECT == Path.cwd() else str(PROJECT / path)


def settings(**values):
    """All that a script is handed, in one canonical form: equal settings never rerun a job."""
    return canonical(values)


# Hundreds of jobs share some fifty scripts.
digest_of_code = cache(code_digest)


def code(script):
    """The digest of a script, named with wildcards, and of what it reaches through imports.

    It is taken for the jobs at hand only: on a cluster every job reads these rules again.
    """
    return lambda w: digest_of_code(
        PROJECT / "scripts" / script.format(**dict(w.items())), PROJECT / "src"
    )


# The rules that ask a scheduler for something, so that `resources` of another are refused.
ASKING = []
# Who submits is no parameter either: account and partition go with what each job asks for.
SUBMITTER = {f"slurm_{name}": value for name, value in CONFIG.slurm if value}


def asked(rule, **resources):
    """What jobs of a rule ask for; `resources` of the configuration win over these resources."""
    ASKING.append(rule)
    configured = CONFIG.resources.get(rule)
    given = configured.model_dump(exclude_none=True) if configured else {}
    return {**resources, **SUBMITTER, **given}


def refuse_unknown_resources():
    """Stop where `resources` names no rule; to be called after all of them."""
    for name in CONFIG.resources:
        if name not in ASKING:
            raise ConfigurationError(
                f"resources.{name}: there is no such rule"
                f"{did_you_mean(name, ASKING) or ';'} rules: {', '.join(ASKING)}"
            )


def refuse_target(name):
    """Stop at the name of no rule, and say which are the nearest."""
    known = [rule.name for rule in workflow.rules if not rule.has_wildcards()]
    paper = name.partition("_")[0]
    nearest, most = (f"paper_{name}", 1) if name in FIGURES else (name, 3)
    message = f"there is no target {name!r}{did_you_mean(nearest, known, most)}"
    if CONFIG.reference and paper in PAPERS and paper not in FIGURES:
        message += f"; published at this scale are {', '.join(FIGURES)}"
    with refused_in_words():
        raise ConfigurationError(message)


def each(path, runs, **wildcards):
    """The file of each run, whose attributes and the wildcards given fill in the path."""
    return [path.format(**wildcards, **vars(run)) for run in runs]


def of_paper(paper, entries):
    """Those claims or findings that are a paper's, by name."""
    return {n: e.model_dump() for n, e in entries.items() if e.paper == paper}


def close(*words):
    """End at once, and say this after all else that Snakemake says."""
    # The timers of Snakemake's limit on submissions would keep a run that is over waiting for them.
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
    if words:
        atexit.register(print, *words, sep="\n", file=sys.stderr)
