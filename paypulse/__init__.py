"""The domain that every PayPulse function shares; standard library only.

Adapters live in the subpackages `aws`, `google` and `credentials`; nothing here imports them.
"""
