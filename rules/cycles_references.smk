# Paper 2: the classifier of digits, the models without cycles that stand beside them, and what
# figures and claims read of all.
from triptych.cycles.design import FREE, SEARCH, TIED, VARIANTS, WALKED


rule cycles_classifier:
    input:
        data="<results>/cycles/data.zarr",
    output:
        classifier=directory("<results>/cycles/classifier.zarr"),
    log:
        "<logs>/cycles/classifier.log",
    benchmark:
        "<benchmarks>/cycles/classifier.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_classifier", mem_mb=1500, runtime=10),
    params:
        settings=settings(**CYCLES.classifier.model_dump()),
        code=code("cycles/classifier.py"),
    message:
        "cycles: train the classifier of digits"
    script:
        "../scripts/cycles/classifier.py"


rule cycles_mixture:
    input:
        data="<results>/cycles/data.zarr",
    output:
        mixture=directory("<results>/cycles/mixture.zarr"),
    log:
        "<logs>/cycles/mixture.log",
    benchmark:
        "<benchmarks>/cycles/mixture.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_mixture", mem_mb=2000, runtime=60),
    params:
        settings=settings(
            states=CYCLES.population.states, **CYCLES.mixture.model_dump()
        ),
        code=code("cycles/mixture.py"),
    message:
        "cycles: mixtures of Bernoullis by EM"
    script:
        "../scripts/cycles/mixture.py"


rule cycles_rbm:
    input:
        data="<results>/cycles/data.zarr",
    output:
        rbm=directory("<results>/cycles/rbm_K{states}.zarr"),
    log:
        "<logs>/cycles/rbm_K{states}.log",
    benchmark:
        "<benchmarks>/cycles/rbm_K{states}.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("cycles_rbm", mem_mb=2000, runtime=60),
    params:
        settings=lambda w: settings(
            states=int(w.states),
            training=CYCLES.rbm.model_dump(exclude={"temperatures", "annealed"}),
            evaluation={
                **CYCLES.rbm.model_dump(include={"temperatures", "annealed"}),
                **CYCLES.mixing.model_dump(),
                "samples": CYCLES.walk.samples,
            },
        ),
        code=code("cycles/rbm.py"),
    message:
        "cycles: a Bernoulli RBM with as many parameters as {wildcards.states} latent states"
    script:
        "../scripts/cycles/rbm.py"


CYCLES_RBMS = expand("<results>/cycles/rbm_K{k}.zarr", k=CYCLES.population.states)
CYCLES_WALK = f"<results>/cycles/free_K{CYCLES.walk.states}/walk.zarr"
CYCLES_FIGURES = {
    "fig1": {
        "histories": CYCLES_HISTORIES[FREE],
        "searches": CYCLES_HISTORIES[SEARCH],
        "evaluations": CYCLES_EVALUATIONS[FREE],
        "mixture": "<results>/cycles/mixture.zarr",
    },
    "fig2": {
        "evaluations": CYCLES_EVALUATIONS[FREE] + CYCLES_EVALUATIONS[TIED],
        "variants": CYCLES_EVALUATIONS[VARIANTS],
        "mixture": "<results>/cycles/mixture.zarr",
        "rbms": CYCLES_RBMS,
    },
    "fig3": {
        "evaluations": CYCLES_EVALUATIONS[FREE] + CYCLES_EVALUATIONS[TIED],
        "variants": CYCLES_EVALUATIONS[VARIANTS],
        "classifier": "<results>/cycles/classifier.zarr",
    },
    "fig4": {"walk": [CYCLES_WALK]},
    "fig5": {"walk": [CYCLES_WALK]},
    "fig6": {
        **dict(rules.cycles_truncation.output.items()),
        "variants": CYCLES_EVALUATIONS[VARIANTS],
    },
    "fig7": {
        "evaluations": CYCLES_EVALUATIONS[FREE] + CYCLES_EVALUATIONS[TIED],
        "searches": CYCLES_EVALUATIONS[SEARCH],
        "variants": CYCLES_EVALUATIONS[VARIANTS],
        "mixture": "<results>/cycles/mixture.zarr",
        "rbms": CYCLES_RBMS,
        "walks": expand(
            rules.cycles_walk.output.walk,
            population=WALKED,
            states=max(CYCLES.population.states),
        ),
    },
}
CYCLES_MEASURED = {
    "free": CYCLES_EVALUATIONS[FREE],
    "variants": CYCLES_EVALUATIONS[VARIANTS],
    "tied": CYCLES_EVALUATIONS[TIED],
    "rbms": CYCLES_RBMS,
    "mixture": "<results>/cycles/mixture.zarr",
    "truncation": rules.cycles_truncation.output.sampled,
}
CYCLES_SHOWN = [
    *CYCLES_EVALUATIONS[FREE],
    *CYCLES_EVALUATIONS[VARIANTS],
    *CYCLES_EVALUATIONS[TIED],
    *CYCLES_HISTORIES[FREE],
    *CYCLES_RATES,
    *CYCLES_RBMS,
    "<results>/cycles/mixture.zarr",
    "<results>/cycles/classifier.zarr",
]
