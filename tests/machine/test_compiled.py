"""torch.compile for the players of a game: which, with what result, and what happens where it cannot be."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from conftest import TINY
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.gan import GAN
from sparring.machine import compiled


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, ...]]]:
    """The shapes of what compiled graphs were called with; they are computed as they are, which is quicker."""
    shapes: list[tuple[int, ...]] = []

    def watched(graph: Any, inputs: list[Any]) -> Any:
        def run(*given: Any) -> Any:
            shapes.append(
                max((tuple(each.shape) for each in given if not isinstance(each, torch.nn.Parameter)), key=len)
            )
            return graph.forward(*given)

        return run

    monkeypatch.setattr(compiled, "BACKEND", watched)
    torch.compiler.reset()
    yield shapes
    torch.compiler.reset()


@pytest.mark.parametrize("options", [{}, {"r1_gamma": 1.0}, {"ghost_batches": 2}], ids=str)
def test_what_is_compiled_learns_the_same(
    pictures: Dataset, seen: list[tuple[int, ...]], options: dict[str, Any]
) -> None:
    plain = TINY | {"r1_gamma": 0.0, "conditional": True} | options
    drawn = [GAN("dcgan", **plain, compile=on).fit(pictures, samples_seen=64).sample(4) for on in (False, True)]
    np.testing.assert_array_equal(*drawn)
    of_pictures = [shape for shape in seen if len(shape) == 4]
    of_latents = [shape for shape in seen if len(shape) == 2]
    assert of_latents
    assert bool(of_pictures) == (not options.get("r1_gamma"))


def test_a_compiler_that_fails_is_told_of_and_done_without(
    pictures: Dataset, seen: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(graph: Any, inputs: Any) -> Any:
        raise FileNotFoundError("Python.h")

    monkeypatch.setattr(compiled, "BACKEND", fails)
    gan = GAN("sprint", **TINY, compile=True).fit(pictures, samples_seen=32)
    assert gan.sample(2).shape == (2, 1, 8, 8)
    said = capsys.readouterr().err
    assert (
        "sparring: torch.compile failed (BackendCompilerFailed), so a network is computed without it." in said
    )


def test_without_a_compiler_it_is_refused(pictures: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(ConfigError, match=r"compile=True needs a compiler for C\+\+ .*leave compile=True out"):
        GAN("sprint", **TINY, compile=True).fit(pictures, samples_seen=32)
    with pytest.raises(ConfigError, match="compile=True would do nothing: it needs players that are taught by"):
        GAN("forest", compile=True).fit(np.random.default_rng(0).random((64, 3)), samples_seen=64)
