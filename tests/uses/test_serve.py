"""Samples, translations and scores over HTTP."""

import io
import re
import runpy
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import served_runs
from conftest import TINY
from served_runs import ADDRESS, HOSTS, USUAL, client, picture
from sparring.config.groups import FilesConfig
from sparring.gan import GAN
from sparring.runs.inference import Sampler
from sparring.uses.detect.detector import Detector
from sparring.uses.serve import gauges
from sparring.uses.serve.app import app
from sparring.uses.serve.asked import SampleRequest
from sparring.uses.serve.gauges import BUCKETS
from sparring.uses.serve.served import MOST_PIXELS, Samples, Scores, Translations
from test_contracts import OF_KINDS, table
from test_export import sampler_of

digits, translation, detector = served_runs.digits, served_runs.translation, served_runs.detector  # fixtures


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


@pytest.mark.parametrize(("background", "odd"), [("black", True), ("white", False)])
def test_a_picture_is_scored_as_the_normals_were_read(background: str, odd: bool) -> None:
    rng = np.random.default_rng(0)  # white plates, each as bright as it is
    normals = (rng.uniform(235, 265, (60, 1, 1, 1)) + rng.normal(0, 3, (60, 1, 16, 16))).clip(0, 255)
    white = Detector("brightness", minutes=0, features="edges").fit(normals.astype(np.uint8))
    served = Scores(white, "white", FilesConfig(background=background))
    file = io.BytesIO()
    Image.new("LA", (16, 16), (90, 0)).save(file, "PNG")  # grey below, and transparent everywhere
    assert client(served).post("/score", content=file.getvalue()).json()["odd"] is odd


def test_deep_pictures_are_scored_with_the_levels_of_the_normals(detector: Scores) -> None:
    deep = io.BytesIO()
    Image.fromarray(np.full((16, 16), 1100, np.uint16)).save(deep, "PNG")  # grey 110 of levels 0 to 2550
    served = Scores(detector.detector, "plates", FilesConfig(levels="0:2550"))
    found = [client(one).post("/score", content=deep.getvalue()).json()["odd"] for one in (served, detector)]
    assert found == [False, True]


def grey(value: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (16, 16), value).save(file, "PNG")
    return file.getvalue()


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
