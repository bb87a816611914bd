"""Arrays to arrays, texts to texts: no files, no networks."""
