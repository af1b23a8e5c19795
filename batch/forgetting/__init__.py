"""Taking a person's data out of the tables, the lake and the dead letters."""
