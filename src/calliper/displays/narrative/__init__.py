"""Sentences made from the study file, the methods and the results; every number in them is looked up."""
