"""What documents say in English they say in every other language; only words differ."""

import csv
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from jinja2 import Environment, FileSystemLoader

from cop_expert.cli import main
from cop_expert.model.rule import is_aggregated
from cop_expert.pipeline import rulebook_in_force, standard_vocabulary
from cop_expert.report.language import SLOT
from cop_expert.resources import resource

HOTEL = resource("kb/examples/grand-hotel")
TEMPLATES = resource("reports/templates")
LANGUAGES = sorted(path.name.split(".")[1] for path in TEMPLATES.glob("words.*.j2"))
OTHERS = [language for language in LANGUAGES if language != "en"]


def shape(thing: object) -> object:
    """What there is, without its wording."""
    if isinstance(thing, dict):
        return {key: shape(value) for key, value in sorted(thing.items())}
    return [shape(one) for one in thing] if isinstance(thing, list) else type(thing).__name__


def read(name: str) -> dict[str, object]:
    return tomllib.loads((TEMPLATES / name).read_text(encoding="utf-8"))


def test_there_is_a_second_language() -> None:
    assert OTHERS


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_is_there(language: str) -> None:
    assert shape(read(f"phrases.{language}.toml")) == shape(read("phrases.en.toml"))


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_of_the_documents_is_there(language: str) -> None:
    environment = Environment(loader=FileSystemLoader(TEMPLATES))

    def names(of: str) -> set[str]:
        source = (TEMPLATES / f"words.{of}.j2").read_text(encoding="utf-8")
        assert environment.parse(source)
        return set(re.findall(r"{%-? (?:macro|set) (\w+)(?:\(|[\w\s,]* = )", source))

    used = set()
    for path in TEMPLATES.rglob("*.j2"):
        used |= set(re.findall(r"\bw\.(\w+)", path.read_text(encoding="utf-8")))
    assert used - names("en") == set()
    assert used - names(language) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_rules_is_there_with_the_same_slots(language: str) -> None:
    said = read(f"rules.{language}.toml")
    assert sorted(set(rule_sentences())) == sorted(said)
    for sentence, translation in said.items():
        assert set(SLOT.findall(sentence)) == set(SLOT.findall(str(translation)))


def rule_sentences() -> Iterator[str]:
    """What explanations and documents say of the rules: bookkeeping has no say, but in sums."""
    rulebook = rulebook_in_force(None).rulebook
    clauses = [clause for stratum in rulebook.strata for clause in stratum.clauses]
    sums = {c.rule for c in clauses if any(is_aggregated(term) for _, term in c.head)}
    for rule in rulebook.rules.values():
        yield rule.basis
        if not rule.quiet or rule.name in sums:
            yield rule.because
    for parameter in rulebook.parameters.values():
        yield parameter.comment


@pytest.mark.parametrize("language", OTHERS)
def test_every_fact_is_said_with_the_same_fields(language: str) -> None:
    for template in standard_vocabulary(language).templates.values():
        for sentences in (template.says, template.says_not):
            assert sentences.keys() == ({"en", *OTHERS} if sentences else set())
            fields = {tuple(sorted(SLOT.findall(sentence))) for sentence in sentences.values()}
            assert len(fields) <= 1, template.name


def test_a_german_strategy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hotel = shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop"))
    settings = hotel / "engagement.toml"
    text = settings.read_text(encoding="utf-8").replace('language = "en"', 'language = "de"')
    settings.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["report", str(hotel)])
    document = capsys.readouterr().out
    assert "Wir empfehlen drei Praxisgemeinschaften für die 29 Personen" in document
    assert "wo alles für alle 1.044 dauern würde" in document
    english = re.findall(
        r"\b(?:the|and|want|wants|people|hours|is|are|of)\b", without_names(document)
    )
    assert english == []


def without_names(document: str) -> str:
    """The document without what the client wrote in English."""
    for path in sorted(HOTEL.glob("tables/*.csv"), key=lambda path: path.stem != "units"):
        rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
        for cell in sorted({cell for row in rows for cell in row}, key=len, reverse=True):
            document = document.replace(cell, "…") if len(cell) > 3 else document
    return document


# Answers


ASKED = [
    ("why", "Wine by the glass", "Front of house", "--check"),
    ("why", "Allergens from kitchen to table", "Kitchen", "--full", "--check"),
    ("why", "HACCP essentials", "Kitchen", "--contrast", "Front of house"),
    ("why-not", "Knife skills", "Front of house"),
    ("what-would-change", "Knife skills", "Kitchen", "--to", "core"),
    ("what-if", "--parameter", "core_reach=0.6"),
    ("what-if", "--decide", "split Kitchen"),
    ("rules", "--graph"),
]
ENGLISH = re.compile(
    r"\b(the|is|are|has|have|people want|goes to|because|hours|without|nothing|and|of)\b"
)


def own_words(folder: Path) -> set[str]:
    """What the client wrote, in its own language."""
    cells = {
        cell
        for path in (folder / "tables").glob("*.csv")
        for row in csv.reader(path.read_text(encoding="utf-8").splitlines())
        for cell in row
    }
    named = {cell for cell in cells if cell and not cell[0].isdigit()}
    return {*named, "role practices", "item practices"}


@pytest.mark.parametrize("question", ASKED, ids=lambda asked: " ".join(asked))
def test_answers_speak_the_language(question: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "hotel"
    shutil.copytree(HOTEL, folder, ignore=shutil.ignore_patterns(".cop"))
    settings = folder / "engagement.toml"
    text = settings.read_text(encoding="utf-8").replace('language = "en"', 'language = "de"')
    settings.write_text(text, encoding="utf-8")
    command, *asked = question
    done = CliRunner().invoke(main, [command, str(folder), *asked])
    assert done.exit_code == 0, done.output
    said = done.stdout
    for words in sorted(own_words(folder), key=len, reverse=True):
        said = said.replace(words, "…")
    assert not ENGLISH.findall(said), said
