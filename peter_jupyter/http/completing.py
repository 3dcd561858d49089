"""What may be written at a place of a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.errors import PeterError
from peter_core.sql.completion import complete
from peter_jupyter.http.access import needs
from peter_jupyter.http.models.drafts import CompletionBody, CompletionItem, Completions
from peter_jupyter.http.operations import operation
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from peter_core.service import Peter


class CompleteResource(Resource):
    """Completions for whoever writes a statement."""

    @needs("author")
    @operation("complete_statement", Completions, tag="statements", body=CompletionBody)
    async def post(self) -> None:
        """Tables, columns, parameters, functions and keywords; nothing is run.

        Without a warehouse that can be reached, what needs no table is given all the same.
        """
        asked = self.json_body(CompletionBody)

        def completed(peter: Peter) -> Completions:
            try:
                schema = {table.id: table.schema for table in peter.tables()}
            except PeterError:
                schema = {}
            found = complete(asked.sql, asked.offset, schema=schema, parameters=asked.parameters)
            return Completions(completions=tuple(CompletionItem.model_validate(c) for c in found))

        self.answer(await self.call(completed))
