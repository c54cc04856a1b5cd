"""What the OpenAPI document says of an operation, and whether an answer is so."""

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.web.client import API


def described(document: dict[str, Any], operation: str) -> dict[str, Any]:
    """What the document says of an operation."""
    method, path = operation.split(" ")
    return dict(document["paths"][API + path][method.lower()])


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """The part a reference leads to."""
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def fits(document: dict[str, Any], schema: dict[str, Any], found: Any) -> None:
    """What was answered is what the document says would be."""
    whole = {"$defs": {}, "components": document["components"], **schema}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(found)
