"""Why a chart cannot be drawn from the result it has."""

from __future__ import annotations


class Undrawable(Exception):  # noqa: N818  # a state of a card, not an error of the program
    """A chart and its result do not fit; the card says so and the others are drawn."""

    def __init__(self, code: str, title: str, detail: str, hint: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.title = title
        self.detail = detail
        self.hint = hint

    def as_dict(self) -> dict[str, str | None]:
        """The problem as the artifact carries it."""
        return {"code": self.code, "title": self.title, "detail": self.detail, "hint": self.hint}
