"""The written answer: what a model makes of the excerpts, sentence by sentence."""
