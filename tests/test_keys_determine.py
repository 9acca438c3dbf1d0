"""A variable beside an aggregate has one value a group where keys say so, and only there."""

import pytest

from cop_expert.check import check_rulebook
from cop_expert.load.vocabulary import read_vocabulary
from cop_expert.model.keys import determined
from cop_expert.model.origin import Origin
from cop_expert.model.rule import CheckedRulebook, Clause, Rulebook
from cop_expert.parse.rules import parse_rules

VOCABULARY = read_vocabulary()


def clause_of(conditions: str, conclusion: str) -> tuple[Clause, set[str]]:
    """The clause of a rule with these conditions, and the codes of what is wrong with it."""
    text = f'rule r\n if {conditions}\n then {conclusion}\n because "so"\n basis "A principle."\n'
    own, problems = parse_rules(text, "rules/own.rules")
    assert not problems
    checked, found = check_rulebook(Rulebook(), own, {}, lambda name: Origin(name), VOCABULARY)
    return _only_clause(checked), {problem.code for problem in found if not problem.warning}


def _only_clause(checked: CheckedRulebook) -> Clause:
    (clause,) = (clause for stratum in checked.strata for clause in stratum.clauses)
    return clause


@pytest.mark.parametrize(
    ("conditions", "known", "follows"),
    [
        # all key fields are known: the whole fact is
        ("Post(post, role, unit)", {"post"}, {"role", "unit"}),
        ("Heads(post, heads), Audience(post, item)", {"post"}, {"heads"}),
        # one step leads to the next, whatever their order
        ("Unit(unit, goal), Post(post, unit)", {"post"}, {"unit", "goal"}),
        # half a key says nothing; a literal is as good as a name
        ("Use(role, practice, importance)", {"role"}, set()),
        ('Use(role, practice: "Baking", importance)', {"role"}, {"importance"}),
        # a template with one fact at most
        ("TypicalHours(hours), Idle(item)", set(), {"hours"}),
        # what is computed of the known, or equal to it
        ("Item(item, hours), long = hours * 2", {"item"}, {"hours", "long"}),
        ("Item(item, hours), Depth(unit, depth), hours = depth", {"item"}, {"hours", "depth"}),
        # `else` looks at one fact at most, where the rest of its key is known
        ("Post(post, unit), Heads(post, heads) else heads = 0", {"post"}, {"unit", "heads"}),
        ("Placed(post), Member(post, community) else community = post", {"post"}, {"community"}),
        ("Placed(post), Want(post, want) else want = 0", {"post"}, set()),
        # nothing follows from a computed number: a group knows it rounded only
        ("Item(item, hours), third = hours / 3, more = third * 1000", {"third"}, set()),
    ],
)  # fmt: skip
def test_what_is_determined(conditions: str, known: set[str], follows: set[str]) -> None:
    clause, _ = clause_of(conditions, 'Covered(practice: "Baking")')
    assert determined(clause, VOCABULARY, known) == known | follows


@pytest.mark.parametrize(
    ("conditions", "hours", "problems"),
    [
        ("Member(post, community), Heads(post, heads), UnitHeads(unit: community, heads: total)",
         "sum(heads) / total", set()),
        ("Member(post, community), Heads(post, heads)", "sum(heads) / heads", {"not-grouped"}),
    ],
)  # fmt: skip
def test_beside_an_aggregate(conditions: str, hours: str, problems: set[str]) -> None:
    _, found = clause_of(conditions, f"CommunityHours(community, hours: {hours})")
    assert found - {"never-fires"} == problems
