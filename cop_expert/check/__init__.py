"""A rulebook and a vocabulary in; a rulebook that is safe to run, or all that is wrong with it."""

from collections.abc import Callable, Iterable
from itertools import islice

from msgspec.structs import replace

from cop_expert.check.circles import check_strata
from cop_expert.check.names import (
    check_conclusions,
    check_names_used_once,
    check_parameter_names,
    check_reasons,
    check_rule_names,
    check_template_names,
    is_known,
)
from cop_expert.check.parameters import set_parameters
from cop_expert.check.possible import check_possible
from cop_expert.check.reachable import check_reachable
from cop_expert.check.resolve import resolve
from cop_expert.check.safety import (
    check_aggregates,
    check_bound,
    check_depth,
    check_patterns,
    check_sentences,
    check_shadowing,
    shadowed,
)
from cop_expert.check.strata import stratify
from cop_expert.check.types import (
    check_arithmetic,
    check_choices,
    check_comparisons,
    check_conclusion_types,
    check_literals,
    check_negated_types,
)
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.rule import CheckedRulebook, Rulebook
from cop_expert.model.template import Value, Vocabulary

NAME_CHECKS = (
    check_rule_names,
    check_parameter_names,
    check_template_names,
    check_conclusions,
    check_reasons,
    check_names_used_once,
)
CLAUSE_CHECKS = (
    check_patterns,
    check_bound,
    check_literals,
    check_arithmetic,
    check_choices,
    check_comparisons,
    check_conclusion_types,
    check_negated_types,
    check_aggregates,
    check_depth,
)
MOST_PROBLEMS = 100
"""Problems that one check lists."""


def check_rulebook(
    standard: Rulebook,
    own: Rulebook,
    settings: dict[str, Value],
    setting_origin: Callable[[str], Origin],
    vocabulary: Vocabulary,
) -> tuple[CheckedRulebook, list[Diagnostic]]:
    """The standard rulebook with the engagement's own rules and settings, checked as one."""
    rulebook, replaced, problems = _together(standard, own)
    for check_names in NAME_CHECKS:
        problems += _first(check_names(rulebook, vocabulary))
    parameters, in_force, unfit = set_parameters(rulebook, settings, setting_origin, vocabulary)
    names = shadowed(rulebook.rules, parameters)
    problems += [*_first(unfit), *check_shadowing(names, parameters)]
    readable = {name: found for name, found in parameters.items() if name not in names}
    known = tuple(rule for rule in rulebook.rules if is_known(rule, vocabulary))
    clauses, clashes = resolve(known, readable, vocabulary)
    problems += _first(clashes)
    for check in CLAUSE_CHECKS:
        problems += _first(found for clause in clauses for found in check(clause, vocabulary))
    problems += _first(check_sentences(known, readable, clauses, vocabulary))
    strata = stratify(clauses)
    problems += _first(check_strata(strata, {rule.name for rule in own.rules}))
    impossible, never = check_possible(clauses, vocabulary)
    problems += _first(impossible)
    if rulebook.is_whole and len(known) == len(rulebook.rules):
        problems += _first(check_reachable(clauses, vocabulary, never))
    rules = {rule.name: rule for rule in rulebook.rules}
    return CheckedRulebook(rules, parameters, strata, replaced, in_force), problems


def with_parameters(
    rulebook: CheckedRulebook, values: dict[str, Value], vocabulary: Vocabulary
) -> CheckedRulebook:
    """The rulebook with other values, each such as its parameter may have."""
    parameters = {
        name: replace(parameter, value=values.get(name, parameter.value))
        for name, parameter in rulebook.parameters.items()
    }
    clauses, _ = resolve(tuple(rulebook.rules.values()), parameters, vocabulary)
    return replace(rulebook, parameters=parameters, strata=stratify(clauses))


def _first(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """As many problems of a kind as a person reads, and a word where there are more."""
    listed = list(islice(found, MOST_PROBLEMS + 1))
    if len(listed) > MOST_PROBLEMS:
        listed[MOST_PROBLEMS] = Diagnostic(
            "more-problems",
            "more problems of the same kinds follow",
            listed[MOST_PROBLEMS].origin,
            "mend the ones above first: many may have the same cause",
        )
    return listed


def _together(
    standard: Rulebook, own: Rulebook
) -> tuple[Rulebook, tuple[str, ...], list[Diagnostic]]:
    """Both as one; a rule that replaces another stands in its place."""
    known = {rule.name for rule in standard.rules}
    problems = [
        Diagnostic(
            "nothing-to-replace",
            f"there is no standard rule named `{rule.name}` to replace",
            rule.origin,
            did_you_mean(rule.name, known)
            or "`cop-expert rules` lists them; for a rule of your own leave `replace` out",
        )
        for rule in own.rules
        if rule.replaces and rule.name not in known
    ]
    replacing = {
        rule.name: rule for rule in reversed(own.rules) if rule.replaces and rule.name in known
    }
    rules = [replacing.get(rule.name, rule) for rule in standard.rules]
    rules += [rule for rule in own.rules if replacing.get(rule.name) is not rule]
    together = replace(standard + own, rules=tuple(rules))
    return together, tuple(sorted(replacing)), problems
