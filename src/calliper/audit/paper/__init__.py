"""Can the numbers that a paper prints be true together? It needs no patient data.

    claims.yaml -> load -> checks (one file a kind) -> findings -> told (blocks, JSON)

Every printed number stands for all the values that round to it, and every check works on such limits: a paper is
accused only where no value that it could have printed so would do.
"""
