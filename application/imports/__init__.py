"""Other systems' files → facts, and taken back where an import was a mistake."""

from application.imports.files import BadRow
from application.imports.importer import ImportReport, run_import
from application.imports.mapping import ImportMap, ImportProblem, read_map
from application.imports.rows import Progress
from application.imports.undo import undo_import

__all__ = [
    "BadRow",
    "ImportMap",
    "ImportProblem",
    "ImportReport",
    "Progress",
    "read_map",
    "run_import",
    "undo_import",
]
