"""What follows from keys: which names have one value only, once others have theirs.

A condition on a template is a functional dependency, for two facts never agree in the key and
differ elsewhere: the names in its key fields determine all its names. So do the names of an
expression determine the name that takes its value. What a set of names determines is its closure
under these (Armstrong, "Dependency Structures of Data Base Relationships", 1974; reckoned as in
Beeri and Bernstein, "Computational Problems Related to the Design of Normal Form Relational
Schemas", 1979).
"""

from collections.abc import Iterable, Iterator

from cop_expert.model.rule import (
    Atom,
    Binding,
    Clause,
    Comparison,
    Condition,
    Expression,
    Fallback,
    Presence,
    Variable,
    variables,
)
from cop_expert.model.template import Kind, Vocabulary

Dependency = tuple[set[str], set[str]]
"""Where two bindings agree in the first names, they agree in the second."""


def determined(clause: Clause, vocabulary: Vocabulary, known: Iterable[str]) -> set[str]:
    """The known names, and all that have one value only for each value of these.

    A computed number may be known, as a field of the conclusion is, to the places of a fact only;
    nothing follows from it.
    """
    given = set(known)
    found = given - _computed_numbers(clause)
    waiting = [pair for part in clause.body for pair in _dependencies(part, vocabulary)]
    while ready := [pair for pair in waiting if pair[0] <= found]:
        found = found.union(*(names for _, names in ready))
        waiting = [pair for pair in waiting if pair not in ready]
    return found | given


def _computed_numbers(clause: Clause) -> set[str]:
    names = {part.name for part in clause.body if isinstance(part, Binding)}
    return {name for name in names & clause.types.keys() if clause.types[name].kind == Kind.NUMBER}


def _dependencies(condition: Condition, vocabulary: Vocabulary) -> Iterator[Dependency]:
    match condition:
        case Presence(atom):
            if _names_key(atom, vocabulary):
                key = vocabulary.templates[atom.template].key
                yield (
                    _names(term for field, term in atom if field in key),
                    _names(term for _, term in atom),
                )
        case Fallback(atom, name, value):
            others = [(field, term) for field, term in atom if name not in _names([term])]
            if _names_key(Atom(atom.template, tuple(others), atom.origin), vocabulary):
                yield _names([*(term for _, term in others), value]), {name}
        case Binding(name, value):
            yield _names([value]), {name}
        case Comparison("=", left, right):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, Variable):
                    yield _names([other]), {one.name}


def _names_key(atom: Atom, vocabulary: Vocabulary) -> bool:
    """True where each key field of the template has a term."""
    return set(vocabulary.templates[atom.template].key) <= {field for field, _ in atom}


def _names(expressions: Iterable[Expression]) -> set[str]:
    return {variable.name for found in expressions for variable in variables(found)}
