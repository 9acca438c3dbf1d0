"""The conductor: an engagement's folder in, its conclusions, proofs and strategy out."""

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from cop_expert import __version__
from cop_expert.facts import FactBase
from cop_expert.model.diagnostic import Diagnostic, in_order, stop_at_errors
from cop_expert.model.origin import Origin
from cop_expert.model.rule import CheckedRulebook, Rulebook
from cop_expert.model.template import Vocabulary
from cop_expert.resources import resource

if TYPE_CHECKING:
    from rdflib import Graph

    from cop_expert.infer.engine import Engine

ENGINES = ("auto", "experta", "duckdb")
SMALL = 400
"""Given facts up to which `auto` takes experta; docs/engines.md shows the measurements."""

Progress = Callable[[str], None]


def quietly(stage: str) -> None:
    """Progress that nobody watches."""


class Manifest(Struct, frozen=True):
    """What a run was made from."""

    name: str
    language: str
    engine: str
    version: str
    fingerprint: str
    """Hash of every input: tables, settings, ontologies, rules and the program's version."""
    given: int
    concluded: int
    replaced: tuple[str, ...]
    """Standard rules in whose place the engagement put its own."""
    warnings: tuple[Diagnostic, ...]


class Run(Struct, frozen=True):
    """A fact base at its fixed point, and what it was made from."""

    facts: FactBase
    manifest: Manifest
    rulebook: CheckedRulebook


class Knowledge(Struct, frozen=True):
    """Everything read from an engagement, not yet inferred."""

    facts: FactBase
    name: str
    language: str
    rulebook: CheckedRulebook
    labels: dict[str, str]
    warnings: tuple[Diagnostic, ...]


def check(folder: Path, progress: Progress = quietly) -> list[Diagnostic]:
    """The warnings about knowledge, settings and rules; raises KnowledgeProblem on errors."""
    run = conclude(folder, progress=progress)
    return list(run.manifest.warnings)


def conclude(folder: Path, engine: str = "auto", progress: Progress = quietly) -> Run:
    """The engagement's conclusions: kept ones where nothing has changed, else inferred anew."""
    fingerprint = fingerprint_of(folder)
    kept = _open_kept(folder, fingerprint, engine)
    if kept:
        return kept
    knowledge = read(folder, progress)
    run = infer(knowledge, engine, fingerprint, progress)
    _keep(run, folder)
    return run


def read(folder: Path, progress: Progress = quietly) -> Knowledge:
    """Tables, ontologies and rules, checked; raises KnowledgeProblem with all that is wrong."""
    from cop_expert.check import check_rulebook
    from cop_expert.load.engagement import read_engagement
    from cop_expert.load.graph import read_graph
    from cop_expert.load.knowledge import read_individuals
    from cop_expert.load.tables import read_tables
    from cop_expert.load.vocabulary import read_vocabulary
    from cop_expert.parse.files import read_rules

    progress("Reading the tables")
    engagement, problems = read_engagement(folder)
    if not engagement.tables and not engagement.knowledge:
        stop_at_errors(problems)
    graphs: dict[str, Graph] = {}
    for path in engagement.knowledge:
        graphs[engagement.source(path)], found = read_graph(path, engagement.source(path))
        problems += found
    vocabulary = read_vocabulary(graphs.values(), engagement.language)
    individuals = [
        sheet
        for source, graph in graphs.items()
        for sheet in read_individuals(graph, source, vocabulary, engagement.language)
    ]
    given, found = read_tables(engagement, vocabulary, individuals)
    problems += found
    standard, found = standard_rulebook()
    problems += found
    own, found = read_rules((path, engagement.source(path)) for path in engagement.rules)
    problems += found
    rulebook, found = check_rulebook(
        standard, own, engagement.parameters, engagement.origin, vocabulary
    )
    problems += found
    stop_at_errors(problems)
    facts = FactBase.new(vocabulary)
    for table in given.tables:
        facts.add_given(table.template, list(table.columns.values()), table.source, table.lines)
    return Knowledge(
        facts,
        engagement.name,
        engagement.language,
        rulebook,
        given.labels,
        tuple(in_order(problems)),
    )


def infer(knowledge: Knowledge, engine: str, fingerprint: str, progress: Progress = quietly) -> Run:
    """Bring the fact base to its fixed point; raises KnowledgeProblem on contradictions."""
    facts = knowledge.facts
    given = sum(facts.counts().values())
    name = engine if engine != "auto" else ("experta" if given <= SMALL else "duckdb")
    progress("Inferring")
    problems = [*knowledge.warnings, *_engine(name).infer(facts, knowledge.rulebook)]
    _lay_beside(knowledge)
    problems += contradictions(facts, knowledge.rulebook, knowledge.language)
    stop_at_errors(problems)
    manifest = Manifest(
        name=knowledge.name,
        language=knowledge.language,
        engine=name,
        version=__version__,
        fingerprint=fingerprint,
        given=given,
        concluded=sum(facts.counts().values()) - given,
        replaced=knowledge.rulebook.replaced,
        warnings=tuple(in_order(problems)),
    )
    facts.keep("manifest", manifest)
    return Run(facts, manifest, knowledge.rulebook)


