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

# documented.json holds what the owner's documents describe, resource by resource.
run "what_the_owner_documents_is_there" {
  command = plan

  assert {
    condition     = length(setsubtract(jsondecode(file("./tests/documented.json")).functions, [for each in module.function : each.name])) == 0
    error_message = "Functions."
  }

  assert {
    condition = alltrue([
      for name, table in jsondecode(file("./tests/documented.json")).tables :
      aws_dynamodb_table.this[name].name == name
      && join(",", compact([aws_dynamodb_table.this[name].hash_key, aws_dynamodb_table.this[name].range_key])) == join(",", table.key)
      && aws_dynamodb_table.this[name].billing_mode == table.billing
      && aws_dynamodb_table.this[name].server_side_encryption[0].enabled
      && aws_dynamodb_table.this[name].point_in_time_recovery[0].enabled
      && aws_dynamodb_table.this[name].stream_enabled == can(table.stream)
      && aws_dynamodb_table.this[name].deletion_protection_enabled
    ])
    error_message = "Names, keys, billing, streams and protection of the twelve tables."
  }

  assert {
    condition = alltrue([
      for name, table in jsondecode(file("./tests/documented.json")).tables :
      aws_dynamodb_table.this[name].stream_view_type == table.stream if can(table.stream)
    ])
    error_message = "What is in the streams."
  }

  assert {
    condition = alltrue(flatten([
      for name, table in jsondecode(file("./tests/documented.json")).tables : [
        for index, key in table.indexes : one([
          for each in aws_dynamodb_table.this[name].global_secondary_index :
          join(",", compact([each.hash_key, each.range_key])) == join(",", key) && each.projection_type == "ALL" if each.name == index
        ])
      ]
    ]))
    error_message = "Indexes."
  }

  assert {
    condition = alltrue([
      for name, table in jsondecode(file("./tests/documented.json")).tables :
      aws_dynamodb_table.this[name].read_capacity == table.capacity && aws_dynamodb_table.this[name].write_capacity == table.capacity
      if can(table.capacity)
    ])
    error_message = "Provisioned capacity."
  }

  assert {
    condition = alltrue([
      for unit in ["Read", "Write"] :
      aws_appautoscaling_target.this["RentalInvoices/${unit}"].resource_id == "table/RentalInvoices"
      && aws_appautoscaling_target.this["RentalInvoices/${unit}"].scalable_dimension == "dynamodb:table:${unit}CapacityUnits"
      && aws_appautoscaling_target.this["RentalInvoices/${unit}"].min_capacity == 1
      && aws_appautoscaling_target.this["RentalInvoices/${unit}"].max_capacity == 10
      && aws_appautoscaling_policy.this["RentalInvoices/${unit}"].name == "DynamoDB${unit}AutoScalingPolicy"
      && alltrue([
        for policy in aws_appautoscaling_policy.this["RentalInvoices/${unit}"].target_tracking_scaling_policy_configuration :
        policy.target_value == 70 && policy.scale_in_cooldown == 60 && policy.scale_out_cooldown == 60
        && policy.predefined_metric_specification[0].predefined_metric_type == "DynamoDB${unit}CapacityUtilization"
      ])
    ])
    error_message = "Autoscaling of RentalInvoices."
  }

  assert {
    condition = alltrue([
      for key, name in jsondecode(file("./tests/documented.json")).buckets :
      aws_s3_bucket.this[key].bucket == name
      && aws_s3_bucket_versioning.this[key].versioning_configuration[0].status == "Enabled"
      && one(aws_s3_bucket_server_side_encryption_configuration.this[key].rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
      && aws_s3_bucket_public_access_block.this[key].block_public_acls
      && aws_s3_bucket_public_access_block.this[key].block_public_policy
      && aws_s3_bucket_public_access_block.this[key].ignore_public_acls
      && aws_s3_bucket_public_access_block.this[key].restrict_public_buckets
    ])
    error_message = "Both buckets: versions, AES-256, no public access."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.this["lambda_functions"].policy).Statement :
      statement.Principal == { Service = "lambda.amazonaws.com" } && statement.Action == "s3:GetObject" && statement.Effect == "Allow"
    ])
    error_message = "Lambda reads the functions' code."
  }

  assert {
    condition = {
      for key, trigger in local.bucket_triggers : trigger.function => [trigger.prefix, trigger.suffix]
      } == {
      for function, filter in jsondecode(file("./tests/documented.json")).bucket_notifications : function => [filter[0], filter[1]]
    }
    error_message = "Which documents start which function."
  }

  assert {
    condition = alltrue([
      for each in aws_s3_bucket_notification.this["invoices"].lambda_function :
      each.events == toset(["s3:ObjectCreated:*"])
      && contains([for filter in values(jsondecode(file("./tests/documented.json")).bucket_notifications) : "${filter[0]}*${filter[1]}"], "${each.filter_prefix}*${each.filter_suffix}")
    ])
    error_message = "Every created object, by the beginning and the end of its key."
  }

  assert {
    condition = alltrue([
      for function, expression in jsondecode(file("./tests/documented.json")).schedules : one([
        for trigger in values(local.schedule_triggers) :
        aws_cloudwatch_event_rule.this[trigger.schedule].schedule_expression == expression if trigger.function == function
      ])
    ])
    error_message = "Both schedules."
  }

  assert {
    condition = toset(keys(local.stream_triggers)) == toset([
      "send_invoice_notification/RentalInvoices", "send_invoice_notification/RetailInvoices", "send_invoice_notification/IngestionRuns",
    ])
    error_message = "What the streams start."
  }

  assert {
    condition = (
      aws_secretsmanager_secret.this["google_client_id"].name == jsondecode(file("./tests/documented.json")).secrets.google_client_id
      && local.secret_names["gmail_grants"] == jsondecode(file("./tests/documented.json")).secrets.gmail_grants
    )
    error_message = "Secrets."
  }

  assert {
    condition = (
      aws_sns_topic.new_invoice.name == jsondecode(file("./tests/documented.json")).topic
      && aws_sns_topic.new_invoice.name == local.manifest.topics.new_invoice.name
      && aws_cognito_identity_pool.this.identity_pool_name == jsondecode(file("./tests/documented.json")).identity_pool
      && aws_cognito_identity_pool.this.allow_unauthenticated_identities
      && aws_appsync_graphql_api.this.name == jsondecode(file("./tests/documented.json")).api
    )
    error_message = "Topic, identity pool and API."
  }

  assert {
    condition = (
      alltrue([for each in module.function : each.log_group_name == "/aws/lambda/${each.name}"])
      && startswith(aws_cloudwatch_log_group.api.name, "/aws/appsync/apis/")
      && aws_ecr_repository.parse_invoice.image_scanning_configuration[0].scan_on_push
      && [for name, each in module.function : each.package_type if name == "parse_invoice"] == ["Zip"]
    )
    error_message = "Log groups, and the repository of parse_invoice's image."
  }
}

