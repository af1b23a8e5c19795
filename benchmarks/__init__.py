"""What is claimed in the documents, measured: each benchmark prints a table and writes it, with a picture, to docs/."""
