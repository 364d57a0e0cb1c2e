"""Messages in the words of a terminal, and of a program that asks over HTTP."""

import pytest

from sparring.errors import warn
from sparring.errors.words import in_flags, in_names


@pytest.mark.parametrize(
    ("message", "flags"),
    [
        ("replace it with --force (force=True), or not", "replace it with --force, or not"),
        ("--g-width 9 (g_width): the players", "--g-width 9: the players"),
        ("train without --from-run (from_run).", "train without --from-run."),
        ("go on with `sparring resume` (resume=True), or", "go on with `sparring resume`, or"),
        ("`sparring sample mnist` (GAN.pretrained('mnist')), measure", "`sparring sample mnist`, measure"),
        ("smaller (--size), or --d-norm (none or batch)", "smaller (--size), or --d-norm (none or batch)"),
        ("--no-conditional (conditional=False) does", "--no-conditional does"),
        ("--where (which=1) is not the same name", "--where (which=1) is not the same name"),
    ],
)  # fmt: skip
def test_a_terminal_is_told_flags_alone(message: str, flags: str) -> None:
    assert in_flags(message) == flags


def test_warnings_in_a_terminal_name_flags_alone(capsys: pytest.CaptureFixture[str]) -> None:
    warn("if they are pairs, --paired (paired=True) says so.")
    assert capsys.readouterr().err == "sparring: if they are pairs, --paired says so.\n"


def test_a_program_is_told_names() -> None:
    assert in_names("--where: digits have no columns.") == "where: digits have no columns."
    assert in_names("fewer (--most-count) or --own-size (own_size=True)") == "fewer (most_count) or own_size"
