"""A template in, its facts as SQL out: texts in place of codes, numbers as exact decimals."""

from cop_expert.facts import FactBase, is_text, quoted
from cop_expert.model.template import Field, Kind, Template


def with_facts(facts: FactBase) -> list[Template]:
    return [t for t in facts.vocabulary.templates.values() if facts.count(t.name)]


def told(template: Template) -> str:
    """A query for the facts in order, a column a field; those given tell where they stand."""
    columns, joins = [], []
    for place, field in enumerate(template.fields):
        column = f"t.{quoted(field.name)}"
        if is_text(field):
            joins.append(f'LEFT JOIN "@names" n{place} ON n{place}.code = {column}')
            column = f"n{place}.text"
        columns.append(f"{_number(column, field)} AS {quoted(field.name)}")
    if template.given:
        joins.append('LEFT JOIN "@names" s ON s.code = t."@source"')
        columns += ['s.text AS "@source"', 't."@line" AS "@line"']
    return (
        f"SELECT {', '.join(columns)} FROM {quoted(template.name)} t {' '.join(joins)} ORDER BY ALL"
    )


def _number(column: str, field: Field) -> str:
    """From millionths; DuckDB multiplies decimals exactly."""
    if field.type.kind != Kind.NUMBER:
        return column
    return f"({column} * 0.000001::DECIMAL(7, 6))::DECIMAL(19, 6)"


def sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
