"""What the server refuses: bodies, names, addresses, and more than it can do at once."""

import asyncio
import json
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

import served_runs
from served_runs import ADDRESS, HOSTS, asked, client
from sparring.cli import serve as command
from sparring.uses.serve.app import Limits, app
from sparring.uses.serve.served import Samples, Scores, Translations

digits, translation, detector = served_runs.digits, served_runs.translation, served_runs.detector  # fixtures


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
    assert "/openapi.json take GET, others POST, as curl -X POST" in asking.get("/sample").json()["error"]


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
