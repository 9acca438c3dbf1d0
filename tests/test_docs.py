"""The docs say what is so: their commands run, their outputs are real, nothing is left out."""

import re
from pathlib import Path

import click
import pytest
from generate import PAGES, ROOT, codes

from cop_expert.cli import main
from cop_expert.parse.rules import parse_rules
from cop_expert.pipeline import SMALL

COMMANDS = main.list_commands(click.Context(main))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_page_is_up_to_date(page: Path) -> None:
    """What is written anew, and what the commands in it print; `make docs` mends it."""
    assert page.read_text(encoding="utf-8") == PAGES[page]()


def test_readme_shows_a_real_answer() -> None:
    answer = re.search(r"```console\n\$ \S*cop-expert why .*?```", text_of("README.md"), re.DOTALL)
    assert answer and len(answer[0].splitlines()) > 5


@pytest.mark.parametrize(
    "page", ["README.md", "docs/asking.md", "docs/deciding.md", "docs/own-rules.md"]
)
def test_what_is_shown_works(page: str) -> None:
    assert "nothing was concluded" not in text_of(page)
    assert "Error:" not in text_of(page)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_explained(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command and command.help
    assert re.search(rf"Examples?:\n\s+cop-expert {name} ", command.help)
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help, f"{option.name} has no help"
    assert f"\n## {name}\n" in text_of("docs/cli.md")


@pytest.mark.parametrize("code", sorted(codes()))
def test_message_is_explained(code: str) -> None:
    assert f"\n### {code}\n" in text_of("docs/errors.md")


def test_only_messages_that_there_are_are_explained() -> None:
    assert set(re.findall(r"(?m)^### (.*)$", text_of("docs/errors.md"))) <= codes()


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: path.name)
def test_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} leads to {target}"


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: path.name)
def test_rules_in_page_can_be_read(page: Path) -> None:
    for rules in re.findall(r"(?ms)^```rules\n(.*?)^```", page.read_text(encoding="utf-8")):
        _, problems = parse_rules(rules, page.name)
        assert not problems


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?m)(?:^[$ ]*|`)cop-expert ([a-z][\w-]*)", text)
    assert set(named) <= set(COMMANDS), f"{page.name} names what there is not"


def test_the_size_at_which_auto_changes_over_is_told() -> None:
    assert f"up to {SMALL} given facts" in text_of("docs/engines.md")
