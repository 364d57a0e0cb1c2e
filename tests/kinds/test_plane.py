"""What the discriminator thinks of the plane, on one whose landscape is known."""

import math

import pytest
import torch
from torch import Tensor, nn

from sparring import kinds
from sparring.data.arrays import from_array
from sparring.data.codec import Affine
from sparring.data.spec import Spec
from sparring.kinds import plane as fields

# Its centre is (1, -1), and the landscape reaches 1.5 * (2, 4).
SPEC = Spec("points", (2,), Affine("float32", (1.0, -1.0), (2.0, 4.0), bounded=False))


class Bowl(nn.Module):
    """D(x) = -|x|^2 in encoded coordinates, and for class k less k."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        bowl = -self.weight * samples.square().sum(1)
        return bowl if labels is None else bowl - labels


def field(drawn: Tensor, classes: int = 0) -> dict[str, list[list[float]]]:
    return fields.field(Bowl(), SPEC, classes, drawn)


def test_only_points_of_two_dimensions_are_a_plane() -> None:
    for spec in (
        SPEC,
        Spec("points", (3,), Affine("float32", (0.0,), (1.0,), bounded=False)),
        Spec("image", (1, 8, 8), Affine("uint8", (127.5,), (127.5,))),
    ):
        assert kinds.of(spec).plane(spec) == (spec is SPEC)


@pytest.mark.parametrize("classes", [0, 3])  # the class that D likes best takes nothing off
def test_the_landscape_is_in_the_datas_units_row_by_row_from_below(classes: int) -> None:
    found = field(torch.zeros(4, 2), classes)
    assert (found["low"], found["high"]) == ([-2.0, -7.0], [4.0, 5.0])
    landscape = torch.tensor(found["logits"]).reshape(fields.SIDE, fields.SIDE)
    steps = torch.linspace(-1.5, 1.5, fields.SIDE)
    assert torch.allclose(landscape, -(steps[:, None].square() + steps[None].square()), atol=2e-3)
    # Not symmetric: with another reach the rows must be y.
    tall = fields.field(
        nn.Sequential(nn.Linear(2, 1, bias=False), nn.Flatten(0)),
        SPEC, 0, torch.zeros(4, 2),
    )["logits"]  # fmt: skip
    flat = torch.tensor(tall).reshape(fields.SIDE, fields.SIDE)
    assert (flat[0, 1] - flat[0, 0]).item() == pytest.approx((flat[5, 1] - flat[5, 0]).item(), abs=2e-3)


def test_arrows_go_uphill_and_the_longest_is_one() -> None:
    drawn = torch.tensor([[0.5, 0.0], [0.0, -1.0]])
    found = field(drawn)
    assert found["points"] == [[2.0, -1.0], [1.0, -5.0]]
    assert torch.allclose(torch.tensor(found["arrows"]), torch.tensor([[-0.5, 0.0], [0.0, 1.0]]), atol=1e-3)


def test_nothing_that_is_no_number_is_written() -> None:
    found = field(torch.tensor([[math.nan, 0.0], [1.0, 1.0]]))
    assert all(math.isfinite(v) for name in ("points", "arrows") for pair in found[name] for v in pair)


def test_real_points_of_the_whole_set() -> None:
    points = torch.arange(4000, dtype=torch.float32).reshape(2000, 2)
    found = torch.tensor(fields.reals(from_array(points))["points"])
    assert found.shape == (2 * fields.POINTS, 2)
    assert found[-1, 0] > 3900
