"""A cell's text in, its value out: how each datatype is written in a sheet."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from cop_expert.facts import has_form
from cop_expert.load.words import UNCALCULATED, listed, plain, shown, tidy
from cop_expert.model.arithmetic import (
    FACT_LIMIT,
    UNIT,
    divide_half_away,
    to_decimal,
    to_millionths,
)
from cop_expert.model.diagnostic import did_you_mean
from cop_expert.model.template import Field, Kind, Value

LONGEST_TEXT = 10_000
LONGEST_NUMBER = 100
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?P<mark>[.,])[0-9]{3}((?P=mark)[0-9]{3})*")
"""Digits in threes: the mark may part thousands as well as decimals."""
FAILED = re.compile(r"#(N/A|(REF|VALUE|NULL|NUM|DIV/0|SPILL|CALC|FIELD|BLOCKED|BUSY)!|NAME\?)")
"""What a spreadsheet shows where it cannot calculate."""
DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

# What to do about a text that is meant as a number, by what it looks like.
NUMBER_ADVICE = (
    (r"[+-]?[0-9.,]+ ?%", "write it as a part of 1: 50 % is 0.5"),
    (r"[+-]?[0-9]{1,3}([., '’][0-9]{3})+([.,][0-9]+)?", "leave out the marks between thousands"),
    (r"=.*", "this is a formula: save the sheet with its values"),
    (r"(?i)[-–—?.]+|nan|inf|n/?a|none|null|tbd", "where nothing is known, leave it blank"),
    (r"(?i)[0-9.,]+ ?[^0-9.,]+", "write the number alone, without a unit"),
)


class Fault(Struct, frozen=True):
    """Why a text cannot stand in a column, and what to do about it."""

    code: str
    message: str
    help: str = ""


class Scale(Struct, frozen=True):
    """What 0 and 1 are in the numbers of a sheet."""

    column: str
    """As the settings name it: `needs.required`."""
    lowest: Decimal = Decimal(0)
    highest: Decimal = Decimal(1)

    def of(self, number: Decimal) -> int:
        """The number's place between the two ends, in millionths."""
        lowest, highest = Fraction(self.lowest), Fraction(self.highest)
        share = (Fraction(number) - lowest) / (highest - lowest)
        return divide_half_away(share.numerator * UNIT, share.denominator)

    def number(self, millionths: int) -> Decimal:
        """The number that stands for this place between the two ends."""
        return self.lowest + to_decimal(millionths) * (self.highest - self.lowest)

    @property
    def is_set(self) -> bool:
        return self != Scale(self.column)


def has_scale(field: Field) -> bool:
    """True where an engagement may say what 0 and 1 are in its own numbers."""
    return (field.type.least, field.type.most) == (0, UNIT)


Convert = Callable[[str], Value | Fault]


class CellReader(dict[str, Value]):
    """The values of one column by their cells: however often a text stands there, it is read once.

    `faults` holds what is wrong with the texts that have no value.
    """

    def __init__(self, convert: Convert, blank: Value | Fault) -> None:
        super().__init__()
        self._convert = convert
        self._blank = blank
        self.faults: dict[str, Fault] = {}
        self.aliases: dict[str, str] = {}
        """What is meant by other names, these in lower case."""

    def __missing__(self, cell: str) -> Value:
        text = tidy(cell)
        text = self.aliases.get(text.casefold(), text)
        found = (_failed(cell) or self._convert(text)) if text else self._blank
        if isinstance(found, Fault):
            self.faults[cell] = found
            found = None
        self[cell] = found
        return found


def _failed(cell: str) -> Fault | None:
    """What stands where a spreadsheet has no value to show."""
    if cell.startswith(UNCALCULATED):
        message = "the formula in this cell has never been calculated"
        return Fault("no-value", message, "open the workbook in a spreadsheet program and save it")
    if cell.startswith("#") and FAILED.fullmatch(cell.strip()):
        message = f"{shown(cell.strip())} is an error of the spreadsheet"
        return Fault("no-value", message, "mend the formula in this cell")
    return None


def cell_reader(field: Field, column: str, scale: Scale | None, decimal_mark: str) -> CellReader:
    """The reader of a field's cells; `column` is the heading that messages name."""
    match field.type.kind:
        case Kind.NUMBER:
            convert = _numbers(field, column, scale, decimal_mark)
        case Kind.TRUTH:
            convert = _truths(column)
        case Kind.TEXT:
            convert = _words(field, column) if field.type.choices else _texts(field, column)
    return CellReader(convert, _blank(field, column))


def _blank(field: Field, column: str) -> Value | Fault:
    if field.default is not None or not field.required:
        return field.default
    return Fault("blank-cell", f"'{column}' is blank", _hint(field))


def _hint(field: Field) -> str:
    hint = field.hint.rstrip(".")
    return hint[:1].lower() + hint[1:]


