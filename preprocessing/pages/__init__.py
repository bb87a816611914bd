"""Pages: their description in XML, their lines, their skew."""
