"""Choose the penalty of the masks on validation molecules.

Inputs: ``predictions``, a list of the sparse runs of the penalty grid.
Outputs: ``choice``, a store with the penalty chosen, and AUC and sparsity of each; ``predictions``,
those of the run that was chosen.
Params: ``tolerance``, how much validation AUC sparsity may cost.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.choose import choose_penalty


def main(inputs, outputs, params, log):
    runs = [read_store(path) for path in inputs.predictions]
    choice = choose_penalty(runs, params.tolerance)
    for penalty in choice.penalty.values:
        at = choice.sel(penalty=penalty)
        log.info("λ %g: AUC %.4f, mass-90 %.3f", penalty, at.val_auc.item(), at.mass90.item())
    penalty = choice.attrs["penalty"]
    log.info("chosen: λ %g", penalty)
    write_store(choice, outputs.choice)
    chosen = next(run for run in runs if run.attrs["penalty"] == penalty)
    write_store(chosen, outputs.predictions)


if __name__ == "__main__":
    run_step(main)