run "whoever_operates_it_sees_it" {
  command = plan

  assert {
    condition     = toset([for name in keys(aws_cloudwatch_metric_alarm.this) : split("/", name)[1] if startswith(name, "queue_age/")]) == toset(keys(local.work_queues))
    error_message = "Every queue of work has an alarm on its age."
  }

  assert {
    condition     = toset([for name in keys(aws_cloudwatch_metric_alarm.this) : split("/", name)[1] if startswith(name, "failed/")]) == toset(local.failed_queues)
    error_message = "Every queue of failures has an alarm on what it holds."
  }

  assert {
    condition     = toset([for name in keys(aws_cloudwatch_metric_alarm.this) : split("/", name)[1] if startswith(name, "iterator_age/")]) == toset([for each in values(local.stream_triggers) : each.function])
    error_message = "Every reader of a stream has an alarm on how far it is behind."
  }

  assert {
    condition = alltrue([
      for rule in ["model_tokens", "model_refused"] :
      aws_cloudwatch_metric_alarm.this["${rule}/parse_retail_invoice"].dimensions["service"] == "parse_retail_invoice"
    ])
    error_message = "Gemini's cost and a wrong key are told of by the function that asks it."
  }

  assert {
    condition     = alltrue([for each in aws_cloudwatch_metric_alarm.this : each.alarm_actions == toset([aws_sns_topic.alarms.arn])])
    error_message = "Every alarm tells the topic."
  }

  assert {
    condition = alltrue([
      for name in concat([for each in module.function : each.name], [for queue in local.queues : queue.name], [for table in aws_dynamodb_table.this : table.name]) :
      strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "\"${name}\"")
    ])
    error_message = "Every function, queue and table is on the dashboard."
  }

  assert {
    condition     = alltrue([for metric in ["ModelTokens", "ModelGaveNoReading"] : strcontains(aws_cloudwatch_dashboard.this.dashboard_body, metric)])
    error_message = "So is what Gemini costs."
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
