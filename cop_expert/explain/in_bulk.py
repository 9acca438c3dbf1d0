"""Many facts in, their proofs out: each clause is asked once for all facts of a step, not for each.

The facts that are asked about are fetched together; so are then those that they rest on, step by
step, as deep as the answers go. Proofs are put together from what was fetched, and are the same
as if each had been asked for by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from cop_expert.explain.why import BRIEF, Explainer, Fact, How
from cop_expert.facts import Row
from cop_expert.model.proof import Proof

AT_ONCE = 5_000
"""Facts that are explained together; what was fetched for them is forgotten then."""


def prove_all(explainer: Explainer, facts: Iterable[Fact], how: How = BRIEF) -> Iterator[Proof]:
    """Why each of these facts holds, in their order."""
    waiting = iter(facts)
    while chunk := list(islice(waiting, AT_ONCE)):
        fetch(explainer, dict.fromkeys(chunk, how))
        for template, row in chunk:
            yield explainer.prove_there(template, row, how)
        explainer.forget()


def fetch(explainer: Explainer, facts: dict[Fact, How]) -> None:
    """All that proofs of these facts, as far as they go, will ask for."""
    depths: dict[Fact, int] = {}
    given: dict[str, dict[Row, None]] = defaultdict(dict)
    templates = explainer.facts.vocabulary.templates
    step = facts
    while step:
        depths |= {fact: how.depth for fact, how in step.items()}
        _ask(explainer, step)
        below: dict[Fact, How] = {}
        for fact, how in _below(explainer, step):
            if templates[fact[0]].given:
                given[fact[0]][fact[1]] = None
            elif how.depth > depths.get(fact, 0) and how.steps > 0:
                depths[fact] = how.depth
                below[fact] = how
        step = below
    for template, rows in given.items():
        found = explainer.matcher.read(template, list(rows))
        explainer.read.setdefault(template, {}).update(found)


def _ask(explainer: Explainer, step: dict[Fact, How]) -> None:
    """Each clause once for all facts of its template that are asked as far."""
    rows: dict[tuple[str, How], list[Row]] = defaultdict(list)
    for (template, row), how in step.items():
        rows[template, how].append(row)
    explainer.matcher.ask_ahead(
        (clause, asked, explainer.most(clause, how))
        for (template, how), asked in rows.items()
        for clause in explainer.matcher.clauses.get(template, [])
    )


def _below(explainer: Explainer, step: dict[Fact, How]) -> Iterator[tuple[Fact, How]]:
    """What the proofs of these facts rest on."""
    for (template, row), how in step.items():
        for _, found in explainer.ways(template, row, how):
            for match in found.listed:
                yield from explainer.below(match, how)
