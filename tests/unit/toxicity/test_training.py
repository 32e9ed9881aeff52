from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from stopping import Interrupt, Stopping
from toxicity_specs import tiny_backbone, toxicity_training

from triptych.toxicity.batches import SPELLED, Encoded
from triptych.toxicity.metrics import roc_auc
from triptych.toxicity.models import ModelSpec, build_model
from triptych.toxicity.predict import logits, predict
from triptych.toxicity.sparsity import mass_share
from triptych.toxicity.training import train

SPEC = toxicity_training(epochs=3, batch_size=16, penalty=0.1, encoder_rate=1e-3, head_rate=1e-2)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def model(kind="sparse", tasks=2, seed=0, dropout=0.1):
    backbone = tiny_backbone(seed, hidden_dropout_prob=dropout)
    spec = ModelSpec(kind, "gates", hidden=4, bfloat16=False)
    return build_model(spec, tasks, backbone, seed)


def molecules(count, seed=0):
    """Sequences in which token 18 makes the first task positive, token 19 the second."""
    rng = np.random.default_rng(seed)
    length = rng.integers(8, 20, count)
    token = rng.integers(5, 18, (count, 20))
    label = rng.integers(0, 2, (count, 2)).astype(np.float32)
    atoms = np.zeros((count, 20), np.int16)
    for i, n in enumerate(length):
        atoms[i, 1 : n - 1] = 1
        first, second = rng.choice(np.arange(1, n - 1), 2, replace=False)
        token[i, first] = 18 if label[i, 0] else token[i, first]
        token[i, second] = 19 if label[i, 1] else token[i, second]
    label[rng.random(label.shape) < 0.1] = np.nan
    where = np.where(atoms[:, 1:19] > 0, np.arange(1, 19), -1)
    spelled = (array[:, None] for array in (token, length, where, atoms))
    return Encoded(*map(torch.as_tensor, (*spelled, label)))


def fit(net, spec=SPEC, seed=3, **options):
    return train(net, molecules(60), molecules(40, 1), spec, seed=seed, **options)


def same(a, b):
    assert a.weights.keys() == b.weights.keys()
    for name in a.weights:
        assert torch.equal(a.weights[name], b.weights[name]), name
    assert a.history.identical(b.history)


def test_the_same_seed_gives_the_same_bits():
    first = fit(model())
    torch.rand(7)  # what else draws numbers in the process does not matter
    same(first, fit(model()))
    assert not fit(model(), seed=4).history.equals(first.history)


@pytest.mark.parametrize(("keep", "stop"), [(2, 3), (4, 6), (7, 11)])
def test_a_resumed_training_ends_with_the_same_bits(keep, stop):
    whole = fit(model())  # 4 steps an epoch: kept within and at the end of one
    monitor = Stopping(keep, stop)
    with pytest.raises(Interrupt):
        fit(model(), monitor=monitor)
    same(whole, fit(model(seed=9), monitor=monitor))


def test_molecules_come_in_random_spellings_and_are_predicted_by_their_mean():
    training, other = molecules(60), molecules(60, 5)
    both = Encoded(*(torch.cat([getattr(m, n) for m in (training, other)], 1) for n in SPELLED),
                   training.label)  # fmt: skip
    net = model()
    spelled = train(net, both, molecules(40, 1), SPEC, seed=3)
    assert not spelled.history.equals(fit(model()).history)
    same(spelled, train(model(), both, molecules(40, 1), SPEC, seed=3))
    alone = [logits(net, replace(m, label=training.label), CPU) for m in (training, other)]
    np.testing.assert_allclose(logits(net, both, CPU), np.mean(alone, 0), atol=1e-5)


@pytest.mark.parametrize("spelling", [0, 1])
def test_every_spelling_is_trained_on(spelling: int) -> None:
    """Spellings of one length are batched alike: only what is read in them can tell."""
    training = molecules(60)
    twice = {name: torch.cat([getattr(training, name)] * 2, 1) for name in SPELLED}
    token = twice["token"].clone()
    token[:, spelling, 1] = 5
    histories = [
        train(model(), Encoded(**twice | {"token": of}, label=training.label), molecules(40, 1),
              SPEC, seed=3).history
        for of in (twice["token"], token)
    ]  # fmt: skip
    assert not histories[0].equals(histories[1])


def test_dropout_changes_the_training():
    assert not fit(model(dropout=0.0)).history.equals(fit(model()).history)


def test_encoder_and_heads_have_rates_of_their_own():
    for encoder_rate, head_rate in ((0.0, 1e-2), (1e-3, 0.0)):
        net = model()
        start = {name: p.detach().clone() for name, p in net.named_parameters()}
        fit(net, spec=replace(SPEC, epochs=1, encoder_rate=encoder_rate, head_rate=head_rate))
        moved = {
            name.startswith("encoder.")
            for name, p in net.named_parameters()
            if not torch.equal(p, start[name])
        }
        assert moved == {encoder_rate > 0}


