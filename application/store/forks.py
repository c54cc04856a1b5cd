"""A fork takes memory along but not the threads: locks they hold and connections are made anew."""

import os
import weakref
from collections.abc import Callable


def begin_in_child(begin: Callable[[], None]) -> None:
    """Let a method of an object run in every forked child, before anything else does there."""
    method = weakref.WeakMethod(begin)

    def run() -> None:
        if (found := method()) is not None:
            found()

    os.register_at_fork(after_in_child=run)
