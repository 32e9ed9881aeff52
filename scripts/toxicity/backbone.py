"""Convert one chemical language model to safetensors, once for all trainings.

Inputs: ``files``, a folder with the weights, ``config.json`` and the vocabulary. Outputs:
``backbone``, a folder that ``load_backbone`` and ``load_tokenizer`` read. Params: none.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import atomic, write_record
from triptych.toxicity.backbones import convert


def main(inputs, outputs, params, log):
    with atomic(outputs.backbone) as sibling:
        convert(inputs.files, sibling)
        write_record(sibling)
    log.info("converted: %s", ", ".join(sorted(p.name for p in outputs.backbone.iterdir())))


if __name__ == "__main__":
    run_step(main)
