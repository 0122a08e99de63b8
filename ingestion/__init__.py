"""One module per event-driven Lambda function."""
