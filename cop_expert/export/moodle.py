"""Who takes what, as the CSV files that Moodle's administration takes.

`cohorts.csv` is for *Upload cohorts*; `enrolments.csv` for *Upload courses*, which ties cohorts to
courses by cohort sync, a line for each; `members.csv`, where the client names people, for *Upload
users* (update existing users only). Where all of a community take an item its cohort is enrolled,
else the cohorts of the posts that do.
"""

from collections.abc import Iterator
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

from cop_expert.export.audiences import Audiences, Taking
from cop_expert.export.concluded import Concluded
from cop_expert.export.tables import write_csv

COHORTS = ("name", "idnumber", "description")
ENROLMENTS = (
    "shortname", "fullname", "idnumber", "category",
    "enrolment_1", "enrolment_1_role", "enrolment_1_cohortidnumber",
)  # fmt: skip
CATEGORY = "1"
"""Moodle's own first category, for courses that are not there yet."""
LONGEST_ID = 100
LONGEST_NAME = 254

Row = tuple[str, ...]


def write(concluded: Concluded, path: Path) -> None:
    moodle = _Moodle(concluded)
    path.mkdir()
    write_csv(path / "cohorts.csv", COHORTS, moodle.cohorts())
    write_csv(path / "enrolments.csv", ENROLMENTS, moodle.enrolments())
    if moodle.audiences.people:
        columns = list(zip_longest(*moodle.members(), fillvalue=""))
        headings = ["username", *(f"cohort{number}" for number in range(1, len(columns)))]
        write_csv(path / "members.csv", headings, zip(*columns, strict=True))


class _Moodle:
    def __init__(self, concluded: Concluded) -> None:
        self.concluded = concluded
        self.audiences = Audiences(concluded)
        self.takings = list(self.audiences.takings())
        apart = [taking for taking in self.takings if not taking.everyone]
        self.posts = sorted({post for taking in apart for post in taking.posts})
        """Those that take something which others in their community do not."""

    def cohorts(self) -> Iterator[Row]:
        name = self.concluded.speaker.name
        for community in self.audiences.members:
            says = f"Community of practice: {name(community)}"
            yield _limited(name(community), LONGEST_NAME), _community(community), says
        for post in self.posts:
            yield _limited(name(post), LONGEST_NAME), _post(post), f"Post: {name(post)}"

    def enrolments(self) -> Iterator[Row]:
        for taking in self.takings:
            course = _limited(taking.item, LONGEST_ID)
            title = _limited(self.concluded.speaker.name(taking.item), LONGEST_NAME)
            for cohort in _cohorts(taking):
                yield course, title, course, CATEGORY, "cohort", "student", cohort

    def members(self) -> Iterator[Row]:
        """A line for each person: the cohorts of their communities and posts."""
        found: dict[str, set[str]] = {}
        for community, posts in self.audiences.members.items():
            for post in posts:
                own = {_community(community), *([_post(post)] if post in self.posts else [])}
                for person in self.audiences.people.get(post, []):
                    found.setdefault(person, set()).update(own)
        for person, cohorts in sorted(found.items()):
            yield person, *sorted(cohorts)


def _cohorts(taking: Taking) -> list[str]:
    return [_community(taking.community)] if taking.everyone else [*map(_post, taking.posts)]


def _community(name: str) -> str:
    return _limited(f"community/{name}", LONGEST_ID)


def _post(name: str) -> str:
    return _limited(f"post/{name}", LONGEST_ID)


def _limited(text: str, length: int) -> str:
    """A text that fits; of a longer one a digest tells the rest."""
    if len(text) <= length:
        return text
    return f"{text[: length - 9]}~{sha256(text.encode()).hexdigest()[:8]}"
