"""Do the engagement's settings fit the rulebook's parameters?"""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.rule import Parameter, Rulebook
from cop_expert.model.template import Datatype, Kind, Value, Vocabulary


def set_parameters(
    rulebook: Rulebook,
    settings: dict[str, Value],
    origin: Callable[[str], Origin],
    vocabulary: Vocabulary,
) -> tuple[dict[str, Parameter], list[Diagnostic]]:
    """Each parameter with the value in force; `origin` says where a setting stands."""
    parameters = {parameter.name: parameter for parameter in rulebook.parameters}
    problems = [_unknown(name, parameters, origin) for name in settings if name not in parameters]
    for name, value in settings.items():
        if name in parameters:
            parameters[name] = replace(parameters[name], value=value)
    for name, parameter in parameters.items():
        datatype = vocabulary.datatypes.get(parameter.datatype, Datatype("any"))
        place = origin(name) if name in settings else parameter.origin
        problems += [
            Diagnostic("parameter-out-of-range", f"{name} {message}", place, parameter.comment)
            for message in _misfits(parameter, datatype)
        ]
    return parameters, problems


def _unknown(
    name: str, parameters: dict[str, Parameter], origin: Callable[[str], Origin]
) -> Diagnostic:
    return Diagnostic(
        "unknown-parameter",
        f"the rules know no parameter '{name}'",
        origin(name),
        did_you_mean(name, parameters) or "`cop-expert rules` lists them",
    )


def _misfits(parameter: Parameter, datatype: Datatype) -> Iterator[str]:
    value = parameter.value
    if value is None or (datatype.kind != Kind.NUMBER and parameter.above is None):
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
