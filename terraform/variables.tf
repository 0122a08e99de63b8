variable "region" {
  description = "AWS region that holds everything."
  type        = string
  default     = "eu-west-1"
}

variable "environment" {
  description = "Name of this deployment, in tags and alarm texts."
  type        = string
  default     = "production"
}

variable "name_prefix" {
  description = "Put before the name of every resource, so that one account can hold several deployments; empty keeps the documented names. Not put before names that have a variable of their own."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([a-z][a-z0-9]{0,10}-)?$", var.name_prefix))
    error_message = "Up to eleven lower-case letters and digits and a hyphen, for example \"test-\"."
  }
}

variable "names" {
  description = "AWS's names of tables and functions, by their key in paypulse/stack.yaml, where the two differ: for what was renamed there and keeps its data, or was in the account before. Take the prefix into account."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.names), concat(keys(local.manifest.tables), keys(local.manifest.functions)))) == 0
    error_message = "Only keys of tables and functions in paypulse/stack.yaml."
  }
}

variable "invoices_bucket_name" {
  description = "Bucket of the documents. Bucket names are unique in the whole of AWS, so expect to choose your own."
  type        = string
  default     = "rental-invoices-bucket"
}

variable "lambda_functions_bucket_name" {
  description = "Bucket of the functions' zips and layers; unique in the whole of AWS as well."
  type        = string
  default     = "wallenstam-lambda-bucket"
}

variable "notification_topic_name" {
  description = "SNS topic that tells about new invoices."
  type        = string
  default     = "NewInvoiceTopicNotification"
}

variable "identity_pool_name" {
  description = "Cognito identity pool of the app's guests."
  type        = string
  default     = "WallenstamAppIdentityPool"
}

variable "identity_role_name" {
  description = "IAM role of the app's guests."
  type        = string
  default     = "WallenstamAppIdentityRole"
}

variable "image_repository_name" {
  description = "ECR repository for the container image of parse_invoice."
  type        = string
  default     = "wallenstam/invoice-parser"
}

variable "parse_invoice_image_uri" {
  description = "Image that runs parse_invoice, with its digest or tag; null runs the zip."
  type        = string
  default     = null
}

variable "settings" {
  description = "Other values for the `variables` of paypulse/stack.yaml, for example { time_zone = \"Europe/Oslo\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.settings), keys(local.manifest.variables))) == 0
    error_message = "Only what paypulse/stack.yaml lists under `variables`: ${join(", ", keys(local.manifest.variables))}."
  }
}

variable "secret_values" {
  description = "Values of secrets by their key in paypulse/stack.yaml, for example { google_client_id = \"…\" }. A secret without one is created empty, for someone to fill in."
  type        = map(string)
  default     = {}
  sensitive   = true

  validation {
    condition     = length(setsubtract(nonsensitive(keys(var.secret_values)), local.filled_secrets)) == 0
    error_message = "Only secrets that paypulse/stack.yaml names and that Terraform does not make itself: ${join(", ", local.filled_secrets)}."
  }
}

variable "build_directory" {
  description = "Where `make build` has put zips, layers and build.json; relative to this folder."
  type        = string
  default     = "../dist"

  validation {
    condition     = fileexists("${var.build_directory}/build.json")
    error_message = "There is no build in ${var.build_directory}: run `make build` first."
  }
}

variable "reserved_concurrency" {
  description = "Concurrent executions kept for a function, and its limit, by function name. None by default: a new account has ten in all."
  type        = map(number)
  default     = {}
}

variable "introspection" {
  description = "Whether clients may ask for the schema; null takes paypulse/stack.yaml's choice."
  type        = bool
  default     = null
}

variable "custom_domain" {
  description = "Domain of the API and its certificate, which must be in us-east-1; null keeps AppSync's own address."
  type = object({
    name            = string
    certificate_arn = string
  })
  default = null
}

variable "apns" {
  description = "Apple's key for push notifications: key file (.p8), key id, team id and the app's bundle id; null leaves push out."
  type = object({
    signing_key = string
    key_id      = string
    team_id     = string
    bundle_id   = string
    sandbox     = optional(bool, false)
  })
  default   = null
  sensitive = true
}

variable "alarm_email" {
  description = "Who is told when an alarm goes off; null tells nobody but the SNS topic."
  type        = string
  default     = null
}

variable "monthly_budget_usd" {
  description = "Cost of a month above which the budget alarm goes off; at 80 % it warns."
  type        = number
  default     = 50
}

variable "model_tokens_alarm" {
  description = "Tokens that all users together may use of Gemini in a day before an alarm goes off; what one user may use is the setting gemini_daily_tokens."
  type        = number
  default     = 5000000
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 90
}

variable "deletion_protection" {
  description = "Whether tables and the API's data withstand `terraform destroy`, and deleted secrets can be restored for 30 days."
  type        = bool
  default     = true
}

variable "point_in_time_recovery" {
  description = "Whether tables can be restored to any second of the last 35 days."
  type        = bool
  default     = true
}

variable "customer_managed_key" {
  description = "Whether data at rest is encrypted with a key of this account's own instead of AWS's."
  type        = bool
  default     = false
}

variable "features" {
  description = "What an emulator or a small account may lack; everything is on by default."
  type = object({
    autoscaling = optional(bool, true)
    budget      = optional(bool, true)
    firewall    = optional(bool, true)
    tracing     = optional(bool, true)
  })
  default  = {}
  nullable = false
}
