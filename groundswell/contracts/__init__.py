"""Topics, tables and schemas, each declared once, with example records."""
