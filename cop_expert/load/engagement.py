"""A client's folder in, its settings and the files of its knowledge out."""

from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from cop_expert.load.settings import SETTINGS_FILE, Mapping, Settings, read_settings
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.template import Value

FILES = {
    "tables": {"tables": {".csv"}},
    "workbooks": {"": {".xlsx"}, "tables": {".xlsx"}},
    "knowledge": {"knowledge": {".ttl", ".owl", ".owx", ".rdf", ".nt", ".jsonld"}},
    "rules": {"rules": {".rules"}},
}
"""Where which kinds of files are looked for."""
OTHER_SHEETS = {".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".tsv"}
"""What people take for a table, too, and what is not read."""
LARGEST_SETTINGS = 10_000_000


class Engagement(Struct, frozen=True):
    """One client's folder: what is set there, and where the knowledge lies."""

    folder: Path
    name: str
    language: str = "en"
    parameters: dict[str, Value] = {}
    """Values for the rulebook's parameters; numbers in millionths."""
    scales: dict[str, tuple[Decimal, Decimal]] = {}
    """The lowest and the highest number of a column that does not run from 0 to 1:
    {"needs.required": (0, 4)}; keys as `plain` makes them."""
    tables: tuple[Path, ...] = ()
    workbooks: tuple[Path, ...] = ()
    catalogues: tuple[Path, ...] = ()
    """Tables that were made of published catalogues, each catalogue's in a folder of its own."""
    knowledge: tuple[Path, ...] = ()
    rules: tuple[Path, ...] = ()
    imports: tuple[Mapping, ...] = ()
    """Tables that are made of the columns of foreign files."""
    elsewhere: dict[str, Path] = {}
    """Foreign files that do not lie in the engagement yet."""
    settings: Settings = Settings()

    @property
    def holds_anything(self) -> bool:
        return bool(
            self.tables or self.workbooks or self.catalogues or self.imports or self.knowledge
        )

    def origin(self, key: str) -> Origin:
        """Where a setting stands: `name`, `scales.needs.required`, or a parameter's name."""
        return self.settings.origin(key)

    def path(self, source: str) -> Path:
        """Where a file lies that the user knows by this name."""
        return self.elsewhere.get(source, self.folder / source)

    def source(self, path: Path) -> str:
        """A file as the user knows it: `tables/roles.csv`."""
        inside = path.is_relative_to(self.folder)
        return (path.relative_to(self.folder) if inside else path).as_posix()


def read_engagement(folder: Path) -> tuple[Engagement, list[Diagnostic]]:
    """The settings, checked as far as they can be without the ontology, and the files."""
    if not folder.is_dir():
        return Engagement(folder, folder.name), [_no_folder(folder)]
    files, problems = _files(folder)
    text, unreadable = _text(folder)
    settings, wrong = (Settings(is_whole=False), unreadable) if unreadable else read_settings(text)
    engagement = Engagement(
        folder=folder,
        name=settings.name or folder.resolve().name,
        language=settings.language or "en",
        parameters=settings.parameters,
        scales=settings.scales,
        imports=tuple(m for m in settings.imports if not leads_outside(folder / m.file, folder)),
        settings=settings,
        tables=files["tables"],
        workbooks=files["workbooks"],
        catalogues=files["catalogues"],
        knowledge=files["knowledge"],
        rules=files["rules"],
    )
    kept = {mapping.file for mapping in engagement.imports}
    lost = sorted({mapping.file for mapping in settings.imports} - kept)
    problems += [_outside(file) for file in lost]
    if not engagement.holds_anything and not problems:
        problems.append(_no_tables())
    return engagement, problems + wrong


def _no_folder(folder: Path) -> Diagnostic:
    return Diagnostic(
        "no-folder",
        "this is a file, not a folder" if folder.exists() else "there is no such folder",
        Origin(folder.as_posix()),
        "check the path; `cop-expert new FOLDER` starts a new engagement",
    )


def _no_tables() -> Diagnostic:
    return Diagnostic(
        "no-tables",
        "there are no tables in this engagement",
        Origin("tables"),
        "put the client's CSV files into the folder tables, or a workbook (.xlsx) beside it; "
        "`cop-expert new FOLDER` shows how",
    )


def _files(folder: Path) -> tuple[dict[str, tuple[Path, ...]], list[Diagnostic]]:
    """The files of each kind by name, without those that lie outside of the engagement."""
    found = {
        kind: [path for place, ends in places.items() for path in _listing(folder / place, ends)]
        for kind, places in FILES.items()
    }
    found["catalogues"] = [
        path for place in _folders(folder / "imports") for path in _listing(place, {".csv"})
    ]
    outside = {path for paths in found.values() for path in paths if leads_outside(path, folder)}
    inside = {
        name: tuple(path for path in paths if path not in outside) for name, paths in found.items()
    }
    problems = [_outside(path.relative_to(folder).as_posix()) for path in sorted(outside)]
    others = [*_listing(folder, OTHER_SHEETS), *_listing(folder / "tables", OTHER_SHEETS)]
    return inside, problems + [_not_read(path.relative_to(folder).as_posix()) for path in others]


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


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


def _not_read(source: str) -> Diagnostic:
    return Diagnostic(
        "not-read",
        "files of this kind are not read",
        Origin(source),
        "save it as an Excel workbook (.xlsx) or, sheet by sheet, as 'CSV UTF-8'",
        warning=True,
    )


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
            return "", [_unreadable("this is not a file of settings")]
        return path.read_bytes().decode("utf-8-sig"), []
    except OSError as error:
        return "", [_unreadable(f"the file cannot be opened: {error.strerror}")]
    except UnicodeDecodeError:
        return "", [_unreadable("the file is not written in UTF-8", "save it as UTF-8")]


def _unreadable(message: str, advice: str = "") -> Diagnostic:
    return Diagnostic("unreadable", message, Origin(SETTINGS_FILE), advice)
