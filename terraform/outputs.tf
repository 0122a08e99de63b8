output "graphql_url" {
  description = "Where queries and mutations go."
  value       = var.custom_domain == null ? local.graphql_url : "https://${var.custom_domain.name}/graphql"
}

output "realtime_url" {
  description = "Where subscriptions go."
  value       = var.custom_domain == null ? aws_appsync_graphql_api.this.uris["REALTIME"] : "wss://${var.custom_domain.name}/graphql/realtime"
}

output "domain_target" {
  description = "What the DNS record of the custom domain points at; null without one."
  value       = one(aws_appsync_domain_name.this[*].appsync_domain_name)
}

output "api_id" {
  description = "Id of the AppSync API."
  value       = aws_appsync_graphql_api.this.id
}

output "api_key_id" {
  description = "Id of the API key. AppSync's ids are the keys themselves, hence sensitive: terraform output -raw api_key_id."
  value       = split(":", aws_appsync_api_key.this.id)[1]
  sensitive   = true
}

output "identity_pool_id" {
  description = "Cognito identity pool of the app's guests."
  value       = aws_cognito_identity_pool.this.id
}

output "invoices_bucket" {
  description = "Bucket of the documents."
  value       = aws_s3_bucket.this["invoices"].bucket
}

output "notification_topic_arn" {
  description = "SNS topic that tells about new invoices."
  value       = aws_sns_topic.new_invoice.arn
}

output "alarm_topic_arn" {
  description = "SNS topic that alarms go to."
  value       = aws_sns_topic.alarms.arn
}

output "image_repository_url" {
  description = "Where images of parse_invoice are pushed."
  value       = aws_ecr_repository.parse_invoice.repository_url
}

output "failed_queue_urls" {
  description = "Queues that hold what failed for good, by name."
  value       = { for name, queue in aws_sqs_queue.failed : name => queue.url }
}

output "empty_secrets" {
  description = "Names of secrets that have no value yet, for someone to fill in."
  value       = [for key in setsubtract(local.filled_secrets, nonsensitive(keys(var.secret_values))) : local.secret_names[key]]
}
