"""Running a statement under a cap and saying what came back: payload, profile, checks, receipts."""
