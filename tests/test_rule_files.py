"""Whatever a rule file holds, it is read or refused in bounded time, and never with a traceback."""

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cop_expert.check import check_rulebook
from cop_expert.load.vocabulary import read_vocabulary
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import Rulebook
from cop_expert.parse.files import LARGEST, read_rules
from cop_expert.parse.rules import parse_rules
from cop_expert.pipeline import standard_rulebook, standard_rules

VOCABULARY = read_vocabulary()

RULE = """\
rule a
  if   Item(item, hours)
       {condition}
  then Idle(item)
  because "{item} takes {hours}"
  basis "A principle."
"""


def read(path: Path, content: bytes | str) -> tuple[Rulebook, list[Diagnostic]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_rules([(path, "rules/own.rules")])


def said(problems: list[Diagnostic]) -> list[str]:
    return [f"{d.origin.line}:{d.origin.column} {d.code}: {d.message}" for d in problems]


def rule(condition: str, name: str = "a") -> str:
    return RULE.replace("{condition}", condition).replace("rule a", f"rule {name}")


# Text as editors write it


@pytest.mark.parametrize(
    "content",
    [
        rule("hours > 3").encode("utf-8-sig"),
        rule("hours > 3").replace("\n", "\r\n"),
        rule("hours > 3").replace("\n", "\r"),
        rule("hours > 3").replace("  ", "\t"),
        rule("hours > 3").replace(" ", "\u00a0"),
        rule("hours > 3").replace("(", "\u200b("),
        rule("hours > 3").replace("then", "\n\n   \u200b\n# and so\n\n  then"),
        rule("hours > 3").rstrip(),
        rule("hours > 3 # a comment").rstrip() + " # another",
        "   " + rule("hours > 3"),
        'rule a if Item(item, hours), hours > 3 then Idle(item) because "so" basis "so"',
    ],
    ids=[
        "byte-order mark", "Windows", "old Macintosh", "tabs", "no-break spaces", "invisible",
        "blank lines", "no last line end", "comments", "indented", "one line",
    ],
)  # fmt: skip
def test_text_is_read(content: bytes | str, tmp_path: Path) -> None:
    rulebook, problems = read(tmp_path / "own.rules", content)
    assert not problems
    assert [found.name for found in rulebook.rules] == ["a"]


def test_letters_have_one_form(tmp_path: Path) -> None:
    """Names in rules are those of the tables, whichever way a keyboard writes é."""
    rulebook, _ = read(tmp_path / "own.rules", rule('item != "Pâtissier"').encode())
    apart, _ = read(tmp_path / "own.rules", rule('item != "Pa\u0302tissier"').encode())
    assert rulebook == apart


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "0:0 no-rules: there is nothing in this file"),
        (rule("hours > 3").encode("utf-16"), "1:1 unreadable: from here on"),
        (rule('item != "Ma\u00eetre"').encode("cp1252"), "3:19 unreadable: from here on"),
        (b"\x89PNG\r\n\x1a\n\0\0", "1:1 unreadable: from here on"),
        (b"PK\3\4\0\0\0", "1:1 syntax: `PK` stands here"),
        (b"\0" * 1000, "1:1 syntax: `\ufffd` stands here"),
    ],
    ids=["empty", "UTF-16", "Windows-1252", "picture", "archive", "zeros"],
)
def test_text_is_refused(content: bytes, problem: str, tmp_path: Path) -> None:
    rulebook, problems = read(tmp_path / "own.rules", content)
    assert not rulebook.rules
    (found,) = said(problems)
    assert found.startswith(problem)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    _, problems = read_rules([(tmp_path, "rules/own.rules")])
    assert said(problems) == ["0:0 unreadable: this is not a file"]


# One mistake hides no other


def test_reading_goes_on_behind_a_mistake(tmp_path: Path) -> None:
    text = "\n".join([
        'parameter share = 0,5 "how much"',
        rule("hours > ", "first"),
        rule("hours > 3", "second"),
        "set relevant 0.3",
        rule("hours >> 3", "third"),
        rule("hours > 4", "fourth"),
    ])  # fmt: skip
    rulebook, problems = read(tmp_path / "own.rules", text)
    assert [found.name for found in rulebook.rules] == ["second", "fourth"]
    assert [d.origin.line for d in problems] == [1, 4, 16, 19]
    assert not rulebook.is_whole


def test_what_waits_for_an_unreadable_rule_is_not_reported(tmp_path: Path) -> None:
    standard = standard_rulebook()
    own, _ = read(tmp_path / "own.rules", "replace rule item-idle\n  if Item(item\n")
    _, problems = check_rulebook(
        standard, own, {}, lambda name: Origin(name), VOCABULARY
    )  # fmt: skip
    assert not problems


