"""Networks for symbols: their shapes at any length, and what their parts do at the start."""

import pytest
import torch

from sparring.data.codec import OneHot
from sparring.networks import tokens


@pytest.mark.parametrize("steps", [1, 12, 33, 100])
def test_symbols_of_any_length(steps: int) -> None:
    codec = OneHot((5,))
    generator = tokens.Generator(shape=(steps, 5), head=codec.head, latent_dim=4, width=8, classes=2)
    discriminator = tokens.Discriminator(shape=(steps, 5), width=8, classes=2)
    labels = torch.tensor([0, 1, 1])
    samples = generator(torch.randn(3, 4), labels)
    assert torch.equal(samples.sum(2), torch.ones(3, steps))
    assert discriminator(samples, labels).shape == (3,)


def test_a_generators_block_starts_as_the_identity() -> None:
    features, style = torch.randn(2, 5, 8), torch.randn(2, 6)
    assert torch.equal(tokens.Block(8, 6)(features, style), features)
    assert not torch.equal(tokens.Block(8)(features), features)


def test_a_style_scales_each_channel() -> None:
    block = tokens.Block(2, 1)
    assert block.gains is not None
    with torch.no_grad():
        for layer in (block.first, block.last):
            layer.weight.zero_()
            layer.weight[0, 2] = layer.weight[1, 3] = 1.0  # of the middle one of three neighbours
        block.gains.weight[:, 0] = torch.tensor([1.0, 3.0])
    found = block(torch.ones(1, 4, 2), torch.ones(1, 1))  # x + x (1 + gain)
    torch.testing.assert_close(found[0, 0], torch.tensor([3.0, 5.0]))


@torch.no_grad()
def test_layers_keep_the_variance_of_a_signal() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(64, 128)
    assert float(tokens.linear(128, 256, 1.0)(inputs).var()) == pytest.approx(1, abs=0.1)
    over_time = torch.randn(16, 40, 64)
    assert float(tokens.near(64, 64, 1.0)(over_time)[:, 1:-1].var()) == pytest.approx(1, abs=0.1)


@torch.no_grad()
def test_a_generator_begins_with_symbols_as_often_as_in_the_data() -> None:
    found = []
    for counts in ((), (0, 30, 1, 1, 300)):
        torch.manual_seed(0)
        logits = tokens.Generator(shape=(4, 5), head=torch.nn.Identity, latent_dim=4, counts=counts)
        found.append(logits(torch.ones(2, 4)))
    more = found[1] - found[0]
    torch.testing.assert_close(more - more[..., :1], torch.tensor([1, 30, 1, 1, 300]).log().expand(2, 4, 5))


def test_every_step_gets_a_gradient_through_the_argmax() -> None:
    generator = tokens.Generator(shape=(6, 5), head=OneHot((5,)).head, latent_dim=4, width=8)
    discriminator = tokens.Discriminator(shape=(6, 5), width=8)
    discriminator(generator(torch.randn(8, 4))).sum().backward()
    assert generator.logits.weight.grad is not None
    assert float(generator.logits.weight.grad.abs().sum()) > 0
