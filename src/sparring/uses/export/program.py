"""Write a generator as a program of torch.export, which torch runs in Python and C++ without sparring.

Not TorchScript: torch has deprecated it, and its files hold code that is run.
"""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.files import write_whole
from sparring.uses.export import parity
from sparring.uses.export.graph import Traced
from sparring.uses.export.parity import Parity

ABOUT = "sparring.json"  # the extra file in it that says what its inputs and samples are


def write(graph: Traced, path: Path) -> Parity:
    """Write the graph as a .pt2 file, once it was seen to make the same samples.

    Raises:
        ConfigError: torch cannot follow the generator.
        RunError: its samples differ.
    """
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = graph.program()
        torch.export.save(program, file, extra_files={ABOUT: json.dumps(graph.about())})
        file.seek(0)
        module = torch.export.load(file).module()

    def run(inputs: tuple[Tensor, ...]) -> NDArray[Any]:
        with torch.no_grad():
            return np.asarray(module(*inputs).numpy())

    found = parity.compared(graph, run, "torch")
    write_whole(path, file.getvalue())
    return found
