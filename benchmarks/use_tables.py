"""Tables of docs/benchmarks.md: what trained players are for, and kinds that are not pictures."""

from __future__ import annotations

import math
import statistics
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from common import RESULTS, load
from rows import grouped, lines_of, spread
from table_costs import slopes


def music() -> str:
    names = (
        "chords",
        "chord pairs",
        "consonant",
        "intervals",
        "lengths",
        "coverage",
        "told apart",
        "copied bars",
    )
    rows = [row | {"when": _when(row)} for row in lines_of("music")]
    ends = [row["cpu_seconds"] for row in rows if row["when"] == "the end"]
    lines = [
        "## Music\n",
        "`benchmarks/music.py`: the built-in chorales on one thread, against melodies that are held out, after",
        f"so many CPU seconds and at the end of the training ({min(ends):.0f} to {max(ends):.0f}). Chords in",
        "bits, intervals and lengths in total variation, the others as shares; what they mean is in",
        "[the guide](guides/music.md#is-it-good). Means over the seeds, and least to greatest.\n",
        f"| | CPU seconds | seeds | {' | '.join(names)} |",
        f"|---|---|---|{'---|' * len(names)}",
    ]
    for (who, when), seeds in grouped([row for row in rows if row["when"] is not None], "who", "when").items():
        numbers = " | ".join(spread([row[name] for row in seeds], 3) for name in names)
        lines.append(f"| {who} | {when} | {len(seeds)} | {numbers} |")
    return "\n".join(lines) + "\n"


def _when(row: Mapping[str, Any]) -> str | None:
    """After how many CPU seconds a generator was measured; None for other times than the usual marks."""
    if "progress" not in row:
        return ""
    if row["progress"] == 1:
        return "the end"
    mark = round(row["cpu_seconds"] / 60) * 60
    return str(mark) if mark in (120, 240) else None


