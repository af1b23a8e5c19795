"""Java dependencies: one TOML of wanted coordinates and one lock with checksums for each set."""
