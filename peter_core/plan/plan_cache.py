"""Compiled plans, kept until the document, the filter values, the day or a table changes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from peter_core.errors import EngineError, EngineUnavailable
from peter_core.plan.compiler import Limits, compile_plan
from peter_core.plan.filters import resolve_values, today_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.dashboard.loading import Loaded
    from peter_core.engine.port import Engine, TableInfo
    from peter_core.plan.plan import Plan

_Key = tuple[str, str]


class PlanCache:
    """The last ``size`` plans; safe from any thread."""

    def __init__(self, engine: Engine, limits: Limits, *, size: int = 256) -> None:
        self._engine = engine
        self._limits = limits
        self._size = size
        self._lock = Lock()
        self._plans: OrderedDict[_Key, Plan] = OrderedDict()

    def plan(
        self, loaded: Loaded, revision: str, filters: Mapping[str, object] | None = None
    ) -> Plan:
        """The plan of a document at these filter values, compiled now if it is not at hand.

        Raises
        ------
        InvalidRequest
            When a filter value does not fit.
        EngineUnavailable
            When the engine cannot be asked.
        """
        if loaded.dashboard is None:
            raise ValueError("a document with errors has no plan; look at its problems first")
        today = today_in(loaded.dashboard.timezone)
        values = resolve_values(loaded.dashboard, filters, today=today)
        key = (revision, repr(sorted(values.items())))
        with self._lock:
            known = self._plans.get(key)
        if known is not None and not known.problems and self._tables_hold(known):
            return known
        made = compile_plan(
            loaded, revision=revision, engine=self._engine, limits=self._limits, filters=filters
        )
        with self._lock:
            self._plans[key] = made
            self._plans.move_to_end(key)
            while len(self._plans) > self._size:
                self._plans.popitem(last=False)
        return made

    def _tables_hold(self, plan: Plan) -> bool:
        tables: dict[str, TableInfo] = {
            table.id: table for step in plan.steps.values() for table in step.tables
        }
        try:
            return all(self._engine.table(name) == table for name, table in tables.items())
        except EngineUnavailable:
            # What was compiled before still reads the cache.
            return True
        except EngineError:
            return False
