"""What goes in and out over HTTP, a noun a module; OpenAPI is made from the same classes."""
