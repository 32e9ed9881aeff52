# Raw inputs: each is fetched once and checked. One that cannot be had is a job that failed: what
# needs it waits, all else runs, and the next run tries again.
from triptych.cycles.data import raw_input
from triptych.raw.registry import REGISTRY, load_raw_inputs

with refused_in_words():
    DIGITS = raw_input(CONFIG.cycles.data.dataset)
    NEEDED = {*CONFIG.toxicity.raw_inputs, *([DIGITS] if DIGITS else [])}
    RAW_INPUTS = load_raw_inputs(PROJECT / REGISTRY)
    for name in NEEDED - set(RAW_INPUTS):
        known = ", ".join(sorted(RAW_INPUTS))
        raise ConfigurationError(f"no raw input {name!r} in {REGISTRY}: {known}")


rule raw_input:
    output:
        files=directory("<results>/raw/{raw}"),
        record="<results>/raw/{raw}.json",
    log:
        "<logs>/raw/{raw}.log",
    benchmark:
        "<benchmarks>/raw/{raw}.tsv"
    retries: 1
    # A cluster's nodes seldom have a network.
    localrule: True
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("raw_input", mem_mb=500, runtime=30),
    params:
        settings=lambda w: settings(name=w.raw, **RAW_INPUTS[w.raw].identity),
        code=code("raw/fetch.py"),
    message:
        "raw input {wildcards.raw}: fetch it and check its digest"
    script:
        "../scripts/raw/fetch.py"
