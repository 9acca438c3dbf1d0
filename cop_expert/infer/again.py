"""Given facts kept in a file and other numbers in, what would be concluded out; nothing is kept."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from cop_expert.facts import FactBase, is_text, quoted
from cop_expert.infer.duck import DuckEngine
from cop_expert.infer.engine import bring_to_fixed_point
from cop_expert.model.diagnostic import stop_at_errors
from cop_expert.model.rule import (
    CheckedRulebook,
    Constant,
    Stratum,
    atoms_of,
    expressions,
    parts,
)
from cop_expert.model.template import Value

Numbers = Mapping[tuple[Value, ...], int]
"""For the key of a fact, another number in millionths."""


class Again:
    """Runs the rules on the same given facts again and again; a context that tidies up."""

    def __init__(self, facts: FactBase) -> None:
        """The fact base must not hold any conclusions yet."""
        self.vocabulary = facts.vocabulary
        self.folder = TemporaryDirectory(prefix="cop-expert-")
        self.path = Path(self.folder.name) / "given.duckdb"
        facts.save(self.path)

    def __enter__(self) -> "Again":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.folder.cleanup()

    def run(
        self, rulebook: CheckedRulebook, template: str, field: str, numbers: Numbers
    ) -> FactBase:
        """The fixed point with other numbers in a field; raises KnowledgeProblem on errors."""
        facts = FactBase.copy_of(self.path, self.vocabulary)
        if numbers:
            self._put(facts, template, field, numbers)
        stop_at_errors(bring_to_fixed_point(DuckEngine(facts), rulebook))
        return facts

    def _put(self, facts: FactBase, template: str, field: str, numbers: Numbers) -> None:
        """Put the numbers in the places of those that there are."""
        kind = self.vocabulary.templates[template]
        columns: list[object] = [
            facts.names.codes(column) if is_text(kind.by_name[name]) else column
            for name, column in zip(kind.key, zip(*numbers, strict=True), strict=True)
        ]
        listed = ", ".join(f"unnest(?) AS {quoted(name)}" for name in (*kind.key, "@new"))
        same = " AND ".join(
            f"{quoted(template)}.{quoted(name)} IS NOT DISTINCT FROM moved.{quoted(name)}"
            for name in kind.key
        )
        sql = f'UPDATE {quoted(template)} SET {quoted(field)} = moved."@new"'
        facts.query(
            f"{sql} FROM (SELECT {listed}) moved WHERE {same}", [*columns, list(numbers.values())]
        )


def leading_to(templates: Iterable[str], strata: tuple[Stratum, ...]) -> tuple[Stratum, ...]:
    """The strata without which the templates could not be concluded, in order."""
    wanted, kept = set(templates), []
    for stratum in reversed(strata):
        if wanted & set(stratum.templates):
            kept.append(stratum)
            asked = (atom for clause in stratum.clauses for atom in atoms_of(clause.body))
            wanted |= {atom.template for atom in asked}
    return tuple(reversed(kept))


def parameters_of(strata: tuple[Stratum, ...]) -> set[str]:
    """The parameters that the strata speak of."""
    clauses = [clause for stratum in strata for clause in stratum.clauses]
    terms = [term for clause in clauses for _, term in clause.head]
    terms += [part for c in clauses for condition in c.body for part in expressions(condition)]
    found = (part for term in terms for part in parts(term) if isinstance(part, Constant))
    return {constant.parameter for constant in found if constant.parameter}
