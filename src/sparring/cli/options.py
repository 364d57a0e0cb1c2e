"""The arguments and options of each verb. Without torch, so that ``--help`` answers at once."""

from __future__ import annotations

import argparse
from typing import Any

from sparring import __version__
from sparring.cli import benches, doors
from sparring.cli.flags import DATA_HELP, READING, RUN_HELP, add_config_options, add_reading_options
from sparring.cli.parsing import Parser, named, number, or_none, path, run, whole
from sparring.config.choices import BUILT_IN, LOSSES
from sparring.config.recipes import RECIPES
from sparring.errors import quoted
from sparring.errors.names import nearest

INTRO = """\
Train, understand and use generative adversarial networks (GANs): a generator forges data, and a
discriminator learns to distinguish real data from forged data.

start here
  sparring sample mnist                  digits of a generator that comes with sparring
  sparring demo                          digits from noise in a minute, then what to try next

verbs
  train DATA       train on a folder or .zip of pictures or of music (.mid .midi .kar .rmi), texts
                   (.txt .csv .tsv .jsonl .ndjson .json), a table (.csv .tsv .jsonl .parquet), a .npy or .npz
                   array, hf:NAME, or the built-in mnist, fashion-mnist, emoji, chorales, names,
                   tang, ring, grid, spirals, and shapes, which are pairs of pictures
  data DATA        look at data before training: count, sizes, classes, duplicates, a sheet
  resume RUN       continue a training exactly where it stopped
  translate RUN PICTURES     make pictures of other pictures, after train --from A --to B
  sample RUN       draw from a trained generator into a file or a folder
  watch RUN        a live page of a training, or of several side by side
  report RUN       the same page as one file, to send to a colleague
  doctor RUN       why a training fails, in plain words, and the cure
  evaluate RUN     how good the samples are, how certain that is, and whether they are copies
  study DATA       whether synthetic data helps a classifier of your data, beside simple augmentation
  detect fit DATA  learn from normal pictures alone; detect score and detect test find what does not belong
  export RUN       give a generator to other programs: ONNX, torch.export, a folder with a model card, the hub
  tune DATA        find the options for your data, by many short trainings
  serve RUN        answer over HTTP: samples, translations, or scores of a detector
  recipes          all recipes; recipes NAME: the options of one recipe
  info RUN         facts about a run and its progress; without RUN: about this machine
"""
OUTRO = "`sparring VERB --help` lists the options of a verb."
TRAIN_EXAMPLES = """\
examples
  sparring train mnist                         the default recipe, about 55 seconds on two cores
  sparring train mnist --recipe tutorial       a beginner's GAN, as in tutorials
  sparring train fashion-mnist --minutes 5
  sparring train chorales --minutes 4          music in four voices
  sparring train photos --size 64 --labels folders
  sparring train digits.npz --no-conditional --batch-size 128 --seed 7
  sparring train shapes                        outlines become filled shapes: pairs that come with sparring
  sparring train --from photos --to paintings  one kind of picture into another, without pairs
  sparring train --from edges --to shoes --paired        of the same file name
  sparring train mnist --dry-run               print every option and stop

recipes
  """ + ", ".join(RECIPES)


DOCTOR = """\
Diagnose a training from its history: what is wrong, the numbers that show it beside healthy ones, and
the cure as an option; if nothing is wrong, whether the samples are good.

exit status
  0  healthy: no disease was found, most rules could be checked, and the samples are good
  3  a disease was found
  4  no conclusion: too few records, or most rules could not be checked
  5  healthy, but the samples are far from good"""
DOCTOR_EXAMPLES = """\
examples
  sparring doctor runs/mnist-tutorial-1
  sparring doctor losses.csv --loss non-saturating     from another program: D_loss, G_loss, D(x), ...
  sparring doctor losses.csv --steps-per-row 938       where each row is an epoch of 938 batches
  sparring doctor mode-collapse                        what a finding means, and its cures"""
