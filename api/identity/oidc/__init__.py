"""Single sign-on: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636), for any provider.

``provider`` speaks with it, ``proofs`` checks what it signed, ``flow`` is the way of a browser there and back,
``claims`` reads what it says of somebody, ``linking`` finds the person, ``logout`` ends sessions.
"""
