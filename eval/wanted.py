"""What one call of `byline eval` asks for."""

from dataclasses import dataclass
from pathlib import Path

from eval.writable import check_outputs


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of one call; each as the command's help says."""

    questions: Path | None = None
    articles: tuple[Path, ...] = ()
    beir: Path | None = None
    split: str | None = None
    k: int = 100
    runs: tuple[Path, ...] = ()
    ablate: bool = False
    compare: tuple[str, str] | None = None
    json: Path | None = None
    markdown: Path | None = None
    html: Path | None = None
    save_run: Path | None = None
    save_qrels: Path | None = None

    def __post_init__(self) -> None:
        """Raises Unwritable: better now than after the evaluation."""
        check_outputs(
            (self.json, self.markdown, self.html, self.save_run, self.save_qrels),
            read=(self.questions, *self.articles, *self.runs),
        )

    @property
    def all_runs(self) -> tuple[Path, ...]:
        """Runs to read, also those that only a comparison names."""
        compared = [Path(name) for name in self.compare or () if Path(name).is_file()]
        return tuple(dict.fromkeys([*self.runs, *compared]))
