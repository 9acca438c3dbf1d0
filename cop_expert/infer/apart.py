"""Two clauses in, whether no fact that one concludes agrees with any that the other concludes.

Suppose that two such facts agree, wholly or in their key: which terms are then equal? Facts that
agree in their key are one fact, so their other terms are equal, too (the chase: Maier, Mendelzon
and Sagiv, "Testing Implications of Data Dependencies", 1979). Where that comes to a contradiction,
they are apart: two literals that differ, a value and none, names of classes that share none, a fact
that the other clause says is not there, or comparisons that exclude one another.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

from cop_expert.model.rule import (
    Absence,
    Atom,
    Binding,
    Clause,
    Comparison,
    Constant,
    Expression,
    Fallback,
    Presence,
    Variable,
)
from cop_expert.model.template import Vocabulary

Node = tuple[int, object]
"""A name, with the place of its clause, or a literal."""
LITERAL = -1
NONE: Node = (LITERAL, (type(None), None))
OUTCOMES = {"<": "<", "<=": "<=", "=": "=", "!=": "<>", ">=": "=>", ">": ">"}
"""How two values may lie where a comparison holds."""
MIRROR = str.maketrans("<>", "><")


class Contradiction(Exception):
    """What was supposed cannot be."""


def are_disjoint(one: Clause, other: Clause, vocabulary: Vocabulary) -> bool:
    """True where no fact is concluded by both."""
    template = vocabulary.templates[one.head.template]
    if any(map(are_two_literals, *(_terms(clause, template.names) for clause in (one, other)))):
        return True  # as most are, of many clauses: told without a look at their conditions
    try:
        Agreement(one, other, vocabulary).suppose(template.names)
    except Contradiction:
        return True
    return False


def never_clash(one: Clause, other: Clause, vocabulary: Vocabulary) -> bool:
    """True where conclusions of the two that agree in the key are always the same fact."""
    template = vocabulary.templates[one.head.template]
    agreement = Agreement(one, other, vocabulary)
    try:
        agreement.suppose(template.key)
    except Contradiction:
        return True
    return all(map(agreement.is_certain, template.names))


def are_two_literals(one: Expression, other: Expression) -> bool:
    return isinstance(one, Constant) and isinstance(other, Constant) and one.value != other.value


def _terms(clause: Clause, fields: Iterable[str]) -> list[Expression]:
    """What the clause concludes in these fields."""
    head = dict(clause.head)
    return [head.get(field, Constant(None)) for field in fields]


class Agreement:
    """What is equal where two clauses conclude facts that agree."""

    def __init__(self, one: Clause, other: Clause, vocabulary: Vocabulary) -> None:
        self.clauses = (one, other)
        self.vocabulary = vocabulary
        self.equal: dict[Node, Node] = {}
        """From a node to one that it equals, and so on to the last."""
        self.classes: dict[Node, frozenset[str]] = {}
        """The classes of the names that a last node stands for."""
        self.facts = [
            (place, condition.atom)
            for place, clause in enumerate(self.clauses)
            for condition in clause.body
            if isinstance(condition, Presence)
        ]
        self.there = {
            (place, term.name)
            for place, atom in self.facts
            for _, term in atom
            if isinstance(term, Variable)
        }
        """What is not none."""

    def suppose(self, fields: Iterable[str]) -> None:
        """Raises Contradiction where the conclusions cannot agree in the fields."""
        for one, other in map(self._pair, fields):
            if one and other:
                self._equate(one, other)
        self._equate_facts()
        self._check_absences()
        self._check_comparisons()

    def is_certain(self, field: str) -> bool:
        """True where the conclusions have to agree in the field, too."""
        one, other = self._pair(field)
        return one is not None and other is not None and self._last(one) == self._last(other)

    def _pair(self, field: str) -> tuple[Node | None, Node | None]:
        """What the two conclude in a field."""
        one, other = (
            self._node(place, term)
            for place, clause in enumerate(self.clauses)
            for term in _terms(clause, [field])
        )
        return one, other

    def _node(self, place: int, term: Expression | None) -> Node | None:
        """None for what is computed: a fact holds fewer places of it than its rule."""
        match term:
            case Constant(value):
                return LITERAL, (type(value), value)
            case Variable(name) if (place, name) in self.there:
                return place, name
        return None

    def _last(self, node: Node) -> Node:
        while node in self.equal:
            node = self.equal[node]
        return node

    def _equate(self, one: Node, other: Node) -> None:
        one, other = self._last(one), self._last(other)
        if one == other:
            return
        if other[0] == LITERAL:
            one, other = other, one
        if one[0] == LITERAL and (other[0] == LITERAL or one == NONE):
            raise Contradiction
        classes, others = (self._classes_of(node) for node in (one, other))
        if classes and others and share_no_name(classes, others, self.vocabulary):
            raise Contradiction
        self.equal[other] = one
        self.classes[one] = classes or others

    def _classes_of(self, node: Node) -> frozenset[str]:
        place, name = node
        if node not in self.classes and place != LITERAL:
            self.classes[node] = self.clauses[place].types[str(name)].classes
        return self.classes.get(node, frozenset())

    def _equate_facts(self) -> None:
        """Facts that agree in their key agree."""
        pairs = [
            (one, other)
            for one, other in combinations(self.facts, 2)
            if one[1].template == other[1].template
        ]
        before = -1
        while before != len(self.equal):
            before = len(self.equal)
            for (place, atom), (other_place, other) in pairs:
                key = self.vocabulary.templates[atom.template].key
                terms = dict(self._nodes(place, atom))
                others = dict(self._nodes(other_place, other))
                if all(f in terms and f in others for f in key) and all(
                    self._last(terms[field]) == self._last(others[field]) for field in key
                ):
                    for field in terms.keys() & others.keys():
                        self._equate(terms[field], others[field])

    def _nodes(self, place: int, atom: Atom) -> Iterator[tuple[str, Node]]:
        for field, term in atom:
            if node := self._node(place, term):
                yield field, node

    def _check_absences(self) -> None:
        for place, clause in enumerate(self.clauses):
            for condition in clause.body:
                if isinstance(condition, Absence):
                    for other_place, fact in self.facts:
                        if self._is_denied(place, condition.atom, other_place, fact):
                            raise Contradiction

    def _is_denied(self, place: int, denied: Atom, fact_place: int, fact: Atom) -> bool:
        """True where the fact is one of those that are said not to be there."""
        if denied.template != fact.template:
            return False
        terms = dict(self._nodes(fact_place, fact))
        bound = bound_names(self.clauses[place])
        names = [term.name for _, term in denied if isinstance(term, Variable)]
        for field, term in denied:
            found = terms.get(field)
            if isinstance(term, Variable) and term.name not in bound:
                if not found or self._last(found) == NONE or names.count(term.name) > 1:
                    return False
                continue
            node = self._node(place, term)
            if not node or not found or self._last(node) != self._last(found):
                return False
        return True

    def _check_comparisons(self) -> None:
        """Each holds in its own clause; together they must leave a way to lie."""
        possible: dict[tuple[Node, Node], set[str]] = {}
        for place, clause in enumerate(self.clauses):
            for condition in clause.body:
                if isinstance(condition, Comparison):
                    one, other = (
                        self._node(place, side) for side in (condition.left, condition.right)
                    )
                    if one and other:
                        self._note(possible, self._last(one), self._last(other), condition.operator)
        if not all(possible.values()):
            raise Contradiction

    def _note(
        self, possible: dict[tuple[Node, Node], set[str]], one: Node, other: Node, operator: str
    ) -> None:
        ways = set(OUTCOMES[operator])
        if one == other:
            ways &= {"="}
        elif (other, one) in possible:
            one, other, ways = other, one, {way.translate(MIRROR) for way in ways}
        possible.setdefault((one, other), set("<=>")).intersection_update(ways)


def bound_names(clause: Clause) -> set[str]:
    """The names that have a value before it is asked what is not there."""
    names = {c.name for c in clause.body if isinstance(c, Fallback | Binding)}
    return names.union(
        term.name
        for condition in clause.body
        if isinstance(condition, Presence)
        for _, term in condition.atom
        if isinstance(term, Variable)
    )


def share_no_name(ones: frozenset[str], others: frozenset[str], vocabulary: Vocabulary) -> bool:
    """True where nothing is both of one of the first classes and of one of the others."""

    def kinds(name: str) -> frozenset[str]:
        return vocabulary.above.get(name, frozenset({name}))

    return all(
        any(kinds(one) & apart and kinds(other) & apart for apart in vocabulary.disjoint)
        and not kinds(one) & kinds(other) & frozenset().union(*vocabulary.disjoint)
        for one in ones
        for other in others
    )
