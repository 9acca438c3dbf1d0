"""Where the knowledge base, the rulebook and the document templates lie."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def resource(path: str) -> Path:
    """`kb/…`, `rules` or `reports/…`: beside the package in a checkout, inside it in a wheel."""
    installed = PACKAGE / "_resources" / path
    return installed if installed.exists() else PACKAGE.parent / path
