"""What people say in the sample company: in Chinese or English, and by whose dice."""

from random import Random
from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Words(NamedTuple):
    """A sentence in both languages; braces hold what the case at hand fills in."""

    zh: str
    en: str

    def into(self, language: Language, **filled: "str | Words") -> str:
        """Return the sentence in one language, its braces filled in, in that language too."""
        text = self.zh if language == "zh" else self.en
        return text.format_map(
            {
                name: part if isinstance(part, str) else part.into(language)
                for name, part in filled.items()
            }
        )


class Dice(Random):
    """Chance that falls the same way every time: each storyline throws dice of its own."""

    @classmethod
    def of(cls, *words: str) -> "Dice":
        """Return the dice that these words stand for."""
        return cls("\x1f".join(("demo", *words)))

    def likely(self, probability: float) -> bool:
        """Tell whether something of this probability happens this time."""
        return self.random() < probability


PRODUCTS = (
    Words("手持终端 HT-50", "HT-50 handheld terminal"),
    Words("标签打印机 LP-300", "LP-300 label printer"),
    Words("扫码枪 BS-20", "BS-20 barcode scanner"),
    Words("电子秤 WS-15", "WS-15 bench scale"),
    Words("RFID 读写器 RF-8", "RF-8 RFID reader"),
    Words("自助收银机 KX-2", "KX-2 self-checkout kiosk"),
)
"""What the sample company sells: equipment for warehouses and shops."""


def filled_in(dice: Dice) -> dict[str, str | Words]:
    """Return what one case is about: a product, an order, numbers."""
    return {
        "product": dice.choice(PRODUCTS),
        "order": f"SO-26{dice.randint(1, 6):02}-{dice.randint(1, 9999):04}",
        "quantity": str(dice.choice((2, 3, 5, 8, 10, 12, 20, 30, 50, 80))),
        "days": str(dice.randint(2, 9)),
        "amount": f"{dice.randint(12, 980) * 100:,}",
    }
