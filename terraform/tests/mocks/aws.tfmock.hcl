# Values in AWS's shapes, for attributes that only AWS knows.
mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_resource "aws_appsync_api_key" {
  defaults = { id = "api:da2-key" }
}

mock_resource "aws_appsync_graphql_api" {
  defaults = {
    arn  = "arn:aws:appsync:eu-west-1:123456789012:apis/api"
    uris = { GRAPHQL = "https://api.example/graphql", REALTIME = "wss://api.example/graphql" }
  }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/a" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:a" }
}

mock_resource "aws_dynamodb_table" {
  defaults = {
    arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/a"
    stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/a/stream/1"
  }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/a" }
}

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/a" }
}

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:a" }
}

mock_resource "aws_lambda_layer_version" {
  defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:layer:a:1" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::a" }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = { arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-123456" }
}

mock_resource "aws_sns_platform_application" {
  defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:app/APNS/PayPulse" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:a" }
}

mock_resource "aws_sqs_queue" {
  defaults = { arn = "arn:aws:sqs:eu-west-1:123456789012:a" }
}

mock_resource "aws_wafv2_web_acl" {
  defaults = { arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/1" }
}
