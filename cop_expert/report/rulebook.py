"""The rulebook in force in, its plain words out, in the order in which it concludes."""

import re
import textwrap
from collections.abc import Iterator

from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.rule import CheckedRulebook, Parameter, Rule, Setting
from cop_expert.model.template import Value, Vocabulary
from cop_expert.report.phrases import Phrases, RulebookWords, capital, finished, phrases

WIDTH = 100
SLOT = re.compile(r"\{([^{}:]*)(?::[^{}]*)?\}")
"""A value in a `because`, and how it is said."""


def rulebook_text(
    rulebook: CheckedRulebook, vocabulary: Vocabulary, only: str = "", language: str = "en"
) -> str:
    """Parameters, then each template with the rules that conclude it: reason and principle.

    `only` names a template: just the rules that conclude it.
    """
    words = phrases(language)
    lines = [] if only else [words.wording.rulebook.parameters, ""]
    settings = {setting.name: setting for setting in rulebook.settings}
    for parameter in () if only else rulebook.parameters.values():
        lines += _parameter(parameter, settings.get(parameter.name), words)
    for stratum in rulebook.strata:
        for name in stratum.templates:
            if only in ("", name):
                template = vocabulary.templates[name]
                written = f"{name}({', '.join(template.names)})"
                lines += ["", *_set(f"{capital(template.label)}: {written}", "")]
                lines += _set(template.comment, "  ")
                concluding = [c.rule for c in stratum.clauses if c.head.template == name]
                for rule in dict.fromkeys(concluding):
                    replaces = rule in rulebook.replaced
                    lines += _rule(rulebook.rules[rule], replaces, words.wording.rulebook)
    return "\n".join(lines).lstrip("\n") + "\n"


def _parameter(parameter: Parameter, setting: Setting | None, words: Phrases) -> list[str]:
    own = words.wording.rulebook
    value = own.none if parameter.value is None else _plain(parameter.value)
    mark = ""
    if setting:
        pattern = own.set_because if setting.reason else own.set
        mark = pattern.format(place=words.place(setting.origin), reason=setting.reason)
    return _set(f"{parameter.name} = {value}: {parameter.comment}{mark}", "  ")


def _plain(value: Value) -> str:
    return f"{to_decimal(value):f}" if type(value) is int else str(value)


def _rule(rule: Rule, replaces: bool, words: RulebookWords) -> Iterator[str]:
    """Its name, its reason with values in ‹angles›, its principle, and where it stands."""
    mark = words.replaces if replaces else ""
    because = SLOT.sub(lambda found: f"‹{found[1].strip().replace('_', ' ')}›", rule.because)
    yield from _set(f"{capital(rule.name.replace('-', ' '))}{mark}: {finished(because)}", "  - ")
    yield from _set(words.basis.format(basis=rule.basis, place=rule.origin.source), "    ")


def _set(text: str, indent: str) -> list[str]:
    """Lines of a paragraph, the first behind its mark."""
    below = " " * len(indent)
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=below)
