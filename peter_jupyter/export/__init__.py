"""A dashboard as files: one HTML page that needs nothing else, its picture, print and drawing."""

from peter_jupyter.export.page import export_html, export_pdf, export_png
from peter_jupyter.export.svg import export_svg, read_artifact

__all__ = ["export_html", "export_pdf", "export_png", "export_svg", "read_artifact"]
