"""The same facts, credited as if present owners had owned their customers all along.

What a report that looks at who owns a customer now would say; beside the scorecard it shows what a
change of owner does not rewrite.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from domain.ids import DepartmentId, MemberId
from domain.reviews.scoring_rules import Term
from projections.scoring.catalogue import METRICS
from projections.scoring.metric import Credit, Entry
from projections.scoring.scoring import Scored, question
from projections.scoring.sources import IDENTITIES, OWNERS, STAFF, Staff
from projections.scoring.tally import Tallies

NEEDED = (OWNERS, IDENTITIES)
"""What has to be gathered beside what the metrics need."""
_END = datetime.max.replace(tzinfo=UTC)


class _Present(Staff):
    """Everybody where they work now, whenever it is asked."""

    def team_at(self, member_id: MemberId, _instant: datetime) -> DepartmentId | None:
        """Return the department that a member works in now."""
        return super().team_at(member_id, _END)


def as_is(found: Scored) -> Scored:
    """Count once more, all that is a customer's for their present owner; the rest as it was."""
    terms, staff = found.terms, _Present(found.material[STAFF].by_id)
    tallies: dict[Term, Tallies] = {}
    for term in terms.rules.terms:
        metric, counted = METRICS[term.metric], Tallies()
        entries = metric.compute(found.material, question(terms, term, found.known_at))
        counted.count(metric, _moved(found, entries), staff)
        tallies[term] = counted
    return replace(found, tallies=tallies)


def _moved(found: Scored, entries: Iterable[Entry]) -> Iterator[Entry]:
    owners, who = found.material[OWNERS], found.material[IDENTITIES]
    for entry in entries:
        if entry.customer_id is None:
            yield entry
            continue
        owner = owners.at(who.of(entry.customer_id), _END)
        credit: Credit = ((owner, 1),) if owner else ()
        yield entry._replace(credit=credit, department_id=None)
