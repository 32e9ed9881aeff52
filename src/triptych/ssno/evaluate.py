"""Rolling trained models out and scoring them against the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from triptych.ssno.frames import Frames
from triptych.ssno.metrics import score
from triptych.ssno.names import DEFAULT
from triptych.ssno.networks import TABLE_REACH
from triptych.ssno.recipe import Recipe
from triptych.ssno.rollout import rollout_pieces
from triptych.ssno.spectra import band_errors, energy_spectrum
from triptych.ssno.system import System

OF_TRAINING = ("learning_rate", "parameters", "cpu_seconds", "restarts", "trainings", "kept")
"""Attributes of a training's history that the scores of its run have."""


@dataclass(frozen=True)
class TrainedRun:
    """One trained model and what it was trained on.

    Attributes
    ----------
    model, variant : str
    trajectories, seed : int
        Which run of a system it is.
    network : torch.nn.Module
        With its best weights.
    scale : float32 ndarray of shape (channels,)
        Size of every channel in its training data, which its states are divided by.
    """

    model: str
    variant: str
    trajectories: int
    seed: int
    network: nn.Module
    scale: np.ndarray

    @property
    def standard(self) -> bool:
        """Whether nothing was left out, as in the main comparison and in the sweep."""
        return self.variant == DEFAULT


def trained_run(
    run: Mapping[str, Any],
    history: Mapping[str, Any],
    weights: Mapping[str, Tensor],
    sizes: Mapping[str, Mapping[str, Any]],
    system: System,
    device: torch.device | str = "cpu",
    **changes: Any,
) -> TrainedRun:
    """Return a run with its network rebuilt.

    Parameters
    ----------
    run : mapping of str to object
        Its model, variant, trajectories and seed; the model that was trained in its name is told by
        the history.
    history : mapping of str to object
        Attributes of the training's history.
    weights : mapping of str to Tensor
        Of the network.
    sizes : mapping of str to mapping
        Those of all models, by name.
    system : System
        At its scale.
    device : torch.device or str, optional
        Where to compute.
    **changes : object
        To the spec of an SSNO, such as another number of substeps.
    """
    model = history["model"]
    recipe = Recipe(model, run["variant"], sizes[model], history["learning_rate"])
    scale, increment_scale = (
        np.asarray(history[name], dtype=np.float32) for name in ("channel_scale", "increment_scale")
    )
    network = recipe.build(system, run["seed"], increment_scale, device, **changes)
    network.load_state_dict(dict(weights))
    return TrainedRun(**{**run, "model": model}, network=network, scale=scale)


def predict(
    run: TrainedRun, truth: xr.Dataset, device: torch.device | str = "cpu"
) -> Iterator[xr.DataArray]:
    """Yield a rollout from the first frame to the last, a few frames at a time.

    Parameters
    ----------
    run : TrainedRun
        The model, and the scale of its states.
    truth : xarray.Dataset
        With ``state`` (trajectory, time, channel, *grid) at the model's ``dt``, in memory or lazily
        opened.
    device : torch.device or str, optional
        Where to compute.

    Yields
    ------
    xarray.DataArray of shape (trajectory, frames, channel, *grid)
        Successive frames with the labels and units of ``truth["state"]``; the first is the true
        one.
    """
    state, frames = truth["state"], 0
    initial = Frames(truth, run.scale, device).block(0, 1)
    shape = (-1, *[1] * (state.ndim - 3))
    run.network.eval()
    network = _LargeFieldsApart(run.network)
    pieces = rollout_pieces(network, initial[:, 0], truth.sizes["time"] - 1)
    for piece in chain([initial], pieces):
        true_frames = state.isel(time=slice(frames, frames + piece.shape[1]))
        yield true_frames.copy(data=piece.cpu().numpy() * run.scale.reshape(shape))
        frames += piece.shape[1]


