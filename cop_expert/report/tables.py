"""The fact base in, plain tables out, by topic: what the terminal shows."""

import textwrap
from collections.abc import Callable, Iterator

from msgspec import Struct

from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase
from cop_expert.report.flow import waves
from cop_expert.report.known import Known, number, product
from cop_expert.report.phrases import Phrases, capital, phrases
from cop_expert.report.setting import FINDINGS

WIDTH = 100
"""Characters of a line of a table as text."""
GAP, NARROW = "   ", "  "
"""What stands between columns; the narrow one where words would have to be cut up."""

Row = tuple[str, ...]


class TopicTable(Struct, frozen=True):
    """What there is to say on a topic, a row each; a table of one word where there is nothing."""

    title: str
    headings: Row
    rows: tuple[Row, ...]

    def as_text(self) -> str:
        """Columns in line within 100 characters, long cells wrapped."""
        gap, widths = _widths([self.headings, *self.rows])
        sizes = zip(self.headings, widths, strict=True)
        ruler = tuple("-" * min(len(heading), width) for heading, width in sizes)
        lines = [self.headings, *([ruler] if self.rows else []), *self.rows]
        columns = [list(filter(None, column)) for column in zip(*self.rows, strict=True)]
        numeric = [bool(column) and all(map(_is_number, column)) for column in columns]
        told = [self.title, ""]
        for line in lines:
            told += _wrapped(line, gap, widths, numeric or [False])
        return "\n".join([*told, ""])


