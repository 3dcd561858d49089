"""What lasts: documents with their revisions, and the ledger of runs, receipts and lineage."""
