"""One answer in every form: all say the same, and what the client wrote is text in each."""

import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from rdflib import PROV, RDFS, Graph, Literal

from cop_expert import pipeline
from cop_expert.cli import main
from cop_expert.explain.outline import Item, outline
from cop_expert.explain.why import Explainer, How
from cop_expert.explain.words import Speaker
from cop_expert.export.concluded import Concluded
from cop_expert.export.proofs import proofs_text
from cop_expert.export.turtle import Turtle
from cop_expert.model.explained import Explained, Refused
from cop_expert.model.proof import Proof, origins
from cop_expert.replay.aloud import Tongue
from cop_expert.replay.replay import Replayer
from cop_expert.report.answers import Answer, as_html, as_markdown, as_text
from cop_expert.report.phrases import phrases

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"
HOSTILE = [
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "**bold** `code` | pipe # not a heading",
    '"quoted" \\ back\\slash',
    "\u202egnorw \x1b[31mred",
    "<img src=x onerror=alert(1)>",
]
ALLOWED = {"section", "p", "strong", "ul", "li", "details", "summary", "small"}


@pytest.fixture(scope="module")
def run() -> pipeline.Run:
    return pipeline.infer(pipeline.read(HOTEL), "duckdb", "unkept")


@pytest.fixture(scope="module")
def concluded(run: pipeline.Run) -> Concluded:
    return Concluded(run.facts, run.rulebook, run.manifest.name, "en")


@pytest.fixture(scope="module")
def proof(run: pipeline.Run) -> Proof:
    explainer = Explainer(run.facts, run.rulebook, Speaker(run.facts))
    row = ("Kitchen", "Allergens from kitchen to table", "core")
    return explainer.prove("Assignment", row, How(full=True))


@pytest.fixture
def hotel(tmp_path: Path) -> Path:
    return shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop"))


def output(*arguments: str | Path) -> str:
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


class Reader(HTMLParser):
    """What a browser makes of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def plain_text(answer: Answer) -> str:
    return "\n".join(line.text for line in as_text(answer, phrases()))


def from_markdown(answer: Answer) -> str:
    deep = MarkdownIt("commonmark", {"maxNesting": 200})
    reader = Reader(deep.render(as_markdown(answer, phrases())))
    assert reader.tags <= ALLOWED
    return "".join(reader.text)


def from_html(answer: Answer) -> str:
    reader = Reader(as_html(answer, phrases()))
    assert reader.tags <= ALLOWED
    return "".join(reader.text)


def words(text: str) -> list[str]:
    """Words alone: HTML has places without brackets, and each form its own line breaks."""
    return text.replace("(", " ").replace(")", " ").split()


@pytest.mark.parametrize("read", [from_markdown, from_html])
def test_every_form_says_the_same(proof: Proof, read: Callable[[Answer], str]) -> None:
    answer = Answer((outline(proof),), ("There is more.",), ("this is true as well",))
    assert words(read(answer)) == words(plain_text(answer))


@pytest.mark.parametrize("read", [plain_text, from_markdown, from_html])
@pytest.mark.parametrize("text", HOSTILE)
def test_what_the_client_wrote_is_text(text: str, read: Callable[[Answer], str]) -> None:
    below = tuple(Item(text) for text in HOSTILE)
    said = read(Answer((Item(text, children=below),), (text,), (text,)))
    visible = text.replace("\u202e", " ").replace("\x1b", " ").strip()
    assert said.count(visible) >= 3
    assert "\u202e" not in said and "\x1b" not in said


def test_a_hostile_engagement_is_explained_in_every_form(hotel: Path) -> None:
    decisions = hotel / "tables" / "decisions.csv"
    decisions.write_text(
        "decision,subject,object,reason,by,on\n"
        'assign,Barista art,Kitchen,"<script>alert(1)</script> [x](javascript:y) ""q"" \\",'
        "<b>The chef</b>,2026-03-01\n",
        encoding="utf-8",
    )
    asked = ("why", hotel, "Barista art", "Kitchen", "--full", "--format")
    assert "<script>alert(1)</script> [x](javascript:y)" in output(*asked, "text")
    html = Reader(output(*asked, "html"))
    assert html.tags <= ALLOWED and "<script>alert(1)</script>" in "".join(html.text)
    markdown = Reader(MarkdownIt().render(output(*asked, "md")))
    assert markdown.tags <= ALLOWED and "<b>The chef</b>" in "".join(markdown.text)
    explained = msgspec.json.decode(output(*asked, "json"), type=Explained)
    assert "<script>" in msgspec.json.encode(explained).decode()
    graph = Graph().parse(data=output(*asked, "turtle"), format="turtle")
    assert any("<script>" in str(label) for label in graph.objects(None, RDFS.label))


def test_lines_are_as_wide_as_the_terminal(proof: Proof) -> None:
    answer = Answer((outline(proof),))
    lines = list(as_text(answer, phrases(), 80))
    assert max(len(line.guide) + len(line.text) for line in lines if len(line.guide) < 40) <= 80
    assert " ".join(line.text for line in lines).split() == plain_text(answer).split()


# JSON


def test_json_can_be_read_and_replayed(hotel: Path, run: pipeline.Run) -> None:
    text = output("why", hotel, "Knife skills", "Kitchen", "--full", "--check", "--json")
    explained = msgspec.json.decode(text, type=Explained)
    assert explained.version == 1
    assert explained.replay and not explained.replay.faults and not explained.replay.assumed
    words = phrases().wording
    tongue = Tongue(words.language, words.thousands, words.decimal, words.words)
    assert not Replayer(run.facts, run.rulebook, tongue).replay(explained.proof).faults


def test_refusals_as_json(hotel: Path) -> None:
    text = output("why-not", hotel, "Wine by the glass", "Kitchen", "--json")
    assert msgspec.json.decode(text, type=Refused).refusal.misses


# RDF

WALK = """
SELECT DISTINCT ?place WHERE {
  ?fact rdfs:label ?label .
  ?fact prov:wasDerivedFrom+ / dct:source ?place .
}"""
REASONS = """
SELECT ?fact ?basis WHERE {
  ?fact a prov:Entity ; prov:wasDerivedFrom ?premise ; prov:wasGeneratedBy / prov:used ?rule .
  ?rule a prov:Plan ; dct:description ?basis .
}"""


def test_a_query_walks_from_a_conclusion_to_the_files(concluded: Concluded, proof: Proof) -> None:
    graph = Graph().parse(data="".join(proofs_text(concluded, [proof])), format="turtle")
    found = graph.query(WALK, initBindings={"label": Literal(proof.says)})
    places = {str(place) for (place,) in found}  # type: ignore[misc]
    assert places == {str(origin) for origin in origins(proof)}
    assert len(list(graph.query(REASONS))) > 100


def test_a_proof_is_part_of_what_is_exported(concluded: Concluded, proof: Proof) -> None:
    one = Graph().parse(data="".join(proofs_text(concluded, [proof])), format="turtle")
    whole = Graph().parse(data="".join(Turtle(concluded).text()), format="turtle")
    assert set(one.subjects()) <= set(whole.subjects())
    derived = set(one.subject_objects(PROV.wasDerivedFrom))
    assert derived and derived <= set(whole.subject_objects(PROV.wasDerivedFrom))
