"""Texts as data: read from files or from a list of strings, as whole numbers that stand for symbols."""

from sparring.data.text.dataset import adapted, from_path, from_strings, reads
from sparring.data.text.items import SUFFIXES, strings

__all__ = ["SUFFIXES", "adapted", "from_path", "from_strings", "reads", "strings"]
