"""How exact figures are written: calculated in fractions, rounded half up once, at the end."""

from fractions import Fraction


def places(value: Fraction, digits: int = 2) -> str:
    """Write a number with so many decimals, halves away from zero, never ``-0.00``."""
    scaled = abs(value) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = "-" if value < 0 and whole else ""
    if not digits:
        return f"{sign}{whole}"
    before, after = divmod(whole, 10**digits)
    return f"{sign}{before}.{after:0{digits}}"


def percent(part: int | Fraction, whole: int | Fraction) -> str | None:
    """Write a part of a whole in percent with two decimals; null of nothing."""
    return places(Fraction(100) * part / whole) if whole else None
