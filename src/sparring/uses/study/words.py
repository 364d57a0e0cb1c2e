"""The verdict of a study in words, English or Chinese: sentences first, then what must be known to read the
table.
"""

from __future__ import annotations

import math

from sparring.metrics.differences import Difference
from sparring.uses.study.arms import REAL
from sparring.uses.study.chinese import named
from sparring.uses.study.subject import ADDED, CLASSIC
from sparring.uses.study.verdict import HARMS, HELPS, NONE, Judged, Result

RISING = 0.03  # that real samples alone gain by more steps, beyond which trainings are said to be short
WIDE = 0.02  # half an interval, beyond which it is said to be wide
TEXTS = {  # said by both languages in the same places
    "en": {
        "gained": "{value:+z.1f} points ({low:+z.1f} to {high:+z.1f})",
        "gan": "{share} GAN {noun}s {said}: {gained} over real {noun}s alone{worth}{chance}.",
        HELPS: "help", HARMS: "harm", NONE: "make no difference that can be seen",
        "chance": "; of {count} comparisons one may look so by chance",
        "better": "Without a GAN, {name} helps: {gained}{worth}.",
        "added": "To {classic}, the GAN {said} {gained}.",
        "adds": "adds", "takes": "takes away", "nothing": "adds nothing that can be seen:",
        "none": "Nothing that was tried helps by more than chance.",
        "more": ", as {count:,} more labelled {noun}s would",
        "fewer": ", as {count:,} fewer labelled {noun}s would",
        "most": ", as more than {count:,} more labelled {noun}s would",
        "least": ", as more than {count:,} fewer labelled {noun}s would",
        "done": "{subsets} disjoint subsets of {size:,} {noun}s",
        "ended": " (of {planned} planned; the minutes or Ctrl-C ended the study)",
        "score": "Score: {measure}, each subset on its own test {noun}s. From {done}: a subset is one draw, "
        "the interval is a t interval over them. p: t-test, corrected by Holm for all lines; signs: the exact "
        "sign-flip test, uncorrected.",
        "steps": "Every arm has {few:,} and {many:,} steps; which of both counts, and what else can be chosen, "
        "is chosen in each subset on other {noun}s than those of the test.",
        "wide": "The intervals reach {reach:.1f} points to both sides: smaller effects cannot be seen. More "
        "subsets, test samples or minutes make them narrower.",
        "short": "Real {noun}s alone still rise from {few:.1f} % to {many:.1f} % with more steps: the "
        "trainings are short, and what needs more steps, as augmentation and GANs do, looks worse than it is. "
        "A new study with more minutes has longer ones.",
        "curve": 'Learning curve of real {noun}s alone, from which "worth" is read: {sizes}.',
        "flat": "Learning curve of real {noun}s alone: {sizes}. It does not rise, so what a difference is "
        "worth cannot be read from it.",
        "other": "With more than {size:,} labelled {noun}s the answers may differ.",
    },
    "zh": {
        "gained": "{value:+z.1f} 个百分点（{low:+z.1f} 到 {high:+z.1f}）",
        "gan": "{share} 的 GAN {noun}{said}：与只用真实{noun}相比 {gained}{worth}{chance}。",
        HELPS: "有帮助", HARMS: "有害", NONE: "看不出有什么差别",
        "chance": "；在 {count} 个比较中，有一个可能只是碰巧如此",
        "better": "不用 GAN 时，“{name}”有帮助：{gained}{worth}。",
        "added": "在“{classic}”之上，GAN {said} {gained}。",
        "adds": "又带来", "takes": "反而减去", "nothing": "没有带来看得出的变化：",
        "none": "试过的方法中，没有一种带来超出偶然的帮助。",
        "more": "，相当于多标注 {count:,} 个{noun}",
        "fewer": "，相当于少标注 {count:,} 个{noun}",
        "most": "，比多标注 {count:,} 个{noun}还多",
        "least": "，比少标注 {count:,} 个{noun}还少",
        "done": "{subsets} 个互不重叠的子集，每个 {size:,} 个{noun}",
        "ended": "（原计划 {planned} 个；时间用完或按了 Ctrl-C）",
        "score": "得分：{measure}，每个子集用自己的测试{noun}。依据{done}：一个子集是一次抽样，"
        "区间是它们的 t 区间。p：t 检验，按 Holm 对所有行校正；符号：精确的符号翻转检验，未校正。",
        "steps": "每种方法都有 {few:,} 步和 {many:,} 步；用哪一个，以及其他可选之处，"
        "都在每个子集中用测试以外的{noun}来选。",
        "wide": "区间向两边各有 {reach:.1f} 个百分点：更小的效果看不出来。更多子集、测试样本或时间能让它变窄。",
        "short": "只用真实{noun}的得分还在随步数上升（{few:.1f} % 到 {many:.1f} %）：训练太短，"
        "需要更多步数的方法（数据增强、GAN）看起来比实际差。用更多时间重新做一次研究，训练就更长。",
        "curve": "只用真实{noun}的学习曲线，“价值”由它读出：{sizes}。",
        "flat": "只用真实{noun}的学习曲线：{sizes}。它没有上升，所以读不出差别的“价值”。",
        "other": "若有超过 {size:,} 个已标注的{noun}，答案可能不同。",
    },
}  # fmt: skip


