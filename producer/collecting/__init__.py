"""Posts, comments and profiles from TikTok itself."""
