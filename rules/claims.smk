# The claims: each paper measures its own, one job evaluates them all, `verify` fails if one is
# broken.
with refused_in_words():
    for name, entry in (CLAIMS | FINDINGS).items():
        refuse_unknown(
            f"config/claims.yaml: {name}.figure", [entry.figure], "figure", CAPTIONS
        )


rule measure:
    input:
        unpack(lambda w: MEASURED[w.paper]),
    output:
        measured="<results>/claims/{paper}.json",
    log:
        "<logs>/claims/{paper}.log",
    benchmark:
        "<benchmarks>/claims/{paper}.tsv"
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("measure", mem_mb=1000, runtime=10),
    params:
        settings=lambda w: settings(
            claims={
                name: {key: claim[key] for key in ("quantity", "arguments")}
                for name, claim in of_paper(w.paper, CLAIMS | FINDINGS).items()
            }
        ),
        code=code("{paper}/measure.py"),
    message:
        "{wildcards.paper}: measure what the paper claims"
    script:
        "../scripts/{wildcards.paper}/measure.py"


rule claims:
    input:
        measured=expand(rules.measure.output.measured, paper=list(MEASURED)),
    output:
        claims="<results>/claims.json",
    log:
        "<logs>/claims/evaluate.log",
    benchmark:
        "<benchmarks>/claims/evaluate.tsv"
    # It takes seconds, too few for a cluster's queue.
    localrule: True
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("claims", mem_mb=1000, runtime=5),
    params:
        settings=settings(
            claims=[[name, claim.model_dump()] for name, claim in CLAIMS.items()],
            findings=[
                [name, finding.model_dump()] for name, finding in FINDINGS.items()
            ],
            scale=SCALE,
        ),
        code=code("claims/evaluate.py"),
    message:
        "claims: a verdict on each"
    script:
        "../scripts/claims/evaluate.py"


rule verify:
    input:
        claims=rules.claims.output.claims,
    output:
        verified="<results>/claims/verified.txt",
    log:
        "<logs>/claims/verify.log",
    # It takes seconds, too few for a cluster's queue.
    localrule: True
    conda:
        "../envs/triptych.yaml"
    resources:
        **asked("verify", mem_mb=500, runtime=5),
    params:
        settings=settings(),
        code=code("claims/verify.py"),
    message:
        "claims: fail if one does not hold where verdicts count"
    script:
        "../scripts/claims/verify.py"
