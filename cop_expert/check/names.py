"""Are all names known, and none used twice?"""

from collections import Counter
from collections.abc import Iterator

from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.rule import (
    Atom,
    Parameter,
    Rule,
    Rulebook,
    Slot,
    Variable,
    atoms_of,
    expressions,
    is_aggregated,
    variables,
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
                _other_name(rule, other),
                other.origin,
                "first defined here",
            )


def _other_name(rule: Rule, other: Rule) -> str:
    if rule.replaces:
        return "keep one of them"
    if rule.origin.source == other.origin.source:
        return "give one of them another name"
    return "give it another name, or write `replace rule` to take the other's place"


def check_parameter_names(rulebook: Rulebook, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    first: dict[str, Parameter] = {}
    for parameter in rulebook.parameters:
        other = first.setdefault(parameter.name, parameter)
        if other is not parameter:
            yield Diagnostic(
                "name-used-twice",
                f"there are two parameters named `{parameter.name}`",
                parameter.origin,
                f"give it another name, or change the value: `set {parameter.name} = …`",
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
    for atom in (atom for rule in rulebook.rules for atom in _atoms(rule)):
        template = vocabulary.templates.get(atom.template)
        if template is None:
            yield Diagnostic(
                "unknown-template",
                f"no template is called `{atom.template}`",
                atom.origin,
                did_you_mean(atom.template, vocabulary.templates),
            )
            continue
        counts = Counter(name for name, _ in atom)
        for name, times in counts.items():
            if name not in template.by_name:
                has = ", ".join(f"`{known}`" for known in template.names)
                yield Diagnostic(
                    "unknown-field",
                    f"`{atom.template}` has no field `{name}`",
                    atom.place(name),
                    did_you_mean(name, template.names) or f"it has {has}",
                )
            if times > 1:
                yield Diagnostic(
                    "field-twice",
                    f"`{atom.template}` is given the field `{name}` twice",
                    atom.place(name),
                    "keep one; two conditions on the same field are two lines",
                )


def is_known(rule: Rule, vocabulary: Vocabulary) -> bool:
    """True where the rule names only templates and fields that there are."""
    templates = vocabulary.templates
    return all(
        atom.template in templates
        and all(name in templates[atom.template].by_name for name, _ in atom)
        for atom in _atoms(rule)
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


def check_names_used_once(rulebook: Rulebook, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """A name of one's own for a field that joins with nothing: mostly a slip of the pen."""
    parameters = {parameter.name for parameter in rulebook.parameters}
    for rule in rulebook.rules:
        counts = Counter(_names(rule))
        once = {name for name, times in counts.items() if times == 1} - parameters
        for atom in _atoms(rule):
            for field, term in atom:
                if (
                    isinstance(term, Variable)
                    and term.name != field
                    and term.name in once
                    and not _is_needed(field, atom, rule, vocabulary)
                ):
                    yield Diagnostic(
                        "used-once",
                        f"`{term.name}` stands here only, and may hold anything",
                        term.origin,
                        did_you_mean(term.name, counts.keys() - {term.name})
                        or f"leave `{field}` out, or use the name elsewhere",
                        warning=True,
                    )


def _names(rule: Rule) -> Iterator[str]:
    """Every name that stands for a value, as often as it stands there."""
    spoken = [piece.expression for piece in rule.sentence if isinstance(piece, Slot)]
    concluded = [term for head in rule.heads for _, term in head]
    conditions = [part for condition in rule.body for part in expressions(condition)]
    for expression in [*spoken, *concluded, *conditions]:
        yield from (variable.name for variable in variables(expression))


def _is_needed(field: str, atom: Atom, rule: Rule, vocabulary: Vocabulary) -> bool:
    """True where an aggregate asks for the field because it tells facts apart."""
    template = vocabulary.templates.get(atom.template)
    aggregates = any(is_aggregated(term) for head in rule.heads for _, term in head)
    return aggregates and template is not None and field in template.key


def _atoms(rule: Rule) -> Iterator[Atom]:
    yield from atoms_of(rule.body)
    yield from rule.heads
