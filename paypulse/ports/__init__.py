"""What the use cases need from outside, each contract stated once.

Implementations are in `paypulse.aws`, `paypulse.google`, `paypulse.credentials` and
`ingestion`. Unless a method says otherwise: reads are strongly consistent, absence is None, and
every call may raise `TransientError`.
"""