def _numbers(field: Field, column: str, scale: Scale | None, decimal_mark: str) -> Convert:
    def convert(text: str) -> Value | Fault:
        digits = text.replace(",", ".")
        if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(digits):
            message = f"{column} {shown(text)} is not a number"
            return Fault("unreadable-number", message, _number_advice(text, field))
        if (grouped := GROUPED.fullmatch(text)) and grouped["mark"] != decimal_mark:
            return _doubtful(text, column, decimal_mark)
        number = Decimal(digits)
        count = scale.of(number) if scale else to_millionths(number)
        return _out_of_bounds(count, field, column, text, scale) or count

    return convert


def _doubtful(text: str, column: str, decimal_mark: str) -> Fault:
    """A number that is a thousand times too large is worse than a question."""
    whole, *parts = re.split("[.,]", text)
    message = f"{column} {shown(text)} can be read in two ways"
    if len(parts) > 1:
        return Fault("unreadable-number", message, "leave out the marks between thousands")
    part = f"{whole}{decimal_mark or '.'}{parts[0]}{'' if decimal_mark else '0'}"
    return Fault("unreadable-number", message, f"write {part} or {whole}{parts[0]}")


def _number_advice(text: str, field: Field) -> str:
    in_digits = f"write it in digits, such as {field.example}" if field.example else _hint(field)
    fitting = (advice for form, advice in NUMBER_ADVICE if re.fullmatch(form, text))
    return next(fitting, in_digits)


def _out_of_bounds(
    count: int, field: Field, column: str, text: str, scale: Scale | None
) -> Fault | None:
    least, above, most = field.type.least, field.type.above, field.type.most
    if above is not None and count <= above:
        wrong = f"is not above {_said(above)}"
    elif least is not None and count < least:
        wrong = f"is below {_end(least, scale)}"
    elif most is not None and count > most:
        wrong = f"is above {_end(most, scale)}"
    elif abs(count) > FACT_LIMIT:
        wrong = "is larger than any number that can be kept"
    else:
        return None
    advice = _scale_advice(scale) if scale else _hint(field)
    return Fault("out-of-range", f"{column} {shown(text)[1:-1]} {wrong}", advice)


def _scale_advice(scale: Scale) -> str:
    if scale.is_set:
        return "engagement.toml sets the scale, below [scales]"
    setting = f'"{scale.column}" = [0, 4]'
    return f"a sheet with another scale needs this in engagement.toml, below [scales]: {setting}"


def _end(bound: int, scale: Scale | None) -> str:
    """A bound in the sheet's own numbers."""
    if not scale or not scale.is_set:
        return _said(bound)
    if bound:
        return f"{scale.highest.normalize():f}, the top of the scale for {scale.column}"
    return f"{scale.lowest.normalize():f}, the bottom of the scale for {scale.column}"


def _said(count: int) -> str:
    return f"{to_decimal(count):f}"


def _truths(column: str) -> Convert:
    def convert(text: str) -> Value | Fault:
        if text.casefold() in TRUTHS:
            return TRUTHS[text.casefold()]
        message = f"{column} {shown(text)} is neither yes nor no"
        return Fault("unknown-word", message, "write yes or no")

    return convert


def _words(field: Field, column: str) -> Convert:
    by_form = {plain(choice): choice for choice in field.type.choices}

    def convert(text: str) -> Value | Fault:
        if plain(text) in by_form:
            return by_form[plain(text)]
        known = f"it is one of: {listed(sorted(field.type.choices), 'or')}"
        message = f"{column} {shown(text)} is not known"
        return Fault("unknown-word", message, did_you_mean(text, field.type.choices) or known)

    return convert


def _texts(field: Field, column: str) -> Convert:
    is_date = field.type.name == "Date"
    form = "" if is_date else field.type.pattern

    def convert(text: str) -> Value | Fault:
        if len(text) > LONGEST_TEXT:
            message = f"{column} is {len(text):,} characters long"
            return Fault("too-long", message, f"a text has {LONGEST_TEXT:,} characters at most")
        if CONTROL.search(text):
            message = f"{column} {shown(text)} holds a character that cannot be printed"
            return Fault("malformed", message, "type the text anew")
        if is_date and (day := DAY_FIRST.fullmatch(text)):
            text = f"{day[3]}-{day[2]:>02}-{day[1]:>02}"
        if is_date and not _is_date(text):
            message = f"{column} {shown(text)} is not a date"
            return Fault("malformed", message, _like(field) or _hint(field))
        if form and not has_form(text, form):
            message = f"{column} {shown(text)} does not have the form that is asked for"
            return Fault("malformed", message, _like(field) or _hint(field))
        return text

    return convert


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _like(field: Field) -> str:
    return f"write it like this: {field.example}" if field.example else ""
