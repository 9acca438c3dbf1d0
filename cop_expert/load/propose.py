"""A foreign file in, a proposal out: which of its columns feeds which of our tables, and what is
not certain about it.
"""

from collections.abc import Iterator
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from cop_expert.facts import FactBase
from cop_expert.load.cells import has_scale
from cop_expert.load.headings import bare, column_fields, is_needed
from cop_expert.load.mapping import MARKS, NOTHING, matrix_columns
from cop_expert.load.settings import CELL, HEADING, Mapping
from cop_expert.load.sheet import Sheet, place
from cop_expert.load.words import listed, plain, shown
from cop_expert.model.template import Field, Kind, Template

LIKENESS = 0.85
"""How alike two headings must be that are not the same."""
NUMERIC = 0.5
"""The share of a column's cells that must be numbers or marks for it to be part of a matrix."""
SHORTEST_MATRIX = 3
TOPS = (1, 3, 4, 5, 6, 7, 9, 10, 100)
"""Where scales end, as a rule."""


class Match(Struct, frozen=True):
    """A column of the file for a field."""

    column: int
    likeness: float
    also: tuple[int, ...] = ()
    """Other columns that would fit as well."""


class Proposal(Struct, frozen=True):
    """How a file would be read."""

    mappings: tuple[Mapping, ...]
    left: tuple[str, ...]
    """Headings that feed nothing."""
    doubts: tuple[str, ...]


Matches = dict[str, Match]
"""By field."""


class Wishes(Struct, frozen=True):
    """What the user knows better."""

    tables: tuple[str, ...] = ()
    """Those that the file shall feed; none: as many as can be."""
    columns: dict[tuple[str, str], str] = {}
    """For a table and its heading, both `plain`, the file's heading; empty: none."""
    scale: tuple[Decimal, Decimal] | None = None


def propose(raw: Sheet, file: str, wishes: Wishes, facts: FactBase) -> Proposal:
    """Mappings for all tables that the file can feed, or for those that are named."""
    templates = [t for t in facts.vocabulary.given() if t.table and t.name != "Alias"]
    found = {t.name: _matches(raw, t, wishes) for t in templates}
    wanted = [t for t in templates if plain(t.table) in map(plain, wishes.tables)]
    sheet = raw.name if "/" in raw.source.removeprefix("imports/") else ""
    if matrix := _matrix(raw, found, wanted, facts):
        mappings = list(_matrix_mappings(matrix, raw, file, sheet, facts))
    else:
        chosen = wanted or _fed(templates, found)
        chosen = [t for t in chosen if _is_complete(t, found[t.name])]
        mappings = [
            mapping
            for template in chosen
            for mapping in _mappings(template, found[template.name], raw, file, sheet, chosen)
        ]
    mappings = [_with_scale(mapping, raw, wishes.scale, facts) for mapping in mappings]
    left, doubts = _left(raw, mappings), _doubts(raw, mappings, found, wishes, facts)
    return Proposal(tuple(mappings), tuple(left), tuple(doubts))


# Which column is which


def _matches(raw: Sheet, template: Template, wishes: Wishes) -> Matches:
    """The best column for each field; a column feeds one field."""
    wished = {
        field.name: wishes.columns[plain(template.table), plain(field.heading)]
        for field in column_fields(template)
        if (plain(template.table), plain(field.heading)) in wishes.columns
    }
    forms = list(map(plain, raw.headings))
    found = {
        name: Match(forms.index(plain(theirs)), 1.0)
        for name, theirs in wished.items()
        if plain(theirs) in forms
    }
    taken = {match.column for match in found.values()}
    pairs = [
        (_likeness(heading, field), -number, field.name)
        for number, heading in enumerate(raw.headings)
        for field in column_fields(template)
        if heading and field.name not in wished and _likeness(heading, field) >= LIKENESS
    ]
    for likeness, minus, name in sorted(pairs, reverse=True):
        if name not in found and -minus not in taken:
            also = [-m for s, m, n in pairs if n == name and s >= likeness and m != minus]
            found[name] = Match(-minus, likeness, tuple(also))
            taken.add(-minus)
    return found


