# Paper 2, nonequilibrium latent cycles: digits → populations → measurements → seven figures.
CYCLES = CONFIG.cycles
CYCLES_DIR = f"{RESULTS}/cycles"
POPULATION = CYCLES_DIR + "/{coupling}_K{states}"
EVALUATIONS = expand(
    POPULATION + "/evaluation.zarr",
    coupling=["free", "tied"],
    states=CYCLES.population.states,
)
FREE = {
    kind: expand(
        POPULATION + f"/{kind}", coupling="free", states=CYCLES.population.states
    )
    for kind in ("weights.safetensors", "history.zarr", "evaluation.zarr")
}


def models_of(coupling):
    """Learning rates and seeds of a population, every pair of which is one model."""
    section = CYCLES.population if coupling == "free" else CYCLES.tied
    return {"learning_rates": section.learning_rates, "seeds": section.seeds}


rule cycles_prepare:
    input:
        **({"raw": f"{RESULTS}/raw/{DIGITS}"} if DIGITS else {}),
    output:
        data=directory(f"{CYCLES_DIR}/data.zarr"),
    log:
        log_of("cycles/prepare"),
    benchmark:
        benchmark_of("cycles/prepare")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings=settings(**CYCLES.data.model_dump()),
        code=code("cycles/prepare.py"),
    message:
        "cycles: binary digits, split into a training and a held-out part"
    script:
        "../scripts/cycles/prepare.py"


rule cycles_classifier:
    input:
        data=rules.cycles_prepare.output.data,
    output:
        classifier=directory(f"{CYCLES_DIR}/classifier.zarr"),
    log:
        log_of("cycles/classifier"),
    benchmark:
        benchmark_of("cycles/classifier")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        settings=settings(**CYCLES.classifier.model_dump()),
        code=code("cycles/classifier.py"),
    message:
        "cycles: train the judge of generated digits"
    script:
        "../scripts/cycles/classifier.py"


rule cycles_train:
    input:
        data=rules.cycles_prepare.output.data,
    output:
        weights=POPULATION + "/weights.safetensors",
        history=directory(POPULATION + "/history.zarr"),
    log:
        log_of("cycles/train_{coupling}_K{states}"),
    benchmark:
        benchmark_of("cycles/train_{coupling}_K{states}")
    # The longest jobs of the paper start first.
    priority: 10
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        settings=lambda w: settings(
            training={
                **CYCLES.training.model_dump(),
                "states": int(w.states),
                "tied": w.coupling == "tied",
            },
            **models_of(w.coupling),
        ),
        code=code("cycles/train.py"),
    message:
        "cycles: train the {wildcards.coupling} population with {wildcards.states} latent states"
    script:
        "../scripts/cycles/train.py"


rule cycles_evaluate:
    input:
        data=rules.cycles_prepare.output.data,
        classifier=rules.cycles_classifier.output.classifier,
        weights=POPULATION + "/weights.safetensors",
        history=POPULATION + "/history.zarr",
    output:
        evaluation=directory(POPULATION + "/evaluation.zarr"),
    log:
        log_of("cycles/evaluate_{coupling}_K{states}"),
    benchmark:
        benchmark_of("cycles/evaluate_{coupling}_K{states}")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        settings=lambda w: settings(
            evaluation={**CYCLES.evaluation.model_dump(), "tied": w.coupling == "tied"}
        ),
        code=code("cycles/evaluate.py"),
    message:
        "cycles: measure the {wildcards.coupling} population with {wildcards.states} latent states"
    script:
        "../scripts/cycles/evaluate.py"


rule cycles_mixture:
    input:
        data=rules.cycles_prepare.output.data,
    output:
        mixture=directory(f"{CYCLES_DIR}/mixture.zarr"),
    log:
        log_of("cycles/mixture"),
    benchmark:
        benchmark_of("cycles/mixture")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
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
        data=rules.cycles_prepare.output.data,
        classifier=rules.cycles_classifier.output.classifier,
    output:
        rbm=directory(CYCLES_DIR + "/rbm_K{states}.zarr"),
    log:
        log_of("cycles/rbm_K{states}"),
    benchmark:
        benchmark_of("cycles/rbm_K{states}")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
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


