"""How sure a figure of a survey is: 95 % confidence intervals, exact far beyond two decimals."""

from fractions import Fraction
from math import isqrt

Z = Fraction("1.959963984540054")
"""The 97.5 % quantile of the normal distribution."""
_DIGITS = 30
Interval = tuple[Fraction, Fraction]


def wilson(hits: int, n: int) -> Interval:
    """Return the interval of a share, both ends from 0 to 1, for n above 0.

    The score interval: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", JASA 22 (1927) 209-212. It has a width also where all or none are hits.
    """
    centre = hits + Z**2 / 2
    width = Z * root(Fraction(hits * (n - hits), n) + Z**2 / 4)
    return (centre - width) / (n + Z**2), (centre + width) / (n + Z**2)


def net(promoters: int, detractors: int, n: int) -> Interval | None:
    """Return the interval of the difference of two shares of the same n, from -1 to 1.

    The normal interval of the variance of dependent proportions, (p + d - (p - d)^2) / n:
    A. Agresti, *Categorical Data Analysis*, 3rd ed. (2013), 11.1.1. Where all answers are alike the
    variance is 0 and says nothing: None.
    """
    difference = Fraction(promoters - detractors, n)
    variance = Fraction(promoters + detractors, n) - difference**2
    if not variance:
        return None
    width = Z * root(variance / n)
    return max(difference - width, Fraction(-1)), min(difference + width, Fraction(1))


def root(value: Fraction) -> Fraction:
    """Return the square root, exact far beyond what is shown of it."""
    scale = 10**_DIGITS
    return Fraction(isqrt(value.numerator * scale**2 // value.denominator), scale)
