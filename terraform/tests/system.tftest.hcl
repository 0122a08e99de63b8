# What must hold of every plan, whatever the manifest lists. The provider is a stand-in: nothing
# is created and no account is needed. `make build` first: the plan reads dist/build.json.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  secret_values = { google_client_id = "a-client-id" }
}

run "every_function_is_complete" {
  command = plan

  assert {
    condition     = keys(module.function) == keys(local.manifest.functions)
    error_message = "A function of the manifest is missing."
  }

  assert {
    condition     = alltrue([for name, each in module.function : each.role_name == name && each.log_group_name == "/aws/lambda/${name}"])
    error_message = "Every function has a role and a log group of its own name."
  }

  assert {
    condition = alltrue([
      for pair in setproduct(["errors", "throttles"], keys(module.function)) :
      contains(keys(aws_cloudwatch_metric_alarm.this), join("/", pair))
    ])
    error_message = "Every function has alarms for errors and throttles."
  }

  assert {
    condition = alltrue([
      for pair in setproduct(["model_tokens", "model_refused"], local.model_users) :
      contains(keys(aws_cloudwatch_metric_alarm.this), join("/", pair))
    ])
    error_message = "Every function that asks Gemini has alarms for its cost and for a wrong key."
  }
}

run "every_field_has_a_resolver" {
  command = plan

  assert {
    condition = toset(keys(aws_appsync_resolver.this)) == toset(flatten([[
      for type in ["Query", "Mutation", "Subscription"] : [
        for field in regexall("\n  (\\w+)[(:]", regex("(?s)\ntype ${type} \\{.*?\n\\}", file("../schema.graphql"))) :
        "${type}.${field[0]}"
      ]
    ], [for function in local.functions : keys(function.batch_fields)]]))
    error_message = "Fields of schema.graphql and resolvers differ."
  }

  assert {
    condition     = alltrue([for resolver in aws_appsync_resolver.this : resolver.runtime[0].name == "APPSYNC_JS"])
    error_message = "Every resolver runs on APPSYNC_JS."
  }
}

run "no_grant_is_wider_than_it_must_be" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for each in module.function : [for statement in each.statements : [for action in statement.actions : !strcontains(action, "*")]]
    ]))
    error_message = "Actions are named one by one."
  }

  assert {
    condition = alltrue(flatten([
      for each in module.function : [
        for statement in each.statements :
        !contains(statement.resources, "*") || alltrue([for action in statement.actions : startswith(action, "xray:")])
      ]
    ]))
    error_message = "Only X-Ray knows no resources."
  }

  # Keys of objects, streams of a log group, secrets of users, endpoints of devices and their
  # e-mail subscriptions: the kinds of things that nobody can name beforehand.
  assert {
    condition = alltrue(flatten([
      for each in module.function : [
        for statement in each.statements : [
          for resource in statement.resources : anytrue([
            !strcontains(trimsuffix(resource, "*"), "*") && anytrue([
              !endswith(resource, "*"),
              endswith(resource, ":*") && alltrue([for action in statement.actions : startswith(action, "logs:")]),
              endswith(resource, "/*") && alltrue([for action in statement.actions : startswith(action, "s3:")]),
              endswith(resource, "/*") && alltrue([for action in statement.actions : startswith(action, "secretsmanager:")]),
              strcontains(resource, ":endpoint/") && endswith(resource, "/PayPulse/*") && alltrue([for action in statement.actions : startswith(action, "sns:")]),
              strcontains(resource, ":sns:") && endswith(resource, ":*") && alltrue([for action in statement.actions : startswith(action, "sns:")]),
            ]),
            resource == "*",
          ])
        ]
      ]
    ]))
    error_message = "A grant has a wildcard that none of those kinds explains."
  }

  assert {
    condition = alltrue([
      for name, each in module.function :
      contains(flatten([for statement in each.statements : statement.actions]), "dynamodb:Scan")
      == contains(values(try(local.functions[name].grants.tables, {})), "read_whole")
    ])
    error_message = "A table is scanned only where the manifest grants it."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.guest.policy).Statement[0].Action == "sns:CreatePlatformEndpoint" && length(jsondecode(aws_iam_role_policy.guest.policy).Statement) == 1
    error_message = "Guests may create a push endpoint and nothing else."
  }
}

run "archives_have_a_place_and_a_time" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for statement in module.function["export_user_data"].statements : [
        for resource in statement.resources : endswith(resource, "/exports/*")
      ] if contains(statement.actions, "s3:PutObject")
    ]))
    error_message = "Archives are written below exports/, and nothing is written elsewhere."
  }

  assert {
    condition = anytrue([
      for rule in aws_s3_bucket_lifecycle_configuration.this["invoices"].rule :
      rule.filter[0].prefix == "exports/" && rule.expiration[0].days == 1
      && rule.noncurrent_version_expiration[0].noncurrent_days == 1
      if rule.id != "forget"
    ])
    error_message = "Archives and their old versions go after a day."
  }
}

