"""What is kept never answers wrongly: damaged, half-written, outdated or fought over."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from engines import Sandbox

from cop_expert import fingerprint, keep, pipeline
from cop_expert.cli import main
from cop_expert.database import duckdb
from cop_expert.facts import FactBase
from cop_expert.fingerprint import fingerprint_of

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"
QUESTION = ("why", "Knife skills", "Kitchen", "--full")
PROGRAM = "from cop_expert.cli import main; main()"


@pytest.fixture
def hotel(tmp_path: Path) -> Path:
    return shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop"))


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is right to say about an untouched copy."""
    folder = tmp_path_factory.mktemp("untouched") / "hotel"
    return ask(shutil.copytree(HOTEL, folder, ignore=shutil.ignore_patterns(".cop")))


def ask(folder: Path) -> str:
    command, *words = QUESTION
    result = CliRunner().invoke(main, [command, str(folder), *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def kept_files(folder: Path) -> list[Path]:
    return sorted((folder / fingerprint.FOLDER).glob("*.duckdb*"))


def kept_file(folder: Path) -> Path:
    (path,) = kept_files(folder)
    return path


def test_duckdb_draws_no_progress_on_standard_output(hotel: Path) -> None:
    for _ in ("inferred", "kept"):
        facts = pipeline.conclude(hotel).facts
        assert facts.query("SELECT current_setting('enable_progress_bar')") == [(False,)]


def test_the_second_question_is_answered_from_what_is_kept(
    hotel: Path, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(hotel) == answer
    monkeypatch.setattr(pipeline, "read", lambda *_: pytest.fail("read anew"))
    assert ask(hotel) == answer


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_byte_is_noticed(hotel: Path, answer: str, seed: int) -> None:
    ask(hotel)
    chance, content = random.Random(seed), bytearray(kept_file(hotel).read_bytes())
    for place in (chance.randrange(len(content)) for _ in range(chance.choice((1, 5, 50)))):
        content[place] ^= chance.randrange(1, 256)
    kept_file(hotel).write_bytes(content)
    assert ask(hotel) == answer
    assert ask(hotel) == answer


@pytest.mark.parametrize("size", [0, 1, 4096, 100_000])
def test_a_file_that_ends_early_is_noticed(hotel: Path, answer: str, size: int) -> None:
    ask(hotel)
    os.truncate(kept_file(hotel), size)
    assert ask(hotel) == answer


CHANGES: dict[str, Callable[[Path], object]] = {
    "a table": lambda folder: (folder / "tables" / "needs.csv").write_text("role,practice\n"),
    "a parameter": lambda folder: (folder / "engagement.toml").write_text(
        "[parameters]\nrelevant = 0.9\n"
    ),
    "a rule": lambda folder: shutil.copytree(
        HOTEL.parent / "northwater" / "rules", folder / "rules"
    ),
    "a file that is gone": lambda folder: (folder / "tables" / "needs.csv").unlink(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_any_input_is_noticed(hotel: Path, name: str) -> None:
    before = fingerprint_of(hotel)
    CHANGES[name](hotel)
    assert fingerprint_of(hotel) != before


@pytest.fixture
def seen(hotel: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The note of what was seen, for an engagement that nobody seems to have touched lately."""
    monkeypatch.setattr(fingerprint, "SETTLED", -1)
    (hotel / fingerprint.FOLDER).mkdir()
    make_old(hotel)
    fingerprint_of(hotel)
    return hotel / fingerprint.FOLDER / fingerprint.SEEN


def make_old(folder: Path) -> None:
    for path in [folder / "engagement.toml", *(folder / "tables").iterdir()]:
        os.utime(path, ns=(0, 0))


def test_files_that_look_as_before_are_not_hashed_again(
    hotel: Path, seen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = seen.read_text().split()[0]
    monkeypatch.setattr(fingerprint, "_hash", lambda _: pytest.fail("hashed again"))
    assert fingerprint_of(hotel) == before


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.usefixtures("seen")
def test_a_change_is_noticed_of_what_was_seen_before(hotel: Path, name: str) -> None:
    test_a_change_of_any_input_is_noticed(hotel, name)


@pytest.mark.usefixtures("seen")
def test_a_change_that_leaves_length_and_time_alone_is_noticed(hotel: Path) -> None:
    before, table = fingerprint_of(hotel), hotel / "tables" / "needs.csv"
    time.sleep(0.02)  # longer than the clock of a file system ticks
    table.write_bytes(table.read_bytes().swapcase())
    make_old(hotel)
    assert fingerprint_of(hotel) != before


def test_what_was_just_written_is_hashed_each_time(hotel: Path) -> None:
    (hotel / fingerprint.FOLDER).mkdir()
    fingerprint_of(hotel)
    assert not (hotel / fingerprint.FOLDER / fingerprint.SEEN).exists()


def test_a_damaged_note_of_what_was_seen_is_passed_over(hotel: Path, seen: Path) -> None:
    before, note = fingerprint_of(hotel), seen.read_text()
    other = ("b" if note[0] == "a" else "a") + note[1:]
    for damaged in (other, "", "one", "one two three", "ä ö"):
        seen.write_text(damaged, "utf-8")
        assert fingerprint_of(hotel) == before


def test_another_program_infers_anew(hotel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.conclude(hotel).facts.close()
    monkeypatch.setattr(pipeline, "program", lambda: "another")
    read = pipeline.read
    called: list[Path] = []

    def watched_read(folder: Path, *how: Any) -> pipeline.Knowledge:
        called.append(folder)
        return read(folder, *how)

    monkeypatch.setattr(pipeline, "read", watched_read)
    pipeline.conclude(hotel).facts.close()
    assert called == [hotel]


def test_a_table_that_changes_in_the_meantime_is_not_kept(
    hotel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = pipeline.read

    def slow_read(folder: Path, *how: Any) -> pipeline.Knowledge:
        knowledge = read(folder, *how)
        (folder / "tables" / "needs.csv").unlink()
        return knowledge

    monkeypatch.setattr(pipeline, "read", slow_read)
    pipeline.conclude(hotel).facts.close()
    assert kept_files(hotel) == []


def test_older_runs_and_what_killed_ones_left_is_tidied_away(hotel: Path) -> None:
    ask(hotel)
    folder = hotel / fingerprint.FOLDER
    abandoned, running = folder / ".old.duckdb.1", folder / ".new.duckdb.2"
    for path in (abandoned, running):
        path.write_bytes(b"half")
    os.utime(abandoned, (0, 0))
    (hotel / "engagement.toml").write_text("[parameters]\nrelevant = 0.9\n")
    first = next(folder.glob("*.duckdb"))
    ask(hotel)
    assert running in kept_files(hotel)
    assert abandoned not in kept_files(hotel)
    assert first not in kept_files(hotel)


def test_a_folder_that_cannot_be_written_to_keeps_nothing(hotel: Path, answer: str) -> None:
    (hotel / fingerprint.FOLDER).write_text("a file in the way")
    assert ask(hotel) == answer
    assert ask(hotel) == answer


def test_what_was_saved_before_says_nothing_of_what_is_saved_now(tmp_path: Path) -> None:
    words = Sandbox(["Size(a*: text, n: number)"], ["Big(n: number)"]).words
    facts = FactBase.new(words)
    facts.keep("vocabulary", words)
    facts.save(tmp_path / "first")
    facts.add_concluded("Big", [(5,)])
    facts.save(tmp_path / "second")
    assert FactBase.open(tmp_path / "second").rows("Big") == [(5,)]


def test_facts_that_could_not_be_saved_can_be_asked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = FactBase.new(Sandbox(["Size(a*: text, n: number)"], ["Big(n: number)"]).words)
    facts.add_concluded("Big", [(5,)])
    with monkeypatch.context() as patch:
        patch.setattr(FactBase, "_copies", lambda _: ['INSERT INTO saved."Big" FROM "Nowhere"'])
        with pytest.raises(duckdb.Error):
            facts.save(tmp_path / "first")
    assert facts.rows("Big") == [(5,)]
    facts.save(tmp_path / "second")


FULL_DISK = (
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); " + PROGRAM
)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit a file's size")
def test_a_full_disk_keeps_nothing(hotel: Path, answer: str) -> None:
    command = [sys.executable, "-c", FULL_DISK, QUESTION[0], str(hotel), *QUESTION[1:]]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert (done.stdout, done.returncode) == (answer, 0), done.stderr
    assert kept_files(hotel) == []
    assert ask(hotel) == answer


def test_many_at_once_answer_alike(hotel: Path, answer: str) -> None:
    asked = [start(QUESTION[0], hotel, *QUESTION[1:]) for _ in range(5)]
    assert {one.communicate()[0] for one in asked} == {answer}
    assert kept_file(hotel).suffix == ".duckdb"
    assert ask(hotel) == answer


def test_killed_at_any_moment_it_answers_rightly_the_next_time(hotel: Path, answer: str) -> None:
    """Fifty runs, killed somewhere between their start and well past their end."""
    begun = time.perf_counter()
    start("infer", hotel).communicate()
    longest = 1.1 * (time.perf_counter() - begun)
    chance = random.Random(4)
    for _ in range(50):
        if chance.random() < 0.9:
            shutil.rmtree(hotel / fingerprint.FOLDER, ignore_errors=True)
        running = start("infer", hotel)
        time.sleep(chance.uniform(0, longest))
        running.kill()
        running.communicate()
        facts = keep.kept_facts(hotel, fingerprint_of(hotel))
        if facts:
            facts.close()
    assert ask(hotel) == answer
