"""The rulebook in force in, which templates feed which out: as text, and for Graphviz to draw."""

import textwrap
from collections.abc import Iterable, Iterator

from msgspec import Struct

from cop_expert.check.strata import mentions
from cop_expert.load.words import plain
from cop_expert.model.diagnostic import did_you_mean
from cop_expert.model.rule import Absence, CheckedRulebook, Condition, Fallback
from cop_expert.model.template import Template, Vocabulary
from cop_expert.report.phrases import FeedWords, capital, phrases

WIDTH = 100


class Node(Struct, frozen=True):
    """A template that rules mention."""

    name: str
    label: str
    given: bool
    table: str
    """The table that feeds it; empty for what rules conclude."""


class Feed(Struct, frozen=True):
    """One template rests on another."""

    source: str
    target: str
    how: str
    """`present`; `absent`, where it must not be there; `else`, where a value may stand for it."""
    rules: tuple[str, ...]


class Graph(Struct, frozen=True):
    """Which templates feed which."""

    templates: tuple[Node, ...]
    """What the client gives first, then in order of reasoning."""
    feeds: tuple[Feed, ...]


class UnknownTemplate(LookupError):
    """No template bears this name."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(name)
        self.name = name
        self.hint = hint


def graph_of(rulebook: CheckedRulebook, vocabulary: Vocabulary) -> Graph:
    """Every template that rules conclude, and all that these rest on."""
    rules: dict[tuple[str, str, str], dict[str, None]] = {}
    for clause in (clause for stratum in rulebook.strata for clause in stratum.clauses):
        for condition, source in mentions(clause):
            link = (source, clause.head.template, _how(condition))
            rules.setdefault(link, {})[clause.rule] = None
    concluded = [name for stratum in rulebook.strata for name in stratum.templates]
    given = sorted({source for source, _, _ in rules} - set(concluded))
    return Graph(
        tuple(_node(vocabulary.templates[name]) for name in [*given, *concluded]),
        tuple(Feed(*link, tuple(named)) for link, named in rules.items()),
    )


def _how(condition: Condition) -> str:
    if isinstance(condition, Absence):
        return "absent"
    return "else" if isinstance(condition, Fallback) else "present"


def _node(template: Template) -> Node:
    return Node(template.name, template.label, template.given, template.table)


def leading_to(name: str, graph: Graph) -> Graph:
    """The template, and all that it rests on, however far away."""
    found = {name: None}
    for target in (waiting := [name]):
        for feed in graph.feeds:
            if feed.target == target and feed.source not in found:
                found[feed.source] = None
                waiting.append(feed.source)
    return Graph(
        tuple(node for node in graph.templates if node.name in found),
        tuple(feed for feed in graph.feeds if feed.target in found),
    )


def template_called(name: str, vocabulary: Vocabulary) -> Template:
    """The template that people mean by a name or a label; raises UnknownTemplate."""
    called = {plain(t.label): t for t in vocabulary.templates.values()}
    called |= {plain(t.name): t for t in vocabulary.templates.values()}
    if plain(name) not in called:
        known = [word for t in vocabulary.templates.values() for word in (t.name, t.label)]
        raise UnknownTemplate(name, did_you_mean(name, known))
    return called[plain(name)]


# As text


def graph_text(graph: Graph, language: str = "en") -> str:
    """Each template with what it rests on and what it feeds, in order of reasoning."""
    words = phrases(language).wording.feeds
    lines: list[str] = []
    for node in graph.templates:
        lines += [_titled(node), *_around(node, graph, words), ""]
    return "\n".join(lines)


def _titled(node: Node) -> str:
    return f"{capital(node.label)} ({node.name})"


def _around(node: Node, graph: Graph, words: FeedWords) -> Iterator[str]:
    labels = {other.name: other.label for other in graph.templates}
    before = [_said(labels[f.source], f, words) for f in graph.feeds if f.target == node.name]
    after = [labels[f.target] for f in graph.feeds if f.source == node.name]
    width = max(map(len, (words.rests_on, words.feeds, words.table)))
    for word, listed in (
        (words.table, [node.table]),
        (words.rests_on, before),
        (words.feeds, after),
    ):
        if any(listed):
            indent = f"  {word:<{width}}  "
            yield from _set(", ".join(dict.fromkeys(listed)), indent)


def _said(label: str, feed: Feed, words: FeedWords) -> str:
    pattern = {"present": "{}", "absent": words.absent, "else": words.otherwise}[feed.how]
    return pattern.format(label)


def template_text(name: str, graph: Graph, vocabulary: Vocabulary, language: str = "en") -> str:
    """One template: what it rests on, by which rules; on which tables in the end; what it feeds."""
    words = phrases(language).wording.feeds
    template = vocabulary.templates[name]
    labels = {node.name: node.label for node in graph.templates}
    lines = [f"{capital(template.label)}: {template.name}({', '.join(template.names)})"]
    lines += _set(template.comment, "  ")
    tables = [node.table for node in leading_to(name, graph).templates if node.table]
    if template.table:
        lines += ["", *_set(f"{words.table} {template.table}", "  ")]
    elif tables:
        lines += ["", capital(words.tables), *_set(", ".join(tables), "  ")]
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for feed in graph.feeds:
        if feed.target == name:
            said = f"{_said(labels[feed.source], feed, words)} ({feed.source})"
            before.setdefault(said, []).extend(feed.rules)
        if feed.source == name:
            after.setdefault(f"{labels[feed.target]} ({feed.target})", []).extend(feed.rules)
    for title, found in ((words.rests_on, before), (words.feeds, after)):
        if found:
            lines += ["", capital(title)]
        for said, rules in found.items():
            lines += _set(f"{said}: {', '.join(rules)}", "  ")
    return "\n".join(lines) + "\n"


def _set(text: str, indent: str) -> list[str]:
    below = " " * len(indent) if indent.strip() else indent + "  "
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=below, break_on_hyphens=False
    )


# For Graphviz


def graph_dot(graph: Graph) -> str:
    """The graph in the DOT language: boxes are given, dashes say that something is absent."""
    lines = ["digraph rulebook {", "  rankdir=LR", "  node [fontname=sans]"]
    for node in graph.templates:
        shape = "box" if node.given else "ellipse"
        lines.append(f"  {_quoted(node.name)} [label={_quoted(node.label)} shape={shape}]")
    for source, target, how in _edges(graph.feeds):
        style = "" if how == "present" else f" [style={'dashed' if how == 'absent' else 'dotted'}]"
        lines.append(f"  {_quoted(source)} -> {_quoted(target)}{style}")
    return "\n".join([*lines, "}"]) + "\n"


def _edges(feeds: Iterable[Feed]) -> Iterator[tuple[str, str, str]]:
    for feed in feeds:
        yield feed.source, feed.target, feed.how


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
