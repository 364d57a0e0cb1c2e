"""The weight average."""

import torch
from torch import nn

from sparring import ema


def test_the_closed_form_after_n_steps() -> None:
    """Weights 0 at first, 1 ever after: the average is 1 - decay^n."""
    network = nn.Linear(3, 2)
    nn.init.zeros_(network.weight)
    average = ema.WeightAverage(network)
    nn.init.ones_(network.weight)
    for _ in range(10):
        average.update(0.9)
    expected = torch.full((2, 3), 1 - 0.9**10)
    torch.testing.assert_close(average.network.weight, expected, rtol=1e-5, atol=0)


def test_batch_statistics_follow() -> None:
    network = nn.BatchNorm1d(4)
    average = ema.WeightAverage(network)
    network(torch.randn(8, 4) + 5)
    average.update(0.5)
    assert network.running_mean is not None
    torch.testing.assert_close(average.network.running_mean, network.running_mean / 2)
    assert int(average.network.num_batches_tracked) == 1


def test_the_copy_is_apart_frozen_and_in_evaluation_mode() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = ema.WeightAverage(network)
    assert not average.network.training
    assert network.training
    assert not any(p.requires_grad for p in average.network.parameters())
    assert all(p.requires_grad for p in network.parameters())


def test_it_goes_on_after_loading_weights() -> None:
    network, other = nn.Linear(2, 2), nn.Linear(2, 2)
    average = ema.WeightAverage(network)
    average.network.load_state_dict(other.state_dict())
    average.update(1.0)
    assert torch.equal(average.network.weight, other.weight)
    average.update(0.0)
    assert torch.equal(average.network.weight, network.weight)
