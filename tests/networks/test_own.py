"""Networks of a user's own: what is called with what."""

from typing import Any

import pytest
from torch import nn

from sparring.errors import ConfigError
from sparring.networks.own import made, own_players

GIVEN = ((3, 8, 8), 16, 2)


class Noted(nn.Module):
    """A network that knows what it was made with."""

    def __init__(self, **given: Any) -> None:
        super().__init__()
        self.given = given


class Generator(Noted):
    def __init__(self, latent_dim: int, width: int = 4) -> None:
        super().__init__(latent_dim=latent_dim, width=width)


def test_a_module_is_used_as_it_is() -> None:
    network = nn.Linear(2, 2)
    assert made("generator", network, *GIVEN) is network


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (lambda: Noted(), {}),
        (Noted, {"shape": (3, 8, 8), "latent_dim": 16, "classes": 2}),
        (lambda classes, shape: Noted(classes=classes, shape=shape), {"shape": (3, 8, 8), "classes": 2}),
        (Generator, {"latent_dim": 16, "width": 4}),
    ],
)
def test_a_function_gets_what_it_has_names_for(make: Any, given: dict[str, Any]) -> None:
    network = made("generator", make, *GIVEN)
    assert isinstance(network, Noted)
    assert network.given == given
    assert network is not made("generator", make, *GIVEN)


def test_what_makes_no_network_is_refused() -> None:
    with pytest.raises(ConfigError, match="discriminator: 'Linear' needs in_features, out_features too"):
        made("discriminator", nn.Linear, *GIVEN)
    with pytest.raises(ConfigError, match="generator: what you gave makes a int; expected a torch.nn.Module"):
        made("generator", lambda: 3, *GIVEN)


def test_a_name_is_none_of_ones_own() -> None:
    assert own_players(generator="dcgan", discriminator=None) == {}
    assert own_players(generator=Generator, discriminator="mlp") == {"generator": Generator}
