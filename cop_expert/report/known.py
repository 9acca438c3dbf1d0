"""A fact base in, what a report looks up in it out, each template read once.

Numbers stay millionths; the methods that say them round for people.
"""

from collections.abc import Callable, Iterable
from functools import cached_property

from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase
from cop_expert.model.arithmetic import UNIT, divide_half_away
from cop_expert.model.template import Datatype, Kind, Value

Record = dict[str, Value]
Values = tuple[Value, ...]

ROUGH = 10 * UNIT
"""From here on a fraction says nothing to people."""
PLAIN = Datatype("Amount", Kind.NUMBER)


class Known:
    """Lookups in one fact base, by the names that the rules use."""

    def __init__(self, facts: FactBase, speaker: Speaker, least: int = 0) -> None:
        """`least` is the size from which a group of people may be singled out."""
        self.facts = facts
        self.speaker = speaker
        self.least = least
        self._records: dict[str, list[Record]] = {}
        self._index: dict[tuple[str, ...], dict[Values, list[Record]]] = {}
        self._posts: dict[Value, str] = {}
        self.told = self.communities
        """The communities that a document is about: all, or one."""

    def records(self, template: str) -> list[Record]:
        if template not in self._records:
            self._records[template] = self.facts.records(template)
        return self._records[template]

    def all(self, template: str, **bound: Value) -> list[Record]:
        """The facts with these values."""
        return self.by(template, *bound).get(tuple(bound.values()), [])

    def one(self, template: str, **bound: Value) -> Record | None:
        """The first fact with these values, where there is one."""
        return next(iter(self.all(template, **bound)), None)

    def number(self, template: str, field: str, **bound: Value) -> int:
        """A number of the fact with these values; 0 where there is none."""
        record = self.one(template, **bound)
        return number(record[field]) if record else 0

    def numbers(self, template: str, key: str, field: str) -> dict[str, int]:
        return {str(record[key]): number(record[field]) for record in self.records(template)}

    def groups(self, template: str, key: str, field: str) -> dict[str, list[str]]:
        by = self.by(template, key)
        return {str(one): [str(r[field]) for r in records] for (one,), records in by.items()}

    def by(self, template: str, *fields: str) -> dict[Values, list[Record]]:
        """The facts by the values of these fields."""
        asked = (template, *fields)
        if asked not in self._index:
            index: dict[Values, list[Record]] = {}
            for record in self.records(template):
                index.setdefault(tuple([record[field] for field in fields]), []).append(record)
            self._index[asked] = index
        return self._index[asked]

    # What many sections ask for

    @cached_property
    def learners(self) -> dict[str, str]:
        """As what each post learns: its role, or itself."""
        return {str(record["post"]): str(record["learner"]) for record in self.records("Learns")}

    @cached_property
    def heads(self) -> dict[str, int]:
        return self.numbers("Heads", "post", "heads")

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """Community → its posts, the most heads first."""
        found = self.groups("Member", "community", "post")
        return {name: sorted(posts, key=self.by_heads) for name, posts in found.items()}

    @cached_property
    def community_heads(self) -> dict[str, int]:
        return self.numbers("Community", "community", "heads")

    @cached_property
    def communities(self) -> list[str]:
        """Identities, by the names that are shown."""
        return sorted(self.community_heads, key=lambda one: (self.name(one), one))

    @cached_property
    def home(self) -> dict[str, str]:
        """Post → its community."""
        return {post: community for community in self.members for post in self.members[community]}

    @cached_property
    def hours(self) -> dict[str, int]:
        return self.numbers("Item", "item", "hours")

    @cached_property
    def posts(self) -> dict[str, Record]:
        return {str(record["post"]): record for record in self.records("Post")}

    @cached_property
    def posts_of_role(self) -> dict[str, list[str]]:
        return self.groups("Post", "role", "post")

    def may_tell(self, people: int) -> bool:
        """False for a group so small that a number about it tells of single people."""
        return people == 0 or people >= self.least

    @cached_property
    def by_heads(self) -> Callable[[str], int]:
        """A post's place among all, the most heads first."""
        posts = sorted(self.heads, key=lambda post: (-self.heads[post], self.name(post)))
        return {post: place for place, post in enumerate(posts)}.__getitem__

    def takers(self, community: Value, item: Value) -> list[str]:
        """The posts that take an item, the most heads first."""
        return self._takers.get((community, item), [])

    @cached_property
    def _takers(self) -> dict[Values, list[str]]:
        """Of all templates that a document reads this has the most facts: rows, not records."""
        place = self.speaker.vocabulary.templates["Audience"].position
        community, item, post = place("community"), place("item"), place("post")
        found: dict[Values, list[str]] = {}
        for row in self.facts.rows("Audience"):
            found.setdefault((row[community], row[item]), []).append(str(row[post]))
        return {taken: sorted(posts, key=self.by_heads) for taken, posts in found.items()}

    # Saying things

    def name(self, identity: Value) -> str:
        return self.speaker.name(str(identity))

    def names(self, identities: Iterable[Value]) -> tuple[str, ...]:
        return tuple(map(self.name, identities))

    def post(self, post: Value) -> str:
        """A post by its role, and by its unit too where the role stands in several."""
        if post not in self._posts:
            self._posts[post] = self._post(str(post))
        return self._posts[post]

    def _post(self, post: str) -> str:
        record = self.posts[post]
        role = self.speaker.name(str(record["role"]))
        if len(self.posts_of_role[str(record["role"])]) == 1:
            return role
        return f"{role} ({self.speaker.name(str(record['unit']), given=True)})"

    def fact(self, template: str, record: Record) -> str:
        return self.speaker.fact(template, record)

    def amount(self, millionths: int, datatype: str) -> str:
        """ "378 hours", "3 people", "29 %": whole where a fraction says nothing."""
        kind = self.speaker.vocabulary.datatypes.get(datatype, PLAIN)
        if abs(millionths) * kind.factor >= ROUGH:
            whole = UNIT // kind.factor
            millionths = divide_half_away(millionths, whole) * whole
        return self.speaker.amount(millionths, kind)

    def exact(self, millionths: int, datatype: str) -> str:
        """The same with one decimal place below a hundred, for what a threshold hangs on."""
        if abs(millionths) >= 10 * ROUGH:
            return self.amount(millionths, datatype)
        kind = self.speaker.vocabulary.datatypes.get(datatype, PLAIN)
        return self.speaker.amount(millionths, kind)

    def plain(self, millionths: int) -> str:
        """ "1,044": a number in a column that says what it counts."""
        return self.amount(millionths, PLAIN.name)


def number(value: Value) -> int:
    """A field that holds a number; an absent one counts nothing."""
    return value if type(value) is int else 0


def product(one: int, other: int) -> int:
    """Two numbers in millionths multiplied: heads times hours."""
    return divide_half_away(one * other, UNIT)


def share(part: int, whole: int) -> int:
    """A part of a whole, in millionths; 0 of nothing."""
    return divide_half_away(part * UNIT, whole) if whole else 0
