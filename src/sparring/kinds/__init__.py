"""The kinds of data, such as pictures and points, with one file for each kind."""

from sparring.data.spec import Spec
from sparring.errors import ConfigError, unknown
from sparring.kinds.image import IMAGE
from sparring.kinds.kind import Kind
from sparring.kinds.music import MUSIC
from sparring.kinds.points import POINTS
from sparring.kinds.table import TABLE
from sparring.kinds.text import TEXT

# In the order in which they are asked whether a file or an array is theirs; pictures are last, as they
# read any folder.
KINDS: dict[str, Kind] = {kind.name: kind for kind in (POINTS, MUSIC, TABLE, TEXT, IMAGE)}


def of(found: Spec | str) -> Kind:
    """The kind of a Spec, or the kind with a name.

    Raises:
        ConfigError: an unknown name.
    """
    name = found if isinstance(found, str) else found.kind
    if name not in KINDS:
        raise ConfigError(unknown("kind of data", name, KINDS))
    return KINDS[name]
