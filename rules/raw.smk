# Raw inputs: each is fetched once and checked; one checkpoint says what could be had.
from triptych.workflow.places import fetch_command
from triptych.workflow.raw.registry import load_registry

NEEDED = sorted({*CONFIG.cycles.raw_inputs, *CONFIG.toxicity.raw_inputs})
with refused_in_words():
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
        settings=lambda w: settings(
            entry=REGISTRY[w.raw], on_missing=CONFIG.raw.on_missing
        ),
        code=code("raw/fetch.py"),
    message:
        "raw input {wildcards.raw}: fetch it and check its digest"
    script:
        "../scripts/raw/fetch.py"


checkpoint raw_inventory:
    input:
        records=expand(f"{RESULTS}/raw/{{raw}}.json", raw=NEEDED),
    output:
        inventory=f"{RESULTS}/raw/inventory.json",
    log:
        log_of("raw/inventory"),
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        settings=settings(needed=NEEDED),
        code=code("raw/inventory.py"),
    message:
        "raw inputs: which could be had"
    script:
        "../scripts/raw/inventory.py"


def available(raw):
    """Whether a raw input could be had; waits for the checkpoint. None needs no file."""
    if raw is None:
        return True
    inventory = checkpoints.raw_inventory.get().output.inventory
    return raw not in json.loads(Path(inventory).read_text())["missing"]


def closing_summary():
    """What a run says at its end: where things are, and what was left out and why."""
    lines = [f"results are in {RESULTS}"]
    inventory = Path(RESULTS, "raw", "inventory.json")
    missing = json.loads(inventory.read_text())["missing"] if inventory.exists() else {}
    for name, reason in missing.items():
        lines.append(f"not run for want of the raw input {name}: {reason}")
    if missing:
        lines.append(f"to try again: {fetch_command(Path(RESULTS), missing)}")
    return "\n".join(lines)
