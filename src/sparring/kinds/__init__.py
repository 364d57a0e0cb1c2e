"""What pictures, points … are to the players, to the disk and to the eye: a file each."""

from sparring.data.spec import Spec
from sparring.errors import ConfigError, unknown
from sparring.kinds.image import IMAGE
from sparring.kinds.kind import Kind
from sparring.kinds.points import POINTS

# In the order in which they are asked whose a file is; pictures, who take any folder, last.
KINDS: dict[str, Kind] = {kind.name: kind for kind in (POINTS, IMAGE)}


def of(found: Spec | str) -> Kind:
    """The kind of such data, or of that name.

    Raises:
        ConfigError: an unknown name.
    """
    name = found if isinstance(found, str) else found.kind
    if name not in KINDS:
        raise ConfigError(unknown("kind of data", name, KINDS))
    return KINDS[name]
