"""A server of trained players: what it gives, what it refuses, and that nobody can bring it down."""

import asyncio
import io
import json
import re
import runpy
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from PIL import Image
from starlette.testclient import TestClient
from uvicorn.server import ServerState

from cli_runs import refused
from conftest import TINY
from sparring.cli import serve as command
from sparring.cli.main import main
from sparring.config.groups import FilesConfig
from sparring.errors import ConfigError, RunError
from sparring.gan import GAN
from sparring.runs.inference import Sampler
from sparring.runs.translator import Translator
from sparring.uses.detect import saved
from sparring.uses.detect.detector import Detector
from sparring.uses.export import onnx_file
from sparring.uses.serve import engine, gauges
from sparring.uses.serve.app import Limits, app
from sparring.uses.serve.asked import SampleRequest
from sparring.uses.serve.gauges import BUCKETS
from sparring.uses.serve.guard import Guard
from sparring.uses.serve.served import MOST_PIXELS, Samples, Scores, Translations, load
from test_contracts import OF_KINDS, table
from test_export import sampler_of

HOSTS = ("127.0.0.1", "localhost")
ADDRESS = "http://127.0.0.1:8555"
USUAL = Limits()


@pytest.fixture(scope="module")
def digits() -> Samples:
    return Samples(Sampler.load(GAN.pretrained("mnist", device="cpu").out_ or "", print), "mnist")


@pytest.fixture(scope="module")
def translation() -> Translations:
    sampler = sampler_of("unet")
    return Translations(Translator.of(sampler), "edges")


@pytest.fixture(scope="module")
def detector() -> Scores:
    rng = np.random.default_rng(0)
    plates = rng.normal(110, 5, (60, 1, 16, 16)).clip(0, 255).astype(np.uint8)
    return Scores(Detector("brightness", minutes=0, features="edges").fit(plates), "plates")


def client(served: Any, token: str = "", limits: Limits = USUAL, **options: Any) -> TestClient:
    guarded = app(served, HOSTS, token, limits, **options)
    return TestClient(guarded, base_url=ADDRESS, raise_server_exceptions=False)


def picture(width: int = 20, height: int = 16, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height), 1).save(file, "PNG")
    return file.getvalue()


def test_samples_are_those_of_their_seed(digits: Samples) -> None:
    asking = client(digits)
    answer = asking.post("/sample", json={"count": 3, "labels": ["7", "1", "7"], "seed": 5})
    assert (answer.status_code, answer.headers["x-seed"]) == (200, "5")
    found = answer.json()
    assert found["labels"] == ["7", "1", "7"]
    expected = GAN.pretrained("mnist", device="cpu").sample(3, labels=["7", "1", "7"], seed=5)
    np.testing.assert_array_equal(np.array(found["samples"]), expected)
    drawn = [asking.post("/sample").json() for _ in range(2)]
    assert drawn[0]["seed"] != drawn[1]["seed"]
    again = asking.post("/sample", json={"seed": drawn[0]["seed"]}).json()
    assert again == drawn[0]


def test_files_come_in_every_format_that_the_data_has(digits: Samples) -> None:
    asking = client(digits)
    for name, media in (("png", "image/png"), ("gif", "image/gif"), ("webp", "image/webp")):
        answer = asking.post("/sample", json={"count": 2, "format": name})
        assert answer.headers["content-type"] == media
        assert Image.open(io.BytesIO(answer.content)).width >= 2 * 28
    arrays = np.load(io.BytesIO(asking.post("/sample", json={"count": 2, "format": "npz"}).content))
    assert arrays["samples"].shape == (2, 1, 28, 28)


