"""Receipts from order mails: bytes in, typed values with evidence out. No network, no storage."""
