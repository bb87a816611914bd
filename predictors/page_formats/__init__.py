"""The formats that pages are written in: one function each, ``write(page, path without suffix) -> the file``."""
