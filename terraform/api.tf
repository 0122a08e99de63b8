locals {
  api = local.manifest.api

  # "Query.me" => what answers it. Fields of objects inside an answer are batched.
  function_resolvers = merge([
    for name, function in local.functions : merge(
      {
        for field in function.fields : field => {
          source     = name
          code       = contains(local.api.ends_session, field) ? "end_session" : "invoke"
          batch_size = 0
        }
      },
      {
        for field, size in function.batch_fields :
        field => { source = name, code = "invoke", batch_size = size }
      },
    )
  ]...)
  resolvers = merge(
    local.function_resolvers,
    { for field in local.api.publish : field => { source = "none", code = "publish", batch_size = 0 } },
    { for field in local.api.subscribe : field => { source = "none", code = "subscribe", batch_size = 0 } },
  )
  fields_claimed = flatten([
    local.api.publish, local.api.subscribe,
    [for function in local.functions : concat(function.fields, keys(function.batch_fields))],
  ])

  api_functions = { for name, function in local.functions : name => function if length(function.fields) + length(function.batch_fields) > 0 }
  introspection = coalesce(var.introspection, local.api.limits.introspection)
}

resource "aws_appsync_graphql_api" "this" {
  #checkov:skip=CKV2_AWS_78:The firewall has the rules for Log4j; the switch hides them from this check.
  name                 = "${var.name_prefix}${local.api.name}"
  schema               = file("${path.module}/../schema.graphql")
  authentication_type  = local.api.default_authentication
  introspection_config = local.introspection ? "ENABLED" : "DISABLED"
  query_depth_limit    = local.api.limits.max_depth
  resolver_count_limit = local.api.limits.max_resolvers
  xray_enabled         = var.features.tracing

  lambda_authorizer_config {
    authorizer_uri                   = local.function_arns[local.api.authorizer.function]
    authorizer_result_ttl_in_seconds = local.api.authorizer.cache_ttl_s
    identity_validation_expression   = local.api.authorizer.token_pattern
  }

  additional_authentication_provider {
    authentication_type = "API_KEY"
  }

  additional_authentication_provider {
    authentication_type = "AWS_IAM"
  }

  log_config {
    cloudwatch_logs_role_arn = aws_iam_role.api_log.arn
    field_log_level          = "ERROR"
    # Requests and answers are persons' invoices: they stay out of the log.
    exclude_verbose_content = true
  }

  lifecycle {
    precondition {
      condition     = length(local.fields_claimed) == length(local.resolvers)
      error_message = "paypulse/stack.yaml gives a field to more than one function: ${join(", ", local.fields_claimed)}."
    }
  }
}

# For what comes before a session. Ends a year after the month of the latest apply, so whoever
# deploys now and then never has to think of it; AWS allows no longer life.
resource "aws_appsync_api_key" "this" {
  api_id      = aws_appsync_graphql_api.this.id
  description = "Sign-up, log-in and renewal of sessions."
  expires     = timeadd(formatdate("YYYY-MM-01'T'00:00:00Z", plantimestamp()), "${24 * 364}h")
}

resource "aws_appsync_datasource" "function" {
  for_each = local.api_functions

  api_id           = aws_appsync_graphql_api.this.id
  name             = each.key
  type             = "AWS_LAMBDA"
  service_role_arn = aws_iam_role.api_invoke.arn

  lambda_config {
    function_arn = module.function[each.key].arn
  }
}

resource "aws_appsync_datasource" "none" {
  api_id = aws_appsync_graphql_api.this.id
  name   = "none"
  type   = "NONE"
}

resource "aws_appsync_resolver" "this" {
  for_each = local.resolvers

  api_id         = aws_appsync_graphql_api.this.id
  type           = split(".", each.key)[0]
  field          = split(".", each.key)[1]
  data_source    = each.value.source == "none" ? aws_appsync_datasource.none.name : aws_appsync_datasource.function[each.value.source].name
  code           = file("${path.module}/appsync/${each.value.code}.js")
  max_batch_size = each.value.batch_size

  runtime {
    name            = "APPSYNC_JS"
    runtime_version = "1.0.0"
  }
}

resource "aws_lambda_permission" "authorizer" {
  for_each = { for name, function in local.functions : name => function if function.authorizes_api }

  function_name = module.function[each.key].name
  action        = "lambda:InvokeFunction"
  principal     = "appsync.amazonaws.com"
  source_arn    = aws_appsync_graphql_api.this.arn
}

locals {
  trust_appsync = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "appsync.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role" "api_invoke" {
  name               = "${var.name_prefix}${local.api.name}-invoke"
  description        = "AppSync calls the functions behind the fields."
  assume_role_policy = local.trust_appsync
}

resource "aws_iam_role_policy" "api_invoke" {
  name = "invoke"
  role = aws_iam_role.api_invoke.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = [for name in keys(local.api_functions) : module.function[name].arn]
    }]
  })
}

resource "aws_iam_role" "api_log" {
  name               = "${var.name_prefix}${local.api.name}-log"
  description        = "AppSync writes its log."
  assume_role_policy = local.trust_appsync
}

resource "aws_iam_role_policy" "api_log" {
  name = "log"
  role = aws_iam_role.api_log.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
      # The star stands for the streams of the API's own log group.
      Resource = "${aws_cloudwatch_log_group.api.arn}:*"
    }]
  })
}

resource "aws_cloudwatch_log_group" "api" {
  #checkov:skip=CKV_AWS_338:How long logs are kept is the owner's choice.
  name              = "/aws/appsync/apis/${aws_appsync_graphql_api.this.id}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
}

resource "aws_appsync_domain_name" "this" {
  count = var.custom_domain == null ? 0 : 1

  domain_name     = var.custom_domain.name
  certificate_arn = var.custom_domain.certificate_arn
  description     = "The API under a name of its own."
}

resource "aws_appsync_domain_name_api_association" "this" {
  count = var.custom_domain == null ? 0 : 1

  api_id      = aws_appsync_graphql_api.this.id
  domain_name = aws_appsync_domain_name.this[0].domain_name
}
