"""The arguments and options of verbs that train and judge many times: study, detect, tune. Without torch."""

from __future__ import annotations

from typing import Any

from sparring.cli.flags import DATA_HELP, add_config_options, add_reading_options
from sparring.cli.parsing import named, number, path, whole
from sparring.config.choices import DETECTIONS, DETECTORS, SAMPLERS
from sparring.config.groups import OPTIONS
from sparring.config.search import RECIPE, USUAL

FITTED = ("size", "resize", "channels", "background", "levels")  # of pictures, which a detector remembers
CHOSEN = ("include", "exclude")  # of files, which other pictures may have anew
TUNE = """\
Find the options for your data: many short trainings, each with other options, judged by held-out samples.
At the end the best options and the default are trained anew, three times each, and judged by held-out
samples that chose nothing. If the default is as good, that is what you are told."""
TUNE_EXAMPLES = """\
examples
  sparring tune photos --minutes 30
  sparring tune photos --trials 40 --only g_lr,d_lr,r1_gamma
  sparring tune photos --minutes 30 --storage journal.log    again in another terminal or on another machine
                                                             with the same folder: they share the work
  sparring tune --resume runs/photos-tune-1 --minutes 30     go on"""

STUDY = """\
Does synthetic data help a classifier of your data? On disjoint subsets of labelled data a GAN is trained, and a
classifier learns from real samples alone, with simple augmentation, and with the GAN's samples. Each way helps,
harms or makes no difference: with an interval, what it costs, and how many labelled samples it is worth. What
is finished is kept, and --resume goes on where a study stopped."""
STUDY_EXAMPLES = """\
examples
  sparring study mnist --minutes 10                     100 digits of each class in a subset
  sparring study photos --labels folders --minutes 20
  sparring study mnist --per-class 20
  sparring study fashion-mnist --rare bag=20            what if one class were rare?
  sparring study --resume runs/mnist-study-1            go on after Ctrl-C or a crash"""
DETECT = """\
Learn from normal pictures alone, then say of others how odd they are, where, and how sure that is.

actions
  fit DATA         learn from the normals in a folder (train/good as in MVTec AD, or good/ with bad/ beside
                   it, or any folder), a .npz file, or the built-in wafers
  score RUN NEW    score pictures: scores.csv, and a heat map beside each picture
  test RUN [TEST]  how well each kind of defect is found: TEST has good/ and a folder for each kind, with
                   masks in ground_truth/ beside it

exit status of score
  0  nothing odd was found
  3  something odd was found"""
DETECT_EXAMPLES = """\
examples
  sparring detect fit wafers --out runs/wafers
  sparring detect test runs/wafers
  sparring detect fit parts --false-alarms 0.01 --out runs/parts
  sparring detect score runs/parts new --out found

This is no medical device: it finds what is unusual, not what is ill."""


def add_verbs(verbs: Any) -> None:
    """Add the verbs to those of the command line."""
    _study_verb(verbs)
    _detect_verb(verbs)
    _tune_verb(verbs)


def _study_verb(verbs: Any) -> None:
    study = verbs.add_parser(
        "study", description=STUDY, epilog=STUDY_EXAMPLES, usage="sparring study DATA [options]"
    )
    study.add_argument("data", metavar="DATA", type=named, nargs="?", help=DATA_HELP)
    study.add_argument("--minutes", type=number, help="for everything, over all calls (10)")
    study.add_argument("--subsets", type=whole, help="disjoint subsets, at least 3 (6)")
    study.add_argument("--per-class", type=whole, help="samples of each class in a subset, at most (100)")
    study.add_argument(
        "--rare", action="append", metavar="CLASS=N", help="fewer of one class in a subset; may be repeated"
    )
    study.add_argument("--seed", type=whole, help="every random draw follows from it (0)")
    study.add_argument(
        "--out", type=path, help="the study's folder (runs/NAME-study-N); goes on if it is there"
    )
    study.add_argument("--resume", type=path, metavar="OUT", help="go on with the study in this folder")
    study.add_argument("--force", action="store_true", help="replace the study in --out")
    study.add_argument("--json", action="store_true", help="print verdict.json instead of a table")
    add_config_options(study, only="files")


