"""Answers, in a terminal and in Telegram."""
