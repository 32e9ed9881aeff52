"""Train the independent classifier on real digits, and measure it on the held-out ones.

Inputs: ``data``. Outputs: ``classifier``, a store of its weights with its accuracy on the
held-out digits and with the divergence of the classes that it gives them from their own.
Params: ``hidden``, ``epochs``, ``seed``.
"""

from triptych.cycles.binary_images import flat_images, labels_of
from triptych.cycles.classify import fit, histogram, kl_divergence, predict
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store


def main(inputs, outputs, params, log):
    data = read_store(inputs.data)
    images, labels = flat_images(data, held_out=False), labels_of(data, held_out=False)
    classifier = fit(images, labels, params.hidden, params.epochs, params.seed)
    truth = labels_of(data, held_out=True)
    predicted = predict(classifier, flat_images(data, held_out=True))
    accuracy = float((predicted == truth).mean())
    divergence = kl_divergence(histogram(truth), histogram(predicted), len(truth))
    log.info("accuracy %.4f on %d held-out digits", accuracy, len(truth))
    classifier.attrs.update(accuracy=accuracy, kl_of_real_digits=float(divergence))
    write_store(classifier, outputs.classifier)


if __name__ == "__main__":
    run_step(main)
