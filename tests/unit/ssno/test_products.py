from __future__ import annotations

import pytest
import torch

from triptych.ssno.products import multiply


def plain(fields, slopes, pairs):
    """Return the products as their formulas say, with nothing written in place."""
    products = [fields[:, :pairs] * fields[:, pairs : 2 * pairs]]
    if slopes is not None:
        c, d = slopes.chunk(2, 1)
        products.append((c * d).sum(2))
        products.append(c[:, :, 0] * d[:, :, 1] - c[:, :, 1] * d[:, :, 0])
    return torch.cat(products, 1), fields[:, 2 * pairs :]


@pytest.mark.parametrize("others", [0, 2])
@pytest.mark.parametrize("gradient_pairs", [0, 3])
def test_products_and_their_gradients_are_those_of_the_plain_form(gradient_pairs, others):
    pairs, grid = 2, (4, 8)
    fields = torch.randn(3, 2 * pairs + others, *grid, dtype=torch.float64, requires_grad=True)
    # As a transform leaves them: components in front.
    slopes = torch.randn(2, 3, 2 * gradient_pairs, *grid, dtype=torch.float64).movedim(0, -3)
    slopes = slopes.requires_grad_() if gradient_pairs else None
    inputs = [fields] if slopes is None else [fields, slopes]
    results = []
    for function in (multiply, plain):
        outputs = function(fields, slopes, pairs)
        loss = sum((output * (1 + i)).sin().sum() for i, output in enumerate(outputs))
        results.append((*outputs, *torch.autograd.grad(loss, inputs)))
    torch.testing.assert_close(results[0], results[1], rtol=1e-12, atol=1e-12)
    assert results[0][0].shape == (3, pairs + 2 * gradient_pairs, *grid)
