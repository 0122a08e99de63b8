resource "aws_iam_role" "this" {
  name        = var.function.name
  description = "What ${var.function.name} may do; made from its grants in paypulse/stack.yaml."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

locals {
  always = [{
    # The star stands for the streams of the function's own log group.
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }]
  when_traced = [{
    # X-Ray knows no resources: AWS allows these actions on "*" only.
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"]
  }]
  when_encrypted = [{
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.function.kms_key_arn]
  }]

  statements = concat(
    local.always,
    [for statement in local.when_traced : statement if var.function.tracing],
    [for statement in local.when_encrypted : statement if var.function.kms_key_arn != null],
    var.function.statements,
  )
}

resource "aws_iam_role_policy" "this" {
  name = "grants"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in local.statements : {
      Effect   = "Allow"
      Action   = statement.actions
      Resource = statement.resources
    }]
  })
}