def test_gradients_are_clipped():
    net = model()
    start = net.heads.weight.detach().clone()
    fit(net, spec=replace(SPEC, epochs=1, clip=1e-12, decay=0.0))
    assert 0 < (net.heads.weight.detach() - start).abs().max() < 1e-4


def test_weights_decay():
    net = model()
    start = net.heads.weight.detach().clone()
    fit(net, spec=replace(SPEC, epochs=1, clip=1e-12, decay=10.0))
    assert net.heads.weight.detach().norm() < 0.9 * start.norm()


def test_penalty_closes_gates_and_keeps_the_token_that_decides():
    training, validation, held_out = molecules(600), molecules(100, 1), molecules(200, 2)
    mass, auc = [], []
    for penalty in (0.0, 0.5):
        net = model(dropout=0.0)
        spec = toxicity_training(
            epochs=8, batch_size=32, encoder_rate=3e-3, head_rate=1e-2, penalty=penalty
        )
        trained = train(net, training, validation, spec, seed=0)
        auc.append(float(trained.history.val_auc.max()))
        mask = predict(net, held_out, CPU).mask
        positive = (held_out.label == 1).numpy()
        mass.append(mass_share(mask).mean())
        top = np.nanargmax(mask[positive], -1) + 1
        row, task = np.nonzero(positive)
        hit = held_out.token.numpy()[row, 0, top] == 18 + task
    assert min(auc) > 0.97
    assert mass[1] < 0.6 * mass[0]
    assert hit.mean() > 0.9


def test_the_epoch_best_on_validation_is_kept():
    net = model()
    trained = fit(net)
    auc = trained.history.val_auc.values
    late = auc[SPEC.epochs // 2 :]
    assert trained.history.attrs["chosen_epoch"] == SPEC.epochs - int(late[::-1].argmax())
    for name, value in net.state_dict().items():
        assert torch.equal(value, trained.weights[name])
    assert all(parameter.grad is None for parameter in net.parameters())
    validation = molecules(40, 1)
    again = roc_auc(validation.label.numpy(), logits(net, validation, CPU)).mean()
    assert again == pytest.approx(late.max())


def test_of_epochs_that_are_equal_on_validation_the_last_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("triptych.toxicity.training.roc_auc", lambda *_: np.array([1.0]))
    assert fit(model()).history.attrs["chosen_epoch"] == SPEC.epochs


def test_where_no_task_can_be_scored_the_loss_decides_and_else_the_last_epoch():
    one_class = molecules(40, 1)
    one_class.label[:] = 1.0
    trained = train(model(), molecules(60), one_class, SPEC, seed=0)
    assert np.isnan(trained.history.val_auc).all()
    late = trained.history.val_loss.values[SPEC.epochs // 2 :]
    assert trained.history.attrs["chosen_epoch"] == 1 + SPEC.epochs // 2 + int(late.argmin())
    one_class.label[:] = torch.nan
    trained = train(model(), molecules(60), one_class, SPEC, seed=0)
    assert trained.history.attrs["chosen_epoch"] == SPEC.epochs


def test_a_loss_that_is_not_finite_stops_and_leaves_a_good_state():
    class Breaking(Stopping):
        def report(self, iteration, total, **metrics):
            super().report(iteration, total, **metrics)
            if iteration == 6:
                with torch.no_grad():
                    net.heads.weight.fill_(torch.nan)

    net, monitor = model(), Breaking(5, -1)
    with pytest.raises(FloatingPointError, match="epoch 2, step 7"):
        fit(net, monitor=monitor)
    assert all(bool(torch.isfinite(v).all()) for k, v in monitor.kept.items() if "model." in k)


def test_a_gradient_that_is_not_finite_stops_before_it_spoils_the_weights():
    net, monitor = model(), Stopping(6, -1)

    def break_after_six_steps(gradient):
        return torch.full_like(gradient, torch.inf) if monitor.step == 6 else gradient

    net.heads.weight.register_hook(break_after_six_steps)
    with pytest.raises(FloatingPointError, match="gradient is not finite in epoch 2, step 7"):
        fit(net, monitor=monitor)
    for name, value in net.state_dict().items():
        assert torch.equal(value, monitor.kept[f"model.{name}"]), name


def test_bad_data_are_refused():
    with pytest.raises(ValueError, match="no training molecules"):
        train(model(), molecules(60).select(np.arange(0)), molecules(40), SPEC, seed=0)
    blank = molecules(60)
    blank.label[:] = torch.nan
    with pytest.raises(ValueError, match="no label among the training"):
        train(model(), blank, molecules(40), SPEC, seed=0)
