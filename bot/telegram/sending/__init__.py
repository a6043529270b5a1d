"""How messages go out: what is sent, when, and over what."""