run "names_are_the_documented_ones" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this["invoices"].bucket == "rental-invoices-bucket" && aws_s3_bucket.this["lambda_functions"].bucket == "wallenstam-lambda-bucket"
    error_message = "Buckets."
  }

  assert {
    condition     = aws_dynamodb_table.this["RentalInvoices"].name == "RentalInvoices" && aws_dynamodb_table.this["Users"].name == "Users" && aws_dynamodb_table.this["VendorConfig"].hash_key == "vendor_id"
    error_message = "Tables."
  }

  assert {
    condition = (
      aws_dynamodb_table.this["RentalInvoices"].hash_key == "UserID"
      && aws_dynamodb_table.this["RentalInvoices"].range_key == "InvoiceID"
      && aws_dynamodb_table.this["RentalInvoices"].stream_view_type == "NEW_AND_OLD_IMAGES"
      && anytrue([
        for index in aws_dynamodb_table.this["RentalInvoices"].global_secondary_index :
        index.name == "due_date_year-due_date_month-index" && index.hash_key == "due_date_year" && index.range_key == "due_date_month"
      ])
    )
    error_message = "Keys, stream and index of RentalInvoices."
  }

  assert {
    condition = alltrue([
      for unit in ["Read", "Write"] :
      aws_appautoscaling_target.this["RentalInvoices/${unit}"].resource_id == "table/RentalInvoices"
      && aws_appautoscaling_target.this["RentalInvoices/${unit}"].max_capacity == 10
      && aws_appautoscaling_policy.this["RentalInvoices/${unit}"].name == "DynamoDB${unit}AutoScalingPolicy"
    ])
    error_message = "Autoscaling of RentalInvoices."
  }

  assert {
    condition     = aws_sns_topic.new_invoice.name == "NewInvoiceTopicNotification" && aws_sns_topic.new_invoice.name == local.manifest.topics.new_invoice.name && aws_cognito_identity_pool.this.identity_pool_name == "WallenstamAppIdentityPool"
    error_message = "Topic and identity pool."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this["DailyLambdaTrigger"].schedule_expression == "cron(30 8 ? * MON-FRI *)"
    error_message = "The schedule of weekday mornings."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this["DailyReminderTrigger"].schedule_expression == "cron(0 7 * * ? *)"
    error_message = "The schedule of reminders."
  }

  assert {
    condition     = aws_secretsmanager_secret.this["google_client_id"].name == "Google-OAuth-Client-ID" && aws_secretsmanager_secret.this["gemini_api_key"].name == "gemini-api-key"
    error_message = "Secrets."
  }
}

run "failures_are_kept" {
  command = plan

  assert {
    condition = alltrue(flatten([
      [for mapping in aws_lambda_event_source_mapping.queue : contains(mapping.function_response_types, "ReportBatchItemFailures")],
      [for mapping in aws_lambda_event_source_mapping.stream : contains(mapping.function_response_types, "ReportBatchItemFailures") && mapping.bisect_batch_on_function_error],
    ]))
    error_message = "Batches report what failed."
  }

  assert {
    condition     = alltrue([for name in keys(aws_sqs_queue.failed) : contains(keys(aws_cloudwatch_metric_alarm.this), "failed/${name}")])
    error_message = "Every queue of failures has an alarm."
  }

  assert {
    condition     = alltrue([for permission in aws_lambda_permission.bucket : permission.source_account == "123456789012"])
    error_message = "Only buckets of this account call functions."
  }
}

run "secrets_stay_in_secrets_manager" {
  command = plan

  assert {
    condition     = local.environment["PUSH_APPLICATION"] == "" && local.environment["INVOICE_TOPIC"] == aws_sns_topic.new_invoice.arn
    error_message = "Without Apple's key the functions are told of no platform application."
  }

  assert {
    condition     = !contains(values(local.environment), "a-client-id")
    error_message = "A secret's value is in the environment of functions."
  }

  assert {
    condition     = aws_secretsmanager_secret_version.given["google_client_id"].secret_string == null
    error_message = "A secret's value would be in the state."
  }
}

run "everything_can_be_switched_off" {
  command = plan

  variables {
    name_prefix   = "test-"
    secret_values = {}
    features      = { autoscaling = false, budget = false, firewall = false, tracing = false }
  }

  assert {
    condition     = length(aws_appautoscaling_target.this) + length(aws_wafv2_web_acl.api) + length(aws_budgets_budget.this) == 0
    error_message = "A feature that is off leaves something behind."
  }

  assert {
    condition     = alltrue([for name, each in module.function : each.name == "test-${name}"]) && aws_dynamodb_table.this["Users"].name == "test-Users"
    error_message = "The prefix stands before every name."
  }

  assert {
    condition     = contains(output.empty_secrets, "test-Google-OAuth-Client-ID")
    error_message = "Who deploys is told which secrets are empty."
  }
}

run "a_key_of_ones_own_and_push" {
  command = plan

  variables {
    customer_managed_key = true
    apns                 = { signing_key = "p8", key_id = "k", team_id = "t", bundle_id = "b" }
    alarm_email          = "alarms@example.com"
    custom_domain        = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/c" }
  }

  assert {
    condition     = length(aws_kms_key.this) == 1 && length(aws_sns_platform_application.ios) == 1 && output.graphql_url == "https://api.example.com/graphql"
    error_message = "Options make what they say."
  }

  assert {
    condition     = local.environment["PUSH_APPLICATION"] == local.platform_application_arn
    error_message = "The functions are told of the platform application, and granted the same one."
  }
}

run "one_function_may_run_from_an_image" {
  command = plan

  variables {
    parse_invoice_image_uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/wallenstam/invoice-parser:v1"
  }

  assert {
    condition     = [for name, each in module.function : name if each.package_type == "Image"] == ["parse_invoice"]
    error_message = "The image runs parse_invoice and nothing else."
  }
}

run "a_misspelt_setting_is_refused" {
  command = plan

  variables {
    settings = { time_zome = "Europe/Oslo" }
  }

  expect_failures = [var.settings]
}
