"""`byline backup` and `restore`: a copy of the library and the feedback, beside a running service, and its way back."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from service.backup.making import make_backup
from service.backup.manifest import BackupManifest
from service.backup.restoring import restore_backup
from service.cli.context import ERR, OUT, Json, parts_of, print_json
from service.cli.paths import path_named
from service.cli.progress import copying_bar

_COPYING, _RESTORING = "Copying", "Restoring"


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(parser=path_named, metavar="FOLDER", help="The folder to make.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Let it take a former backup's place.")] = False,
    as_json: Json = False,
) -> None:
    """Back up the library and the feedback into a folder.

    Others go on reading and writing meanwhile. API keys are not in it.
    """
    with parts_of(context) as parts, copying_bar(console=ERR, quiet=as_json) as tell:
        manifest = make_backup(parts.database, folder, replace=replace, on_progress=partial(tell, _COPYING))
    if as_json:
        print_json({"folder": str(folder.absolute()), **_facts(manifest)})
    else:
        OUT.print(f"backed up {_told(manifest)} in {folder.absolute()}", markup=False)


def restore(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(parser=path_named, metavar="FOLDER", help="What `byline backup` made.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Let it take the library's place.")] = False,
    as_json: Json = False,
) -> None:
    """Make the library what it was in a backup.

    A service may run meanwhile. Indexes that do not fit are made anew, without running the encoder.
    """
    with parts_of(context) as parts, copying_bar(console=ERR, quiet=as_json) as tell:
        settings = parts.settings
        restored = restore_backup(
            folder,
            parts.database,
            replace=replace,
            wait_seconds=settings.write_wait_seconds,
            plan=parts.plan,
            engine=None if settings.milvus is None else parts.generations_of,
            on_progress=partial(tell, _RESTORING),
        )
    if as_json:
        print_json(
            {"home": str(settings.home.absolute()), "generation": restored.generation, **_facts(restored.manifest)}
        )
        return
    indexes = "the indexes fit" if restored.generation is None else f"made index generation {restored.generation}"
    OUT.print(f"restored {_told(restored.manifest)}; {indexes}", markup=False)


def _told(manifest: BackupManifest) -> str:
    counts = manifest.library.counts
    size = sum(one.size for one in manifest.files.values())
    return (
        f"{counts.articles:,} articles, {counts.revisions:,} revisions, {counts.passages:,} passages and "
        f"{manifest.feedback:,} entries of feedback ({size / 1_000_000:,.1f} MB)"
    )


def _facts(manifest: BackupManifest) -> dict[str, object]:
    contents = manifest.library
    return {
        "made_at": manifest.made_at.isoformat(),
        "commit": contents.commit,
        "articles": contents.counts.articles,
        "revisions": contents.counts.revisions,
        "passages": contents.counts.passages,
        "retired": contents.counts.retired,
        "feedback": manifest.feedback,
        "files": {name: {"sha256": one.sha256, "size": one.size} for name, one in manifest.files.items()},
    }