class _LargeFieldsApart(nn.Module):
    """A model that steps fields of ordinary size together, and larger ones each by itself.

    The table of an SSNO's ``f_u`` reaches as far as the largest field of its batch asks for: one
    that blows up would leave the others a coarse table, or none.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, field: Tensor, steps: int) -> Tensor:
        # As a table reaches to twice the largest value; the comparison with NaN is false.
        ordinary = field.abs().flatten(1).amax(1) <= TABLE_REACH / 2
        if bool(ordinary.all()):
            return self.network(field, steps)
        states = field.new_empty(len(field), steps, *field.shape[1:])
        for rows in (ordinary.nonzero()[:, 0], *(~ordinary).nonzero()):
            if len(rows):
                states[rows] = self.network(field[rows], steps)
        return states


def score_runs(
    runs: Sequence[TrainedRun],
    truths: Mapping[str, xr.Dataset],
    scale: np.ndarray,
    device: torch.device | str = "cpu",
) -> xr.Dataset:
    """Score every run on every set of trajectories, all in the same units.

    Parameters
    ----------
    runs : sequence of TrainedRun
        Of one system.
    truths : mapping of str to xarray.Dataset
        Frames at the models' step by name of the set, as for :func:`predict`. Runs with something
        left out are scored on ``test`` alone.
    scale : ndarray of shape (channels,)
        Units in which channels are scored together. They are not each run's own: those of a few
        training trajectories would give other weights to the channels than those of all.
    device : torch.device or str, optional
        Where to compute.

    Returns
    -------
    xarray.Dataset
        The scores of :func:`triptych.ssno.metrics.score` with dimensions (run, split, trajectory,
        time, …); NaN where a set has no such trajectory, frame or run. The step that stores them
        adds the attributes ``system`` and ``title``, which tables and figures read.
    """
    rows = []
    for run in runs:
        names = [name for name in truths if run.standard or name == "test"]
        scores = [
            score(predict(run, truths[name], device), truths[name]["state"], scale)
            for name in names
        ]
        splits = xr.DataArray(names, dims="split", name="split")
        rows.append(xr.concat(scores, splits, join="outer"))
    return xr.concat(rows, "run", join="outer").assign_coords(run_coordinates(runs))


def with_trainings(scores: xr.Dataset, histories: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return scores with what the histories say of the runs' trainings.

    Parameters
    ----------
    scores : xarray.Dataset
        Of :func:`score_runs`.
    histories : sequence of xarray.Dataset
        Of the same runs, in their order, as the step of training stores them.

    Returns
    -------
    xarray.Dataset
        With ``OF_TRAINING``, ``trained_substeps`` and ``validation_error``, each (run).
    """
    columns = {name: [history.attrs[name] for history in histories] for name in OF_TRAINING}
    columns["trained_substeps"] = [history.attrs["substeps"] for history in histories]
    columns["validation_error"] = [float(history.validation_error) for history in histories]
    return scores.assign({name: ("run", values) for name, values in columns.items()})


def run_coordinates(runs: Sequence[TrainedRun]) -> dict[str, tuple[str, list]]:
    """Return the coordinates of the dimension ``run``: model, variant, trajectories and seed."""
    return {
        "model": ("run", [run.model for run in runs]),
        "variant": ("run", [run.variant for run in runs]),
        "train_trajectories": ("run", [run.trajectories for run in runs]),
        "seed": ("run", [run.seed for run in runs]),
    }


def diagnose(
    runs: Sequence[TrainedRun],
    truth: xr.Dataset,
    system: System,
    frames: int,
    device: torch.device | str = "cpu",
) -> xr.Dataset:
    """Return fields, spectra and band errors at a few frames of the test set.

    Parameters
    ----------
    runs : sequence of TrainedRun
        Of one system.
    truth : xarray.Dataset
        With ``state`` (trajectory, time, channel, *grid) at the models' ``dt``, in memory or lazily
        opened.
    system : System
        For its domain.
    frames : int
        How many, evenly spread from the first to the last.
    device : torch.device or str, optional
        Where to compute.

    Returns
    -------
    xarray.Dataset
        ``truth`` (frame, channel, *grid) and ``predicted`` (run, frame, channel, *grid) of the
        first trajectory; ``truth_energy`` (frame, channel, wavenumber) and ``predicted_energy``
        (run, frame, channel, wavenumber), in squared units of the fields; ``band_error`` (run,
        frame, band) of the scaled channels, without units. The last three are means over
        trajectories.
    """
    frame_indices = np.unique(np.linspace(0, truth.sizes["time"] - 1, frames).round().astype(int))
    truth_frames = truth["state"].isel(time=frame_indices).compute()
    diagnostics = []
    for run in runs:
        scale = xr.DataArray(run.scale, dims="channel")
        selected = (
            piece.sel(time=np.intersect1d(piece.time, truth_frames.time))
            for piece in predict(run, truth, device)
        )
        predicted = xr.concat([piece for piece in selected if piece.sizes["time"]], "time")
        diagnostics.append(
            xr.Dataset(
                {
                    "predicted": predicted.isel(trajectory=0, drop=True),
                    "predicted_energy": _mean(energy_spectrum(predicted, system.domain)),
                    "band_error": _mean(
                        band_errors(predicted / scale, truth_frames / scale, system.domain)
                    ),
                }
            )
        )
    result = xr.concat(diagnostics, "run").assign_coords(run_coordinates(runs))
    result["truth"] = truth_frames.isel(trajectory=0, drop=True)
    result["truth_energy"] = _mean(energy_spectrum(truth_frames, system.domain))
    return result.rename(time="frame")


def _mean(values: xr.DataArray) -> xr.DataArray:
    """Return the mean over trajectories; NaN where one is, for a rollout that blew up counts."""
    return values.mean("trajectory", skipna=False)
