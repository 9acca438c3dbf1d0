"""All names that people may ask by, found without regard to case, accents and spacing."""

import unicodedata

from cop_expert.facts import FactBase, quoted

CLOSE = 0.8
"""The similarity (Jaro and Winkler's, from 0 to 1) from which a name may have been meant."""
LAST = "\U0010ffff"
"""Comes after every letter that a name may go on with."""


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


def write_name_book(facts: FactBase) -> None:
    """Lay down what each individual is called: by itself, by its label, and as renamed."""
    individuals = [
        f"SELECT {quoted(field.name)} AS code FROM {quoted(template.name)}"
        for template in facts.vocabulary.given()
        for field in template.fields
        if field.type.is_reference
    ]
    names = ["SELECT code, text AS name FROM individuals", "SELECT code, label FROM individuals"]
    if "Called" in facts.vocabulary.templates:
        names.append(
            'SELECT c.community, n.text FROM "Called" c JOIN "@names" n ON n.code = c.name'
        )
    facts.query(
        'CREATE TABLE "@book" AS WITH individuals AS '
        f'(SELECT n.* FROM ({" UNION ".join(individuals)}) JOIN "@names" n USING (code)) '
        f"SELECT lower(strip_accents(name)) AS folded, name, code FROM ({' UNION '.join(names)}) "
        "WHERE name IS NOT NULL ORDER BY folded, code"
    )


class NameBook:
    """Looks up individuals by what people call them."""

    def __init__(self, facts: FactBase) -> None:
        self.facts = facts

    def identities(self, name: str) -> list[int]:
        """The codes of all that go by the name; raises UnknownName."""
        fold = folded(name)
        # A post may be called by its role alone, and anything by a beginning that tells it.
        post = f"{fold} @ "
        found = self._listed(fold, post + LAST, "folded = ? OR folded >= ?", fold, post)
        if not found:
            begun = self._listed(fold, fold + LAST)
            found = begun if len(begun) == 1 else set()
        if not found:
            raise UnknownName(name, self._close(fold))
        return sorted(found)

    def _listed(self, first: str, last: str, where: str = "TRUE", *values: str) -> set[int]:
        """What stands in the book from here to there, and of that those that are meant."""
        sql = f'SELECT code FROM "@book" WHERE folded BETWEEN ? AND ? AND ({where})'
        return {code for (code,) in self.facts.query(sql, [first, last, *values])}

    def _close(self, fold: str) -> list[str]:
        sql = (
            "SELECT name FROM (SELECT name, jaro_winkler_similarity(folded, ?) AS similarity "
            'FROM "@book") WHERE similarity >= ? ORDER BY similarity DESC, name LIMIT 3'
        )
        return list(dict.fromkeys(name for (name,) in self.facts.query(sql, [fold, CLOSE])))
