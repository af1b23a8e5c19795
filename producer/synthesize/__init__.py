"""A made data set in the nested form: seeded, with planted bursts and a truth file."""
