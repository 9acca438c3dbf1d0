"""The command line: the only place that prints or exits."""

import json
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from cop_expert import __version__

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from cop_expert.explain.ask import Answerable
    from cop_expert.explain.changing import Wish
    from cop_expert.explain.why import Explainer
    from cop_expert.load.changes import Changes
    from cop_expert.load.importing import DryRun, SameName
    from cop_expert.model.diagnostic import Diagnostic
    from cop_expert.model.explained import Explained, Refused, Replay
    from cop_expert.model.proof import Proof
    from cop_expert.model.rule import CheckedRulebook
    from cop_expert.model.template import Vocabulary
    from cop_expert.pipeline import Run
    from cop_expert.report.answers import Answer
    from cop_expert.report.phrases import Phrases

P = ParamSpec("P")
R = TypeVar("R")

FOLDER = click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER"
)
DAY = click.DateTime(["%Y-%m-%d"])
WHOLE = 99
"""Reasons deep where nobody says how deep."""
ENGINE = click.option(
    "--engine",
    type=click.Choice(["auto", "experta", "duckdb"]),
    default="auto",
    show_default=True,
    help="Which engine infers; both conclude the same.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def as_form(*names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """In which form an answer is printed."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help="In which form it is answered.",
    )


def or_standard_output(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """To most commands `-` is no file, but standard output."""
    return None if path == Path("-") else path


SEED = 1
"""From which chance is drawn where nobody says from which."""
UNDONE = {"export": "written", "new": "written", "decide": "written"}
"""What a command would have done but for problems; others would have concluded."""


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
        from cop_expert.files import DamagedFacts
        from cop_expert.model.diagnostic import KnowledgeProblem

        try:
            try:
                return command(*args, **kwargs)
            except DamagedFacts as damaged:
                damaged.path.unlink(missing_ok=True)
                return command(*args, **kwargs)
        except KnowledgeProblem as problem:
            tell(problem.diagnostics, UNDONE.get(command.__name__, "concluded"))
            sys.exit(1)
        except BrokenPipeError:
            raise  # whoever read on has read enough; click ends quietly
        except OSError as error:
            message = f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")
            raise click.ClickException(message) from error

    return guarded


def tell(diagnostics: Iterable["Diagnostic"], undone: str = "concluded") -> None:
    """All problems on standard error, how many there are, and what was therefore not done."""
    found = list(diagnostics)
    for diagnostic in found:
        severity = "warning" if diagnostic.warning else "error"
        colour = "yellow" if diagnostic.warning else "red"
        first, *rest = str(diagnostic).splitlines()
        marked = first.replace(f"{severity}[", click.style(severity, fg=colour, bold=True) + "[", 1)
        click.echo("\n".join([marked, *rest]), err=True)
    errors = sum(not diagnostic.warning for diagnostic in found)
    if errors:
        click.echo(f"\n{_counted(errors, 'problem')} found; nothing was {undone}.", err=True)


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
    from cop_expert.fingerprint import Hashing

    hashing = Hashing(folder)
    from cop_expert.facts import Limits
    from cop_expert.pipeline import conclude

    hashing.join()
    with progress() as report:
        return conclude(folder, engine, report, Limits(**limits), hashing.fingerprint)


def amount_of_memory(context: click.Context, option: click.Parameter, value: str | None) -> str:
    """A number and a unit, as DuckDB takes them."""
    if value is None:
        return ""
    if not re.fullmatch(r"(?i)[0-9]+(\.[0-9]+)? ?[kmgt]i?b", value):
        raise click.BadParameter(f"'{value}' is no amount of memory: write 500MB or 2GB.")
    return value


def column_wishes(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> dict[tuple[str, str], str]:
    """`roles.role=Job title` as table and column, and the heading."""
    from cop_expert.load.words import plain

    found = {}
    for value in values:
        ours, equals, theirs = value.partition("=")
        table, dot, column = ours.partition(".")
        if not (equals and dot and table.strip() and column.strip()):
            raise click.BadParameter(f"'{value}': write it like this: roles.role=Job title")
        found[plain(table), plain(column)] = theirs.strip()
    return found


def scale_wish(
    context: click.Context, option: click.Parameter, value: str | None
) -> tuple["Decimal", "Decimal"] | None:
    """`1..5` as two numbers."""
    from decimal import Decimal

    if value is None:
        return None
    ends = re.fullmatch(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)", value)
    if not ends or Decimal(ends[1]) >= Decimal(ends[2]):
        raise click.BadParameter(f"'{value}': write the lowest and the highest number: 1..5")
    return Decimal(ends[1]), Decimal(ends[2])


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("--name", help="The client's name; the folder's name where left out.")
@click.option("--workbook", is_flag=True, help="One Excel workbook for all tables.")
@answering
def new(folder: Path, name: str | None, workbook: bool) -> None:
    """Write a new engagement whose tables explain themselves.

    \b
    Examples:
      cop-expert new grand-hotel --name "Grand Hotel"
      cop-expert new grand-hotel --workbook
    """
    from cop_expert.load.scaffold import write_engagement
    from cop_expert.pipeline import standard_vocabulary

    vocabulary = standard_vocabulary("en")
    for path in write_engagement(folder, vocabulary, name or folder.name, workbook):
        click.echo(path)
    what = "workbook" if workbook else "tables"
    click.echo(f"\nFill in the {what}, then: cop-expert check {folder}", err=True)


@main.command("import")
@FOLDER
@click.argument("file", type=click.Path(exists=True, path_type=Path), metavar="FILE")
@click.option("--sheet", default="", help="The sheet of a workbook; the first where left out.")
@click.option("--as", "tables", multiple=True, metavar="TABLE", help="A table that it feeds.")
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="TABLE.COLUMN=HEADING",
    callback=column_wishes,
    help="Which of its columns feeds one of ours; nothing after the = for none.",
)
@click.option(
    "--scale",
    metavar="LOWEST..HIGHEST",
    callback=scale_wish,
    help="Where its numbers begin and end, such as 1..5.",
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE=OCCUPATION",
    help="Of a catalogue: a role of ours, and the title or code of its occupation; * for all.",
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Of a catalogue: the least importance that counts.",
)
@click.option("--aliases", is_flag=True, help="With --write: names that are nearly alike are one.")
@click.option("--write", is_flag=True, help="Remember it, and read the file with every run.")
@AS_JSON
@answering
def import_file(
    folder: Path,
    file: Path,
    sheet: str,
    tables: tuple[str, ...],
    columns: dict[tuple[str, str], str],
    scale: tuple["Decimal", "Decimal"] | None,
    roles: tuple[str, ...],
    least: float,
    aliases: bool,
    write: bool,
    as_json: bool,
) -> None:
    """Read a file of other people's: say which column is which, and what is in doubt.

    Nothing is written but with --write, and nothing is merged but with --aliases.

    \b
    Examples:
      cop-expert import grand-hotel staff.xlsx
      cop-expert import grand-hotel skills.csv --scale 0..4 --write
      cop-expert import grand-hotel staff.xlsx --map "roles.role=Job title" --write
      cop-expert import grand-hotel onet --role "Chef=35-1011.00" --write

    A folder or a JSON file is a catalogue: O*NET, ESCO, NICE or CASE.
    """
    if file.is_dir() or file.suffix.lower() == ".json" or roles:
        import_catalogue(folder, file, roles, round(least * 1_000_000), write)
        return
    from cop_expert.load.importing import remember, remember_names
    from cop_expert.load.propose import Wishes
    from cop_expert.pipeline import try_import

    found = try_import(folder, file, sheet, Wishes(tables, columns, scale))
    if as_json:
        import msgspec

        echo_json(msgspec.to_builtins(found, builtin_types=()))
    else:
        print_dry_run(found)
    if not found.proposal.mappings:
        message = "none of our tables can be made of it; say which column is which with --map"
        raise click.ClickException(message)
    if write:
        written = remember(folder, file, found.proposal.mappings)
        if aliases and found.same:
            written.append(remember_names(folder, found.same))
        for path in written:
            click.echo(path, err=True)
    else:
        click.echo("\nNothing was written; --write remembers it.", err=True)


def import_catalogue(
    folder: Path, path: Path, roles: tuple[str, ...], least: int, write: bool
) -> None:
    """Say which occupation is taken for which role, and write what it needs."""
    from cop_expert.load.catalogue import NoMatch, open_catalogue, remember_profiles
    from cop_expert.load.csv_file import UnreadableFile
    from cop_expert.pipeline import try_catalogue

    try:
        with progress() as stage:
            stage("Reading the catalogue")
            catalogue = open_catalogue(path)
            if catalogue is None:
                raise click.ClickException(f"{path} holds no catalogue: O*NET, ESCO, NICE or CASE")
            choices, made = try_catalogue(folder, catalogue, roles, least)
    except (UnreadableFile, NoMatch) as error:
        advice = f"; {error.advice}" if error.advice else ""
        raise click.ClickException(f"{path.name}: {error}{advice}") from error
    doubtful = [choice for choice in choices if not choice.is_certain]
    for choice in choices if len(choices) < 100 else doubtful:
        click.echo(f"{choice.role} ← {choice.code} {choice.title}")
        if choice in doubtful:
            others = f"; or {', '.join(choice.others)}" if choice.others else ""
            click.echo(f"  in doubt{others}")
    click.echo()
    for name, (_, rows) in made.tables.items():
        click.echo(f"  {name.removesuffix('.csv'):15} {_counted(len(rows), 'row'):>12}")
    if made.left_out:
        click.echo(f"\n{_counted(made.left_out, 'rating')} below the least importance left out.")
    if not write:
        click.echo("\nNothing was written; --write remembers it.", err=True)
    elif doubtful or not roles:
        message = "say with --role which occupation each role has, by its code where it is in doubt"
        raise click.ClickException(message)
    else:
        name = "".join(letter for letter in catalogue.name.casefold() if letter.isalnum())
        for path in remember_profiles(folder / "imports" / name, made.tables):
            click.echo(path, err=True)


def print_dry_run(found: "DryRun") -> None:
    """What feeds what, how much that is, and what to look at; foreign texts are only shown."""
    from cop_expert.load.words import printable
    from cop_expert.model.origin import Origin

    click.echo(f"{Origin(found.source)}: headings in row {found.headings_row}\n")
    width = max((len(mapping.table) for mapping in found.proposal.mappings), default=0)
    rows = dict(found.rows)
    for mapping in found.proposal.mappings:
        pairs = ", ".join(f"{ours} ← {theirs}" for ours, theirs in mapping.columns.items())
        count = _counted(rows.pop(mapping.table), "row") if mapping.table in rows else ""
        click.echo(f"  {mapping.table:{width}}  {count:>10}  {printable(pairs)}")
    if found.proposal.left:
        click.echo(f"\nLeft aside: {printable(', '.join(found.proposal.left))}")
    doubts = [*found.proposal.doubts, *(_same_name(same) for same in found.same)]
    if doubts:
        click.echo("\nIn doubt:")
        for doubt in doubts:
            click.echo(f"  {printable(doubt)}")
    if found.problems:
        click.echo()
        for problem in found.problems:
            click.echo(str(problem))
    if found.elsewhere:
        click.echo(f"\n{_counted(found.elsewhere, 'problem')} in other files; see check.")


def _same_name(same: "SameName") -> str:
    return f"'{same.alias}' ({same.origin}) may be the same as '{same.means}'"


@main.command()
@FOLDER
@click.option(
    "--reason",
    is_flag=True,
    help="Also have HermiT look for contradictions in the ontologies; needs Java.",
)
@AS_JSON
@answering
def check(folder: Path, reason: bool, as_json: bool) -> None:
    """Check knowledge, settings and rules; all problems at once.

    \b
    Examples:
      cop-expert check grand-hotel
      cop-expert check grand-hotel --reason
    """
    from cop_expert.model.diagnostic import KnowledgeProblem

    try:
        manifest = concluded(folder).manifest
        found, facts = list(manifest.warnings), manifest.given
    except KnowledgeProblem as problem:
        found, facts = problem.diagnostics, 0
    if reason:
        found += contradictions_found(folder)
    if as_json:
        import msgspec

        echo_json(msgspec.to_builtins(found))
    else:
        tell(found)
    if any(not diagnostic.warning for diagnostic in found):
        sys.exit(1)
    if not as_json:
        click.echo(f"{folder}: {_counted(facts, 'fact')} read, no errors.")


def contradictions_found(folder: Path) -> list["Diagnostic"]:
    from cop_expert.load.consistency import NoReasoner
    from cop_expert.pipeline import contradictions_of_ontologies

    try:
        with progress() as stage:
            return contradictions_of_ontologies(folder, stage)
    except NoReasoner as problem:
        raise click.ClickException(str(problem)) from problem


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
        from cop_expert.export.place import put
        from cop_expert.export.tables import write_conclusions

        put(out, lambda path: write_conclusions(run.facts, path), folder, force=True)
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
@click.option("--depth", type=click.IntRange(min=0), help="The proof, so many reasons deep.")
@click.option("--full", is_flag=True, help="The whole proof, down to the tables.")
@click.option("--all", "every", is_flag=True, help="Every way in which it was concluded.")
@click.option("--contrast", metavar="OTHER", help="Why here and not there, or there otherwise.")
@click.option("--check", "checking", is_flag=True, help="Replay the proof, each step by itself.")
@as_form("text", "md", "html", "json", "turtle")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@answering
def why(
    folder: Path,
    subject: str,
    place: str | None,
    depth: int | None,
    full: bool,
    every: bool,
    contrast: str | None,
    checking: bool,
    form: str,
    as_json: bool,
) -> None:
    """Say why something was concluded, in short or down to the cell of the client's own sheet.

    \b
    Examples:
      cop-expert why grand-hotel "Knife skills" Kitchen
      cop-expert why grand-hotel "Knife skills" Kitchen --full --check
      cop-expert why grand-hotel "Knife skills" Kitchen --contrast "Front of house"
      cop-expert why grand-hotel "Chef" "Front of house" --format md
    """
    from cop_expert.explain.ask import facts_asked_about
    from cop_expert.explain.in_bulk import prove_all
    from cop_expert.explain.pointers import explanation, in_brief
    from cop_expert.explain.why import BRIEF, How
    from cop_expert.model.explained import VERSION, Explained
    from cop_expert.report.answers import Answer
    from cop_expert.report.phrases import phrases

    form = "json" if as_json else form
    run = concluded(folder)
    explainer = explaining(run, folder)
    if contrast is not None:
        if place is None or form in ("json", "turtle"):
            raise click.UsageError("--contrast OTHER goes with SUBJECT IN, as text, md or html")
        print_contrast(folder, explainer, subject, (place, contrast), form)
        return
    with known_names(folder):
        answers = facts_asked_about(run.facts, subject, place)
    if not answers:
        raise click.ClickException(nothing_concluded(subject, place))
    in_short = depth is None and not (full or every or form in ("json", "turtle"))
    how = BRIEF if in_short else How(WHOLE if depth is None else depth, every, full)
    (proof,) = prove_all(explainer, [(answers[0].template, answers[0].row)], how)
    replay = replayed(folder, explainer, proof) if checking else None
    also = further(explainer, answers[1:6])
    if form == "turtle":
        print_turtle(run, explainer, proof)
    elif form == "json":
        print_json(Explained(VERSION, proof, tuple(also), replay))
    else:
        words = phrases(run.manifest.language)
        remarks = tuple(words.remarks(proof, in_short and form == "text", replay))
        item = in_brief(proof) if in_short else explanation(proof)
        print_answer(Answer((item,), remarks, tuple(also)), words, form)


def explaining(run: "Run", folder: Path, language: str | None = None) -> "Explainer":
    """What explains in the engagement's language, unless in another."""
    from cop_expert.report.language import local_explainer

    language = language or run.manifest.language
    return local_explainer(run.facts, run.rulebook, language, folder)


def replayed(folder: Path, explainer: "Explainer", proof: "Proof") -> "Replay":
    """What came of taking each step of the proof again; a fault ends in a message."""
    from cop_expert.replay.aloud import Tongue
    from cop_expert.replay.replay import Replayer
    from cop_expert.report.phrases import phrases

    words = phrases(explainer.speaker.language).wording
    tongue = Tongue(words.language, words.thousands, words.decimal, words.words)
    found = Replayer(explainer.facts, explainer.rulebook, tongue, folder).replay(proof)
    if found.faults:
        wrong = "".join(f"\n  {fault.says}: {fault.fault}" for fault in found.faults)
        raise click.ClickException(f"the proof does not hold, which is our mistake:{wrong}")
    return found


def print_contrast(
    folder: Path, explainer: "Explainer", subject: str, places: tuple[str, str], form: str
) -> None:
    from cop_expert.explain.contrast import contrast
    from cop_expert.report.answers import Answer
    from cop_expert.report.phrases import phrases
    from cop_expert.report.tables import TopicTable

    with known_names(folder):
        found = contrast(explainer, subject, places)
    if found is None:
        raise click.ClickException(nothing_concluded(subject, places[0]))
    words = phrases(explainer.speaker.language)
    rows = tuple((row.label, *row.values) for row in found.rows)
    headings = (words.wording.compared, *found.places)
    table = TopicTable(words.wording.contrast, headings, rows)
    print_answer(Answer(found.answers, table=table), words, form)


@main.command("why-not")
@FOLDER
@click.argument("subject")
@click.argument("place", metavar="[IN]", required=False)
@as_form("text", "md", "html", "json")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@answering
def why_not(folder: Path, subject: str, place: str | None, form: str, as_json: bool) -> None:
    """Say why something was not concluded, by how much it fails, and what it would take.

    \b
    Example:
      cop-expert why-not grand-hotel "Wine by the glass" Kitchen
    """
    from cop_expert.explain.ask import facts_asked_about, goals_asked_about
    from cop_expert.explain.refusals import refusal
    from cop_expert.explain.why_not import WhyNot
    from cop_expert.model.explained import VERSION, Refused
    from cop_expert.report.answers import Answer
    from cop_expert.report.phrases import phrases

    run = concluded(folder)
    explainer = explaining(run, folder)
    with known_names(folder):
        goal = next(goals_asked_about(run.facts, subject, place), None)
        answers = facts_asked_about(run.facts, subject, place)
    if goal is None:
        raise click.ClickException(nothing_concluded(subject, place))
    there = [answer for answer in answers if answer.template == goal.template]
    if there:
        click.echo(f"{further(explainer, there)[0]}; ask: cop-expert why", err=True)
        sys.exit(1)
    found = WhyNot(explainer).refuse(goal)
    if as_json or form == "json":
        print_json(Refused(VERSION, found))
        return
    template = run.facts.vocabulary.templates[goal.template]
    words = phrases(run.manifest.language)
    print_answer(Answer((refusal(found, template),)), words, form)


@main.command("what-would-change")
@FOLDER
@click.argument("subject")
@click.argument("place", metavar="[IN]", required=False)
@click.option("--to", "word", help="What it should be, where it may be several: core.")
@AS_JSON
@answering
def what_would_change(
    folder: Path, subject: str, place: str | None, word: str | None, as_json: bool
) -> None:
    """Say what would bring a conclusion about, or undo it; each answer is tried out.

    \b
    Examples:
      cop-expert what-would-change grand-hotel "Knife skills" Kitchen --to core
      cop-expert what-would-change grand-hotel "Wine by the glass" Kitchen
    """
    from cop_expert.explain.changing import Search
    from cop_expert.pipeline import suppose

    run = concluded(folder)
    explainer = explaining(run, folder)
    with known_names(folder):
        wish = wished(explainer, subject, place, word)

    def supposing(changes: "Changes") -> "Explainer":
        return explaining(suppose(folder, changes), folder)

    with progress() as report:
        report("Trying changes")
        found = Search(explainer, supposing).ways(wish)
    if as_json:
        import msgspec

        echo_json(msgspec.to_builtins(found))
        return
    from cop_expert.report.differences import ways_text

    click.echo(ways_text(found, wish, explainer), nl=False)


def wished(explainer: "Explainer", subject: str, place: str | None, word: str | None) -> "Wish":
    """That what was asked about holds where it does not; else that it does not."""
    from cop_expert.explain.ask import goals_asked_about
    from cop_expert.explain.changing import Wish

    goal = next(goals_asked_about(explainer.facts, subject, place), None)
    if goal is None:
        raise click.ClickException(nothing_concluded(subject, place))
    template = explainer.facts.vocabulary.templates[goal.template]
    texts = explainer.facts.names.texts(goal.rows[0])
    values = list(zip(goal.fields, texts, strict=True))
    if word is not None:
        fields = [field for field in template.fields if word in field.type.choices]
        if not fields:
            known = [choice for field in template.fields for choice in field.type.choices]
            raise click.UsageError(f"'{word}' is none of: {', '.join(known)}")
        values.append((fields[0].name, word))
    there = explainer.facts.rows(template.name, **dict(values))
    return Wish(template.name, tuple(values), not there)


@main.command("what-if")
@FOLDER
@click.option("--set", "cells", multiple=True, metavar="CELL", help="Another cell in a row.")
@click.option("--add", "added", multiple=True, metavar="ROW", help="One more row.")
@click.option("--drop", "dropped", multiple=True, metavar="ROW", help="A row less.")
@click.option("--decide", "decisions", multiple=True, metavar="DECISION", help="A decision more.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A setting.")
@click.option(
    "--with",
    "other",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder whose tables stand in for those of the same name.",
)
@AS_JSON
@answering
def what_if(
    folder: Path,
    cells: tuple[str, ...],
    added: tuple[str, ...],
    dropped: tuple[str, ...],
    decisions: tuple[str, ...],
    parameters: tuple[str, ...],
    other: Path | None,
    as_json: bool,
) -> None:
    """Say what would be concluded otherwise if something were otherwise; nothing is changed.

    \b
    Examples:
      cop-expert what-if grand-hotel --set "needs: Chef, Menu costing, current = 0.9"
      cop-expert what-if grand-hotel --decide "split Kitchen"
      cop-expert what-if grand-hotel --parameter core_reach=0.6
    """
    from cop_expert.explain.deciding import decision
    from cop_expert.load.changes import (
        Change,
        Changes,
        add_row,
        drop_row,
        set_cell,
        set_parameter,
    )
    from cop_expert.pipeline import suppose

    run = concluded(folder)
    try:
        with known_names(folder):
            rows: list[Change] = [
                *map(set_cell, cells),
                *map(add_row, added),
                *map(drop_row, dropped),
                *(decision(text, run.facts) for text in decisions),
            ]
        changes = Changes(tuple(rows), dict(map(set_parameter, parameters)), other)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with progress() as report:
        supposed = suppose(folder, changes, report)
    print_differences(explaining(run, folder), explaining(supposed, folder), as_json)


@main.command()
@FOLDER
@click.argument("words", nargs=-1, required=True, metavar="DECISION…")
@click.option("--reason", default="", help="Why, in one sentence.")
@click.option("--by", default="", help="Who decides.")
@click.option("--on", type=DAY, help="The day of the decision; today where left out.")
@click.option("--until", type=DAY, help="The last day on which it holds.")
@click.option("--undo", is_flag=True, help="Take such a decision back.")
@click.option("--yes", is_flag=True, help="Do not ask, do it.")
@answering
def decide(
    folder: Path,
    words: tuple[str, ...],
    reason: str,
    by: str,
    on: "datetime | None",
    until: "datetime | None",
    undo: bool,
    yes: bool,
) -> None:
    """Record a decision: say what it changes, ask, and write it into the decisions table.

    \b
    Examples:
      cop-expert decide grand-hotel split Kitchen --reason "Three crafts" --by "Ines Roth"
      cop-expert decide grand-hotel appoint lead Kitchen: Ines Roth --reason "…" --by "…"
      cop-expert decide grand-hotel set Kitchen running = 10 --reason "…" --by "…"
      cop-expert decide grand-hotel split Kitchen --undo
    """
    from datetime import datetime

    from cop_expert.explain.deciding import decision, placed_decision
    from cop_expert.load.changes import Changes, DropRow
    from cop_expert.load.csv_file import UnreadableFile
    from cop_expert.load.record import append_row, remove_row, table_file
    from cop_expert.pipeline import decision_headings, suppose

    if not undo and not (reason.strip() and by.strip()):
        raise click.UsageError("a decision needs --reason and --by")
    run = concluded(folder)
    today = datetime.now().astimezone()  # goes into the table, and has no say in what follows
    record = {"reason": reason, "by": by, "on": f"{on or today:%Y-%m-%d}"}
    record |= {"until": f"{until:%Y-%m-%d}"} if until else {}
    try:
        with known_names(folder):
            row = decision(" ".join(words), run.facts, record)
            place = placed_decision(row, run.facts) if undo else None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    path = table_file(folder, row.table)
    if place and folder / place.source != path:
        raise click.ClickException(f"this decision stands in {place}: delete it there")
    change = DropRow(row.table, (), place) if place else row
    with progress() as stage:
        supposed = suppose(folder, Changes((change,)), stage)
    before, after = explaining(run, folder), explaining(supposed, folder)
    print_differences(before, after, as_json=False, in_short=True)
    tell(set(supposed.manifest.warnings) - set(run.manifest.warnings))
    if not yes:
        click.confirm(f"\n{'Take it back' if undo else 'Record it'}?", abort=True)
    try:
        if place:
            remove_row(path, place.line)
        else:
            append_row(path, row.texts, decision_headings(run))
    except UnreadableFile as error:
        raise click.ClickException(f"{path.name}: {error}") from error
    click.echo(path, err=True)


@main.command()
@click.argument("old", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, file_okay=False, path_type=Path))
@AS_JSON
@answering
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Say what is concluded otherwise in another state of the engagement, and from what it comes.

    \b
    Example:
      cop-expert diff grand-hotel-2025 grand-hotel-2026
    """
    before, after = concluded(old), concluded(new)
    language = after.manifest.language
    print_differences(explaining(before, old, language), explaining(after, new), as_json)


def print_differences(
    old: "Explainer", new: "Explainer", as_json: bool, in_short: bool = False
) -> None:
    from cop_expert.explain.differ import Differ

    found = Differ(old, new).differences(causes=not in_short)
    if as_json:
        import msgspec

        echo_json(msgspec.to_builtins(found))
        return
    from cop_expert.report.differences import differences_text, shortened
    from cop_expert.report.phrases import phrases
    from cop_expert.report.price import price

    vocabulary, words = new.facts.vocabulary, phrases(new.speaker.language)
    found = shortened(found, vocabulary) if in_short else found
    click.echo(differences_text(found, vocabulary, words), nl=False)
    cost = price(new.facts, old.facts)
    if cost.communities and cost.running:
        click.echo(f"\n{words.running(cost.communities, cost.running)}")


def nothing_concluded(subject: str, place: str | None) -> str:
    both = f"'{subject}' and '{place}' together" if place else f"'{subject}'"
    return f"the names are known, but nothing was concluded about {both}"


@contextmanager
def known_names(folder: Path) -> Iterator[None]:
    """A name that nothing bears is met with those that come near."""
    from cop_expert.explain.name_book import UnknownName

    try:
        yield
    except UnknownName as unknown:
        known = " or ".join(f"'{name}'" for name in unknown.close)
        hint = f"; did you mean {known}?" if known else ""
        message = f"nothing is called '{unknown.name}' in {folder}{hint}"
        raise click.ClickException(message) from None


def further(explainer: "Explainer", answers: list["Answerable"]) -> list[str]:
    """Conclusions said and not proved."""
    said = []
    for answer in answers:
        names = explainer.facts.vocabulary.templates[answer.template].names
        values = dict(zip(names, answer.row, strict=True))
        said.append(explainer.speaker.fact(answer.template, values))
    return said


def print_answer(answer: "Answer", words: "Phrases", form: str) -> None:
    """As Markdown; as HTML; as text, on a terminal to its width."""
    from cop_expert.report.answers import as_html, as_markdown, as_text

    if form != "text":
        write = as_markdown if form == "md" else as_html
        click.echo(write(answer, words), nl=False)
        return
    width = get_terminal_size().columns if sys.stdout.isatty() else 0
    for guide, text, tone in as_text(answer, words, width):
        said = {"bold": click.style(text, bold=True), "dim": click.style(text, dim=True)}
        click.echo(guide + said.get(tone, text))


def print_turtle(run: "Run", explainer: "Explainer", proof: "Proof") -> None:
    from cop_expert.export.concluded import Concluded
    from cop_expert.export.proofs import proofs_text

    name, language = run.manifest.name, run.manifest.language
    for part in proofs_text(Concluded(run.facts, explainer.rulebook, name, language), [proof]):
        click.echo(part, nl=False)


def print_json(thing: "Explained | Refused") -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(thing), indent=1))


@main.command()
@FOLDER
@click.option("--all", "every", is_flag=True, help="Every range of running costs, however narrow.")
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg",
    help="Also write the picture of it that the strategy carries.",
)
@AS_JSON
@answering
def granularity(folder: Path, every: bool, picture: Path | None, as_json: bool) -> None:
    """Say how finely to cut: what each choice comes to, as a community costs more or less to run.

    \b
    Examples:
      cop-expert granularity grand-hotel
      cop-expert granularity grand-hotel --picture steps.svg
    """
    from cop_expert.report.choices import choices
    from cop_expert.report.choices_text import choices_text
    from cop_expert.report.known import Known
    from cop_expert.report.language import LocalSpeaker
    from cop_expert.report.phrases import phrases

    run = concluded(folder)
    words = phrases(run.manifest.language)
    known = Known(run.facts, LocalSpeaker(run.facts, words))
    with progress() as stage:
        stage("Weighing every cut")
        found = choices(known, run.rulebook, run.manifest.name, every)
    if picture:
        write_picture(run, folder, picture)
    if as_json:
        echo_answer(found)
        return
    click.echo(choices_text(found, known, words), nl=False)


def write_picture(run: "Run", folder: Path, path: Path) -> None:
    from cop_expert.report.files import write_whole
    from cop_expert.report.render import draw_steps

    drawn = draw_steps(run.facts, run.manifest, folder)
    if not drawn:
        raise click.ClickException("there is one cut only, at any cost, so there is no picture")
    write_whole(path, drawn.encode())
    click.echo(path, err=True)


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
    "--budget-hours",
    type=click.IntRange(min=0),
    metavar="HOURS",
    help="As many hours of learning as there are: what goes first, and what waits.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=or_standard_output,
    help="The file to write; standard output where left out.",
)
@click.option(
    "--robustness",
    "trials",
    type=click.IntRange(1, 1000),
    metavar="TRIALS",
    help="Say how firm it is, from so many runs with estimates a little off.",
)
@ENGINE
@answering
def report(
    folder: Path,
    form: str,
    audience: str,
    community: str,
    budget_hours: int | None,
    trials: int | None,
    output: Path | None,
    engine: str,
) -> None:
    """Write the strategy document.

    \b
    Examples:
      cop-expert report grand-hotel --format html -o strategy.html
      cop-expert report grand-hotel --format docx --audience leader -o strategy.docx
      cop-expert report grand-hotel --community Kitchen -o kitchen.md
      cop-expert report grand-hotel --budget-hours 200 -o strategy.md
    """
    from cop_expert import pipeline
    from cop_expert.report.render import Request, UnknownCommunity, render

    run = concluded(folder, engine)
    request = Request(form, audience, community, budget_hours)
    try:
        with progress() as stage:
            tried = pipeline.robustness(folder, trials, SEED, stage) if trials else None
            stage("Writing the strategy")
            reckon = partial(pipeline.prices, run, folder, stage)
            document = render(run.facts, run.rulebook, run.manifest, folder, request, reckon, tried)
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
@FOLDER
@click.argument("hours", type=click.IntRange(min=0), metavar="[HOURS]", required=False)
@ENGINE
@AS_JSON
@answering
def budget(folder: Path, hours: int | None, engine: str, as_json: bool) -> None:
    """Say what to do first when there are only so many hours of learning, and what waits.

    \b
    Examples:
      cop-expert budget grand-hotel 200

    Left out, HOURS are those that engagement.toml sets as budget_hours.
    """
    from cop_expert.report.terminal import Terminal

    run = concluded(folder, engine)
    terminal = Terminal(run.facts, run.manifest.language, folder)
    found = terminal.budget(hours)
    if found is None:
        raise click.UsageError("say how many hours there are: cop-expert budget FOLDER 200")
    if as_json:
        echo_answer(found)
        return
    click.echo(terminal.budget_text(found), nl=False)


@main.command()
@FOLDER
@click.option(
    "--trials",
    type=click.IntRange(1, 1000),
    default=40,
    show_default=True,
    help="How many runs by chance.",
)
@click.option("--seed", default=SEED, show_default=True, help="From which number chance is drawn.")
@AS_JSON
@answering
def robustness(folder: Path, trials: int, seed: int, as_json: bool) -> None:
    """Say how firm the recommendations are if assessments and thresholds are a little off.

    The rules are run again and again, each time with every assessment a step higher, a step lower
    or as it is, and every threshold likewise by a tenth. What came of it is kept.

    \b
    Example:
      cop-expert robustness grand-hotel --trials 40
    """
    from cop_expert import pipeline
    from cop_expert.report.terminal import Terminal

    with progress() as stage:
        found = pipeline.robustness(folder, trials, seed, stage)
    if as_json:
        echo_answer(found)
        return
    run = concluded(folder)
    terminal = Terminal(run.facts, run.manifest.language, folder)
    click.echo(terminal.robustness_text(found, run.rulebook), nl=False)


def described_forms(context: click.Context, option: click.Parameter, value: str | None) -> None:
    """Print what each form of export is."""
    if value:
        from cop_expert.export.forms import FORMS

        for name, form in FORMS.items():
            click.echo(f"{name:<9}{form.says}")
        context.exit()


FORM_NAMES = (
    "turtle", "csv", "xlsx", "parquet", "duckdb", "graphml", "kumu", "moodle", "degreed", "shacl",
)  # fmt: skip


@main.command()
@FOLDER
@click.option(
    "--to",
    "form",
    type=click.Choice(FORM_NAMES),
    required=True,
    help="The form; --forms says what each is.",
)
@click.option(
    "--forms",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=described_forms,
    help="Say what each form is, and leave.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=or_standard_output,
    help="The file or folder to write; texts go to standard output where left out.",
)
@click.option("--force", is_flag=True, help="Write over what no export has written, too.")
@ENGINE
@answering
def export(folder: Path, form: str, output: Path | None, force: bool, engine: str) -> None:
    """Write conclusions as files that other tools take.

    \b
    Examples:
      cop-expert export grand-hotel --to xlsx -o grand-hotel.xlsx
      cop-expert export grand-hotel --to turtle -o grand-hotel.ttl
      cop-expert export --forms
    """
    from cop_expert import pipeline
    from cop_expert.export.forms import FORMS

    if output is None and not FORMS[form].is_text:
        raise click.UsageError(f"{form} is {FORMS[form].says}: -o says where to write it")
    run = concluded(folder, engine)
    with progress() as stage:
        if output is None:
            click.echo(pipeline.exported_text(run, form, stage), nl=False)
            return
        pipeline.export(run, form, output, folder, force, stage)
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


def echo_answer(found: Any) -> None:
    from cop_expert.report.machines import for_machines

    echo_json(for_machines(found))


def echo_json(thing: Any) -> None:
    click.echo(json.dumps(thing, indent=1, ensure_ascii=False))
