"""No module is over 250 lines without a reason that stands here."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST_LINES = 250
PACKAGES = ("corpus", "eval", "indexing", "service", "tests")
REASONS = {
    "tests/corpus/test_boilerplate.py": (
        "Half of it is two tables, of boilerplate and of reporting that looks like it: a law at the end shuffles the"
        " first, and whoever adds a kind of either has to see what stands on the other side."
    ),
    "tests/corpus/test_library_moving.py": (
        "One move between two databases, broken off at each of its steps. Every claim is made of the same pair, its"
        " process that is killed and what both sides tell; claims on readers meanwhile need all three as well."
    ),
    "tests/indexing/test_encoders_model.py": (
        "One contract for every way to run the packaged model, each beside the reference. A way is a line of one table"
        " here; its model and the reference are loaded once for all claims, which takes longer than the claims."
    ),
    "tests/indexing/test_lexical_indexes.py": (
        "One contract for three backends, and the exact twin that they are compared with. A new backend is added to a"
        " list here and gets all of it; the terms that an index lists are compared on the same twins."
    ),
    "tests/indexing/test_parts.py": (
        "The life of a generation's parts: flushed, merged, merged while others write, as an earlier version left them."
        " Each claim starts from the same three parts, and what a merge must not undo is what a flush did."
    ),
    "tests/indexing/test_splitter.py": (
        "Laws of one function over one strategy of articles and limits. The examples show by hand what a law means, and"
        " the pathological texts hold the same laws where time counts."
    ),
    "tests/resilience/poison.py": (
        "A table of harmful files with what reading each must come to, and above it the few lines that make each. Apart"
        " from those, nobody would see what an entry of the table is."
    ),
    "tests/resilience/seeded.py": (
        "A table of faults, an entry each, that grows with every safeguard. There is no second idea in it, and `make"
        " faults` and RESILIENCE.md go through it from top to bottom."
    ),
    "tests/service/test_access.py": (
        "Who comes in: the list of routes and the need of each are held against the real server and against the check"
        " alone. The laws on headers are the same promise for what no list has, with the same keys."
    ),
    "tests/service/test_connections.py": (
        "Bytes on a socket against one server with small limits. What is late, too much or not read is told apart by"
        " these limits together, so each claim is read beside its neighbours."
    ),
    "tests/service/test_dify.py": (
        "The whole of one protocol of one route, as Dify sends it: a record, each operator by example, and each refusal"
        " in its shape. Conditions without the route are already in test_dify_conditions.py."
    ),
    "tests/service/test_on_milvus.py": (
        "A service and its engine, which these tests kill, slow down, freeze for writing and empty. Starting an engine"
        " takes seconds, and all share the one that a fixture puts right before each."
    ),
    "tests/service/test_openai_chat.py": (
        "One route as OpenAI's client knows it, whole and as a stream, which carries the same: annotations, usage and"
        " abstentions are claimed of both, so that neither way of asking can be taken out of it."
    ),
    "tests/service/test_openai_stores.py": (
        "One resource of OpenAI's: search, files, filters, errors in its form, all on one store of a few odd articles"
        " whose ids and dates each claim counts on."
    ),
}
"""What one idea each is, and what a division would tear apart."""


def lengths() -> dict[str, int]:
    """Lines of every module, by its path from the top of the tree."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): len(file.read_bytes().splitlines()) for file in files}


def test_every_module_over_250_lines_has_its_reason_and_no_reason_is_left_of_one_that_was_divided() -> None:
    long = {path for path, lines in lengths().items() if lines > MOST_LINES}
    assert long - REASONS.keys() == set(), "divide it by idea, or say here why it is one"
    assert REASONS.keys() - long == set(), "it is short enough without a reason"
