"""Which rules wait for what nothing concludes?"""

from collections import defaultdict
from collections.abc import Iterator

from cop_expert.check.strata import mentions
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import Atom, Clause, Presence
from cop_expert.model.template import Vocabulary


def check_reachable(
    clauses: list[Clause], vocabulary: Vocabulary, never: set[str]
) -> Iterator[Diagnostic]:
    """Rules that wait for what nothing concludes, or only those in `never`, which do not fire."""
    possible = {template.name for template in vocabulary.given()}
    missing = [_wants(clause) - possible for clause in clauses]
    waiting: dict[str, list[int]] = defaultdict(list)
    concluding: dict[str, list[Clause]] = defaultdict(list)
    for i, clause in enumerate(clauses):
        concluding[clause.head.template].append(clause)
        for template in missing[i]:
            waiting[template].append(i)
    fires = [i for i, clause in enumerate(clauses) if not missing[i] and clause.rule not in never]
    for i in fires:
        template = clauses[i].head.template
        for other in waiting.pop(template, ()):
            missing[other].remove(template)
            if not missing[other] and clauses[other].rule not in never:
                fires.append(other)
    for i, clause in enumerate(clauses):
        for condition, template in mentions(clause):
            if template in missing[i] and isinstance(condition, Presence):
                yield _nothing_concludes(clause, condition.atom, concluding[template])


def _wants(clause: Clause) -> set[str]:
    return {template for condition, template in mentions(clause) if isinstance(condition, Presence)}


def _nothing_concludes(clause: Clause, atom: Atom, concluding: list[Clause]) -> Diagnostic:
    if not concluding:
        message = f"`{clause.rule}` can never fire: no rule concludes `{atom.template}`"
        advice = "add a rule that concludes it, or a table that gives it"
        return Diagnostic("never-fires", message, atom.origin, advice)
    rules = ", ".join(f"`{rule}`" for rule in dict.fromkeys(other.rule for other in concluding))
    return Diagnostic(
        "never-fires",
        f"`{clause.rule}` can never fire: `{atom.template}` is concluded only by {rules}, "
        "which never fires",
        atom.origin,
        "mend that rule, or add one that concludes it",
        concluding[0].origin,
        "it would be concluded here",
    )
