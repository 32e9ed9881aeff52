# One notebook a paper: executed on the stores, and as HTML.


rule report:
    input:
        notebook="notebooks/{paper}.ipynb",
        results=lambda w: REPORTS[w.paper](w),
        measured=f"{RESULTS}/claims/{{paper}}.json",
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
        ),
        code=code("report/execute.py"),
    message:
        "report of {wildcards.paper}: execute its notebook"
    script:
        "../scripts/report/execute.py"


rule reports:
    input:
        lambda w: [
            f"{RESULTS}/reports/{paper}.html"
            for paper, results in REPORTS.items()
            if results(w)
        ],
