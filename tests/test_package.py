"""What a user installs: the wheel holds all that the program needs, and nothing else."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOTEL = ROOT / "kb" / "examples" / "grand-hotel"
SLOW = pytest.mark.skipif(not os.environ.get("COP_SLOW"), reason="slow; COP_SLOW=1 runs it")


def run(*command: str | Path, **environment: str) -> str:
    """What the command prints, run far away from the checkout."""
    env = os.environ | environment
    result = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=env, cwd="/"
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def inside(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", ["kb", "rules", "reports/templates"])
def test_resources_travel(wheel: Path, folder: str) -> None:
    hidden = {".cop", "__pycache__"}
    here = {
        f"cop_expert/_resources/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not hidden & set(path.parts)
    }
    assert here
    assert here <= inside(wheel)


def test_code_travels(wheel: Path) -> None:
    package = ROOT / "cop_expert"
    suffixes = {".py", ".lark"}
    here = {f.relative_to(ROOT).as_posix() for f in package.rglob("*") if f.suffix in suffixes}
    assert here <= inside(wheel)


def test_nothing_else_travels(wheel: Path) -> None:
    for name in inside(wheel):
        assert name.startswith(("cop_expert/", "cop_expert-"))
        assert ".cop/" not in name and "__pycache__" not in name


def test_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    where = "import cop_expert; print(cop_expert.__file__)"
    assert run(sys.executable, "-c", where, PYTHONPATH=str(tmp_path)).startswith(str(tmp_path))
    hotel = tmp_path / "cop_expert" / "_resources" / "kb" / "examples" / "grand-hotel"
    program = "from cop_expert.cli import main; main()"
    shown = run(sys.executable, "-c", program, "show", hotel, "--json", PYTHONPATH=str(tmp_path))
    assert '"communities"' in shown


def test_experta_can_be_imported_through_us() -> None:
    """The frozendict that experta pins does not import by itself since Python 3.10."""
    run(sys.executable, "-c", "import cop_expert.infer.rete, experta", PYTHONPATH=str(ROOT))


@SLOW
def test_wheel_installs_into_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    programs = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", wheel)
    assert "Kitchen" in run(programs / "cop-expert", "show", HOTEL, "--json", "--engine", "experta")
