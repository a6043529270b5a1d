"""From articles to excerpts; a folder a step, each importing only from those before it.

types, errors, chunking     what passes between the steps; an article cut into chunks
languages -> articles -> index -> questions -> search -> refresh -> doctor
"""
