"""Cells of tables for people: what a spreadsheet would run as a formula is marked as text.

A mark that ``guarded`` puts there, and no other, is taken away again by ``unguarded``.
"""

import re

_MARK = "'"
_RUNS = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]|'*[\t\r\n]")
"""What a spreadsheet might take for a formula, also behind blanks and marks."""


def guarded(text: str) -> str:
    """Return text as no spreadsheet runs it: marked by an apostrophe where it might."""
    return _MARK + text if _RUNS.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that was guarded so."""
    marked = text.startswith(_MARK) and _RUNS.match(text)
    return text[len(_MARK) :] if marked else text
