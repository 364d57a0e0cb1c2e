"""``torch.compile`` for the networks of a training, which is off by default."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch._dynamo.exc import TorchDynamoException

from sparring.errors import ConfigError, warn

BACKEND: str | Callable[..., Any] = "inductor"
COMPILERS = ("g++", "clang++", "c++")  # one of which inductor calls for a processor


def compile_network(network: nn.Module, device: torch.device) -> None:
    """Let calls of a network be compiled when they are made; its weights, names and copies stay what they are.

    Each shape of its inputs is compiled for itself. What cannot be compiled is computed as without.

    Raises:
        ConfigError: this machine has no compiler for C++, which a processor needs.
    """
    if device.type == "cpu" and not os.environ.get("CXX") and not any(map(shutil.which, COMPILERS)):
        raise ConfigError(
            f"--compile needs a compiler for C++ ({', '.join(COMPILERS)}), and there is none here. Install "
            "one, or leave --compile out."
        )
    # The tracer looks at the gradient of every input, which forged samples do not have.
    warnings.filterwarnings("ignore", "The .grad attribute of a Tensor that is not a leaf", UserWarning)
    network.compile(backend=BACKEND, dynamic=False)
    compiled: Any = network._compiled_call_impl

    def called(*given: Any) -> Any:
        try:
            return compiled(*given)
        except TorchDynamoException as error:
            warn(f"torch.compile failed ({type(error).__name__}), so a network is computed without it.")
            network._compiled_call_impl = None
            return network(*given)

    network._compiled_call_impl = called
