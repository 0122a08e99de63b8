# Code: one zip for each function and the layers, from `make build`.
resource "aws_s3_object" "function" {
  for_each = local.build.functions

  bucket      = aws_s3_bucket.this["lambda_functions"].id
  key         = "functions/${local.functions[each.key].full_name}.zip"
  source      = "${var.build_directory}/${each.value.file}"
  source_hash = each.value.sha256

  # Encryption and versioning are the bucket's, and must be there first.
  depends_on = [
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

resource "aws_s3_object" "layer" {
  for_each = local.build.layers

  bucket      = aws_s3_bucket.this["lambda_functions"].id
  key         = "layers/${var.name_prefix}${each.key}.zip"
  source      = "${var.build_directory}/${each.value.file}"
  source_hash = each.value.sha256

  depends_on = [
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

resource "aws_lambda_layer_version" "this" {
  for_each = local.build.layers

  layer_name               = "${var.name_prefix}paypulse-${each.key}"
  description              = "Packages of requirements/${each.key}.txt."
  s3_bucket                = aws_s3_object.layer[each.key].bucket
  s3_key                   = aws_s3_object.layer[each.key].key
  s3_object_version        = aws_s3_object.layer[each.key].version_id
  source_code_hash         = each.value.sha256
  compatible_runtimes      = ["python3.12"]
  compatible_architectures = [local.build.architecture]
}

locals {
  # The one function that may run from an image instead: its packages are the largest.
  image_uris = { parse_invoice = var.parse_invoice_image_uri }
}

module "function" {
  source   = "./modules/function"
  for_each = local.functions

  function = {
    name         = each.value.full_name
    description  = each.value.description
    handler      = each.value.handler
    timeout_s    = each.value.timeout_s
    memory_mb    = each.value.memory_mb
    architecture = local.build.architecture
    image_uri    = lookup(local.image_uris, each.key, null)
    zip = {
      bucket  = aws_s3_object.function[each.key].bucket
      key     = aws_s3_object.function[each.key].key
      version = aws_s3_object.function[each.key].version_id
      sha256  = local.build.functions[each.key].sha256
    }
    layer_arns           = [for layer in local.build.functions[each.key].layers : aws_lambda_layer_version.this[layer].arn]
    environment          = { for name in each.value.env : name => local.environment[name] }
    statements           = concat(local.grant_statements[each.key], local.trigger_statements[each.key])
    on_failure_arns      = [for queue in compact([each.value.on_failure]) : local.queues[queue].arn]
    log_retention_days   = var.log_retention_days
    reserved_concurrency = lookup(var.reserved_concurrency, each.key, -1)
    tracing              = var.features.tracing
    kms_key_arn          = local.kms_key_arn
  }
}
