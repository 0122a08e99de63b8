"""The AppSync gateway of the dev stack: what AWS AppSync does, on one machine.

Start with `devstack.appsync.app.create_app`; `config.py` describes one API. Nothing here knows
PayPulse's functions or fields: the SDL and the data sources come from outside.
"""
