"""What is served in tests, and clients that ask it."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from sparring.config.groups import FilesConfig
from sparring.gan import GAN
from sparring.runs.inference import Sampler
from sparring.runs.translator import Translator
from sparring.uses.detect.detector import Detector
from sparring.uses.serve.app import Limits, app
from sparring.uses.serve.guard import Guard
from sparring.uses.serve.served import Samples, Scores, Translations
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
    return Scores(Detector("brightness", minutes=0, features="edges").fit(plates), "plates", FilesConfig())


def client(served: Any, token: str = "", limits: Limits = USUAL, **options: Any) -> TestClient:
    guarded = app(served, HOSTS, token, limits, **options)
    return TestClient(guarded, base_url=ADDRESS, raise_server_exceptions=False)


def picture(width: int = 20, height: int = 16, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height), 1).save(file, "PNG")
    return file.getvalue()


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