def translations() -> str:
    names = ("content", "style", "pair", "sharpness")
    lines = [
        "## Translations\n",
        "`benchmarks/translation.py`: held-out pictures after so many CPU seconds of one core, in a network",
        "that no part of the training has seen (MobileNetV2). What the columns mean is in",
        "[the guide](guides/translation.md#is-it-any-good); content is always that of the own target. Other",
        "reals say what is best of style; a baseline costs nothing. `regression` is `paired` without adversary",
        "and features. Means over the seeds, and least to greatest. Options were chosen on hanzi-32 and",
        "emoji-64, not on edges-64.\n",
        f"| set | pairs | who | seeds | CPU seconds | samples | {' | '.join(names)} |",
        f"|---|---|---|---|---|---|{'---|' * len(names)}",
    ]
    for (name, unpaired, count), rows in grouped(lines_of("translation"), "set", "unpaired", "pairs").items():
        pairs = "none" if unpaired else f"{count or 'all'}"
        free = rows[0]["outside"]
        for who in [who for who in free if who != "the generator"]:
            cells = (name, pairs, who, "", "", "", *(_shown([free[who]], of) for of in names))
            lines.append(f"| {' | '.join(cells)} |")
        for (method, seconds), seeds in grouped(rows, "method", "cpu_seconds").items():
            columns = [row["outside"]["the generator"] for row in seeds]
            samples = f"{statistics.mean(row['samples'] for row in seeds):,.0f}"
            cells = (name, pairs, f"**{method}**", str(len(seeds)), f"{seconds:g}", samples)
            cells = (*cells, *(_shown(columns, of) for of in names))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _shown(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """The mean of a number that some rows have, and least to greatest where there are several."""
    values = [row[name] for row in rows if name in row]
    several = f" ({min(values):.3g} to {max(values):.3g})" if len(values) > 1 else ""
    return f"{statistics.mean(values):.3g}{several}" if values else ""


def translation_signs() -> str:
    rows = lines_of("translation-signs")
    names = list(rows[0]["signs"])
    lines = [
        "### Signs of the doctor\n",
        "`benchmarks/translation_signs.py`: `agreement` (and `changed`) of outputs whose fault is known, on 64",
        "held-out pairs. The bounds, -0.1 and 0.1 (0.15), were fixed on hanzi-32; other sets only report.\n",
        f"| set | pairs | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
    ]
    for row in rows:
        numbers = [f"{of['agreement']:.2f} ({of['changed']:.2f})" for of in row["signs"].values()]
        lines.append(f"| {row['set']} | {'yes' if row['paired'] else 'no'} | {' | '.join(numbers)} |")
    told = [row for row in rows if "leaked" in row]
    lines += [
        "\n`leaked` where no pairs are told, of targets in the order of their sources and in disorder; the",
        "bound is 0.15.\n",
        f"| set | {' | '.join(told[0]['leaked'])} |",
        f"|---|{'---|' * len(told[0]['leaked'])}",
    ]
    for row in told:
        numbers = ["" if share is None else f"{share:.2f}" for share in row["leaked"].values()]
        lines.append(f"| {row['set']} | {' | '.join(numbers)} |")
    return "\n".join(lines) + "\n"


def texts() -> str:
    lines = [
        "## Texts\n",
        "`benchmarks/text.py`: built-in sets on one thread, against texts that are held out, beside baselines",
        "that `sparring evaluate` trains. What the numbers mean is in",
        "[the guide](guides/text.md#how-good-is-it). Means over the seeds, and least to greatest.\n",
    ]
    told = [row | {"how": " ".join((row["set"], *row["options"]))} for row in lines_of("text")]
    for name, rows in grouped(told, "how").items():
        names = list(rows[0]["comparison"]["scales"])
        samples = statistics.mean(row["samples_seen"] for row in rows)
        seconds = statistics.mean(row["seconds"] for row in rows)
        seeds = f"{len(rows)} seeds" if len(rows) > 1 else "one seed"
        lines += [
            f"{name[0].replace(' --', ', --')}, {samples:,.0f} samples in {seconds:.0f} seconds, {seeds}:\n",
            f"| | {' | '.join(names)} |",
            f"|---|{'---|' * len(names)}",
        ]
        for who in rows[0]["comparison"]["columns"]:
            found = [row["comparison"]["columns"][who] for row in rows]
            lines.append(f"| {who} | {' | '.join(_shown(found, of) for of in names)} |")
        lines.append("")
    drawn = load("symbols_speed")["per_second"]
    rates = ", ".join(f"{name} {count:,}" for name, count in drawn.items())
    lines += [
        "Samples that the generator of the default recipe draws in a second of CPU time, on one thread",
        f"(`benchmarks/symbols_speed.py`): {rates}.\n",
    ]
    return "\n".join(lines)


def detection() -> str:
    rows = _latest(lines_of("detection"))
    methods = list(dict.fromkeys(method for row in rows for method in row["auroc"]))
    lines = [
        "## Defects\n",
        "`benchmarks/detection.py`: the mean AUROC over the kinds of defect of sets that no detector was",
        "fitted to; on MNIST and Fashion-MNIST one class is normal and the nine others are odd (mean over the",
        "classes that were tested). `auto` is the method that damage on held-out normals chose, before any",
        "test, among those that were fitted; a method in bold is best. A number in brackets says that a method",
        "was tested so often only. GANomaly and f-AnoGAN are our own writing of the published objectives, on",
        "networks of the same size and for the same time. Metal surfaces and other held-back sets are not in",
        "this table. The damage and the networks were tried on other wafers, on MNIST's 0, 3 and 8, on",
        "Fashion-MNIST's t-shirts and shirts and on half of the solar cells (`elpv`), so of those classes the",
        "numbers may be a little too good.\n",
        f"| set | tests | CPU s a GAN | auto | false alarms at 5 % | {' | '.join(methods)} |",
        "|---" * (5 + len(methods)) + "|",
    ]
    for (name,), group in grouped([r | {"family": r["set"].split()[0]} for r in rows], "family").items():
        found = {
            m: [statistics.mean(r["auroc"][m].values()) for r in group if m in r["auroc"]] for m in methods
        }
        best = max((m for m in methods if len(found[m]) == len(group)), key=lambda m: statistics.mean(found[m]))
        taken = statistics.mean(statistics.mean(r["auroc"][r["auto"]].values()) for r in group)
        alarms = statistics.mean(r["alarms_at_5"] for r in group)
        cells = [_area(found[m], len(group), m == best) for m in methods]
        start = f"| {name} | {len(group)} | {_seconds(group)} | {taken:.3f} | {alarms:.1%} | "
        lines.append(start + " | ".join(cells) + " |")
    wafer = [r for r in rows if r["set"] == "wafers"]
    lines += [
        f"\nWafers, each pattern, mean of {len(wafer)} seeds with {_seconds(wafer)} seconds a GAN:\n",
        "| pattern | " + " | ".join(wafer[0]["auroc"]) + " |",
        "|---" * (1 + len(wafer[0]["auroc"])) + "|",
    ]
    for pattern in wafer[0]["auroc"]["pca"]:
        values = [statistics.mean(r["auroc"][m][pattern] for r in wafer) for m in wafer[0]["auroc"]]
        lines.append(f"| {pattern} | " + " | ".join(f"{value:.3f}" for value in values) + " |")
    return "\n".join([*lines, "", *tiles()])


def _latest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each set and seed the row in which GANs had most time."""
    groups = grouped(rows, "set", "seed").values()
    return [max(group, key=lambda row: row["seconds_each"]) for group in groups]


def _seconds(rows: list[dict[str, Any]]) -> str:
    """The seconds that a GAN had, or the fewest and the most."""
    found = sorted({row["seconds_each"] for row in rows})
    return f"{found[0]:g}" if len(found) == 1 else f"{found[0]:g} to {found[-1]:g}"


def _area(values: list[float], tests: int, best: bool) -> str:
    """A mean AUROC, and of how many tests, where these are not all."""
    if not values:
        return ""
    mean = f"{statistics.mean(values):.3f}"
    return f"**{mean}**" if best else mean if len(values) == tests else f"{mean} ({len(values)})"


def tiles() -> list[str]:
    """Large photographs, whole and in tiles."""
    if not (RESULTS / "detection_tiles.jsonl").exists():
        return []
    lines = [
        "`benchmarks/detection_tiles.py`: scratches of 60 by 3 pixels on drawn photographs of wafers,",
        "reduced to 128 pixels (tile 0) or seen in tiles. The memory is that of the whole process at its",
        "greatest, with torch and mapped files. The column pca is the floor.\n",
        "| side | tile | normals | method | AUROC | pca | tested | CPU s a picture | MB to fit | MB to score |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in lines_of("detection_tiles"):
        area = f"{row['auroc'][row['method']]:.3f}" if "auroc" in row else "found" if row["odd"] else "missed"
        tested = " + ".join(map(str, row.get("tested", [1])))
        costs = f"{row['seconds_a_picture']:.1f} | {row['fit_mb']:,} | {row['test_mb']:,}"
        seen = f"{row['side']:,} | {row['tile']} | {row['normals'] or 30}"
        floor = f"{row['auroc']['pca']:.3f}" if "auroc" in row else ""
        lines.append(f"| {seen} | {row['method']} | {area} | {floor} | {tested} | {costs} |")
    return [*lines, ""]


def synthetic_tables() -> str:
    """Rows of public tables, as means over seeds."""
    measures = ("told apart", "predicts", "pairs", "columns", "nearer")
    lines = [
        "## Rows of tables\n",
        "`benchmarks/synthetic_tables.py`: four fifths of the complete rows of public tables are learnt from,",
        "the others are what drawn rows are compared with. *Told apart*: how well boosted trees tell them from",
        "unseen rows, an ROC area (0.5 is best). *Predicts*: ROC area (credit_data, Default) or R² (diamonds)",
        "of boosted trees that learnt from drawn rows. *Pairs* and *columns*: 1 minus the distance. *Nearer*:",
        "the share nearer to training rows. CTGAN has its defaults and no fewer CPU seconds than the recipe",
        "had with 450,000 samples; its default are 1,500,000. *Adversarial forest* is the baseline of an",
        "evaluation, *recipe forest* the same in a run, from 10,000 rows at most. Means over few seeds.\n",
        f"| table | rows of | seeds | CPU s | {' | '.join(measures)} |",
        f"|---|---|---|---|{'---|' * len(measures)}",
    ]
    every = lines_of("synthetic-tables")
    order = list(dict.fromkeys(row["table"] for row in every))
    every.sort(key=lambda row: order.index(row["table"]))  # as measured, table by table
    for row in every:
        row["named"] = f"{row['way']}, {row['samples']:,} samples" if "samples" in row else row["way"]
    for (table, way), rows in grouped(every, "table", "named").items():
        seconds = statistics.mean(row["cpu_seconds"] for row in rows)
        means = [f"{statistics.mean(row[name] for row in rows):.3f}" for name in measures]
        lines.append(f"| {table} | {way} | {len(rows)} | {seconds:.1f} | {' | '.join(means)} |")
    return "\n".join([*lines, ""])


def table_costs() -> str:
    """What tables cost by their rows and columns."""
    rows = lines_of("table-costs")
    lines = [
        "## What a table costs\n",
        "`benchmarks/table_costs.py`: half of the columns are numbers, half categories of ten levels; one",
        "thread, a table in memory, batches of 256. Memory is that of the whole process, before reading and at",
        "most.\n",
        "| rows | columns | reading, s | a step, ms | 1,000 rows, s | GB before | GB at most |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [f"| {' | '.join(f'{value:,}' for value in row.values())} |" for row in rows]
    lines += [
        "",
        "The power of the rows, or of the columns, with which costs grow (1: twice as many, twice the cost):",
    ]
    lines += textwrap.wrap(f"{slopes(rows)}.", 105)
    return "\n".join([*lines, ""])


def tuning() -> str:
    rows = lines_of("tune")
    lines = [
        "## Tuning\n",
        "`benchmarks/tune.py`: `sparring tune` on sets that no recipe was made for, at 32 x 32 pixels. Times",
        "real of three trainings with new seeds, by held-out samples that chose nothing: median, least to",
        "greatest. Seconds are those of one processor core, on a machine that was busy with other programs,",
        "beside which a second buys fewer steps. Such trainings are short, and what is best in them need not",
        "be best in long ones. Better or worse is said only where every training beats every other.\n",
        "| set | samples | search | trials x seconds | default | tuned | verdict | best trial |",
        "|---|---|---|---|---|---|---|---|",
    ]
    words = {
        "tuned": "tuned is better",
        "default": "default is better",
        "equal": "as good",
        "same": "the default",
    }
    for row in rows:
        chosen = "as it is" if row["start"] else "changed"
        best = f"{row['chosen'].get('recipe', 'the default')}, {chosen}"
        tuned = "" if row["tuned"] is None else _three(row["tuned"])
        lines.append(
            f"| {row['set']} | {row['data_count']:,} | {row['sampler']} | {row['trials']} x {row['seconds']:g} "
            f"| {_three(row['default'])} | {tuned} | {words.get(row['verdict'], row['verdict'])} | {best} |"
        )
    return "\n".join([*lines, ""])


def tune_workers() -> str:
    lines = [
        "Two workers on one study, `benchmarks/tune_workers.py`: points of the ring, trials that share a",
        "journal, on two cores that had nothing else to do. Seconds with the start of a worker; the share is",
        "that of the slower of two in the time of one.\n",
        "| trials | seconds each | one worker | each of two | share, clock | share, processor |",
        "|---|---|---|---|---|---|",
    ]
    for row in lines_of("tune_workers"):
        one, two = row["one"]["clock"], row["two"]["clock"]
        lines.append(
            f"| {row['trials']} | {row['seconds']:g} | {one[0]:g} | {' and '.join(f'{x:g}' for x in two)} "
            f"| {row['share']['clock']:.2f} | {row['share']['processor']:.2f} |"
        )
    return "\n".join(lines) + "\n"


def _three(values: list[float | None]) -> str:
    """The median, and least to greatest; None is a training that diverged."""
    found = sorted(math.inf if value is None else value for value in values)
    shown = ["diverged" if value == math.inf else f"{value:,.1f}" for value in found]
    return f"**{shown[len(shown) // 2]}** ({shown[0]} to {shown[-1]})" if shown else ""
