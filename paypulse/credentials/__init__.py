"""Adapters for passwords (bcrypt) and access tokens (PyJWT)."""