def _likeness(heading: str, field: Field) -> float:
    """1 for the field's own heading, less for another word for it, least for something near."""
    form = bare(heading)
    if form == bare(field.heading):
        return 1.0
    if form in map(bare, field.also_called):
        return 0.95
    names = map(bare, (field.heading, *field.also_called))
    near = max((SequenceMatcher(None, form, name).ratio() for name in names), default=0.0)
    return min(near, 0.94) if len(form) > 3 else 0.0


def _is_complete(template: Template, matches: Matches) -> bool:
    return all(f.name in matches for f in column_fields(template) if is_needed(f))


def _fed(templates: list[Template], found: dict[str, Matches]) -> list[Template]:
    """The tables that the file can feed; of those that need the same columns, the fitting one."""
    complete = [t for t in templates if _is_complete(t, found[t.name])]
    by_need: dict[frozenset[int], list[Template]] = {}
    for template in complete:
        needed = [f.name for f in column_fields(template) if is_needed(f)]
        columns = frozenset(found[template.name][name].column for name in needed)
        by_need.setdefault(columns, []).append(template)
    return [t for t in complete if any(t is _fittest(g, found) for g in by_need.values())]


def _fittest(group: list[Template], found: dict[str, Matches]) -> Template:
    def fit(template: Template) -> tuple[float, int]:
        likeness = sum(match.likeness for match in found[template.name].values())
        return likeness, -len(column_fields(template))

    return max(group, key=fit)


def _mappings(
    template: Template,
    matches: Matches,
    raw: Sheet,
    file: str,
    sheet: str,
    chosen: list[Template],
) -> Iterator[Mapping]:
    """One for the table; for a column that leads on to more of the same, one for these, too."""
    fields = [field for field in column_fields(template) if field.name in matches]
    if _counts_people(chosen) and template.naming:
        fields = [field for field in fields if field.type.kind != Kind.NUMBER]
    columns = {f.heading: raw.headings[matches[f.name].column] for f in fields}
    yield Mapping(file, template.table, columns, sheet)
    for field in fields:
        if field.type.classes == {template.name} and field.name != template.itself:
            own = template.by_name[template.itself].heading
            yield Mapping(file, template.table, {own: columns[field.heading]}, sheet)


def _counts_people(chosen: list[Template]) -> bool:
    """True where the file has a row for each person, so that heads need not be counted."""
    return any(template.must_be for template in chosen)


# Matrices


class Matrix(Struct, frozen=True):
    """A table of ours that somebody wrote with a column for each of the things it is about."""

    template: Template
    down: dict[str, int]
    """The fields that have a column of their own."""
    across: list[int]
    """The columns that one field heads, and another fills."""


def _matrix(
    raw: Sheet, found: dict[str, Matches], wanted: list[Template], facts: FactBase
) -> Matrix | None:
    """The matrix that the file is; None where it is none."""
    templates = [t for t in wanted or facts.vocabulary.given() if t.across]
    downs = {t.name: down for t in templates if (down := _down(t, found)) is not None}
    if not downs or not raw.rows:
        return None
    taken = {match.column for matches in found.values() for match in matches.values()}
    rest = [n for n, heading in enumerate(raw.headings) if heading and n not in taken]
    across = [
        n for n, share in zip(rest, _shares(raw, rest, facts), strict=True) if share >= NUMERIC
    ]
    if len(across) < SHORTEST_MATRIX:
        return None
    chosen = _told_apart([t for t in templates if t.name in downs], downs, raw, facts)
    return Matrix(chosen, downs[chosen.name], across)


