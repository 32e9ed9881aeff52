# Raw inputs: each is fetched once and checked. One that cannot be had is a job that failed: what
# needs it waits, all else runs, and the next run tries again.
import atexit
import sys

from triptych.config.load import ConfigurationError
from triptych.cycles.design import raw_input
from triptych.raw.missing import closing_words
from triptych.raw.registry import load_registry

with refused_in_words():
    DIGITS = raw_input(CONFIG.cycles.data.dataset)
    NEEDED = sorted({*CONFIG.toxicity.raw_inputs, *([DIGITS] if DIGITS else [])})
    REGISTRY = load_registry(PROJECT / "config" / "raw_inputs.yaml")
    for name in set(NEEDED) - set(REGISTRY):
        known = ", ".join(sorted(REGISTRY))
        raise ConfigurationError(
            f"no raw input {name!r} in config/raw_inputs.yaml: {known}"
        )


rule raw_input:
    output:
        files=directory(f"{RESULTS}/raw/{{raw}}"),
        record=f"{RESULTS}/raw/{{raw}}.json",
    log:
        log_of("raw/{raw}"),
    benchmark:
        benchmark_of("raw/{raw}")
    retries: 1
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=500,
        runtime=30,
    params:
        settings=lambda w: settings(entry=REGISTRY[w.raw]),
        code=code("raw/fetch.py"),
    message:
        "raw input {wildcards.raw}: fetch it and check its digest"
    script:
        "../scripts/raw/fetch.py"


def close():
    """Say what is missing after everything else: Snakemake has words of its own at its end."""
    atexit.register(print, closing_words(Path(RESULTS), NEEDED), file=sys.stderr)
