"""The standalone host: ``peter serve``, where people log in with Google."""
