# What each paper's figures, claims and notebook are made from, as the paper's own rules say it.
FIGURES = {
    "ssno": SSNO_FIGURES,
    "cycles": CYCLES_FIGURES,
    "toxicity": TOXICITY_FIGURES,
}
# What a figure's script is handed beside what all are.
FIGURE_SETTINGS = {"toxicity_fig6": TOXICITY.comparison.model_dump(exclude={"bins"})}
MEASURED = {
    "ssno": SSNO_MEASURED,
    "cycles": CYCLES_MEASURED,
    "toxicity": TOXICITY_MEASURED,
}
# The stores that a notebook is handed: it opens no others.
SHOWN = {
    "ssno": [
        *SSNO_SCORES,
        *SSNO_SEARCHES,
        *SSNO_SNAPSHOTS,
        rules.ssno_resolutions.output.scores,
        rules.ssno_steps.output.scores,
        rules.ssno_costs.output.table,
    ],
    "cycles": CYCLES_SHOWN,
    "toxicity": [
        *TOXICITY_SCORES,
        *expand(TOXICITY_MOLECULES, dataset=TOXICITY.include),
    ],
}
PUBLISHED_RUNS = {}
