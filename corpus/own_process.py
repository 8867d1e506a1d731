"""How modules of this program are run as processes of their own."""

import os
import sys
from collections.abc import Mapping


def module_command(name: str, *arguments: str) -> list[str]:
    """What runs a module. The current folder is not looked through: what lies there is not this program."""
    return [sys.executable, "-P", "-m", name, *arguments]


def module_environment() -> Mapping[str, str]:
    """What the process needs to find the same modules as this one."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
