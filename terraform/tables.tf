locals {
  # Attributes of a table's keys, its own and its indexes'; all of them are strings.
  key_attributes = {
    for name, table in local.manifest.tables : name => toset(flatten([
      table.key, [for index in values(try(table.indexes, {})) : index.key],
    ]))
  }
  autoscaled_tables = { for name, table in local.manifest.tables : name => table if can(table.autoscaling) }
}

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV2_AWS_16:The one table with provisioned capacity is scaled, below.
  for_each = local.manifest.tables

  name                        = lookup(var.names, each.key, "${var.name_prefix}${each.key}")
  billing_mode                = each.value.billing
  read_capacity               = try(each.value.capacity.read, null)
  write_capacity              = try(each.value.capacity.write, null)
  hash_key                    = each.value.key[0]
  range_key                   = try(each.value.key[1], null)
  stream_enabled              = can(each.value.stream)
  stream_view_type            = try(each.value.stream, null)
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = local.key_attributes[each.key]
    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = try(each.value.indexes, {})
    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.key[0]
      range_key       = try(global_secondary_index.value.key[1], null)
      projection_type = try(global_secondary_index.value.projection, "ALL")
      read_capacity   = try(global_secondary_index.value.capacity.read, null)
      write_capacity  = try(global_secondary_index.value.capacity.write, null)
    }
  }

  dynamic "ttl" {
    for_each = can(each.value.ttl) ? [each.value.ttl] : []
    content {
      enabled        = true
      attribute_name = ttl.value
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = local.kms_key_arn
  }

  lifecycle {
    # Autoscaling owns the capacity once the table is there.
    ignore_changes = [read_capacity, write_capacity]
  }
}

locals {
  # "RentalInvoices/Read" and "RentalInvoices/Write".
  scaled_capacities = merge([
    for name, table in local.autoscaled_tables : {
      for unit in ["Read", "Write"] : "${name}/${unit}" => merge(table.autoscaling, { table = name, unit = unit })
    } if var.features.autoscaling
  ]...)
}

resource "aws_appautoscaling_target" "this" {
  for_each = local.scaled_capacities

  service_namespace  = "dynamodb"
  resource_id        = "table/${aws_dynamodb_table.this[each.value.table].name}"
  scalable_dimension = "dynamodb:table:${each.value.unit}CapacityUnits"
  min_capacity       = each.value.min
  max_capacity       = each.value.max
}

resource "aws_appautoscaling_policy" "this" {
  for_each = local.scaled_capacities

  name               = "DynamoDB${each.value.unit}AutoScalingPolicy"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.target_percent
    scale_in_cooldown  = each.value.cooldown_s
    scale_out_cooldown = each.value.cooldown_s

    predefined_metric_specification {
      predefined_metric_type = "DynamoDB${each.value.unit}CapacityUtilization"
    }
  }
}
