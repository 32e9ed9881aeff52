"""An independent classifier of images: a small network trained on real digits, kept as arrays."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray

from triptych.cycles.data import CLASSES
from triptych.cycles.model import Population, draw_images
from triptych.cycles.streams import stream

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Classifier:
    """A perceptron with rectified hidden units.

    Attributes
    ----------
    weights : tuple of ndarray, shapes (N, H), …, (H, 10)
    biases : tuple of ndarray, shapes (H,), …, (10,)
    """

    weights: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]

    def predict(self, images: NDArray) -> NDArray[np.int64]:
        """Return the most probable class of each image.

        Parameters
        ----------
        images : ndarray, shape (n, N)
            Zeros and ones.

        Returns
        -------
        ndarray of int64, shape (n,)
        """
        activations = images.astype(np.float32)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            activations = np.maximum(activations @ weight + bias, 0.0)
        return (activations @ self.weights[-1] + self.biases[-1]).argmax(1)

    def to_dataset(self) -> xr.Dataset:
        """Return the arrays with names.

        Returns
        -------
        xarray.Dataset
            ``weight_<l>`` (units_<l>, units_<l+1>) and ``bias_<l>`` (units_<l+1>) of each layer l.
        """
        variables: dict[str, tuple[tuple[str, ...], NDArray]] = {}
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            dims = (f"units_{layer}", f"units_{layer + 1}")
            variables[f"weight_{layer}"] = (dims, weight)
            variables[f"bias_{layer}"] = (dims[1:], bias)
        return xr.Dataset(variables)

    @classmethod
    def from_dataset(cls, dataset: xr.Dataset) -> Classifier:
        """Return the classifier whose arrays :meth:`to_dataset` gave.

        Parameters
        ----------
        dataset : xarray.Dataset
        """
        layers = range(len(dataset.data_vars) // 2)
        return cls(
            tuple(dataset[f"weight_{layer}"].values for layer in layers),
            tuple(dataset[f"bias_{layer}"].values for layer in layers),
        )


def fit(
    images: NDArray[np.uint8], labels: NDArray[np.int64], hidden: int, epochs: int, seed: int
) -> Classifier:
    """Train a classifier with scikit-learn's multilayer perceptron.

    The penalty on the weights is strong, 1 where the default is 1e-4. With a few thousand digits it
    is worth a percent of accuracy.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, N)
        Zeros and ones.
    labels : ndarray of int64, shape (n,)
        0 to 9.
    hidden : int
        Hidden units.
    epochs : int
        Passes over the images.
    seed : int
        Of the weights and the batches.

    Returns
    -------
    Classifier
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier((hidden,), alpha=1.0, max_iter=epochs, random_state=seed)
    with warnings.catch_warnings():
        # The number of epochs is the setting; stopping there is not worth a warning.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(images.astype(np.float32), labels)
    return Classifier(
        tuple(weight.astype(np.float32) for weight in network.coefs_),
        tuple(bias.astype(np.float32) for bias in network.intercepts_),
    )


def histogram(classes: NDArray[np.int64]) -> Array:
    """Return the share of each class.

    Parameters
    ----------
    classes : ndarray of int64, shape (n,)
        0 to 9.

    Returns
    -------
    ndarray, shape (10,)
        Adds up to one.
    """
    return np.bincount(classes, minlength=CLASSES) / len(classes)


def class_given_state(classifier: Classifier, model: Population, draws: int, seed: int) -> Array:
    """Estimate ``P(class|z)`` of one model from images of every state.

    Parameters
    ----------
    classifier : Classifier
    model : Population
        Of one model.
    draws : int
        Images a state.
    seed : int

    Returns
    -------
    ndarray, shape (K, 10)
        Each row adds up to one.
    """
    generator = stream(seed, "classes")
    states = torch.arange(model.states).repeat_interleave(draws)
    images = draw_images(model, states, generator)
    classes = classifier.predict(images.numpy()).reshape(model.states, draws)
    return np.stack([histogram(row) for row in classes])


def kl_divergence(data: Array, model: Array, draws: float | Array) -> Array:
    """Return ``KL(data‖model)`` of class histograms.

    The model's histogram comes from finitely many images. Half an image is added to every class, as
    with Jeffreys' prior. A class that the model never makes then costs about ``log 2n``, not
    infinitely much.

    Parameters
    ----------
    data : ndarray, shape (10,)
    model : ndarray, shape (..., 10)
    draws : float or ndarray, shape (...)
        Images n behind ``model``; of a weighted mean of histograms their effective number.

    Returns
    -------
    ndarray, shape (...)
        In nats.
    """
    counts = np.asarray(draws)[..., None]
    smoothed = (counts * model + 0.5) / (counts + 0.5 * CLASSES)
    present = data > 0
    return (data[present] * np.log(data[present] / smoothed[..., present])).sum(-1)
