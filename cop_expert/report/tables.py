"""The fact base in, plain tables out, by topic: what the terminal shows."""

from collections.abc import Callable, Iterator

from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase
from cop_expert.report.flow import waves
from cop_expert.report.known import Known, number, product
from cop_expert.report.phrases import Phrases, capital, phrases
from cop_expert.report.setting import FINDINGS
from cop_expert.report.text_table import Row, TextTable


def topic_tables(facts: FactBase, speaker: Speaker, topic: str) -> list[TextTable]:
    """The table of a topic; `phrases.*.toml` names its title and headings."""
    wording = phrases(speaker.language)
    words = wording.wording.topics[topic]
    rows = tuple(ROWS[topic](Known(facts, speaker), wording))
    if not rows:
        return [TextTable(words.title, (words.nothing,), ())]
    return [TextTable(words.title, words.headings, rows)]


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
