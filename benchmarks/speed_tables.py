"""Tables of docs/benchmarks.md about speed, memory, kills and broken inputs."""

from __future__ import annotations

import statistics
from typing import Any

from common import load


def speed() -> str:
    facts = load("speed")
    lines = [
        "## The tutorial's epoch\n",
        "`benchmarks/speed.py`: the beginner's training as tutorials write it (DataLoader, a transform for",
        "each picture, BCELoss) and `--recipe tutorial`, the same mathematics, pair by pair in one process.",
        "The floor is the epoch's matrix products alone. OpenMP's waiting threads sleep (passive) or spin",
        "(active).\n",
        "| waiting threads | plain, s | ours, s | floor, s | plain / ours | ours / floor |",
        "|---|---|---|---|---|---|",
    ]
    for policy, found in facts["policies"].items():
        seconds = {
            name: statistics.median(row[name] for row in found["seconds_per_epoch"])
            for name in ("plain", "ours", "floor")
        }
        ratio, above = found["plain_over_ours"], found["ours_over_floor"]
        lines.append(
            f"| {policy.lower()} | {seconds['plain']:.1f} | {seconds['ours']:.1f} | {seconds['floor']:.1f} "
            f"| **{ratio['median']:.2f}** ({ratio['min']:.2f} to {ratio['max']:.2f}) "
            f"| {above['median']:.2f} ({above['min']:.2f} to {above['max']:.2f}) |"
        )
    return "\n".join(lines) + "\n"


def neighbour() -> str:
    facts = load("neighbour")
    lines = [
        "## Beside a busy neighbour\n",
        "`benchmarks/neighbour.py`: images a second alone and with one more process computing without pause",
        "on the same two cores. The plain loop, fed from memory here, runs as torch does by itself: two",
        "threads, which spin for some milliseconds where they wait; and with OMP_WAIT_POLICY=ACTIVE.\n",
        "| training | alone | beside a busy process | kept |",
        "|---|---|---|---|",
    ]
    for case, median in facts["median"].items():
        kept = facts["kept_beside_neighbour"][case]
        lines.append(f"| {case} | {median['alone']:,.0f} | {median['busy']:,.0f} | **{kept:.0%}** |")
    return "\n".join(lines) + "\n"


def choices() -> str:
    facts = load("runtime_choices")
    lines = [
        "## What each choice of the runtime gives\n",
        "`benchmarks/runtime_choices.py`: the default recipe's speed with one choice undone, relative to the",
        "untouched one of the same round. bf16 is chosen on processors with units for it, as this one.\n",
        "| undone | speed | least to greatest |",
        "|---|---|---|",
    ]
    for case, median in facts["median_ratio"].items():
        ratios = facts["ratio"][case]
        lines.append(f"| {case} | {median:.2f} | {min(ratios):.2f} to {max(ratios):.2f} |")
    return "\n".join(lines) + "\n"


def metrics_speed() -> str:
    facts = load("metrics_speed")
    prdc, frechet = facts["prdc"], facts["frechet"]
    lines = [
        "## The metrics against the packages people use\n",
        f"`benchmarks/metrics_speed.py`: precision, recall, density and coverage of {prdc['count']:,} against",
        f"{prdc['count']:,} features of {prdc['width']} dimensions, and the Fréchet distance in "
        f"{frechet['width']:,} dimensions, from",
        "moments given and with those of one set of samples. Ratios turn by turn; memory above what the",
        "process held before.\n",
        "| computation | against | times faster | least to greatest | our peak, MB | theirs, MB "
        "| largest difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in ("prdc", "frechet", "frechet with moments"):
        found = facts[name]
        memory = found["peak_megabytes"]
        for who in [key.removesuffix("_over_ours") for key in found if key.endswith("_over_ours")]:
            ratio = found[f"{who}_over_ours"]
            lines.append(
                f"| {name} | {who} | **{ratio['median']:.1f}** | {ratio['min']:.1f} to {ratio['max']:.1f} "
                f"| {memory['sparring']:,.0f} | {memory[who]:,.0f} | {ratio['largest_difference']:.1e} |"
            )
    return "\n".join(lines) + "\n"


def kills() -> str:
    found: Any = load("kill_resume")
    facts = {
        name: sum(one[name] for one in found) for name, value in found[0].items() if isinstance(value, int)
    }
    fields = {field for one in found for field in one["fields_of_the_history_that_differ"]}
    return (
        "## Killed and resumed\n\n"
        f"`benchmarks/kill_resume.py`: {facts['kills']} times `kill -9` at random moments in "
        f"{facts['trials']} trainings of five kinds (pictures by two recipes, points, texts, music), "
        f"{facts['kills_while_a_checkpoint_was_written']} of them while a checkpoint was being written and "
        f"{facts['kills_before_the_first_checkpoint']} before the first one. Final states that differed from "
        f"the unbroken run's in any bit: **{facts['trials_that_differ']}**. Fields of the "
        f"{facts['records_compared']:,} records of their histories that differed, the clocks aside: "
        f"**{len(fields)}**.\n"
    )


def broken() -> str:
    facts = load("fuzz")
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in facts["by_kind"].items())
    return (
        "## Broken inputs\n\n"
        f"`benchmarks/fuzz.py`: {facts['cases']:,} inputs broken on purpose, from a seed ({kinds}), each given "
        f"to a verb, the page or the library within {facts['memory_bytes'] / 1e9:g} GB of memory. Those that "
        "ended in a traceback, in text that is not ours, in more than 2,000 characters of it, in a hang, or "
        f"took the process with them: **{facts['failures']}**.\n"
    )


def ours_bf16(found: dict[str, Any]) -> list[float]:
    """How many times as fast as in float32, turn by turn."""
    speeds = found["images_per_second"]
    return [b / a for a, b in zip(speeds["ours in float32"], speeds["ours in bf16"], strict=True)]


def peers() -> str:
    facts = load("peers")
    bf16 = [
        statistics.median(ours_bf16(found))
        for found in load("peers_elsewhere").values()
        if isinstance(found, dict)
    ]
    lines = [
        "## Against the installable GAN libraries\n",
        "`benchmarks/peers.py`: their own networks, batch, loss and optimizers, trained by their trainer and",
        "by `sparring.train`, in turn, in one process; images a second, medians. Theirs compute in float32;",
        "ours in float32 too, and in bf16, which is the default on processors with units for it, as this one.",
        "On another machine (`peers_elsewhere.json`) ours in bf16 were "
        f"{min(bf16):.2f} to {max(bf16):.2f} times as fast as in float32.",
        "R3GAN is published code and no library; its penalties are computed at every step in all three.",
        "lightweight-gan computes in batches of 8, which is what its attention leaves room for.\n",
        "| networks | theirs | ours in float32 | ours in bf16 | times theirs, float32 | bf16 |",
        "|---|---|---|---|---|---|",
    ]
    for case, found in facts.items():
        if isinstance(found, dict):
            speed = {who: statistics.median(all_) for who, all_ in found["images_per_second"].items()}
            alike, ours = found["times_theirs"]["ours in float32"], found["times_theirs"]["ours in bf16"]
            columns = " | ".join(f"{speed[who]:.3g}" for who in ("theirs", "ours in float32", "ours in bf16"))
            lines.append(
                f"| {case} | {columns} "
                f"| **{alike['median']:.2f}** ({alike['min']:.2f} to {alike['max']:.2f}) "
                f"| **{ours['median']:.2f}** ({ours['min']:.2f} to {ours['max']:.2f}) |"
            )
    return "\n".join(lines) + "\n"
