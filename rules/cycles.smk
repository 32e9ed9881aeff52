# Paper 2, nonequilibrium latent cycles: digits → populations → measurements → seven figures.
from dataclasses import asdict

from triptych.cycles.design import (
    AT_CHOSEN_RATES,
    FREE,
    POPULATIONS,
    SEARCH,
    TIED,
    VARIANTS,
    free_runs,
    runs_at_rates,
    shared_training,
    variant_runs,
)

CYCLES = CONFIG.cycles
POPULATION = "<results>/cycles/{population}_K{states}"
RATES = "<results>/cycles/rates_K{states}.zarr"
# Which models each population trains.
CYCLES_RUNS = {
    SEARCH: runs_at_rates(SEARCH, **CYCLES.search.model_dump()),
    FREE: free_runs(CYCLES.population.seeds),
    VARIANTS: variant_runs(**CYCLES.variants.model_dump()),
    TIED: runs_at_rates(TIED, **CYCLES.tied.model_dump()),
}
CYCLES_TRAININGS = {
    name: shared_training(
        name, CYCLES.training.model_dump(), CYCLES.comparison.model_dump()
    )
    for name in POPULATIONS
}
CYCLES_EVALUATIONS, CYCLES_HISTORIES, CYCLES_WEIGHTS = (
    {
        name: expand(
            f"{POPULATION}/{file}", population=name, states=CYCLES.population.states
        )
        for name in POPULATIONS
    }
    for file in ("evaluation.zarr", "history.zarr", "weights.safetensors")
)
CYCLES_RATES = expand(RATES, states=CYCLES.population.states)


rule cycles_prepare:
    input:
        **({"raw": f"<results>/raw/{DIGITS}"} if DIGITS else {}),
    output:
        data=directory("<results>/cycles/data.zarr"),
    log:
        "<logs>/cycles/prepare.log",
    benchmark:
        "<benchmarks>/cycles/prepare.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_prepare", mem_mb=1000, runtime=5),
    params:
        settings=settings(**CYCLES.data.model_dump()),
        code=code("cycles/prepare.py"),
    message:
        "cycles: binary digits, some of them held out"
    script:
        "../scripts/cycles/prepare.py"


rule cycles_train:
    input:
        unpack(lambda w: {"rates": RATES} if w.population in AT_CHOSEN_RATES else {}),
        data="<results>/cycles/data.zarr",
    output:
        weights=f"{POPULATION}/weights.safetensors",
        history=directory(f"{POPULATION}/history.zarr"),
    log:
        "<logs>/cycles/train_{population}_K{states}.log",
    benchmark:
        "<benchmarks>/cycles/train_{population}_K{states}.tsv"
    # The longest jobs of the paper start first.
    priority: 10
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_train", mem_mb=2000, runtime=120),
    params:
        settings=lambda w: settings(
            training={**CYCLES_TRAININGS[w.population], "states": int(w.states)},
            runs=[asdict(run) for run in CYCLES_RUNS[w.population]],
        ),
        code=code("cycles/train.py"),
    message:
        "cycles: train the population {wildcards.population} with {wildcards.states} latent states"
    script:
        "../scripts/cycles/train.py"


rule cycles_evaluate:
    input:
        data="<results>/cycles/data.zarr",
        classifier="<results>/cycles/classifier.zarr",
        weights=f"{POPULATION}/weights.safetensors",
        history=f"{POPULATION}/history.zarr",
    output:
        evaluation=directory(f"{POPULATION}/evaluation.zarr"),
    log:
        "<logs>/cycles/evaluate_{population}_K{states}.log",
    benchmark:
        "<benchmarks>/cycles/evaluate_{population}_K{states}.tsv"
    # Other trainings wait for the search.
    priority: 5
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_evaluate", mem_mb=2000, runtime=60),
    params:
        settings=lambda w: settings(
            evaluation={
                **CYCLES.evaluation.model_dump(),
                "tied": w.population == TIED,
            }
        ),
        code=code("cycles/evaluate.py"),
    message:
        "cycles: measure the population {wildcards.population} with {wildcards.states} latent states"
    script:
        "../scripts/cycles/evaluate.py"


rule cycles_rates:
    input:
        search="<results>/cycles/search_K{states}/evaluation.zarr",
    output:
        rates=directory(RATES),
    log:
        "<logs>/cycles/rates_K{states}.log",
    benchmark:
        "<benchmarks>/cycles/rates_K{states}.tsv"
    priority: 5
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_rates", mem_mb=1000, runtime=5),
    params:
        settings=settings(),
        code=code("cycles/rates.py"),
    message:
        "cycles: choose learning rates for {wildcards.states} latent states"
    script:
        "../scripts/cycles/rates.py"


rule cycles_truncation:
    input:
        data="<results>/cycles/data.zarr",
        weights=CYCLES_WEIGHTS[FREE],
        evaluations=CYCLES_EVALUATIONS[FREE],
    output:
        exact=directory("<results>/cycles/truncation_exact.zarr"),
        sampled=directory("<results>/cycles/truncation_sampled.zarr"),
    log:
        "<logs>/cycles/truncation.log",
    benchmark:
        "<benchmarks>/cycles/truncation.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_truncation", mem_mb=2000, runtime=60),
    params:
        settings=settings(
            truncation=CYCLES.truncation,
            training={
                **CYCLES_TRAININGS[SEARCH],
                "states": CYCLES.truncation.states,
            },
        ),
        code=code("cycles/truncation.py"),
    message:
        "cycles: truncated gradients against the exact one"
    script:
        "../scripts/cycles/truncation.py"


rule cycles_walk:
    input:
        data="<results>/cycles/data.zarr",
        weights=f"{POPULATION}/weights.safetensors",
        evaluation=rules.cycles_evaluate.output.evaluation,
    output:
        walk=directory(f"{POPULATION}/walk.zarr"),
    log:
        "<logs>/cycles/walk_{population}_K{states}.log",
    benchmark:
        "<benchmarks>/cycles/walk_{population}_K{states}.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_walk", mem_mb=1500, runtime=10),
    params:
        settings=settings(**CYCLES.walk.model_dump(exclude={"states"})),
        code=code("cycles/walk.py"),
    message:
        "cycles: walks of the best of {wildcards.population} with {wildcards.states} latent states"
    script:
        "../scripts/cycles/walk.py"
