"""The organisation's directory writes people and groups here: SCIM 2.0 (RFC 7643, RFC 7644).

``schemas`` is what can be written, ``filters`` and ``paths`` read what the directory asks for, ``patch`` applies its
changes to a resource, ``users`` and ``groups`` keep them, ``directory`` is the whole, in transactions and recorded.
"""
