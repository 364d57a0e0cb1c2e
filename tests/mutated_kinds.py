"""Each kind of thing that sparring reads, broken on purpose: ``KINDS`` makes a case of a kind from a seed."""

from __future__ import annotations

import io
import shutil
import urllib.parse
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image
from starlette.testclient import TestClient

import mutated
from sparring import GAN
from sparring.cli import watch as watching
from sparring.cli.main import main
from sparring.cli.playground import Playground
from sparring.config.arguments import MOST_FLOAT
from sparring.config.groups import GROUP_OF, OPTIONS
from sparring.config.option import flag, kind
from sparring.data.arrays import from_array
from sparring.page.server import app

Act = Callable[[], object]
TINY = [
    "--batch-size",
    "16",
    "--g-width",
    "4",
    "--d-width",
    "4",
    "--latent-dim",
    "4",
    "--threads",
    "1",
    "--device",
    "cpu",
    "--precision",
    "fp32",
    "--record-every",
    "2",
    "--pictures",
    "2",
    "--checkpoint-seconds",
    "0",
    "--samples-seen",
    "64",
]
FLAGS = [flag(name) for name in OPTIONS if name not in ("data", "recipe")]
GROUPS = ("game", "penalties", "augmentation", "optimizers", "records")  # of options that change no size
TYPES = (
    b"'<f4'", b"'|u1'", b"'|O'", b"'<U9'", b"'|V8'", b"'<M8[s]'", b"'<c8'", b"[('a', '<f4')]", b"7", b"'>i2'",
)  # fmt: skip
SHAPES = (
    b"(40, 2)", b"(99999999999999999999, 2)", b"(True, 2)", b"(-1, 2)", b"(0,)", b"()", b"7", b"'a'",
    b"(4294967296, 4294967296)", b"(40, 2.5)", b"(" + b"1, " * 70 + b")", b"(1000000000, 1)", b"(" * 200,
)  # fmt: skip
LINES = ("history.jsonl", "rescue.jsonl")


@dataclass(frozen=True)
class Sound:
    """Sound files of every kind, which cases are made from.

    Attributes:
        pictures, points: run folders.
    """

    folder: Path
    pictures: Path
    points: Path


def sound(folder: Path) -> Sound:
    """Make them, once."""
    rng = np.random.default_rng(0)
    tiles = rng.integers(0, 256, (32, 8, 8, 3), dtype=np.uint8)
    np.savez(folder / "a.npz", samples=tiles, labels=np.arange(32) % 2, class_names=np.array(["cat", "dog"]))
    np.save(folder / "a.npy", rng.normal(size=(40, 2)).astype(np.float32))
    (folder / "photos").mkdir()
    for k, suffix in enumerate(("png", "jpg", "gif", "bmp", "tiff", "webp", "png", "jpg")):
        Image.fromarray(tiles[k]).save(folder / "photos" / f"{k}.{suffix}")
    Image.fromarray(tiles[0, :, :, 0].astype(np.uint16) * 200).save(folder / "photos" / "deep.png")
    runs = folder / "r1", folder / "r2"
    for run, data, more in zip(runs, ("a.npz", "a.npy"), (["--recipe", "dcgan"], []), strict=True):
        assert main(["train", str(folder / data), "--out", str(run), *more, *TINY]) == 0
    choice = {"label": "Fréchet", "count": 20, "step": 2, "chosen_at": 1.0, "frechet": 1.0, "last_step": 4}
    for run in runs:
        (run / "best.json").write_bytes(mutated.as_json(choice | {"last_frechet": 1.5}))
        (run / "evaluation.json").write_bytes(
            mutated.as_json({"reals": "a", "frechet_mean": 1.0, "warnings": ["x"]})
        )
        state = {
            "what": "tried",
            "step": 2,
            "words": "w",
            "tries": 1,
            "most": 3,
            "tried": [["a", "b"]],
            "was": {},
        }
        more_state = {"ill": [["g_lr", 0.1]], "heard_from": 0}
        (run / "rescue.jsonl").write_bytes(mutated.as_json(state | more_state) + b"\n")
        shutil.copytree(run / "checkpoints", run / "best")
    return Sound(folder, *runs)


