"""One module a kind of view; ``peter_core.plan.charts`` chooses among them."""
