"""What is imported when it is used: the names that a folder's door has, and NumPy.

Most commands need few of them, and `excerpta refresh`, which may run every minute and mostly finds
nothing to do, hardly any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType


def imported_later(door: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return the `__getattr__` (PEP 562) of a folder's door.

    Args:
        door: Name of the folder's package.
        modules: The names, separated by blanks, by the module of the folder that has them.
    """
    places = {name: module for module, names in modules.items() for name in names.split()}

    def find(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module {door!r} has no attribute {name!r}")
        return getattr(import_module(f"{door}.{places[name]}"), name)

    return find


def module_later(name: str) -> ModuleType:
    """Return what stands for a module, and imports it when one of its names is used."""
    return _LaterModule(name)


class _LaterModule(ModuleType):
    def __getattr__(self, name: str) -> object:
        found = getattr(import_module(self.__name__), name)
        # Found at once from now on.
        setattr(self, name, found)
        return found
