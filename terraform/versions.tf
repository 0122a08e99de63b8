terraform {
  # 1.11 has write-only arguments: the values of secrets stay out of state and plan.
  required_version = ">= 1.11, < 2"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  # State is a local file until backend.tf says otherwise: copy backend.tf.example.
}
