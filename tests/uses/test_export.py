"""Exported generators: the same samples, for every network and kind; and what is refused."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from cli_runs import refused
from conftest import TINY
from sparring import networks
from sparring.cli.main import main
from sparring.config.groups import Config
from sparring.data.spec import Spec
from sparring.data.table.codec import Columns
from sparring.data.table.values import Values
from sparring.errors import ConfigError, RunError
from sparring.gan import GAN
from sparring.kinds import KINDS, find
from sparring.networks import NETWORKS
from sparring.runs.inference import Sampler
from sparring.uses.export import onnx_file, program
from sparring.uses.export.graph import Graph
from sparring.uses.export.parity import compared, parity, tolerance
from test_contracts import OF_KINDS, rolls, table

NO_ONNX = ("forest",)  # encodes ranks by quantiles of the normal distribution, an operator that ONNX lacks
ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)
DATA: dict[str, Any] = {
    "C H W": RNG.integers(0, 256, (16, 3, 12, 10), np.uint8),
    "T N": rolls(16).samples,
    "T V": ["ab", "ba", "abab", "b"],
    "F": table(64),
    "": RNG.normal(size=(16, 3)).astype(np.float32),
}


def spec_of(data: Any, given: Any = None) -> Spec:
    spec = find.samples(data)[0].spec
    return spec if given is None else Spec(spec.kind, spec.shape, spec.codec, given=find.samples(given)[0].spec)


def sampler_of(network: str, classes: int = 2) -> Sampler:
    """A generator of this network with weights far from those that it begins with."""
    family = NETWORKS[network]
    data = DATA[family.axes]
    spec = spec_of(data, data if family.given else None)
    counts = () if family.given or not classes else (5,) * classes
    config = Config().replace(
        generator=network, g_norm=family.g_norms[-1], latent_dim=max(6, *spec.shape[:1]), g_width=4, depth=1
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = networks.generator(config.networks, spec, len(counts)).eval()
        for weight in generator.parameters():
            weight.data += 0.3 * torch.randn_like(weight)
    return Sampler(generator, spec, config, counts, 7)


@pytest.mark.parametrize("network", [name for name in NETWORKS if name not in NO_ONNX])
def test_onnx_runtime_makes_the_same_samples_of_every_network_and_kind(network: str, tmp_path: Path) -> None:
    graph = Graph.of(sampler_of(network))
    found = onnx_file.write(graph, tmp_path / "generator.onnx")
    assert found.samples > 2
    assert found.different <= found.numbers / 1000
    model = onnx.load(tmp_path / "generator.onnx")
    assert [each.version for each in model.opset_import if not each.domain] == [onnx_file.OPSET]
    about = json.loads(model.metadata_props[0].value)
    spec = graph.sampler.spec
    assert KINDS[spec.kind].codec(about["spec"]) == spec.codec
    assert about["inputs"] == [each.name for each in model.graph.input]


@pytest.mark.parametrize("network", NO_ONNX)
def test_what_onnx_has_no_operator_for_is_exported_for_torch(network: str, tmp_path: Path) -> None:
    graph = Graph.of(sampler_of(network, classes=0))
    with pytest.raises(ConfigError, match="ONNX has no operator. Export it for torch"):
        onnx_file.write(graph, tmp_path / "generator.onnx")
    assert program.write(graph, tmp_path / "generator.pt2").different == 0


def test_the_networks_that_are_exported_here_are_of_every_kind() -> None:
    assert {KINDS[spec_of(data).kind].name for data in DATA.values()} == set(KINDS)
    assert len(OF_KINDS) + 2 == len(KINDS)


@pytest.mark.parametrize("network", ["dcgan", "columns", "unet"])
def test_torch_makes_the_same_samples(network: str, tmp_path: Path) -> None:
    graph = Graph.of(sampler_of(network, classes=0))
    assert program.write(graph, tmp_path / "generator.pt2").different == 0
    extra = {program.ABOUT: ""}
    module = torch.export.load(tmp_path / "generator.pt2", extra_files=extra).module()
    assert module(*graph.inputs(5)).shape == graph.module(*graph.inputs(5)).shape
    assert json.loads(extra[program.ABOUT])["step"] == 7


@pytest.mark.parametrize("missing", [False, True])
def test_numbers_of_a_table_are_those_that_the_codec_says(missing: bool) -> None:
    import pandas

    count = 90
    columns = {
        "age": np.arange(count) % 61 + 0.25,
        "day": [str(day) for day in pandas.date_range("2020-01-01", periods=count, freq="D").date],
        "town": np.array(["Rom", "Ulm", "Gent"])[np.arange(count) * 7 % 3],
        "sum": np.arange(count) * 13 % 31,
    }
    frame = pandas.DataFrame(columns)
    if missing:
        frame.loc[::5, "age"] = np.nan
        frame.loc[::7, "town"] = None
    data = find.samples(frame)[0]
    codec = Columns.of(data.spec.codec)
    assert {column.type for column in codec.learnt} >= {"number", "date", "category"}
    noisy = codec.encode(data.samples)
    noisy[:, : len(codec.numeric)] += 0.1 * torch.randn(noisy[:, : len(codec.numeric)].shape)
    expected = codec.matrix(codec.decode(noisy).numpy())
    np.testing.assert_allclose(Values(codec)(noisy).numpy(), expected, rtol=1e-12)
    assert np.isnan(expected).any() == missing


def test_whole_numbers_that_differ_are_counted() -> None:
    a = np.array([[1, 2], [3, 4]], np.uint8)
    assert parity(a, a, tolerance(a)) == (2, 4, 0, 0)
    assert parity(a, a + np.uint8([[0, 1], [0, 0]]), tolerance(a)) == (2, 4, 1, 1)


def test_numbers_may_differ_by_a_small_part_of_their_spread() -> None:
    a = np.array([[0.0, np.nan], [10.0, 5.0], [np.nan, 5.0]])
    limit = tolerance(a)
    assert parity(a, a + 0.9e-3, limit).different == 2  # 5 and 5 have no spread
    assert parity(a[:, :1], a[:, :1] + 0.9e-3, limit[:1]).different == 0
    assert parity(a[:, :1], a[:, :1] + 1.1e-3, limit[:1]).different == 2
    assert parity(a, np.nan_to_num(a), limit).greatest == np.inf


def test_one_sample_alone_is_measured_by_the_spread_of_many() -> None:
    graph = Graph.of(sampler_of("columns"))
    shift = {1: 1e-7}  # of the only sample of the first comparison

    def run(inputs: Any) -> Any:
        made = graph.module(*inputs).detach().numpy()
        return made + shift.get(len(made), 0.0)

    assert compared(graph, run, "it").different == 0
    shift[1] = 1.0
    assert compared(graph, run, "it", most=1.0).different > 0


def test_what_makes_other_samples_is_not_kept(tmp_path: Path) -> None:
    graph = Graph.of(sampler_of("mlp"))

    def run(change: Any) -> Any:
        return lambda inputs: change(graph.module(*inputs).detach().numpy())

    assert compared(graph, run(lambda made: made), "it").different == 0
    with pytest.raises(RunError, match="it does not make the samples of the generator: .* --to safetensors"):
        compared(graph, run(lambda made: np.roll(made, 1, 0)), "it")
    with pytest.raises(RunError, match=r"it makes float32 of shape \(1, 3\), the generator float32 of shape"):
        compared(graph, run(lambda made: made[:1]), "it")
    with pytest.raises(RunError, match=r"\. Try another\.$"):
        compared(graph, run(lambda made: np.roll(made, 1, 0)), "it", cure="Try another.")


class Counting(nn.Module):
    """A generator that asks Python for the number of samples."""

    def __init__(self, shape: tuple[int, ...], latent_dim: int) -> None:
        super().__init__()
        self.shape, self.layer = shape, nn.Linear(latent_dim, int(np.prod(shape)))

    def forward(self, latents: Tensor) -> Tensor:
        return self.layer(latents).view(len(latents), *self.shape).tanh()


def test_a_network_that_cannot_be_followed_is_refused_in_words(tmp_path: Path) -> None:
    gan = GAN(**{name: value for name, value in TINY.items() if name != "g_width"}, generator=Counting).fit(
        DATA["C H W"], samples_seen=16
    )
    for write in (onnx_file.write, program.write):
        with pytest.raises(ConfigError, match=r"torch.export cannot follow .*len\(x\) is not"):
            write(Graph.of(Sampler.of(gan.game_, gan.spec_, gan.config_, ())), tmp_path / "generator")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_onnx_is_refused() -> None:
    with pytest.raises(RunError, match="cannot read this file"):
        onnx_file.Session(b"not onnx")


def test_the_example_draws_without_sparring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "mnist", "--to", "onnx", "--out", str(tmp_path / "mnist.onnx")]) == 0
    said = capsys.readouterr().out
    assert "latents (N, 24) float32; labels (N,) int64" in said
    assert "samples (N, 1, 28, 28) uint8" in said
    assert "numbers of 257 samples are the same" in said
    example = ROOT / "examples/onnx_without_sparring.py"
    assert "import sparring" not in example.read_text("utf-8")
    subprocess.run([sys.executable, example, "mnist.onnx", "digits.png"], check=True, cwd=tmp_path)
    sheet = np.asarray(Image.open(tmp_path / "digits.png"))
    ours = GAN.pretrained("mnist", device="cpu")
    rng = np.random.default_rng(0).standard_normal((100, 24), np.float32)
    drawn = ours._fitted.sampler.decoded(torch.from_numpy(rng), torch.arange(100) % 10).numpy()
    assert np.abs(sheet[28:56, :28].astype(int) - drawn[10, 0]).max() <= 1


def test_a_run_is_exported_into_itself_and_nothing_is_replaced(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        assert main(["export", str(run), "--to", "torch"]) == 0
    assert {path.name for path in (run / "exported").iterdir()} == {"step-6.pt2", "step-6-2.pt2"}
    out = run / "exported" / "step-6.pt2"
    assert "exists already" in refused(capsys, "export", run, "--to", "torch", "--out", out)
    assert main(["export", str(run), "--to", "torch", "--out", str(out), "--force"]) == 0
    assert "only a training writes to" in refused(
        capsys, "export", run, "--to", "torch", "--out", run / "run.json"
    )
    assert "give --out a file" in refused(capsys, "export", run, "--to", "torch", "--out", run.parent)
    assert "give --out a file" in refused(capsys, "export", run, "--to", "torch", "--out", run / "a/b.pt2")
    (run.parent / "notes").write_text("mine")
    inside = refused(capsys, "export", run, "--to", "torch", "--out", run.parent / "notes/b.pt2")
    assert "notes is a file, not a folder: give --out a file" in inside
    monkeypatch.chdir(run.parent)  # so that the path is not shortened
    wrong = refused(capsys, "export", run, "--to", "torch", "--out", "b.onnx")
    assert "--to torch writes a .pt2 file: give --out" in wrong
    assert "b.pt2'" in wrong
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'sparring[onnx]'" in refused(capsys, "export", run, "--to", "onnx")