def a_run(base: Sound, here: Path, rng: Random) -> Act:
    """A file of a run folder, and a verb that reads it."""
    run = here / "run"
    shutil.copytree(rng.choice((base.pictures, base.points)), run)
    name = rng.choice(
        ("run.json", "run.json", "config.toml", "config.toml", "history.jsonl", "best.json", *LINES)
    )
    change = mutated.mutate_json
    if name in LINES:
        change = mutated.mutate_lines
    elif name == "config.toml":
        change = mutated.mutate_toml
    path = run / name
    if rng.random() < 0.2:
        path = rng.choice(sorted(file for file in run.rglob("*") if file.is_file() and file.name != "lock"))
        change = mutated.mutate_json if path.suffix == ".json" else mutated.mutate_bytes
    path.write_bytes(change(path.read_bytes(), rng))
    return _reads(run, here, rng)


def a_checkpoint(base: Sound, here: Path, rng: Random) -> Act:
    """What a checkpoint says or holds, with a checksum that fits."""
    import json

    run = here / "run"
    shutil.copytree(rng.choice((base.pictures, base.points)), run)
    for path in sorted((run / "checkpoints").glob("*.json")):
        weights = path.with_suffix(".safetensors")
        facts, tensors = json.loads(path.read_bytes()), weights.read_bytes()
        if rng.random() < 0.3:
            tensors = _other_head(tensors, rng) if rng.random() < 0.7 else mutated.mutate_bytes(tensors, rng)
            weights.write_bytes(tensors)
        else:
            facts = mutated.mutate(facts, rng)
        path.write_bytes(mutated.signed(facts, tensors))
    return _reads(run, here, rng)


def _other_head(tensors: bytes, rng: Random) -> bytes:
    """Safetensors whose head names other shapes, types, places or names."""
    import json

    size = int.from_bytes(tensors[:8], "little")
    head = mutated.as_json(mutated.mutate(json.loads(tensors[8 : 8 + size]), rng))
    return len(head).to_bytes(8, "little") + head + tensors[8 + size :]


def _reads(run: Path, here: Path, rng: Random) -> Act:
    drawn = ["sample", run, "--count", "3", "--device", "cpu", "--out", here / "out.png"]
    verbs: tuple[list[Any], ...] = (
        ["info", run], drawn, [*drawn, "--best"], ["doctor", run], ["doctor", run, "--json"], ["report", run],
        ["resume", run], ["resume", run, "--samples-seen", "96"],
    )  # fmt: skip
    which = rng.randrange(len(verbs) + 2)
    if which < len(verbs):
        return mutated.command(*verbs[which])
    if which == len(verbs):
        return lambda: GAN.load(run).show(2)
    return lambda: _asked(run, f"/api/runs/{run.name}")


def _asked(run: Path, address: str, headers: Mapping[str, str] = {}) -> None:
    """Ask a page of this run; its own faults are raised here."""
    page = TestClient(app([run], Playground(), watching.LOOPBACK), base_url="http://127.0.0.1:8555")
    answer = page.get(address, headers=headers, follow_redirects=False)
    assert answer.status_code < 500, f"status {answer.status_code}"
    if "text/plain" in answer.headers.get("content-type", ""):
        fault = mutated.unfit(answer.text, mutated.MOST_SAID)
        assert not fault, fault


def a_page(base: Sound, here: Path, rng: Random) -> Act:
    """An address of the page."""
    run = rng.choice((base.pictures, base.points))
    quoted = urllib.parse.quote(mutated.word(rng).encode("utf-8", "surrogatepass"), safe="")[:20_000]
    names = ("seed", "label", "near", "toward", "count", "to_seed", "to_label", "share", "sliders", "other")
    query = "&".join(f"{rng.choice(names)}={_number(rng)}" for _ in range(rng.randrange(1, 5)))
    addresses = (
        f"/api/runs/{run.name}/draw?{query}", f"/api/runs/{run.name}/draw?{query}&{rng.choice(names)}={quoted}",
        f"/api/runs/{quoted}", f"/api/runs/{quoted}/draw?seed=1", f"/api/runs/{run.name}/pictures/{quoted}.png",
        f"/api/runs/{run.name}/fields/{quoted}.json", f"/static/{quoted}", f"/{quoted}", f"/?token={quoted}",
    )  # fmt: skip
    address = rng.choice((*addresses[:2], *addresses))
    name = rng.choice(
        ("host", "origin", "cookie", "sec-fetch-site", "range", "if-modified-since", "if-none-match")
    )
    headers = {name: quoted[:5_000]} if rng.random() < 0.2 else {}
    return lambda: _asked(run, address, headers)


