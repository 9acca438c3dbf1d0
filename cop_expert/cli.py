"""The command line: the only place that prints or exits."""

import json
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from cop_expert import __version__

if TYPE_CHECKING:
    from cop_expert.explain.ask import Answerable
    from cop_expert.explain.outline import Item
    from cop_expert.model.diagnostic import Diagnostic
    from cop_expert.model.proof import Proof
    from cop_expert.model.rule import CheckedRulebook
    from cop_expert.model.template import Vocabulary
    from cop_expert.pipeline import Run

P = ParamSpec("P")
R = TypeVar("R")

FOLDER = click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER"
)
ENGINE = click.option(
    "--engine",
    type=click.Choice(["auto", "experta", "duckdb"]),
    default="auto",
    show_default=True,
    help="Which engine infers; both conclude the same.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


class Examples(click.Group):
    """Commands in the order in which a newcomer needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=Examples, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="cop-expert")
def main() -> None:
    """Which communities of practice there are, what each should learn, and why.

    \b
    Try it:
      cop-expert new hotel
      cop-expert report hotel
      cop-expert why hotel "Knife skills" Kitchen
    """


def answering(command: Callable[P, R]) -> Callable[P, R]:
    """Problems of the knowledge leave as located messages and exit code 1, never as a traceback."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        from cop_expert.facts import DamagedFacts
        from cop_expert.model.diagnostic import KnowledgeProblem

        try:
            return command(*args, **kwargs)
        except KnowledgeProblem as problem:
            tell(problem.diagnostics)
            sys.exit(1)
        except DamagedFacts as damaged:
            damaged.path.unlink(missing_ok=True)
            return guarded(*args, **kwargs)
        except OSError as error:
            message = f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")
            raise click.ClickException(message) from error

    return guarded


def tell(diagnostics: Iterable["Diagnostic"]) -> None:
    """All problems on standard error, and how many there are."""
    found = list(diagnostics)
    for diagnostic in found:
        severity = "warning" if diagnostic.warning else "error"
        colour = "yellow" if diagnostic.warning else "red"
        first, *rest = str(diagnostic).splitlines()
        marked = first.replace(f"{severity}[", click.style(severity, fg=colour, bold=True) + "[", 1)
        click.echo("\n".join([marked, *rest]), err=True)
    errors = sum(not diagnostic.warning for diagnostic in found)
    if errors:
        click.echo(f"\n{_counted(errors, 'problem')} found; nothing was concluded.", err=True)


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Says on standard error what is being done, once it has taken more than a second."""
    stage = ["Working"]
    timer = threading.Timer(1.0, lambda: click.echo(f"{stage[0]} …", err=True))
    timer.daemon = True
    timer.start()

    def report(name: str) -> None:
        if timer.finished.is_set():
            click.echo(f"{name} …", err=True)
        stage[0] = name

    try:
        yield report
    finally:
        timer.cancel()


def concluded(folder: Path, engine: str = "auto", **limits: Any) -> "Run":
    from cop_expert.facts import Limits
    from cop_expert.pipeline import conclude

    with progress() as report:
        return conclude(folder, engine, report, Limits(**limits))


def amount_of_memory(context: click.Context, option: click.Parameter, value: str | None) -> str:
    """A number and a unit, as DuckDB takes them."""
    if value is None:
        return ""
    if not re.fullmatch(r"(?i)[0-9]+(\.[0-9]+)? ?[kmgt]i?b", value):
        raise click.BadParameter(f"'{value}' is no amount of memory: write 500MB or 2GB.")
    return value


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("--name", help="The client's name; the folder's name where left out.")
@answering
def new(folder: Path, name: str | None) -> None:
    """Write a new engagement whose tables explain themselves.

    \b
    Example:
      cop-expert new grand-hotel --name "Grand Hotel"
    """
    from cop_expert.load.scaffold import write_engagement
    from cop_expert.pipeline import standard_vocabulary

    written = write_engagement(folder, standard_vocabulary("en"), name or folder.name)
    for path in written:
        click.echo(path)
    click.echo(f"\nFill in the tables, then: cop-expert check {folder}", err=True)


@main.command()
@FOLDER
@AS_JSON
@answering
def check(folder: Path, as_json: bool) -> None:
    """Check knowledge, settings and rules; all problems at once.

    \b
    Example:
      cop-expert check grand-hotel
    """
    from cop_expert.model.diagnostic import KnowledgeProblem

    try:
        manifest = concluded(folder).manifest
        found, facts = list(manifest.warnings), manifest.given
    except KnowledgeProblem as problem:
        if not as_json:
            raise
        found, facts = problem.diagnostics, 0
    if as_json:
        import msgspec

        echo_json(msgspec.to_builtins(found))
    else:
        tell(found)
        click.echo(f"{folder}: {_counted(facts, 'fact')} read, no errors.")
    if any(not diagnostic.warning for diagnostic in found):
        sys.exit(1)


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
@answering
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
        from cop_expert.report.tables import write_csv

        write_csv(run.facts, out)
    counts, manifest = run.facts.counts(given=False), run.manifest
    if as_json:
        echo_json({"engine": manifest.engine, "given": manifest.given, "concluded": counts})
        return
    click.echo(
        f"{manifest.name}: {_counted(manifest.given, 'fact')} given, "
        f"{sum(counts.values()):,} concluded by {manifest.engine}"
    )
    click.echo(f"{seconds:.2f} s", err=True)
    for name, count in counts.items():
        click.echo(f"  {count:>9,}  {run.facts.vocabulary.templates[name].label}")
    on_demand = run.facts.vocabulary.on_demand()
    if on_demand:
        click.echo(f"  on demand  {', '.join(template.label for template in on_demand)}")


TOPICS = (
    "communities", "assignments", "crossings", "members", "brokers", "flow", "gaps", "decisions",
    "advice", "hours",
)  # fmt: skip


@main.command()
@FOLDER
@click.argument("topic", type=click.Choice(TOPICS), required=False)
@ENGINE
@AS_JSON
@answering
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
    tables = [
        table
        for name in ([topic] if topic else TOPICS)
        for table in topic_tables(run.facts, speaker, name)
    ]
    if as_json:
        echo_json([{"title": t.title, "headings": t.headings, "rows": t.rows} for t in tables])
        return
    for table in tables:
        click.echo(table.as_text())


@main.command()
@FOLDER
@click.argument("subject")
@click.argument("place", metavar="[IN]", required=False)
@click.option("--depth", type=click.IntRange(min=0), default=99, help="How many reasons deep.")
@click.option("--all", "every", is_flag=True, help="Every way in which it was concluded.")
@click.option("--full", is_flag=True, help="Open questions of their own too, down to the tables.")
@AS_JSON
@answering
def why(
    folder: Path,
    subject: str,
    place: str | None,
    depth: int,
    every: bool,
    full: bool,
    as_json: bool,
) -> None:
    """Say why something was concluded, down to the cell of the client's own sheet.

    \b
    Examples:
      cop-expert why grand-hotel "Knife skills" Kitchen
      cop-expert why grand-hotel Kitchen
      cop-expert why grand-hotel "Chef" "Front of house"
    """
    from cop_expert.explain.ask import facts_asked_about
    from cop_expert.explain.name_book import UnknownName
    from cop_expert.explain.why import Explainer
    from cop_expert.explain.words import Speaker

    run = concluded(folder)
    speaker = Speaker(run.facts, run.manifest.language)
    try:
        answers = facts_asked_about(run.facts, speaker, subject, place)
    except UnknownName as unknown:
        known = " or ".join(f"'{name}'" for name in unknown.close)
        hint = f"; did you mean {known}?" if known else ""
        raise click.ClickException(
            f"nothing is called '{unknown.name}' in {folder}{hint}"
        ) from None
    if not answers:
        raise click.ClickException(nothing_concluded(subject, place))
    explainer = Explainer(run.facts, run.rulebook, speaker)
    proof = explainer.prove(answers[0].template, answers[0].row, depth, every, full)
    if as_json:
        import msgspec

        echo_json(msgspec.to_builtins(proof))
        return
    print_proof(proof)
    others = further(run, speaker, answers)
    if others:
        click.echo("\nAlso true:")
        for sentence in others:
            click.echo(f"  {sentence}")


def nothing_concluded(subject: str, place: str | None) -> str:
    both = f"'{subject}' and '{place}' together" if place else f"'{subject}'"
    return f"the names are known, but nothing was concluded about {both}"


def further(run: "Run", speaker: Any, answers: list["Answerable"]) -> list[str]:
    """Other conclusions about the same, said and not proved."""
    said = []
    for answer in answers[1:6]:
        names = run.facts.vocabulary.templates[answer.template].names
        said.append(speaker.fact(answer.template, dict(zip(names, answer.row, strict=True))))
    return said


def print_proof(proof: "Proof") -> None:
    """The short answer, then what it rests on, as a tree."""
    from cop_expert.explain.outline import outline
    from cop_expert.report.phrases import phrases

    words = phrases()
    item = outline(proof)
    click.echo(words.sentence(item))
    _print_items(item.children, words, "")
    if proof.unshown:
        click.echo(words.more_ways(proof.unshown))


def _print_items(items: tuple["Item", ...], words: Any, indent: str) -> None:
    for position, item in enumerate(items):
        last = position == len(items) - 1
        click.echo(f"{indent}{'└─ ' if last else '├─ '}{words.line(item)}")
        _print_items(item.children, words, indent + ("   " if last else "│  "))


@main.command()
@FOLDER
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html", "docx"]),
    default="md",
    show_default=True,
    help="Markdown, one HTML file that works offline, or Word.",
)
@click.option(
    "--audience",
    metavar="WHO",
    default="",
    help="Whom it is for: leader, consultant (everything) or community.",
)
@click.option("--community", metavar="NAME", default="", help="A hand-out for this one community.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; standard output where left out.",
)
@ENGINE
@answering
def report(
    folder: Path, form: str, audience: str, community: str, output: Path | None, engine: str
) -> None:
    """Write the strategy document.

    \b
    Examples:
      cop-expert report grand-hotel --format html -o strategy.html
      cop-expert report grand-hotel --format docx --audience leader -o strategy.docx
      cop-expert report grand-hotel --community Kitchen -o kitchen.md
    """
    from cop_expert.report.render import Request, UnknownCommunity, render

    run = concluded(folder, engine)
    request = Request(form, audience, community)
    try:
        with progress() as stage:
            stage("Writing the strategy")
            document = render(run.facts, run.rulebook, run.manifest, folder, request)
    except UnknownCommunity as unknown:
        hint = f"; {unknown.hint}" if unknown.hint else ""
        raise click.ClickException(f"no community is called '{unknown.name}'{hint}") from None
    if output is None:
        click.echo(document, nl=False)
        return
    from cop_expert.report.files import write_whole

    write_whole(output, document)
    click.echo(output, err=True)


@main.command()
@click.argument(
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="[FOLDER]",
    required=False,
)
@click.option(
    "--of",
    "template",
    metavar="TEMPLATE",
    help="Only what concludes this template, or with --graph what feeds it.",
)
@click.option("--graph", is_flag=True, help="Which templates feed which, and by which rules.")
@click.option("--dot", is_flag=True, help="The graph as text that Graphviz draws.")
@AS_JSON
@answering
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
        rulebook, vocabulary = rulebook_in_force(folder)
    try:
        only = template_called(template, vocabulary).name if template else ""
    except UnknownTemplate as unknown:
        hint = f"; {unknown.hint}" if unknown.hint else ""
        message = f"no template is called '{unknown.name}'{hint}"
        raise click.ClickException(message) from None
    if graph or dot:
        print_graph(rulebook, vocabulary, only, dot, as_json)
    elif as_json:
        import msgspec

        echo_json(msgspec.to_builtins(rulebook))
    else:
        from cop_expert.report.rulebook import rulebook_text

        click.echo(rulebook_text(rulebook, vocabulary, only), nl=False)


def print_graph(
    rulebook: "CheckedRulebook", vocabulary: "Vocabulary", only: str, dot: bool, as_json: bool
) -> None:
    """The whole graph, or what leads to one template."""
    from cop_expert.report.feeds import graph_dot, graph_of, graph_text, leading_to, template_text

    whole = graph_of(rulebook, vocabulary)
    shown = leading_to(only, whole) if only else whole
    if as_json:
        import msgspec

        echo_json(msgspec.to_builtins(shown))
    elif dot:
        click.echo(graph_dot(shown), nl=False)
    elif only:
        click.echo(template_text(only, whole, vocabulary), nl=False)
    else:
        click.echo(graph_text(whole), nl=False)


def echo_json(thing: Any) -> None:
    click.echo(json.dumps(thing, indent=1, ensure_ascii=False))
