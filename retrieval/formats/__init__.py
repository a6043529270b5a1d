"""Formats: from the bytes of a file to the articles in it."""
