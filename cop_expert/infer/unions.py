"""A sum over a union of sets, with bit strings as the sets: what a group wants together is an OR.

    UnitLearners(unit, learner) TopicWanted(learner, topic)  =>  UnitTopic(unit, topic), on demand
    UnitTopic(unit, topic) Topic(topic, hours)               =>  UnitSet(unit, hours: sum(hours))

To tell all pairs of a unit and a topic apart takes a hash of each, and memory for all. As bit
strings the topics of a unit are the OR of those of its learners; with the topics of equal hours as
a mask, the sum is the number of bits that they share, times these hours.
"""

from collections.abc import Mapping
from typing import NamedTuple

from cop_expert.facts import FactBase, quoted
from cop_expert.infer.sql import Body
from cop_expert.model.rule import Aggregate, Atom, Clause, Presence, Variable
from cop_expert.model.template import Vocabulary

FEWEST_MEMBERS = 10_000
"""With fewer the plain query is as quick, and sooner planned."""
MOST_PLACES, MOST_WORTHS = 4_096, 64
"""With longer bit strings, or more masks, the plain query is quicker."""


class UnionSum(NamedTuple):
    """A clause that sums what each member of a union is worth."""

    head: Atom
    groups: dict[str, str]
    """The names that the clause groups by, and what they are in the union."""
    worth: Atom
    """One fact for each member."""
    key: str
    """Its field with the member."""
    value: str
    """Its field that is summed."""
    union: Clause
    """It joins groups with sets and concludes, on demand, who is a member of what."""
    place: int
    """Where in its body the members of the sets are named."""
    member: str
    """Its name for them."""

    @property
    def members(self) -> Atom:
        return _atoms(self.union)[self.place]

    def is_worthwhile(self, facts: FactBase) -> bool:
        """True where there are many members, but few places and few worths."""
        if facts.vocabulary.templates[self.members.template].on_demand:
            return False
        if facts.count(self.members.template) < FEWEST_MEMBERS:
            return False
        counts = f"count(*), count(DISTINCT {quoted(self.value)})"
        places, worths = facts.query(f"SELECT {counts} FROM {quoted(self.worth.template)}")[0]
        return bool(0 < places <= MOST_PLACES and worths <= MOST_WORTHS)

    def select(self, facts: FactBase) -> str:
        """What the clause concludes."""
        worth, value = quoted(self.worth.template), quoted(self.value)
        bits = f'bitstring_agg("@place", 1, {facts.count(self.worth.template)})'
        fields = facts.vocabulary.templates[self.head.template].names
        return (
            f'WITH "@places" AS (SELECT {quoted(self.key)} AS "@member", {value} AS "@worth", '
            f'row_number() OVER ()::INTEGER AS "@place" FROM {worth} WHERE {value} IS NOT NULL), '
            f'"@masks" AS (SELECT "@worth", {bits} AS "@mask" FROM "@places" GROUP BY "@worth") '
            f"SELECT {', '.join(map(self._column, fields))} FROM ({self._unions(facts, bits)}) "
            f'CROSS JOIN "@masks" GROUP BY {", ".join(map(quoted, self.groups))}'
        )

    def _column(self, field: str) -> str:
        term = self.head.term(field)
        if isinstance(term, Variable):
            return f"{quoted(term.name)} AS {quoted(field)}"
        total = 'sum(bit_count("@members" & "@mask") * "@worth"::HUGEINT)::BIGINT'
        return f"{total} AS {quoted(field)}"

    def _unions(self, facts: FactBase, bits: str) -> str:
        """A row for each group, with its members as bits."""

        def table_of(place: int, template: str) -> str:
            return f"({self._sets(bits)})" if place == self.place else quoted(template)

        body = Body(self.union, facts, table_of)
        groups = {name: body.terms.values[own] for name, own in self.groups.items()}
        columns = "".join(f"{sql} AS {quoted(name)}, " for name, sql in groups.items())
        members = f'bit_or({body.terms.values[self.member]}) AS "@members"'
        return f"SELECT {columns}{members} {body.text()} GROUP BY {', '.join(groups.values())}"

    def _sets(self, bits: str) -> str:
        """In the place of a row for each member of a set, one for the set, with its members."""
        fields = _fields(self.members)
        member = quoted(fields[self.member])
        others = ", ".join(quoted(field) for name, field in fields.items() if name != self.member)
        return (
            f"SELECT {others}, {bits} AS {member} FROM {quoted(self.members.template)} "
            f'JOIN "@places" ON {member} = "@member" GROUP BY {others}'
        )


def union_sum(
    clause: Clause, unions: Mapping[str, Clause], vocabulary: Vocabulary
) -> UnionSum | None:
    """The clause as a sum over one of the unions, which are on demand; None where it is none."""
    atoms = _atoms(clause)
    if len(atoms) != 2 or len(clause.body) != 2:
        return None
    one, worth = atoms if atoms[0].template in unions else atoms[::-1]
    if one.template not in unions or worth.template in unions:
        return None
    return _sum_over(clause, one, worth, unions[one.template], vocabulary)


def _sum_over(
    clause: Clause, joined: Atom, worth: Atom, union: Clause, vocabulary: Vocabulary
) -> UnionSum | None:
    """`joined` is the union as the clause asks for it, `worth` what it says of each member."""
    templates = vocabulary.templates
    told, known = _fields(joined), _fields(worth)
    own = {field: name for name, field in _fields(union.head).items()}
    grouped, value = _grouped(clause)
    shared = told.keys() & known.keys()
    if (
        len(shared) != 1
        or not grouped
        or grouped != told.keys() - shared
        or value not in known.keys() - shared
        or tuple(known[name] for name in shared) != templates[worth.template].key
        or not set(told.values()) == own.keys() == set(templates[joined.template].names)
        or len(clause.head.terms) < len(templates[clause.head.template].names)
    ):
        return None
    (name,) = shared
    member, groups = own[told[name]], {group: own[told[group]] for group in sorted(grouped)}
    place = _place_of(member, union)
    if place is None:
        return None
    return UnionSum(clause.head, groups, worth, known[name], known[value], union, place, member)


def _grouped(clause: Clause) -> tuple[set[str], str]:
    """The names that it groups by, and the one that it sums; nothing where it does other things."""
    names = {term.name for _, term in clause.head if isinstance(term, Variable)}
    match [term for _, term in clause.head if not isinstance(term, Variable)]:
        case [Aggregate("sum", Variable(value))]:
            return names, value
    return set(), ""


def _place_of(member: str, union: Clause) -> int | None:
    """The one condition that names the members, beside what they are members of."""
    places = [place for place, atom in enumerate(_atoms(union)) if member in _fields(atom)]
    if len(_atoms(union)) < len(union.body) or len(places) != 1:
        return None
    return places[0] if len(_fields(_atoms(union)[places[0]])) > 1 else None


def _atoms(clause: Clause) -> list[Atom]:
    return [c.atom for c in clause.body if isinstance(c, Presence)]


def _fields(atom: Atom) -> dict[str, str]:
    """The field of each of its variables; empty where it has other terms, or one of them twice."""
    fields = {term.name: field for field, term in atom if isinstance(term, Variable)}
    return fields if len(fields) == len(atom.terms) else {}
