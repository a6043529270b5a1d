"""What the bot remembers on disk."""
