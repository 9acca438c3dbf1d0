"""A clause in, the ways in which its conditions hold out: by looking facts up, one at a time."""

from collections.abc import Iterator, Mapping

from cop_expert.facts import FactBase, Row
from cop_expert.model import rule as r
from cop_expert.model.proof import Proof
from cop_expert.model.template import Kind, Value
from cop_expert.replay.reckon import Names, NoValue, holds, plain, reckoned, stored

FEW = 20_000
"""Facts of a template up to which all are held in memory."""
MOST = 5_000
"""Facts that are looked at for one question."""
TYPES = {Kind.NUMBER: int, Kind.TEXT: str, Kind.TRUTH: bool}
Rows = Mapping[int, Row]
"""The facts that conditions find, by position; a fallback without a fact is left out."""


class TooMany(Exception):
    """The question asks for more facts than can be looked at one at a time."""


class Ways:
    """Looks facts up in one fact base."""

    def __init__(self, facts: FactBase) -> None:
        self.facts = facts
        self.looked = 0
        self._sizes: dict[str, int] = {}
        self._index: dict[tuple[str, ...], dict[Row, list[Row]]] = {}
        self._orders: dict[tuple[int, frozenset[str]], list[int]] = {}

    def has(self, fact: Proof) -> bool:
        """Whether there is such a fact."""
        template = self.facts.vocabulary.templates.get(fact.template)
        if not template or tuple(fact.values) != template.names:
            return False
        pairs = zip(template.kinds, fact.values.values(), strict=True)
        typed = all(value is None or type(value) is TYPES[kind] for kind, value in pairs)
        return typed and bool(self.rows(fact.template, fact.values))

    def rows(self, template: str, known: Mapping[str, Value]) -> list[Row]:
        """The template's facts with these values."""
        asked = (template, *known)
        if template not in self._sizes:
            self._sizes[template] = self.facts.count(template)
        if self._sizes[template] > FEW:
            return self.facts.rows(template, **known)
        if asked not in self._index:
            self._index[asked] = {}
            places = [self.facts.vocabulary.templates[template].position(f) for f in known]
            for row in self.facts.rows(template):
                key = tuple(row[place] for place in places)
                self._index[asked].setdefault(key, []).append(row)
        return self._index[asked].get(tuple(known.values()), [])

    def of(self, clause: r.Clause, names: Names, wanted: Rows | None = None) -> Iterator[Names]:
        """The names after each way in which all conditions hold, by these facts where wanted.

        Raises TooMany.
        """
        self.looked = 0
        asked = (id(clause), frozenset(names))
        if asked not in self._orders:
            self._orders[asked] = _order(clause.body, set(names))
        yield from self._rest(clause.body, self._orders[asked], names, wanted)

    def _rest(
        self,
        body: tuple[r.Condition, ...],
        positions: list[int],
        names: Names,
        wanted: Rows | None,
    ) -> Iterator[Names]:
        if not positions:
            yield names
            return
        first, *rest = positions
        try:
            ways = list(self._step(body[first], names))
        except NoValue:
            return
        self.looked += len(ways)
        if self.looked > MOST:
            raise TooMany
        for row, more in ways:
            if wanted is None or row == wanted.get(first):
                yield from self._rest(body, rest, more, wanted)

    def _step(self, condition: r.Condition, names: Names) -> Iterator[tuple[Row | None, Names]]:
        """Each way in which the condition holds: the fact that it finds, and the names then."""
        match condition:
            case r.Presence(atom):
                yield from self._agreeing(atom, names)
            case r.Fallback():
                yield from self._or_else(condition, names)
            case r.Absence(atom):
                if not any(self._agreeing(atom, names)):
                    yield None, names
            case r.Binding(name, expression):
                yield None, names | {name: reckoned(expression, names)}
            case r.Comparison():
                if holds(condition, names):
                    yield None, names

    def _or_else(self, condition: r.Fallback, names: Names) -> Iterator[tuple[Row | None, Names]]:
        name = condition.name
        others = {other: value for other, value in names.items() if other != name}
        found = False
        for row, more in self._agreeing(condition.atom, others):
            found = True
            if names.get(name, more[name]) == more[name]:
                yield row, names | {name: more[name]}
        if not found:
            value = plain(stored(reckoned(condition.value, names)))
            if name not in names or (value is not None and value == names[name]):
                yield None, names | {name: value}

    def _agreeing(self, atom: r.Atom, names: Names) -> Iterator[tuple[Row, Names]]:
        """The facts that the atom speaks of; what is absent joins with nothing."""
        known = known_fields(atom, names)
        variables = {field: t.name for field, t in atom if isinstance(t, r.Variable)}
        if any(known[field] is None for field in variables.keys() & known.keys()):
            return
        places = self.facts.vocabulary.templates[atom.template].names
        for row in self.rows(atom.template, known):
            fact = dict(zip(places, row, strict=True))
            more = {name: fact[field] for field, name in variables.items()}
            if None not in more.values() and all(fact[f] == more[n] for f, n in variables.items()):
                yield row, {name: plain(value) for name, value in more.items()} | names


def known_fields(atom: r.Atom, names: Names) -> dict[str, Value]:
    """What the fields of the atom have to be, as far as the names tell it."""
    return {
        field: stored(reckoned(term, names))
        for field, term in atom
        if not isinstance(term, r.Variable) or term.name in names
    }


def _order(body: tuple[r.Condition, ...], known: set[str]) -> list[int]:
    """The positions of the conditions: first those that need nothing more, then the fact of which
    most is known."""
    waiting, order = dict(enumerate(body)), []
    giving = [c for c in body if not isinstance(c, r.Absence | r.Comparison)]
    given = {name for condition in giving for name in _names(condition)}

    def unknown(position: int) -> int:
        return len((_needed(waiting[position]) & given) - known)

    while waiting:
        finding = [p for p, c in waiting.items() if isinstance(c, r.Presence)]
        ready = [p for p in waiting if p not in finding and not unknown(p)]
        chosen = ready[0] if ready else min(finding, key=unknown)
        known = known | (_names(waiting[chosen]) & given)
        order.append(chosen)
        del waiting[chosen]
    return order


def _needed(condition: r.Condition) -> set[str]:
    """The names that a condition needs, or would rather know."""
    match condition:
        case r.Binding(_, value):
            return {v.name for v in r.variables(value)}
        case r.Fallback(_, name, value):
            return (_names(condition) - {name}) | {v.name for v in r.variables(value)}
    return _names(condition)


def _names(condition: r.Condition) -> set[str]:
    own = {condition.name} if isinstance(condition, r.Binding) else set()
    return own | {v.name for part in r.expressions(condition) for v in r.variables(part)}
