"""The conductor: an engagement's folder in, its conclusions, proofs and strategy out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from cop_expert import __version__
from cop_expert.facts import UNLIMITED, FactBase, Limits
from cop_expert.fingerprint import fingerprint_of, program, standard_files
from cop_expert.keep import (
    keep_answer,
    keep_facts,
    kept_answer,
    kept_facts,
    kept_or_made,
)
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem, in_order, stop_at_errors
from cop_expert.model.origin import Origin
from cop_expert.model.rule import CheckedRulebook, Rulebook, texts_of
from cop_expert.model.template import Vocabulary

if TYPE_CHECKING:
    from cop_expert.export.concluded import Concluded
    from cop_expert.infer.engine import Engine
    from cop_expert.load.catalogue import Catalogue, Choice, Profiles
    from cop_expert.load.changes import Changes
    from cop_expert.load.engagement import Engagement
    from cop_expert.load.importing import DryRun
    from cop_expert.load.propose import Wishes
    from cop_expert.load.sheet import Sheet
    from cop_expert.report.trials import Robustness
    from cop_expert.report.view.decisions import Prices

ENGINES = ("auto", "experta", "duckdb")
SMALL = 100
"""Given facts up to which `auto` takes experta; docs/engines.md shows the measurements."""

TEN = 10
"""Trials after which it is said how far it is."""

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
    program: str
    """What tells the program that ran from any other."""
    given: int
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
    folder: Path
    name: str
    language: str
    rulebook: CheckedRulebook
    warnings: tuple[Diagnostic, ...]


def check(folder: Path, progress: Progress = quietly) -> list[Diagnostic]:
    """The warnings about knowledge, settings and rules; raises KnowledgeProblem on errors."""
    run = conclude(folder, progress=progress)
    return list(run.manifest.warnings)


def conclude(
    folder: Path,
    engine: str = "auto",
    progress: Progress = quietly,
    limits: Limits = UNLIMITED,
    fingerprint: str = "",
) -> Run:
    """The engagement's conclusions: kept ones where nothing has changed, else inferred anew.

    The fingerprint of the files may be known already.
    """
    fingerprint = fingerprint or fingerprint_of(folder)
    kept = _kept(folder, fingerprint, engine)
    if kept:
        return kept
    knowledge = read(folder, progress, limits)
    run = infer(knowledge, engine, fingerprint, progress)
    if fingerprint == fingerprint_of(folder):  # else a file was changed in the meantime
        keep_facts(run.facts, folder, fingerprint)
    return run


def _kept(folder: Path, fingerprint: str, engine: str) -> Run | None:
    """The kept run, unless this very program and engine would not have made it."""
    facts = kept_facts(folder, fingerprint)
    if not facts:
        return None
    manifest = facts.kept("manifest", Manifest)
    if manifest.program != program() or engine not in ("auto", manifest.engine):
        return None
    return Run(facts, manifest, facts.kept("rulebook", CheckedRulebook))


def suppose(folder: Path, changes: "Changes", progress: Progress = quietly) -> Run:
    """What would be concluded if the engagement were otherwise; nothing of it is kept."""
    return infer(read(folder, progress, changes=changes), "auto", "", progress)


def prices(run: Run, folder: Path, progress: Progress = quietly) -> "Prices":
    """What each decision costs: the run against one without it, kept for the next question."""
    from cop_expert.report.view.decisions import Price

    if not run.facts.count("Decision"):
        return {}
    fingerprint = run.manifest.fingerprint
    found = kept_answer(folder, fingerprint, "prices", dict[str, Price])
    if found is None:
        found = _weighed(run, folder, progress)
        if fingerprint == fingerprint_of(folder):  # else a file was changed in the meantime
            keep_answer(folder, fingerprint, "prices", found)
    return found


def _weighed(run: Run, folder: Path, progress: Progress) -> "Prices":
    """Each decision against a run without it."""
    from cop_expert.load.changes import Changes, DropRow
    from cop_expert.report.price import price

    found: Prices = {}
    places = [place for _, place, _ in run.facts.located("Decision")]
    for number, place in enumerate(places, start=1):
        progress(f"Weighing decision {number} of {len(places)}")
        try:
            without = suppose(folder, Changes((DropRow("decisions", (), place),)))
        except KnowledgeProblem:  # others rest on it
            continue
        found[str(place)] = price(run.facts, without.facts)
    return found


def decision_headings(run: Run) -> list[str]:
    """The columns of the decisions table, in order."""
    from cop_expert.load.headings import column_fields

    return [field.heading for field in column_fields(run.facts.vocabulary.templates["Decision"])]


def robustness(folder: Path, samples: int, seed: int, progress: Progress = quietly) -> "Robustness":
    """How firm the conclusions are; kept for the next time, as the conclusions are."""
    from cop_expert.report.trials import Robustness

    fingerprint, name = fingerprint_of(folder), f"robustness-{samples}-{seed}"
    found = kept_answer(folder, fingerprint, name, Robustness)
    if found is None:
        found = _tried(folder, samples, seed, progress)
        if fingerprint == fingerprint_of(folder):  # else a file was changed in the meantime
            keep_answer(folder, fingerprint, name, found)
    return found


def _tried(folder: Path, samples: int, seed: int, progress: Progress) -> "Robustness":
    """Ask the rules again and again what would follow from other numbers."""
    from itertools import count

    from cop_expert.check import with_parameters
    from cop_expert.infer.otherwise import (
        concluded_otherwise,
        leading_to,
        parameters_of,
        with_numbers,
    )
    from cop_expert.report import trials

    run = conclude(folder, progress=progress)
    facts, rulebook = run.facts, run.rulebook
    asked = (trials.CUT, trials.ASSIGNED)
    concerned = set().union(*map(parameters_of, leading_to(asked, rulebook.strata)))
    numbers = count(1)

    def tried(trial: trials.Trial) -> trials.Outcome:
        number = next(numbers)
        if number % TEN == 0:
            progress(f"Trial {number}")
        moved = with_parameters(rulebook, trial.parameters, facts.vocabulary)
        others = {}
        if trial.assessments:
            select = with_numbers(facts, trials.ASSESSED, trials.FOUND, trial.assessments)
            others[trials.ASSESSED] = select
        with concluded_otherwise(facts, moved, asked, others, trial.parameters) as then:
            return trials.outcome(then)

    found = trials.estimates(facts, rulebook.parameters, concerned)
    return trials.robustness(trials.outcome(facts), found, samples, seed, tried)


def read(
    folder: Path,
    progress: Progress = quietly,
    limits: Limits = UNLIMITED,
    changes: "Changes | None" = None,
) -> Knowledge:
    """Tables, ontologies and rules, checked; raises KnowledgeProblem with all that is wrong.

    With `changes`, as if the engagement were otherwise.
    """
    from cop_expert.load.changes import NOTHING, supposing
    from cop_expert.load.engagement import read_engagement
    from cop_expert.load.tables import read_tables

    progress("Reading the tables")
    changes = changes or NOTHING
    engagement, problems = read_engagement(folder)
    engagement = supposing(engagement, changes)
    if not engagement.holds_anything or not engagement.settings.is_whole:
        stop_at_errors(problems)  # without the scales most of a table may look wrong
    facts, individuals, drawn, found = read_ontologies(engagement, limits)
    problems += found
    labels, found = read_tables(engagement, facts, individuals, changes.rows)
    problems += found
    rulebook, found = read_rulebook(engagement, drawn, facts.vocabulary)
    problems += found
    stop_at_errors(problems)
    facts.settle(texts_of(rulebook), labels)
    return Knowledge(
        facts,
        folder,
        engagement.name,
        engagement.language,
        rulebook,
        tuple(in_order(problems)),
    )


def read_rulebook(
    engagement: "Engagement", drawn: Rulebook, vocabulary: Vocabulary
) -> tuple[CheckedRulebook, list[Diagnostic]]:
    """The standard rules, the engagement's own and those drawn in an ontology, checked as one."""
    from cop_expert.check import check_rulebook
    from cop_expert.parse.files import read_rules

    written, problems = read_rules((path, engagement.source(path)) for path in engagement.rules)
    rulebook, found = check_rulebook(
        standard_rulebook(), written + drawn, engagement.parameters, engagement.origin, vocabulary
    )
    return rulebook, [*problems, *found]


