# One rule for every kind of thing that can go wrong; the manifest says for which things.
locals {
  alarm_rules = {
    errors = {
      namespace = "AWS/Lambda", metric = "Errors", statistic = "Sum", threshold = 0
      text      = "failed; its log says why"
    }
    throttles = {
      namespace = "AWS/Lambda", metric = "Throttles", statistic = "Sum", threshold = 0
      text      = "was called more often than its concurrency allows"
    }
    iterator_age = {
      namespace = "AWS/Lambda", metric = "IteratorAge", statistic = "Maximum", threshold = 60000
      text      = "is more than a minute behind its stream"
    }
    failed = {
      namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum", threshold = 0
      text      = "holds work that failed for good; docs/deploy.md says how to send it again"
    }
    queue_age = {
      namespace = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", statistic = "Maximum", threshold = 3600
      text      = "has work that has waited for more than an hour"
    }
    api_errors = {
      namespace = "AWS/AppSync", metric = "5XXError", statistic = "Sum", threshold = 0
      text      = "failed to answer"
    }
    events_failed = {
      namespace = "AWS/AppSync", metric = "InboundMessageError", statistic = "Sum", threshold = 0
      text      = "could not deliver events, for example because they were too large"
    }
    events_delayed = {
      namespace = "AWS/AppSync", metric = "InboundMessageDelayed", statistic = "Sum", threshold = 0
      text      = "told events late because there were too many"
    }
    events_dropped = {
      namespace = "AWS/AppSync", metric = "InboundMessageDropped", statistic = "Sum", threshold = 0
      text      = "dropped events because there were too many"
    }
    model_tokens = {
      namespace = "PayPulse", metric = "ModelTokens", statistic = "Sum", threshold = var.model_tokens_alarm
      text      = "has used more of Gemini's tokens in a day than model_tokens_alarm", period = 86400
    }
    model_refused = {
      namespace = "PayPulse", metric = "ModelGaveNoReading", statistic = "Sum", threshold = 0
      text      = "was refused by Gemini; check its key and the setting gemini_model"
    }
  }

  # Functions that ask Gemini count under their name what it costs (ingestion/_receipt_models.py).
  model_users    = [for name, function in local.functions : name if contains(function.env, "GEMINI_API_KEY_SECRET")]
  stream_readers = distinct([for trigger in local.stream_triggers : trigger.function])
  api_alarm      = { (local.api.name) = { GraphQLAPIId = aws_appsync_graphql_api.this.id } }

  # What each rule watches: name => dimensions.
  alarm_subjects = {
    errors         = { for name, each in module.function : name => { FunctionName = each.name } }
    throttles      = { for name, each in module.function : name => { FunctionName = each.name } }
    iterator_age   = { for name in local.stream_readers : name => { FunctionName = module.function[name].name } }
    failed         = { for name, each in aws_sqs_queue.failed : name => { QueueName = each.name } }
    queue_age      = { for name, each in aws_sqs_queue.work : name => { QueueName = each.name } }
    api_errors     = local.api_alarm
    events_failed  = local.api_alarm
    events_delayed = local.api_alarm
    events_dropped = local.api_alarm
    model_tokens   = { for name in local.model_users : name => { service = module.function[name].name } }
    model_refused  = { for name in local.model_users : name => { service = module.function[name].name, reason = "REFUSED" } }
  }

  # "errors/login_user" and so on.
  alarms = merge([
    for rule, subjects in local.alarm_subjects : {
      for subject, dimensions in subjects : "${rule}/${subject}" => merge(local.alarm_rules[rule], {
        subject = subject, dimensions = dimensions
      })
    }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name_prefix}paypulse/${each.key}"
  alarm_description   = "${var.environment}: ${each.value.subject} ${each.value.text}."
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = try(each.value.period, 300)
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_sns_topic" "alarms" {
  name         = "${var.name_prefix}paypulse-alarms"
  display_name = "PayPulse alarms"
  # AWS's own key would keep CloudWatch out; alarms hold names and numbers.
  kms_master_key_id = local.kms_key_arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsAndBudgets"
      Effect    = "Allow"
      Principal = { Service = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"] }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_budgets_budget" "this" {
  count = var.features.budget ? 1 : 0

  name         = "${var.name_prefix}paypulse"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }
    content {
      notification_type         = notification.key
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      comparison_operator       = "GREATER_THAN"
      subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
    }
  }

  depends_on = [aws_sns_topic_policy.alarms]
}
