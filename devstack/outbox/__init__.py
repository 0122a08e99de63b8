"""What would leave the machine as pushes and e-mails: SNS in front of MiniStack, and its page."""
