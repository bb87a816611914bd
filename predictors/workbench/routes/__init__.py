"""The addresses of the workbench."""
