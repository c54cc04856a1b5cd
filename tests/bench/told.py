"""Whom of the sample company may still be asked about."""

from uuid import UUID

from application.demo import facts


def customers() -> list[UUID]:
    """Return the customers who were not merged into others."""
    gone = {fact.stream_id for fact in facts() if fact.name == "customer.merged"}
    told = {fact.stream_id for fact in facts() if fact.name == "customer.registered"}
    return sorted(told - gone)
