"""Plain Python rules of what the project exists for: posts, keywords, baselines, scores, episodes."""
