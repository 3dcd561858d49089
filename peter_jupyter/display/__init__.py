"""How Peter's objects look in a notebook and a terminal: HTML, Markdown and text."""
