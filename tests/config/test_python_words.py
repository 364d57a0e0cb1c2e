"""Messages as Python users read them."""

import warnings

import numpy as np
import pytest

from sparring.config.words import in_python, said_in_python
from sparring.errors import ConfigError, SparringError
from sparring.gan import GAN
from sparring.runs.fitted import warned


@pytest.mark.parametrize(
    ("message", "python"),
    [
        ("--hold-out 0.1 keeps some.", "hold_out=0.1 keeps some."),
        ("a larger --hold-out, such as 0.4.", "a larger hold_out, such as 0.4."),
        ("Take --r1-gamma 10.", "Take r1_gamma=10."),
        ("use --augment none. For few", "use augment='none'. For few"),
        ("leave --levels out, or give", "leave levels out, or give"),
        ("--hold-out here", "hold_out here"),
        ("leave out --labels.", "leave out labels."),
        ("add --labels folders --include 'a/*'.", "add labels='folders' include='a/*'."),
        ("or --levels 0:255 else", "or levels='0:255' else"),
        ("--no-conditional or --conditional here", "conditional=False or conditional=True here"),
        ("--ema-half-life none is", "ema_half_life=None is"),
        ("with --size 8 --channels 1, or", "with size=8 channels='1', or"),
        ("--g-width 9 (g_width): it had --g-width 4", "g_width=9: it had g_width=4"),
        ("--g-lr (g_lr) 0.1: no place", "g_lr=0.1: no place"),
        ("--grow (grow) True would", "grow=True would"),
        ("--size 64 (in pixels)", "size=64 (in pixels)"),
        ("(--g-width, --d-width), or", "(g_width, d_width), or"),
        ("with --force (force=True), or", "with force=True, or"),
        ("with --force. Or --best", "with force=True. Or best=True"),
        ("--where: points have no columns", "where: points have no columns"),
        ("--label 7 is", "labels=7 is"),
        ("--d-norm (none or batch)", "d_norm (none or batch)"),
        ("go on with `sparring resume --x` (resume=True) now", "go on with resume=True now"),
        ("or `sparring train D --from-run a` (from_run='a').", "or from_run='a'."),
        ("see `sparring train --minutes 5 --best`.", "see `sparring train --minutes 5 --best`."),
        ("use sparring train --from SOURCES --to TARGETS, or --paired halves",
         "use sparring train --from SOURCES --to TARGETS, or paired='halves'"),
        ("run sparring evaluate runs/a --quick: 5", "run sparring evaluate runs/a --quick: 5"),
        ("nothing - here -- at all", "nothing - here -- at all"),
    ],
)  # fmt: skip
def test_flags_become_arguments_and_commands_stay(message: str, python: str) -> None:
    assert in_python(message) == python
    assert in_python(python) == python


def test_errors_and_warnings_of_python_name_no_flags() -> None:
    with pytest.raises(ConfigError, match=r"^smaller pictures \(size\)$"), said_in_python():
        raise ConfigError("smaller pictures (--size)")
    with pytest.warns(UserWarning, match=r"^batch_size=8 fits$"):
        warned("--batch-size 8 fits")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gan = GAN("mlp", latent_dim=2, g_width=8, d_width=8).fit(np.random.rand(64, 2), samples_seen=64)
    mistakes = (
        lambda: gan.sample(3, where="a=1"),
        lambda: gan.sample(3, labels="a"),
        lambda: gan.sample(2**39),
        lambda: gan.fit(np.random.rand(64, 2), clusters=4),  # type: ignore[call-arg]
        lambda: GAN("mlp", g_norm="conditional-batch").fit(np.random.rand(64, 2), samples_seen=64),
        lambda: GAN("mlp", discriminator="unet").fit(np.random.rand(64, 2), samples_seen=64),
    )
    for mistake in mistakes:
        with pytest.raises(SparringError) as caught:
            mistake()
        assert "--" not in str(caught.value)