class _Say:
    """Fills the texts of a language with what a result has found."""

    def __init__(self, result: Result, language: str) -> None:
        self.result, self.language = result, language
        self.noun = self.name(result.noun)

    def __call__(self, text: str, **values: object) -> str:
        return TEXTS[self.language][text].format(noun=self.noun, **values)

    def name(self, name: str) -> str:
        return named(name) if self.language == "zh" else name

    def worth(self, row: Judged) -> str:
        """What a row is worth that helps or harms."""
        if row.more is None or row.verdict == NONE:
            return ""
        value, curve = row.more[0], self.result.curve
        if math.isinf(value):
            ends = max(curve) - self.result.size, self.result.size - min(curve)
            return self("most", count=ends[0]) if value > 0 else self("least", count=ends[1])
        return self("more" if value > 0 else "fewer", count=abs(round(value)))


def sentences(result: Result, language: str = "en") -> list[str]:
    """The verdict in words: on the GAN, on what helps more without one, and on how much was measured."""
    say, lines, rows = _Say(result, language), [], result.by_name
    gan = rows.get(result.best_share)
    if gan and gan.difference:
        by_chance = gan.verdict == NONE and gan.difference.low * gan.difference.high > 0
        lines.append(
            say(
                "gan",
                share=gan.name.removeprefix("GAN "),
                said=say(gan.verdict),
                gained=points(gan.difference, language),
                worth=say.worth(gan),
                chance=say("chance", count=len(result.rows) - 1) if by_chance else "",
            )
        )
    better = [
        row for row in result.rows
        if row.verdict == HELPS and row.against == REAL and not _uses_gan(row)
    ]  # fmt: skip
    if better:
        best = max(better, key=lambda row: row.value)
        gained = points(best.difference, language)
        lines.append(say("better", name=say.name(best.name), gained=gained, worth=say.worth(best)))
    added = rows.get(ADDED)
    if added and added.difference and rows[CLASSIC].verdict == HELPS:
        said = say({HELPS: "adds", HARMS: "takes", NONE: "nothing"}[added.verdict])
        gained = points(added.difference, language)
        lines.append(say("added", classic=say.name(CLASSIC), said=said, gained=gained))
    if not any(row.verdict == HELPS for row in result.rows):
        lines.append(say("none"))
    return lines


def _uses_gan(row: Judged) -> bool:
    return "GAN" in row.name


def points(difference: Difference | None, language: str = "en") -> str:
    """A difference of scores in points of percent, with its interval."""
    if difference is None:
        return ""
    value, low, high = (100 * each for each in difference[:3])
    return TEXTS[language]["gained"].format(value=value, low=low, high=high)


def caveats(result: Result, language: str = "en") -> list[str]:
    """What must be known to read the table: what was compared, how sure it is, and where it ends."""
    say = _Say(result, language)
    done = say("done", subsets=result.subsets, size=result.size)
    if result.subsets < result.planned:
        done += say("ended", planned=result.planned)
    measure = result.measure_zh or result.measure if language == "zh" else result.measure
    lines = [
        say("score", measure=measure, done=done),
        say("steps", few=result.steps[0], many=result.steps[1]),
    ]
    widths = [row.difference.high - row.difference.low for row in result.rows if row.difference]
    if widths and (widest := sorted(widths)[len(widths) // 2] / 2) > WIDE:
        lines.append(say("wide", reach=100 * widest))
    few, many = (value for value, _ in result.by_name[REAL].by_steps)
    if many - few > RISING:
        lines.append(say("short", few=100 * few, many=100 * many))
    sizes = ", ".join(f"{size:,}: {100 * score:.1f} %" for size, score in result.curve.items())
    curve = list(result.curve.values())
    rises = not curve or curve[-1] > curve[0]
    return [*lines, say("curve" if rises else "flat", sizes=sizes), say("other", size=result.size)]
