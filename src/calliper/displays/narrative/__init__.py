"""Sentences made from the study file, the methods and the results; no number is typed that is not looked up."""
