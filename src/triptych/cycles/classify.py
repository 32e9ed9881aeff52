"""An independent classifier of images, a small network trained on real digits."""

from __future__ import annotations

import warnings

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray

from triptych.cycles.digits import CLASSES
from triptych.cycles.model import Population, draw_images
from triptych.cycles.streams import stream

Array = NDArray[np.float64]


def fit(
    images: NDArray, labels: NDArray[np.int64], hidden: int, epochs: int, seed: int
) -> xr.Dataset:
    """Train a perceptron of one hidden layer with scikit-learn.

    The penalty on the weights is strong, 1 where the default is 1e-4. With a few thousand digits it
    is worth a percent of accuracy.

    Parameters
    ----------
    images : ndarray of shape (n, N)
        Zeros and ones.
    labels : int64 ndarray of shape (n,)
        0 to 9.
    hidden : int
        Rectified hidden units H.
    epochs : int
        Passes over the images, at most: ten without progress end the training.
    seed : int
        Of the weights and the batches.

    Returns
    -------
    xarray.Dataset
        The classifier, in float32: ``weight_0`` (N, H), ``bias_0`` (H), ``weight_1`` (H, 10) and
        ``bias_1`` (10).

    Raises
    ------
    ValueError
        If a digit has no image.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    missing = sorted(set(range(CLASSES)) - set(labels.tolist()))
    if missing:
        raise ValueError(f"no training image of the digits {missing}: a classifier needs them all")
    network = MLPClassifier((hidden,), alpha=1.0, max_iter=epochs, random_state=seed)
    with warnings.catch_warnings():
        # The number of epochs is the setting; stopping there is not worth a warning.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(images.astype(np.float32), labels)
    variables: dict[str, tuple[tuple[str, ...], NDArray]] = {}
    for layer, (weight, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        dims = (f"units_{layer}", f"units_{layer + 1}")
        variables[f"weight_{layer}"] = (dims, weight)
        variables[f"bias_{layer}"] = (dims[1:], bias)
    return xr.Dataset(variables).astype(np.float32)


def predict(classifier: xr.Dataset, images: NDArray) -> NDArray[np.int64]:
    """Return the most probable class of each image.

    Parameters
    ----------
    classifier : xarray.Dataset
        As from :func:`fit`.
    images : ndarray of shape (n, N)
        Zeros and ones.

    Returns
    -------
    int64 ndarray of shape (n,)
        0 to 9.
    """
    layer = {name: variable.values for name, variable in classifier.items()}
    hidden = images.astype(np.float32) @ layer["weight_0"] + layer["bias_0"]
    return (np.maximum(hidden, 0.0) @ layer["weight_1"] + layer["bias_1"]).argmax(1)


def histogram(classes: NDArray[np.int64]) -> Array:
    """Return the share of each class.

    Parameters
    ----------
    classes : int64 ndarray of shape (n,)
        0 to 9.

    Returns
    -------
    ndarray of shape (10,)
        Adds up to one.
    """
    return np.bincount(classes, minlength=CLASSES) / len(classes)


def class_given_state(classifier: xr.Dataset, model: Population, draws: int, seed: int) -> Array:
    """Estimate ``P(class|z)`` of one model from images of every state.

    Parameters
    ----------
    classifier : xarray.Dataset
        As from :func:`fit`.
    model : Population
        Of one model.
    draws : int
        Images a state.
    seed : int

    Returns
    -------
    ndarray of shape (K, 10)
        Each row adds up to one.
    """
    generator = stream(seed, "classes")
    states = torch.arange(model.states).repeat_interleave(draws)
    images = draw_images(model, states, generator)
    classes = predict(classifier, images.numpy()).reshape(model.states, draws)
    return np.stack([histogram(row) for row in classes])


def kl_divergence(data: Array, model: Array, draws: float | Array) -> Array:
    """Return ``KL(data‖model)`` of class histograms.

    The model's histogram comes from finitely many images. Half an image is added to every class, as
    with Jeffreys' prior. A class with share p of the data that the model never makes then costs
    about ``p log(2 n p)``, not infinitely much.

    Parameters
    ----------
    data : ndarray of shape (10,)
    model : ndarray of shape (..., 10)
    draws : float or ndarray of shape (...)
        Images n behind ``model``; of a weighted mean of histograms their effective number.

    Returns
    -------
    ndarray of shape (...)
        In nats.
    """
    counts = np.asarray(draws)[..., None]
    smoothed = (counts * model + 0.5) / (counts + 0.5 * CLASSES)
    present = data > 0
    return (data[present] * np.log(data[present] / smoothed[..., present])).sum(-1)