def _lay_beside(knowledge: Knowledge) -> None:
    """What later questions need, so that they read no ontology and parse no rules."""
    facts = knowledge.facts
    facts.keep("vocabulary", facts.vocabulary)
    facts.keep("rulebook", knowledge.rulebook)
    facts.keep("parameters", knowledge.rulebook.parameters)
    facts.keep("labels", knowledge.labels)


def contradictions(
    facts: FactBase, rulebook: CheckedRulebook, language: str
) -> Iterator[Diagnostic]:
    """Facts that may not be, each at the first place in the client's files that leads to it."""
    from cop_expert.explain.why import Explainer
    from cop_expert.explain.words import Speaker
    from cop_expert.model.proof import origins

    for template in (t for t in facts.vocabulary.templates.values() if t.problem):
        for row in facts.rows(template.name):
            proof = Explainer(facts, rulebook, Speaker(facts, language)).prove(template.name, row)
            places = origins(proof)
            yield Diagnostic(
                "contradiction",
                proof.says,
                places[0],
                "change or delete one of the rows that lead to it",
                places[1] if len(places) > 1 else None,
                "and here" if len(places) > 1 else "",
            )


def _engine(name: str) -> "Engine":
    """The engine by its name; each is imported only when it runs."""
    if name == "experta":
        from cop_expert.infer.rete import ReteEngine

        return ReteEngine()
    from cop_expert.infer.duck import DuckEngine

    return DuckEngine()


def rulebook_in_force(folder: Path | None) -> tuple[CheckedRulebook, Vocabulary]:
    """The rulebook of an engagement, or the standard one with its defaults."""
    from cop_expert.check import check_rulebook
    from cop_expert.load.vocabulary import read_vocabulary

    if folder is not None:
        knowledge = read(folder)
        return knowledge.rulebook, knowledge.facts.vocabulary
    vocabulary = read_vocabulary()
    standard, problems = standard_rulebook()
    rulebook, found = check_rulebook(
        standard, Rulebook(), {}, lambda name: Origin(name), vocabulary
    )
    stop_at_errors([*problems, *found])
    return rulebook, vocabulary


def standard_rules() -> list[tuple[Path, str]]:
    """The files of the standard rulebook, in order of reasoning."""
    return [(path, f"rules/{path.name}") for path in sorted(resource("rules").glob("*.rules"))]


@cache
def standard_rulebook() -> tuple[Rulebook, list[Diagnostic]]:
    """The standard rules, parsed once a process."""
    from cop_expert.parse.files import read_rules

    return read_rules(standard_rules())


# Conclusions are kept in the engagement's `.cop/`, under a hash of every input


def fingerprint_of(folder: Path) -> str:
    """The same for the same inputs, wherever the folder lies."""
    digest = hashlib.sha256(__version__.encode())
    for root, files in ((folder, _inputs(folder)), (resource("kb"), _standard())):
        for path in files:
            digest.update(f"\0{path.relative_to(root.parent).name}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _inputs(folder: Path) -> list[Path]:
    patterns = ("engagement.toml", "tables/*", "*.xlsx", "knowledge/*", "rules/*.rules")
    return sorted(path for p in patterns for path in folder.glob(p) if path.is_file())


def _standard() -> list[Path]:
    return [resource("kb/cop.ttl"), *(path for path, _ in standard_rules())]


def _kept_path(folder: Path, fingerprint: str) -> Path:
    return folder / ".cop" / f"{fingerprint}.duckdb"


def _open_kept(folder: Path, fingerprint: str, engine: str) -> Run | None:
    """The kept run, unless there is none, it is damaged, or another engine is asked for."""
    import duckdb
    import msgspec

    path = _kept_path(folder, fingerprint)
    if not path.is_file():
        return None
    try:
        facts = FactBase.open(path)
        manifest = facts.kept("manifest", Manifest)
        rulebook = facts.kept("rulebook", CheckedRulebook)
    except (duckdb.Error, LookupError, msgspec.DecodeError):
        return None
    fits = manifest.fingerprint == fingerprint and engine in ("auto", manifest.engine)
    return Run(facts, manifest, rulebook) if fits else None


def _keep(run: Run, folder: Path) -> None:
    """Keep the run for the next question; a folder that cannot be written to just keeps nothing."""
    import duckdb

    path = _kept_path(folder, run.manifest.fingerprint)
    try:
        path.parent.mkdir(exist_ok=True)
        run.facts.save(path)
        for old in path.parent.glob("*.duckdb"):
            if old != path:
                old.unlink(missing_ok=True)
    except (OSError, duckdb.Error):
        return
