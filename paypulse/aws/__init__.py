"""Adapters to AWS services; each translates between our words and one service."""
