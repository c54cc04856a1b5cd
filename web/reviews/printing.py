"""Pages that print well: plain HTML on A4, without scripts and without anything from elsewhere.

A page is told in parts (what is known, sentences, tables); everything in it is escaped. Its one
style stands in it and is named by its hash in the page's Content-Security-Policy.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from flask import Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from web.exchange.tables import Cell

Language = Literal["en", "zh"]
Told = Sequence[tuple[str, Cell]]
"""What is known, each with its name."""

LANGS: dict[Language, str] = {"en": "en", "zh": "zh-Hans"}
"""Languages as the ``lang`` attribute names them."""
NOTHING = "–"


@dataclass(frozen=True)
class Table:
    """A table: the first cell of each row names it; ``numbers`` are the columns of figures."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Passage:
    """Sentences under a heading of their own."""

    title: str
    sentences: Sequence[str]


@dataclass(frozen=True)
class Section:
    """A part of a page; ``apart``: on a sheet of its own."""

    title: str
    parts: Sequence[str | Table | Passage] = ()
    told: Told = ()
    apart: bool = False


@dataclass(frozen=True)
class Page:
    """A page."""

    title: str
    told: Told
    sections: Sequence[Section]


_JINJA = Environment(
    loader=PackageLoader("web.reviews"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=False,
)
_STYLE = _JINJA.get_template("page.css").render()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
SECURITY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_HASH}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""The Content-Security-Policy of a page: its own style, and nothing else."""
_LIST = _JINJA.from_string(
    "{% if told %}<dl>\n{% for name, value in told %}"
    "<dt>{{ name }}</dt><dd>{{ shown(value) }}</dd>\n{% endfor %}</dl>{% endif %}"
)


def printed(page: Page, language: Language) -> str:
    """Write a page as HTML."""
    return _JINJA.get_template("page.html").render(
        page=page,
        lang=LANGS[language],
        style=Markup(_STYLE),  # noqa: S704 - our own file, named by its hash
        listed=_listed,
        shown=_shown,
    )


def page_response(html: str) -> Response:
    """Answer with a page, under a policy that allows its own style and nothing else."""
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = SECURITY
    return response


def _listed(told: Told) -> Markup:
    return Markup(_LIST.render(told=told, shown=_shown))  # noqa: S704 - rendered with autoescape


def _shown(cell: Cell) -> str:
    return NOTHING if cell is None else str(cell)
