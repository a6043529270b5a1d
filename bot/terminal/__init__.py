"""The terminal: how answers, articles, reports and progress look, and the chat."""