def _number(rng: Random) -> str:
    if rng.random() < 0.4:
        return str(rng.choice((0, 1, 2, 0.5, 63)))
    text = mutated.spelled(str(rng.choice(mutated.NUMBERS)))
    return rng.choice((text, f"{text},{text}", "1," * 400))


def an_option(base: Sound, here: Path, rng: Random) -> Act:
    """Options of a verb."""
    words = [part for _ in range(rng.choice((1, 1, 2, 3))) for part in (rng.choice(FLAGS), _value(rng))]
    data = base.folder / rng.choice(("a.npz", "a.npy"))
    recipe = ["--recipe", rng.choice(("tutorial", "mlp", "dcgan", "modern", "sngan", "sprint", "small-data"))]
    sampled = [
        part
        for name in ("count", "seed", "truncation", "label")
        if rng.random() < 0.5
        for part in (f"--{name}", _value(rng))
    ]
    measured = ["evaluate", base.pictures, "--quick", "--features", "pixels", "--count", "20", "--draws", "1"]
    lines: tuple[list[Any], ...] = (
        ["train", data, "--dry-run", *recipe, *TINY, *words], ["train", data, "--dry-run", *recipe, *words],
        ["train", data, "--out", here / "run", *recipe, *TINY, "--rescue", _value(rng), "--vitals"],
        ["sample", base.pictures, "--out", here / "out.png", *sampled, "--device", "cpu"],
        ["sample", base.points, "--out", here / "out.npz", *sampled, "--device", mutated.word(rng)],
        ["sample", base.pictures, "--interpolate", "--out", here / "o.gif", "--seed", _value(rng),
        "--count", "4"],
        [*measured, f"--{rng.choice(('seed', 'features', 'held-out', 'device'))}", _value(rng)],
        [*measured, f"--{rng.choice(('count', 'draws'))}", rng.choice(("0", "-1", "1e9", "9" * 400,
        "10000000"))],
        ["data", data, "--out", here / "sheet.png", "--seed", _value(rng)],
        ["data", base.folder / "photos", "--out", here / "s.png", *words[:2]],
        ["recipes", mutated.word(rng)], ["info", mutated.word(rng)], ["doctor", mutated.word(rng)],
        ["train", mutated.word(rng)], ["train", data, "--out", mutated.word(rng), "--dry-run"],
        [mutated.word(rng)], ["report", base.pictures, "--out", mutated.word(rng)],
    )  # fmt: skip
    if rng.random() < 0.04:
        host, port = (
            rng.choice(("127.0.0.1", "", "\ud800", "a" * 70, "a b", "é" * 40, "\x1b", "::1")),
            _number(rng),
        )
        return lambda: watching.listen(host, int(port) if port.isdecimal() and len(port) < 4000 else -1).close()
    line = rng.choice((*lines[:2], *lines[:2], *lines[:2], *lines))
    return mutated.command(*line)


def a_training(base: Sound, here: Path, rng: Random) -> Act:
    """A training of a few steps whose options are accepted and hardly anybody gives."""
    fields = [field for name, field in OPTIONS.items() if GROUP_OF[name] in GROUPS]
    fields = [field for field in fields if field.name != "evaluate_every"]  # which measures, for long
    words = []
    for field in rng.sample(fields, rng.choice((1, 1, 2, 3))):
        most = field.metadata["high"] or (MOST_FLOAT if kind(field) == "float" else 2**62)
        low = field.metadata["low"] or 0
        value: Any = rng.choice((low, most, most / 2, min(most, 1e20), max(low, 1e-30), 1e-45, min(1.0, most)))
        if field.metadata["choices"]:
            value = rng.choice(field.metadata["choices"])
        elif kind(field) == "int":
            value = int(value)
        names = (flag(field.name), flag(f"no_{field.name}"))
        words += [rng.choice(names)] if kind(field) == "bool" else [names[0], str(value)]
    recipe = rng.choice(("tutorial", "dcgan", "sprint", "wgan-gp", "sngan", "modern", "lsgan", "small-data"))
    data = base.folder / rng.choice(("a.npz", "a.npy"))
    return mutated.command("train", data, "--out", here / "run", "--recipe", recipe, *TINY, *words)


