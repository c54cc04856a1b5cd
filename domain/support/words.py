"""The words of service: what customers want, who answers, what is waited for, how urgent it is."""

from enum import StrEnum


class RequestKind(StrEnum):
    """What the customer wants."""

    ENQUIRY = "enquiry"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    DEMAND = "demand"
    SUPPORT = "support"


class ReplyKind(StrEnum):
    """Who reads a reply, and whether a human wrote it; only a public one answers the customer."""

    PUBLIC = "public"
    INTERNAL = "internal"
    AUTOMATED = "automated"


class WaitingOn(StrEnum):
    """Whom the request waits for."""

    CUSTOMER = "customer"
    THIRD_PARTY = "third-party"


class Level(StrEnum):
    """How urgent a request is for the customer, or how important for us."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class VoidedBecause(StrEnum):
    """Why a request does not count."""

    SPAM = "spam"
    DUPLICATE = "duplicate"
    MISTAKE = "mistake"
    OTHER = "other"


class LinkedAs(StrEnum):
    """What another request is to this one."""

    DUPLICATE = "duplicate"
    EARLIER = "earlier"
    """It came before this one, and could not be reopened any more."""
    RELATED = "related"


class Clock(StrEnum):
    """What was promised a time for."""

    FIRST_RESPONSE = "first-response"
    NEXT_RESPONSE = "next-response"
    RESOLUTION = "resolution"
