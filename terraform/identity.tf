# Guests of the app: they may register a device for push, and nothing else.
resource "aws_cognito_identity_pool" "this" {
  #checkov:skip=CKV_AWS_366:Guests are what the pool is for; their role allows one action on one resource.
  identity_pool_name               = "${var.name_prefix}${var.identity_pool_name}"
  allow_unauthenticated_identities = true
}

resource "aws_iam_role" "guest" {
  name        = "${var.name_prefix}${var.identity_role_name}"
  description = "Guests of the app: may create a push endpoint on our platform application."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "cognito-identity.amazonaws.com" }
      Condition = {
        StringEquals             = { "cognito-identity.amazonaws.com:aud" = aws_cognito_identity_pool.this.id }
        "ForAnyValue:StringLike" = { "cognito-identity.amazonaws.com:amr" = "unauthenticated" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "guest" {
  name = "push-endpoint"
  role = aws_iam_role.guest.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "sns:CreatePlatformEndpoint"
      Resource = local.platform_application_arn
    }]
  })
}

resource "aws_cognito_identity_pool_roles_attachment" "this" {
  identity_pool_id = aws_cognito_identity_pool.this.id
  roles            = { unauthenticated = aws_iam_role.guest.arn }
}
