# paypulse/stack.yaml, decoded and brought into the shapes that the other files loop over.
# devstack/manifest.py documents its types and checks it; what that refuses never gets here.
locals {
  manifest = yamldecode(file("${path.module}/../paypulse/stack.yaml"))
  # Written by `make build`: the architecture, and file and hash of every zip and layer.
  build = jsondecode(file("${var.build_directory}/build.json"))

  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  settings   = merge(local.manifest.variables, { invoices_bucket_name = var.invoices_bucket_name }, var.settings)

  # Every property that a function may leave out.
  functions = {
    for name, function in local.manifest.functions : name => merge({
      authorizes_api = false
      fields         = []
      batch_fields   = {}
      triggers       = []
      env            = []
      grants         = {}
      on_failure     = null
      full_name      = lookup(var.names, name, "${var.name_prefix}${name}")
    }, function)
  }

  # ARNs that are needed before the function exists: the API asks for its authorizer's, and the
  # function for the API's address.
  function_arns = {
    for name, function in local.functions :
    name => "arn:${local.partition}:lambda:${var.region}:${local.account_id}:function:${function.full_name}"
  }

  # "function/source" => trigger, one map for each kind.
  triggers = flatten([
    for name, function in local.functions : [
      for trigger in function.triggers : merge({ function = name }, trigger)
    ]
  ])
  queue_triggers    = { for each in local.triggers : "${each.function}/${each.queue}" => each if can(each.queue) }
  stream_triggers   = { for each in local.triggers : "${each.function}/${each.stream}" => each if can(each.stream) }
  schedule_triggers = { for each in local.triggers : "${each.function}/${each.schedule}" => each if can(each.schedule) }
  bucket_triggers   = { for each in local.triggers : "${each.function}/${each.bucket}${each.suffix}" => each if can(each.bucket) }
}

# Values of environment variables: every place that `environment` of the manifest can name.
locals {
  graphql_url = aws_appsync_graphql_api.this.uris["GRAPHQL"]

  references = merge(
    { for key, table in aws_dynamodb_table.this : "table/${key}" => table.name },
    { for key, bucket in aws_s3_bucket.this : "bucket/${key}" => bucket.bucket },
    { for key, queue in local.queues : "queue/${key}" => queue.url },
    { for key, name in local.secret_names : "secret/${key}" => name },
    { for key, arn in local.topic_arns : "topic/${key}" => arn },
    { for key, arn in local.push_applications : "push_application/${key}" => arn == null ? "" : arn },
    { for key, value in local.settings : "variable/${key}" => value },
    { "api/graphql_url" = local.graphql_url },
    { for attribute, tables in local.tables_keyed_by : "keyed_by/${attribute}" => join(",", tables) },
    { for table, details in local.detail_tables : "details_of/${table}" => join(",", details) },
  )

  # Partition key => "Table:SortKey" of every table that has it and a sort key.
  tables_keyed_by = {
    for name, table in local.manifest.tables :
    table.key[0] => "${aws_dynamodb_table.this[name].name}:${table.key[1]}"... if length(table.key) == 2
  }

  # Table => "sub-type:Table" of every table with details of its rows.
  detail_tables = {
    for name, table in local.manifest.tables :
    table.details_of.table => "${table.details_of.sub_type}:${aws_dynamodb_table.this[name].name}"... if can(table.details_of)
  }

  environment = {
    for name, source in local.manifest.environment :
    name => one([for kind, key in source : local.references["${kind}/${key}"]])
  }
}
