"""Problems, plans, prices, publications, lists and lineage, as HTML and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.billing import bytes_text
from peter_core.costs import usd_text
from peter_core.plan.words import say, say_count
from peter_jupyter.display.markup import (
    Heading,
    Markup,
    block,
    card,
    fold,
    foot,
    hint,
    note_item,
    note_list,
    page,
    pill,
    source,
    status,
    table,
)
from peter_jupyter.display.values import (
    NULL,
    count_text,
    source_lines,
    type_text,
    value_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peter_core.costs import PlanCost
    from peter_core.dashboard.problems import Problem
    from peter_core.lineage.graph import Graph, Node
    from peter_core.plan.plan import Plan
    from peter_core.service.publishing import Publication

MOST_PROBLEMS = 50


def problems_html(problems: Sequence[Problem], text: str | None = None, name: str = "") -> str:
    """A card of findings, the gravest first, each under its line of ``text`` with a caret."""
    return page(card(problems_status(problems, name), problem_items(problems, text)))


def problems_status(problems: Sequence[Problem], name: str = "") -> Markup:
    """The one line over findings: how many of what."""
    errors = sum(problem.is_error for problem in problems)
    warnings = len(problems) - errors
    counts = [count_text(errors, "error")] if errors else []
    counts += [count_text(warnings, "warning")] if warnings else []
    good = pill("✓ valid", "warn" if warnings else "good")
    mark = pill("✕ not valid", "bad") if errors else good
    return status(mark, [*counts, *([name] if name else [])])


def problem_items(problems: Sequence[Problem], text: str | None = None) -> Markup:
    """The list of findings that stands in a card."""
    ordered = sorted(problems, key=lambda problem: not problem.is_error)
    items = [
        note_item(
            problem.severity,
            _problem_place(problem),
            problem.message,
            hint(problem.hint) + source(text, problem.line, problem.column),
        )
        for problem in ordered[:MOST_PROBLEMS]
    ]
    more = len(ordered) - len(items)
    rest = block(f"… and {count_text(more, 'more finding')}.") if more else Markup("")
    return Markup(note_list(items) + rest)


def problems_text(problems: Sequence[Problem], text: str | None = None) -> str:
    """Findings as text: place, rule, message, hint and the line with a caret under it."""
    if not problems:
        return "No problems."
    lines = []
    for problem in sorted(problems, key=lambda problem: not problem.is_error)[:MOST_PROBLEMS]:
        place = _problem_place(problem)
        said = " ".join(filter(None, [problem.message, problem.hint]))
        lines.append(f"{place + ' ' if place else ''}{problem.severity} {problem.rule}: {said}")
        if text and problem.line:
            found = source_lines(text, problem.line, problem.column) or ()
            lines += [f"    {line}" for line in found]
    if len(problems) > MOST_PROBLEMS:
        lines.append(f"… and {count_text(len(problems) - MOST_PROBLEMS, 'more finding')}.")
    return "\n".join(lines)


def cost_html(cost: PlanCost, title: str = "") -> str:
    """The price of a dashboard before it runs, a step a row."""
    headings = [Heading("Query"), Heading("Used by"), Heading("Reads", numeric=True),
                Heading("Cap", numeric=True), Heading("Cost now", numeric=True)]  # fmt: skip
    rows = [_cost_row(step.key, step.used_by, step.estimated_bytes, step.cap_bytes,
                      "cached" if step.cached else usd_text(step.cost_usd))
            for step in cost.steps]  # fmt: skip
    total = ["Next load", "", bytes_text(cost.estimated_bytes), "", usd_text(cost.cost_usd)]
    return page(
        card(
            status(pill(f"{usd_text(cost.cost_usd)} next load", "info"), cost_items(cost, title)),
            fold("Queries", _cached_note(cost), table(headings, rows, total=total)),
            foot([cost.note]),
        )
    )


def cost_text(cost: PlanCost, title: str = "") -> str:
    """The price of a dashboard as text, a step a line."""
    lines = [f"{usd_text(cost.cost_usd)} next load · {' · '.join(cost_items(cost, title))}"]
    for step in cost.steps:
        price = "cached" if step.cached else usd_text(step.cost_usd)
        reads = "unknown" if step.estimated_bytes is None else bytes_text(step.estimated_bytes)
        lines.append(
            f"  {step.key}: {reads} of cap {bytes_text(step.cap_bytes)}, {price}"
            f" <- {', '.join(step.used_by) or 'nothing'}"
        )
    return "\n".join([*lines, cost.note])


def cost_items(cost: PlanCost, title: str = "") -> list[str]:
    """What stands beside a price: bytes, the month, how much of it is shared or cached."""
    items = [title] if title else []
    items.append(f"reads {bytes_text(cost.estimated_bytes)}")
    if cost.cost_usd_month is not None and cost.refresh_every_s:
        items.append(f"{usd_text(cost.cost_usd_month)} a month, every {_age(cost.refresh_every_s)}")
    items.append(count_text(len(cost.steps), "query", "queries"))
    return items


def plan_html(plan: Plan) -> str:
    """The steps of a plan, what each reads and which charts it feeds."""
    headings = [Heading("Query"), Heading("Used by"), Heading("Reads", numeric=True),
                Heading("Cap", numeric=True), Heading("Tables"), Heading("Columns")]  # fmt: skip
    rows = [
        [
            *_cost_row(
                step.key,
                step.used_by,
                step.estimate.bytes if step.estimate else None,
                step.cap_bytes,
                ", ".join(table_.id for table_ in step.tables) or NULL,
            ),
            ", ".join(f"{c.name} {type_text(c)}" for c in step.columns) or NULL,
        ]
        for step in plan.steps.values()
    ]
    mark = pill("✕ plan with errors", "bad") if _broken(plan) else pill("✓ compiled", "good")
    return page(
        card(
            status(mark, plan_items(plan)),
            problem_items(plan.problems),
            fold("Steps", "each runs once, however many charts share it", table(headings, rows)),
        )
    )


def plan_text(plan: Plan) -> str:
    """A plan as text, a step a line."""
    lines = [f"Plan · {' · '.join(plan_items(plan))}"]
    for step in plan.steps.values():
        reads = bytes_text(step.estimate.bytes) if step.estimate else "unknown"
        columns = ", ".join(f"{c.name} {type_text(c)}" for c in step.columns)
        lines.append(f"  {step.key}: {reads} <- {', '.join(step.used_by) or 'nothing'} ({columns})")
    if plan.problems:
        lines.append(problems_text(plan.problems))
    return "\n".join(lines)


def plan_items(plan: Plan) -> list[str]:
    """What stands in a plan's status line."""
    values = [f"{name} = {_value(value)}" for name, value in plan.values.items()]
    return [plan.dashboard.title, f"@ {plan.revision[:7]}",
            count_text(len(plan.steps), "step"), count_text(len(plan.charts), "chart"),
            f"reads {bytes_text(plan.estimated_bytes)}", *values]  # fmt: skip