WATCH = """\
Serve a local page that follows run folders: samples through time, both losses, the scores of the
discriminator, the doctor, options side by side, and a playground for the generator."""
WATCH_EXAMPLES = """\
examples
  sparring watch runs/mnist-sprint-1
  sparring watch runs                                  compare all runs in a folder"""
OWN_SIZE = "keep the size of each picture; without it: its shorter side has the pixels of the training"
EVALUATE = """\
Compare samples with real data: fidelity, diversity, how certain the numbers are, and copying. Each
number is shown beside the number for real samples."""
EVALUATE_EXAMPLES = """\
examples
  sparring evaluate runs/mnist-sprint-1
  sparring evaluate --real mnist --fake runs/mnist-sprint-1 --features pca-64
  sparring evaluate --real photos --fake forged --held-out more-photos"""


def parser() -> Parser:
    """The parser of the command line; the options of ``train`` come from ``config.groups``."""
    top = Parser(prog="sparring", description=INTRO, epilog=OUTRO, usage="sparring VERB [options]")
    top.add_argument("--version", action="version", version=f"sparring {__version__}")
    verbs = top.add_subparsers(
        dest="verb", metavar="VERB", prog="sparring", help=argparse.SUPPRESS, parser_class=Parser
    )

    _training_verbs(verbs)
    _using_verbs(verbs)
    _looking_verbs(verbs)
    doors.add_verbs(verbs)
    top.verbs, top.elsewhere = verbs.choices, _elsewhere
    return top


def _elsewhere(name: str) -> str:
    """What to type instead if a recipe or data stands in place of a verb; "" for other names."""
    similar = nearest(name, [*RECIPES, *BUILT_IN])
    if len(similar) != 1:
        return ""
    kind, line = ("a recipe", f"DATA --recipe {similar[0]}") if similar[0] in RECIPES else ("data", similar[0])
    return f"{quoted(name)} is not a verb; {similar[0]} is {kind}. Type sparring train {line}"


def _training_verbs(verbs: Any) -> None:
    demo = verbs.add_parser("demo", description="Train the default recipe on MNIST for a minute.")
    demo.add_argument("--minutes", type=number, default=1.0, help="how long to train (1)")
    demo.add_argument("--seed", type=whole, default=0, help="every random draw follows from it (0)")
    demo.add_argument("--out", type=path, help="run folder (runs/demo-N)")

    train = verbs.add_parser(
        "train", description="Train a GAN.", epilog=TRAIN_EXAMPLES, usage="sparring train DATA [options]"
    )
    may_lack = f"{DATA_HELP}; not needed where the file of --config has it"
    train.add_argument("data", metavar="DATA", type=named, nargs="?", help=may_lack)
    sources = "translation: what pictures are made from, as DATA; --paired says which belong together"
    train.add_argument("--from", dest="source", type=named, metavar="SOURCES", help=sources)
    train.add_argument("--to", type=named, metavar="TARGETS", help="translation: what they become, DATA")
    train.add_argument("--out", type=path, help="run folder (runs/DATA-RECIPE-N)")
    train.add_argument("--force", action="store_true", help="replace the run in --out")
    train.add_argument("--dry-run", action="store_true", help="read the data, print the whole config and stop")
    cures = "if the doctor finds a serious disease, go back and try a cure, at most N times (3)"
    train.add_argument("--rescue", type=whole, nargs="?", const=3, default=0, metavar="N", help=cures)
    train.add_argument("--watch", action="store_true", help="serve the live page while it trains")
    train.add_argument(
        "--stay", action="store_true", help="with --watch: keep the page after the training, until Ctrl-C"
    )
    _add_browser(train, "with --watch: print the address of the page, and do not open a browser")
    train.add_argument("--config", type=path, help="a TOML file of options; the command line overrides it")
    add_config_options(train)

    data = verbs.add_parser(
        "data", description="Look at data before training.", usage="sparring data DATA [options]"
    )
    data.add_argument("data", metavar="DATA", type=named, help=DATA_HELP)
    data.add_argument("--out", type=path, help="file for the sheet of samples (a new DATA.png)")
    data.add_argument("--force", action="store_true", help="replace --out if it exists")
    data.add_argument(
        "--write",
        type=path,
        metavar="FILE",
        help="tables: write what each column is to a file, to change it",
    )
    data.add_argument("--seed", type=whole, default=0, help="seed that chooses the samples on the sheet (0)")
    add_config_options(data, only="files")

    resume = verbs.add_parser("resume", description="Continue a training exactly where it stopped.")
    resume.add_argument("run", metavar="RUN", type=path, help="run folder")
    for name in ("minutes", "epochs"):
        new = f"a new budget in {name}, counted from the start"
        resume.add_argument(f"--{name}", type=or_none(number), help=new)
    cures += "; without it: the number that the run has left"
    resume.add_argument("--rescue", type=whole, nargs="?", const=3, metavar="N", help=cures)
    new = "a new budget in samples, counted from the start"
    resume.add_argument("--samples-seen", type=or_none(whole), help=new)
    start_again = "if no checkpoint is complete, start again and replace the history"
    resume.add_argument("--force", action="store_true", help=start_again)


