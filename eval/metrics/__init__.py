"""Measures, one idea a module; each gives a value for every question, and nothing that is missing drops out."""