def _down(template: Template, found: dict[str, Matches]) -> dict[str, int] | None:
    """The columns of all fields but the two of the matrix; None where one that is needed lacks."""
    own = found.get(template.name, {})
    matches = {name: match for other in found.values() for name, match in other.items()} | own
    fields = [f for f in column_fields(template) if f.name not in _of_matrix(template)]
    if any(is_needed(field) and field.name not in matches for field in fields):
        return None
    told = [f for f in fields if f.name in matches and (f.type.is_reference or is_needed(f))]
    return {field.name: matches[field.name].column for field in told}


def _of_matrix(template: Template) -> tuple[str, str]:
    return template.across, template.in_cells


def _told_apart(
    templates: list[Template], downs: dict[str, dict[str, int]], raw: Sheet, facts: FactBase
) -> Template:
    """Of tables with the same rows the one that has room for several about the same thing.

    That is the one with the longest key, if the rows are not told apart by the shortest.
    """
    by_key = sorted(templates, key=lambda t: (len(t.key), t.name))
    first = by_key[0]
    named = ", ".join(f"lower(trim({place(column)}))" for column in downs[first.name].values())
    rows, names = facts.query(f"SELECT count(*), count(DISTINCT ({named})) FROM {raw.relation}")[0]
    alike = [t for t in by_key if downs[first.name].items() <= downs[t.name].items()]
    return alike[-1] if rows > names else first


def _shares(raw: Sheet, columns: list[int], facts: FactBase) -> list[float]:
    """For each column the share of its cells, blank ones aside, that can be levels, or marks."""
    if not columns:
        return []
    shares = ", ".join(
        f"coalesce(avg(CASE WHEN lower(trim({c})) NOT IN (SELECT unnest(?::VARCHAR[])) THEN "
        f"CASE WHEN TRY_CAST(replace({c}, ',', '.') AS DOUBLE) BETWEEN 0 AND {TOPS[-1]} "
        f"OR lower(trim({c})) IN "
        f"(SELECT unnest(?::VARCHAR[])) THEN 1 ELSE 0 END END), 0)"
        for c in map(place, columns)
    )
    values = [list(NOTHING), list(MARKS)] * len(columns)
    return list(facts.query(f"SELECT {shares} FROM {raw.relation}", values)[0])


def _matrix_mappings(
    matrix: Matrix, raw: Sheet, file: str, sheet: str, facts: FactBase
) -> Iterator[Mapping]:
    """What the headings name is declared; how each row stands to it is in the cells."""
    template = matrix.template
    name, cell = (template.by_name[field] for field in _of_matrix(template))
    for declaring, field in _declaring(name, facts):
        leave = [h for n, h in enumerate(raw.headings) if h and n not in matrix.across]
        columns = {declaring.by_name[field].heading: HEADING}
        yield Mapping(file, declaring.table, columns, sheet, leave=tuple(leave))
    used = {*matrix.down.values(), *matrix.across}
    columns = {template.by_name[f].heading: raw.headings[n] for f, n in matrix.down.items()}
    columns |= {name.heading: HEADING, cell.heading: CELL}
    leave = [h for n, h in enumerate(raw.headings) if h and n not in used]
    yield Mapping(file, template.table, columns, sheet, leave=tuple(leave))


def _declaring(field: Field, facts: FactBase) -> Iterator[tuple[Template, str]]:
    """The tables that need no more than a name to declare what the field refers to."""
    declarers = facts.vocabulary.declarers()
    for found in sorted({declarers[name] for name in field.type.classes & declarers.keys()}):
        template = facts.vocabulary.templates[found[0]]
        needed = {f.name for f in column_fields(template) if is_needed(f)}
        if template.table and needed <= {found[1]}:
            yield template, found[1]


# Scales


