"""The text of engagement.toml in, its settings out, each with its place."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cop_expert.load.words import plain, shown, tidy
from cop_expert.model.arithmetic import can_be_held, to_millionths
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Value

SETTINGS_FILE = "engagement.toml"
SETTINGS: dict[str, type] = {
    "name": str,
    "language": str,
    "as_of": date,
    "audience": str,
    "publish": bool,
    "budget_hours": int,
    "parameters": dict,
    "scales": dict,
    "import": list,
}
TYPES_IN_WORDS: dict[type, str] = {
    date: "a day, without quotation marks: 2026-03-31",
    str: 'a text in "quotation marks"',
    bool: "true or false",
    int: "a whole number, 0 or more",
    dict: "a section of its own, in brackets",
    list: "sections of their own, in double brackets: [[import]]",
}
IMPORT = re.compile(r"\s*\[\[\s*import\s*\]\]")
IMPORT_ADVICE = "`cop-expert import FOLDER FILE --write` writes such sections"
FINEST = -20
"""The power of ten below which a number is as good as 0; its exact fraction could fill memory."""


HEADING, CELL = "(heading)", "(cell)"
"""What feeds a column in a matrix: what heads the cell, and what stands in it."""


class Mapping(Struct, frozen=True):
    """Which columns of a foreign file feed which of a table."""

    file: str
    """As the engagement knows it: `imports/staff.xlsx`."""
    table: str
    columns: dict[str, str]
    """For headings of the table those of the file, or HEADING and CELL: {"role": "Job title"}."""
    sheet: str = ""
    """Of a workbook; blank: the first that has anything in it."""
    leave: tuple[str, ...] = ()
    """Headings that are no part of the matrix, nor feed anything."""
    scale: tuple[Decimal, Decimal] | None = None
    """The lowest and the highest of its numbers."""
    origin: Origin = Origin("engagement.toml")

    @property
    def is_matrix(self) -> bool:
        return CELL in self.columns.values() or HEADING in self.columns.values()


class Settings(Struct, frozen=True):
    """What is set for one engagement."""

    name: str = ""
    language: str = ""
    as_of: str = ""
    """The day on which the knowledge is looked at, by which rows lapse; empty: none does."""
    audience: str = ""
    """Whom the document is for; empty: whoever asks for it without saying."""
    publish: bool = False
    """True where the document may fall into any hands."""
    budget_hours: int | None = None
    """How many hours of learning there are; none: as many as it takes."""
    parameters: dict[str, Value] = {}
    """Values for the rulebook's parameters; numbers in millionths."""
    scales: dict[str, tuple[Decimal, Decimal]] = {}
    """The lowest and the highest number of a column, by `plain` table and heading."""
    imports: tuple[Mapping, ...] = ()
    places: dict[str, Origin] = {}
    """Where each setting stands, by `plain` section and key."""
    is_whole: bool = True
    """False where the file cannot be read: nobody knows what else is set."""

    def origin(self, key: str) -> Origin:
        """Where a setting stands: `name`, `scales.needs.required`, or a parameter's name."""
        for setting in (f"parameters.{key}", key):
            if plain(setting) in self.places:
                return self.places[plain(setting)]
        return Origin(SETTINGS_FILE)


def read_settings(text: str) -> tuple[Settings, list[Diagnostic]]:
    """Every setting that has the right form, and everything that is wrong with the others."""
    found = Settings(places=_places(text))
    try:
        sections = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        return replace(found, is_whole=False), [_syntax_problem(error, text)]
    problems = list(_misfits(sections, found))
    right: dict[str, Any] = {
        key: value
        for key, value in sections.items()
        if key in SETTINGS and _fits(value, SETTINGS[key])
    }
    parameters, unfit = _parameters(right.get("parameters", {}), found)
    scales, crooked = _scales(right.get("scales", {}), found)
    imports, odd = _imports(right.get("import", []), text)
    settings = Settings(
        name=tidy(right.get("name", "")),
        language=tidy(right.get("language", "")),
        as_of=right["as_of"].isoformat()[:10] if "as_of" in right else "",
        audience=tidy(right.get("audience", "")),
        publish=right.get("publish", False),
        budget_hours=right.get("budget_hours"),
        parameters=parameters,
        scales=scales,
        imports=imports,
        places=found.places,
    )
    return settings, problems + unfit + crooked + odd


def _places(text: str) -> dict[str, Origin]:
    """Where each key stands, read off the lines: the parser does not tell."""
    places: dict[str, Origin] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]#]+)\]", line):
            section = header[1] + "."
            places.setdefault(_bare(header[1]), Origin(SETTINGS_FILE, number, 1))
        elif setting := re.match(r"""\s*((?:"[^"]*"|'[^']*'|[\w.\- ])+?)\s*=""", line):
            place = Origin(SETTINGS_FILE, number, setting.start(1) + 1)
            places.setdefault(_bare(section + setting[1]), place)
    return places


def _bare(key: str) -> str:
    return plain(re.sub("[\"']", "", key))


def _syntax_problem(error: Exception, text: str) -> Diagnostic:
    said = str(error) if isinstance(error, ValueError) else "It is nested too deeply"
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", said)
    message = said[: place.start()] if place else said.partition(";")[0]
    line, column = map(int, place.groups(default=0)) if place else (0, 0)
    if place and not line:
        line = len(text.splitlines())
    advice = 'a text has quotation marks, as in name = "Grand Hotel"; a number has none'
    if "overwrite" in message or "twice" in message:
        advice = "a setting or section stands there twice: delete one of the two"
    return Diagnostic(
        "syntax",
        f"the settings cannot be read: {message[:1].lower()}{message[1:]}",
        Origin(SETTINGS_FILE, line, column),
        advice,
    )


