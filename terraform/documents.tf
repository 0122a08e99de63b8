# The buckets: those of the manifest for documents, and one for the functions' code.
locals {
  bucket_names = merge(
    { for key, bucket in local.manifest.buckets : key => local.settings[bucket.variable] },
    { lambda_functions = var.lambda_functions_bucket_name },
  )
  # A deleted document may have been an accident: its versions stay for so long.
  old_versions_kept_days = 90
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Access is recorded by CloudTrail where the account wants it; server logs would name persons' documents.
  #checkov:skip=CKV_AWS_144:One region; documents can be fetched from Gmail again, code built again.
  #checkov:skip=CKV_AWS_145:AES-256 as documented; links to documents work without rights on a key.
  for_each = local.bucket_names

  bucket        = each.value
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    id     = "forget"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = local.old_versions_kept_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    # Of what has expired, the marker alone is left.
    expiration {
      expired_object_delete_marker = true
    }
  }

  dynamic "rule" {
    for_each = try(local.manifest.buckets[each.key].expires_after_days, {})

    content {
      id     = "expire ${rule.key}"
      status = "Enabled"

      filter {
        prefix = rule.key
      }

      expiration {
        days = rule.value
      }

      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [each.value.arn, "${each.value.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
      each.key == "lambda_functions" ? [{
        Sid       = "LambdaReadsCode"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "s3:GetObject"
        Resource  = ["${each.value.arn}/*"]
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      }] : [],
    )
  })

  # A policy and the block, changed at once, get in each other's way.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
