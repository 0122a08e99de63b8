variable "function" {
  description = "One Lambda function: what runs, with what, and what it may do."
  type = object({
    name         = string
    description  = string
    handler      = string
    timeout_s    = number
    memory_mb    = number
    architecture = string
    # An image, when set, runs instead of the zip and its layers.
    image_uri = optional(string)
    zip = object({
      bucket  = string
      key     = string
      version = string
      sha256  = string
    })
    layer_arns  = list(string)
    environment = map(string)
    # The whole of what the function may do, beside writing its log and its traces.
    statements = list(object({
      actions   = list(string)
      resources = list(string)
    }))
    # The queue that learns of asynchronous calls that failed for good: none or one.
    on_failure_arns      = optional(list(string), [])
    log_retention_days   = number
    reserved_concurrency = optional(number, -1)
    tracing              = optional(bool, true)
    kms_key_arn          = optional(string)
  })
}
