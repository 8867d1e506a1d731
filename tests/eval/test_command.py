"""The command: what it costs to load, what its help says, and how its errors are told."""

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from eval.__main__ import app


def test_loading_the_command_imports_nothing_heavy() -> None:
    heavy = ["numpy", "ir_measures", "faiss", "onnxruntime", "tantivy", "tiktoken", "rich.table"]
    code = f"import sys, eval.command; sys.exit(str([name for name in {heavy} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


def test_every_option_is_explained() -> None:
    said = CliRunner().invoke(app, ["eval", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    for option in ("--questions", "--articles", "--beir", "--split", "--k", "--run", "--ablate", "--compare", "--json",
                   "--markdown", "--html", "--save-run", "--save-qrels"):  # fmt: skip
        assert option in said


def test_an_error_is_told_in_one_line_with_exit_status_1(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["eval", "--html", str(tmp_path / "nowhere" / "report.html")])
    assert done.exit_code == 1
    assert "there is no folder" in done.output
    assert "Traceback" not in done.output


def test_a_split_without_judgements_is_refused_before_anything_is_indexed(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["eval", "--beir", str(tmp_path), "--split", "train"])
    assert done.exit_code == 1
    assert "no judgements for the split train" in done.output.replace("\n", " ")
