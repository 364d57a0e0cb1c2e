"""The small networks of detectors take pictures of any size."""

import pytest
import torch

from sparring.networks.repair import Judge, Rebuilder, Repairer, Segmenter


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 8, 8), (3, 33, 20), (1, 28, 28)])
def test_pictures_of_any_size_keep_it(channels: int, height: int, width: int) -> None:
    pictures = 2 * torch.rand(2, channels, height, width) - 1
    for network in (Repairer(channels), Rebuilder(channels, height, width)):
        made = network(pictures)
        assert made.shape == pictures.shape
        assert float(made.detach().abs().max()) <= 1
    assert Segmenter(channels)(pictures, made).shape == (2, height, width)
    judge = Judge(channels)
    features = judge.features(pictures)
    assert judge(pictures).shape == (2, *features[-1].shape[2:])
    assert [each.shape[1] for each in features] == [16, 32, 64]


def test_a_judge_hardly_stretches_differences() -> None:
    judge = Judge(1).train()
    for _ in range(30):  # power iterations of the spectral norms
        judge(torch.zeros(1, 1, 16, 16))
    a, b = torch.rand(2, 8, 1, 16, 16)
    apart = (judge(a) - judge(b)).flatten(1).norm(dim=1) / (a - b).flatten(1).norm(dim=1)
    # A kernel of 4 x 4 with stride 2 sees each pixel 4 times, so a layer stretches by at most 2.
    assert float(apart.detach().max()) < 8
