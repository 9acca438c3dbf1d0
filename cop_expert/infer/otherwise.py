"""Other facts of one template in, what the rules would conclude from them out.

The facts that stay are looked at where they lie; only what rests on the others is concluded anew,
and of that only what leads to what is asked for.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from cop_expert.facts import FactBase, quoted
from cop_expert.infer.duck import DuckEngine
from cop_expert.infer.engine import bring_to_fixed_point
from cop_expert.model.rule import CheckedRulebook, Stratum, atoms_of


@contextmanager
def concluded_otherwise(
    facts: FactBase, rulebook: CheckedRulebook, template: str, select: str, wanted: Iterable[str]
) -> Iterator[FactBase]:
    """A fact base in which the template holds what the query selects, up to the wanted ones."""
    strata = tuple(_between(rulebook.strata, template, set(wanted)))
    concluded = {name for stratum in strata for name in stratum.templates}
    with facts.apart({template, *concluded}) as other:
        other.query(f"INSERT INTO {quoted(template)} {select}")
        engine = DuckEngine(other)
        engine.filled |= {*other.counts(), *(t.name for t in facts.vocabulary.on_demand())}
        bring_to_fixed_point(engine, replace(rulebook, strata=strata))
        yield other


def _between(strata: Iterable[Stratum], template: str, wanted: set[str]) -> Iterator[Stratum]:
    """The strata that rest on the template and lead to what is wanted, without all else."""
    rests_on = _rests_on(strata)
    leads_to = {name: {one for one in rests_on if name in rests_on[one]} for name in rests_on}
    leads_to[template] = {one for one in rests_on if template in rests_on[one]}
    needed = _reached({template}, leads_to) & _reached(wanted, rests_on)
    for stratum in strata:
        names = tuple(name for name in stratum.templates if name in needed)
        clauses = tuple(c for c in stratum.clauses if c.head.template in names)
        if clauses and template not in names:
            yield replace(stratum, templates=names, clauses=clauses)


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
