# One notebook a paper: executed on the stores, and as HTML. One page that all is reached from.
def captions_of(paper):
    """What a paper's figures show."""
    return {n: text for n, text in CAPTIONS.items() if n.startswith(f"{paper}_")}


rule report:
    input:
        notebook="notebooks/{paper}.ipynb",
        results=lambda w: REPORTS[w.paper](w),
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


def written_reports(w):
    """The reports of the papers that could be run."""
    found = [paper for paper, results in REPORTS.items() if results(w)]
    return expand(rules.report.output.html, paper=found)


def drawn_figures(w):
    """The PNGs of the figures that could be drawn."""
    results = [path for results in REPORTS.values() for path in results(w)]
    return [path for path in results if path.endswith(".png")]


rule index:
    input:
        template="report/index.html.j2",
        style="report/style.css",
        claims=rules.claims.output.claims,
        picture=rules.claims.output.png,
        inventory=rules.raw_inventory.output.inventory,
        figures=drawn_figures,
        reports=written_reports,
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
        written_reports,
        rules.index.output.html,
