# Paper 2: the classifier of digits, and the models without cycles that stand beside them.


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
        classifier="<results>/cycles/classifier.zarr",
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
