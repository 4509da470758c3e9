"""Runs that were made: read back from their folders, held against each other, made again.

written.py    a report folder as its files say: numbers, methods, manifest
changes.py    two of them: what changed, appeared, vanished, and why as far as the manifests tell
told.py       that in words, and as diff.csv
replay.py     a run made again from its manifest, every output held against its recorded hash
"""
