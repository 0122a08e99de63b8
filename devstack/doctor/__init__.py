"""`paypulse doctor`: can this machine do what PayPulse needs, and what to do where it cannot.

A check returns findings and never raises for what it looks at. Nothing it says holds a key.
"""
