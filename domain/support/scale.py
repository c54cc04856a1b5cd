"""What surveys ask: aspects, each on a scale, and what an answer on that scale counts as."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.values import NAME, SHORT

RECOMMEND = "recommend"
"""The aspect that asks whether somebody would recommend us: its figure is the net promoter score,
so that it is always asked on 0-10."""
EFFORT = frozenset({"effort", "ease"})
"""The aspects whose figure is the customer effort score."""
MOST_ASPECTS = 20
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Scale(StrEnum):
    """From which score to which an aspect is answered; the highest is the best."""

    FIVE = "1-5"
    SEVEN = "1-7"
    TEN = "1-10"
    ELEVEN = "0-10"

    @property
    def least(self) -> int:
        """The lowest score on it."""
        return int(self.partition("-")[0])

    @property
    def most(self) -> int:
        """The highest score on it."""
        return int(self.partition("-")[2])

    @property
    def top(self) -> int:
        """From which score on an answer counts as satisfied: 4 of 5, 5 of 7, 9 of 10."""
        return {Scale.FIVE: 4, Scale.SEVEN: 5}.get(self, 9)

    def holds(self, score: int) -> bool:
        """Tell whether a score stands on it."""
        return self.least <= score <= self.most


@dataclass(frozen=True, slots=True)
class Aspect:
    """One question of a form: its code, how it reads in both languages, and its scale."""

    code: str
    english: str
    chinese: str
    scale: Scale


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with an aspect, and with which; None: with all of them together."""

    number: int | None
    sentence: str


def flaws(aspects: Sequence[Aspect]) -> Iterator[Flaw]:
    """Return what is wrong with the aspects of a form, in their order."""
    if not 0 < len(aspects) <= MOST_ASPECTS:
        yield Flaw(None, f"A form asks 1 to {MOST_ASPECTS} aspects.")
    seen: set[str] = set()
    for number, each in enumerate(aspects):
        if len(each.code) > SHORT or not _CODE.fullmatch(each.code):
            yield Flaw(number, "An aspect's code is small letters, digits and single hyphens.")
        elif each.code in seen:
            yield Flaw(number, f"The form asks {each.code} twice.")
        if not all(0 < len(label.strip()) <= NAME for label in (each.english, each.chinese)):
            yield Flaw(number, f"An aspect reads as 1 to {NAME} characters in each language.")
        if each.code == RECOMMEND and each.scale is not Scale.ELEVEN:
            yield Flaw(number, "Whether somebody would recommend us is asked on 0-10.")
        seen.add(each.code)
