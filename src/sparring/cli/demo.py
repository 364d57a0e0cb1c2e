"""``sparring demo``: train on handwritten digits for a minute, and show what to try next."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from rich.markup import escape

from sparring import games
from sparring.cli.live import train_live
from sparring.kinds import find
from sparring.runs.create import create, free_path
from sparring.runs.rescue import Rescuer
from sparring.training import plan, suited
from sparring.uses.progress import console


def run(args: argparse.Namespace) -> int:
    """Train on MNIST for a minute, and print where the pictures are and how good they are."""
    screen = console()
    screen.print(
        "\n[bold]Two networks spar over handwritten digits for "
        f"{args.minutes:g} minute{'' if args.minutes == 1 else 's'}.[/bold]\n"
        "The generator forges digits from random numbers. The discriminator sees real and forged digits\n"
        "and says which are real. Each learns from the other. D(real) and D(fake) are the probabilities,\n"
        "on average, that the discriminator gives real digits and forged digits of being real.\n"
    )
    all_data = find.dataset("mnist")
    config = suited.configure(all_data, minutes=args.minutes, seed=args.seed)
    plan.check(config, all_data)
    data, held_out = plan.parts(config.dataset, all_data)
    game = games.make(config, data.spec, data.classes)
    folder = create(args.out or free_path(Path("runs"), "demo"), config, data)
    if not train_live(Rescuer(folder, game, 0), data, held_out, all_data):
        return 130
    name = escape(shlex.quote(str(folder.path)))
    commands = {
        f"sparring sample {name} --label 7 --out sevens.png": "only sevens",
        f"sparring sample {name} --interpolate --out walk.gif": "a walk between digits",
        f"sparring watch {name}": "the training as a page, and a playground",
        "sparring train mnist --recipe tutorial": "the digits of a beginner's GAN",
        "sparring train fashion-mnist --minutes 2": "clothes",
        "sparring train mnist --minutes 5": "finer digits",
    }
    width = max(map(len, commands))
    lines = [f"  {command:{width}}   {result}" for command, result in commands.items()]
    screen.print("\n".join(["\n[bold]What to try next[/bold]", *lines]), soft_wrap=True)
    return 0
