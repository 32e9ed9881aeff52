# The claims: each paper measures its own, one job judges them all, `verify` fails if one is broken.
from triptych.claims.registry import load_claims

with refused_in_words():
    LEDGER = load_claims(PROJECT / "config" / "claims.yaml")


def claims_of(paper):
    """The part of the ledger that is a paper's."""
    return {
        n: claim.model_dump() for n, claim in LEDGER.items() if claim.paper == paper
    }


rule measure:
    input:
        unpack(lambda w: MEASURED[w.paper]),
    output:
        measured=f"{RESULTS}/claims/{{paper}}.json",
    log:
        log_of("claims/{paper}"),
    benchmark:
        benchmark_of("claims/{paper}")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda w: settings(
            claims={
                name: {key: claim[key] for key in ("quantity", "arguments")}
                for name, claim in claims_of(w.paper).items()
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
        template="report/claims.html.j2",
        style="report/style.css",
    output:
        claims=f"{RESULTS}/claims.json",
        markdown=f"{RESULTS}/claims.md",
        html=f"{RESULTS}/claims.html",
        pdf=f"{RESULTS}/claims.pdf",
        png=report(
            f"{RESULTS}/claims.png",
            category="Claims",
            labels={"shows": "the verdict on every claim"},
        ),
    log:
        log_of("claims/judge"),
    benchmark:
        benchmark_of("claims/judge")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings=settings(
            claims=[[name, claim.model_dump()] for name, claim in LEDGER.items()],
            scale=CONFIG.scale,
        ),
        code=code("claims/judge.py"),
    message:
        "claims: a verdict on each"
    script:
        "../scripts/claims/judge.py"


rule verify:
    input:
        claims=rules.claims.output.claims,
    output:
        verified=f"{RESULTS}/claims/verified.txt",
    log:
        log_of("claims/verify"),
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        settings=settings(),
        code=code("claims/verify.py"),
    message:
        "claims: fail if one that counts does not hold"
    script:
        "../scripts/claims/verify.py"
