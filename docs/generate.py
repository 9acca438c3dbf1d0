"""Writes the pages of docs/ that follow from the ontology, the rules and the code.

Whole pages are written anew (tables, rules, cli, errors); in the others, and in README.md, only
what their commands print. With --check nothing is written, and stale pages end in exit code 1.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from inspect import cleandoc
from pathlib import Path

import click
from consoles import refreshed
from mistakes import MISTAKES, Mistake, mistakes
from nouns import json_page, json_schema

from cop_expert.cli import main as command_line
from cop_expert.load.cells import has_scale
from cop_expert.load.headings import column_fields
from cop_expert.load.scaffold import tables_in_order
from cop_expert.load.vocabulary import read_vocabulary
from cop_expert.load.words import listed
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.rule import Rule
from cop_expert.model.template import Template, Value
from cop_expert.pipeline import rulebook_in_force, standard_rules

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
GENERATED = "<!-- Written by docs/generate.py: change what it reads, then `make docs`. -->"


# Tables: what the ontology says of given templates

TABLES = """\
# Tables and columns

An engagement keeps its tables in the folder `tables`, a CSV file each, or in an Excel workbook
(`.xlsx`) beside it, a sheet each, or in both. `cop-expert new` writes all of them with a row of
examples, with `--workbook` as one workbook with drop-down lists; [the tutorial](tutorial.md) fills
them in.

- Headings match whatever their case, spaces and underscores, in any order. A column of the client's
  own is left aside, with a warning.
- Cells may be parted by commas, semicolons or tabs, and numbers may have a decimal comma, which is
  said. `1,500` is 1.5 where semicolons part the cells, and a question elsewhere. Files are UTF-8;
  what is not is read as Windows-1252, with a warning.
- In a workbook, titles above the headings, blank rows and notes beside a table do no harm; a merged
  cell counts for each of its rows, which is said; formulas count by their values. Sheets with
  *(ignore)* in their names are for people.
- Names match without regard to case, and spaces around them do not count. A table may have a column
  `id`: it then identifies instead of the name; other tables use the id, people are shown the name.
- Columns in **bold** need a value in every row. Others may be blank or left out.
- Numbers marked † run from 0 to 1, unless `[scales]` in `engagement.toml` says otherwise.

| table | what a row says |
| --- | --- |"""


def tables_page() -> str:
    """Every table and column that an engagement may have."""
    vocabulary = read_vocabulary()
    lines = [TABLES]
    templates = tables_in_order(vocabulary)
    for template in templates:
        optional = " (may be left out)" if template.optional_table else ""
        lines.append(f"| [{template.table}](#{template.table}) | {template.comment}{optional} |")
    for template in templates:
        lines += ["", f"## {template.table}", "", *_table(template)]
    return _page(lines)


def _table(template: Template) -> Iterator[str]:
    yield f"{template.comment} In rules: `{_written(template)}`."
    yield ""
    yield "| column | in rules | what to write | example |"
    yield "| --- | --- | --- | --- |"
    for field in column_fields(template):
        needed = field.required and field.default is None
        heading = f"**{field.heading}**" if needed else field.heading
        scaled = " †" if has_scale(field) else ""
        yield _row(heading + scaled, f"`{field.name}`", field.hint, field.example)
    if template.also_columns:
        yield ""
        yield f"{' and '.join(template.also_columns)}: for people to read."
    if _is_declared_by_rows(template):
        yield ""
        headings = [f"*{template.by_name[name].heading}*" for name in template.key]
        yield f"One row for each {listed(headings)}."
    if template.naming:
        yield ""
        yield f"Its name is made from its row: `{template.naming}`."


def _is_declared_by_rows(template: Template) -> bool:
    return 0 < len(template.key) < len(column_fields(template)) and not template.itself


def _written(template: Template) -> str:
    return f"{template.name}({', '.join(template.names)})"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


# Rules: what the standard rulebook concludes, and why

RULES = """\
# The standard rulebook, in plain words

What the rules conclude, in order of reasoning: each kind of fact, and each rule that concludes it
with its reason and, below, the principle behind it. Words in *italics* stand for values, among them
the parameters, which an engagement may set in `engagement.toml` below `[parameters]` or in a rule
file of its own. The rules lie in `rules/`; `cop-expert rules FOLDER` prints those in force in an
engagement, its own included.

## Parameters

| parameter | left alone | what it is |
| --- | --- | --- |"""


def rules_page() -> str:
    """Every parameter, and every template that rules conclude, file by file."""
    rulebook, vocabulary, _ = rulebook_in_force(None)
    lines = [RULES]
    lines += [
        _row(f"`{parameter.name}`", _plain(parameter.value), parameter.comment)
        for parameter in rulebook.parameters.values()
    ]
    for path, source in standard_rules():
        rules = [rule for rule in rulebook.rules.values() if rule.origin.source == source]
        about = path.read_text(encoding="utf-8").partition(": ")[2].partition("\n")[0]
        lines += ["", f"## {about[:1].upper()}{about[1:]}", "", f"From `{source}`."]
        for name in dict.fromkeys(head.template for rule in rules for head in rule.heads):
            template = vocabulary.templates[name]
            concluding = [rule for rule in rules if name in {h.template for h in rule.heads}]
            lines += ["", f"### {template.label}", "", f"`{_written(template)}` {template.comment}"]
            lines += ["", *map(_rule, concluding)]
    return _page(lines)


def _plain(value: Value) -> str:
    return f"{to_decimal(value):f}" if type(value) is int else str(value or "none")


def _rule(rule: Rule) -> str:
    because = re.sub(r"\{([^{}:]*)[^{}]*\}", r"*\1*", rule.because)
    return f"- `{rule.name}`: {because}.  \n  {rule.basis}"


# The command line: what click knows

COMMANDS = """\
# The command line

