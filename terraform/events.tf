# Queues, and everything that starts a function without someone asking for it.

locals {
  # Queues with a dead letter queue hold work; the others hold what failed, for two weeks.
  work_queues   = { for name, queue in local.manifest.queues : name => queue if can(queue.dead_letter) }
  failed_queues = setsubtract(keys(local.manifest.queues), keys(local.work_queues))
  queues        = merge(aws_sqs_queue.work, aws_sqs_queue.failed)
}

resource "aws_sqs_queue" "work" {
  for_each = local.work_queues

  name                       = "${var.name_prefix}${each.key}"
  visibility_timeout_seconds = each.value.visibility_s
  message_retention_seconds  = 1209600
  sqs_managed_sse_enabled    = var.customer_managed_key ? null : true
  kms_master_key_id          = local.kms_key_arn

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed[each.value.dead_letter].arn
    maxReceiveCount     = each.value.max_receives
  })
}

resource "aws_sqs_queue" "failed" {
  for_each = local.failed_queues

  name                      = "${var.name_prefix}${each.key}"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = var.customer_managed_key ? null : true
  kms_master_key_id         = local.kms_key_arn
}

resource "aws_lambda_event_source_mapping" "queue" {
  for_each = local.queue_triggers

  function_name           = module.function[each.value.function].arn
  event_source_arn        = aws_sqs_queue.work[each.value.queue].arn
  batch_size              = try(each.value.batch_size, 1)
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_lambda_event_source_mapping" "stream" {
  for_each = local.stream_triggers

  function_name    = module.function[each.value.function].arn
  event_source_arn = aws_dynamodb_table.this[each.value.stream].stream_arn
  batch_size       = try(each.value.batch_size, 1)
  # From the oldest record: what happened before the mapping was there is told too.
  starting_position = "TRIM_HORIZON"

  function_response_types        = ["ReportBatchItemFailures"]
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = each.value.max_retries

  destination_config {
    on_failure {
      destination_arn = local.queues[each.value.on_failure].arn
    }
  }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.manifest.schedules

  name                = "${var.name_prefix}${each.key}"
  description         = each.value.description
  schedule_expression = each.value.expression
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.schedule_triggers

  rule      = aws_cloudwatch_event_rule.this[each.value.schedule].name
  target_id = each.value.function
  arn       = module.function[each.value.function].arn
}

resource "aws_lambda_permission" "schedule" {
  for_each = local.schedule_triggers

  function_name = module.function[each.value.function].name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  # The rule's ARN names the account. EventBridge tells no source_account: with one, calls would
  # fail silently (hashicorp/terraform-provider-aws #4116).
  source_arn = aws_cloudwatch_event_rule.this[each.value.schedule].arn
}

resource "aws_lambda_permission" "bucket" {
  for_each = local.bucket_triggers

  # A function that changes between zip and image is a new one, without permissions: the name of
  # the statement changes with it.
  statement_id  = "${replace(each.key, "/[^\\w]/", "-")}-${module.function[each.value.function].package_type}"
  function_name = module.function[each.value.function].name
  action        = "lambda:InvokeFunction"
  principal     = "s3.amazonaws.com"
  source_arn    = aws_s3_bucket.this[each.value.bucket].arn
  # Another account could own a bucket of this name once ours is gone.
  source_account = local.account_id
}

resource "aws_s3_bucket_notification" "this" {
  for_each = toset([for trigger in local.bucket_triggers : trigger.bucket])

  bucket = aws_s3_bucket.this[each.key].id

  dynamic "lambda_function" {
    for_each = { for key, trigger in local.bucket_triggers : key => trigger if trigger.bucket == each.key }
    content {
      lambda_function_arn = module.function[lambda_function.value.function].arn
      events              = ["s3:ObjectCreated:*"]
      filter_prefix       = try(lambda_function.value.prefix, null)
      filter_suffix       = try(lambda_function.value.suffix, null)
    }
  }

  depends_on = [aws_lambda_permission.bucket]
}
