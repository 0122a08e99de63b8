"""Adapter to Google's OAuth endpoints, light enough for a resolver."""