def _value(rng: Random) -> str:
    if rng.random() < 0.15:
        return rng.choice(
            ("mlp", "batch", "none", "folders", "wasserstein", "ada", "8x8", "auto", "5", "0.1", "100000")
        )
    return mutated.spelled(str(rng.choice(mutated.NUMBERS))) if rng.random() < 0.7 else mutated.word(rng)


def an_array_file(base: Sound, here: Path, rng: Random) -> Act:
    """A .npy or .npz: bytes, heads and members."""
    path = here / rng.choice(("a.npz", "a.npy"))
    if path.suffix == ".npy":
        content = (base.folder / "a.npy").read_bytes()
        path.write_bytes(_other_npy(content, rng) if rng.random() < 0.7 else mutated.mutate_bytes(content, rng))
    else:
        with zipfile.ZipFile(base.folder / "a.npz") as archive, zipfile.ZipFile(path, "w") as changed:
            for name in archive.namelist():
                content = archive.read(name)
                if rng.random() < 0.4:
                    content = rng.choice((_other_npy, mutated.mutate_bytes))(content, rng)
                odd = mutated.word(rng)[:60].encode("utf-8", "replace").decode().split("\0")[0] or "x"
                changed.writestr(name if rng.random() < 0.9 else odd, content)
        if rng.random() < 0.2:
            path.write_bytes(mutated.mutate_bytes(path.read_bytes(), rng))
    return mutated.command("data", path, "--out", here / "sheet.png")


def _other_npy(content: bytes, rng: Random) -> bytes:
    """A .npy whose head says something else."""
    head = b"{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (
        rng.choice(TYPES), rng.choice((b"False", b"True", b"3")), rng.choice(SHAPES)
    )  # fmt: skip
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + content[rng.choice((128, 200)) :]


def an_array(base: Sound, here: Path, rng: Random) -> Act:
    """Samples and labels in Python."""
    shape = rng.choice(((8, 2), (8, 8, 8), (8, 1, 8, 8), (8,), (0, 2), (8, 0), (1, 1, 1, 1, 1), (8, 3, 8, 8)))
    samples: Any = np.full(
        shape, 0.5, rng.choice(("f4", "f8", "u1", "i8", "O", "U3", "c8", "M8[s]", "?", "f2"))
    )
    if rng.random() < 0.3:
        samples = mutated.nasty(rng)
    elif rng.random() < 0.3 and samples.dtype == np.float64 and samples.size:
        samples.flat[0] = rng.choice((1e300, -1e300, float("nan"), float("inf"), 1e-300, 300.0))
    labels = rng.choice((None, None, [rng.choice(mutated.TEXTS) for _ in range(8)], mutated.nasty(rng)))
    return lambda: from_array(samples, labels)


def an_estimator(base: Sound, here: Path, rng: Random) -> Act:
    """Arguments of ``GAN``."""
    gan = GAN.load(base.pictures if rng.random() < 0.5 else base.points, device="cpu")
    name = rng.choice(("count", "labels", "seed", "truncation"))
    value = mutated.nasty(rng)
    if rng.random() < 0.1:
        return lambda: GAN.load(value)
    if rng.random() < 0.3:
        return lambda: GAN(rng.choice(("mlp", "dcgan")), **{rng.choice(list(OPTIONS)): value})
    return lambda: gan.sample(**{"count": 2, name: value})


