"""The dashboard document: loading, models, rules, canonical form."""
