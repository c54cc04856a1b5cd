"""How stories of operations are told: a list, one thing, its past, a change of it."""

from collections.abc import Callable
from typing import Any

from tests.web.client import Answer
from tests.web.company import Company

Story = Callable[[Company], tuple[Any, ...]]
"""What is asked, after all that it takes: the path, for changes the body and the version seen."""
Make = Callable[[Company], Answer]


def listed(path: str, make: Make) -> Story:
    """A list, with one thing in it at least."""
    return lambda company: (path, make(company))


def shown(path: str, make: Make) -> Story:
    """One thing, or a page of its own; its id goes into the path."""

    def tell(company: Company) -> tuple[Any, ...]:
        made = make(company)
        return path.format(made.id), made

    return tell


def changed(path: str, make: Make, body: Any) -> Story:
    """A change of one thing as it was made; a body that needs others is made from the company."""

    def tell(company: Company) -> tuple[Any, ...]:
        made = make(company)
        told = body(company) if callable(body) else body
        return path.format(made.id), told, made.version

    return tell


def past(path: str, make: Make) -> dict[str, Story]:
    """The timeline and the history of one thing."""
    return {
        f"GET {path}/{{id_}}/{page}": shown(f"{path}/{{}}/{page}", make)
        for page in ("timeline", "history")
    }


def pages(path: str, make: Make) -> dict[str, Story]:
    """The list, each thing, and its past."""
    return {
        f"GET {path}": listed(path, make),
        f"GET {path}/{{id_}}": shown(f"{path}/{{}}", make),
        **past(path, make),
    }
