"""What lies over writing: every kind of artifact, and what becomes of the truth below."""
