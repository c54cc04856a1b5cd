"""A story told once more: as it was known at some time, and in the order in which it happened.

A story may learn of its facts in any order, and correct whatever it likes of them. Concord's
commands are refused where the state of a thing does not allow them: a request that is resolved is
not resolved again, though that it had come back in between is only learned of later. A story that
cannot be recorded as it was learned is recorded as somebody does it who knows all by now.
"""

from tests.acceptance.story import Line, Story, happened_at, recorded_at

_BEGINNING = {"customer_registered": 1, "survey_sent": 2, "opportunity_opened": 2}
"""What has to be there before anything happens to it, though it was corrected to be later."""
_CLOSING = ("request_voided", "order_voided", "member_left")
"""What lets nothing more happen to a thing; what these decide does not depend on the order."""
_NAMED = ("owner", "holder", "by", "about", "member")
"""Fields that name members."""
_NEVER = "2200-01-01T00:00:00+00:00"


def as_known(story: Story, known_at: str) -> Story:
    """Return the story as it was known at a time: corrected, and in the order of events.

    Whoever ever joins does so first, and whoever leaves does so last: on which days they worked is
    computed from when it was.
    """
    known = [
        line | {"recorded_at": recorded_at(line).isoformat()}
        for line in story.known({"known_at": known_at})
    ]
    by_id = {line["id"]: line for line in known}
    for line in sorted(known, key=happened_at):
        if "set" in line and line["fact"] in by_id:
            by_id[line["fact"]].update(line["set"])
    lines = sorted(known, key=happened_at)
    arriving = [line for line in lines if line["do"] == "member_joined"]
    first = {line["member"]: line for line in reversed(arriving)}
    returning = {line["member"] for line in arriving if line is not first[line["member"]]}

    def rank(line: Line) -> int:
        if line["do"] == "member_joined":
            return 0 if line is first[line["member"]] else 3
        if line["do"] in _CLOSING and line.get("member") not in returning:
            return 4
        return _BEGINNING.get(line["do"], 3)

    told = [*_strangers(lines, set(first), known_at), *sorted(lines, key=rank)]
    return Story(story.name, story.told | {"story": told}, settled=True)


def _strangers(lines: list[Line], known: set[str], known_at: str) -> list[Line]:
    """Let those join whom nobody knows to work here yet: on no day that anybody asks of."""
    named = {line[field] for line in lines for field in _NAMED if line.get(field)}
    return [
        {
            "id": f"stranger {name}",
            "do": "member_joined",
            "at": _NEVER,
            "recorded_at": known_at,
            "member": name,
            "department": "strangers",
            "role": "stranger",
        }
        for name in sorted(named - known)
    ]
