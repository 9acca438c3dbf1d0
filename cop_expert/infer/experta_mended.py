"""The names of experta 1.9.4 that this project uses; the one file that imports it.

experta pins frozendict 1.2, which still looks in `collections` for what Python 3.10 moved to
`collections.abc`, and it sets up logging for the whole process; neither outlasts the import.
"""

import collections
import collections.abc
import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _as_before_python_3_10() -> Iterator[None]:
    moved = not hasattr(collections, "Mapping")
    if moved:
        collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if moved:
            del collections.Mapping  # type: ignore[attr-defined]


@contextmanager
def _logging_left_alone() -> Iterator[None]:
    handlers = logging.root.handlers[:]
    try:
        yield
    finally:
        logging.root.handlers[:] = handlers


with _as_before_python_3_10():
    import frozendict  # type: ignore[import-untyped]  # noqa: F401 - kept for experta to find

with _logging_left_alone():
    from experta import (  # type: ignore[import-untyped]
        AND,
        AS,
        EXISTS,
        FORALL,
        MATCH,
        NOT,
        OR,
        TEST,
        DefFacts,
        Fact,
        Field,
        InitialFact,
        KnowledgeEngine,
        L,
        P,
        Rule,
        W,
        operator,
        unwatch,
    )
    from experta.abstract import Matcher, Strategy  # type: ignore[import-untyped]
    from experta.agenda import Agenda  # type: ignore[import-untyped]
    from experta.conditionalelement import ConditionalElement  # type: ignore[import-untyped]
    from experta.fieldconstraint import ANDFC, NOTFC, ORFC  # type: ignore[import-untyped]
    from experta.matchers.rete import ReteMatcher  # type: ignore[import-untyped]
    from experta.matchers.rete.dnf import dnf  # type: ignore[import-untyped]
    from experta.matchers.rete.utils import prepare_rule  # type: ignore[import-untyped]

unwatch()  # Else a program that logs at INFO prints a line for each fact and each firing.

__all__ = [
    "AND",
    "ANDFC",
    "AS",
    "EXISTS",
    "FORALL",
    "MATCH",
    "NOT",
    "NOTFC",
    "OR",
    "ORFC",
    "TEST",
    "Agenda",
    "ConditionalElement",
    "DefFacts",
    "Fact",
    "Field",
    "InitialFact",
    "KnowledgeEngine",
    "L",
    "Matcher",
    "P",
    "ReteMatcher",
    "Rule",
    "Strategy",
    "W",
    "dnf",
    "operator",
    "prepare_rule",
]