def publication_html(publication: Publication) -> str:
    """What a publish did, with its price and its warnings."""
    return page(
        card(
            status(pill(f"✓ {_published(publication)}", "good"), publication_items(publication)),
            problem_items(publication.problems),
            foot([f"%peter open {publication.slug}", publication.cost.note]),
        )
    )


def publication_text(publication: Publication) -> str:
    """What a publish did, as text."""
    text = f"{_published(publication)} · {' · '.join(publication_items(publication))}"
    return f"{text}\n{problems_text(publication.problems)}" if publication.problems else text


def publication_items(publication: Publication) -> list[str]:
    """What stands in a publication's status line."""
    cost = publication.cost
    verified = len(publication.receipts)
    items = [f"{publication.slug} @ {publication.revision[:7]}",
             f"{count_text(verified, 'query', 'queries')} verified",
             f"{usd_text(cost.cost_usd)} next load"]  # fmt: skip
    if cost.cost_usd_month is not None:
        items.append(f"{usd_text(cost.cost_usd_month)} a month")
    return items


def graph_text(graph: Graph) -> str:
    """Lineage as text: ``chart:slug/name <- query:slug/name``."""
    made = made_from(graph)
    lines = [" · ".join([say("Lineage"), *graph_counts(graph)])]
    lines += [
        f"  {node.kind} {node_title(node)}"
        + (f" <- {', '.join(made[node.id])}" if made[node.id] else "")
        for node in ordered_nodes(graph)
    ]
    return "\n".join(lines)


