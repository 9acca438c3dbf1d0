"""Who takes what, as the systems that run courses need it: by community, by post, by person."""

from collections.abc import Iterator
from typing import NamedTuple

from cop_expert.export.concluded import Concluded

Names = list[str]


class Taking(NamedTuple):
    """An item that a community takes, and by which of its posts."""

    item: str
    community: str
    posts: tuple[str, ...]
    everyone: bool
    """True where it is all of them."""


class Audiences:
    """Looks up who takes what in one fact base."""

    def __init__(self, concluded: Concluded) -> None:
        self.facts = concluded.facts
        self.members = self._grouped("Member", "community", "post")
        self.people = self._people()
        """Who holds each post, where the client names people."""

    def _grouped(self, template: str, key: str, field: str) -> dict[str, Names]:
        found: dict[str, Names] = {}
        for record in self.facts.records(template):
            found.setdefault(str(record[key]), []).append(str(record[field]))
        return {name: sorted(values) for name, values in sorted(found.items())}

    def _people(self) -> dict[str, Names]:
        posts = {(r["role"], r["unit"]): str(r["post"]) for r in self.facts.records("Post")}
        found: dict[str, Names] = {}
        for record in self.facts.records("Person"):
            post = posts[record["role"], record["unit"]]
            found.setdefault(post, []).append(str(record["person"]))
        return found

    def takings(self) -> Iterator[Taking]:
        """Every assignment, by item and community."""
        posts: dict[tuple[str, str], Names] = {}
        for record in self.facts.records("Audience"):
            pair = (str(record["item"]), str(record["community"]))
            posts.setdefault(pair, []).append(str(record["post"]))
        for (item, community), names in sorted(posts.items()):
            everyone = sorted(names) == self.members[community]
            yield Taking(item, community, tuple(sorted(names)), everyone)