def _using_verbs(verbs: Any) -> None:
    _sample_verb(verbs)
    _translate_verb(verbs)
    _evaluate_verb(verbs)
    benches.add_verbs(verbs)


def _sample_verb(verbs: Any) -> None:
    sample = verbs.add_parser("sample", description="Draw from a trained generator.")
    sample.add_argument("run", metavar="RUN", type=run, help=RUN_HELP)
    sample.add_argument("--count", type=whole, help="number of samples (64; with --interpolate: frames)")
    sample.add_argument("--seed", type=whole, default=0, help="seed of the latents (0)")
    sample.add_argument("--label", help="draw only this class; without it: a row per class")
    sample.add_argument(
        "--where", action="append", metavar="CONDITION",
        help="tables: only rows with this, as 'income=>50K', '18 <= age < 30', 'end > start'; may be repeated",
    )  # fmt: skip
    sample.add_argument(
        "--truncation",
        type=number,
        default=1.0,
        help="scale of the latents; 0.7: more typical, less varied (1)",
    )
    sample.add_argument(
        "--at",
        metavar="POINT",
        help="the sample of a point that the page's playground names, such as 'seed=7&truncation=0.7'",
    )
    sample.add_argument("--best", action="store_true", help="use the best checkpoint, not the last one")
    sample.add_argument("--interpolate", action="store_true", help="interpolate between latents (spherical)")
    sample.add_argument("--sound", action="store_true", help="music: also write what it sounds like, as .wav")
    sample.add_argument(
        "--out", type=path, help="file, in the format of its suffix, or folder (a new file in RUN/drawn)"
    )
    sample.add_argument(
        "--force", action="store_true", help="replace --out if it exists; in a folder, replace earlier samples"
    )
    sample.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")


def _translate_verb(verbs: Any) -> None:
    translate = verbs.add_parser(
        "translate", description="Make pictures of other pictures, with a trained translation."
    )
    translate.add_argument("run", metavar="RUN", type=run, help="run folder of a translation")
    translate.add_argument("pictures", metavar="PICTURES", type=path, help="a picture, a folder or a zip")
    translate.add_argument(
        "--out", type=path, help="folder, or for one picture a file (a new folder in RUN/drawn)"
    )
    translate.add_argument("--own-size", action="store_true", help=OWN_SIZE)
    translate.add_argument("--best", action="store_true", help="use the best checkpoint, not the last one")
    translate.add_argument("--force", action="store_true", help="replace pictures in --out")
    translate.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")


