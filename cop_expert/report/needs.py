"""Conclusions in, the needs that weigh most out."""

from cop_expert.model.template import Value
from cop_expert.report.known import Known, Record, number, product
from cop_expert.report.reasons import Reasons
from cop_expert.report.view.needs import Measure, Need, Needs

NEEDS = 12
"""Rows shown; the rest is counted."""


def needs(known: Known, reasons: Reasons) -> Needs:
    """The largest needs: those assessed, or those assumed where nothing was assessed."""
    wants = [record for record in known.records("Want") if number(record["want"])]
    found = [record for record in wants if _is_assessed(known, record)]
    listed = sorted(
        (want for want in found or wants if known.may_tell(known.heads[str(want["post"])])),
        key=lambda record: _need_order(known, record),
    )
    return Needs(
        tuple(_need(known, reasons, record) for record in listed[:NEEDS]),
        max(0, len(listed) - NEEDS),
        bool(found),
    )


def _need_order(known: Known, record: Record) -> tuple[int, str, str]:
    post, practice = str(record["post"]), str(record["practice"])
    return -product(known.heads[post], number(record["want"])), practice, post


def measure(known: Known, reasons: Reasons, identity: str) -> Measure | None:
    """The largest assessed need of the community's people; none where nothing was assessed."""
    wants = [want for post in known.members[identity] for want in known.all("Want", post=post)]
    told = [want for want in wants if known.may_tell(known.heads[str(want["post"])])]
    found = [want for want in told if number(want["want"]) and _is_assessed(known, want)]
    want = min(found, key=lambda record: _need_order(known, record), default=None)
    if want is None:
        return None
    need = _need(known, reasons, want)
    return Measure(
        need.practice, need.post, need.people, need.required or 0, need.current or 0, need.reason
    )


def _is_assessed(known: Known, want: Record) -> bool:
    return _subject(known, want) in known.by("Assessed", "learner", "practice")


def _subject(known: Known, want: Record) -> tuple[Value, Value]:
    """The learner and the practice: posts that are assessed alike learn alike."""
    return known.learners[str(want["post"])], want["practice"]


def _need(known: Known, reasons: Reasons, want: Record) -> Need:
    post, (learner, practice) = str(want["post"]), _subject(known, want)
    assessed = known.one("Assessed", learner=learner, practice=practice)
    use = known.one("Use", role=known.posts[post]["role"], practice=want["practice"])
    return Need(
        practice=known.name(want["practice"]),
        post=known.post(post),
        community=known.name(known.home[post]),
        people=known.heads[post],
        required=number(assessed["required"]) if assessed else None,
        current=number(assessed["current"]) if assessed else None,
        importance=number(use["importance"]) if use else 0,
        want=number(want["want"]),
        reason=reasons.cite("Want", want),
    )