def try_import(folder: Path, file: Path, sheet: str, wishes: "Wishes") -> "DryRun":
    """What of a foreign file would be read, and as what; raises KnowledgeProblem."""
    from msgspec.structs import replace

    from cop_expert.load.engagement import read_engagement
    from cop_expert.load.findings import Findings
    from cop_expert.load.importing import FOLDER, DryRun, names_nearly_alike, rows_from
    from cop_expert.load.mapping import read_foreign
    from cop_expert.load.propose import propose
    from cop_expert.load.tables import read_tables

    name, findings = f"{FOLDER}/{file.name}", Findings()
    engagement, _ = read_engagement(folder)
    own = read_ontologies(engagement, UNLIMITED).facts
    raw = read_foreign(file, name, sheet, own, findings)
    stop_at_errors(findings.diagnostics())
    proposal = propose(raw, name, wishes, own)
    here = {(mapping.file, mapping.sheet) for mapping in proposal.mappings}
    others = [m for m in engagement.imports if (m.file, m.sheet) not in here]
    imports = (*others, *proposal.mappings)
    engagement = replace(engagement, imports=imports, elsewhere={name: file})
    facts, individuals, *_ = read_ontologies(engagement, UNLIMITED)
    _, problems = read_tables(engagement, facts, individuals)
    facts.settle()
    return DryRun(
        source=raw.source,
        headings_row=raw.first_line,
        proposal=proposal,
        rows=rows_from(raw.source, facts),
        problems=tuple(p for p in problems if p.origin.source == raw.source),
        elsewhere=sum(p.origin.source != raw.source and not p.warning for p in problems),
        same=tuple(names_nearly_alike(raw, own, proposal.mappings, facts)),
    )


