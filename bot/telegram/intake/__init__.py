"""Where updates come from, and where they stay until they are handled."""
