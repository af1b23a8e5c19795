"""The demonstration: the whole pipeline on made data, in a stack of its own."""