def pictures(base: Sound, here: Path, rng: Random) -> Act:
    """Pictures in a folder or a zip, with labels in a table."""
    folder = here / "photos"
    asked: list[str] = []
    folder.mkdir()
    for path in sorted((base.folder / "photos").iterdir()):
        content = path.read_bytes()
        (folder / path.name).write_bytes(mutated.mutate_bytes(content, rng) if rng.random() < 0.3 else content)
    if rng.random() < 0.3:
        odd = rng.choice(("a\x1b[31m.png", "b\udcff.png", "c\nd.png", "é.png", ".png", "x" * 200 + ".png"))
        (folder / odd).write_bytes((folder / "0.png").read_bytes())
    if rng.random() < 0.5:
        rows = "".join(f"{path.name},{rng.choice(('cat', 'dog'))}\n" for path in folder.iterdir())
        table = ("file,label\n" + rows).encode("utf-8", "surrogateescape")
        (here / "labels.csv").write_bytes(mutated.mutate_bytes(table, rng))
        pairs = {"labels": [[path.name.encode("utf-8", "replace").decode(), 1] for path in folder.iterdir()]}
        (here / "dataset.json").write_bytes(mutated.mutate_json(mutated.as_json(pairs), rng))
        asked = ["--labels", str(here / rng.choice(("labels.csv", "labels.csv", "dataset.json")))]
    source = folder
    if rng.random() < 0.4:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
            for path in folder.iterdir():
                archive.writestr(path.name.encode("utf-8", "replace").decode(), path.read_bytes())
        source = here / "photos.zip"
        source.write_bytes(mutated.mutate_bytes(packed.getvalue(), rng))
    more = rng.choice(([], ["--max-broken", "1"], ["--channels", "1"], ["--size", "8"]))
    return mutated.command("data", source, "--out", here / "sheet.png", "--size", "8", *more, *asked)


def a_log(base: Sound, here: Path, rng: Random) -> Act:
    """A history that another program wrote."""
    rows: list[dict[str, Any]] = [
        {"step": k, "d_loss": 1.0 + k / 10, "g_loss": 0.5, "D(x)": 0.7} for k in range(5)
    ]
    suffix = rng.choice((".csv", ".tsv", ".json", ".jsonl", ".txt"))
    if suffix in (".json", ".jsonl"):
        content = mutated.as_json(rows) if suffix == ".json" else b"\n".join(map(mutated.as_json, rows))
        content = (mutated.mutate_json if suffix == ".json" else mutated.mutate_lines)(content, rng)
    else:
        mark = rng.choice((",", ";", "\t"))
        cells: list[list[Any]] = [list(rows[0]), *(list(row.values()) for row in rows)]
        for _ in range(3):
            rng.choice(cells)[rng.randrange(4)] = mutated.word(rng)
        lines = "\n".join(mark.join(str(cell) for cell in row) for row in cells)
        content = lines.encode("utf-8", "surrogatepass")
        content = content if rng.random() < 0.6 else mutated.mutate_bytes(content, rng)
    (here / f"log{suffix}").write_bytes(content)
    return mutated.command("doctor", here / f"log{suffix}", *rng.choice(([], ["--json"], ["--loss", "hinge"])))


def a_config(base: Sound, here: Path, rng: Random) -> Act:
    """A TOML file of options."""
    content = (
        b"recipe = 'dcgan'\nbatch_size = 8\ng_width = 4\nd_width = 4\nsamples_seen = 64\nseed = 1\nsize = '8'\n"
    )
    (here / "mine.toml").write_bytes(mutated.mutate_toml(content, rng))
    return mutated.command("train", base.folder / "a.npz", "--dry-run", "--config", here / "mine.toml")


KINDS: dict[str, Callable[[Sound, Path, Random], Act]] = {
    "run folders": a_run,
    "checkpoints": a_checkpoint,
    "addresses of the page": a_page,
    "options": an_option,
    "trainings": a_training,
    ".npy and .npz": an_array_file,
    "arrays": an_array,
    "GAN's arguments": an_estimator,
    "pictures and their labels": pictures,
    "logs of others": a_log,
    "config files": a_config,
}


def case(base: Sound, here: Path, kind: str, seed: int) -> Act:
    """The case of a kind that follows from a seed, its files in an empty folder."""
    return KINDS[kind](base, here, Random(f"{kind} {seed}"))