def _evaluate_verb(verbs: Any) -> None:
    evaluate = verbs.add_parser(
        "evaluate", description=EVALUATE, epilog=EVALUATE_EXAMPLES, usage="sparring evaluate [RUN] [options]"
    )
    evaluate.add_argument("run", metavar="RUN", type=run, nargs="?", help=RUN_HELP)
    evaluate.add_argument(
        "--real", type=named, help="real data: a built-in name, a file or a folder, as DATA of train"
    )
    evaluate.add_argument("--fake", type=named, help="fake data: the same, or a run folder")
    evaluate.add_argument(
        "--held-out", type=named, help="real data that no generator was trained on (--real: trained on)"
    )
    evaluate.add_argument(
        "--features", default="auto",
        help="digits, imagenet-64, scattering-64, classifier, efficientnet-lite0, inception-2015, "
        "dinov2-vits14, pca-64, pixels, points",
    )  # fmt: skip
    add_reading_options(evaluate, READING, "side in pixels or WIDTHxHEIGHT of pictures (their own)")
    evaluate.add_argument(
        "--count", type=whole,
        help="samples per side, at most (as many as the features need, or as 5 minutes allow)",
    )  # fmt: skip
    evaluate.add_argument("--draws", type=whole, default=3, help="draws of fakes for the mean ± deviation (3)")
    evaluate.add_argument("--seed", type=whole, default=0, help="seed of all random draws (0)")
    evaluate.add_argument(
        "--best", action="store_true", help="use the best checkpoint of RUN, not the last one"
    )
    evaluate.add_argument("--quick", action="store_true", help="leave out copying and GAN-train/GAN-test")
    evaluate.add_argument("--json", action="store_true", help="print evaluation.json instead of a table")
    evaluate.add_argument(
        "--out", type=path, help="file for the result (RUN/evaluation.json, which is replaced)"
    )
    evaluate.add_argument("--force", action="store_true", help="replace --out if it exists")
    evaluate.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")


def _looking_verbs(verbs: Any) -> None:
    watch = verbs.add_parser("watch", description=WATCH, epilog=WATCH_EXAMPLES)
    watch.add_argument("run", metavar="RUN", type=path, nargs="+", help="run folders, or a folder of runs")
    watch.add_argument("--port", type=whole, default=0, help="port (the first free one from 8555)")
    watch.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (127.0.0.1, only this machine)"
    )
    watch.add_argument("--token", help="secret that the address must contain; --host needs it")
    _add_browser(watch, "print the address, and do not open a browser")
    watch.add_argument("--while-stdin", action="store_true", help=argparse.SUPPRESS)  # for train --watch

    report = verbs.add_parser("report", description="Write the page of a run as one file that needs no other.")
    report.add_argument("run", metavar="RUN", type=path, help="run folder")
    report.add_argument("-o", "--out", type=path, help="file to write (RUN/report.html, which is replaced)")
    report.add_argument("--force", action="store_true", help="replace --out if it exists")

    doctor = verbs.add_parser(
        "doctor", description=DOCTOR, epilog=DOCTOR_EXAMPLES, usage="sparring doctor RUN [options]"
    )
    doctor.add_argument(
        "run",
        metavar="RUN",
        type=path,
        help="run folder, or a file of losses: .csv .tsv .json .jsonl; or the name of a finding",
    )
    doctor.add_argument(
        "--loss", choices=LOSSES, help="the loss of the training, for rules that need it; only with a file"
    )
    rows = "steps per row, if the columns of the file do not say it"
    doctor.add_argument("--steps-per-row", type=float, metavar="N", help=rows)
    doctor.add_argument("--json", action="store_true", help="print JSON instead of text; same exit status")

    recipes = verbs.add_parser("recipes", description="List the recipes, or the options of one.")
    recipes.add_argument("name", metavar="NAME", nargs="?", help="one recipe; without it: all of them")

    info = verbs.add_parser("info", description="Show facts about a run and its progress.")
    info.add_argument(
        "run",
        metavar="RUN",
        type=run,
        nargs="?",
        help=f"{RUN_HELP}, or a folder of runs; without it: this machine",
    )


def _add_browser(verb: argparse.ArgumentParser, text: str) -> None:
    verb.add_argument("--no-browser", action="store_false", dest="browser", help=text)
