"""Requests of a person: what is kept of them as somebody who asks and as somebody who is written about, exported or
erased, and kept from coming back."""
