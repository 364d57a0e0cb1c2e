"""The weight average."""

import torch
from torch import nn

from sparring.games import average as ema
from sparring.games import schedules


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


def test_half_of_the_old_weights_is_left_after_a_half_life() -> None:
    network = nn.Linear(3, 2)
    nn.init.ones_(network.weight)
    average = ema.WeightAverage(network)
    nn.init.zeros_(network.weight)
    for _ in range(1000 // 20):
        average.update(schedules.ema_decay(1000, batch_size=20, samples_seen=10**9))
    torch.testing.assert_close(average.network.weight, torch.full((2, 3), 0.5), rtol=1e-5, atol=0)


def test_a_decay_of_nothing_copies_and_of_one_keeps() -> None:
    network = nn.Linear(3, 2)
    average = ema.WeightAverage(network)
    first = network.weight.detach().clone()
    nn.init.ones_(network.weight)
    average.update(1.0)
    assert torch.equal(average.network.weight, first)
    average.update(0.0)
    assert torch.equal(average.network.weight, network.weight)


def test_batch_statistics_follow() -> None:
    network = nn.BatchNorm1d(4)
    average = ema.WeightAverage(network)
    network(torch.randn(8, 4) + 5)
    average.update(0.5)
    assert network.running_mean is not None
    assert network.running_var is not None
    torch.testing.assert_close(average.network.running_mean, network.running_mean / 2)
    torch.testing.assert_close(average.network.running_var, (1 + network.running_var) / 2)
    assert int(average.network.num_batches_tracked) == 1


def test_the_copy_is_apart_frozen_and_in_evaluation_mode() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = ema.WeightAverage(network)
    average.update(0.5)
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


def test_it_follows_a_network_that_loads_weights() -> None:
    network, other = nn.Linear(2, 2), nn.Linear(2, 2)
    average = ema.WeightAverage(network)
    network.load_state_dict(other.state_dict())
    average.update(0.0)
    assert torch.equal(average.network.weight, other.weight)


def test_it_follows_an_optimizer_and_leaves_its_network_alone() -> None:
    network = nn.Linear(2, 1)
    average = ema.WeightAverage(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    network(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    before = network.weight.detach().clone()
    average.update(0.25)
    assert torch.equal(network.weight, before)
    torch.testing.assert_close(average.network.weight, before + 0.25, rtol=0, atol=1e-6)  # the gradient was 1


def test_shared_weights_are_averaged_once() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    network[1].weight = network[0].weight
    nn.init.zeros_(network[0].weight)
    average = ema.WeightAverage(network)
    nn.init.ones_(network[0].weight)
    average.update(0.9)
    torch.testing.assert_close(average.network[0].weight, torch.full((2, 2), 0.1))
