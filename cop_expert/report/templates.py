"""The standard templates and an engagement's own in, an environment that fills them safely out.

An engagement's folder `templates/` takes the place of any standard file of the same name; under
`standard/` the original can still be asked for. Such files come by mail like everything else: where
there are any, all run in Jinja's sandbox, and what goes wrong in them is told with its place.
"""

import base64
import hashlib
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from cop_expert.load.engagement import leads_outside
from cop_expert.model.arithmetic import UNIT, divide_half_away
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.report.escaping import escape_markdown, printable
from cop_expert.report.known import Known, share
from cop_expert.report.phrases import Phrases, capital
from cop_expert.resources import resource

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = "templates"
STANDARD = "standard/"
LARGEST = 1_000_000
"""Bytes of an engagement's own template."""


class Templates:
    """Finds templates by name, the engagement's own first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = folder / FOLDER
        self.standard = resource("reports/templates")

    def path(self, name: str) -> Path | None:
        """The file of that name; none where there is none, or it leads out of the engagement."""
        if name.startswith(STANDARD):
            return self._inside(self.standard, name.removeprefix(STANDARD))
        own = self._inside(self.own, name)
        if own and not leads_outside(own, self.folder):
            return own
        return self._inside(self.standard, name)

    def text(self, name: str) -> str:
        path = self.path(name)
        if path is None:
            raise LookupError(name)
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
            if len(content) <= LARGEST:
                return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise self._unreadable(path, "the template is not written in UTF-8") from None
        raise self._unreadable(path, "the template is larger than a megabyte")

    def toml(self, name: str) -> dict[str, Any]:
        """The settings in a file of that name; empty where there is none."""
        if self.path(name) is None:
            return {}
        try:
            return tomllib.loads(self.text(name))
        except tomllib.TOMLDecodeError as error:
            raise KnowledgeProblem([_problem(f"{FOLDER}/{name}", 0, str(error))]) from None

    def source(self, path: Path) -> str:
        """A file as its author knows it."""
        return path.relative_to(self.folder).as_posix() if self.is_own(path) else path.name

    def is_own(self, path: Path) -> bool:
        return path.is_relative_to(self.own)

    @staticmethod
    def _inside(folder: Path, name: str) -> Path | None:
        path = folder / name
        return path if ".." not in Path(name).parts and path.is_file() else None

    def _unreadable(self, path: Path, message: str) -> KnowledgeProblem:
        return KnowledgeProblem([_problem(self.source(path), 0, message)])


class Words:
    """The macros and words of a language, the engagement's own before the standard ones."""

    def __init__(self, environment: "Environment", templates: Templates, language: str) -> None:
        names = [f"words.{language}.j2", f"{STANDARD}words.{language}.j2"]
        by_path = {templates.path(name): name for name in names}
        self.__modules = [
            environment.get_template(name).make_module() for path, name in by_path.items() if path
        ]

    def __getattr__(self, name: str) -> Any:
        for module in self.__modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(name)

    def __dir__(self) -> list[str]:
        return [name for module in self.__modules for name in vars(module)]


def environment(templates: Templates, known: Known, wording: Phrases, form: str) -> "Environment":
    """What fills templates: "md" escapes client text as Markdown, "html" as HTML, "text" not."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from markupsafe import Markup

    from cop_expert.report.compiled import Compiled

    class Missing(StrictUndefined):
        """A name that is not there, told without internals."""

        @property
        def _undefined_message(self) -> str:
            name, hint = self._undefined_name, str(self._undefined_hint or "")
            if "unsafe" in hint:
                return f"a template may not use '{name}'"
            return hint or f"nothing is called '{name}' here; {self._near()}"

        def _near(self) -> str:
            return did_you_mean(str(self._undefined_name), dir(self._undefined_obj))

    class Sandbox(ImmutableSandboxedEnvironment):
        """What may be used is a matter of types and names; a document asks a million times."""

        judged: ClassVar[dict[tuple[type, str], bool]] = {}

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            key = type(obj), attr
            if key not in self.judged:
                self.judged[key] = super().is_safe_attribute(obj, attr, value)
            return self.judged[key]

    def finalize(value: Any) -> Any:
        if hasattr(value, "__html__"):
            return value
        text = printable(str(value))
        if form == "html":
            return text
        return Markup(escape_markdown(text) if form == "md" else text)

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        path = templates.path(name)
        return (templates.text(name), str(path), lambda: True) if path else None

    has_own = templates.own.exists()
    made = (Sandbox if has_own else Environment)(
        loader=FunctionLoader(load),
        undefined=Missing,
        autoescape=True,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=None if has_own else Compiled(form),
    )
    made.filters |= _filters(known, wording)
    made.filters |= {"raw": Markup, "sha256": lambda text: Markup(_hash(text))}
    made.globals |= {
        "part": lambda part, whole: known.amount(share(part, whole), "Share"),
        "each": lambda whole, by: known.amount(divide_half_away(whole * UNIT, by), "Hours"),
    }
    return made


def _filters(known: Known, wording: Phrases) -> dict[str, Callable[..., str]]:
    return {
        "hours": lambda value: known.amount(value, "Hours"),
        "people": lambda value: known.amount(value, "Headcount"),
        "share": lambda value: known.amount(value, "Share"),
        "plain": known.plain,
        "exact": lambda value: known.exact(value, "Amount"),
        "exact_hours": lambda value: known.exact(value, "Hours"),
        "integer": lambda value: wording.number(f"{value:,}"),
        "level": wording.word,
        "capital": capital,
        "number_of": lambda anchor: anchor.rpartition("-")[2],
    }


@contextmanager
def located(templates: Templates) -> Iterator[None]:
    """What goes wrong in an engagement's own template leaves as a problem with its place."""
    from jinja2 import TemplateSyntaxError

    try:
        yield
    except KnowledgeProblem:
        raise
    except TemplateSyntaxError as error:
        path = Path(error.filename or "")
        if not templates.is_own(path):
            raise
        problem = _problem(templates.source(path), error.lineno, str(error.message))
        raise KnowledgeProblem([problem]) from None
    except Exception as error:
        place = _place(error, templates)
        if place is None:
            raise
        raise KnowledgeProblem([_problem(*place, str(error))]) from error


def _place(error: Exception, templates: Templates) -> tuple[str, int] | None:
    """The line of the engagement's own template where the error came up, if it did in one."""
    found = None
    trace = error.__traceback__
    while trace:
        path = Path(trace.tb_frame.f_code.co_filename)
        if templates.is_own(path):
            found = templates.source(path), trace.tb_lineno
        trace = trace.tb_next
    return found


def _problem(source: str, line: int, said: str) -> Diagnostic:
    message, _, advice = said.partition("; ")
    return Diagnostic("template", message.rstrip("."), Origin(source, line), advice)


def _hash(text: str) -> str:
    """As a content security policy names an inline style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