@pytest.mark.parametrize("recipe", OF_KINDS)
def test_every_kind_of_data_is_served_as_json_and_as_a_file(recipe: str) -> None:
    gan = GAN(recipe, **TINY).fit(OF_KINDS[recipe](), samples_seen=32)
    asking = client(Samples(Sampler.of(gan.game_, gan.spec_, gan.config_, ()), recipe))
    found = asking.post("/sample", json={"count": 2}).json()["samples"]
    assert len(found) == 2
    expected = {"letters": str, "rows": dict, "counterpoint": list}[recipe]
    assert all(isinstance(sample, expected) for sample in found)
    form, begin = {"letters": ("txt", b""), "rows": ("csv", b"number,word\n"), "counterpoint": ("npz", b"PK")}[
        recipe
    ]
    assert asking.post("/sample", json={"format": form}).content.startswith(begin)
    if recipe == "rows":
        rows = asking.post("/sample", json={"count": 5, "where": ["word=few"]}).json()["samples"]
        assert {row["word"] for row in rows} == {"few"}
    else:
        assert asking.post("/sample", json={"where": ["word=few"]}).status_code == 400


def test_labels_hold_beside_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    gan = GAN("rows", **TINY).fit(table(64), ["a", "b"] * 32, samples_seen=32)
    drawn: list[set[int]] = []
    decoded = Sampler.decoded

    def noted(self: Sampler, latents: Any, labels: Any = None) -> Any:
        drawn.append(set(labels.tolist()))
        return decoded(self, latents, labels)

    monkeypatch.setattr(Sampler, "decoded", noted)
    sampler = Sampler.of(gan.game_, gan.spec_, gan.config_, [32, 32])
    mixed = sampler.kept(6, ["word=few"], labels=list("bababb")).samples
    for label, places in (("a", [1, 3]), ("b", [0, 2, 4, 5])):
        alone = sampler.kept(len(places), ["word=few"], labels=label).samples
        np.testing.assert_array_equal(mixed[places], alone)
    drawn.clear()
    asking = client(Samples(sampler, "rows"))
    wish = {"seed": 3, "where": ["word=few"]}
    found = asking.post("/sample", json=wish | {"count": 3, "labels": ["b", "a", "b"]}).json()
    assert (found["labels"], [row["word"] for row in found["samples"]]) == (["b", "a", "b"], ["few"] * 3)
    assert drawn[0] == {0}
    assert all(labels == {1} for labels in drawn[1:])
    same = gan.sample(3, seed=3, where="word=few", labels=["b", "a", "b"])
    assert same.to_dict("records") == found["samples"]
    without = client(Samples(sampler_of("columns", classes=0), "rows")).post("/sample", json={"labels": "a"})
    assert "labels: this generator draws without classes" in without.json()["error"]


MALFORMED = [
    b"{", b"[]", b"1", b"\xff\xfe", b'{"count": 0}', b'{"count": 257}', b'{"count": true}', b'{"count": 1e400}',
    b'{"cuont": 1}', b'{"labels": "x"}', b'{"labels": {}}', b'{"labels": ["1", "2"]}', b'{"labels": [[1]]}',
    b'{"seed": -1}', b'{"seed": 99999999999999999999}', b'{"truncation": NaN}', b'{"truncation": 11}',
    b'{"format": "exe"}', b'{"format": ""}', b'{"format": "../../etc"}', b'{"where": "a"}', b'{"where": ["a"]}',
    b'{"seed": 1, "seed": 2}',
    b'{"labels": 1e23}', b'{"labels": true}', b'{"labels": "' + b"x" * 300 + b'"}', b"[" * 5000,
]  # fmt: skip


def test_a_number_is_quoted_as_it_came(digits: Samples) -> None:
    for seed in ("123456789012345678901", "1e+23"):
        said = client(digits).post("/sample", content=f'{{"seed": {seed}}}').json()["error"]
        assert f"seed: {seed} where a whole number from 0 to {2**63 - 1:,} is expected" in said


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: body[:24])
def test_malformed_bodies_are_answered_in_words(digits: Samples, body: bytes) -> None:
    answer = client(digits).post("/sample", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()["error"]
    assert 10 < len(said) < 600
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "body", [b"", b"junk", b"\x89PNG\r\n\x1a\n" + b"x" * 40, picture()[:60], b"GIF89a" + b"\0" * 9]
)
def test_what_is_no_picture_is_refused(translation: Translations, detector: Scores, body: bytes) -> None:
    for served in (translation, detector):
        answer = client(served).post(served.path, content=body)
        assert answer.status_code == 400
        assert "picture" in answer.json()["error"]


