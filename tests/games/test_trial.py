"""Players of the user's own: what would fail in a step is named before it, by preflight and by train alike."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

from sparring.data.arrays import from_array
from sparring.data.spec import Batch
from sparring.errors import ConfigError, PlayerError
from sparring.games import losses
from sparring.games.adversarial import AdversarialGame
from sparring.games.adversarial_step import adversarial_step
from sparring.games.losses import Loss
from sparring.games.penalties import Penalty, r1
from sparring.games.preflight import preflight
from sparring.training.budget import Budget
from sparring.training.loop import train

PICTURES = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(64) % 2
Z = 6


class Then(nn.Module):
    """A network, and a function of what it gives."""

    def __init__(self, network: nn.Module, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.network, self.function = network, function

    def forward(self, inputs: Tensor) -> Any:
        return self.function(self.network(inputs))


class First(Then):
    """A function of what is given, and a network."""

    def forward(self, inputs: Tensor) -> Any:
        return self.network(self.function(inputs))


class Labelled(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor, labels: Tensor) -> Any:
        return self.network(inputs)


def forger(last: nn.Module | None = None, z: int = Z) -> nn.Module:
    return nn.Sequential(nn.Linear(z, 64), last or nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))


def judge(*last: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 1), *(last or (nn.Flatten(0),)))


def patches(*last: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(2, 1, 2), *last)


def dcgan(z: int) -> nn.Module:
    layers = (nn.ConvTranspose2d(z, 4, 4), nn.BatchNorm2d(4), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1))
    return nn.Sequential(*layers, nn.Tanh())


def game(
    generator: nn.Module | None = None, discriminator: nn.Module | None = None, **options: Any
) -> AdversarialGame:
    torch.manual_seed(0)
    return AdversarialGame(generator or forger(), discriminator or judge(), Z, **options)


def on(function: Callable[[nn.Module, nn.Module], dict[str, Any]]) -> AdversarialGame:
    """A game whose optimizers are made of both players."""
    players = forger(), judge()
    return AdversarialGame(*players, Z, **function(*players))


Case = tuple[Callable[[], AdversarialGame], str]
FAULTS: dict[str, Case] = {
    "D ends in a sigmoid": (
        lambda: game(discriminator=judge(nn.Sigmoid(), nn.Flatten(0))),
        "ends in a sigmoid.*Leave",
    ),
    "D is a sigmoid of another": (
        lambda: game(discriminator=Then(judge(), torch.sigmoid)),
        "ends in a sigmoid",
    ),
    "D is positive": (lambda: game(discriminator=Then(judge(), nn.functional.softplus)), "ends in softplus"),
    "G ends in ReLU": (
        lambda: game(forger(nn.ReLU())),
        r"ends in ReLU, cannot go below 0\. End it with nn\.Tanh",
    ),
    "G ends in a sigmoid": (
        lambda: game(forger(nn.Sigmoid())),
        r"scaled to \[-1, 1\].*cannot leave 0 to 1.*game.sample",
    ),
    "D returns a tuple": (
        lambda: game(discriminator=Then(judge(), lambda x: (x, x))),
        "returns a tuple of 2; expected logits",
    ),
    "D returns nothing": (
        lambda: game(discriminator=Then(judge(), lambda x: None)),
        "returns None, as a forward without",
    ),
    "G returns a dict": (
        lambda: game(Then(forger(), lambda x: {"x": x})),
        r"returns a dict of 1; expected samples \(B, 1, 8, 8\)",
    ),
    "G wants (B, z, 1, 1)": (
        lambda: game(dcgan(Z)),
        r"Wrap it: nn.Sequential\(nn.Unflatten\(1, \(6, 1, 1\)\), generator\)",
    ),
    "and of another size": (
        lambda: game(dcgan(9)),
        r"Give AdversarialGame latent_dim=9 and wrap it: .*\(9, 1, 1\)",
    ),
    "G wants another latent": (
        lambda: game(forger(z=9)),
        r"layer 0, Linear\(in_features=9.*gets \(16, 6\). Give AdversarialGame latent_dim=9",
    ),
    "G draws flat": (
        lambda: game(nn.Linear(Z, 64)),
        r"draws \(64,\), the data are \(1, 8, 8\). End it with nn.Unflatten\(1, \(1, 8, 8\)\)",
    ),
    "G draws another size": (
        lambda: game(nn.Sequential(nn.Linear(Z, 16), nn.Unflatten(1, (1, 4, 4)))),
        r"Let it draw \(1, 8, 8\)",
    ),
    "G draws channels last": (
        lambda: game(nn.Sequential(nn.Linear(Z, 64), nn.Unflatten(1, (8, 8, 1)))),
        "channels first",
    ),
    "D wants another size": (
        lambda: game(discriminator=nn.Sequential(nn.Flatten(), nn.Linear(9, 1))),
        r"layer 1, .*gets \(16, 64\)",
    ),
    "D wants flat samples": (
        lambda: game(discriminator=nn.Linear(64, 1)),
        r"Put nn.Flatten\(\) before its first layer",
    ),
    "D gives (B, 1)": (
        lambda: game(discriminator=judge(nn.Identity())),
        r"logits of shape \(16, 1\).*End the discriminator with nn.Flatten\(0\)",
    ),
    "D scores patches": (
        lambda: game(discriminator=patches()),
        r"take their mean.*nn.AdaptiveAvgPool2d\(1\), nn.Flatten\(0\)",
    ),
    "D flattens patches": (
        lambda: game(discriminator=patches(nn.Flatten(0))),
        r"9 logits a sample in one row.*AdaptiveAvgPool2d\(1\) before",
    ),
    "D gives a mean": (lambda: game(discriminator=Then(judge(), torch.mean)), "one number for the whole batch"),
    "D's optimizer has G's": (
        lambda: on(lambda g, d: {"d_optimizer": Adam(g.parameters())}),
        "discriminator's optimizer holds 2 weights of the generator",
    ),
    "D's optimizer has both": (
        lambda: on(lambda g, d: {"d_optimizer": Adam([*g.parameters(), *d.parameters()])}),
        "holds 2 weights of the generator",
    ),
    "optimizers exchanged": (
        lambda: on(lambda g, d: {"g_optimizer": Adam(d.parameters()), "d_optimizer": Adam(g.parameters())}),
        "optimizers are exchanged",
    ),
    "another's optimizer": (
        lambda: on(lambda g, d: {"g_optimizer": Adam(judge().parameters())}),
        "generator's optimizer lacks 2 of its 2",
    ),
    "players exchanged": (lambda: game(judge(), forger(z=Z)), "The players are exchanged"),
    "a layer within fails": (
        lambda: game(discriminator=judge(nn.Flatten(0), nn.Linear(3, 1))),
        "its layer 3.*Change that layer, or those before it",
    ),
    "G is frozen": (
        lambda: game(forger().requires_grad_(False)),
        r"no weights that learn.*requires_grad_\(True\)",
    ),
    "G is double": (lambda: game(forger().double()), r"float64; players are float32. Call generator.float\(\)"),
    "D is half": (lambda: game(discriminator=judge().half()), r"float16; players are float32"),
    "G is not finite": (
        lambda: game(Then(forger(), lambda x: x / 0)),
        r"1,024 of 1,024 numbers in the generator's samples are infinite or NaN",
    ),
    "G is cut": (lambda: game(Then(forger(), Tensor.detach)), r"No gradient reaches the generator.*detach"),
    "D rounds": (
        lambda: game(discriminator=Then(judge(), lambda x: x > 0)),
        "returns bool values; expected float32",
    ),
    "D ignores samples": (
        lambda: game(discriminator=First(judge(), torch.zeros_like)),
        "scores do not depend on its samples",
    ),
    "D changes samples": (
        lambda: game(discriminator=First(judge(), lambda x: x.mul_(2))),
        "discriminator changes what it is given in place",
    ),
    "a value it needs is changed": (
        lambda: game(discriminator=Then(judge(), lambda x: x.exp().add_(1))),
        "value that it needs was changed in place",
    ),
    "players want labels": (
        lambda: game(Labelled(forger()), Labelled(judge())),
        "generator's forward wants labels too, and the data has none",
    ),
    "a loss of probabilities": (
        lambda: game(
            loss=Loss(
                lambda real, fake: nn.functional.binary_cross_entropy(real, fake), lambda real, fake: fake
            )
        ),
        "discriminator's loss or penalty fails",
    ),
    "a forward of its own fails": (
        lambda: game(First(forger(), lambda x: x.missing)),
        "own forward fails on latents of shape .*AttributeError.*traceback",
    ),
}
SOUND: dict[str, Callable[[], AdversarialGame]] = {
    "as it should be": game,
    "least squares in [0, 1]": lambda: game(
        discriminator=judge(nn.Sigmoid(), nn.Flatten(0)), loss=losses.least_squares
    ),
    "a loss of one's own on probabilities": lambda: game(
        discriminator=judge(nn.Sigmoid(), nn.Flatten(0)),
        loss=Loss(
            lambda real, fake: -real.log() - (1 - fake).log(),
            lambda real, fake: nn.functional.binary_cross_entropy(
                fake, torch.ones_like(fake), reduction="none"
            ),
        ),
    ),
    "DCGAN's, wrapped as advised": lambda: game(nn.Sequential(nn.Unflatten(1, (Z, 1, 1)), dcgan(Z))),
    "patches, as advised": lambda: game(discriminator=patches(nn.AdaptiveAvgPool2d(1), nn.Flatten(0))),
    "optimizers of one's own": lambda: on(
        lambda g, d: {"g_optimizer": Adam(g.parameters()), "d_optimizer": Adam(d.parameters())}
    ),
    "a layer that stays as it is": lambda: game(
        nn.Sequential(nn.Linear(Z, Z).requires_grad_(False), *forger())  # type: ignore[misc]
    ),
    "weights that weight_norm computes": lambda: game(
        discriminator=nn.Sequential(
            nn.Flatten(), nn.utils.parametrizations.weight_norm(nn.Linear(64, 1)), nn.Flatten(0)
        )
    ),
}


def first(players: AdversarialGame, data: Any = PICTURES, **options: Any) -> Any:
    return next(train(players, data, Budget(samples_seen=64), **({"batch_size": 64} | options)))


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_before_the_first_step(case: str) -> None:
    make, words = FAULTS[case]
    with pytest.raises(PlayerError, match=words) as refusal:
        first(make())
    cautions = preflight(make(), PICTURES)
    name, _, cure = refusal.value.caution
    assert (name, cure) in {(caution.name, caution.cure) for caution in cautions}
    assert not {"wrong-sign", "labels-swapped"} & {caution.name for caution in cautions}


@pytest.mark.parametrize("name", SOUND)
def test_a_neighbour_of_a_fault_plays(name: str) -> None:
    assert [str(caution) for caution in preflight(SOUND[name](), PICTURES)] == []
    assert first(SOUND[name]()).step == 1


def test_trying_leaves_players_and_randomness_as_they_were() -> None:
    def steps(check: bool) -> tuple[list[Tensor], Tensor]:
        torch.manual_seed(0)
        layers = nn.Linear(Z, 64), nn.BatchNorm1d(64), nn.Dropout(), nn.Unflatten(1, (1, 8, 8))
        players = game(nn.Sequential(*layers))
        first(players, check=check)  # dropout draws from torch's global stream
        return list(players.generator.state_dict().values()), torch.rand(())

    tried, untried = steps(True), steps(False)
    assert all(torch.equal(one, other) for one, other in zip(tried[0], untried[0], strict=True))
    assert tried[1] == untried[1]


def test_batch_norm_in_a_batch_of_one() -> None:
    normed = nn.Sequential(nn.Linear(Z, 64), nn.BatchNorm1d(64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    with pytest.raises(
        PlayerError, match="BatchNorm takes the mean over a batch, and here each part of one has 1"
    ):
        first(game(normed), batch_size=1)
    with pytest.raises(PlayerError, match="larger batch_size"):
        first(game(normed, ghost_batches=2), batch_size=2)
    assert first(game(normed), batch_size=2).step


def test_labels_that_came_along_are_left_out_where_nobody_takes_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    loader = DataLoader(TensorDataset(PICTURES, LABELS), batch_size=7, shuffle=True)
    assert first(game(), loader).step == 1
    assert "took 64 samples and their labels from the DataLoader's dataset" in (said := capsys.readouterr().err)
    assert "the labels are left out: no player's forward takes them" in said
    players = game(Labelled(forger()), Labelled(judge()))
    assert first(players, (PICTURES, LABELS)).step == 1
    assert "left out" not in capsys.readouterr().err


def test_labels_of_a_dataset_are_not_left_out_in_silence() -> None:
    data = from_array(PICTURES, LABELS)
    with pytest.raises(
        PlayerError, match="The data has labels, and the generator's forward takes latents alone"
    ):
        first(game(), data)
    with pytest.raises(PlayerError, match="and the discriminator's forward takes samples alone"):
        first(game(Labelled(forger())), data)
    both = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    with pytest.raises(PlayerError, match=r"logit for each class.*gather"):
        first(game(Labelled(forger()), Labelled(both)), data)


def test_labels_beyond_an_embedding_are_named_however_rare() -> None:
    class Told(Labelled):
        def __init__(self, network: nn.Module) -> None:
            super().__init__(network)
            self.table = nn.Embedding(2, 1)

        def forward(self, inputs: Tensor, labels: Tensor) -> Any:
            return self.network(inputs) + 0 * self.table(labels).mean()

    labels = LABELS.clone()
    labels[37] = 2
    players = game(Told(forger()), Told(judge()))
    with pytest.raises(PlayerError, match=r"has rows for 2 classes.*from 0 to 2.*nn.Embedding\(3, 1\)"):
        first(players, (PICTURES, labels), batch_size=8)


def test_pictures_laid_out_in_rows_meet_a_generator_of_pictures() -> None:
    with pytest.raises(PlayerError, match=r"x.reshape\(-1, 1, 8, 8\)\.$"):
        first(game(), PICTURES.flatten(1))
    with pytest.raises(PlayerError, match=r"x.reshape\(-1, 1, 16, 16\), and let it draw \(1, 16, 16\)"):
        first(game(), torch.rand(64, 256))


def test_what_speaks_against_the_first_outputs_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    first(game(Then(forger(), lambda x: x * 127.5 + 127.5)))
    assert "before the first step: The players see the data scaled to [-1, 1]" in capsys.readouterr().err
    first(game())
    normed = [nn.utils.parametrizations.spectral_norm(layer) for layer in (nn.Linear(Z, 32), nn.Linear(32, 2))]
    points = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
    players = AdversarialGame(
        nn.Sequential(normed[0], nn.ReLU(), normed[1]), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)), Z
    )
    first(players, points)  # its last weight is computed, and cannot be made larger to see how far it reaches
    assert capsys.readouterr().err == ""


def test_a_bounded_score_is_a_caution_and_no_refusal() -> None:
    players = game(discriminator=judge(nn.Tanh(), nn.Flatten(0)))
    assert [caution.name for caution in preflight(players, PICTURES)] == ["bounded-logits"]
    assert first(players).step == 1
    hinged = game(discriminator=judge(nn.Tanh(), nn.Flatten(0)), loss=losses.hinge)
    assert preflight(hinged, PICTURES) == []


def test_a_generator_bounded_on_one_side_by_another_function() -> None:
    def drawing(function: Callable[[Tensor], Tensor]) -> list[str]:
        return [caution.name for caution in preflight(game(Then(forger(nn.Identity()), function)), PICTURES)]

    assert drawing(nn.functional.elu) == []  # down to -1, and as far up as one likes
    assert drawing(nn.functional.gelu) == drawing(lambda x: x.clamp(min=0)) == ["range-mismatch"]


def test_a_step_of_ones_own_names_a_map_of_scores() -> None:
    for last in ((), (nn.Flatten(0),)):
        with pytest.raises(ConfigError, match="AdaptiveAvgPool2d"):
            adversarial_step(game(discriminator=patches(*last)), [Batch(PICTURES)], torch.Generator())


def test_a_penalty_of_ones_own_that_fails() -> None:
    with pytest.raises(PlayerError, match=r"discriminator's loss or penalty fails: AttributeError"):
        first(game(penalties=[Penalty(lambda samples, logits: samples.missing, "real", 1.0)]))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"generator": lambda z: z}, r"generator = .*expected a torch.nn.Module"),
        ({"discriminator": nn.Linear}, "expected a torch.nn.Module that is made already"),
        ({"generator": nn.LazyLinear(3)}, "lazy layers.*call it once on a batch first"),
        ({"generator": nn.Linear(3, 3, device="meta")}, "meta device"),
        ({"generator": nn.Tanh()}, "has no weights"),
        ({"d_optimizer": Adam}, "d_optimizer = .*made already"),
        ({"g_optimizer": torch.optim.LBFGS(judge().parameters())}, "LBFGS"),
        ({"loss": "hinge"}, r"loss = 'hinge': expected losses.non_saturating, .*losses.hinge"),
        ({"loss": nn.BCELoss()}, "expected losses"),
        ({"penalties": [lambda x: x]}, "a penalty = .*penalties.r1"),
        ({"lr_schedule": lambda: 1.0}, "lr_schedule fails at 0"),
        ({"lr_schedule": lambda share: "fast"}, r"lr_schedule\(0.0\) = 'fast': expected a finite number"),
        ({"latent_dim": 2.5}, "latent_dim = 2.5: expected a whole number"),
        ({"ema_half_life": float("nan")}, "ema_half_life = nan"),
        ({"weight_clip": 0.0}, "weight_clip = 0: expected a number above 0, or None"),
        ({"d_steps": True}, "d_steps = True"),
        ({"runtime": "cpu"}, "runtime = 'cpu': expected a Runtime"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_a_game_cannot_be_made_of(given: dict[str, Any], words: str) -> None:
    usual = {"generator": forger(), "discriminator": judge(), "latent_dim": Z}
    with pytest.raises(ConfigError, match=words):
        AdversarialGame(**(usual | given))


def test_one_network_cannot_be_both() -> None:
    network = nn.Linear(3, 3)
    with pytest.raises(ConfigError, match="one network"):
        AdversarialGame(network, network, 3)


def test_a_penalty_alone_is_a_list_of_one() -> None:
    assert game(penalties=r1(0.5)).r1 == 0.5  # type: ignore[arg-type]
