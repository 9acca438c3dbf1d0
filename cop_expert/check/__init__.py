"""A rulebook and a vocabulary in; a rulebook that is safe to run, or all that is wrong with it."""

from collections.abc import Callable

from msgspec.structs import replace

from cop_expert.check.names import (
    check_conclusions,
    check_parameter_names,
    check_reasons,
    check_rule_names,
    check_template_names,
)
from cop_expert.check.parameters import set_parameters
from cop_expert.check.resolve import resolve
from cop_expert.check.safety import (
    check_aggregates,
    check_bound,
    check_patterns,
    check_sentences,
    check_shadowing,
)
from cop_expert.check.strata import check_reachable, check_strata, stratify
from cop_expert.check.types import (
    check_arithmetic,
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
)
CLAUSE_CHECKS = (
    check_patterns,
    check_bound,
    check_literals,
    check_arithmetic,
    check_comparisons,
    check_conclusion_types,
    check_negated_types,
    check_aggregates,
)
UNREADABLE = {"unknown-template", "unknown-field", "unknown-datatype"}


def check_rulebook(
    standard: Rulebook,
    own: Rulebook,
    settings: dict[str, Value],
    setting_origin: Callable[[str], Origin],
    vocabulary: Vocabulary,
) -> tuple[CheckedRulebook, list[Diagnostic]]:
    """The standard rulebook with the engagement's own rules and settings, checked as one."""
    rulebook, replaced, problems = _together(standard, own)
    problems += [found for check in NAME_CHECKS for found in check(rulebook, vocabulary)]
    parameters, in_force, unfit = set_parameters(rulebook, settings, setting_origin, vocabulary)
    problems += unfit + list(check_shadowing(rulebook.rules, parameters))
    rules = {rule.name: rule for rule in rulebook.rules}
    if any(problem.code in UNREADABLE for problem in problems):
        return CheckedRulebook(rules, parameters, (), replaced, in_force), problems
    clauses, clashes = resolve(rulebook.rules, parameters, vocabulary)
    problems += clashes
    problems += [
        found
        for check in CLAUSE_CHECKS
        for clause in clauses
        for found in check(clause, vocabulary)
    ]
    problems += check_sentences(rulebook.rules, parameters, clauses)
    strata = stratify(clauses)
    problems += [*check_strata(strata), *check_reachable(clauses, vocabulary)]
    return CheckedRulebook(rules, parameters, strata, replaced, in_force), problems


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
