"""Are all names known, and none used twice?"""

from collections.abc import Iterator

from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.rule import (
    Absence,
    Atom,
    Fallback,
    Parameter,
    Presence,
    Rule,
    Rulebook,
)
from cop_expert.model.template import Vocabulary


def check_rule_names(rulebook: Rulebook, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    first: dict[str, Rule] = {}
    for rule in rulebook.rules:
        other = first.setdefault(rule.name, rule)
        if other is not rule:
            yield Diagnostic(
                "name-used-twice",
                f"there are two rules named `{rule.name}`",
                rule.origin,
                "give one of them another name, or write `replace rule` to take the other's place",
                other.origin,
                "first defined here",
            )


def check_parameter_names(rulebook: Rulebook, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    first: dict[str, Parameter] = {}
    for parameter in rulebook.parameters:
        other = first.setdefault(parameter.name, parameter)
        if other is not parameter:
            yield Diagnostic(
                "name-used-twice",
                f"there are two parameters named `{parameter.name}`",
                parameter.origin,
                "rename one; an engagement sets a parameter in engagement.toml under [parameters]",
                other.origin,
                "first defined here",
            )
        if parameter.datatype and parameter.datatype not in vocabulary.datatypes:
            yield Diagnostic(
                "unknown-datatype",
                f"no datatype is called `{parameter.datatype}`",
                parameter.origin,
                did_you_mean(parameter.datatype, vocabulary.datatypes),
            )


def check_template_names(rulebook: Rulebook, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    for atom in _atoms(rulebook):
        template = vocabulary.templates.get(atom.template)
        if template is None:
            yield Diagnostic(
                "unknown-template",
                f"no template is called `{atom.template}`",
                atom.origin,
                did_you_mean(atom.template, vocabulary.templates),
            )
            continue
        for name, _ in atom:
            if name not in template.by_name:
                has = ", ".join(f"`{known}`" for known in template.names)
                yield Diagnostic(
                    "unknown-field",
                    f"`{atom.template}` has no field `{name}`",
                    atom.origin,
                    did_you_mean(name, template.names) or f"it has {has}",
                )
        for name in sorted({name for name, _ in atom if [n for n, _ in atom].count(name) > 1}):
            yield Diagnostic(
                "field-twice",
                f"`{atom.template}` is given the field `{name}` twice",
                atom.origin,
                "keep one; two conditions on the same field are two lines",
            )


def check_conclusions(rulebook: Rulebook, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """Rules conclude inferred templates only, and all fields that these require."""
    for rule in rulebook.rules:
        for head in rule.heads:
            template = vocabulary.templates.get(head.template)
            if template is None:
                continue
            if template.given:
                yield Diagnostic(
                    "conclusion-on-given",
                    f"`{head.template}` is read from the client's tables; no rule may conclude it",
                    head.origin,
                    "conclude a template of your own that rests on it",
                )
            concluded = {name for name, _ in head}
            for field in template.fields:
                if field.required and field.name not in concluded:
                    yield Diagnostic(
                        "field-missing",
                        f"`{head.template}` needs a value for `{field.name}`",
                        head.origin,
                        f"write `{field.name}: …`",
                    )


def check_reasons(rulebook: Rulebook, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    for rule in rulebook.rules:
        for word, text in (("because", rule.because), ("basis", rule.basis)):
            if not text.strip():
                yield Diagnostic(
                    "no-reason",
                    f"the rule `{rule.name}` has no `{word}`",
                    rule.origin,
                    f'add `{word} "…"`: everything concluded can be asked why',
                )


def _atoms(rulebook: Rulebook) -> Iterator[Atom]:
    for rule in rulebook.rules:
        for condition in rule.body:
            if isinstance(condition, Presence | Absence | Fallback):
                yield condition.atom
        yield from rule.heads
