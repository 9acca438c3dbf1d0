"""The rulebook in force in, its plain words out, in the order in which it concludes."""

from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.rule import CheckedRulebook, Parameter, Rule
from cop_expert.model.template import Value, Vocabulary
from cop_expert.report.phrases import capital


def rulebook_text(rulebook: CheckedRulebook, vocabulary: Vocabulary) -> str:
    """Parameters, then each template with the rules that conclude it: reason and principle."""
    lines = ["Parameters", ""]
    lines += [_parameter(parameter) for parameter in rulebook.parameters.values()]
    for stratum in rulebook.strata:
        for name in stratum.templates:
            template = vocabulary.templates[name]
            lines += ["", capital(template.label), f"  {template.comment}"]
            concluding = [c.rule for c in stratum.clauses if c.head.template == name]
            for rule in dict.fromkeys(concluding):
                lines += _rule(rulebook.rules[rule], rule in rulebook.replaced)
    return "\n".join(lines) + "\n"


def _parameter(parameter: Parameter) -> str:
    return f"  {parameter.name} = {_plain(parameter.value)}: {parameter.comment}"


def _plain(value: Value) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{to_decimal(value):f}"
    return "none" if value is None else str(value)


def _rule(rule: Rule, replaced: bool) -> list[str]:
    name = rule.name.replace("-", " ")
    mark = " (in place of the standard rule)" if replaced else ""
    return [f"  - {capital(name)}{mark}: {rule.because}", f"    Basis: {rule.basis}"]
