# Secrets by name. Their values never reach the state: they are write-only arguments.
locals {
  secret_names = {
    for key, secret in local.manifest.secrets :
    key => "${var.name_prefix}${try(secret.name, secret.prefix)}"
  }
  # The keys that sign access tokens, in the form that paypulse/credentials/access_tokens.py
  # reads; whoever deploys need not think of them.
  signing_keys_secret = "jwt_keys"
  named_secrets       = { for key, secret in local.manifest.secrets : key => secret if can(secret.name) }
  filled_secrets      = setsubtract(keys(local.named_secrets), [local.signing_keys_secret])
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:Google's client id and Gemini's key do not rotate by themselves; docs/deploy.md says how the signing key is changed without logging anyone out.
  for_each = local.named_secrets

  name                    = local.secret_names[each.key]
  kms_key_id              = local.kms_key_arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "signing_keys" {
  secret_id = aws_secretsmanager_secret.this[local.signing_keys_secret].id

  # Written once, when the secret is made: 366 random bits that only Secrets Manager knows. Later
  # keys are added there, in front of this one.
  secret_string_wo = jsonencode({
    keys = [{ kid = "first", key = join("", [uuid(), uuid(), uuid()]) }]
  })
  secret_string_wo_version = 1
}

resource "aws_secretsmanager_secret_version" "given" {
  for_each = nonsensitive(toset(keys(var.secret_values)))

  secret_id        = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo = var.secret_values[each.key]
  # Another value has another number, which is how Terraform learns that it must write again.
  secret_string_wo_version = nonsensitive(parseint(substr(sha256(var.secret_values[each.key]), 0, 6), 16))
}