def test_not_all_of_a_hundred_thousand_mistakes_are_told(tmp_path: Path) -> None:
    _, problems = read(tmp_path / "own.rules", "rule a\n" * 100_000)
    assert len(problems) == 101
    assert said(problems)[-1] == "100:1 more-problems: the rest of this file was not read"


# Bounded


MANY = 10_000


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("hours > " + "(" * MANY + "1" + ")" * MANY, "3:116 too-large: the expression"),
        ("hours > " + "(" * MANY, "3:116 too-large: the expression"),
        ("hours > " + "-" * MANY + "1", "3:116 too-large: the expression"),
        ("hours > " + "min(1, " * MANY + "1" + ")" * MANY, "3:719 too-large: the expression"),
        ("hours > " + " + ".join(["hours"] * MANY), "3:822 too-large: the expression"),
        ("hours > " + "9" * MANY, "3:16 out-of-range: this number"),
        ("\n".join(["hours > 3"] * MANY), "1:6 too-large: `a` has 10,001 conditions"),
        ("Item(" + ", ".join(["item"] * MANY) + ")", ""),
        ("hours > 0." + "9" * MANY, ""),
        ("hours > min(" + ", ".join(["hours"] * MANY) + ")", ""),
        ('item != "' + "x" * MANY + '"', ""),
        ("hours" + " " * MANY + "> 3", ""),
        ("hours > " + " + ".join(["hours"] * 100), ""),
    ],
    ids=[
        "brackets", "open brackets", "minus", "calls", "terms", "digits", "conditions", "fields",
        "places", "arguments", "text", "spaces", "just few enough",
    ],
)  # fmt: skip
def test_a_rule_is_bounded(condition: str, problem: str, tmp_path: Path) -> None:
    own, problems = read(tmp_path / "own.rules", rule(condition))
    assert [text[: len(problem)] for text in said(problems)] == ([problem] if problem else [])
    check_rulebook(standard_rulebook(), own, {}, lambda name: Origin(name), VOCABULARY)


def test_a_sentence_is_bounded(tmp_path: Path) -> None:
    text = rule("hours > 3").replace("{hours}", "{" + " + ".join(["hours"] * MANY) + "}")
    _, problems = read(tmp_path / "own.rules", text)
    (found,) = said(problems)
    assert found.startswith("5:26 sentence: `{hours + hours") and len(found) < 100


@pytest.mark.parametrize(
    "content",
    [
        "# nothing\n" * 1_000_000,
        "".join(rule("hours > 3", f"r{i}") for i in range(100_000)),
    ],
    ids=["10 MB", "100,000 rules"],
)
def test_a_file_is_bounded(content: str, tmp_path: Path) -> None:
    rulebook, problems = read(tmp_path / "own.rules", content)
    assert not rulebook.rules
    assert [problem.code for problem in problems] == ["too-large"]


def test_all_files_together_are_bounded(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.rules").write_text("# nothing\n" * (LARGEST // 25))
    _, problems = read_rules((path, path.name) for path in sorted(tmp_path.iterdir()))
    assert [(d.origin.source, d.code) for d in problems] == [("two.rules", "too-large")]


def test_what_is_told_of_a_check_is_bounded(tmp_path: Path) -> None:
    text = "".join(rule(f"Item{i}(item)", f"r{i}") for i in range(500))
    own, _ = read(tmp_path / "own.rules", text)
    _, problems = check_rulebook(
        standard_rulebook(), own, {}, lambda name: Origin(name), VOCABULARY
    )
    assert len(problems) == 101
    assert problems[-1].code == "more-problems"


# Whatever stands there


TOKENS = re.compile(r'"[^"\n]*"|\w+|\s+|[^\w\s]')
STATEMENTS = [
    statement
    for path, _ in standard_rules()
    for statement in re.split(r"\n\n+", path.read_text(encoding="utf-8"))
]
SLIPS = [
    "(", ")", ",", '"', "=", "<=", "not", "else", "if", "then", "rule", "because", "sum(", "none",
    "3", "0.5", "-", "*", "/", "#", "{", "}", ":", "max(", "“", "\u200b", "\n", "quiet", "replace",
    "Item(item)", "hours", "relevant", "true", "x", "set", "parameter",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_no_slip_of_the_pen_breaks_the_reader(seed: int) -> None:
    random = Random(seed)
    tokens = TOKENS.findall("\n\n".join(random.choices(STATEMENTS, k=2)))
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(tokens))
        tokens[place] = random.choice(["", random.choice(tokens), random.choice(SLIPS)])
    text = "".join(tokens)
    own, problems = parse_rules(text, "rules/own.rules")
    _, found = check_rulebook(Rulebook(), own, {}, lambda name: Origin(name), VOCABULARY)
    for problem in [*problems, *found]:
        assert problem.origin.line <= text.count("\n") + 1
        assert str(problem)
