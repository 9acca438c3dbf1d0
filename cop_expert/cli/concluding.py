"""Commands that conclude, and show what and by which rules: infer, show, rules."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cop_expert.cli import main
from cop_expert.cli.answering import concluded
from cop_expert.cli.options import AS_JSON, ENGINE, FOLDER, FOLDER_THERE
from cop_expert.cli.telling import counted, echo_json, failure, progress

if TYPE_CHECKING:
    from cop_expert.model.rule import CheckedRulebook
    from cop_expert.model.template import Vocabulary

TOPICS = (
    "communities", "assignments", "crossings", "members", "brokers", "flow", "gaps", "decisions",
    "advice", "hours",
)  # fmt: skip


def amount_of_memory(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """A number and a unit, as DuckDB takes them."""
    import re

    if value is None:
        return ""
    if not re.fullmatch(r"(?i)[0-9]+(\.[0-9]+)? ?[kmgt]i?b", value):
        raise click.BadParameter(f"'{value}' is no amount of memory: write 500MB or 2GB.")
    return value


@main.command()
@FOLDER
@ENGINE
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write every conclusion as CSV, a file per template.",
)
@click.option(
    "--memory",
    callback=amount_of_memory,
    help="The most memory to use, such as 2GB; what does not fit goes to temporary files.",
)
@click.option("--threads", type=click.IntRange(min=1), help="The most processors to use.")
@AS_JSON
def infer(
    folder: Path,
    engine: str,
    out: Path | None,
    memory: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Run the rules; says how many facts were concluded, and how long it took.

    \b
    Examples:
      cop-expert infer grand-hotel --engine duckdb --out conclusions
      cop-expert infer grand-hotel --memory 2GB
    """
    import time

    started = time.perf_counter()
    run = concluded(folder, engine, memory=memory, threads=threads)
    seconds = time.perf_counter() - started
    if out:
        from cop_expert.export.place import put
        from cop_expert.export.tables import write_conclusions

        put(out, lambda path: write_conclusions(run.facts, path), folder, force=True)
    counts, manifest = run.facts.counts(given=False), run.manifest
    if as_json:
        echo_json({"engine": manifest.engine, "given": manifest.given, "concluded": counts})
        return
    click.echo(
        f"{manifest.name}: {counted(manifest.given, 'fact')} given, "
        f"{sum(counts.values()):,} concluded by {manifest.engine}"
    )
    click.echo(f"{seconds:.2f} s", err=True)
    print_counts(counts, run.facts.vocabulary)


def print_counts(counts: dict[str, int], vocabulary: "Vocabulary") -> None:
    for name, count in counts.items():
        click.echo(f"  {count:>9,}  {vocabulary.templates[name].label}")
    on_demand = vocabulary.on_demand()
    if on_demand:
        click.echo(f"  on demand  {', '.join(template.label for template in on_demand)}")


@main.command()
@FOLDER
@click.argument("topic", type=click.Choice(TOPICS), required=False)
@ENGINE
@AS_JSON
def show(folder: Path, topic: str | None, engine: str, as_json: bool) -> None:
    """Show what was concluded, whole or by topic.

    \b
    Examples:
      cop-expert show grand-hotel crossings
      cop-expert show grand-hotel --json
    """
    run = concluded(folder, engine)
    if as_json and topic is None:
        from cop_expert.report.conclusions import conclusions

        echo_json(conclusions(run.facts))
        return
    from cop_expert.explain.words import Speaker
    from cop_expert.report.tables import topic_tables

    speaker = Speaker(run.facts, run.manifest.language)
    topics = [topic] if topic else TOPICS
    tables = [table for name in topics for table in topic_tables(run.facts, speaker, name)]
    if as_json:
        echo_json([{"title": t.title, "headings": t.headings, "rows": t.rows} for t in tables])
        return
    for table in tables:
        click.echo(table.as_text())


@main.command()
@click.argument("folder", type=FOLDER_THERE, metavar="[FOLDER]", required=False)
@click.option(
    "--of",
    "template",
    metavar="TEMPLATE",
    help="Only what concludes this template, or with --graph what feeds it.",
)
@click.option("--graph", is_flag=True, help="Which templates feed which, and by which rules.")
@click.option("--dot", is_flag=True, help="The graph as text that Graphviz draws.")
@AS_JSON
def rules(folder: Path | None, template: str | None, graph: bool, dot: bool, as_json: bool) -> None:
    """Print the rulebook in force, in plain words, or what feeds what in it.

    \b
    Examples:
      cop-expert rules grand-hotel
      cop-expert rules grand-hotel --graph --of Assignment
    """
    from cop_expert.pipeline import rulebook_in_force
    from cop_expert.report.feeds import UnknownTemplate, template_called

    with progress():
        rulebook, vocabulary, language = rulebook_in_force(folder)
    try:
        only = template_called(template, vocabulary).name if template else ""
    except UnknownTemplate as unknown:
        raise failure(f"no template is called '{unknown.name}'", unknown.hint) from None
    if graph or dot:
        print_graph(rulebook, vocabulary, only, dot, as_json, language)
    elif as_json:
        import msgspec

        # A type may be of several classes, which are a set; `strata` tells the order of the rules.
        echo_json(msgspec.to_builtins(rulebook, order="deterministic"))
    else:
        from cop_expert.report.language import translated
        from cop_expert.report.rulebook import rulebook_text
        from cop_expert.report.templates import Templates

        said = translated(rulebook, language, Templates(folder)) if folder else rulebook
        click.echo(rulebook_text(said, vocabulary, only, language), nl=False)


def print_graph(
    rulebook: "CheckedRulebook",
    vocabulary: "Vocabulary",
    only: str,
    dot: bool,
    as_json: bool,
    language: str,
) -> None:
    """The whole graph, or what leads to one template."""
    from cop_expert.report.feeds import graph_dot, graph_of, graph_text, leading_to, template_text

    whole = graph_of(rulebook, vocabulary)
    shown = leading_to(only, whole) if only else whole
    if as_json:
        echo_json(shown)
    elif dot:
        click.echo(graph_dot(shown), nl=False)
    elif only:
        click.echo(template_text(only, whole, vocabulary, language), nl=False)
    else:
        click.echo(graph_text(whole, language), nl=False)