def _misfits(sections: dict[str, Any], settings: Settings) -> Iterator[Diagnostic]:
    for key, value in sections.items():
        place = settings.places.get(plain(key), Origin(SETTINGS_FILE))
        if key not in SETTINGS:
            known = (
                "settings are name, language, as_of, audience, publish and budget_hours; "
                "parameters stand below a line [parameters]"
            )
            message = f"there is no setting {shown(key)}"
            advice = did_you_mean(key, SETTINGS) or known
            yield Diagnostic("unknown-setting", message, place, advice)
        elif not _fits(value, SETTINGS[key]):
            yield Diagnostic("wrong-type", f"{key} must be {TYPES_IN_WORDS[SETTINGS[key]]}", place)


def _fits(value: Any, kind: type) -> bool:
    """Whether the value is of the kind: true is no number, and no number is below 0."""
    return type(value) is int and value >= 0 if kind is int else isinstance(value, kind)


def _parameters(
    section: dict[str, Any], settings: Settings
) -> tuple[dict[str, Value], list[Diagnostic]]:
    parameters: dict[str, Value] = {}
    problems = []
    for name, value in section.items():
        try:
            parameters[name] = parameter_value(value)
        except ValueError as error:
            message = f"{shown(name)} must be {error}"
            problems.append(Diagnostic("wrong-type", message, settings.origin(name)))
    return parameters, problems


def parameter_value(value: Any) -> Value:
    """A setting as rules hold it: numbers in millionths, the word none as absent."""
    match value:
        case bool():
            return value
        case str():
            return None if plain(value) == "none" else tidy(value)
        case int() | Decimal():
            return _millionths(Decimal(value))
    raise ValueError("a number, a text, true or false")


def _millionths(number: Decimal) -> int:
    if not can_be_held(number):
        raise ValueError("a number of at most nine trillion")
    return 0 if number.adjusted() < FINEST else to_millionths(number)


def _scales(
    section: dict[str, Any], settings: Settings
) -> tuple[dict[str, tuple[Decimal, Decimal]], list[Diagnostic]]:
    scales: dict[str, tuple[Decimal, Decimal]] = {}
    problems = []
    for column, ends in _flat(section):
        if _is_scale(ends):
            scales[plain(column)] = Decimal(ends[0]), Decimal(ends[1])
        else:
            problems.append(
                Diagnostic(
                    "malformed-scale",
                    f"the scale of {shown(column)} must be two numbers, the lowest first",
                    settings.origin(f"scales.{column}"),
                    f'write it like this: "{column}" = [0, 4]',
                )
            )
    return scales, problems


def _flat(section: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """`needs.required = …` without quotation marks is, to TOML, a section in the section."""
    for key, value in section.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{column}", ends) for column, ends in value.items())
        else:
            yield key, value


def _imports(sections: list[Any], text: str) -> tuple[tuple[Mapping, ...], list[Diagnostic]]:
    """The mappings of foreign files, each section by its place in the text."""
    lines = [n for n, line in enumerate(text.splitlines(), 1) if IMPORT.match(line)]
    origins = [Origin(SETTINGS_FILE, line) for line in lines]
    origins += [Origin(SETTINGS_FILE)] * (len(sections) - len(origins))
    found, problems = [], []
    for section, origin in zip(sections, origins, strict=False):
        try:
            found.append(_mapping(section, origin))
        except ValueError as error:
            problems.append(Diagnostic("malformed-import", str(error), origin, IMPORT_ADVICE))
    return tuple(found), problems


def _mapping(section: Any, origin: Origin) -> Mapping:
    """Raises ValueError."""
    if not isinstance(section, dict):
        raise ValueError("an import is a section of its own")
    unknown = section.keys() - {"file", "sheet", "table", "columns", "leave", "scale"}
    if unknown:
        raise ValueError(f"an import has no setting {shown(min(unknown))}")
    columns, leave = section.get("columns"), section.get("leave", [])
    texts = [section.get("file"), section.get("table"), section.get("sheet", ""), *leave]
    if not isinstance(columns, dict) or not columns or not isinstance(leave, list):
        raise ValueError("an import must say which columns are which")
    if not all(isinstance(text, str) for text in (*texts, *columns.values())):
        raise ValueError("an import must name its file and its table")
    scale = section.get("scale")
    if scale is not None and not _is_scale(scale):
        raise ValueError("the scale of an import must be two numbers, the lowest first")
    file = section["file"].replace("\\", "/")
    if not file.startswith("imports/") or ".." in file.split("/"):
        raise ValueError(f"the file {shown(file)} must lie in the folder imports")
    return Mapping(
        file=file,
        table=section["table"],
        columns={tidy(ours): tidy(theirs) for ours, theirs in columns.items()},
        sheet=section.get("sheet", ""),
        leave=tuple(map(tidy, leave)),
        scale=(Decimal(scale[0]), Decimal(scale[1])) if scale else None,
        origin=origin,
    )


def _is_scale(ends: Any) -> bool:
    if not isinstance(ends, list) or len(ends) != 2:
        return False
    if any(isinstance(end, bool) or not isinstance(end, int | Decimal) for end in ends):
        return False
    lowest, highest = map(Decimal, ends)
    finite = all(end.is_finite() and FINEST < end.adjusted() < -FINEST for end in (lowest, highest))
    return finite and lowest < highest
