"""Print an evaluation: in words and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from sparring.history.record import figures
from sparring.metrics.comparison import FLOOR
from sparring.metrics.memorisation import COPIES
from sparring.uses.progress import show_whole

if TYPE_CHECKING:
    from sparring.metrics.comparison import Comparison
    from sparring.metrics.evaluation import Evaluation
    from sparring.uses.evaluate import Report

PERFECT = "a perfect generator scores as reals do"
SHARES = {
    "precision": "of fakes that lie among reals",
    "recall": "of reals that lie among fakes",
    "coverage": "of reals that have a fake nearby",
}


def show_report(report: Report, screen: Console) -> None:
    """Print what was measured against what, the quality, each number, and warnings."""
    found = report.evaluation
    note = f"; {found.note}" if found.note else ""
    resized = f"; {found.resizer}" if found.resizer else ""
    screen.print(
        f"{report.fake} against {found.held_out or report.real}"
        + (f", held out; trained on {report.real}" if found.held_out else ""),
        markup=False, soft_wrap=True,
    )  # fmt: skip
    screen.print(f"quality: {found.times_real}", markup=False, soft_wrap=True, style="bold")
    screen.print(
        f"features: {found.features}, {found.dimension} numbers per sample{resized}{note}\n",
        markup=False, soft_wrap=True,
    )  # fmt: skip
    for warning in found.warnings:  # before the numbers, which some of them take back
        screen.print(f"Warning: {warning}\n", markup=False, soft_wrap=True)
    screen.print(evaluation_table(found))
    if report.comparison:
        show_comparison(report.comparison, screen)


def evaluation_table(evaluation: Evaluation) -> Table:
    """Each number of the fakes beside the same number of real samples."""
    fake, real = evaluation.fake, evaluation.real
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
    table.add_column("")
    for name, scores in (("fakes", fake), ("reals", real)):
        against = f"{scores.size:,}\nagainst {scores.reference_size:,}"
        table.add_column(f"{name}\n{against}", justify="right", no_wrap=True)
    table.add_column("meaning")
    deviation = evaluation.frechet_deviation
    spread = "" if deviation is None else f" ± {deviation:.2g}"
    table.add_row("times real", figures(evaluation.times_real.value), "1", "1 is as good as real")
    table.add_row(evaluation.label, f"{evaluation.frechet_mean:.4g}{spread}", f"{real.frechet:.4g}", PERFECT)
    kernels = [_within(scores.kernel, scores.kernel_error) for scores in (fake, real)]
    table.add_row("kernel distance", *kernels, "0 is best; unbiased")
    table.add_row("MIND", f"{fake.mind:.4g}", f"{real.mind:.4g}", "0 is best; also for few samples")
    for name, meaning in SHARES.items():
        table.add_row(name, *(f"{getattr(scores, name):.1%}" for scores in (fake, real)), meaning)
    table.add_row("density", f"{fake.density:.3f}", f"{real.density:.3f}", "1: as dense as reals")
    if copying := evaluation.copying:
        table.add_row("C_T", f"{copying.c_t:.1f}", "0", f"below {COPIES:g}: copies of the training data")
        shares = (f"{copying.authentic:.1%}", f"{copying.authentic_held_out:.1%}")
        table.add_row("authentic", *shares, "far below that of reals: copies")
    if classes := evaluation.classes:
        count = f"of a classifier trained on {classes.trained_on:,} "
        table.add_row("GAN-train", f"{classes.gan_train:.1%}", f"{classes.real:.1%}", count + "fakes, on reals")
        table.add_row("GAN-test", f"{classes.gan_test:.1%}", f"{classes.real:.1%}", count + "reals, on fakes")
        span = f"{min(classes.shares):.1%} to {max(classes.shares):.1%}"
        table.add_row("classes", span, "", "least and most frequent class of fakes, by that classifier")
    return table


def show_comparison(comparison: Comparison, screen: Console) -> None:
    """Print the measures of one kind of data beside other reals and baselines, and who wins, in words."""
    screen.print(f"\n{comparison.count:,} samples each, beside baselines:\n", markup=False, soft_wrap=True)
    show_whole(screen, comparison_table(comparison))
    screen.print()
    best = {"lower": "lower is better", "higher": "higher is better", "floor": f"as {FLOOR} is best"}
    best["half"] = "0.5 is best"
    for name, scale in comparison.scales.items():
        screen.print(f"{name}: {scale.meaning}; {best[scale.better]}", markup=False, soft_wrap=True)
    for line in (*comparison.summary(), *comparison.notes):
        screen.print(f"\n{line}", markup=False, soft_wrap=True)


def comparison_table(comparison: Comparison) -> Table:
    """A row for each measure, a column for other reals, the generator and each baseline."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
    table.add_column("")
    for name in comparison.columns:
        table.add_column(name, justify="right")
    for name, scale in comparison.scales.items():
        values = (column.get(name) for column in comparison.columns.values())
        shown = ["" if v is None else f"{v:.1%}" if scale.share else f"{v:.3g}" for v in values]
        table.add_row(name, *shown)
    return table


def _within(value: float, error: float) -> str:
    """An estimate of what is not below 0; if its error is as large, only what it hardly exceeds."""
    if value > 2 * error:
        return f"{value:.3g} ± {error:.2g}"
    return f"below {max(value, 0) + 2 * error:.2g}"
