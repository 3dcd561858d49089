"""What a server did and has, as HTML and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.costs import usd_text
from peter_core.dashboard.problems import Problem
from peter_jupyter.display.markup import Markup, card, escape, foot, page, pill, status
from peter_jupyter.display.reports import problem_items, problems_text
from peter_jupyter.display.values import count_text

if TYPE_CHECKING:
    from peter_jupyter.http.models.dashboard import PublicationAnswer
    from peter_jupyter.remote import Comparison, Sent


def sent_html(sent: Sent) -> str:
    """What a publish to a server did, with its price, its warnings and its page."""
    mark = pill(f"✓ {_did(sent.answer)}", "good")
    items = _items(sent.answer)
    return page(card(status(mark, items), problem_items(_problems(sent)), foot([sent.page])))


def sent_text(sent: Sent) -> str:
    """What a publish to a server did, as text."""
    text = f"{_did(sent.answer)} · {' · '.join(_items(sent.answer))}\n{sent.page}"
    problems = _problems(sent)
    return f"{text}\n{problems_text(problems)}" if problems else text


def comparison_html(comparison: Comparison) -> str:
    """The differences, each with its lines kept."""
    count = count_text(len(comparison.changes), "difference")
    lines = "\n".join(comparison.changes) or "Nothing changes in meaning."
    body = Markup(f'<pre class="pt-source pt-message">{escape(lines)}</pre>')
    return page(card(status(pill(count, "warn"), [comparison.title]), body))


def comparison_text(comparison: Comparison) -> str:
    """The differences as text."""
    lines = comparison.changes or ("nothing changes in meaning",)
    return "\n".join([f"{comparison.title}:", *(f"  {line}" for line in lines)])


def _did(answer: PublicationAnswer) -> str:
    if answer.created:
        return "published, new"
    return "published" if answer.changed else "already published, nothing changed"


def _items(answer: PublicationAnswer) -> list[str]:
    items = [
        f"{answer.slug} @ {answer.revision[:7]}",
        f"{count_text(len(answer.receipts), 'query', 'queries')} verified",
        f"{usd_text(answer.cost_usd)} next load",
    ]
    if answer.cost_usd_month is not None:
        items.append(f"{usd_text(answer.cost_usd_month)} a month")
    return items


def _problems(sent: Sent) -> list[Problem]:
    return [Problem(**item.model_dump()) for item in sent.answer.problems]
