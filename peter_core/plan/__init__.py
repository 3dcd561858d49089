"""From a document to steps to run, and from results to the artifact every surface draws."""
