"""What each verb of the command line takes. No torch here: ``--help`` answers at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sparring import __version__
from sparring.cli.parsing import Parser, number, or_none, whole
from sparring.config.groups import BUILT_IN, GROUP_OF, GROUPS, LOSSES, OPTIONS
from sparring.config.option import flag, kind, may_be_none, written
from sparring.config.recipes import RECIPES
from sparring.errors import quoted
from sparring.errors.names import nearest

INTRO = """\
Train, understand and use generative adversarial networks (GANs): two networks spar, a generator
forges data, a discriminator tells real from forged.

start here
  sparring demo                          digits out of noise in a minute, then what to try next

verbs
  train DATA       train on a folder or .zip of pictures, a .npy or .npz array, hf:NAME, or the
                   built-in mnist, fashion-mnist, emoji, ring, grid, spirals
  data DATA        what would be trained on: count, sizes, classes, duplicates, a sheet
  resume RUN       go on exactly where a training stopped
  sample RUN       draw from a trained generator: .png .gif .webp .npz or a folder
  watch RUN        a live page of a training, or of several side by side
  report RUN       the same page as one file, to send to a colleague
  doctor RUN       why a training fails, in plain words, and the cure
  evaluate RUN     how good the samples are, how sure that is, and whether they are copies
  recipes          what can be trained how; recipes NAME: one recipe's options
  info RUN         what a run is and how far it got; without RUN: this machine
"""
OUTRO = "`sparring VERB --help` lists the options of a verb."
DATA_HELP = "a folder or .zip of pictures, a .npy or .npz array, hf:NAME, or a built-in name"
TRAIN_EXAMPLES = """\
examples
  sparring train mnist                         the default recipe, about 80 seconds on two cores
  sparring train mnist --recipe tutorial       the beginner's GAN, as tutorials print it
  sparring train fashion-mnist --minutes 5
  sparring train photos --size 64 --labels folders
  sparring train digits.npz --no-conditional --batch-size 128 --seed 7
  sparring train mnist --dry-run               print every option and stop

recipes
  """ + ", ".join(RECIPES)


DOCTOR = """\
Look at a run's history alone: what goes wrong, the numbers that say so beside healthy ones, and the
cure as an option to type; and where nothing goes wrong, whether the samples are good yet.

exit status
  0  healthy: no rule holds, most could be checked, the samples are good
  3  something was found
  4  too little to say: too few records, or most rules could not be checked
  5  no disease, but the samples are not good yet"""
DOCTOR_EXAMPLES = """\
examples
  sparring doctor runs/mnist-tutorial-1
  sparring doctor losses.csv --loss non-saturating     of another program: D_loss, G_loss, D(x), ...
  sparring doctor losses.csv --steps-per-row 938       where each row is an epoch of 938 batches
  sparring doctor mode-collapse                        what a finding means, and its cures"""
WATCH = """\
Serve a local page that reads run folders and follows them: samples through time, both losses, the
discriminator's scores, the doctor, options side by side, and a playground of the generator."""
WATCH_EXAMPLES = """\
examples
  sparring watch runs/mnist-sprint-1
  sparring watch runs                                  every run in a folder, to compare"""
EVALUATE = """\
Measure samples against real data: fidelity, diversity, how sure the numbers are, and copying. Each
number stands beside the one that real samples get."""
EVALUATE_EXAMPLES = """\
examples
  sparring evaluate runs/mnist-sprint-1
  sparring evaluate --real mnist --fake runs/mnist-sprint-1 --features pca-64
  sparring evaluate --real photos --fake forged --held-out more-photos"""


def parser() -> Parser:
    """The whole command line; the options of ``train`` are those of ``config.groups``."""
    top = Parser(prog="sparring", description=INTRO, epilog=OUTRO, usage="sparring VERB [options]")
    top.add_argument("--version", action="version", version=f"sparring {__version__}")
    verbs = top.add_subparsers(
        dest="verb", metavar="VERB", prog="sparring", help=argparse.SUPPRESS, parser_class=Parser
    )

    _training_verbs(verbs)
    _using_verbs(verbs)
    _looking_verbs(verbs)
    top.verbs, top.elsewhere = verbs.choices, _elsewhere
    return top


def _elsewhere(name: str) -> str:
    """How a recipe or data in a verb's place are typed; "" of other names."""
    meant = nearest(name, [*RECIPES, *BUILT_IN])
    if len(meant) != 1:
        return ""
    kind, line = ("a recipe", f"DATA --recipe {meant[0]}") if meant[0] in RECIPES else ("data", meant[0])
    return f"{quoted(name)} is no verb; {meant[0]} is {kind}. Type sparring train {line}"


