"""The arguments and options of the verbs that give trained players to other programs. Without torch."""

from __future__ import annotations

from typing import Any

from sparring.cli.flags import RUN_HELP
from sparring.cli.parsing import named, path, run, whole
from sparring.config.choices import ENGINES, EXPORTS

EXPORT = """\
Give a generator to other programs. A file for onnx or torch draws without sparring, decodes its samples
itself, and was seen to make the same samples before it is kept. A detector is such a file too: pictures in,
scores out.

  --to onnx     one file for ONNX Runtime and others, opset 18
  --to torch    a program of torch.export (.pt2), which torch runs in Python and C++
  --to safetensors   a folder with a model card, which GAN.from_pretrained and every verb takes for RUN
  --to hub      the same folder, put on the Hugging Face hub as --name OWNER/NAME"""
EXPORT_EXAMPLES = """\
examples
  sparring export mnist --to onnx --out mnist.onnx
  sparring export runs/mnist-sprint-1 --to torch
  sparring export runs/mnist-sprint-1 --to safetensors --out digits --license cc-by-4.0
  sparring export runs/mnist-sprint-1 --to hub --name maria/digits
  sparring export runs/parts --to onnx   # of `sparring detect fit`"""

SERVE = """\
Answer over HTTP: POST /sample draws from a run, POST /translate makes a picture of the one that is sent, and
POST /score says how odd a picture is, for a detector. /openapi.json describes it, /health says whether it
answers, and /metrics counts for Prometheus."""
SERVE_EXAMPLES = """\
examples
  sparring serve mnist
  curl -X POST localhost:8555/sample -d '{"count": 16, "labels": "7", "format": "png"}' -o sevens.png
  sparring serve runs/shapes-paired-1 --port 9000
  curl --data-binary @photo.jpg localhost:9000/translate -o made.png"""


def add_verbs(verbs: Any) -> None:
    """Add the verbs to those of the command line."""
    export = verbs.add_parser(
        "export", description=EXPORT, epilog=EXPORT_EXAMPLES, usage="sparring export RUN --to FORM [options]"
    )
    export.add_argument("run", metavar="RUN", type=run, help=f"{RUN_HELP}; or of `sparring detect fit`")
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

    serve = verbs.add_parser(
        "serve", description=SERVE, epilog=SERVE_EXAMPLES, usage="sparring serve RUN [options]"
    )
    serve.add_argument("run", metavar="RUN", type=run, help=f"{RUN_HELP}; or a folder of `sparring detect fit`")
    serve.add_argument("--port", type=whole, default=0, help="port (the first free one from 8555)")
    serve.add_argument("--host", default="127.0.0.1", help="address; others than this machine's need --token")
    serve.add_argument("--token", help="asked for as Authorization: Bearer TOKEN")
    serve.add_argument("--most-count", type=whole, default=256, help="samples in a request, at most (256)")
    serve.add_argument(
        "--most-waiting", type=whole, default=64, help="requests that wait, at most; others get 503 (64)"
    )
    serve.add_argument(
        "--engine", choices=ENGINES, default="auto", metavar="|".join(ENGINES),
        help="what draws: torch, ONNX Runtime, or the faster one, measured at the start (auto)",
    )  # fmt: skip
    serve.add_argument("--best", action="store_true", help="use the best checkpoint, not the last one")
    serve.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