def _problem_place(problem: Problem) -> str:
    place = "" if problem.line is None else str(problem.line)
    if place and problem.column is not None:
        place = f"{place}:{problem.column}"
    return " ".join(filter(None, [place, problem.path]))


def _cost_row(
    key: str, used_by: Iterable[str], reads: int | None, cap: int, last: str
) -> list[str]:
    size = NULL if reads is None else bytes_text(reads)
    return [key, ", ".join(used_by) or NULL, size, bytes_text(cap), last]


def _cached_note(cost: PlanCost) -> str:
    cached = sum(step.cached for step in cost.steps)
    return f"{cached} of {len(cost.steps)} from cache" if cost.steps else ""


def _age(seconds: int) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _broken(plan: Plan) -> bool:
    return any(problem.is_error for problem in plan.problems)


def _value(value: object) -> str:
    if value is None:
        return "all"
    if isinstance(value, tuple):
        return " – ".join(str(item) for item in value)
    return value_text(value if isinstance(value, str | int | float) else str(value))


def _published(publication: Publication) -> str:
    if publication.created:
        return "published, new"
    return "published" if publication.changed else "already published, nothing changed"


_KINDS = ("dashboard", "chart", "query", "table", "column")


def ordered_nodes(graph: Graph) -> list[Node]:
    """From what people see to what it is made of."""
    return sorted(graph.nodes, key=lambda node: _KINDS.index(node.kind))


def made_from(graph: Graph) -> dict[str, list[str]]:
    """The names, by node id, of what each thing is made from."""
    nodes = {node.id: node for node in graph.nodes}
    made: dict[str, dict[str, None]] = {id: {} for id in nodes}
    for edge in graph.edges:
        if edge.kind != "has":
            detail = f" ({edge.detail})" if edge.detail else ""
            made[edge.target][f"{_name(nodes[edge.source])}{detail}"] = None
    return {id: list(names) for id, names in made.items()}


def _name(node: Node) -> str:
    # A bare column name says nothing without its table.
    return node.id.partition(":")[2].replace("/", ".") if node.kind == "column" else node.name


def node_title(node: Node) -> str:
    """A node's name, with its title where it has one."""
    return f"{_name(node)} · {node.title}" if node.title else _name(node)


def node_kind(node: Node) -> str:
    """What a node is, as a heading."""
    match node.kind:
        case "dashboard":
            return say("Dashboard")
        case "chart":
            return say("Chart")
        case "query":
            return say("Query")
        case "table":
            return say("Table")
        case _:
            return say("Column")


def graph_counts(graph: Graph) -> list[str]:
    """How many there are of each kind."""
    counts = {kind: sum(node.kind == kind for node in graph.nodes) for kind in _KINDS}
    return [_count_text(kind, number) for kind, number in counts.items() if number]


def _count_text(kind: str, number: int) -> str:
    match kind:
        case "dashboard":
            return say_count(number, "{n} dashboard", "{n} dashboards")
        case "chart":
            return say_count(number, "{n} chart", "{n} charts")
        case "query":
            return say_count(number, "{n} query", "{n} queries")
        case "table":
            return say_count(number, "{n} table", "{n} tables")
        case _:
            return say_count(number, "{n} column", "{n} columns")