def _detect_verb(verbs: Any) -> None:
    detect = verbs.add_parser(
        "detect", description=DETECT, epilog=DETECT_EXAMPLES,
        usage="sparring detect {fit DATA | score RUN NEW | test RUN [TEST]} [options]",
    )  # fmt: skip
    detect.add_argument("action", metavar="ACTION", choices=DETECTIONS, help=", ".join(DETECTIONS))
    detect.add_argument(
        "first", metavar="DATA|RUN", type=named, help="fit: the normals; else a fitted detector"
    )
    detect.add_argument(
        "second", metavar="NEW|TEST", type=named, nargs="?", help="the pictures to score or test"
    )
    detect.add_argument(
        "--out",
        type=path,
        help="fit: the folder (runs/NAME-detect-N); score: (RUN/found); test: (RUN/test.json)",
    )
    detect.add_argument("--force", action="store_true", help="replace what is in --out")
    detect.add_argument(
        "--method", help="fit: auto, or one of " + ", ".join(DETECTORS) + " (auto: by damage made on purpose)"
    )
    alarms = "fit: share of normal pictures that may be called odd (0.05); 0.01 needs 100 held-out normals"
    detect.add_argument("--false-alarms", type=number, help=alarms)
    detect.add_argument(
        "--minutes", type=number, help="fit: CPU minutes for all methods that are trained (2); 0: none"
    )
    detect.add_argument("--features", help="fit: what patches and pooled see: imagenet (the default), edges")
    tile = "fit: pixels of the side of tiles, such as 64, in which large pictures are seen as they are"
    detect.add_argument("--tile", type=whole, help=tile)
    size = "side in pixels or WIDTHxHEIGHT (128, or their own if smaller)"
    add_reading_options(detect, FITTED, size, "fit: ")
    add_reading_options(detect, CHOSEN, size)
    detect.add_argument("--max-broken", type=number, help=OPTIONS["max_broken"].metadata["help"] + " (0.01)")
    detect.add_argument("--seed", type=whole, help="fit: every random draw follows from it (0)")
    detect.add_argument("--json", action="store_true", help="test: print test.json instead of a table")


def _tune_verb(verbs: Any) -> None:
    tune = verbs.add_parser(
        "tune", description=TUNE, epilog=TUNE_EXAMPLES, usage="sparring tune DATA --minutes 30 [options]"
    )
    tune.add_argument("data", metavar="DATA", type=named, nargs="?", help=DATA_HELP)
    tune.add_argument("--minutes", type=number, help="how long this worker searches, about")
    trials = "trainings of all workers together, without the last ones (as many as there are minutes for)"
    tune.add_argument("--trials", type=whole, help=trials)
    seconds = "of training in each trial (minutes divided by trials; 60 without minutes)"
    tune.add_argument("--seconds", type=number, help=seconds)
    tune.add_argument(
        "--only", metavar="OPTIONS", help=f"search only these, such as g_lr,d_lr ({','.join((RECIPE, *USUAL))})"
    )
    storage = "journal file, SQLite file (.db) or URL of a database that workers share (OUT/journal.log)"
    tune.add_argument("--storage", type=named, help=storage)
    tune.add_argument("--sampler", metavar="|".join(SAMPLERS), choices=SAMPLERS, help="what chooses (tpe)")
    tune.add_argument("--out", type=path, help="folder for the result (runs/DATA-tune-N)")
    tune.add_argument("--resume", type=path, metavar="OUT", help="go on with the search in this folder")
    tune.add_argument("--force", action="store_true", help="begin anew in --out")
    tune.add_argument("--json", action="store_true", help="print tune.json instead of tables")
    add_config_options(tune, without=("budget", "records", "start", "translation", "source", "paired"))
