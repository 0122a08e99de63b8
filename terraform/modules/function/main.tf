# A Lambda function with the role and the log group that belong to it.

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:How long logs are kept is the owner's choice, and they may hold traces of persons.
  name              = "/aws/lambda/${var.function.name}"
  retention_in_days = var.function.log_retention_days
  kms_key_id        = var.function.kms_key_arn
}

locals {
  from_image = var.function.image_uri != null
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:Tracing is a feature switch, on by default.
  #checkov:skip=CKV_AWS_116:Asynchronous functions have an on-failure destination, which tells more than a dead letter queue.
  #checkov:skip=CKV_AWS_117:Only AWS's and Google's public endpoints are called; a VPC would add a NAT gateway and nothing else.
  #checkov:skip=CKV_AWS_272:The zips come from this repository's build through a private bucket; nobody else can write there.
  function_name = var.function.name
  description   = var.function.description
  role          = aws_iam_role.this.arn
  architectures = [var.function.architecture]
  timeout       = var.function.timeout_s
  memory_size   = var.function.memory_mb
  kms_key_arn   = var.function.kms_key_arn

  package_type      = local.from_image ? "Image" : "Zip"
  image_uri         = var.function.image_uri
  runtime           = local.from_image ? null : "python3.12"
  handler           = local.from_image ? null : var.function.handler
  layers            = local.from_image ? [] : var.function.layer_arns
  s3_bucket         = local.from_image ? null : var.function.zip.bucket
  s3_key            = local.from_image ? null : var.function.zip.key
  s3_object_version = local.from_image ? null : var.function.zip.version
  source_code_hash  = local.from_image ? null : var.function.zip.sha256

  reserved_concurrent_executions = var.function.reserved_concurrency

  environment {
    variables = merge(var.function.environment, { POWERTOOLS_SERVICE_NAME = var.function.name })
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = var.function.tracing ? "Active" : "PassThrough"
  }

  dynamic "image_config" {
    for_each = local.from_image ? [var.function.handler] : []
    content {
      command = [image_config.value]
    }
  }

  # The first call may come as soon as the function is there.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_lambda_function_event_invoke_config" "this" {
  count = length(var.function.on_failure_arns)

  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = var.function.on_failure_arns[0]
    }
  }

  lifecycle {
    # A function that changes between zip and image is a new one, and loses this.
    replace_triggered_by = [aws_lambda_function.this.package_type]
  }
}