def test_pictures_are_made_of_pictures(translation: Translations) -> None:
    asking = client(translation)
    for query, size in (("", (12, 10)), ("?own_size=1", (20, 16))):
        answer = asking.post(f"/translate{query}", content=picture())
        assert answer.headers["content-type"] == "image/png"
        width, height = Image.open(io.BytesIO(answer.content)).size
        assert (width, height) == size if query else min(width, height) == 10
    assert "expected 0 or 1" in asking.post("/translate?own_size=yes", content=picture()).json()["error"]
    side = int(MOST_PIXELS**0.5) + 1
    answer = asking.post("/translate", content=picture(side, side, "L"))
    assert (answer.status_code, f"at most {MOST_PIXELS:,}" in answer.text) == (400, True)


def test_a_detector_says_how_odd_a_picture_is(detector: Scores) -> None:
    asking = client(detector)
    usual, odd = (asking.post("/score", content=grey(value)).json() for value in (110, 250))
    assert (usual["odd"], odd["odd"]) == (False, True)
    assert odd["score"] > odd["threshold"] >= usual["score"]
    assert 0 < odd["p_value"] < usual["p_value"] <= 1
    heat = asking.post("/score?heat=1", content=grey(250))
    assert Image.open(io.BytesIO(heat.content)).width > 2 * 16


def grey(value: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (16, 16), value).save(file, "PNG")
    return file.getvalue()


def test_names_that_a_path_does_not_take_are_refused(
    digits: Samples, translation: Translations, detector: Scores
) -> None:
    for served, query, said in (
        (digits, "?count=5", "'count': this path takes nothing in its address; send it as JSON in the body."),
        (translation, "?own-size=1", "unknown name in the address 'own-size'. Did you mean 'own_size'?"),
        (translation, "?own_size=0&own_size=1", "?own_size is given 2 times: give it once."),
        (detector, "?own_size=1", "unknown name in the address 'own_size'. Known: heat."),
    ):
        answer = client(served).post(f"{served.path}{query}")
        assert (answer.status_code, answer.json()["error"][: len(said)]) == (400, said)


def test_other_paths_and_methods_are_refused(digits: Samples) -> None:
    asking = client(digits)
    for method, path, status in (
        ("GET", "/sample", 405), ("POST", "/translate", 404), ("GET", "/../x", 404), ("GET", "/health/", 404),
    ):  # fmt: skip
        answer = asking.request(method, path)
        assert answer.status_code == status
        assert "error" in answer.json()


def test_no_more_of_a_body_is_read_than_is_taken(digits: Samples) -> None:
    asking = client(digits, limits=Limits(json_bytes=100))
    much = asking.post("/sample", headers={"content-length": "70000"}, content=b"")
    assert much.status_code == 413
    assert much.json() == {"error": "a body of 70,000 bytes; at most 100 are taken."}
    assert asking.post("/sample", content=b" " * 101).status_code == 413
    assert (
        asking.post("/sample", content=iter([b" " * 60] * 9)).status_code == 413
    )  # its length is not declared
    for length in ("-1", "1e3", "x", "9" * 5000):
        assert asking.post("/sample", headers={"content-length": length}, content=b"").status_code == 413
    assert asking.post("/sample", content=b" " * 97 + b"{ }").status_code == 200


def asked(served: Guard, receive: Callable[[], Any]) -> Any:
    """Ask as a client whose body comes as ``receive`` gives it: a task, whose result is status and body."""

    async def ask() -> tuple[int, bytes]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/sample", "query_string": b"", "scheme": "http",
            "headers": [(b"host", b"localhost")], "server": ("localhost", 1), "client": ("localhost", 2),
            "http_version": "1.1", "root_path": "", "raw_path": b"/sample",
        }  # fmt: skip
        await served(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]

    return ask()


