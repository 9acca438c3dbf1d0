"""A client's folder in, its settings and the files of its knowledge out."""

import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from cop_expert.load.words import plain, shown, tidy
from cop_expert.model.arithmetic import FACT_LIMIT, UNIT, to_millionths
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Value

SETTINGS_FILE = "engagement.toml"
SETTINGS = {"name": str, "language": str, "parameters": dict, "scales": dict}
TYPES_IN_WORDS = {str: 'a text in "quotation marks"', dict: "a section of its own, in brackets"}
FOLDERS = {
    "tables": {".csv"},
    "knowledge": {".ttl", ".owl", ".rdf", ".nt"},
    "rules": {".rules"},
}
LARGEST_SETTINGS = 10_000_000


class Engagement(Struct, frozen=True):
    """One client's folder: what is set there, and where the knowledge lies."""

    folder: Path
    name: str
    language: str = "en"
    parameters: dict[str, Value] = {}
    """Values for the rulebook's parameters; numbers in millionths."""
    scales: dict[str, tuple[Decimal, Decimal]] = {}
    """Lowest and highest of a column that does not run from 0 to 1: {"needs.required": (0, 4)};
    keys as `plain` makes them."""
    tables: tuple[Path, ...] = ()
    knowledge: tuple[Path, ...] = ()
    rules: tuple[Path, ...] = ()
    places: dict[str, Origin] = {}
    """Where each setting stands, by section and key as `plain` makes them."""

    def origin(self, key: str) -> Origin:
        """Where a setting stands: `name`, `scales.needs.required`, or the name of a parameter."""
        for setting in (f"parameters.{key}", key):
            if plain(setting) in self.places:
                return self.places[plain(setting)]
        return Origin(SETTINGS_FILE)

    def source(self, path: Path) -> str:
        """A file as the user knows it: `tables/roles.csv`."""
        return path.relative_to(self.folder).as_posix()


def read_engagement(folder: Path) -> tuple[Engagement, list[Diagnostic]]:
    """The settings, checked as far as they can be without the ontology, and the files."""
    if not folder.is_dir():
        return Engagement(folder, folder.name), [_no_folder(folder)]
    files, problems = _files(folder)
    if not files["tables"] and not files["knowledge"] and not problems:
        problems.append(_no_tables())
    text, unreadable = _text(folder)
    settings, unparsable = _parse(text)
    engagement = Engagement(
        folder=folder,
        name=folder.resolve().name,
        tables=files["tables"],
        knowledge=files["knowledge"],
        rules=files["rules"],
        places=_places(text),
    )
    return _with_settings(engagement, settings, problems + unreadable + unparsable)


def _no_folder(folder: Path) -> Diagnostic:
    what = "this is a file, not a folder" if folder.exists() else "there is no such folder"
    return Diagnostic(
        "no-folder",
        what,
        Origin(folder.as_posix()),
        "check the path; `cop-expert new FOLDER` starts a new engagement",
    )


def _no_tables() -> Diagnostic:
    return Diagnostic(
        "no-tables",
        "there are no tables in this engagement",
        Origin("tables"),
        "put the client's CSV files into the folder tables; `cop-expert new FOLDER` shows how",
    )


def _files(folder: Path) -> tuple[dict[str, tuple[Path, ...]], list[Diagnostic]]:
    """The files of each kind by name, without those that lie outside of the engagement."""
    found: dict[str, tuple[Path, ...]] = {}
    problems = []
    for name, suffixes in FOLDERS.items():
        inside = []
        for path in _listing(folder / name, suffixes):
            if leads_outside(path, folder):
                problems.append(_outside(path.relative_to(folder).as_posix()))
            else:
                inside.append(path)
        found[name] = tuple(inside)
    return found, problems


def _listing(folder: Path, suffixes: set[str]) -> list[Path]:
    """Files of these kinds, in order of their names; not those that programs hide."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes and not path.name.startswith((".", "~$"))
    )


def leads_outside(path: Path, folder: Path) -> bool:
    """True where a symbolic link on the way to the file leaves the engagement."""
    try:
        return not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return True


def _outside(source: str) -> Diagnostic:
    return Diagnostic(
        "outside",
        "this is a link that leads out of the engagement, and is not followed",
        Origin(source),
        "put a copy of the file here",
    )


def _text(folder: Path) -> tuple[str, list[Diagnostic]]:
    """The text of the settings file; none where there is no such file."""
    path = folder / SETTINGS_FILE
    if not path.exists() and not path.is_symlink():
        return "", []
    if leads_outside(path, folder):
        return "", [_outside(SETTINGS_FILE)]
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_SETTINGS:
            return "", [_unreadable("this is not a file of settings", "")]
        return path.read_bytes().decode("utf-8-sig"), []
    except OSError as error:
        return "", [_unreadable(f"the file cannot be opened: {error.strerror}", "")]
    except UnicodeDecodeError:
        return "", [_unreadable("the file is not written in UTF-8", "save it as UTF-8")]


def _unreadable(message: str, advice: str) -> Diagnostic:
    return Diagnostic("unreadable", message, Origin(SETTINGS_FILE), advice)


def _parse(text: str) -> tuple[dict[str, Any], list[Diagnostic]]:
    try:
        return tomllib.loads(text, parse_float=Decimal), []
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        place = re.search(r" \(at line (\d+), column (\d+)\)| \(at end of document\)", said)
        message = said[: place.start()] if place else said.partition(";")[0]
        line, column = map(int, place.groups(default=0)) if place else (0, 0)
        return {}, [
            Diagnostic(
                "syntax",
                f"the settings cannot be read: {message[:1].lower()}{message[1:]}",
                Origin(SETTINGS_FILE, line or (len(text.splitlines()) if place else 0), column),
                'a text has quotation marks, as in name = "Grand Hotel"; a number has none',
            )
        ]


def _places(text: str) -> dict[str, Origin]:
    """Where each key stands, by its section and name."""
    places: dict[str, Origin] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]#]+)\]", line):
            section = header[1].replace('"', "") + "."
            places.setdefault(plain(header[1]), Origin(SETTINGS_FILE, number, 1))
        elif setting := re.match(r"""\s*((?:"[^"]*"|'[^']*'|[\w.\- ])+?)\s*=""", line):
            key = re.sub("[\"']", "", section + setting[1])
            column = setting.start(1) + 1
            places.setdefault(plain(key), Origin(SETTINGS_FILE, number, column))
    return places


