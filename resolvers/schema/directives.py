"""AppSync's directives: who may see a type or field, and which mutations feed a subscription.

They do not cascade: every type that can be reached from a field carries what the field needs.
Without any, the API's default mode applies: AWS_LAMBDA, our access token.
Source: AWS AppSync developer guide, "Configuring authorization and authentication".
"""

from __future__ import annotations

import strawberry
from strawberry.schema_directive import Location

_WHERE = [Location.OBJECT, Location.FIELD_DEFINITION]


@strawberry.schema_directive(locations=_WHERE, name="aws_api_key", print_definition=False)
class AwsApiKey:
    """May be used with the API key: before a session exists."""


@strawberry.schema_directive(locations=_WHERE, name="aws_lambda", print_definition=False)
class AwsLambda:
    """May be used with our access token."""


@strawberry.schema_directive(locations=_WHERE, name="aws_iam", print_definition=False)
class AwsIam:
    """May be used with an AWS signature: by our own functions."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="aws_subscribe", print_definition=False
)
class AwsSubscribe:
    """Delivers what these mutations return."""

    mutations: list[str]


BEFORE_LOG_IN = [AwsApiKey(), AwsLambda()]
PUBLISHED = [AwsIam(), AwsLambda()]
