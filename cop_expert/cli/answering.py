"""How commands come to an answer: what was concluded, who explains it, and what if it cannot be."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cop_expert.cli.telling import failure, progress, tell

if TYPE_CHECKING:
    from cop_expert.explain.why import Explainer
    from cop_expert.pipeline import Run


class Answering(click.Command):
    """Problems of the knowledge leave as located messages and exit code 1, never as a traceback."""

    undone = "concluded"
    """What would have been done but for problems."""

    def invoke(self, ctx: click.Context) -> Any:
        from cop_expert.model.diagnostic import KnowledgeProblem

        try:
            return self._invoke_on_sound_facts(ctx)
        except KnowledgeProblem as problem:
            tell(problem.diagnostics, self.undone)
            sys.exit(1)
        except BrokenPipeError:
            raise  # whoever read on has read enough; click ends quietly
        except OSError as error:
            message = f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")
            raise failure(message) from error

    def _invoke_on_sound_facts(self, ctx: click.Context) -> Any:
        from cop_expert.files import DamagedFacts

        try:
            return super().invoke(ctx)
        except DamagedFacts as damaged:
            damaged.path.unlink(missing_ok=True)
            return super().invoke(ctx)


class Writing(Answering):
    """A command that would have written, but for problems."""

    undone = "written"


def concluded(folder: Path, engine: str = "auto", **limits: Any) -> "Run":
    """What the rules conclude, kept or anew; files are hashed while the engine is being loaded."""
    from cop_expert.fingerprint import Hashing

    hashing = Hashing(folder)
    from cop_expert.facts import Limits
    from cop_expert.pipeline import conclude

    hashing.join()
    with progress() as stage:
        return conclude(folder, engine, stage, Limits(**limits), hashing.fingerprint)


def explaining(run: "Run", folder: Path, language: str | None = None) -> "Explainer":
    """What explains in the engagement's language, unless in another."""
    from cop_expert.report.language import local_explainer

    language = language or run.manifest.language
    return local_explainer(run.facts, run.rulebook, language, folder)


@contextmanager
def known_names(folder: Path) -> Iterator[None]:
    """A name that nothing bears is met with those that come near."""
    from cop_expert.explain.name_book import UnknownName

    try:
        yield
    except UnknownName as unknown:
        close = " or ".join(f"'{name}'" for name in unknown.close)
        advice = f"did you mean {close}?" if close else ""
        raise failure(f"nothing is called '{unknown.name}' in {folder}", advice) from None
