"""The smallest service: one aggregate, one table of effects. Chassis tests and benches run on it.

It is no template for real services; those have layers.
"""
