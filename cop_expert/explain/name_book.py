"""All names that people may ask by, found without regard to case, accents and spacing."""

import unicodedata
from collections.abc import Sequence
from itertools import chain

from cop_expert.facts import FactBase, quoted

CLOSE = 0.8
"""The similarity (Jaro and Winkler's, from 0 to 1) from which a name may have been meant."""
LAST = "\U0010ffff"
"""Comes after every letter that a name may go on with."""
Column = tuple[str, str]
"""A template and a field of it, in which all individuals of a class stand."""
Individuals = dict[int, set[Column]]
"""By their codes, the columns among whose individuals they are."""


class UnknownName(Exception):
    """A name that stands nowhere in the knowledge, with the names that come near."""

    def __init__(self, name: str, close: list[str]) -> None:
        self.name = name
        self.close = close
        super().__init__(name)


def folded(name: str) -> str:
    """The name as the book lists it."""
    plain = unicodedata.normalize("NFKD", name)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def declaring(facts: FactBase) -> list[Column]:
    """The columns that say which individuals there are, of whatever class."""
    return sorted(set(facts.vocabulary.declarers().values()))


def write_name_book(facts: FactBase) -> None:
    """Lay down what each individual is called, by itself, by its label, and as renamed, and in
    which of the columns that declare individuals it stands."""
    declared = {column: str(number) for number, column in enumerate(declaring(facts))}
    given = [
        (template.name, field.name)
        for template in facts.vocabulary.given()
        for field in template.fields
        if field.type.is_reference
    ]
    listed = [
        f"SELECT {quoted(column[1])} AS code, {declared.get(column, 'NULL')} AS number "
        f"FROM {quoted(column[0])}"
        for column in dict.fromkeys([*given, *declared])
    ]
    names = ["SELECT code, text AS name FROM individuals", "SELECT code, label FROM individuals"]
    if "Called" in facts.vocabulary.templates:
        names.append(
            'SELECT c.community, n.text FROM "Called" c JOIN "@names" n ON n.code = c.name'
        )
    facts.query(
        'CREATE TABLE "@book" AS WITH listed AS '
        "(SELECT code, list(number ORDER BY number) FILTER (number IS NOT NULL) AS columns "
        f"FROM ({' UNION '.join(listed)}) GROUP BY code), "
        'individuals AS (SELECT n.* FROM listed JOIN "@names" n USING (code)) '
        "SELECT lower(strip_accents(name)) AS folded, name, code, columns "
        f"FROM ({' UNION '.join(names)}) LEFT JOIN listed USING (code) "
        "WHERE name IS NOT NULL ORDER BY folded, code"
    )


class NameBook:
    """Looks up individuals by what people call them."""

    def __init__(self, facts: FactBase, *names: str | None) -> None:
        """The names, as far as there are some, are looked up at once, which is quicker."""
        self.facts = facts
        self._columns = declaring(facts)
        self._found: dict[str, Individuals] = {}
        if folds := [folded(name) for name in names if name is not None]:
            self._look_up(*folds)

    def individuals(self, name: str) -> Individuals:
        """All that go by the name; raises UnknownName."""
        fold = folded(name)
        if fold not in self._found:
            self._look_up(fold)
        found = self._found[fold] or self._begun(fold)
        if not found:
            raise UnknownName(name, self._close(fold))
        return found

    def _look_up(self, *folds: str) -> None:
        # A post may be called by its role alone.
        posts = [f"{fold} @ " for fold in folds]
        asked = [(fold, post + LAST, fold, post) for fold, post in zip(folds, posts, strict=True)]
        found = self._listed(asked, "AND (folded = ? OR folded >= ?)")
        self._found |= zip(folds, found, strict=True)

    def _begun(self, fold: str) -> Individuals:
        """Anything may be called by a beginning that tells it."""
        (begun,) = self._listed([(fold, fold + LAST)])
        return begun if len(begun) == 1 else {}

    def _listed(self, asked: Sequence[tuple[str, ...]], where: str = "") -> list[Individuals]:
        """What stands in the book from one name to another, for each that is asked."""
        selects = (
            f'SELECT {n}, code, columns FROM "@book" WHERE folded BETWEEN ? AND ? {where}'
            for n in range(len(asked))
        )
        found: list[Individuals] = [{} for _ in asked]
        for n, code, columns in self.facts.query(" UNION ALL ".join(selects), [*chain(*asked)]):
            found[n][code] = {self._columns[number] for number in columns or ()}
        return found

    def _close(self, fold: str) -> list[str]:
        sql = (
            "SELECT name FROM (SELECT name, jaro_winkler_similarity(folded, ?) AS similarity "
            'FROM "@book") WHERE similarity >= ? ORDER BY similarity DESC, name LIMIT 3'
        )
        return list(dict.fromkeys(name for (name,) in self.facts.query(sql, [fold, CLOSE])))
