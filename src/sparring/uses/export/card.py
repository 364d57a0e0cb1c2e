"""The model card of an export: what was trained on what, how good it is, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sparring import kinds
from sparring.config.choices import BUDGETS
from sparring.config.option import written
from sparring.config.recipes import RECIPES, beyond_recipe
from sparring.doctor.diagnosis import described, diagnose
from sparring.doctor.quality import measured
from sparring.doctor.report import summary, text
from sparring.errors import counted, printable
from sparring.files import read_object
from sparring.history import layout
from sparring.history.record import times_real_text
from sparring.metrics.memorisation import COPIES
from sparring.runs.alone import portable
from sparring.runs.folder import RunFolder
from sparring.uses.export.licence import UNSTATED

MOST_CLASSES = 20  # that are named
NAME = "sparring"


def card(run: RunFolder, alone: RunFolder, step: int, samples_seen: int, licence: str) -> str:
    """The text of README.md for players of a run.

    Args:
        run: that was trained, with its history.
        alone: the folder that the card is of.
        step, samples_seen: of the checkpoint.
        licence: an identifier, such as apache-2.0, or UNSTATED.
    """
    parts = [
        _head(run, licence),
        f"# {_plain(alone.path.name)}\n",
        f"{_what(run, alone)}\n",
        *([] if run.spec.given else [f"![samples]({layout.SHEET})\n"]),
        f"## Use\n\n{_use(run)}\n",
        f"## Data\n\n{_data(alone)}\n",
        f"## Training\n\n{_training(alone, step, samples_seen)}\n",
        f"## Quality\n\n{_quality(run, step)}\n",
        f"## The doctor\n\n{_doctor(run)}\n",
        f"## Limits\n\n{_limits(licence)}\n",
    ]
    return "\n".join(parts)


def _head(run: RunFolder, licence: str) -> str:
    """The header that the hub reads, YAML whose values have no sign of it."""
    task = "pipeline_tag: image-to-image\n" if run.spec.given is not None else ""
    lines = f"license: {licence}\nlibrary_name: {NAME}\n{task}tags:\n- gan\n- {NAME}\n- {run.spec.kind}"
    return f"---\n{lines}\n---\n"


def _what(run: RunFolder, alone: RunFolder) -> str:
    kind = kinds.of(run.spec)
    made = (
        f"makes {kind.noun}s of other {kind.noun}s"
        if run.spec.given
        else f"draws {kind.noun}s from random numbers"
    )
    data = _plain(alone.facts["data"])
    return f"A generator that {made} (each: {kind.describe(run.spec)}), trained by an adversary on {data}."


def _use(run: RunFolder) -> str:
    own = "".join(f", {name}=YOURS" for name in run.facts["own"])
    does = "gan.translate(pictures)" if run.spec.given is not None else "gan.sample(16)"
    return (
        "```python\nimport sparring\n\n"
        f'gan = sparring.GAN.from_pretrained("hf:OWNER/NAME"{own})  # or the path of this folder\n'
        f"{does}\n```\n\n"
        "The weights are safetensors; nothing is unpickled."
    )


def _data(alone: RunFolder) -> str:
    facts, kind = alone.facts, kinds.of(alone.spec)
    rows = {
        "name": _plain(facts["data"]),
        "size": counted(facts["data_count"], facts["noun"]),
        "form": kind.describe(alone.spec),
        "SHA-256": f"`{_plain(facts.get('data_sha256', 'unknown'))}`",
    }
    if alone.classes and not alone.spec.clusters:
        shares = zip(alone.spec.class_names, facts["class_counts"], strict=True)
        named = [f"{_plain(name)} ({count:,})" for name, count in list(shares)[:MOST_CLASSES]]
        more = f" and {alone.classes - MOST_CLASSES:,} more" if alone.classes > MOST_CLASSES else ""
        rows["classes"] = ", ".join(named) + more
    elif alone.classes:
        rows["classes"] = f"none given; {counted(alone.classes, 'cluster')} found in the data"
    if alone.spec.given is not None:
        rows["made from"] = kinds.of(alone.spec.given).describe(alone.spec.given)
    return _table(rows)


def _training(alone: RunFolder, step: int, samples_seen: int) -> str:
    config, facts = portable(alone.config), alone.facts
    rows = {
        "recipe": config.recipe,
        "length": f"{counted(samples_seen, 'sample')} seen in {counted(step, 'step')}",
        "with": f"sparring {_plain(facts['sparring'])}, torch {_plain(facts.get('torch', 'unknown'))}",
    }
    changed = beyond_recipe(config) if config.recipe in RECIPES else {}
    changed = {name: value for name, value in changed.items() if value is not None or name not in BUDGETS}
    rows["options beyond the recipe"] = (
        ", ".join(f"`{k}` = {_plain(written(v))}" for k, v in changed.items()) or "none"
    )
    return f"{_table(rows)}\n\nAll options are in `{layout.CONFIG}`."


def _quality(run: RunFolder, step: int) -> str:
    """What was measured of this checkpoint, on how many samples and in which features."""
    found = measured(run.path, step)
    if found is None:
        return "The quality of these players has not been measured (`sparring evaluate RUN`)."
    files = (read_object(run.path / name) for name in (layout.EVALUATION, layout.QUALITY))
    facts = next(f for f in files if f.get("checkpoint_step") == step and f.get("times_real") == found[0])
    rows = {"quality": times_real_text(*found), "distance": _plain(facts.get("label", "unknown"))}
    count = facts.get("times_real_count")
    rows["from"] = (
        f"{counted(count, 'sample')} on each side" if isinstance(count, int) else "an unknown number of samples"
    )
    if "features" in facts:
        rows["features"] = _plain(facts["features"])
    rows |= _coverage(facts) | _copying(facts.get("copying"))
    compared = facts.get("comparison")
    said = compared.get("summary", ()) if isinstance(compared, Mapping) else ()
    words = "\n".join(f"- {_plain(line)}" for line in said if isinstance(line, str))
    return f"{_table(rows)}\n\n1 times real is as good as real data.\n{words}".rstrip()


def _coverage(facts: Mapping[str, Any]) -> dict[str, str]:
    """Precision, recall and coverage beside those of reals, as far as they were measured."""
    fake, real = (facts.get(side) for side in ("fake", "real"))
    if not isinstance(fake, Mapping) or not isinstance(real, Mapping):
        return {}
    return {
        name: f"{fake[name]:.3g} (other reals: {real[name]:.3g})"
        for name in ("precision", "recall", "coverage")
        if all(isinstance(side.get(name), float) for side in (fake, real))
    }


def _copying(found: Any) -> dict[str, str]:
    if not isinstance(found, Mapping) or not isinstance(found.get("c_t"), float):
        return {"copies": "not measured"}
    word = (
        "samples are nearer to the training data than they should be"
        if found["c_t"] < COPIES
        else "no sign of it"
    )
    return {"copies": f"{word} (C_T {found['c_t']:.2g}; copies: below {COPIES:g})"}


def _doctor(run: RunFolder) -> str:
    diagnosis = diagnose(
        run.records(), described(run.config, run.facts, run.facts["own"]), partial(measured, run.path)
    )
    if not diagnosis.records:
        return "There is no history of this training to examine."
    found = text(diagnosis, "the training") if diagnosis.present else summary(diagnosis)
    return "\n".join(f"> {_plain(line)}" for line in found.splitlines())


def _limits(licence: str) -> str:
    known = (
        "No licence was stated."
        if licence == UNSTATED
        else f"The licence, {licence}, was chosen by who exported it."
    )
    return (
        f"{known} That of the data may be another. Samples look like the data, with its gaps and its "
        "prejudices; they are invented, and say nothing of a single real person, place or thing."
    )


def _table(rows: Mapping[str, str]) -> str:
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines])


def _plain(value: Any) -> str:
    """A text of someone else on one line, without the signs that Markdown and HTML act upon."""
    found = printable(str(value)).replace("\n", " ")
    return "".join(f"\\{sign}" if sign in "`*_[]<>#|" else sign for sign in found)
