"""``sparring train``: start a new run on a built-in set, a file or a folder."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sparring import games, kinds
from sparring.cli.data import read
from sparring.cli.flags import DATA_HELP
from sparring.cli.live import check_rescue, train_live
from sparring.cli.parsing import given_options
from sparring.cli.watch import page_beside
from sparring.config.choices import BUDGETS
from sparring.config.groups import GROUP_OF, Config
from sparring.config.option import NONE, flag
from sparring.config.recipes import from_recipe
from sparring.config.toml import load_toml, to_toml
from sparring.data.arrays import ARRAY
from sparring.data.builtin import BUILT_IN
from sparring.data.pairs import HALVES
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, quoted, warn
from sparring.games.game import Game
from sparring.kinds import find
from sparring.machine.device import Runtime
from sparring.machine.threads import available_cores
from sparring.runs import loggers
from sparring.runs.create import check_free, create_for_all, free_path
from sparring.runs.finetune import Source
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.runs.rescue import Rescuer
from sparring.training import plan, suited
from sparring.uses import contest
from sparring.uses.progress import console, working


def run(args: argparse.Namespace) -> int:
    """Train on a built-in set, a file or a folder, and write a new run folder."""
    if args.stay and not args.watch:
        raise ConfigError("--stay keeps the page of --watch: give both, or neither.")
    from_file = load_toml(args.config) if args.config else {}
    name = _data(args, from_file.pop("data", None), bool({"source", "paired"} & from_file.keys()))
    recipe = from_file.pop("recipe", "auto")
    recipe = recipe if args.recipe is None else args.recipe
    changes = _merged(from_file, _config_changes(args))
    if recipe != "auto":
        from_recipe(recipe, **changes)  # checks the options before pictures are decoded
    loggers.check(str(changes.get("log", NONE)))
    if args.out and not args.force and not args.dry_run:
        check_free(args.out)
    given = {name: changes[name] for name in GROUP_OF if GROUP_OF[name] == "files" and name in changes}
    source = Source.of(Config().replace(**changes).start, warn)
    if source and (like := source.reading(name, given)):
        flags = " ".join(f"{flag(key)} {value}" for key, value in like.items())
        warn(f"files are read as those of {source.name}: {flags}.")
        given |= like
    sides = {key: changes[key] for key in ("source", "paired") if key in changes}
    all_data = read(Config().replace(data=name, **sides).dataset, Config().replace(**given).files)
    automatic = recipe == "auto"
    recipe, remark = _chosen(recipe, all_data, source)
    changes = _merged(_beyond(from_file, from_recipe(recipe, all_data.spec.kind)), _config_changes(args))
    changes |= source.options(recipe, all_data, changes) if source else {}
    config = suited.configure(all_data, recipe, False, warn, **changes | suited.named(all_data))
    plan.check(config, all_data)
    for line in filter(None, (remark, *suited.reasons(config, all_data))):
        warn(line)
    threads = config.machine.threads
    if threads is not None and threads > available_cores():
        warn(
            f"--threads {threads} is more than the {available_cores()} cores here, so it is slow: leave it out."
        )
    if args.dry_run:
        sys.stdout.write(to_toml(config))
        return 0
    data, held_out = plan.parts(config.dataset, all_data)
    check_rescue(args.rescue, config)
    runtime = Runtime.of(config.machine)
    game = games.make(config, data.spec, data.classes, runtime)
    begun = None
    if source:
        warn(str(source))
        begun = source.begin(game, data.spec, data.classes, warn)
    stem = f"{find.stem(config.dataset.data)}-{config.recipe}"
    path = args.out or partial(free_path, Path("runs"), stem)
    folder = create_for_all(runtime, path, config, data, source=begun, force=args.force)
    folder.keep_start(game)
    if runtime.processes == 1:  # the check works in one process only
        for caution in games.of(config).preflight(game, data, config.seed):
            warn(f"before the first step: {caution}")
    watched = args.watch and runtime.rank == 0
    with page_beside(folder.path, args.browser, args.stay) if watched else nullcontext():
        done = train_live(Rescuer(folder, game, args.rescue), data, held_out, all_data)
    if done and automatic and runtime.processes == 1:
        _beside(folder, game, all_data, changes)
    return 0 if done else 130


def _beside(folder: RunFolder, game: Game, data: Dataset, chosen: Mapping[str, Any]) -> None:
    """Measure the rival recipe of this kind of data too, and keep its run if it is better."""
    sampler = Sampler.of(game, folder.spec, folder.config, folder.facts["class_counts"])
    with working() as tell:
        found = contest.hold(folder.config, sampler, data, chosen, tell)
    if found is None:
        return
    taken = ""
    if found.wins:
        stem = f"{folder.path.name}-{found.rival.config.recipe}"
        path = found.rival.save(free_path(folder.path.parent, stem))
        taken = f" It is in {path}: sparring sample {shlex.quote(str(path))}"
    console().print(f"           auto  {found.said}{taken}", soft_wrap=True, markup=False)


def _data(args: argparse.Namespace, in_file: Any, sides_in_file: bool) -> str:
    """DATA, or without it the data that the file of ``--config`` names; the name of an array names none.

    Raises:
        ConfigError: neither says what to train on.
    """
    in_file = None if in_file == ARRAY else in_file
    if args.to is not None:
        if args.data is not None:
            raise ConfigError(f"--to {args.to} and {args.data} are both targets: give one of them.")
        if args.source is None and not sides_in_file and args.paired not in HALVES and args.to not in BUILT_IN:
            raise ConfigError(
                f"--to {args.to} says what pictures shall become, and what they are made from is missing: give "
                f"--from SOURCES, or make pictures from random numbers with `sparring train {args.to}`."
            )
        args.data = args.to
    elif args.data is None and args.source is not None and args.paired in HALVES:
        args.data, args.source = args.source, None
    if args.data is not None:
        if in_file is not None and Path(str(in_file)).absolute() != Path(args.data).absolute():
            warn(f"training on {args.data}; {args.config} has data = {quoted(in_file)}, which is not used.")
        return str(args.data)
    if in_file is not None:
        return Config().replace(data=in_file).dataset.data
    if args.source is not None:
        raise ConfigError(
            f"--from {args.source} says what pictures are made from, and what they shall become is missing: "
            "give --to TARGETS, or --paired halves for pictures that hold both side by side."
        )
    raise ConfigError(
        f"what to train on is missing: give DATA, {DATA_HELP}, or a file with --config that has data = "
        '"NAME" in [dataset]. For help: sparring train --help'
    )


def _config_changes(args: argparse.Namespace) -> dict[str, Any]:
    """The options given on the command line."""
    return given_options(args, (name for name in GROUP_OF if name not in ("data", "recipe")))


def _chosen(recipe: str, data: Dataset, source: Source | None) -> tuple[str, str]:
    """The recipe, chosen by the data and the source if it is "auto", and a remark on the choice, or ""."""
    if recipe == "auto":
        best, why = suited.recipe_for(data)
        taken = source.recipe(data) if source else best
        return taken, why if taken == best else f"recipe {taken}, which has the networks of --from-run."
    few_recipe = kinds.of(data.spec).few_recipe
    few = suited.few_samples(data) if recipe != few_recipe else ""
    return recipe, few and f"{few}: --recipe {few_recipe} is made for such data."


def _beyond(from_file: Mapping[str, Any], recipe: Config) -> dict[str, Any]:
    """The options of a file that differ from the recipe; a complete config repeats those of the recipe."""
    usual = {name: value for name, value in recipe.flat().items() if name not in BUDGETS}
    return {name: value for name, value in from_file.items() if name not in usual or usual[name] != value}


def _merged(from_file: dict[str, Any], from_line: dict[str, Any]) -> dict[str, Any]:
    """The options of a file, overridden by those of the command line; a budget there replaces the file's."""
    if any(name in BUDGETS for name in from_line):
        from_file = {k: v for k, v in from_file.items() if k not in BUDGETS}
    return from_file | from_line
