"""From files to the posts topic: replay and synthesize."""
