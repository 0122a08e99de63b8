# Images of parse_invoice, for those who run it from one.
resource "aws_ecr_repository" "parse_invoice" {
  #checkov:skip=CKV_AWS_136:Encrypted with the owner's key where one is asked for, with AWS's otherwise.
  name                 = "${var.name_prefix}${var.image_repository_name}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = !var.deletion_protection

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = var.customer_managed_key ? "KMS" : "AES256"
    kms_key         = local.kms_key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "parse_invoice" {
  repository = aws_ecr_repository.parse_invoice.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the ten latest images."
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 10 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_ecr_repository_policy" "parse_invoice" {
  repository = aws_ecr_repository.parse_invoice.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LambdaPullsImages"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Condition = { StringEquals = { "aws:SourceArn" = local.function_arns["parse_invoice"] } }
    }]
  })
}
