"""The documentation page: the OpenAPI document as HTML, without a script."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Part = dict[str, Any]

_STYLE = """
:root{color-scheme:light dark;background:Canvas;color:CanvasText;
--line:color-mix(in srgb,currentColor 14%,transparent)}
body{font:15px/1.55 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:2rem 1rem 6rem}
h1{margin:0 0 .5rem}h2{margin:2.5rem 0 .5rem;text-transform:capitalize}
h3{margin:1rem 0 .25rem;font-size:.95rem}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{overflow:auto;padding:.75rem;margin:.5rem 0;
background:color-mix(in srgb,currentColor 6%,transparent);border-radius:6px;max-height:24rem}
details{border-top:1px solid var(--line);padding:.5rem 0}
summary{cursor:pointer;overflow-wrap:anywhere}summary b{display:inline-block;min-width:4.2rem}
summary span{opacity:.65;margin-left:.6rem}details>div{padding:.25rem 0 1rem 1.2rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
small{opacity:.65}
"""


def reference_page(document: Part, document_url: str) -> str:
    """The page of a document; every text in it is escaped."""
    info = document["info"]
    about = "".join(f"<p>{_text(part)}</p>" for part in info["description"].split("\n\n"))
    parts = "".join(_section(document, tag["name"], tag["description"]) for tag in document["tags"])
    models = "".join(_model(name, schema) for name, schema in
                     document["components"]["schemas"].items())  # fmt: skip
    title = f"{_text(info['title'])} API {_text(info['version'])}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n{about}\n"
        f'<p><a href="{_text(document_url)}">The OpenAPI 3.1 document</a></p>\n'
        f"{_security(document)}{parts}"
        f'<h2 id="models">Models</h2>\n{models}</main>\n</body>\n</html>\n'
    )


def _security(document: Part) -> str:
    rows = "".join(
        f"<tr><td><code>{_text(name)}</code></td><td>{_text(_scheme(scheme))}</td>"
        f"<td>{_text(scheme.get('description', ''))}</td></tr>"
        for name, scheme in document["components"]["securitySchemes"].items()
    )
    return f"<h2>Authentication</h2>\n<table>{rows}</table>\n"


def _scheme(scheme: Part) -> str:
    if scheme["type"] == "http":
        return "Authorization: Bearer …"
    return f"{scheme['in']} {scheme['name']}"


def _section(document: Part, tag: str, about: str) -> str:
    found = "".join(
        _operation(method, path, said)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
        if tag in said["tags"]
    )
    return f'<h2 id="{_text(tag)}">{_text(tag)}</h2>\n<p>{_text(about)}</p>\n{found}'


def _operation(method: str, path: str, said: Part) -> str:
    words = "".join(f"<p>{_text(part)}</p>" for part in said["description"].split("\n\n"))
    return (
        f'<details id="{_text(said["operationId"])}"><summary><b>{method.upper()}</b>'
        f"<code>{_text(path)}</code><span>{_text(said['summary'])}</span></summary><div>{words}"
        f"{_parameters(said['parameters'])}{_body(said.get('requestBody'))}"
        f"{_responses(said['responses'])}</div></details>\n"
    )


def _parameters(given: list[Part]) -> str:
    if not given:
        return ""
    rows = "".join(
        f"<tr><td><code>{_text(item['name'])}</code><br><small>{_text(item['in'])}"
        f"{', required' if item.get('required') else ''}</small></td>"
        f"<td>{_text(item.get('description', ''))}<br><small>{_text(_kind(item['schema']))}</small>"
        "</td></tr>"
        for item in given
    )
    return f"<h3>Parameters</h3><table>{rows}</table>"


def _body(body: Part | None) -> str:
    if body is None:
        return ""
    return f"<h3>Body</h3>{''.join(_contents(body['content']))}"


def _responses(given: Part) -> str:
    rows = []
    for status, answer in given.items():
        known = answer.get("$ref")
        if known:
            words = f"<small>{_text(known.rpartition('/')[2])}</small>"
        else:
            words = _text(answer["description"]) + "".join(_contents(answer.get("content", {})))
        rows.append(f"<tr><td>{_text(status)}</td><td>{words}</td></tr>")
    return f"<h3>Answers</h3><table>{''.join(rows)}</table>"


def _contents(contents: Part) -> Iterator[str]:
    for kind, media in contents.items():
        yield f"<p><code>{_text(kind)}</code> <small>{_named(media['schema'])}</small></p>"
        for example in media.get("examples", {}).values():
            value = example["value"]
            shown = value if isinstance(value, str) else _json(value)
            yield f"<pre>{_text(shown)}</pre>"


def _model(name: str, schema: Part) -> str:
    return (
        f'<details id="model-{_text(name)}"><summary><code>{_text(name)}</code>'
        f"<span>{_text(schema.get('description', '').partition(chr(10))[0])}</span></summary>"
        f"<div><pre>{_text(_json(schema))}</pre></div></details>\n"
    )


def _named(schema: Part) -> str:
    name = schema.get("$ref", "").rpartition("/")[2]
    return f'<a href="#model-{_text(name)}">{_text(name)}</a>' if name else ""


def _kind(schema: Part) -> str:
    rules = {name: value for name, value in schema.items() if name not in ("examples", "title")}
    return json.dumps(rules, ensure_ascii=False)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _text(value: object) -> str:
    return html.escape(str(value))
