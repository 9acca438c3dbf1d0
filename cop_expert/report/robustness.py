"""What came of trials in, what the document says of how firm its recommendations are out."""

from collections.abc import Iterator

from cop_expert.model.rule import CheckedRulebook
from cop_expert.model.template import Datatype
from cop_expert.report.known import Known, share
from cop_expert.report.trials import (
    ASSESSED,
    FOUND,
    FirmAssignment,
    Robustness,
    Single,
)
from cop_expert.report.view.firmness import CutDoubt, Doubt, Firmness, If, Moved

IFS = 2
"""What is named of all that would make the difference."""


def firmness(known: Known, rulebook: CheckedRulebook, found: Robustness | None) -> Firmness | None:
    """None where nothing was tried."""
    return _Writer(known, rulebook, found).firmness() if found else None


class _Writer:
    """Puts names and amounts to what was found."""

    def __init__(self, known: Known, rulebook: CheckedRulebook, found: Robustness) -> None:
        self.known = known
        self.rulebook = rulebook
        self.found = found
        is_open = known.least == 0
        self.singles = [one for one in found.singles if is_open or not one.assessment]
        """Whose assessment a thing hangs on is said only where people may be singled out."""

    def firmness(self) -> Firmness:
        found = self.found
        ours = [cut.runs for cut in found.cuts if cut.is_ours]
        told = [one for one in found.assignments if self._may_tell(one.community, one.item)]
        return Firmness(
            samples=found.samples,
            seed=found.seed,
            step=self._step(),
            communities=len(ours),
            standing=sum(runs == found.samples for runs in ours),
            whole=found.whole,
            cuts=tuple(self._cuts()),
            other_cuts=tuple(self._other_cuts()),
            assignments=sum(bool(one.level) for one in found.assignments),
            firm=sum(one.is_firm for one in found.assignments),
            doubts=tuple(self._doubts([one for one in told if one.level and not one.is_firm])),
            coming=tuple(reversed(list(self._doubts([one for one in told if not one.level])))),
            moved=tuple(self._moved(single) for single in self.singles),
        )

    def _step(self) -> str:
        field = self.known.speaker.vocabulary.templates[ASSESSED].by_name[FOUND]
        return self.known.speaker.apart(self.found.step, field.type) if self.found.step else ""

    def _may_tell(self, community: str, item: str) -> bool:
        """False where so few people take it that nothing is said of them."""
        heads = sum(self.known.heads[post] for post in self.known.takers(community, item))
        wanting = self.known.number("Wanting", "heads", community=community, item=item)
        return self.known.may_tell(heads or wanting)

    def _cuts(self) -> Iterator[CutDoubt]:
        """Ours that do not stand in every trial, those together with which it is the same."""
        alike: dict[tuple[int, tuple[If, ...]], list[str]] = {}
        for cut in self.found.cuts:
            if cut.is_ours and cut.runs < self.found.samples:
                singles = [one for one in self.singles if cut.community in one.gone]
                ifs = tuple(self._if(single, "") for single in singles[:IFS])
                alike.setdefault((cut.runs, ifs), []).append(self.known.name(cut.community))
        for (runs, ifs), names in sorted(alike.items(), key=lambda pair: pair[0][0]):
            yield CutDoubt(tuple(sorted(names)), runs, ifs)

    def _other_cuts(self) -> Iterator[tuple[str, int]]:
        """Those that come up by other names than ours."""
        ours = {cut.community for cut in self.found.cuts if cut.is_ours}
        for cut in sorted(self.found.cuts, key=lambda cut: -cut.runs):
            if cut.community not in ours:
                yield self.known.name(cut.community), cut.runs

    def _doubts(self, listed: list[FirmAssignment]) -> Iterator[Doubt]:
        """The least firm first."""
        order = sorted(listed, key=lambda one: (share(one.runs, one.of), one.item, one.community))
        for one in order:
            never = one.of - sum(one.levels.values())
            levels = [*one.levels.items(), *([("", never)] if never else [])]
            yield Doubt(
                item=self.known.name(one.item),
                community=self.known.name(one.community),
                level=one.level,
                runs=one.runs,
                of=one.of,
                otherwise=tuple(pair for pair in levels if pair[0] != one.level),
                ifs=tuple(self._ifs(one)),
            )

    def _ifs(self, one: FirmAssignment) -> Iterator[If]:
        """What alone would make the difference, single things before all assessments."""
        turning = [
            self._if(single, after)
            for single in self.singles
            for community, item, _, after in single.assignments
            if (community, item) == (one.community, one.item)
        ]
        yield from sorted(turning, key=lambda found: not (found.parameter or found.role))[:IFS]

    def _if(self, single: Single, level: str) -> If:
        role, practice = self._assessed(single)
        parameter = self.rulebook.parameters.get(single.parameter)
        if parameter is None:
            return If("", "", "", role, practice, single.way, level)
        kinds = self.known.speaker.vocabulary.datatypes
        kind = kinds.get(parameter.datatype, Datatype(""))
        value, now = (
            self.known.speaker.value(one, kind) for one in (single.value, parameter.value)
        )
        return If(parameter.comment, value, now, "", "", single.way, level)

    def _assessed(self, single: Single) -> tuple[str, str]:
        """The role, with its unit where it was assessed for one, and the practice."""
        if not single.assessment:
            return "", ""
        key = self.known.speaker.vocabulary.templates[ASSESSED].key
        named = dict(zip(key, single.assessment, strict=True))
        role = self.known.name(named["role"])
        if named["unit"]:
            role = f"{role} ({self.known.name(named['unit'])})"
        return role, self.known.name(named["practice"])

    def _moved(self, single: Single) -> Moved:
        name = self.known.name
        return Moved(
            what=self._if(single, ""),
            gone=tuple(map(name, single.gone)),
            new=tuple(map(name, single.new)),
            assignments=tuple(
                (name(item), name(community), before, after)
                for community, item, before, after in single.assignments
                if self._may_tell(community, item)
            ),
        )
