"""Exports on the Hugging Face hub. Only this file uses the package ``huggingface_hub``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sparring.errors import ConfigError, RunError, quoted
from sparring.history import layout

PREFIX = "hf:"  # before a name on the hub
INSTALL = "pip install 'sparring[hub]'"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
FILES = (layout.RUN, layout.CONFIG, f"{layout.CHECKPOINTS}/*")  # that are loaded; never code


def check_name(name: str) -> str:
    """The name without ``hf:``.

    Raises:
        ConfigError: it is none.
    """
    bare = name.removeprefix(PREFIX) if isinstance(name, str) else ""
    if not NAME.fullmatch(bare):
        raise ConfigError(f"{quoted(name)} is no name on the hub: expected OWNER/NAME, such as maria/faces.")
    return bare


def push(folder: Path, name: str, *, private: bool = False) -> str:
    """Put an exported folder on the hub, as a new version if it is there; the address of its page.

    Raises:
        ConfigError: the package is missing, or it is no name.
        RunError: the hub cannot be reached, or refuses.
    """
    bare = check_name(name)
    api = _api()
    with _explained(f"cannot put {bare} on the hub"):
        address = api.create_repo(bare, private=private, exist_ok=True)
        api.upload_folder(repo_id=bare, folder_path=folder, commit_message="Players exported by sparring")
    return str(address)


def fetch(name: str) -> Path:
    """The folder of an export on the hub, in the cache of ``huggingface_hub``.

    Raises:
        ConfigError: the package is missing, or it is no name.
        RunError: the hub cannot be reached, or has nothing of that name.
    """
    bare = check_name(name)
    api = _api()
    with _explained(f"cannot load {bare} from the hub"):
        return Path(api.snapshot_download(bare, allow_patterns=list(FILES)))


def _api() -> Any:
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.utils import disable_progress_bars
    except ImportError as error:
        raise ConfigError(f"the hub needs a package that is not installed. Run: {INSTALL}") from error
    disable_progress_bars()
    return HfApi(library_name="sparring")


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn the errors of the package and of the network into plain words."""
    from huggingface_hub import errors

    try:
        yield
    except errors.RepositoryNotFoundError as error:
        raise RunError(
            f"{what}: it is not there, or you may not see it. Log in with `hf auth login`, or correct the name."
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status in (401, 403):
            raise RunError(f"{what}: your token may not do that. Log in with `hf auth login`.") from error
        raise RunError(f"{what}: the hub answered with status {status}. Try again later.") from error
    except Exception as error:  # httpx, the cache and the disk raise many types
        raise RunError(f"{what}: it cannot be reached. Look whether this machine is online.") from error
