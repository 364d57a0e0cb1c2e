"""Tables: rows of numbers, categories and dates, in files and in memory."""

from sparring.data.table.dataset import adapted, from_frame, from_path
from sparring.data.table.frames import backend_of
from sparring.data.table.reading import SUFFIXES, is_table

__all__ = ["SUFFIXES", "adapted", "backend_of", "from_frame", "from_path", "is_table"]
