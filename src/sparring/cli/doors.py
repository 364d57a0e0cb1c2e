"""The arguments and options of the verbs that give trained players to other programs. Without torch."""

from __future__ import annotations

from typing import Any

from sparring.cli.parsing import named, path, run
from sparring.config.choices import EXPORTS

EXPORT = """\
Give a generator to other programs. A file for onnx or torch draws without sparring, decodes its samples
itself, and was seen to make the same samples before it is kept.

  --to onnx     one file for ONNX Runtime and others, opset 18
  --to torch    a program of torch.export (.pt2), which torch runs in Python and C++
  --to safetensors   a folder with a model card, which GAN.from_pretrained and every verb takes for RUN
  --to hub      the same folder, put on the Hugging Face hub as --name OWNER/NAME"""
EXPORT_EXAMPLES = """\
examples
  sparring export mnist --to onnx --out mnist.onnx
  sparring export runs/mnist-sprint-1 --to torch
  sparring export runs/mnist-sprint-1 --to safetensors --out digits --license cc-by-4.0
  sparring export runs/mnist-sprint-1 --to hub --name maria/digits"""


def add_verbs(verbs: Any, run_help: str) -> None:
    """Add the verbs to those of the command line."""
    export = verbs.add_parser(
        "export", description=EXPORT, epilog=EXPORT_EXAMPLES, usage="sparring export RUN --to FORM [options]"
    )
    export.add_argument("run", metavar="RUN", type=run, help=run_help)
    export.add_argument("--to", choices=EXPORTS, required=True, metavar="|".join(EXPORTS), help="what to write")
    export.add_argument("--out", type=path, help="file or folder (a new one in RUN/exported)")
    export.add_argument("--name", type=named, metavar="OWNER/NAME", help="hub: what it is called there")
    export.add_argument("--private", action="store_true", help="hub: only you may see it")
    export.add_argument(
        "--license", type=named, default="unknown",
        help="safetensors, hub: for the model card, such as cc-by-4.0 (unknown)",
    )  # fmt: skip
    export.add_argument("--best", action="store_true", help="use the best checkpoint, not the last one")
    export.add_argument("--force", action="store_true", help="replace --out if it exists")
