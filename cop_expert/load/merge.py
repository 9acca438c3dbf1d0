"""The rows of a foreign file in, each thing that they say once out.

A list of employees names a department as often as somebody works there, and names departments that
the client's own tables describe already. What adds nothing goes; what contradicts stays, to be
reported.
"""

from cop_expert.facts import STAGED, FactBase, quoted
from cop_expert.load.draft import Draft
from cop_expert.model.template import Field, Kind


def say_once(draft: Draft, others: list[Draft], facts: FactBase) -> None:
    """`others` are the drafts of the same template that were read before."""
    fields = [f for f in draft.template.fields if not _is_composed(draft, f)]
    averaged = [f for f in fields if _is_averaged(draft, f)]
    if averaged:
        _average(draft, [f for f in fields if f not in averaged], averaged, facts)
    _drop_repeated(draft, fields, facts)
    keys = [f for f in fields if f.name in _key(draft)]
    rest = [f for f in fields if f not in keys]
    for other in [draft, *others]:
        _drop_known(draft, other, keys, rest, facts)
    draft.rows = facts.query(f"SELECT count(*) FROM {draft.relation}")[0][0]


def _is_composed(draft: Draft, field: Field) -> bool:
    return field.name == draft.template.itself and bool(draft.template.naming)


def _is_averaged(draft: Draft, field: Field) -> bool:
    """True for the numbers of a matrix, of which there may be one for each person of a role."""
    place = draft.places.get(field.name)
    return place is not None and draft.sheet.column(place) == 0 and field.type.kind == Kind.NUMBER


def _key(draft: Draft) -> set[str]:
    """The fields that tell rows apart, or what their name is composed of."""
    template = draft.template
    if template.naming:
        return {name for name in template.names if f"{{{name}}}" in template.naming}
    return {name for name in template.key if not template.by_name[name].many}


def _folded(field: Field, alias: str) -> str:
    column = f"{alias}.{quoted(field.name)}"
    return f"lower({column})" if STAGED[field.type.kind] == "VARCHAR" else column


def _average(draft: Draft, keys: list[Field], numbers: list[Field], facts: FactBase) -> None:
    """Give each row the mean of all rows that are about the same, rounded half up."""
    alike = f"(PARTITION BY {', '.join(_folded(key, 'd') for key in keys)})"
    means = ", ".join(
        f"((2 * sum({n}) OVER {alike} + count({n}) OVER {alike}) // (2 * count({n}) OVER {alike}))"
        f"::BIGINT AS {n}"
        for n in (quoted(field.name) for field in numbers)
    )
    made = draft.relation.removesuffix('"') + ' mean"'
    facts.query(f"CREATE TABLE {made} AS SELECT * REPLACE ({means}) FROM {draft.relation} d")
    draft.relation = made


def _drop_repeated(draft: Draft, fields: list[Field], facts: FactBase) -> None:
    """Keep the first of rows that say the same."""
    same = ", ".join(_folded(field, "d") for field in fields)
    facts.query(
        f'DELETE FROM {draft.relation} WHERE "@row" NOT IN '
        f'(SELECT min("@row") FROM {draft.relation} d GROUP BY {same})'
    )


def _drop_known(
    draft: Draft, other: Draft, keys: list[Field], rest: list[Field], facts: FactBase
) -> None:
    """Drop rows of which another says all that they say, and perhaps more."""
    same = " AND ".join(f"{_folded(f, 'a')} IS NOT DISTINCT FROM {_folded(f, 'b')}" for f in keys)
    said = [field for field in rest if field.name in draft.places]
    less = _says_no_more("a", "b", said)
    if draft is other:
        less += f" AND NOT ({_says_no_more('b', 'a', said)})"
    facts.query(
        f"DELETE FROM {draft.relation} a WHERE EXISTS "
        f"(FROM {other.relation} b WHERE {same or 'TRUE'} AND {less})"
    )


def _says_no_more(one: str, other: str, rest: list[Field]) -> str:
    """Whatever stands in the one stands in the other."""
    return (
        " AND ".join(
            f"({one}.{quoted(field.name)} IS NULL OR "
            f"{_folded(field, one)} IS NOT DISTINCT FROM {_folded(field, other)})"
            for field in rest
        )
        or "TRUE"
    )
