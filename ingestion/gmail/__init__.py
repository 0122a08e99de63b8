"""Gmail over google-api-python-client: search, batch get, tokens, MIME."""
