"""The values in force: what the rulebook's parameters are, once an engagement has set some."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.rule import Parameter, Rulebook, Setting
from cop_expert.model.template import Datatype, Kind, Value, Vocabulary

ANYTHING = Datatype("any")
PlaceOf = Callable[[str], Origin]
"""Where engagement.toml sets a parameter."""


def set_parameters(
    rulebook: Rulebook, settings: dict[str, Value], place_of: PlaceOf, vocabulary: Vocabulary
) -> tuple[dict[str, Parameter], tuple[Setting, ...], list[Diagnostic]]:
    """Each parameter with the value in force, and which of them are set for this engagement.

    A `set` of its rules holds over the rulebook; `settings`, those of engagement.toml, over both.
    """
    parameters = {parameter.name: parameter for parameter in rulebook.parameters}
    in_rules = {setting.name: setting for setting in reversed(rulebook.settings)}
    in_file = {name: Setting(name, value, "", place_of(name)) for name, value in settings.items()}
    in_force = in_rules | in_file
    problems = [
        *_unknown(in_force, parameters),
        *_repeated(rulebook.settings, in_rules),
        *_unexplained(rulebook.settings),
        *_overruled(in_rules, in_file),
    ]
    in_force = {name: setting for name, setting in in_force.items() if name in parameters}
    for name, parameter in parameters.items():
        setting = in_force.get(name)
        value = setting.value if setting else parameter.value
        misfits = list(_misfits(replace(parameter, value=value), setting, vocabulary))
        problems += misfits
        if not setting and not parameter.has_default:
            problems.append(_unset(parameter))
        elif not misfits:
            parameters[name] = replace(parameter, value=value)
    return parameters, tuple(in_force.values()), problems


def _unknown(
    settings: dict[str, Setting], parameters: dict[str, Parameter]
) -> Iterator[Diagnostic]:
    for setting in settings.values():
        if setting.name not in parameters:
            yield Diagnostic(
                "unknown-parameter",
                f"the rules know no parameter '{setting.name}'",
                setting.origin,
                did_you_mean(setting.name, parameters) or "`cop-expert rules` lists them",
            )


def _repeated(settings: tuple[Setting, ...], first: dict[str, Setting]) -> Iterator[Diagnostic]:
    for setting in settings:
        if setting is not first[setting.name]:
            yield Diagnostic(
                "name-used-twice",
                f"`{setting.name}` is set twice",
                setting.origin,
                "keep one of them",
                first[setting.name].origin,
                "first set here",
            )


def _unexplained(settings: tuple[Setting, ...]) -> Iterator[Diagnostic]:
    for setting in settings:
        if not setting.reason.strip():
            yield Diagnostic(
                "no-reason",
                f"nothing says why `{setting.name}` is set",
                setting.origin,
                f'add the reason: `set {setting.name} = … "asked by the client in May"`',
            )


def _overruled(in_rules: dict[str, Setting], in_file: dict[str, Setting]) -> Iterator[Diagnostic]:
    for name in in_rules.keys() & in_file.keys():
        yield Diagnostic(
            "set-twice",
            f"`{name}` is set here and in the settings, which hold",
            in_rules[name].origin,
            "keep one of them",
            in_file[name].origin,
            "this holds",
            warning=True,
        )


def _unset(parameter: Parameter) -> Diagnostic:
    return Diagnostic(
        "parameter-unset",
        f"`{parameter.name}` has no value",
        parameter.origin,
        f"set it in engagement.toml below [parameters]: {parameter.comment or parameter.name}",
    )


def _misfits(
    parameter: Parameter, setting: Setting | None, vocabulary: Vocabulary
) -> Iterator[Diagnostic]:
    for misfit in _unfit(parameter, vocabulary.datatypes.get(parameter.datatype, ANYTHING)):
        yield Diagnostic(
            "parameter-out-of-range",
            f"{parameter.name} {misfit}",
            setting.origin if setting else parameter.origin,
            parameter.comment,
            parameter.origin if setting else None,
            "it is declared here" if setting else "",
        )


def _unfit(parameter: Parameter, datatype: Datatype) -> Iterator[str]:
    value = parameter.value
    if value is None:
        return
    if datatype.choices and value not in datatype.choices:
        yield f"must be one of {', '.join(datatype.choices)}"
    if datatype.kind != Kind.NUMBER and parameter.above is None:
        return
    if type(value) is not int:
        yield "must be a number"
        return
    for limit in (parameter.above, datatype.above):
        if limit is not None and value <= limit:
            yield f"must be above {to_decimal(limit):f}"
    if datatype.least is not None and value < datatype.least:
        yield f"must not be below {to_decimal(datatype.least):f}"
    if datatype.most is not None and value > datatype.most:
        yield f"must not be above {to_decimal(datatype.most):f}"
