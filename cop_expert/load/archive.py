"""An XLSX file in, the elements of its parts out: the one place that unpacks and parses XML.

Nothing is unpacked whole and nothing declared is trusted, so a file that was made to fill memory
costs no more than its limit. Of the libraries that read workbooks, python-calamine lays out a grid
of all cells between the outermost two, which ends the process where these stand far apart, and
openpyxl, while it streams, tells neither merged cells nor formulas without a value.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from cop_expert.load.csv_file import UnreadableFile

LARGEST_FILE = 100_000_000
LARGEST_UNPACKED = 300_000_000
"""Bytes of all parts that are read."""
LONGEST_PIECE = 4_000_000
"""Bytes between two things that the parser tells."""
DAMAGE = (BadZipFile, zlib.error, expat.ExpatError, EOFError, RuntimeError, KeyError)
"""What unpacking and parsing raise."""
MOST_ELEMENTS = 12_000_000
"""In one part."""
DEEPEST = 100
"""Elements within one another."""
CHUNK = 1 << 18
Act = Callable[..., Any]
OLD_FORMAT = b"\xd0\xcf\x11\xe0"
"""How files of Excel 97 begin, and those that are locked by a password."""
SAVE_ANEW = "open it in a spreadsheet program and save it anew as an Excel workbook (.xlsx)"


class Handler:
    """What takes the elements of one part."""

    def __init__(self) -> None:
        self.starts: dict[str, Callable[[dict[str, str]], None]] = {}
        """What to do with the attributes of an element, by its name without a prefix."""
        self.ends: dict[str, Callable[[], None]] = {}

    def text(self, text: str) -> None:
        """Take what stands between two tags, or a part of it."""


class Archive:
    """The parts of one workbook, read within limits that they share."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file
        self._unpacked = 0

    def holds(self, part: str) -> bool:
        return part in self._file.NameToInfo

    def scan(self, part: str, handler: Handler) -> None:
        """Hand each element of the part to the handler; raises UnreadableFile."""
        try:
            packed = self._file.getinfo(part)
            if packed.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise _damaged()
            with self._file.open(packed) as stream:
                self._parse(iter(lambda: stream.read(CHUNK), b""), handler)
        except DAMAGE as error:
            raise _damaged() from error

    def _parse(self, chunks: Iterator[bytes], handler: Handler) -> None:
        parser, fed = _parser(handler), 0
        for chunk in chunks:
            self._unpacked += len(chunk)
            fed += len(chunk)
            parser.Parse(chunk)
            if self._unpacked > LARGEST_UNPACKED or fed - parser.CurrentByteIndex > LONGEST_PIECE:
                raise _too_large()
        parser.Parse(b"", True)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Raises UnreadableFile."""
    try:
        if not path.is_file():
            raise UnreadableFile("this is not a file")
        if path.stat().st_size > LARGEST_FILE:
            raise UnreadableFile("the file is larger than 100 MB", _AS_CSV)
        with path.open("rb") as file:
            if file.read(4) == OLD_FORMAT:
                message = "the workbook is locked by a password, or in an older format of Excel"
                raise UnreadableFile(message, f"{SAVE_ANEW}, without a password")
            with ZipFile(file) as unzipped:
                yield Archive(unzipped)
    except (BadZipFile, NotImplementedError) as error:
        raise UnreadableFile("this is not an Excel workbook (.xlsx)", SAVE_ANEW) from error
    except OSError as error:
        raise UnreadableFile(f"the file cannot be opened: {error.strerror}") from error


_AS_CSV = "save its sheets as 'CSV UTF-8' into the folder tables"


def _parser(handler: Handler) -> expat.XMLParserType:
    """A workbook declares no document type, so one that does, to define entities, is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    starts, ends = _Prefixed(handler.starts), _Prefixed(handler.ends)
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > DEEPEST:
            raise _damaged()
        if count > MOST_ELEMENTS:
            raise _too_large()
        if act := starts[name]:
            act(attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if act := ends[name]:
            act()

    def refuse(*declared: object) -> None:
        raise _damaged()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = refuse
    return parser


class _Prefixed(dict[str, Act | None]):
    """Finds what is said of `row` for `x:row`, too; for any other name nothing."""

    def __missing__(self, name: str) -> Act | None:
        return self.get(name.rpartition(":")[2])


def _damaged() -> UnreadableFile:
    return UnreadableFile("the workbook is damaged", SAVE_ANEW)


def _too_large() -> UnreadableFile:
    return UnreadableFile("the workbook is too large: unpacked, it fills 300 MB or more", _AS_CSV)
