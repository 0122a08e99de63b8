locals {
  # The owner's limit is 1,000 requests a second for all; WAF counts over five minutes.
  requests_of_all     = 300000
  requests_of_address = 2000
}

resource "aws_wafv2_web_acl" "api" {
  #checkov:skip=CKV2_AWS_31:Counts and samples tell enough; full logs would hold tokens and addresses of persons.
  count = var.features.firewall ? 1 : 0

  name        = "${var.name_prefix}${local.api.name}"
  description = "Limits how often the API is called."
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "one-address"
    priority = 1

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type = "IP"
        limit              = local.requests_of_address
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "one-address"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "everyone"
    priority = 2

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type = "CONSTANT"
        limit              = local.requests_of_all

        # Every path; a count of everyone needs a statement that says what is counted.
        scope_down_statement {
          byte_match_statement {
            positional_constraint = "STARTS_WITH"
            search_string         = "/"

            field_to_match {
              uri_path {}
            }

            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "everyone"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "known-bad-inputs"
    priority = 3

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
        vendor_name = "AWS"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "known-bad-inputs"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "paypulse-api"
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "api" {
  count = var.features.firewall ? 1 : 0

  resource_arn = aws_appsync_graphql_api.this.arn
  web_acl_arn  = aws_wafv2_web_acl.api[0].arn
}
