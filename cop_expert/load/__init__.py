"""The client's tables, settings and ontologies in, templates and given facts out."""
