"""The worlds in which the conformance kit reads each kind of source: see ``world.py``."""
