"""Which weights of a discriminator are its first layers, and that they are kept."""

from dataclasses import replace

import pytest
from torch import nn

from sparring.config.groups import Config
from sparring.data.codec import Affine
from sparring.data.spec import Spec
from sparring.errors import ConfigError
from sparring.networks import NETWORKS, discriminator
from sparring.networks.frozen import freeze, layers

SPEC = Spec("image", (3, 32, 32), Affine("uint8", (127.5,), (127.5,)), ("cat", "dog"))


def network(name: str = "dcgan", norm: str = "none") -> nn.Module:
    options = {"discriminator": name, "d_norm": norm, "d_width": 4, "depth": 2}
    return discriminator(Config().replace(**options).networks, SPEC, 2)


def test_a_norm_belongs_to_the_layer_before() -> None:
    found = layers(network(norm="batch"))
    assert [[weight.ndim for weight in part] for part in found] == [[4, 1], [4, 1, 1], [4, 1, 1], [2, 1, 2]]


@pytest.mark.parametrize(("name", "count"), [("mlp", 3), ("dcgan", 4), ("resnet", 5), ("modern", 13)])
def test_the_layers_are_in_order_and_the_head_is_the_last(name: str, count: int) -> None:
    made = network(name)
    found = layers(made)
    assert len(found) == count
    assert found[0][0] is next(p for n, p in made.named_parameters() if n != "basis")
    assert [id(weight) for weight in found[-1]] == [id(weight) for weight in made.head.parameters()]  # type: ignore[union-attr, operator]


@pytest.mark.parametrize("name", [name for name, network in NETWORKS.items() if network.axes in ("", "C H W")])
def test_so_many_layers_do_not_learn_and_one_has_to(name: str) -> None:
    made = network(name, norm=NETWORKS[name].d_norms[-1])
    count = len(layers(made))
    for frozen in (0, 1, count - 1):
        made.requires_grad_(True)
        freeze(made, frozen)
        learns = [[weight.requires_grad for weight in part] for part in layers(made)]
        assert [all(part) for part in learns] == [k >= frozen for k in range(count)]
        assert [any(part) for part in learns] == [k >= frozen for k in range(count)]
    with pytest.raises(ConfigError, match=f"has {count} layers, and the last one has to learn. Give 0 to"):
        freeze(made, count)


def test_a_second_discriminator_learns_and_is_no_layer_of_the_first() -> None:
    options = {"discriminator": "unet", "d_features": "imagenet", "d_width": 4}
    given = Spec("image", (1, 32, 32), Affine("uint8", (127.5,), (127.5,)))
    made = discriminator(Config().replace(**options).networks, replace(SPEC, class_names=(), given=given), 0)
    assert len(layers(made)) == 4
    freeze(made, 3)
    learns = {name for name, weight in made.named_parameters() if weight.requires_grad}
    assert {name.split(".")[0] for name in learns} == {"layers", "second_discriminator"}
    assert {name for name in learns if name.startswith("layers")} == {"layers.6.weight", "layers.6.bias"}
    with pytest.raises(ConfigError, match="has 4 layers, and the last one has to learn. Give 0 to 3"):
        freeze(made, 4)
