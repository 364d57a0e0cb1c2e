"""Write an ONNX file, and run one. Only this file imports onnx, onnxscript and onnxruntime."""

from __future__ import annotations

import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.export import ExportedProgram

from sparring.errors import ConfigError, RunError
from sparring.files import write_whole
from sparring.uses.export import parity
from sparring.uses.export.graph import Traced
from sparring.uses.export.parity import Parity

OPSET = 18  # of 2022, which every runtime of the last years has
INSTALL = "pip install 'sparring[onnx]'"
PACKAGES = ("onnx", "onnxruntime", "onnxscript")  # onnxscript is what torch.onnx translates with
ABOUT = "sparring"  # the key under which the file says, as JSON, what its inputs and samples are
MOST_BYTES = 2**31 - 1  # of an ONNX file, which is one message of protobuf


def installed() -> bool:
    """Whether all packages are there."""
    return all(importlib.util.find_spec(name) for name in PACKAGES)


def check_installed() -> None:
    """Refuse to begin without the packages.

    Raises:
        ConfigError: one is missing, and how to install it.
    """
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise ConfigError(f"ONNX needs {' and '.join(missing)}, which is not installed. Run: {INSTALL}")


def write(graph: Traced, path: Path) -> Parity:
    """Write the graph as one ONNX file, once it was seen to make the same samples in ONNX Runtime.

    Raises:
        ConfigError: the packages are missing, or torch cannot follow or translate the generator.
        RunError: its samples differ.
    """
    check_installed()
    content, session = translated(graph)
    found = parity.compared(graph, session, "ONNX Runtime")
    write_whole(path, content)
    return found


def translated(graph: Traced, threads: int = 1) -> tuple[bytes, Session]:
    """The content of an ONNX file, and what runs it on so many threads.

    Raises:
        ConfigError: the packages are missing, or torch cannot follow or translate the generator.
    """
    content = _content(graph, graph.program())
    return content, Session(content, threads)


def _content(graph: Traced, program: ExportedProgram) -> bytes:
    try:
        with _quiet():
            found = torch.onnx.export(
                program, (), input_names=list(graph.names), output_names=[graph.output], opset_version=OPSET,
                dynamo=True, optimize=True, verbose=False,
            )  # fmt: skip
            assert found is not None
            model = found.model_proto
    except Exception as error:  # torch and onnxscript raise many types for what they cannot translate
        raise ConfigError(
            f"this {graph.noun} does something for which ONNX has no operator. Export it for torch (--to "
            "torch), or its weights (--to safetensors)."
        ) from error
    entry = model.metadata_props.add()
    entry.key, entry.value = ABOUT, json.dumps(graph.about())
    if model.ByteSize() > MOST_BYTES:
        raise ConfigError(f"this {graph.noun} is larger than an ONNX file can be: --to torch.")
    content: bytes = model.SerializeToString()
    return content


class Session:
    """Runs an ONNX file on the CPU: called with the inputs of its graph, it gives the samples.

    Args:
        content: the bytes of the file.
        threads: that compute.
    """

    def __init__(self, content: bytes, threads: int = 1) -> None:
        check_installed()
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 4  # fatal: what it warns of here, the user cannot change
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its own types, which derive from Exception alone
            raise RunError("ONNX Runtime cannot read this file: it is damaged, or not of ONNX.") from error
        self.names = tuple(each.name for each in self._session.get_inputs())

    def __call__(self, inputs: tuple[Tensor, ...]) -> NDArray[Any]:
        given = {
            name: np.ascontiguousarray(each.numpy()) for name, each in zip(self.names, inputs, strict=True)
        }
        try:
            return np.asarray(self._session.run(None, given)[0])
        except Exception as error:
            raise RunError(
                "ONNX Runtime cannot run this generator. Export it for torch (--to torch), or its weights "
                "(--to safetensors)."
            ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the notes of the exporter on packages that are missing and axes that it names otherwise."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
