"""Which authorisation modes reach a field: AppSync's rules for its directives.

* A field without directives takes its type's; a type without any accepts the default mode only.
* A field's directives replace its type's, they do not add to them.
* Nothing cascades: a returned type needs its own annotation.
* A type that carries only other modes is closed to the default mode.

Source:
    https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html ("Using additional
    authorization modes"), aws-appsync-community #214 and #266.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devstack.appsync.config import AuthMode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import DirectiveNode, GraphQLObjectType

PRELUDE_DIRECTIVES = """
directive @aws_api_key on OBJECT | FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_lambda on OBJECT | FIELD_DEFINITION
directive @aws_oidc on OBJECT | FIELD_DEFINITION
directive @aws_cognito_user_pools(cognito_groups: [String]) on OBJECT | FIELD_DEFINITION
directive @aws_auth(cognito_groups: [String]) on OBJECT | FIELD_DEFINITION
directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION
"""

# Modes that the gateway has no door for are still modes: a field that names only them is closed.
_MODES: dict[str, AuthMode | None] = {
    "aws_api_key": AuthMode.API_KEY,
    "aws_iam": AuthMode.AWS_IAM,
    "aws_lambda": AuthMode.AWS_LAMBDA,
    "aws_oidc": None,
    "aws_cognito_user_pools": None,
    "aws_auth": None,
}


def find_allowed_modes(
    object_type: GraphQLObjectType, field_name: str, default: AuthMode
) -> frozenset[AuthMode]:
    """Return the modes that may resolve a field of an object type."""
    nodes = [object_type.ast_node, *object_type.extension_ast_nodes]
    of_type = _read_modes(d for node in nodes if node for d in node.directives or ())
    field_node = object_type.fields[field_name].ast_node
    of_field = _read_modes(field_node.directives or () if field_node else ())
    for modes in (of_field, of_type):
        if modes is not None:
            return modes
    return frozenset({default})


def _read_modes(directives: Iterable[DirectiveNode]) -> frozenset[AuthMode] | None:
    names = {directive.name.value for directive in directives} & _MODES.keys()
    if not names:
        return None
    return frozenset(mode for name in names if (mode := _MODES[name]))
