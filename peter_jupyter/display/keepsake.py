"""What a saved notebook keeps of something live: a still, words, and a picture of last resort."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.plan.words import say, speaking
from peter_jupyter.display.artifact import artifact_html, artifact_text
from peter_jupyter.display.bundles import graph_bundle
from peter_jupyter.display.figures import Drawings
from peter_jupyter.display.lineage import graph_svg
from peter_jupyter.display.picture import artifact_picture, svg_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.lineage.graph import Graph
    from peter_core.plan.artifact import Artifact
    from peter_jupyter.display.bundles import Bundle

MOST = 265_000
"""Characters of a still with its picture: a notebook with one dashboard stays below 300 kB."""


@dataclass(frozen=True, slots=True)
class Keepsake:
    """A still in HTML and words, and what stands where neither it nor a live view can be shown.

    ``draw`` gives the picture as a PNG in base64 of at most so many characters, or nothing.
    """

    bundle: Bundle
    told: str
    """What the picture shows."""
    instead: str
    """What stands in the place of the live view."""
    draw: Callable[[int], str | None]

    def picture(self) -> str | None:
        """The picture, where there is room for it beside the still."""
        return self.draw(MOST - len(json.dumps(self.bundle)))


def artifact_keepsake(artifact: Artifact) -> Keepsake:
    """Of a dashboard; its charts are drawn once for the still and the picture."""
    drawings, payload = Drawings(), artifact.payload
    bundle = {
        "text/html": artifact_html(artifact, drawings),
        "text/plain": artifact_text(artifact),
    }
    with speaking(payload.get("locale", "en")):
        told = say("Picture of {name}", name=payload["title"])
        return Keepsake(
            bundle, told, _instead(), lambda room: artifact_picture(artifact, drawings, room)
        )


def graph_keepsake(graph: Graph, language: str = "en") -> Keepsake:
    """Of lineage, for a reader of a language."""

    def draw(room: int) -> str | None:
        with speaking(language):
            svg = graph_svg(graph)
        return svg_picture(svg, room) if svg else None

    with speaking(language):
        told = say("Picture of {name}", name=say("Lineage"))
        return Keepsake(graph_bundle(graph, language), told, _instead(), draw)


def _instead() -> str:
    return say("Live while its kernel runs; above is what it last showed.")
