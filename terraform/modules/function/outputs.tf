output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "package_type" {
  description = "Whether the function runs from a zip or from an image."
  value       = aws_lambda_function.this.package_type
}

output "role_name" {
  description = "Name of the function's role."
  value       = aws_iam_role.this.name
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "statements" {
  description = "Everything that the function's role allows."
  value       = local.statements
}
