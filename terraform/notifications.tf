resource "aws_sns_topic" "new_invoice" {
  name              = "${var.name_prefix}${var.notification_topic_name}"
  display_name      = "PayPulse"
  kms_master_key_id = coalesce(local.kms_key_arn, "alias/aws/sns")
}

locals {
  apns_platform = try(var.apns.sandbox, false) ? "APNS_SANDBOX" : "APNS"
  # By name, because the guest's role speaks of it whether or not it is there yet.
  platform_application_name = "${var.name_prefix}${local.manifest.push_applications.ios.name}"
  platform_application_arn = join("", [
    "arn:${local.partition}:sns:${var.region}:${local.account_id}:app/",
    "${nonsensitive(local.apns_platform)}/${local.platform_application_name}",
  ])

  topic_arns            = { new_invoice = aws_sns_topic.new_invoice.arn }
  push_application_arns = { ios = local.platform_application_arn }
  # For the functions: empty where there is no key of Apple's, and so no application.
  push_applications = { ios = one(aws_sns_platform_application.ios[*].arn) }
}

resource "aws_sns_platform_application" "ios" {
  count = nonsensitive(var.apns != null) ? 1 : 0

  name                     = local.platform_application_name
  platform                 = nonsensitive(local.apns_platform)
  platform_credential      = var.apns.signing_key
  platform_principal       = var.apns.key_id
  apple_platform_team_id   = var.apns.team_id
  apple_platform_bundle_id = var.apns.bundle_id
}
