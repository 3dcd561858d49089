"""Results that were paid for once: keys, sealed values, tiers, freshness, single flight."""
