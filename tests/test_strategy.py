"""The strategy document, whatever the engagement: whole, linked, harmless, and made one's own."""

import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from documents import HOTEL, copy_of, document, write
from jinja2 import Environment, nodes
from large_engagement import write_large
from organisation import Organisation
from random_engagement import write_engagement

from cop_expert.load.engagement import read_engagement
from cop_expert.model.diagnostic import KnowledgeProblem
from cop_expert.pipeline import conclude
from cop_expert.report import compiled
from cop_expert.report.known import Known
from cop_expert.report.language import LocalSpeaker
from cop_expert.report.phrases import phrases
from cop_expert.report.strategy import FEW, strategy
from cop_expert.report.view.strategy import Strategy
from cop_expert.resources import resource

SEEDS = range(8)
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "]]>--></title></style><svg/onload=alert(1)>",
    "[click](javascript:alert(1)) `code` **bold** | cell | ![x](http://x/y)",
    "{{ 7 * 7 }} {% raw %} {# #}",
    "\u202eright to left\u202c عربى 👩‍🍳",
    "long " + "x" * 9_900,
]


class Page(HTMLParser):
    """What a page holds: its elements, where it links to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.events: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in ("href", "src", "popovertarget"):
                self.links.append(str(value))
            if name in ("aria-labelledby", "aria-describedby"):
                self.links += [f"#{one}" for one in str(value).split()]
            if name.startswith("on") or name == "style":
                self.events.append(name)


def check_page(text: str) -> None:
    page = Page(text)
    assert len(page.ids) == len(set(page.ids)), "an id twice"
    anchors = {link.removeprefix("#") for link in page.links}
    assert anchors <= set(page.ids), "a link to nowhere"
    assert page.events == []


def check_markdown(text: str) -> None:
    anchors = set(re.findall(r'<a id="([\w-]+)"></a>', text))
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= anchors


def check_words(text: str) -> None:
    """Nothing is left to be filled in, and nothing of the machinery shows."""
    for left in ("{{", "{%", "Undefined", "Markup(", "<generator", "object at 0x"):
        assert left not in text, left
    assert not re.search(r"\bNone\b(?! of it)", text)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_engagements(seed: int, tmp_path: Path) -> None:
    write_engagement(tmp_path / "client", seed)
    markdown, page = document(tmp_path / "client"), document(tmp_path / "client", "html")
    check_markdown(markdown)
    check_page(page)
    check_words(markdown)
    check_words(re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL))


@pytest.mark.parametrize("audience", ["leader", "consultant", "community"])
def test_each_audience_has_a_document_whose_links_lead_somewhere(audience: str) -> None:
    markdown = document(HOTEL, audience=audience)
    check_markdown(markdown)
    check_page(document(HOTEL, "html", audience))
    assert ("## The rules and their principles" in markdown) == (audience == "consultant")
    assert ("[why?]" in markdown) == (audience != "community")


def test_a_hand_out_is_about_one_community() -> None:
    kitchen = document(HOTEL, community="kitchen")
    check_markdown(kitchen)
    check_page(document(HOTEL, "html", community="Kitchen"))
    assert kitchen.startswith("# Kitchen\n")
    assert "Charter of Kitchen" in kitchen
    assert "Charter of Front of house" not in kitchen
    assert "| Knife skills |" in kitchen
    assert "Handling complaints" not in kitchen.partition("## Reasons")[0]


# At size


@pytest.mark.parametrize("what", ["many communities and items", "many people"])
def test_a_large_document_can_still_be_sent_and_opened(what: str, tmp_path: Path) -> None:
    """Its reasons name the weightiest contributions, and its tables the largest rows."""
    if what == "many people":
        Organisation(10_000).write(tmp_path / "client")
    else:
        write_large(tmp_path / "client")
    page = document(tmp_path / "client", "html")
    check_page(page)
    assert page.count('<article class="reason"') > 500
    assert len(page.encode()) < 5_000_000


# Hostile text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_client_text_is_text(text: str, tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    quoted = '"' + text.replace('"', '""') + '"'
    for table in sorted((hotel / "tables").glob("*.csv")):
        cells = r"(?m)(?:(?<=^)|(?<=,))(Kitchen|Knife skills|Food hygiene|Server)(?=,|$)"
        found = re.sub(
            cells, lambda m: quoted[:-1] + f' {m[1]}"', table.read_text(encoding="utf-8")
        )
        table.write_text(found, encoding="utf-8", newline="\n")
    page = document(hotel, "html")
    check_page(page)
    tags = Page(page).tags
    assert tags.count("script") == 1
    assert not {"img", "iframe", "object"} & set(tags)
    assert "default-src 'none'" in page
    assert document(hotel)


# Made one's own


def test_an_engagement_overrides_a_partial(tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    write(hotel, "templates/md/glossary.j2", "## Our words\n\n{{ s.name }} speaks plainly.\n")
    write(hotel, "templates/words.en.j2", '{% set document = "How we learn" %}')
    markdown = document(hotel)
    assert markdown.startswith("# Grand Hotel: How we learn\n")
    assert "## Our words\n\nGrand Hotel speaks plainly.\n" in markdown
    assert "**Affinity**" not in markdown
    assert "# Grand Hotel: How we learn" in document(hotel), "and again"


def test_an_engagement_adds_to_the_original(tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    own = '{% include "standard/md/effort.j2" %}\nWe pay {{ s.figures.assigned.value|hours }}.\n'
    write(hotel, "templates/md/effort.j2", own)
    markdown = document(hotel)
    assert "| **All together** |" in markdown
    assert "We pay 378 hours." in markdown


def test_a_link_out_of_the_engagement_is_not_followed(tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    write(tmp_path, "secret.j2", "secret")
    (hotel / "templates" / "md").mkdir(parents=True)
    (hotel / "templates" / "md" / "glossary.j2").symlink_to(tmp_path / "secret.j2")
    assert "secret" not in document(hotel)


def test_commentary_is_woven_in_and_left_alone(tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    write(hotel, "commentary/needs.md", "The chef *disagrees*, <b>loudly</b>.\n")
    write(hotel, "commentary/front of house.md", "Ask **Ada** first.\n")
    before = {path: path.read_bytes() for path in (hotel / "commentary").iterdir()}
    markdown = document(hotel)
    needs = markdown.partition("## What people need most")[2].partition("\n## ")[0]
    assert "The chef *disagrees*" in needs
    card = markdown.partition("### Front of house")[2].partition("\n### ")[0]
    assert "Ask **Ada** first." in card
    page = document(hotel, "html")
    assert "<p>The chef <em>disagrees</em>, &lt;b&gt;loudly&lt;/b&gt;.</p>" in page
    assert before == {path: path.read_bytes() for path in (hotel / "commentary").iterdir()}


@pytest.mark.parametrize("form", ["md", "html"])
def test_each_section_has_room_for_commentary(form: str, tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    audiences = resource("reports/templates/audiences.toml").read_text(encoding="utf-8")
    there = set(tomllib.loads(audiences)["consultant"])
    there -= {"additions", "budget", "further", "robustness", "trials"}  # nothing to say here
    for section in there:
        write(hotel, f"commentary/{section}.md", f"By hand about {section}.")
    text = document(hotel, form)
    assert [one for one in sorted(there) if f"By hand about {one}." not in text] == []


def test_all_commentary_without_a_place_is_told_at_once(tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    write(hotel, "commentary/kitchens.md", "x")
    write(hotel, "commentary/effrot.md", "x")
    with pytest.raises(KnowledgeProblem) as problem:
        document(hotel)
    assert [found.help for found in problem.value.diagnostics] == [
        "did you mean 'effort'?",
        "did you mean 'Kitchen'?",
    ]


# Published


def published(folder: Path) -> Strategy:
    settings = folder / "engagement.toml"
    text = settings.read_text(encoding="utf-8") if settings.exists() else ""
    settings.write_text(f"publish = true\n{text}", encoding="utf-8")
    run = conclude(folder)
    wording = phrases("en")
    known = Known(run.facts, LocalSpeaker(run.facts, wording), FEW)
    engagement, _ = read_engagement(folder)
    return strategy(
        known, run.rulebook, run.manifest, engagement, wording, has_reasons=False, prices={}
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_published_singles_out_nobody(seed: int, tmp_path: Path) -> None:
    write_engagement(tmp_path / "client", seed)
    told = published(tmp_path / "client")
    cards = [card for card in told.communities if card.is_told]
    groups = [card.people.value for card in cards]
    groups += [need.people for need in told.needs.largest]
    for card in cards:
        groups += [member.people for member in card.members]
        groups += [item.people for item in card.items]
        groups += [item.wanting for item in card.items if item.wanting > 0]
        groups += [card.measure.people] if card.measure else []
    groups += [crossing.wanting for crossing in told.crossings.all if crossing.wanting]
    assert [people for people in groups if people < FEW] == []
    assert told.reasons == ()
    check_page(document(tmp_path / "client", "html"))


def test_a_published_document_names_no_small_group(tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    published(hotel)
    markdown = document(hotel)
    assert "Of Back office no more is told" in markdown
    assert "Chef" not in markdown
    assert "Server (8)" in markdown


STANDARD = sorted(resource("reports/templates").rglob("*.j2"))


@pytest.mark.parametrize("path", STANDARD, ids=lambda path: path.name)
def test_no_filter_of_an_engagement_is_asked_for_a_constant(path: Path) -> None:
    """Jinja would ask it while it compiles, and what it compiled is kept for every engagement."""
    syntax = Environment().parse(path.read_text(encoding="utf-8"))
    asked = {one.name for one in syntax.find_all(nodes.Filter) if isinstance(one.node, nodes.Const)}
    assert asked <= {"raw"}


def test_templates_of_an_engagement_are_never_kept_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    monkeypatch.setattr(compiled, "keep_standard", lambda name, code: kept.append(name))
    monkeypatch.setattr(compiled, "kept_standard", lambda name, kind: None)
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    document(hotel, "html")
    assert kept
    kept.clear()
    write(hotel, "templates/html/card.j2", "<p>theirs</p>")
    assert "<p>theirs</p>" in document(hotel, "html")
    assert not kept
