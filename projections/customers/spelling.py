"""How names, numbers and addresses are compared: whatever the width, case, accents, legal form."""

import re
import unicodedata
from itertools import pairwise

_CJK = r"\u2e80-\u2fff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_IS_CJK = re.compile(rf"[{_CJK}]")
_LEGAL = re.compile(
    "ab|ag|as|bv|co|company|corp|corporation|gmbh|group|holding|holdings|inc|incorporated|kg|kk"
    "|limited|llc|llp|lp|ltd|mbh|nv|oy|plc|pte|pty|sa|sarl|se|spa|srl"
)
_LEGAL_ZH = re.compile("股份有限公司|有限责任公司|有限公司|集团|控股|公司|株式会社|有限会社")
_TAX_ID = re.compile("[0-9A-HJ-NPQRTUWXY]{18}")
_TAX_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_DOMAIN = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?(?:www\.)?([^/:?#@\s]+)[^\s]*")

NEARLY = 0.99
"""How alike two names are at most that are not the same."""
LEAST_DIGITS = 6
"""A number with fewer digits is an extension: it says nothing about who one is."""


def plain(text: str) -> str:
    """Return text without what people write in one way or the other: width, case, accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return unicodedata.normalize("NFKC", kept).casefold()


def words(text: str | None) -> list[str]:
    """Return the words of a text; stretches of Chinese are words apart from those in letters."""
    return _WORD.findall(plain(text or ""))


def is_cjk(word: str) -> bool:
    """Tell whether a word is written without letters."""
    return bool(_IS_CJK.match(word))


def digits(number: str | None) -> str:
    """Return the digits of a telephone number."""
    return "".join(letter for letter in plain(number or "") if letter.isdecimal())


def core(name: str) -> str:
    """Return what of a company's name is its own: no legal form, no blanks, no punctuation."""
    found = words(_LEGAL_ZH.sub(" ", unicodedata.normalize("NFKC", name)))
    own = [word for word in found if not _LEGAL.fullmatch(word)]
    return "".join(own or words(name))


def domain(address: str | None) -> str | None:
    """Return the domain of a website or an e-mail address, or None where there is none."""
    found = _DOMAIN.fullmatch(plain(address or "").strip())
    if found is None or not re.fullmatch(r"[^.\s]+(\.[^.\s]+)+", found[1]):
        return None
    return found[1]


def resemblance(one: str, other: str) -> float:
    """Return how alike two cores are, from 0 to 1: Dice's coefficient of their pairs of letters."""
    if one == other:
        return 1.0
    mine, others = ({"".join(pair) for pair in pairwise(core)} for core in (one, other))
    whole = len(mine) + len(others)
    # Two names that only share all their pairs ("Ana 11", "Ana 111") are not the same.
    return min(NEARLY, 2 * len(mine & others) / whole) if whole else 0.0


def is_tax_id(text: str) -> bool:
    """Tell whether this is a unified social credit code (GB 32100-2015): 18 signs, one to check."""
    code = unicodedata.normalize("NFKC", text).strip().upper()
    if not _TAX_ID.fullmatch(code):
        return False
    total = sum(_TAX_DIGITS.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    return _TAX_DIGITS[-total % 31] == code[17]
