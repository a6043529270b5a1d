"""Articles to hits."""
