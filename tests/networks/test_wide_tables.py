"""Networks of tables with categories of many levels."""

from functools import partial

import torch

from sparring.data.table.codec import Rows
from sparring.networks.columns import SEEN, Generator

LEVELS = 200


def test_layers_see_the_first_latents_and_the_rest_is_noise_of_levels() -> None:
    head = partial(Rows, 2, ((1, LEVELS),), ())
    made = Generator(shape=(2 + LEVELS,), numbers=2, head=head, latent_dim=2 + LEVELS)
    assert made.first.in_features == SEEN
    latents = torch.randn(32, 2 + LEVELS, generator=torch.Generator().manual_seed(0))
    other = torch.cat([latents[:, :SEEN], latents[:, SEEN:].flip(0)], 1)
    rows, again = made(latents), made(other)
    assert torch.equal(rows[:, :2], again[:, :2])
    assert not torch.equal(rows[:, 2:], again[:, 2:])
    few = Generator(shape=(2 + LEVELS,), numbers=2, head=head, latent_dim=8)
    assert few.first.in_features == 8