def _training_verbs(verbs: Any) -> None:
    demo = verbs.add_parser("demo", description="Train the default recipe on MNIST for a minute.")
    demo.add_argument("--minutes", type=number, default=1.0, help="how long to train (1)")
    demo.add_argument("--seed", type=whole, default=0, help="every random draw follows from it (0)")
    demo.add_argument("--out", type=Path, help="run folder (runs/demo-N)")

    train = verbs.add_parser(
        "train", description="Train a GAN.", epilog=TRAIN_EXAMPLES, usage="sparring train DATA [options]"
    )
    train.add_argument("data", metavar="DATA", help=DATA_HELP)
    train.add_argument("--out", type=Path, help="run folder (runs/DATA-RECIPE-N)")
    train.add_argument("--force", action="store_true", help="replace the run in --out")
    train.add_argument("--dry-run", action="store_true", help="read the data, print the whole config and stop")
    cures = "where the doctor finds a serious disease, go back and try a cure, N times at most (3)"
    train.add_argument("--rescue", type=whole, nargs="?", const=3, default=0, metavar="N", help=cures)
    train.add_argument("--watch", action="store_true", help="serve the live page while it trains")
    train.add_argument(
        "--stay", action="store_true", help="with --watch: keep the page afterwards, until Ctrl-C"
    )
    _add_browser(train, "with --watch: print the page's address, and open no browser")
    train.add_argument("--config", type=Path, help="a TOML file of options; the command line wins")
    add_config_options(train)

    data = verbs.add_parser(
        "data", description="Look at what would be trained on.", usage="sparring data DATA [options]"
    )
    data.add_argument("data", metavar="DATA", help=DATA_HELP)
    data.add_argument("--out", type=Path, help="where the sheet of samples goes (a new DATA.png)")
    data.add_argument("--force", action="store_true", help="replace --out if it exists")
    data.add_argument("--seed", type=whole, default=0, help="another seed, other samples on the sheet (0)")
    add_config_options(data, only="picture_files")

    resume = verbs.add_parser("resume", description="Go on exactly where a training stopped.")
    resume.add_argument("run", metavar="RUN", type=Path, help="run folder")
    for name in ("minutes", "epochs"):
        resume.add_argument(f"--{name}", type=number, help=f"a new budget in {name}, counted from the start")
    cures += "; without it: as many as the run has left"
    resume.add_argument("--rescue", type=whole, nargs="?", const=3, metavar="N", help=cures)
    resume.add_argument("--samples-seen", type=whole, help="a new budget in samples, counted from the start")
    anew = "where no checkpoint is whole, begin anew and replace the history"
    resume.add_argument("--force", action="store_true", help=anew)


def _using_verbs(verbs: Any) -> None:
    sample = verbs.add_parser("sample", description="Draw from a trained generator.")
    sample.add_argument("run", metavar="RUN", type=Path, help="run folder")
    sample.add_argument("--count", type=whole, help="how many (64; with --interpolate: frames)")
    sample.add_argument("--seed", type=whole, default=0, help="another seed, other samples (0)")
    sample.add_argument("--label", help="draw this class only; without it: a row per class")
    sample.add_argument(
        "--truncation", type=number, default=1.0, help="scale of the latents: 0.7 more typical, less varied (1)"
    )
    sample.add_argument("--best", action="store_true", help="from the best checkpoint, not the last")
    sample.add_argument("--interpolate", action="store_true", help="walk between latents instead (spherical)")
    sample.add_argument(
        "--out", type=Path, help=".png .gif .webp .npz, or a folder (a new RUN/drawn/step-STEP.png)"
    )
    sample.add_argument(
        "--force", action="store_true", help="replace --out if it exists; of a folder what was drawn into it"
    )
    sample.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")

    evaluate = verbs.add_parser(
        "evaluate", description=EVALUATE, epilog=EVALUATE_EXAMPLES, usage="sparring evaluate [RUN] [options]"
    )
    evaluate.add_argument("run", metavar="RUN", type=Path, nargs="?", help="run folder")
    evaluate.add_argument("--real", help="real data: a built-in name, .npy, .npz or a folder of pictures")
    evaluate.add_argument("--fake", help="the same for fakes, or a run folder")
    evaluate.add_argument("--held-out", help="reals that no generator was trained on (--real is what it was)")
    evaluate.add_argument(
        "--features", default="auto",
        help="digits, classifier, efficientnet-lite0, inception-2015, dinov2-vits14, pca-64, pixels, points",
    )  # fmt: skip
    for name in ("size", "resize", "channels"):
        fact = OPTIONS[name].metadata
        said = "side in pixels or WIDTHxHEIGHT of pictures (their own)" if name == "size" else fact["help"]
        evaluate.add_argument(f"--{name}", metavar="|".join(fact["choices"]) or None, help=said)
    evaluate.add_argument("--count", type=whole, default=10_000, help="samples a side at most (10000)")
    evaluate.add_argument("--draws", type=whole, default=3, help="draws of fakes for the mean ± deviation (3)")
    evaluate.add_argument("--seed", type=whole, default=0, help="every random draw follows from it (0)")
    evaluate.add_argument("--best", action="store_true", help="RUN's best checkpoint, not its last")
    evaluate.add_argument("--quick", action="store_true", help="leave out copying and GAN-train/GAN-test")
    evaluate.add_argument("--json", action="store_true", help="print evaluation.json instead of a table")
    evaluate.add_argument("--out", type=Path, help="where to write (RUN/evaluation.json, which is replaced)")
    evaluate.add_argument("--force", action="store_true", help="replace --out if it exists")
    evaluate.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")


