"""Features of each place of a picture."""

import pytest
import torch

from sparring.errors import ConfigError
from sparring.uses.detect.places import EDGES, IMAGENET, frozen, seen


@pytest.mark.parametrize("name", [EDGES, IMAGENET])
def test_features_say_where_a_picture_differs(name: str) -> None:
    plain = torch.full((1, 1, 64, 64), 120, dtype=torch.uint8)
    spot = plain.clone()
    spot[..., 50:56, 8:14] = 255
    maps = frozen(name)(torch.cat([plain, spot]))
    change = (maps[1] - maps[0]).square().sum(0)
    place = int(change.argmax())
    height, width = change.shape
    assert (place // width + 0.5) / height == pytest.approx(53 / 64, abs=0.12)
    assert (place % width + 0.5) / width == pytest.approx(11 / 64, abs=0.12)
    assert torch.equal(frozen(name)(spot), frozen(name)(spot))


def test_colours_are_seen_too() -> None:
    red, blue = torch.zeros(2, 1, 3, 32, 32, dtype=torch.uint8)
    red[:, 0], blue[:, 2] = 255, 255
    maps = frozen(EDGES)(torch.cat([red, blue]))
    assert float((maps[0] - maps[1]).abs().max()) > 50


def test_the_network_sees_small_pictures_enlarged_and_large_ones_reduced() -> None:
    assert seen(32, 32) == (64, 64)
    assert seen(100, 50) == (100, 50)
    assert seen(1000, 500) == (224, 112)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown features 'imagnet'. Did you mean 'imagenet'"):
        frozen("imagnet")
