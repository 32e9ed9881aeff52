"""Encode all molecules once: token numbers, and the token that holds each heavy atom.

Inputs: ``molecules``; ``backbone``, the folder of a language model with its vocabulary.
Outputs: ``tokens``, a store.
Params: ``spellings`` of each molecule, the canonical SMILES and random ones.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.tokens import encode, load_tokenizer


def main(inputs, outputs, params, log):
    molecules = read_store(inputs.molecules)
    smiles = [str(text) for text in molecules.smiles.values]
    atoms = int(molecules.heavy_atoms.max())
    tokens = encode(smiles, load_tokenizer(inputs.backbone), atoms, params.spellings)
    log.info(
        "%d molecules, %d tokens, %d of them unknown to the vocabulary",
        len(smiles),
        int(tokens.length.sum()),
        tokens.attrs["unknown"],
    )
    write_store(tokens, outputs.tokens)


if __name__ == "__main__":
    run_step(main)
