# One notebook a paper: executed on the stores, and as HTML. One page that all is reached from.
def captions_of(paper):
    """What a paper's figures show."""
    return {n: text for n, text in CAPTIONS.items() if n.startswith(f"{paper}_")}


rule report:
    input:
        notebook="notebooks/{paper}.ipynb",
        results=lambda w: REPORTS[w.paper],
        measured=f"{RESULTS}/claims/{{paper}}.json",
        template="report/notebook.html.j2",
        style="report/style.css",
    output:
        notebook=f"{RESULTS}/reports/{{paper}}.ipynb",
        html=f"{RESULTS}/reports/{{paper}}.html",
    log:
        log_of("report/{paper}"),
    benchmark:
        benchmark_of("report/{paper}")
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda w: settings(
            paper=w.paper,
            scale=CONFIG.scale,
            results=CONFIG.results,
            claims=claims_of(w.paper),
            captions=captions_of(w.paper),
        ),
        code=code("report/execute.py"),
    message:
        "report of {wildcards.paper}: execute its notebook"
    script:
        "../scripts/report/execute.py"


rule index:
    input:
        template="report/index.html.j2",
        style="report/style.css",
        claims=rules.claims.output.claims,
        picture=rules.claims.output.png,
        figures=[
            path
            for paths in REPORTS.values()
            for path in paths
            if path.endswith(".png")
        ],
        reports=expand(rules.report.output.html, paper=list(REPORTS)),
    output:
        html=f"{RESULTS}/reports/index.html",
    log:
        log_of("report/index"),
    conda:
        "../envs/triptych.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings=settings(
            scale=CONFIG.scale,
            captions=CAPTIONS,
            folder=RESULTS,
        ),
        code=code("report/index.py"),
    message:
        "report: the index page"
    script:
        "../scripts/report/index.py"


rule reports:
    input:
        rules.index.input.reports,
        rules.index.output.html,