def _widths(lines: list[Row]) -> tuple[str, list[int]]:
    """What stands between columns and the room of each; the widest give way until all fit.

    Words are kept whole as long as that can be done.
    """
    columns = list(zip(*lines, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [max(map(_longest_word, column)) for column in columns]
    gap = GAP if sum(least) <= _room(GAP, columns) else NARROW
    while sum(widths) > _room(gap, columns):
        wide = [max(0, width - word) and width for width, word in zip(widths, least, strict=True)]
        most = wide if any(wide) else widths
        widths[most.index(max(most))] -= 1
    return gap, widths


def _room(gap: str, columns: list[Row]) -> int:
    return WIDTH - 2 - len(gap) * (len(columns) - 1)


def _longest_word(cell: str) -> int:
    return max(map(len, cell.split()), default=0)


def _wrapped(line: Row, gap: str, widths: list[int], numeric: list[bool]) -> Iterator[str]:
    cells = [textwrap.wrap(c, max(w, 1)) or [""] for c, w in zip(line, widths, strict=True)]
    for depth in range(max(map(len, cells))):
        parts = [cell[depth] if depth < len(cell) else "" for cell in cells]
        set_out = [
            part.rjust(width) if is_number else part.ljust(width)
            for part, width, is_number in zip(parts, widths, numeric, strict=True)
        ]
        yield f"  {gap.join(set_out)}".rstrip()


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "", 1).isdigit()


def topic_tables(facts: FactBase, speaker: Speaker, topic: str) -> list[TopicTable]:
    """The table of a topic; `phrases.*.toml` names its title and headings."""
    wording = phrases(speaker.language)
    words = wording.wording.topics[topic]
    rows = tuple(ROWS[topic](Known(facts, speaker), wording))
    if not rows:
        return [TopicTable(words.title, (words.nothing,), ())]
    return [TopicTable(words.title, words.headings, rows)]


def _communities(known: Known, words: Phrases) -> Iterator[Row]:
    for community in known.communities:
        warnings = [
            known.fact(template, record)
            for template in ("TooLarge", "TooSmall", "NoLead")
            for record in known.all(template, community=community)
        ]
        yield (
            known.name(community),
            known.plain(known.community_heads[community]),
            str(len(known.members[community])),
            known.plain(known.number("CommunityHours", "hours", community=community)),
            "; ".join(map(capital, warnings)),
        )


def _assignments(known: Known, words: Phrases) -> Iterator[Row]:
    for record in known.records("Assignment"):
        pair = {"community": record["community"], "item": record["item"]}
        posts = known.takers(**pair)
        everyone = len(posts) == len(known.members[str(record["community"])])
        yield (
            known.name(record["item"]),
            known.name(record["community"]),
            words.word(record["level"]),
            words.word("all") if everyone else _posts(known, posts),
            known.plain(sum(known.heads[post] for post in posts)),
            known.plain(known.number("AssignmentHours", "hours", **pair)),
        )


def _posts(known: Known, posts: list[str]) -> str:
    """Each by its name, the most heads first."""
    return ", ".join(dict.fromkeys(map(known.post, sorted(posts, key=known.by_heads))))


def _crossings(known: Known, words: Phrases) -> Iterator[Row]:
    for record in known.records("Crossing"):
        places = {"item": record["item"], "home": record["home"], "other": record["other"]}
        wanting = {"item": record["item"], "community": record["other"]}
        carriers = [str(carrier["post"]) for carrier in known.all("Carrier", **places)]
        yield (
            *map(known.name, places.values()),
            words.word(record["kind"]),
            known.plain(known.number("Wanting", "heads", **wanting)),
            _posts(known, carriers) or words.word("nobody"),
        )


def _members(known: Known, words: Phrases) -> Iterator[Row]:
    for community in known.communities:
        for post in known.members[community]:
            level = known.one("Participation", post=post)
            yield (
                known.post(post),
                known.name(community),
                known.plain(known.heads[post]),
                words.word(level["level"]) if level else "",
            )


def _brokers(known: Known, words: Phrases) -> Iterator[Row]:
    for (post,), records in known.by("Broker", "post").items():
        yield (
            known.post(post),
            known.name(known.home[str(post)]),
            ", ".join(sorted(known.name(record["other"]) for record in records)),
            str(len(known.all("Carrier", post=post))),
        )


def _flow(known: Known, words: Phrases) -> Iterator[Row]:
    for community in known.communities:
        for place, items in waves(known, community):
            for item, after in items:
                hours = known.number("AssignmentHours", "hours", community=community, item=item)
                yield (
                    known.name(community),
                    str(place),
                    known.name(item),
                    known.plain(hours),
                    ", ".join(map(known.name, after)),
                )


def _gaps(known: Known, words: Phrases) -> Iterator[Row]:
    for template in FINDINGS:
        label = capital(known.speaker.vocabulary.templates[template].label)
        for record in known.records(template):
            yield label, capital(known.fact(template, record))


def _decisions(known: Known, words: Phrases) -> Iterator[Row]:
    lapsed = [one.values for one in known.facts.lapsed("Decision")]
    records = [*known.records("Decision"), *lapsed]
    for record in sorted(records, key=lambda record: str(record["on"])):
        about = {field: record[field] for field in ("kind", "subject", "object")}
        subject, other = (
            known.speaker.name(str(about[f] or ""), True) for f in about if f != "kind"
        )
        said = f"{words.word(record['kind'])}: {subject}" + (f" ({other})" if other else "")
        effect = words.wording.no if known.one("WithoutEffect", **about) else words.wording.yes
        if record in lapsed:
            effect = words.wording.no_longer
        yield str(record["on"]), str(record["by"]), said, str(record["reason"]), effect


def _advice(known: Known, words: Phrases) -> Iterator[Row]:
    for record in sorted(known.records("Advice"), key=lambda record: -number(record["hours"])):
        yield (
            known.plain(number(record["hours"])),
            words.word(record["action"]),
            *(
                known.name(record[f]) if record[f] else ""
                for f in ("subject", "community", "other")
            ),
        )


def _hours(known: Known, words: Phrases) -> Iterator[Row]:
    each = sum(known.hours.values())
    rows = [_hours_of(known, community, each) for community in known.communities]
    if not rows:
        return
    names = [known.name(community) for community in known.communities]
    total = [sum(column) for column in zip(*rows, strict=True)]
    for name, row in zip([*names, words.word("total")], [*rows, total], strict=True):
        yield name, *map(known.plain, row)


def _hours_of(known: Known, community: str, each: int) -> list[int]:
    """People, assigned, of use, superfluous, everything to everyone, spared."""
    heads = known.community_heads[community]
    assigned = known.number("CommunityHours", "hours", community=community)
    wasted = known.all("SuperfluousHours", community=community)
    superfluous = sum(number(record["hours"]) for record in wasted)
    everything = product(heads, each)
    useful, spared = assigned - superfluous, everything - assigned
    return [heads, assigned, useful, superfluous, everything, spared]


ROWS: dict[str, Callable[[Known, Phrases], Iterator[Row]]] = {
    "communities": _communities,
    "assignments": _assignments,
    "crossings": _crossings,
    "members": _members,
    "brokers": _brokers,
    "flow": _flow,
    "gaps": _gaps,
    "decisions": _decisions,
    "advice": _advice,
    "hours": _hours,
}
"""What each topic of `show` prints."""