def _with_scale(
    mapping: Mapping, raw: Sheet, wished: tuple[Decimal, Decimal] | None, facts: FactBase
) -> Mapping:
    """The mapping with the scale that its numbers seem to have, if not that from 0 to 1."""
    columns = _scaled(mapping, raw, facts)
    lowest, highest = _ends(raw, columns, facts)
    if wished and columns:
        return replace(mapping, scale=wished)
    if highest <= 1:
        return mapping
    bottom = Decimal(0 if lowest < 1 else 1)
    top = next((top for top in TOPS if top >= highest), None)
    return replace(mapping, scale=(bottom, Decimal(top) if top else highest))


def _scaled(mapping: Mapping, raw: Sheet, facts: FactBase) -> list[int]:
    """The file's columns whose numbers have a scale."""
    template = next(t for t in facts.vocabulary.given() if t.table == mapping.table)
    ours = {field.heading for field in template.fields if has_scale(field)}
    theirs = [column for heading, column in mapping.columns.items() if heading in ours]
    if CELL in theirs:
        return matrix_columns(mapping, raw)
    return [raw.headings.index(column) for column in theirs]


def _ends(raw: Sheet, columns: list[int], facts: FactBase) -> tuple[Decimal, Decimal]:
    if not columns:
        return Decimal(0), Decimal(0)
    cells = ", ".join(map(place, columns))
    low, high = facts.query(
        "SELECT min(n), max(n) FROM (SELECT TRY_CAST(replace(c, ',', '.') AS DECIMAL(18, 6)) AS n "
        f"FROM (SELECT unnest([{cells}]) AS c FROM {raw.relation}))"
    )[0]
    return (Decimal(0), Decimal(0)) if low is None else (low, high.normalize())


# What is said of it


def _left(raw: Sheet, mappings: list[Mapping]) -> Iterator[str]:
    used = {plain(name) for mapping in mappings for name in mapping.columns.values()}
    across = {raw.headings[n] for m in mappings if m.is_matrix for n in matrix_columns(m, raw)}
    yield from (h for h in raw.headings if h and plain(h) not in used and h not in across)


def _doubts(
    raw: Sheet,
    mappings: list[Mapping],
    found: dict[str, Matches],
    wishes: Wishes,
    facts: FactBase,
) -> Iterator[str]:
    templates = {t.table: t for t in facts.vocabulary.given()}
    said: set[str] = set()
    for mapping in mappings:
        template = templates[mapping.table]
        for field in column_fields(template):
            match = found[template.name].get(field.name)
            if match and raw.headings[match.column] == mapping.columns.get(field.heading):
                said |= set(_doubts_of(field, match, raw))
        if mapping.scale and not wishes.scale:
            low, high = (f"{end:f}" for end in mapping.scale)
            said.add(f"the numbers for {mapping.table} seem to run from {low} to {high}")
    yield from sorted(said)


def _doubts_of(field: Field, match: Match, raw: Sheet) -> Iterator[str]:
    heading = shown(raw.headings[match.column])
    if match.likeness < 0.95:
        yield f"{heading} is taken for {field.heading} because it sounds like it"
    if match.also:
        others = listed([shown(raw.headings[column]) for column in match.also])
        yield f"{heading} is taken for {field.heading}; so could {others} be"


# Names


def near_names(names: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of names that may well be the same, the first of each in the order given."""
    forms: dict[str, str] = {}
    for name in names:
        first = forms.setdefault(bare(name), name)
        if first.casefold() != name.casefold():
            yield first, name
    ordered = sorted(forms)
    for one, other in pairwise(ordered):
        if _is_near(one, other):
            first, second = sorted((forms[one], forms[other]), key=names.index)
            yield first, second


def _is_near(one: str, other: str) -> bool:
    """One slip apart; what is numbered, or ends in a letter of its own, is meant to differ."""
    if len(one) > 3 and other == one + "s":
        return True
    if min(len(one), len(other)) < 6 or any(c.isdigit() for c in one + other):
        return False
    if one[:-1] == other[:-1] or one.rstrip("iv") == other.rstrip("iv"):
        return False
    return SequenceMatcher(None, one, other).ratio() >= 0.92
