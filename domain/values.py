"""Small values several contexts share."""

from enum import StrEnum

SHORT = 60
"""The longest code, role or label, in characters."""
NAME = 200
"""The longest name or title, in characters."""
TEXT = 10_000
"""The longest free text (a reply, a note), in characters."""


class Tier(StrEnum):
    """How much a customer matters to the company; service promises differ by it."""

    STRATEGIC = "strategic"
    KEY = "key"
    NORMAL = "normal"


class ContactChannel(StrEnum):
    """The way a company and a customer were in touch."""

    EMAIL = "email"
    PHONE = "phone"
    CHAT = "chat"
    SMS = "sms"
    VISIT = "visit"
    MEETING = "meeting"
    WEB = "web"
    SOCIAL = "social"
    OTHER = "other"
