# Paper 2, nonequilibrium latent cycles: digits → populations → measurements → seven figures.
CYCLES = CONFIG.cycles
POPULATION = "<results>/cycles/{coupling}_K{states}"
FREE, TIED = (
    expand(POPULATION, coupling=coupling, states=CYCLES.population.states)
    for coupling in COUPLINGS
)
FREE_EVALUATIONS = expand("{population}/evaluation.zarr", population=FREE)
TIED_EVALUATIONS = expand("{population}/evaluation.zarr", population=TIED)
FREE_HISTORIES = expand("{population}/history.zarr", population=FREE)


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
        data="<results>/cycles/data.zarr",
    output:
        weights=f"{POPULATION}/weights.safetensors",
        history=directory(f"{POPULATION}/history.zarr"),
    log:
        "<logs>/cycles/train_{coupling}_K{states}.log",
    benchmark:
        "<benchmarks>/cycles/train_{coupling}_K{states}.tsv"
    # The longest jobs of the paper start first.
    priority: 10
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_train", mem_mb=2000, runtime=120),
    params:
        settings=lambda w: settings(
            training={
                **CYCLES.training.model_dump(),
                "states": int(w.states),
                "tied": w.coupling == "tied",
            },
            **(CYCLES.tied if w.coupling == "tied" else CYCLES.population).model_dump(
                include={"learning_rates", "seeds"}
            ),
        ),
        code=code("cycles/train.py"),
    message:
        "cycles: train the {wildcards.coupling} population with {wildcards.states} latent states"
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
        "<logs>/cycles/evaluate_{coupling}_K{states}.log",
    benchmark:
        "<benchmarks>/cycles/evaluate_{coupling}_K{states}.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_evaluate", mem_mb=2000, runtime=60),
    params:
        settings=lambda w: settings(
            evaluation={**CYCLES.evaluation.model_dump(), "tied": w.coupling == "tied"}
        ),
        code=code("cycles/evaluate.py"),
    message:
        "cycles: measure the {wildcards.coupling} population with {wildcards.states} latent states"
    script:
        "../scripts/cycles/evaluate.py"


rule cycles_truncation:
    input:
        data="<results>/cycles/data.zarr",
        weights=expand("{population}/weights.safetensors", population=FREE),
        evaluations=FREE_EVALUATIONS,
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
                **CYCLES.training.model_dump(),
                "states": CYCLES.truncation.states,
                "tied": False,
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
        "<logs>/cycles/walk_{coupling}_K{states}.log",
    benchmark:
        "<benchmarks>/cycles/walk_{coupling}_K{states}.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_walk", mem_mb=1500, runtime=10),
    params:
        settings=settings(**CYCLES.walk.model_dump(exclude={"states"})),
        code=code("cycles/walk.py"),
    message:
        "cycles: walks of the best {wildcards.coupling} model with {wildcards.states} latent states"
    script:
        "../scripts/cycles/walk.py"


CYCLES_RBMS = expand("<results>/cycles/rbm_K{k}.zarr", k=CYCLES.population.states)
CYCLES_WALK = f"<results>/cycles/free_K{CYCLES.walk.states}/walk.zarr"
CYCLES_FIGURES = {
    "fig1": {
        "histories": FREE_HISTORIES,
        "evaluations": FREE_EVALUATIONS,
        "mixture": "<results>/cycles/mixture.zarr",
    },
    "fig2": {
        "evaluations": FREE_EVALUATIONS + TIED_EVALUATIONS,
        "mixture": "<results>/cycles/mixture.zarr",
        "rbms": CYCLES_RBMS,
    },
    "fig3": {
        "evaluations": FREE_EVALUATIONS + TIED_EVALUATIONS,
        "classifier": "<results>/cycles/classifier.zarr",
    },
    "fig4": {"walk": [CYCLES_WALK]},
    "fig5": {"walk": [CYCLES_WALK]},
    "fig6": dict(rules.cycles_truncation.output.items()),
    "fig7": {
        "evaluations": FREE_EVALUATIONS + TIED_EVALUATIONS,
        "mixture": "<results>/cycles/mixture.zarr",
        "rbms": CYCLES_RBMS,
        "walks": expand(
            rules.cycles_walk.output.walk,
            coupling=COUPLINGS,
            states=max(CYCLES.population.states),
        ),
    },
}
CYCLES_MEASURED = {
    "free": FREE_EVALUATIONS,
    "tied": TIED_EVALUATIONS,
    "rbms": CYCLES_RBMS,
    "mixture": "<results>/cycles/mixture.zarr",
    "truncation": rules.cycles_truncation.output.sampled,
}
CYCLES_SHOWN = [
    *FREE_EVALUATIONS,
    *TIED_EVALUATIONS,
    *FREE_HISTORIES,
    "<results>/cycles/mixture.zarr",
    "<results>/cycles/classifier.zarr",
]
