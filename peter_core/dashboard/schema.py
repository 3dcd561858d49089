"""Which model describes which mapping of a document: the models walked along a path."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from pydantic import BaseModel

from peter_core.dashboard.model import Dashboard

if TYPE_CHECKING:
    from peter_core.dashboard.marks import Path
    from peter_core.dashboard.reading import Tree

_FIRST_KEYS: Final = ("type", "query", "title", "label")


class Kinds:
    """The types that may stand at one place of a document; made once for each place."""

    def __init__(self, members: tuple[Any, ...]) -> None:
        self._members = members

    @cached_property
    def _models(self) -> tuple[type[BaseModel], ...]:
        return tuple(m for m in self._members if isinstance(m, type) and issubclass(m, BaseModel))

    @cached_property
    def _by_type(self) -> dict[str, type[BaseModel]]:
        tagged = [model for model in self._models if "type" in model.model_fields]
        return {get_args(m.model_fields["type"].annotation)[0]: m for m in tagged}

    @cached_property
    def _of_list(self) -> Kinds:
        return self._inside(tuple, 0)

    @cached_property
    def _of_names(self) -> Kinds:
        return self._inside(dict, 1)

    def _inside(self, container: type, argument: int) -> Kinds:
        found = [m for m in self._members if getattr(m, "__origin__", None) is container]
        return Kinds(tuple(part for m in found for part in _parts(get_args(m)[argument])))

    def model(self, node: Tree) -> type[BaseModel] | None:
        """The one of the models that the mapping ``node`` is written for, if there are any."""
        models = self._models
        if len(models) < 2 or not isinstance(node, dict):
            return models[0] if models else None
        if self._by_type:
            tag = node.get("type")
            return self._by_type.get(tag) if isinstance(tag, str) else None
        return max(models, key=lambda model: sum(key in node for key in model_keys(model)))

    def below(self, part: str | int, node: Tree) -> Kinds:
        """What may stand at ``part`` of ``node``."""
        if isinstance(part, int):
            return self._of_list
        model = self.model(node)
        return self._of_names if model is None else fields_of(model).get(part, NOTHING)


NOTHING: Final = Kinds(())
ROOT: Final = Kinds((Dashboard,))


def model_at(path: Path, tree: Tree) -> type[BaseModel] | None:
    """The model that describes the mapping at ``path``, ``None`` for lists, names and scalars."""
    kinds, node = ROOT, tree
    for part in path:
        kinds = kinds.below(part, node)
        if isinstance(node, dict):
            node = node.get(part) if isinstance(part, str) else None
        elif isinstance(node, tuple) and isinstance(part, int) and 0 <= part < len(node):
            node = node[part]
        else:
            node = None
    return kinds.model(node)


@lru_cache(maxsize=128)
def model_keys(kind: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a model as documents spell them: what it is, of what, then the model's order."""
    keys = [field.alias or name for name, field in kind.model_fields.items()]
    first = [key for key in _FIRST_KEYS if key in keys] if "type" in keys else []
    return (*first, *(key for key in keys if key not in first))


@lru_cache(maxsize=128)
def fields_of(kind: type[BaseModel]) -> dict[str, Kinds]:
    """What may stand at each key of a model."""
    return {
        field.alias or name: Kinds(_parts(cast("Any", field.annotation)))
        for name, field in kind.model_fields.items()
    }


def _parts(annotation: Any) -> tuple[Any, ...]:
    """The plain types and containers of an annotation, unions and ``Annotated`` taken apart."""
    origin = getattr(annotation, "__origin__", None)
    if hasattr(annotation, "__metadata__"):
        return _parts(origin)
    if isinstance(annotation, type) or origin in (tuple, dict) or str(origin) == "typing.Literal":
        return (annotation,)
    return tuple(m for arg in get_args(annotation) for m in _parts(arg)) or (annotation,)
