"""One module per Lambda function behind AppSync."""