def try_catalogue(
    folder: Path, catalogue: "Catalogue", wishes: tuple[str, ...], least: int
) -> tuple[list["Choice"], "Profiles"]:
    """Which occupation is taken for which role, and what comes of it; raises NoMatch.

    Without wishes, one for each role of the engagement that has one like it.
    """
    from cop_expert.load.catalogue import EVERY, choices_for, every, profiles, units_of

    if EVERY in wishes:
        choices = every(catalogue)
        made = profiles(choices, catalogue, least)
        made.tables.update(units_of(choices, catalogue))
    else:
        choices = choices_for(wishes, _roles(folder), catalogue)
        made = profiles(choices, catalogue, least)
    return choices, made


def _roles(folder: Path) -> list[str]:
    """The names of all roles, as far as the tables can be read."""
    from cop_expert.load.engagement import read_engagement
    from cop_expert.load.tables import read_tables

    engagement, _ = read_engagement(folder)
    facts, individuals, *_ = read_ontologies(engagement, UNLIMITED)
    read_tables(engagement, facts, individuals)
    facts.settle()
    return sorted({str(record["role"]) for record in facts.records("Post")})


def contradictions_of_ontologies(folder: Path, progress: Progress = quietly) -> list[Diagnostic]:
    """What a reasoner finds wrong with the ontologies; raises NoReasoner where there is none."""
    from cop_expert.load.consistency import check_consistency
    from cop_expert.load.engagement import read_engagement
    from cop_expert.load.graph import read_graph

    engagement, _ = read_engagement(folder)
    sources = {engagement.source(path): path for path in engagement.knowledge}
    graphs = {source: read_graph(path, source)[0] for source, path in sources.items()}
    progress("Asking HermiT")
    return list(check_consistency(graphs, engagement.language)) if graphs else []


class Ontologies(NamedTuple):
    """What the ontologies of an engagement hold."""

    facts: FactBase
    """For the standard templates and the client's own; empty yet."""
    individuals: list["Sheet"]
    rules: Rulebook
    problems: list[Diagnostic]


def read_ontologies(engagement: "Engagement", limits: Limits) -> Ontologies:
    """The templates, individuals and rules of all files in the folder `knowledge` together.

    Raises KnowledgeProblem where there are classes that nothing can be read as.
    """
    if not engagement.knowledge:
        facts = FactBase.new(standard_vocabulary(engagement.language), limits)
        return Ontologies(facts, [], Rulebook(), [])
    from cop_expert.load.classes import read_classes
    from cop_expert.load.graph import read_graph
    from cop_expert.load.knowledge import KnowledgeReader
    from cop_expert.load.vocabulary import with_standard

    sources = {engagement.source(path): path for path in engagement.knowledge}
    read = {source: read_graph(path, source) for source, path in sources.items()}
    graphs = {source: graph for source, (graph, _) in read.items()}
    problems = [problem for _, found in read.values() for problem in found]
    together = with_standard(graphs.values())
    vocabulary, unfit = read_classes(graphs, together, engagement.language)
    if unfit:
        raise KnowledgeProblem([*problems, *unfit])
    facts = FactBase.new(vocabulary, limits)
    reader = KnowledgeReader(graphs, together, facts.vocabulary, engagement.language)
    individuals = reader.sheets(facts)
    rules, found = reader.rules()
    return Ontologies(facts, individuals, rules, [*problems, *reader.problems, *found])


def infer(knowledge: Knowledge, engine: str, fingerprint: str, progress: Progress = quietly) -> Run:
    """Bring the fact base to its fixed point; raises KnowledgeProblem on contradictions."""
    from cop_expert.infer.engine import bring_to_fixed_point

    facts = knowledge.facts
    given = sum(facts.counts(given=True).values())
    name = engine if engine != "auto" else ("experta" if given <= SMALL else "duckdb")
    progress("Inferring")
    found = bring_to_fixed_point(_engine(name, facts), knowledge.rulebook)
    problems = [*knowledge.warnings, *found]
    _lay_beside(knowledge)
    problems += remarks(knowledge)
    stop_at_errors(problems)
    manifest = Manifest(
        name=knowledge.name,
        language=knowledge.language,
        engine=name,
        version=__version__,
        fingerprint=fingerprint,
        program=program(),
        given=given,
        replaced=knowledge.rulebook.replaced,
        warnings=tuple(in_order(problems)),
    )
    facts.keep("manifest", manifest)
    return Run(facts, manifest, knowledge.rulebook)