def _with_settings(
    engagement: Engagement, settings: dict[str, Any], problems: list[Diagnostic]
) -> tuple[Engagement, list[Diagnostic]]:
    """The engagement with what its settings say, and everything that is wrong with them."""
    problems = problems + list(_check_names(engagement, settings))
    right = {
        key: value
        for key, value in settings.items()
        if key in SETTINGS and isinstance(value, SETTINGS[key])
    }
    parameters, unfit = _parameters(engagement, right.get("parameters", {}))
    scales, crooked = _scales(engagement, right.get("scales", {}))
    return Engagement(
        folder=engagement.folder,
        name=tidy(right.get("name", "")) or engagement.name,
        language=tidy(right.get("language", "")) or engagement.language,
        parameters=parameters,
        scales=scales,
        tables=engagement.tables,
        knowledge=engagement.knowledge,
        rules=engagement.rules,
        places=engagement.places,
    ), problems + unfit + crooked


def _check_names(engagement: Engagement, settings: dict[str, Any]) -> Iterator[Diagnostic]:
    for key, value in settings.items():
        if key not in SETTINGS:
            yield Diagnostic(
                "unknown-setting",
                f"there is no setting {shown(key)}",
                engagement.places.get(plain(key), Origin(SETTINGS_FILE)),
                did_you_mean(key, SETTINGS)
                or "settings are name and language; parameters stand below a line [parameters]",
            )
        elif not isinstance(value, SETTINGS[key]):
            yield Diagnostic(
                "wrong-type",
                f"{key} must be {TYPES_IN_WORDS[SETTINGS[key]]}",
                engagement.places.get(plain(key), Origin(SETTINGS_FILE)),
            )


def _parameters(
    engagement: Engagement, section: dict[str, Any]
) -> tuple[dict[str, Value], list[Diagnostic]]:
    parameters: dict[str, Value] = {}
    problems = []
    for name, value in section.items():
        try:
            parameters[name] = _value(value)
        except ValueError as error:
            place = engagement.origin(name)
            problems.append(Diagnostic("wrong-type", f"{shown(name)} {error}", place))
    return parameters, problems


def _value(value: Any) -> Value:
    """A setting as rules hold it: numbers in millionths, "none" as absent."""
    match value:
        case bool():
            return value
        case str():
            return None if plain(value) == "none" else tidy(value)
        case int() | Decimal():
            return _millionths(Decimal(value))
    raise ValueError("must be a number, a text, true or false")


def _millionths(number: Decimal) -> int:
    if not number.is_finite() or abs(number) > FACT_LIMIT // UNIT:
        raise ValueError("must be a number of at most nine trillion")
    # A number this small is 0 at six decimals; its exact fraction could fill the memory.
    return 0 if number.adjusted() < -20 else to_millionths(number)


def _scales(
    engagement: Engagement, section: dict[str, Any]
) -> tuple[dict[str, tuple[Decimal, Decimal]], list[Diagnostic]]:
    scales: dict[str, tuple[Decimal, Decimal]] = {}
    problems = []
    for column, ends in _flat(section):
        match ends:
            case [int() | Decimal() as lowest, int() | Decimal() as highest] if _ordered(ends):
                scales[plain(column)] = Decimal(lowest), Decimal(highest)
            case _:
                problems.append(
                    Diagnostic(
                        "malformed-scale",
                        f"the scale of {shown(column)} must be two numbers, the lowest first",
                        engagement.origin(f"scales.{column}"),
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


def _ordered(ends: list[Any]) -> bool:
    lowest, highest = (Decimal(end) for end in ends)
    usable = all(end.is_finite() and -20 < end.adjusted() < 20 for end in (lowest, highest))
    return usable and lowest < highest and not any(isinstance(end, bool) for end in ends)
