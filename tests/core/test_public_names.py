"""The public names are sorted, complete and load lazily."""

from __future__ import annotations

import peter_core


def test_public_names_are_sorted_and_without_doubles() -> None:
    assert list(peter_core.__all__) == sorted(set(peter_core.__all__))


def test_every_public_name_loads_from_its_module() -> None:
    for name in peter_core.__all__:
        assert getattr(peter_core, name) is not None


def test_every_public_name_says_what_it_is() -> None:
    undocumented = [
        name
        for name in peter_core.__all__
        if name != "__version__" and not (getattr(peter_core, name).__doc__ or "").strip()
    ]
    assert undocumented == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    try:
        peter_core.Piter  # noqa: B018
    except AttributeError as error:
        assert "Piter" in str(error)
    else:
        raise AssertionError("an unknown name was found")
