"""A run and the templates in, the strategy document out: Markdown, HTML or Word."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cop_expert.facts import FactBase
from cop_expert.load.engagement import Engagement, read_engagement
from cop_expert.load.words import plain
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem, did_you_mean
from cop_expert.model.rule import CheckedRulebook
from cop_expert.report.budget import hours_of
from cop_expert.report.commentary import Commentary
from cop_expert.report.cuts import Cuts
from cop_expert.report.granularity import stretches
from cop_expert.report.known import Known
from cop_expert.report.language import LocalSpeaker, translated
from cop_expert.report.phrases import Phrases, phrases
from cop_expert.report.pictures import bars, cut, sets
from cop_expert.report.pictures.alone import standing_alone
from cop_expert.report.reasons import cited
from cop_expert.report.strategy import FEW, strategy
from cop_expert.report.templates import Templates, Words, environment, located
from cop_expert.report.trials import Robustness
from cop_expert.report.view.decisions import Prices
from cop_expert.report.view.figures import Figure
from cop_expert.report.view.granularity import Granularity
from cop_expert.report.view.method import Manifest
from cop_expert.report.view.strategy import Strategy

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Request", "UnknownCommunity", "phrases", "render"]

WHOLE, HANDOUT = "consultant", "handout"
REFERENCE = "reference.docx"


class Request(Struct, frozen=True):
    """Which document is asked for."""

    form: str = "md"
    """"md", "html" or "docx"."""
    audience: str = ""
    """Whom it is for; empty: as the engagement says, else everything."""
    community: str = ""
    """The one community that it is a hand-out for."""
    budget_hours: int | None = None
    """Hours of learning that there are; none: as the engagement says."""


class UnknownCommunity(Exception):
    """No community bears the name."""

    def __init__(self, name: str, hint: str) -> None:
        self.name = name
        self.hint = hint
        super().__init__(name)


def render(
    facts: FactBase,
    rulebook: CheckedRulebook,
    manifest: Manifest,
    folder: Path,
    request: Request,
    reckon: Callable[[], Prices] = dict,
    tried: Robustness | None = None,
) -> bytes:
    """The document as a file holds it; `reckon` says what each decision costs.

    Raises KnowledgeProblem on an engagement's own templates.
    """
    engagement, _ = read_engagement(folder)
    templates = Templates(folder)
    sections = _sections(templates, engagement, request)
    wording = phrases(manifest.language)
    known = _known(facts, wording, engagement, request)
    said = translated(rulebook, wording.wording.language, templates)
    has_reasons = "reasons" in sections and not engagement.settings.publish
    prices = reckon() if "decisions" in sections else {}
    hours = hours_of(engagement, request.budget_hours)
    document = strategy(
        known, said, manifest, engagement, wording, has_reasons, prices, hours, tried
    )
    with located(templates):
        studio = _Studio(templates, known, wording, document, sections)
        if request.form == "docx":
            return studio.word()
        return studio.text(request.form).encode()


def draw_steps(facts: FactBase, manifest: Manifest, folder: Path) -> str:
    """Communities by what one costs to run, as an SVG file; empty where there is one cut only."""
    templates, wording = Templates(folder), phrases(manifest.language)
    known = Known(facts, LocalSpeaker(facts, wording))
    found = Granularity(stretches(Cuts(known)), (), 0, Figure(0), False, "")
    geometry = cut.steps(found, known)
    if geometry is None:
        return ""
    with located(templates):
        filled = environment(templates, known, wording, "html")
        words = Words(filled, templates, wording.wording.language)
        draw: Any = filled.get_template("pictures.svg.j2").make_module()
        return standing_alone(str(draw.steps(geometry, {"granularity": found}, words)))


def _sections(templates: Templates, engagement: Engagement, request: Request) -> list[str]:
    """The sections of the document, in order."""
    audiences = templates.toml("audiences.toml")
    if request.community:
        return list(audiences[HANDOUT])
    audience = request.audience or engagement.settings.audience or WHOLE
    if audience not in audiences:
        advice = did_you_mean(audience, audiences) or f"write one of {', '.join(audiences)}"
        place = engagement.origin("audience")
        message = f"no document is made for the audience '{audience}'"
        raise KnowledgeProblem([Diagnostic("unknown-word", message, place, advice)])
    return list(audiences[audience])


def _known(facts: FactBase, wording: Phrases, engagement: Engagement, request: Request) -> Known:
    least = FEW if engagement.settings.publish else 0
    known = Known(facts, LocalSpeaker(facts, wording), least)
    if request.community:
        named = {plain(known.name(one)): one for one in known.communities}
        if plain(request.community) not in named:
            names = map(known.name, known.communities)
            raise UnknownCommunity(request.community, did_you_mean(request.community, names))
        known.told = [named[plain(request.community)]]
    return known


class _Studio:
    """Everything that the templates of one document are given."""

    def __init__(
        self,
        templates: Templates,
        known: Known,
        wording: Phrases,
        document: Strategy,
        sections: Sequence[str],
    ) -> None:
        self.templates = templates
        self.known = known
        self.wording = wording
        self.document = document
        self.sections = [key for key in sections if document.has(key)]
        communities = [one.name for one in document.communities]
        self.commentary = Commentary(templates.folder, [*sections, *communities])

    def text(self, form: str, in_pictures: bool = False) -> str:
        """The document as text; `in_pictures` leaves places for pictures in Markdown."""
        filled = environment(self.templates, self.known, self.wording, form)
        words = Words(filled, self.templates, self.wording.wording.language)
        return filled.get_template(f"strategy.{form}.j2").render(
            s=self.document,
            w=words,
            language=self.wording.wording.language,
            sections=self.sections,
            cited=partial(cited, self.document.reasons),
            anchors=self._anchors(),
            style=self.templates.text("strategy.css"),
            script=self.templates.text("strategy.js"),
            notes=partial(self._notes, form),
            in_pictures=in_pictures,
            pictures=self._pictures(words),
        )

    def _anchors(self) -> dict[str, str]:
        """The anchors of the items and communities that have one in these sections, by name."""
        document = self.document
        found: dict[str, str] = {}
        if "matrix" in self.sections:
            rows = document.matrix.rows[: document.long_rows]
            found |= {row.item: row.anchor for row in rows}
        if {"communities", "handout"} & set(self.sections):
            found |= {one.name: one.anchor for one in document.communities if one.is_told}
        return found

    def word(self) -> bytes:
        from cop_expert.report.word import Captions, write_word

        filled = environment(self.templates, self.known, self.wording, "html")
        words = Words(filled, self.templates, self.wording.wording.language)
        return write_word(
            self.text("md", in_pictures=True),
            self._drawn(filled, words),
            Captions(str(words.figure_label), str(words.table_label), str(words.contents)),
            self.templates.path(REFERENCE),
            f"{self.document.name}: {words.document}",
            self.wording.wording.language,
        )

    def _notes(self, form: str, subject: str) -> tuple[str, ...]:
        """What was written by hand about a section or community."""
        text = self.commentary.about(subject)
        if not text:
            return ()
        if form == "md":
            return (text,)
        from markdown_it import MarkdownIt

        return (MarkdownIt("commonmark", {"html": False}).enable("table").render(text),)

    def _pictures(self, words: Any) -> dict[str, object]:
        """Each picture's geometry, by name; none where it would show nothing."""
        document, known = self.document, self.known
        return {
            "hours": bars.hours(document, known, words),
            "tree": cut.tree(document.organisation, known, words),
            "matrix": sets.matrix(document),
            "venn": sets.venn(document),
            "upset": sets.upset(document),
            "waves": bars.waves(document, known),
            "steps": cut.steps(document.granularity, known),
        }

    def _drawn(self, filled: "Environment", words: Any) -> dict[str, str]:
        """Each picture as SVG, by name."""
        draw = filled.get_template("pictures.svg.j2").make_module()
        return {
            name: str(getattr(draw, name)(geometry, self.document, words))
            for name, geometry in self._pictures(words).items()
            if geometry
        }
