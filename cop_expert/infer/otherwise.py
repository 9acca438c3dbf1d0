"""Other facts of some templates, or other parameters, in; what the rules would conclude out.

The facts that stay are looked at where they lie; only what rests on the others is concluded anew,
and of that only what leads to what is asked for.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from cop_expert.facts import FactBase, is_text, quoted
from cop_expert.infer.duck import DuckEngine
from cop_expert.infer.engine import bring_to_fixed_point
from cop_expert.model.diagnostic import stop_at_errors
from cop_expert.model.rule import (
    CheckedRulebook,
    Clause,
    Constant,
    Stratum,
    atoms_of,
    expressions,
    parts,
)
from cop_expert.model.template import Value

Select = tuple[str, Sequence[Any]]
"""A query for all of a template's columns, and its values."""


@contextmanager
def concluded_otherwise(
    facts: FactBase,
    rulebook: CheckedRulebook,
    wanted: Iterable[str],
    others: Mapping[str, Select],
    moved: Collection[str] = (),
) -> Iterator[FactBase]:
    """A fact base in which these templates hold what is selected, up to the wanted ones.

    `moved` are the parameters whose values in the rulebook are not those by which the facts were
    concluded. Raises KnowledgeProblem on errors.
    """
    strata = tuple(_between(rulebook.strata, set(others), set(wanted), set(moved)))
    concluded = {name for stratum in strata for name in stratum.templates}
    with facts.apart({*others, *concluded}) as other:
        for template, (select, values) in others.items():
            other.query(f"INSERT INTO {quoted(template)} {select}", values)
        engine = DuckEngine(other)
        engine.filled |= {*other.counts(), *(t.name for t in facts.vocabulary.on_demand())}
        stop_at_errors(bring_to_fixed_point(engine, replace(rulebook, strata=strata)))
        yield other


def with_numbers(
    facts: FactBase, template: str, field: str, numbers: Mapping[tuple[Value, ...], int]
) -> Select:
    """The template's facts with other numbers in a field, for the keys of some of them."""
    kind = facts.vocabulary.templates[template]
    ((here,),) = facts.query("SELECT current_database()")
    columns: list[Any] = [
        facts.names.codes(column) if is_text(kind.by_name[name]) else list(column)
        for name, column in zip(kind.key, zip(*numbers, strict=True), strict=True)
    ]
    listed = ", ".join(f"unnest(?) AS {quoted(name)}" for name in (*kind.key, "@new"))
    same = " AND ".join(
        f"f.{quoted(name)} IS NOT DISTINCT FROM m.{quoted(name)}" for name in kind.key
    )
    number = f'coalesce(m."@new", f.{quoted(field)}) AS {quoted(field)}'
    select = f"SELECT f.* REPLACE ({number}) FROM {quoted(here)}.{quoted(template)} f"
    return f"{select} LEFT JOIN (SELECT {listed}) m ON {same}", [*columns, [*numbers.values()]]


def leading_to(templates: Iterable[str], strata: Iterable[Stratum]) -> Iterator[Clause]:
    """The clauses without which the templates could not be concluded."""
    strata = tuple(strata)
    needed = _reached(set(templates), _rests_on(strata))
    return (c for stratum in strata for c in stratum.clauses if c.head.template in needed)


def parameters_of(clause: Clause) -> set[str]:
    """The parameters that the clause speaks of."""
    terms = [term for _, term in clause.head]
    terms += [part for condition in clause.body for part in expressions(condition)]
    found = (part for term in terms for part in parts(term) if isinstance(part, Constant))
    return {constant.parameter for constant in found if constant.parameter}


def _between(
    strata: Sequence[Stratum], others: set[str], wanted: set[str], moved: set[str]
) -> Iterator[Stratum]:
    """The strata that rest on what is otherwise and lead to what is wanted, without all else."""
    rests_on = _rests_on(strata)
    leads_to: dict[str, set[str]] = {}
    for name, asked in rests_on.items():
        for one in asked:
            leads_to.setdefault(one, set()).add(name)
    clauses = (clause for stratum in strata for clause in stratum.clauses)
    turned = {clause.head.template for clause in clauses if parameters_of(clause) & moved}
    needed = _reached(others | turned, leads_to) & _reached(wanted, rests_on)
    for stratum in strata:
        names = tuple(name for name in stratum.templates if name in needed - others)
        kept = tuple(c for c in stratum.clauses if c.head.template in names)
        if kept:
            yield replace(stratum, templates=names, clauses=kept)


def _rests_on(strata: Iterable[Stratum]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for clause in (clause for stratum in strata for clause in stratum.clauses):
        asked = (atom.template for atom in atoms_of(clause.body))
        found.setdefault(clause.head.template, set()).update(asked)
    return found


def _reached(start: set[str], onward: dict[str, set[str]]) -> set[str]:
    found, waiting = set(start), list(start)
    for name in waiting:
        fresh = onward.get(name, set()) - found
        found |= fresh
        waiting += fresh
    return found
