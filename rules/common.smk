# What all rules share: the checked configuration, paths, parameters, code digests.
import json
import os
from pathlib import Path

from snakemake.resources import Resources

from triptych.config.papers import PAPERS
from triptych.reports.captions import caption
from triptych.runtime.canonical import canonical
from triptych.config.load import ConfigurationError, load_config
from triptych.runtime.lock import LOCK_VARIABLE, hold
from triptych.config.refusal import refused_in_words
from triptych.runtime.tracking import code_digest

with refused_in_words():
    CONFIG = load_config(config)
PROJECT = Path(workflow.basedir)
RESULTS = f"{CONFIG.results}/{CONFIG.scale}"

# The mirror says where bytes are found, not what they are: no parameter, so it reruns nothing.
if CONFIG.raw.mirror:
    os.environ["TRIPTYCH_RAW_MIRROR"] = CONFIG.raw.mirror

# Likewise who submits: account and partition become what the rules are given beside their own.
for name, value in CONFIG.slurm:
    if value:
        workflow.resource_settings._parsed_default_resources[f"slurm_{name}"] = value

# A job on another machine lives by its scheduler, not by this process.
if workflow.remote_exec:
    os.environ.pop(LOCK_VARIABLE, None)


def ask_for(requests):
    """Let rules ask for what the configuration says; the command line has the last word."""
    known = {rule.name: rule for rule in workflow.rules}
    for name, request in requests.items():
        if name not in known:
            raise ConfigurationError(
                f"requests.{name}: there is no such rule; rules: {', '.join(known)}"
            )
        told = workflow.resource_settings._parsed_overwrite_resources.get(name, {})
        asked = Resources.from_mapping(request.model_dump(exclude_none=True))
        known[name].resources.update(asked)
        known[name].resources.update(told)


onstart:
    with refused_in_words():
        hold(Path(RESULTS))
    # Snakemake's limit on submissions, meant for clusters, wakes its scheduler once a second for
    # every job that was ever done: in long local runs that takes a good part of a core.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


# What each figure shows, in the words of the script that draws it; the report's templates see the
# configuration only.
CAPTIONS = {
    f"{script.parent.name}_{script.stem.removeprefix('plot_')}": caption(script)
    for script in sorted((PROJECT / "scripts").glob("*/plot_fig*.py"))
}
config["captions"] = CAPTIONS

# What each paper's report reads, by paper: filled by the paper's own rules.
REPORTS = {}
# The stores that each paper's claims are measured on, likewise.
MEASURED = {}


wildcard_constraints:
    paper=r"[a-z]+",
    figure=r"fig\d+",
    raw=r"[a-z0-9_]+",
    system=r"[a-z][a-z0-9_]*",
    split=r"[a-z]+(_at\d+)?",
    model=r"[a-z]+",
    variant=r"[a-z_]+",
    trajectories=r"\d+",
    seed=r"\d+",
    coupling=r"free|tied",
    states=r"\d+",
    dataset=r"[a-z][a-z0-9_]*",
    kind=r"stl|mtl|attention|sparse",
    backbone=r"[a-z][a-z0-9_]*",
    penalty=r"none|chosen|[0-9.e-]+",


def settings(**values):
    """All that a script is told, in one canonical form: equal settings never rerun a job."""
    return canonical(values)


def code(script):
    """The digest of a script, named with wildcards, and of what it reaches through imports.

    It is taken for the jobs at hand only: every job reads these rules again.
    """
    return lambda w: code_digest(
        PROJECT / "scripts" / script.format(**dict(w.items())), PROJECT / "src"
    )


def log_of(job):
    return f"{RESULTS}/logs/{job}.log"


def benchmark_of(job):
    return f"{RESULTS}/benchmarks/{job}.tsv"


def figure(name):
    """The two files of a figure."""
    return {kind: f"{RESULTS}/figures/{name}.{kind}" for kind in ("pdf", "png")}


def drawn(paper):
    """The two files of a figure as a rule's output, the PNG for Snakemake's report."""
    files = figure(f"{paper}_{{figure}}")
    shows = lambda w: {"figure": w.figure, "shows": CAPTIONS[f"{paper}_{w.figure}"]}
    files["png"] = report(
        files["png"],
        caption="../report/figure.rst",
        category=PAPERS[paper].short,
        labels=shows,
    )
    return files


def figure_settings(**values):
    return settings(stamp="smoke" if CONFIG.scale == "smoke" else None, **values)
