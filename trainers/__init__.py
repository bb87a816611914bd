"""Fitting and measuring: one trainer a task."""