def test_a_body_that_never_ends_or_ends_too_early_is_given_up(digits: Samples) -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    served = app(digits, HOSTS, limits=Limits(seconds=0.01))
    assert asyncio.run(asked(served, never))[0] == 408
    assert asyncio.run(asked(served, gone))[0] == 400
    assert served.gauges.waiting == 0


def test_beyond_those_that_wait_nobody_is_let_in(digits: Samples) -> None:
    async def both() -> list[int]:
        come = asyncio.Event()

        async def late() -> Any:
            await come.wait()
            return {"type": "http.request", "body": b"{}", "more_body": False}

        served = app(digits, HOSTS, limits=Limits(waiting=2))
        first = [asyncio.ensure_future(asked(served, late)) for _ in range(2)]
        await asyncio.sleep(0)
        while served.gauges.waiting < 2:
            await asyncio.sleep(0)
        third = await asked(served, late)
        come.set()
        return [third[0], *(status for status, _ in await asyncio.gather(*first))]

    assert asyncio.run(both()) == [503, 200, 200]


def test_only_with_the_token_and_only_at_its_own_address(digits: Samples) -> None:
    asking = client(digits, token="a secret")
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic a secret"}):
        assert asking.post("/sample", headers=headers).status_code == 401
    assert asking.post("/sample", headers={"authorization": "Bearer a secret"}).status_code == 200
    assert asking.get("/health").status_code == 200
    assert asking.get("/metrics").status_code == 401
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}):
        assert client(digits).get("/health", headers=headers).status_code == 403
    assert client(digits).get("/health", headers={"origin": ADDRESS}).status_code == 200


def test_too_many_connections_are_told_to_come_again(digits: Samples) -> None:
    answer = client(digits, crowded=lambda: True).get("/health")
    assert (answer.status_code, answer.headers.get("retry-after")) == (503, "1")
    assert "come again" in answer.json()["error"]


@pytest.mark.parametrize("head", [b"content-length: -1", b"content-length: 1e3", b"x" * 70_000])
def test_what_is_no_http_is_refused_as_json(digits: Samples, head: bytes) -> None:
    class Transport(asyncio.Transport):
        written, closed = b"", False

        def write(self, data: Any) -> None:
            Transport.written += data

        def close(self) -> None:
            Transport.closed = True

    async def send() -> None:
        config = uvicorn.Config(app(digits, HOSTS), http=command.protocol(), log_level="critical")
        config.load()
        made = config.http_protocol_class(config, ServerState(), {})
        made.connection_made(Transport())  # type: ignore[arg-type]
        made.data_received(b"POST /sample HTTP/1.1\r\nhost: localhost\r\n" + head + b"\r\n\r\n")
        made.timeout_keep_alive_task and made.timeout_keep_alive_task.cancel()

    asyncio.run(send())
    begin, _, body = Transport.written.partition(b"\r\n\r\n")
    assert begin.startswith(b"HTTP/1.1 400 ")
    assert f"content-length: {len(body)}".encode() in begin
    assert "no HTTP request" in json.loads(body)["error"]
    assert Transport.closed


