"""DEV ONLY: a small OpenID provider for one computer, built on Authlib.

It hands a token to whoever picks a name from a list. It refuses every address but loopback; never
put it anywhere else. In production any real provider takes its place, by OIDC_ISSUER.
"""
