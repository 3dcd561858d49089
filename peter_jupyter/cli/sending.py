"""Publishing on a server from the command line."""

from __future__ import annotations

from peter_core.errors import InvalidRequest
from peter_jupyter.cli.problem_reports import problems_of
from peter_jupyter.cli.terminal import give, harmless, note, say
from peter_jupyter.cli.work import run
from peter_jupyter.display.server import comparison_text, sent_text
from peter_jupyter.remote import PublishRefused, publish_to


def send(
    file: str,
    text: bytes,
    url: str,
    *,
    if_match: str | None,
    force: bool,
    message: str | None,
    managed: bool,
    as_json: bool,
) -> None:
    """Publish a file's text on the server at an address and print what that did.

    Raises
    ------
    PeterError
        Nothing was published; what others published in the meantime was printed.
    """
    try:
        document = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{file} is not UTF-8 text (byte {error.start}).") from None
    with problems_of(file, text):
        try:
            sent = run(
                f"Publishing {file} to {url}",
                lambda cancel, _: publish_to(
                    url,
                    document,
                    if_match=if_match,
                    force=force,
                    message=message,
                    managed=managed,
                    cancel=cancel,
                ),
            )
        except PublishRefused as refused:
            if refused.comparison is not None:
                note(comparison_text(refused.comparison))
            raise
    if as_json:
        give(harmless(sent.answer.model_dump_json(indent=2)) + "\n")
    else:
        say(sent_text(sent))
