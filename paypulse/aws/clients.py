"""boto3 clients, made on first use and kept; imported lazily because boto3 alone takes 140 ms."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


def _config(**more: object) -> Config:
    from botocore.config import Config

    # Short enough that a retry still fits into AppSync's 30 s.
    return Config(
        connect_timeout=2,
        read_timeout=8,
        retries={"mode": "standard", "max_attempts": 4},
        **more,  # type: ignore[arg-type]  # botocore checks the names itself
    )


@cache
def dynamodb() -> DynamoDBClient:
    """Return the DynamoDB client."""
    import boto3

    return boto3.client("dynamodb", config=_config())


@cache
def s3() -> S3Client:
    """Return the S3 client; path-style where an endpoint is set, as emulators need it."""
    import boto3

    addressing = {"addressing_style": "auto"}
    return boto3.client("s3", config=_config(s3=addressing, signature_version="s3v4"))


@cache
def sns() -> SNSClient:
    """Return the SNS client."""
    import boto3

    return boto3.client("sns", config=_config())


@cache
def sqs() -> SQSClient:
    """Return the SQS client."""
    import boto3

    return boto3.client("sqs", config=_config())


@cache
def secrets_manager() -> SecretsManagerClient:
    """Return the Secrets Manager client."""
    import boto3

    return boto3.client("secretsmanager", config=_config())
