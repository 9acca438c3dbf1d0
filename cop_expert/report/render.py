"""The view model and the templates in, the strategy document out: Markdown or HTML."""

import base64
import hashlib
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cop_expert.facts import FactBase
from cop_expert.load.engagement import read_engagement
from cop_expert.model.arithmetic import UNIT, divide_half_away
from cop_expert.model.rule import CheckedRulebook
from cop_expert.report.known import Known, share
from cop_expert.report.language import LocalSpeaker
from cop_expert.report.phrases import Phrases, capital, phrases
from cop_expert.report.pictures import bars, cut, sets
from cop_expert.report.strategy import strategy
from cop_expert.report.view import Manifest, Strategy
from cop_expert.resources import resource

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["phrases", "render"]

MARKED = re.compile(r"[\\`*_\[\]<>|~#$&]|^[-+=]")
"""What Markdown would read as more than text."""
NUMBERED = re.compile(r"^(\d+)(?=[.)](?:\s|$))")
"""A number at the front that would begin a list."""
ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def render(
    facts: FactBase, rulebook: CheckedRulebook, manifest: Manifest, folder: Path, form: str
) -> str:
    """The document in a form: "md" or "html"."""
    engagement, _ = read_engagement(folder)
    document = strategy(facts, rulebook, manifest, engagement)
    wording = phrases(manifest.language)
    known = Known(facts, LocalSpeaker(facts, wording))
    environment = _environment(known, wording, form)
    words = environment.get_template(_words(manifest.language)).make_module()
    return environment.get_template(f"strategy.{form}.j2").render(
        s=document,
        sections=_sections(),
        notes=lambda key: (),
        in_pictures=False,
        w=words,
        language=manifest.language,
        style=_text("strategy.css"),
        script=_text("strategy.js"),
        pictures=_pictures(document, known, words),
    )


def _sections() -> list[str]:
    """The sections of the document, in order."""
    text = resource("reports/templates/audiences.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["consultant"])


def _words(language: str) -> str:
    """The template that holds the document's words, in English where there is no other."""
    name = f"words.{language}.j2"
    known = language.isalpha() and resource(f"reports/templates/{name}").is_file()
    return name if known else "words.en.j2"


def _pictures(document: Strategy, known: Known, words: Any) -> dict[str, object]:
    """Each picture's geometry, by name; absent where it would show nothing."""
    return {
        "hours": bars.hours(document, known, words),
        "tree": cut.tree(document.organisation, known, words),
        "matrix": sets.matrix(document),
        "venn": sets.venn(document),
        "upset": sets.upset(document),
        "waves": bars.waves(document, known),
        "steps": cut.steps(document.granularity, known),
    }


def _text(name: str) -> str:
    return resource(f"reports/templates/{name}").read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a content security policy names an inline style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _environment(known: Known, wording: Phrases, form: str) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        if hasattr(value, "__html__"):
            return value
        text = printable(str(value))
        return Markup(escape_markdown(text)) if form == "md" else text

    environment = Environment(
        loader=FileSystemLoader(resource("reports/templates")),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= _filters(known, wording)
    environment.filters |= {"raw": Markup, "sha256": lambda text: Markup(_hash(text))}
    environment.globals |= {
        "part": lambda part, whole: known.amount(share(part, whole), "Share"),
        "each": lambda whole, by: known.amount(divide_half_away(whole * UNIT, by), "Hours"),
    }
    return environment


def _filters(known: Known, wording: Phrases) -> dict[str, Callable[..., str]]:
    return {
        "hours": lambda value: known.amount(value, "Hours"),
        "people": lambda value: known.amount(value, "Headcount"),
        "share": lambda value: known.amount(value, "Share"),
        "plain": known.plain,
        "exact": lambda value: known.exact(value, "Amount"),
        "exact_hours": lambda value: known.exact(value, "Hours"),
        "integer": lambda value: wording.number(f"{value:,}"),
        "level": wording.word,
        "capital": capital,
        "number_of": lambda anchor: anchor.rpartition("-")[2],
    }


def printable(text: str) -> str:
    """Without what no document may hold: control characters and halves of characters."""
    return UNPRINTABLE.sub(" ", text)


def escape_markdown(text: str) -> str:
    """Client text as text, whatever it looks like."""
    escaped = MARKED.sub(lambda found: ENTITIES.get(found[0], f"\\{found[0]}"), text)
    return NUMBERED.sub(r"\1\\", escaped)