def _looking_verbs(verbs: Any) -> None:
    watch = verbs.add_parser("watch", description=WATCH, epilog=WATCH_EXAMPLES)
    watch.add_argument("run", metavar="RUN", type=Path, nargs="+", help="run folders, or a folder of runs")
    watch.add_argument("--port", type=whole, default=0, help="a port (the first free one from 8555 on)")
    watch.add_argument("--host", default="127.0.0.1", help="another address than this machine's own")
    watch.add_argument("--token", default="", help="what a visitor's address must bring; --host needs it")
    _add_browser(watch, "print the address, and open no browser")
    watch.add_argument("--while-stdin", action="store_true", help=argparse.SUPPRESS)  # of --watch

    report = verbs.add_parser("report", description="A run's page as one file that needs nothing else.")
    report.add_argument("run", metavar="RUN", type=Path, help="run folder")
    report.add_argument("-o", "--out", type=Path, help="where to write (RUN/report.html, which is replaced)")
    report.add_argument("--force", action="store_true", help="replace --out if it exists")

    doctor = verbs.add_parser(
        "doctor", description=DOCTOR, epilog=DOCTOR_EXAMPLES, usage="sparring doctor RUN [options]"
    )
    doctor.add_argument(
        "run",
        metavar="RUN",
        type=Path,
        help="run folder, or a file of losses: .csv .tsv .json .jsonl; or the name of a finding",
    )
    doctor.add_argument(
        "--loss", choices=LOSSES, help="of a file: which game it is, for the rules that need it"
    )
    rows = "of a file: how many steps a row stands for, where its columns do not say"
    doctor.add_argument("--steps-per-row", type=float, metavar="N", help=rows)
    doctor.add_argument("--json", action="store_true", help="print JSON instead of text; same exit status")

    recipes = verbs.add_parser("recipes", description="What recipes there are, and what each sets.")
    recipes.add_argument("name", metavar="NAME", nargs="?", help="one recipe; without it: all of them")

    info = verbs.add_parser("info", description="What a run is and how far it got.")
    info.add_argument(
        "run",
        metavar="RUN",
        type=Path,
        nargs="?",
        help="run folder, or a folder of runs; without it: this machine",
    )


def _add_browser(verb: argparse.ArgumentParser, text: str) -> None:
    verb.add_argument("--no-browser", action="store_false", dest="browser", help=text)


READERS: dict[str, Callable[[str], Any]] = {"int": whole, "float": number, "str": str}


def add_config_options(train: argparse.ArgumentParser, only: str | None = None) -> None:
    """One flag per option, or per option of one group, grouped as config.toml is."""
    groups: dict[str, Any] = {}
    for name, field in OPTIONS.items():
        table = GROUP_OF[name]
        if name == "data" or only not in (None, table):
            continue
        if table not in groups:
            title, about = (table.replace("_", " "), GROUPS[table].__doc__) if table else ("recipe", None)
            groups[table] = train.add_argument_group(title, about)
        default = "recipe's" if any(name in recipe for recipe in RECIPES.values()) else written(field.default)
        text = f"{field.metadata['help']} ({default})".replace("%", "%%")
        choices = field.metadata["choices"]
        text = argparse.SUPPRESS if len(choices) == 1 else text  # nothing to choose
        options: dict[str, Any] = {"default": None, "help": text, "dest": name}
        if kind(field) == "bool":
            options["action"] = argparse.BooleanOptionalAction
        else:
            read = READERS[kind(field)]
            options["type"] = or_none(read) if may_be_none(field) else read
            options["metavar"] = "|".join(choices) or kind(field).upper()
        groups[table].add_argument(flag(name), **options)
