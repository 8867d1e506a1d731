"""Commands whose help shows a flag as it is written: typer puts `<bool>` behind it, as if it took a value."""

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption


class BareFlagCommand(TyperCommand):
    """A command; `cls=` of typer's decorator takes it."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own types are private
        """All parameters, `--help` among them."""
        return _bare(super().get_params(ctx))


class BareFlagGroup(TyperGroup):
    """A command with others in it; `cls=` of a Typer takes it."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - as above
        """As a command's, and those of completion."""
        return _bare(super().get_params(ctx))


def _bare(parameters: list[Any]) -> list[Any]:
    for one in parameters:
        # a command is asked for its parameters again and again; what is written is the same each time
        if isinstance(one, TyperOption) and one.is_flag:
            one.metavar = ""
    return parameters
