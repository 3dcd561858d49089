"""Where the handlers are mounted; each host brings its own principal."""
