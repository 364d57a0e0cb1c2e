"""The OpenAPI document of a server: what can be asked of it, and what it answers."""

from __future__ import annotations

from typing import Any

from sparring import __version__, kinds
from sparring.uses.serve.asked import MOST_CONDITIONS, MOST_SEED, MOST_TRUNCATION
from sparring.uses.serve.served import JSON, MEDIA, OTHER, PNG, Samples, Served, Translations

VERSION = "3.1.0"  # of OpenAPI
REFUSALS = {
    "400": "a value or a body that is not accepted",
    "401": "the token is missing or wrong",
    "408": "the body took too long",
    "413": "the body is too large",
    "503": "too many requests wait",
}


def document(served: Served, most_samples: int, most_bytes: int) -> dict[str, Any]:
    """The document.

    Args:
        most_samples: in a request.
        most_bytes: of a picture.
    """
    if isinstance(served, Samples):
        operation = _sample(served, most_samples)
    elif isinstance(served, Translations):
        operation = _picture("translate", "Make a picture of a picture", "own_size", _content(PNG), most_bytes)
    else:
        operation = _picture("score", "Say how odd a picture is", "heat", _scored(), most_bytes)
    operation["responses"] |= {status: {"description": why, **_error()} for status, why in REFUSALS.items()}
    plain = {"description": "ok", "content": {"text/plain": {"schema": {"type": "string"}}}}
    return {
        "openapi": VERSION,
        "info": {"title": f"{served.name}, step {served.step}", "version": __version__},
        "paths": {
            served.path: {"post": operation},
            "/health": {
                "get": {"summary": "Whether it answers", "security": [], "responses": {"200": _ok({})}}
            },
            "/metrics": {"get": {"summary": "Counters for Prometheus", "responses": {"200": plain}}},
        },
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{}, {"token": []}],
    }


def _sample(served: Samples, most: int) -> dict[str, Any]:
    label: dict[str, Any] = {"type": "string"}
    if served.labels:
        label["enum"] = list(served.labels)
    properties: dict[str, Any] = {
        "count": {"type": "integer", "minimum": 1, "maximum": most, "default": 1},
        "seed": {"type": "integer", "minimum": 0, "maximum": MOST_SEED, "description": "at random without it"},
        "truncation": {"type": "number", "minimum": 0, "maximum": MOST_TRUNCATION, "default": 1},
        "format": {"type": "string", "enum": list(served.formats), "default": "json"},
    }
    if served.labels:
        properties["labels"] = {"anyOf": [label, {"type": "array", "items": label, "maxItems": most}]}
    if kinds.of(served.sampler.spec).kept:
        conditions = {"type": "array", "items": {"type": "string"}, "maxItems": MOST_CONDITIONS}
        properties["where"] = conditions | {"description": "such as age>30"}
    media = {name: MEDIA.get(name, OTHER) for name in served.formats if name != "json"}
    drawn = {"seed": {"type": "integer"}, "samples": {"type": "array"}, "labels": {"type": "array"}}
    answers = _ok({"type": "object", "properties": drawn})
    answers["content"] |= {each: _binary() for each in dict.fromkeys(media.values())}
    answers["headers"] = {"x-seed": {"schema": {"type": "integer"}}}
    body = {"schema": {"type": "object", "properties": properties, "additionalProperties": False}}
    return {
        "summary": f"Draw {kinds.of(served.sampler.spec).noun}s",
        "operationId": "sample",
        "requestBody": {"content": {JSON: body}},
        "responses": {"200": answers},
    }


def _picture(name: str, summary: str, switch: str, answer: dict[str, Any], most: int) -> dict[str, Any]:
    """A path that takes the bytes of a picture, and a switch in its address."""
    body = {each: _binary() for each in (PNG, "image/jpeg", "image/webp", OTHER)}
    zero_or_one = {"type": "integer", "enum": [0, 1], "default": 0}
    return {
        "summary": summary,
        "operationId": name,
        "parameters": [{"name": switch, "in": "query", "schema": zero_or_one}],
        "requestBody": {"required": True, "description": f"at most {most:,} bytes", "content": body},
        "responses": {"200": {"description": "ok", "content": answer}},
    }


def _scored() -> dict[str, Any]:
    number = {"type": "number"}
    properties = dict.fromkeys(("score", "p_value", "threshold"), number)
    found = {
        "type": "object",
        "properties": properties | {"odd": {"type": "boolean"}, "method": {"type": "string"}},
    }
    return {JSON: {"schema": found}, **_content(PNG)}


def _content(media: str) -> dict[str, Any]:
    return {media: _binary()}


def _binary() -> dict[str, Any]:
    return {"schema": {"type": "string", "contentEncoding": "binary"}}


def _ok(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "ok", "content": {JSON: {"schema": schema}}}


def _error() -> dict[str, Any]:
    said = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    return {"content": {JSON: {"schema": said}}}