Data go to standard output; messages and progress go to standard error. Exit code 0: done; 1: the
knowledge has problems; 2: wrong usage. Nothing goes over the network, and the same input gives the
same bytes. `--json` prints what a program can read.

Names are matched as people write them: case, accents and spacing do not count. A run is kept in the
folder `.cop` of the engagement and used again as long as no input has changed; deleting the folder
loses nothing."""


def cli_page() -> str:
    """Every command with its options."""
    lines = [COMMANDS]
    assert isinstance(command_line, click.Group)
    with click.Context(command_line, info_name="cop-expert") as above:
        for name in command_line.list_commands(above):
            command = command_line.get_command(above, name)
            assert command
            with click.Context(command, info_name=name, parent=above) as context:
                lines += ["", *_command(command, context)]
    return _page(lines)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.info_name}"
    yield ""
    yield "```"
    yield f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}"
    yield "```"
    yield ""
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        lines = paragraph.strip("\n").splitlines()
        if lines and lines[0] == "\b":
            yield lines[1]
            yield ""
            yield from (f"    {line.strip()}" for line in lines[2:])
        else:
            yield from lines
        yield ""
    options = [found for found in command.params if isinstance(found, click.Option)]
    if options:
        yield "| option | what it does |"
        yield "| --- | --- |"
    for option in options:
        yield _row(f"`{_declared(option)}`", _helped(option))


def _declared(option: click.Option) -> str:
    words = ", ".join(option.opts)
    if option.is_flag:
        return words
    values = option.type.choices if isinstance(option.type, click.Choice) else ()
    return f"{words} {'|'.join(values) or (option.metavar or option.type.name).upper()}"


def _helped(option: click.Option) -> str:
    default = f" Left out: {option.default}." if option.show_default else ""
    return f"{option.help or ''}{default}".strip()


# Errors: every code in the source, explained in errors.toml

MESSAGES = """\
# Messages and what to do about them

All problems of an engagement are shown at once, each with its place (file, line, column), a code in
brackets that leads here, what is wrong, and what to do. Where two places clash, both are shown. A
*warning* does not stop the run. Lines count from 1, headings included."""


def codes(source: Path = ROOT / "cop_expert") -> set[str]:
    """The code of every diagnostic that the program can give."""
    return {
        str(call.args[0].value)
        for path in sorted(source.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("Diagnostic", "Fault")
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def errors_page() -> str:
    """Every message that there is: what it means, what to do, an example."""
    told = tomllib.loads((DOCS / "errors.toml").read_text(encoding="utf-8"))
    lines = [MESSAGES]
    for section in told["section"]:
        lines += ["", f"## {section['title']}"]
        for error in section["error"]:
            lines += ["", f"### {error['code']}", "", error["means"], "", error["do"]]
            page = MISTAKES / f"{error['code']}.md"
            if page.is_file():
                lines += ["", *_example(mistakes(page.read_text(encoding="utf-8"))[0])]
    return _page(lines)


def _example(mistake: Mistake) -> Iterator[str]:
    for path, text in mistake.files.items():
        yield from (f"`{path}`", "", "```", text.rstrip("\n"), "```", "")
    for aside in mistake.asides("(.+)"):
        yield from (aside[0], "")
    yield from ("```", mistake.said.rstrip("\n"), "```")


# Pages


def _page(lines: Iterable[str]) -> str:
    text = "\n".join([GENERATED, "", *lines])
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.rstrip("\n") + "\n"


def console_page(path: Path) -> Callable[[], str]:
    return lambda: refreshed(path.read_text(encoding="utf-8"))


WRITTEN = {
    DOCS / "tables.md": tables_page,
    DOCS / "rules.md": rules_page,
    DOCS / "cli.md": cli_page,
    DOCS / "errors.md": errors_page,
    DOCS / "json.md": lambda: _page(json_page()),
    DOCS / "explanation.schema.json": json_schema,
}
NARRATED = (
    "tutorial asking deciding advice document importing language own-rules ontologies exporting"
)
BY_HAND = [ROOT / "README.md", *(DOCS / f"{name}.md" for name in NARRATED.split())]
PAGES: dict[Path, Callable[[], str]] = WRITTEN | {path: console_page(path) for path in BY_HAND}


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where a page is stale.")
def generate(check: bool) -> None:
    """Bring the pages up to date."""
    stale = []
    for path, page in PAGES.items():
        text = page()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not check:
                path.write_text(text, encoding="utf-8", newline="\n")
    for path in stale:
        click.echo(f"{path.relative_to(ROOT)} {'is stale' if check else 'written'}")
    if stale and check:
        click.echo("`make docs` writes them anew")
        sys.exit(1)


if __name__ == "__main__":
    generate()