rule cycles_truncation:
    input:
        data=rules.cycles_prepare.output.data,
        weights=FREE["weights.safetensors"],
        evaluations=FREE["evaluation.zarr"],
    output:
        exact=directory(f"{CYCLES_DIR}/truncation_exact.zarr"),
        sampled=directory(f"{CYCLES_DIR}/truncation_sampled.zarr"),
    log:
        log_of("cycles/truncation"),
    benchmark:
        benchmark_of("cycles/truncation")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
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
        data=rules.cycles_prepare.output.data,
        weights=POPULATION + "/weights.safetensors",
        evaluation=rules.cycles_evaluate.output.evaluation,
    output:
        walk=directory(POPULATION + "/walk.zarr"),
    log:
        log_of("cycles/walk_{coupling}_K{states}"),
    benchmark:
        benchmark_of("cycles/walk_{coupling}_K{states}")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        settings=settings(**CYCLES.walk.model_dump(exclude={"states"})),
        code=code("cycles/walk.py"),
    message:
        "cycles: walks of the best {wildcards.coupling} model with {wildcards.states} latent states"
    script:
        "../scripts/cycles/walk.py"


RBMS = expand(rules.cycles_rbm.output.rbm, states=CYCLES.population.states)
WALK = expand(rules.cycles_walk.output.walk, coupling="free", states=CYCLES.walk.states)


CYCLES_FIGURES = {
    "fig1": {
        "histories": FREE["history.zarr"],
        "evaluations": FREE["evaluation.zarr"],
        "mixture": rules.cycles_mixture.output.mixture,
    },
    "fig2": {
        "evaluations": EVALUATIONS,
        "mixture": rules.cycles_mixture.output.mixture,
        "rbms": RBMS,
    },
    "fig3": {
        "evaluations": EVALUATIONS,
        "classifier": rules.cycles_classifier.output.classifier,
    },
    "fig4": {"walk": WALK},
    "fig5": {"walk": WALK},
    "fig6": dict(rules.cycles_truncation.output.items()),
    "fig7": {
        "evaluations": EVALUATIONS,
        "mixture": rules.cycles_mixture.output.mixture,
        "rbms": RBMS,
        "walks": expand(
            rules.cycles_walk.output.walk,
            coupling=["free", "tied"],
            states=max(CYCLES.population.states),
        ),
    },
}


rule cycles_figure:
    input:
        unpack(lambda w: CYCLES_FIGURES[w.figure]),
    output:
        **drawn("cycles"),
    log:
        log_of("cycles/{figure}"),
    benchmark:
        benchmark_of("cycles/{figure}")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings=figure_settings(),
        code=code("cycles/plot_{figure}.py"),
    message:
        "cycles: draw {wildcards.figure}"
    script:
        "../scripts/cycles/plot_{wildcards.figure}.py"


# One target a figure: `snakemake cycles_fig4`.
for name in CYCLES_FIGURES:

    rule:
        name:
            f"cycles_{name}"
        input:
            **figure(f"cycles_{name}"),


rule paper_cycles:
    input:
        [path for name in CYCLES_FIGURES for path in figure(f"cycles_{name}").values()],


MEASURED["cycles"] = {
    "free": FREE["evaluation.zarr"],
    "tied": [path for path in EVALUATIONS if path not in FREE["evaluation.zarr"]],
    "rbms": RBMS,
    "mixture": rules.cycles_mixture.output.mixture,
    "truncation": rules.cycles_truncation.output.sampled,
}
REPORTS["cycles"] = [
    *rules.paper_cycles.input,
    *EVALUATIONS,
    *FREE["history.zarr"],
    rules.cycles_mixture.output.mixture,
    rules.cycles_classifier.output.classifier,
]
