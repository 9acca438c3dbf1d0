"""Who must take what, as Degreed's required-learning file: a line for each person and item.

The columns are those of The Required Learning Template (help.degreed.com). People and items go by
the names, or the ids, that the client's own tables give them.
"""

from pathlib import Path

from cop_expert.export.audiences import Audiences
from cop_expert.export.concluded import Concluded
from cop_expert.export.tables import write_csv
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem
from cop_expert.model.origin import Origin

HEADINGS = ("UserID", "CourseID", "DueDate", "Delete", "ContentType", "Provider")


def write(concluded: Concluded, path: Path) -> None:
    audiences = Audiences(concluded)
    if not audiences.people:
        raise KnowledgeProblem([_no_people(concluded)])
    takers = {
        (person, taking.item)
        for taking in audiences.takings()
        for post in taking.posts
        for person in audiences.people.get(post, [])
    }
    rows = ((person, item, "", "N", "Course", "") for person, item in sorted(takers))
    write_csv(path, HEADINGS, rows)


def _no_people(concluded: Concluded) -> Diagnostic:
    post = min(concluded.facts.records("Post"), key=str)
    return Diagnostic(
        "no-people",
        "nobody is named, and required learning is assigned to people",
        Origin("tables/people.csv"),
        "head this table person,role,unit and give each person a row, such as "
        f"`ada.miller,{post['role']},{post['unit']}`; what stands under person is Degreed's UserID",
    )
