# The optional key of the account's own. Without it everything is encrypted with AWS's keys.
locals {
  kms_key_arn = var.customer_managed_key ? aws_kms_key.this[0].arn : null

  # Services that encrypt in their own name; everyone else needs a grant of their own role.
  kms_services = [
    "cloudwatch.amazonaws.com", "budgets.amazonaws.com", "logs.${var.region}.amazonaws.com",
    "sns.amazonaws.com",
  ]
}

resource "aws_kms_key" "this" {
  count = var.customer_managed_key ? 1 : 0

  description             = "PayPulse: tables, queues, topics, secrets and logs."
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ManagedThroughIam"
        Effect    = "Allow"
        Action    = "kms:*"
        Resource  = "*"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
      },
      {
        Sid       = "UsedByServices"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:DescribeKey"]
        Resource  = "*"
        Principal = { Service = local.kms_services }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  count = var.customer_managed_key ? 1 : 0

  name          = "alias/${var.name_prefix}paypulse"
  target_key_id = aws_kms_key.this[0].key_id
}
