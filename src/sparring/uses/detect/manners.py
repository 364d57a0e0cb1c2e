"""What scikit-learn expects of whoever finds outliers, so that a detector stands in its pipelines."""

from __future__ import annotations

import inspect
from typing import Any, Self

from sparring.metrics import trees


class Manners:
    """Parameters that can be read, changed and cloned."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments with which a detector is made, by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Change some of them; takes effect at the next ``fit``."""
        fresh = type(self)(**(self.get_params() | params))
        for name, value in fresh.get_params().items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        default = type(self)().get_params()
        said = [f"{name}={value!r}" for name, value in self.get_params().items() if value != default[name]]
        return f"{type(self).__name__}({', '.join(said)})"

    def __sklearn_tags__(self) -> Any:
        tags = trees.package("base").BaseEstimator().__sklearn_tags__()
        tags.estimator_type = "outlier_detector"
        return tags
