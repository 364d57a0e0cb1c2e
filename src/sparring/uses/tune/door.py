"""Optuna, the one door to it: its samplers, pruners and storages, quiet and with plain errors."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sparring.config.choices import SAMPLERS
from sparring.errors import ConfigError, RunError, SparringError, quoted, reason, unknown

INSTALL = "pip install 'sparring[tune]'"
DATABASES = (".db", ".sqlite", ".sqlite3")  # suffixes of files that SQLite keeps
IN_MEMORY = ("sqlite://", "sqlite:///", "sqlite:///:memory:")  # of SQLite too, but no file
STARTUP = 8  # trials before the sampler learns from them, and before any is pruned
PACKAGES = {"optuna", "sqlalchemy", "alembic", "sqlite3"}  # whose errors come from a storage
NO_URL = ("NoSuchModuleError", "ArgumentError")  # of SQLAlchemy: a scheme without a dialect, no URL at all
DRIVERS = {  # imported name: package
    "MySQLdb": "mysqlclient",
    "psycopg": "'psycopg[binary]'",
    "psycopg2": "psycopg2-binary",
}
WARM_UP = 3  # tenths of a trial before it can be pruned


def optuna() -> Any:
    """The package, which says nothing by itself.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        found = import_module("optuna")
    except ImportError as error:
        raise ConfigError(f"tuning needs Optuna: {INSTALL}") from error
    found.logging.set_verbosity(found.logging.CRITICAL)
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings of Optuna about its own experiments from the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def sampler(name: str, seed: int | None) -> Any:
    """The sampler of this name; it learns from the trials of all workers.

    Raises:
        ConfigError: the name is unknown, or a package that it needs is missing.
    """
    samplers = optuna().samplers
    if name not in SAMPLERS:
        raise ConfigError(unknown("sampler", name, SAMPLERS))
    with quiet():
        if name == "random":
            return samplers.RandomSampler(seed=seed)
        if name == "gp":
            if find_spec("scipy") is None:
                raise ConfigError("--sampler gp needs scipy: pip install scipy. Or leave it out.")
            return samplers.GPSampler(seed=seed, n_startup_trials=STARTUP)
        # A constant liar counts the running trials of other workers as bad, so that two do not try the same.
        options = {"multivariate": True, "group": True, "constant_liar": True, "n_startup_trials": STARTUP}
        return samplers.TPESampler(seed=seed, **options)


def pruner() -> Any:
    """Stops a trial whose best number so far is above the median of the others at the same tenth."""
    return optuna().pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=WARM_UP)


def storage(place: str) -> Any:
    """The storage in a journal file, or in a database if the place is its URL or has its suffix.

    Raises:
        ConfigError: a database in memory.
        RunError: it cannot be opened.
    """
    storages = optuna().storages
    with opened(place, content=True), quiet():
        if "://" in place or Path(place).suffix in DATABASES:
            url = place if "://" in place else f"sqlite:///{place}"
            if url in IN_MEMORY:
                raise ConfigError(
                    f"--storage {url} is kept in memory, where no other worker sees it and nothing stays: give "
                    "a file, such as sqlite:///tune.db."
                )
            if url.startswith("sqlite:///"):
                Path(url.removeprefix("sqlite:///")).absolute().parent.mkdir(parents=True, exist_ok=True)
            waits = {"connect_args": {"timeout": 60}} if url.startswith("sqlite") else {}
            return _twice(lambda: storages.RDBStorage(url, engine_kwargs=waits))
        # The lock is a link to this path, which must lead somewhere from any folder: a lock whose link leads
        # nowhere is waited for without end, after the kill of a process that had it.
        path = Path(place).absolute()
        _check_journal(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Symbolic links, the usual lock, need a privilege on Windows.
        locks = storages.journal
        lock = (locks.JournalFileOpenLock if os.name == "nt" else locks.JournalFileSymlinkLock)(str(path))
        if path.exists():
            _mend_journal(path, lock)
        return storages.JournalStorage(locks.JournalFileBackend(str(path), lock_obj=lock))


def shown(place: str) -> str:
    """A storage as it may be printed: a URL without its password."""
    if "://" not in place:
        return place
    try:
        password = urlsplit(place).password
    except ValueError:  # no URL, and nobody knows what in it is secret
        return f"{place.partition('://')[0]}://…"
    return place.replace(f":{password}@", ":…@") if password else place


@contextmanager
def opened(place: str, content: bool = False) -> Iterator[None]:
    """Turn what can go wrong in a storage into a plain message.

    Args:
        content: the storage is read for the first time, so that errors of any type come from its content.

    Raises:
        RunError: the storage cannot be used, and why as far as that is known.
    """
    try:
        yield
    except OSError as error:
        raise RunError(f"cannot use the storage {quoted(shown(place))}: {reason(error)}.") from error
    except ImportError as error:  # Optuna's own has that of the driver as its cause
        names = [cause.name for cause in (error, error.__cause__) if isinstance(cause, ImportError)]
        driver = next(filter(None, names), "")
        wanted = DRIVERS.get(driver, driver)
        how = f"pip install {wanted}" if wanted else "install the Python package of its database"
        raise RunError(f"the storage {quoted(shown(place))} needs a driver: {how}.") from error
    except Exception as error:
        modules = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
        if type(error).__name__ in NO_URL and "sqlalchemy" in modules:
            raise ConfigError(
                f"--storage {quoted(shown(place))}: this kind is not known. Accepted are a file for a journal "
                "(journal.log), a file of SQLite (tune.db, sqlite:///tune.db), and the URL of a database, such "
                "as postgresql://… or mysql://…."
            ) from error
        if isinstance(error, SparringError) or not (content or modules & PACKAGES):
            raise
        if type(error).__name__ == "OperationalError" and "://" in place and not place.startswith("sqlite"):
            raise RunError(
                f"the database {quoted(shown(place))} cannot be reached: is it running, and are the name and "
                "the password right?"
            ) from error
        raise RunError(
            f"the storage {quoted(shown(place))} cannot be read: it is damaged, or not one that sparring tune "
            "wrote. Give another --storage, such as journal.log, sqlite:///tune.db or the URL of a database."
        ) from error


def _twice(make: Any) -> Any:
    """Try again once: of two workers that make the tables of a database at the same time, one may fail."""
    try:
        return make()
    except Exception:
        return make()


def _mend_journal(path: Path, lock: Any) -> None:
    """Cut off a last line without an end, which a process was killed while writing.

    What is written after it would be lost.
    """
    if not _is_cut(path):
        return
    lock.acquire()  # who writes a line now has the lock
    try:
        if _is_cut(path):
            with path.open("rb+") as file:
                file.truncate(file.read().rfind(b"\n") + 1)
    finally:
        lock.release()


def _is_cut(path: Path) -> bool:
    """Whether a file ends in the middle of a line."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        return file.read() not in (b"", b"\n")


def _check_journal(path: Path) -> None:
    """Refuse a file that is no journal before anything is appended to it.

    Raises:
        RunError: it is a folder, or its first line is not that of a journal.
    """
    if path.is_dir():
        raise RunError(f"the storage {quoted(str(path))} is a folder: give a file in it, such as journal.log.")
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb") as file:
        first = file.readline(100_000)
    try:
        right = "op_code" in json.loads(first)
    except (ValueError, TypeError):
        right = False
    if not right:
        raise RunError(
            f"the file {quoted(str(path))} is no journal of sparring tune, and is left as it is. Give another "
            "--storage."
        )