def export(
    run: Run, form: str, path: Path, folder: Path, force: bool = False, progress: Progress = quietly
) -> None:
    """Write a run's conclusions in a form; raises KnowledgeProblem where that is not possible."""
    from cop_expert.export.forms import FORMS
    from cop_expert.export.place import put

    progress("Writing")
    put(path, lambda place: FORMS[form].write(_concluded(run), place), folder, force)


def exported_text(run: Run, form: str, progress: Progress = quietly) -> str:
    """The same, where the form is a text."""
    from cop_expert.export.forms import FORMS

    progress("Writing")
    return FORMS[form].text(_concluded(run))


def _concluded(run: Run) -> "Concluded":
    from cop_expert.export.concluded import Concluded

    run.facts.use_all_threads()
    return Concluded(run.facts, run.rulebook, run.manifest.name, run.manifest.language)


def _lay_beside(knowledge: Knowledge) -> None:
    """What later questions need, so that they read no ontology and parse no rules."""
    from cop_expert.explain.name_book import write_name_book

    facts = knowledge.facts
    write_name_book(facts)
    facts.keep("vocabulary", facts.vocabulary)
    facts.keep("rulebook", knowledge.rulebook)
    facts.keep("parameters", knowledge.rulebook.parameters)


def remarks(knowledge: Knowledge) -> Iterator[Diagnostic]:
    """Facts that may not be, or are worth a look, each at the first place that leads to it."""
    facts, templates = knowledge.facts, knowledge.facts.vocabulary.templates.values()
    found = [
        (template, row)
        for template in templates
        if template.problem or template.remark
        for row in facts.rows(template.name)
    ]
    if found:
        from cop_expert.model.proof import origins
        from cop_expert.report.language import local_explainer

        language, folder = knowledge.language, knowledge.folder
        explainer = local_explainer(facts, knowledge.rulebook, language, folder)
        for template, row in found:
            proof = explainer.prove(template.name, row)
            first, *others = origins(proof)
            second = next((one for one in others if one.source == first.source), None)
            said = "; ".join([proof.says, *(why.because for why in proof.derivations[:1])])
            advice = "change or delete one of the rows that lead to it"
            beside = (advice, second, "and here" if second else "")
            if template.problem:
                yield Diagnostic("contradiction", said, first, *beside)
            else:
                yield Diagnostic("without-effect", said, first, *beside, warning=True)


def _engine(name: str, facts: FactBase) -> "Engine":
    """The engine by its name; each is imported only when it runs."""
    if name == "experta":
        from cop_expert.infer.rete import ReteEngine

        return ReteEngine(facts)
    from cop_expert.infer.duck import DuckEngine

    return DuckEngine(facts)


class InForce(NamedTuple):
    """The rules that hold, what they speak of, and in which language."""

    rulebook: CheckedRulebook
    vocabulary: Vocabulary
    language: str


def rulebook_in_force(folder: Path | None) -> InForce:
    """The rulebook of an engagement, or the standard one with its defaults."""
    from cop_expert.check import check_rulebook

    if folder is not None:
        knowledge = read(folder)
        return InForce(knowledge.rulebook, knowledge.facts.vocabulary, knowledge.language)
    vocabulary = standard_vocabulary("en")
    rulebook, problems = check_rulebook(
        standard_rulebook(), Rulebook(), {}, lambda name: Origin(name), vocabulary
    )
    stop_at_errors(problems)
    return InForce(rulebook, vocabulary, "en")


def standard_vocabulary(language: str) -> Vocabulary:
    """The standard ontology's templates."""

    def make() -> Vocabulary:
        from cop_expert.load.vocabulary import read_vocabulary

        return read_vocabulary(language=language)

    return kept_or_made(f"vocabulary.{language}.json", Vocabulary, make)


def standard_rules() -> list[tuple[Path, str]]:
    """The files of the standard rulebook, in order of reasoning."""
    rules = (path for path in standard_files() if path.suffix == ".rules")
    return [(path, f"rules/{path.name}") for path in rules]


def standard_rulebook() -> Rulebook:
    """The standard rules, parsed."""

    def make() -> Rulebook:
        from cop_expert.parse.files import read_rules

        rulebook, problems = read_rules(standard_rules())
        stop_at_errors(problems)
        return rulebook

    return kept_or_made("rulebook.json", Rulebook, make)
