# What the manifest's grants mean in IAM. This table is all that a function can be allowed.
locals {
  actions = {
    tables = {
      read = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]
      read_write = [
        "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem",
        "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
      ]
      # A scan; the manifest allows it for tables without users' rows only.
      read_whole = ["dynamodb:Scan"]
    }
    objects = {
      read       = ["s3:GetObject", "s3:GetObjectVersion"]
      read_write = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
      erase      = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      # Whoever gives links to documents signs them with a right to read of its own.
      read_erase = [
        "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion",
      ]
      # The documents that go into an archive, and the archive for its link.
      export = ["s3:GetObject"]
    }
    # What may be written, where it may not be written everywhere.
    archives = ["s3:AbortMultipartUpload", "s3:PutObject"]
    buckets = {
      # Without it S3 answers "forbidden", not "no such key", for an object that is gone.
      read       = ["s3:ListBucket"]
      read_write = ["s3:ListBucket"]
      erase      = ["s3:ListBucketVersions"]
      read_erase = ["s3:ListBucket", "s3:ListBucketVersions"]
      export     = ["s3:ListBucket"]
    }
    queues = {
      send = ["sqs:SendMessage"]
    }
    secrets = {
      read   = ["secretsmanager:GetSecretValue"]
      update = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
      manage = [
        "secretsmanager:CreateSecret", "secretsmanager:DeleteSecret",
        "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
      ]
    }
    # SNS asks about a subscription's own ARN, or its topic's.
    topics = {
      publish = ["sns:Publish"]
      subscribe = [
        "sns:ListSubscriptionsByTopic", "sns:SetSubscriptionAttributes", "sns:Subscribe",
        "sns:Unsubscribe",
      ]
    }
    # And about an endpoint's own ARN, or its application's.
    push_applications = {
      register = [
        "sns:CreatePlatformEndpoint", "sns:DeleteEndpoint", "sns:GetEndpointAttributes",
        "sns:SetEndpointAttributes",
      ]
      send = ["sns:DeleteEndpoint", "sns:Publish"]
    }
    streams = [
      "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
    ]
    # What an event source mapping does in the function's name, and the function itself when it
    # puts a message off.
    queue_trigger = [
      "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
    ]
  }

  # A secret that the manifest names has one ARN. A family of secrets, such as one for each user,
  # has a prefix: the star stands for the user's id.
  secret_arns = merge(
    { for key, secret in aws_secretsmanager_secret.this : key => secret.arn },
    {
      for key, secret in local.manifest.secrets : key =>
      "arn:${local.partition}:secretsmanager:${var.region}:${local.account_id}:secret:${local.secret_names[key]}*"
      if can(secret.prefix)
    },
  )

  grant_statements = {
    for name, function in local.functions : name => concat(
      [for table, access in try(function.grants.tables, {}) : {
        actions   = local.actions.tables[access]
        resources = [aws_dynamodb_table.this[table].arn]
      }],
      [for table, indexes in try(function.grants.indexes, {}) : {
        actions   = ["dynamodb:Query"]
        resources = [for index in indexes : "${aws_dynamodb_table.this[table].arn}/index/${index}"]
      }],
      # The star stands for the keys of objects.
      [for bucket, access in try(function.grants.buckets, {}) : {
        actions   = local.actions.objects[access]
        resources = ["${aws_s3_bucket.this[bucket].arn}/*"]
      }],
      [for bucket, access in try(function.grants.buckets, {}) : {
        actions   = local.actions.buckets[access]
        resources = [aws_s3_bucket.this[bucket].arn]
      }],
      [for bucket, access in try(function.grants.buckets, {}) : {
        actions   = local.actions.archives
        resources = ["${aws_s3_bucket.this[bucket].arn}/exports/*"]
      } if access == "export"],
      [for queue, access in try(function.grants.queues, {}) : {
        actions   = local.actions.queues[access]
        resources = [local.queues[queue].arn]
      }],
      [for secret, access in try(function.grants.secrets, {}) : {
        actions   = local.actions.secrets[access]
        resources = [local.secret_arns[secret]]
      }],
      [for topic, access in try(function.grants.topics, {}) : {
        actions = local.actions.topics[access]
        # The star stands for the ids of subscriptions.
        resources = access == "publish" ? [local.topic_arns[topic]] : [local.topic_arns[topic], "${local.topic_arns[topic]}:*"]
      }],
      [for application, access in try(function.grants.push_applications, {}) : {
        actions = local.actions.push_applications[access]
        # The star stands for the ids of endpoints.
        resources = [
          local.push_application_arns[application],
          "${replace(local.push_application_arns[application], ":app/", ":endpoint/")}/*",
        ]
      }],
      [for table in try(function.grants.streams, []) : {
        actions   = local.actions.streams
        resources = [aws_dynamodb_table.this[table].stream_arn]
      }],
      [for mutation in try(function.grants.publish, []) : {
        actions   = ["appsync:GraphQL"]
        resources = ["${aws_appsync_graphql_api.this.arn}/types/Mutation/fields/${mutation}"]
      }],
    )
  }

  # What follows from a function's triggers, so that the manifest need not say it twice.
  trigger_statements = {
    for name, function in local.functions : name => concat(
      [for trigger in function.triggers : {
        actions   = local.actions.queue_trigger
        resources = [local.queues[trigger.queue].arn]
      } if can(trigger.queue)],
      [for queue in local.failure_queues[name] : {
        actions   = ["sqs:SendMessage"]
        resources = [local.queues[queue].arn]
      }],
    )
  }

  # Where a function's failures go: those of asynchronous calls and those of its streams.
  failure_queues = {
    for name, function in local.functions : name => distinct(compact(concat(
      [function.on_failure],
      [for trigger in function.triggers : try(trigger.on_failure, null)],
    )))
  }
}
