"""A draft of a claims file from the tables of a paper in HTML, JATS or Word, for a person to complete."""
