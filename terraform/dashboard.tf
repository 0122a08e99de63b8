locals {
  # Rows of the dashboard: title => metrics, each [namespace, metric, dimension, value, …, options].
  dashboard_rows = [
    {
      title = "API: requests, errors, latency"
      metrics = [
        for metric, options in {
          "Requests" = { stat = "Sum" }, "5XXError" = { stat = "Sum" }, "4XXError" = { stat = "Sum" }
          "Latency"  = { stat = "p95", yAxis = "right" }
        } : ["AWS/AppSync", metric, "GraphQLAPIId", aws_appsync_graphql_api.this.id, options]
      ]
    },
    {
      title = "API: live connections and events"
      metrics = [
        for metric in ["ActiveConnections", "ActiveSubscriptions", "PublishDataMessageSuccess", "InboundMessageError"] :
        ["AWS/AppSync", metric, "GraphQLAPIId", aws_appsync_graphql_api.this.id, { stat = "Sum" }]
      ]
    },
    {
      title   = "Functions: calls"
      metrics = [for name, each in module.function : ["AWS/Lambda", "Invocations", "FunctionName", each.name, { stat = "Sum" }]]
    },
    {
      title   = "Functions: errors"
      metrics = [for name, each in module.function : ["AWS/Lambda", "Errors", "FunctionName", each.name, { stat = "Sum" }]]
    },
    {
      title   = "Functions: time (p95)"
      metrics = [for name, each in module.function : ["AWS/Lambda", "Duration", "FunctionName", each.name, { stat = "p95" }]]
    },
    {
      title = "Queues: waiting and failed"
      metrics = [
        for name, queue in local.queues :
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.name, { stat = "Maximum" }]
      ]
    },
    {
      title = "Gemini: tokens used, receipts left without a reading"
      metrics = concat(
        [for name in local.model_users : ["PayPulse", "ModelTokens", "service", module.function[name].name, { stat = "Sum" }]],
        [
          for name in local.model_users : [{
            expression = "SEARCH('{PayPulse,service,reason} MetricName=\"ModelGaveNoReading\" service=\"${module.function[name].name}\"', 'Sum')"
            yAxis      = "right"
          }]
        ],
      )
    },
    {
      title = "Tables: throttled requests"
      metrics = [
        for name, table in aws_dynamodb_table.this :
        ["AWS/DynamoDB", "ReadThrottleEvents", "TableName", table.name, { stat = "Sum" }]
      ]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.name_prefix}PayPulse"

  # Two to a line.
  dashboard_body = jsonencode({
    widgets = [for number, row in local.dashboard_rows : {
      type   = "metric"
      width  = 12
      height = 6
      x      = 12 * (number % 2)
      y      = 6 * floor(number / 2)
      properties = {
        title   = row.title
        region  = var.region
        period  = 300
        view    = "timeSeries"
        metrics = row.metrics
      }
    }]
  })
}
