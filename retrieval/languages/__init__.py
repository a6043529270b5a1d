"""What differs by language: stop words, stems, scripts, and which language a text is in."""