def test_what_nobody_has_foreseen_is_told_to_nobody(
    digits: Samples, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(self: Samples, asked: SampleRequest) -> Any:
        raise ZeroDivisionError("the secret of /home/maria")

    monkeypatch.setattr(Samples, "answer", fails)
    answer = client(digits).post("/sample")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "ZeroDivisionError 'the secret of /home/maria'" in capsys.readouterr().err
    # raised again, the server would print it with its traceback
    assert TestClient(app(digits, HOSTS), base_url=ADDRESS).post("/sample").status_code == 500


def test_memory_is_told_where_the_system_says_it(digits: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "PAGES", Path("/nowhere"))
    most = gauges.memory()
    monkeypatch.setattr(sys, "platform", "darwin")  # where the same number is bytes
    assert most is not None
    assert gauges.memory() == pytest.approx(most / 1024, rel=0.1)
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    anew = runpy.run_path(gauges.__file__)  # nothing of it needs what is missing
    assert anew["memory"]() is None
    assert "resident" not in anew["Gauges"]("mnist", 1, ()).text()


def test_health_tells_what_is_served_and_when_it_ends(digits: Samples) -> None:
    assert client(digits).get("/health").json() == {
        "status": "ok", "name": "mnist", "step": digits.step, "path": "/sample",
    }  # fmt: skip
    assert client(digits, closing=lambda: True).get("/health").status_code == 503


def test_requests_are_counted_as_prometheus_reads_them(digits: Samples) -> None:
    seconds = iter([0.0, 0.004, 1.0, 1.02, 2.0, 99.0, 100.0, 100.0])
    guarded = app(digits, HOSTS)
    guarded.clock = lambda: next(seconds)
    asking = TestClient(guarded, base_url=ADDRESS)
    asking.get("/health")
    asking.get("/made-up")
    asking.post("/sample", content=b"{")
    text = asking.get("/metrics").text
    found = dict(re.findall(r"^([^# ]\S*) (\S+)$", text, re.M))
    assert found['sparring_requests_total{path="/health",status="200"}'] == "1"
    assert found.get('sparring_requests_total{path="other",status="404"}') == "1"
    assert found['sparring_requests_total{path="/sample",status="400"}'] == "1"
    counts = [
        int(found[f'sparring_request_seconds_bucket{{le="{limit}"}}'])
        for limit in (*map("{:g}".format, BUCKETS), "+Inf")
    ]
    assert counts == [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]
    assert found["sparring_request_seconds_count"] == "3"
    assert float(found["sparring_request_seconds_sum"]) == pytest.approx(0.004 + 0.02 + 97)
    assert int(found["process_resident_memory_bytes"]) > 2**20


def test_the_document_lists_what_can_be_asked(
    digits: Samples, translation: Translations, detector: Scores
) -> None:
    documents = [client(served).get("/openapi.json").json() for served in (digits, translation, detector)]
    for served, document in zip((digits, translation, detector), documents, strict=True):
        assert document["openapi"] == "3.1.0"
        assert set(document["paths"]) == {served.path, "/health", "/metrics"}
        answers = document["paths"][served.path]["post"]["responses"]
        assert set(answers) == {"200", "400", "401", "408", "413", "503"}
    body = documents[0]["paths"]["/sample"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {*body["properties"], "where"} == {field.name for field in fields(SampleRequest)}
    assert body["properties"]["labels"]["anyOf"][0]["enum"] == list("0123456789")
    assert body["properties"]["count"]["maximum"] == USUAL.count


def test_the_faster_engine_serves(digits: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    served, said = engine.chosen(digits, "onnx")
    assert (isinstance(served.sampler, engine.OnnxSampler), said) == (True, "ONNX Runtime")  # type: ignore[union-attr]
    mine, theirs = (
        client(each).post("/sample", json={"count": 40, "seed": 3}).json() for each in (digits, served)
    )
    assert np.abs(np.array(mine["samples"]) - np.array(theirs["samples"])).max() <= 1
    assert mine["labels"] == theirs["labels"]
    for of_onnx, expected in ((1.0, engine.OnnxSampler), (3.0, Sampler)):
        monkeypatch.setattr(
            engine,
            "milliseconds",
            lambda s, of_onnx=of_onnx: of_onnx if isinstance(s, engine.OnnxSampler) else 2.0,
        )
        found, words = engine.chosen(digits, "auto")
        assert type(found.sampler) is expected  # type: ignore[union-attr]
        assert "2.0 ms of torch" in words


def test_onnx_runtime_serves_only_what_torch_would(digits: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    run = onnx_file.Session.__call__
    monkeypatch.setattr(onnx_file.Session, "__call__", lambda *args: np.roll(run(*args), 1, 0))
    assert engine.chosen(digits, "auto") == (digits, "torch")
    with pytest.raises(RunError, match="does not make the samples of the generator: .* Leave --engine out"):
        engine.chosen(digits, "onnx")


def test_torch_serves_what_onnx_runtime_cannot(
    digits: Samples, translation: Translations, detector: Scores, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.milliseconds(digits.sampler) > 0
    rows = Samples(sampler_of("columns"), "rows")
    for served in (translation, detector, rows):
        assert engine.chosen(served, "auto") == (served, "torch")
        with pytest.raises(ConfigError, match="--engine onnx: .* Leave it out"):
            engine.chosen(served, "onnx")
    monkeypatch.setattr(onnx_file, "installed", lambda: False)
    assert engine.chosen(digits, "auto") == (digits, "torch")
    with pytest.raises(ConfigError, match=r"pip install 'sparring\[onnx\]'"):
        engine.chosen(digits, "onnx")


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Servers that end at once, and their configs."""
    found: list[Any] = []

    def end(self: Any, sockets: Any) -> None:
        found.append(self.config)
        sockets[0].close()

    monkeypatch.setattr("uvicorn.Server.run", end)
    monkeypatch.setattr(command, "listen", lambda host, port: FakeSocket())
    return found


class FakeSocket:
    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", 8555)

    def close(self) -> None: ...

    def __enter__(self) -> "FakeSocket":
        return self

    def __exit__(self, *error: object) -> None: ...


def test_the_command_serves_runs_and_detectors(
    run: Path,
    tmp_path: Path,
    detector: Scores,
    ended: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sparring.uses.detect.saved import About

    saved.write(detector.detector, About("plates", FilesConfig()), tmp_path / "plates")
    for path, served in ((run, "/sample"), (tmp_path / "plates", "/score")):
        assert main(["serve", str(path), "--device", "cpu", "--engine", "torch"]) == 0
        assert f"http://127.0.0.1:8555{served}" in capsys.readouterr().out
    assert [config.timeout_graceful_shutdown for config in ended] == [command.GRACE_SECONDS] * 2
    assert "also give a --token" in refused(capsys, "serve", run, "--host", "0.0.0.0")
    assert "--most-count" in refused(capsys, "serve", run, "--most-count", "0")
    assert "--most-waiting" in refused(capsys, "serve", run, "--most-waiting", "-1")
    closed: list[int] = []
    monkeypatch.setattr(FakeSocket, "close", lambda self: closed.append(1))
    assert "no run folder" in refused(capsys, "serve", tmp_path / "nothing")
    assert closed == [1]
    assert "a detector has no checkpoints" in refused(capsys, "serve", tmp_path / "plates", "--best")
    assert len(ended) == 2


def test_a_translation_in_a_folder_is_served(pictures_file: Path, tmp_path: Path) -> None:
    samples = np.load(pictures_file)["samples"]
    gan = GAN(game="translation", **TINY, paired=True).fit(
        samples, 255 - samples, samples_seen=32, out=tmp_path / "t"
    )
    assert gan.out_
    served = load(gan.out_, print, device="cpu")
    assert isinstance(served, Translations)
    assert client(replace(served, name="x")).get("/health").json()["path"] == "/translate"


def test_a_token_can_be_typed_and_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("secrets.token_bytes", lambda count: b"\xff" * count)  # in base 64 a "-" or "_" each
    said = refused(capsys, "serve", "mnist", "--host", "0.0.0.0")
    assert said.split("such as ")[1][0].isalnum()
    assert "spaces around it" in refused(capsys, "serve", "mnist", "--token", " secret")
    assert "--token is empty" in refused(capsys, "serve", "mnist", "--token", "")
    for token in ("geheim-ä", "a\tb"):
        assert "programs send in different ways" in refused(capsys, "serve", "mnist", "--token", token)


def test_a_port_is_refused_before_anything_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--port 99999" in refused(capsys, "serve", tmp_path / "nothing", "--port", "99999")
