"""How fast each part is, beside what people would use instead and beside the physical limit."""
