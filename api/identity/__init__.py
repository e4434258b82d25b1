"""Who somebody is: single sign-on (``oidc``), local accounts (``accounts``), the directory (``scim``), sessions.

Whoever came in, by whichever way, holds a session of ``api.tokens``; what they may do is asked of the database at each
request, so that whatever ends a session, a person or a membership holds at the next one.
"""
