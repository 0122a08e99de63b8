"""The executable schema of an API: AppSync's dialect in, graphql-core's schema and tables out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, build_schema, validate_schema

from devstack.appsync.directives import PRELUDE_DIRECTIVES, find_allowed_modes
from devstack.appsync.errors import GatewayConfigError
from devstack.appsync.scalars import SCALAR_NAMES, install_scalars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devstack.appsync.config import ApiConfig, AuthMode, DataSource

PRELUDE = PRELUDE_DIRECTIVES + "".join(f"scalar {name}\n" for name in SCALAR_NAMES)


@dataclass(frozen=True)
class FieldPlan:
    """What happens when a field is resolved."""

    coordinate: str
    allowed: frozenset[AuthMode]
    source: DataSource | None


@dataclass(frozen=True)
class ApiSchema:
    """A schema with what the gateway looks up for every field.

    Args:
        schema: For graphql-core.
        plans: By type name, then field name.
        subscriptions: Subscription fields by the mutation field that feeds them.
    """

    schema: GraphQLSchema
    plans: Mapping[str, Mapping[str, FieldPlan]]
    subscriptions: Mapping[str, tuple[str, ...]]


def build_api_schema(config: ApiConfig) -> ApiSchema:
    """Build the schema that `config.sdl` describes.

    Raises:
        GatewayConfigError: the SDL is invalid, a data source has no field, or `@aws_subscribe`
            names a mutation that does not exist or returns another type.
    """
    try:
        schema = build_schema(PRELUDE + config.sdl)
    except (GraphQLError, TypeError) as error:
        raise GatewayConfigError(f"The SDL cannot be built: {error}") from error
    if problems := validate_schema(schema):
        raise GatewayConfigError(f"The schema is invalid: {problems[0].message}")
    install_scalars(schema)
    return ApiSchema(schema, _make_plans(schema, config), _link_subscriptions(schema))


def _make_plans(schema: GraphQLSchema, config: ApiConfig) -> dict[str, dict[str, FieldPlan]]:
    sources = dict(config.data_sources)
    plans: dict[str, dict[str, FieldPlan]] = {}
    for object_type in schema.type_map.values():
        if not isinstance(object_type, GraphQLObjectType) or object_type.name.startswith("__"):
            continue
        plans[object_type.name] = {
            name: FieldPlan(
                f"{object_type.name}.{name}",
                find_allowed_modes(object_type, name, config.default_mode),
                sources.pop(f"{object_type.name}.{name}", None),
            )
            for name in object_type.fields
        }
    if sources:
        raise GatewayConfigError(f"Data sources without a field: {', '.join(sorted(sources))}.")
    return plans


def _link_subscriptions(schema: GraphQLSchema) -> dict[str, tuple[str, ...]]:
    links: dict[str, tuple[str, ...]] = {}
    if schema.subscription_type is None:
        return links
    mutations = schema.mutation_type.fields if schema.mutation_type else {}
    for name, field in schema.subscription_type.fields.items():
        for mutation in _read_mutations(schema.subscription_type, name):
            if mutation not in mutations:
                raise GatewayConfigError(f"Subscription.{name} follows unknown {mutation!r}.")
            # Recalled of AppSync: both return the same type; nullability may differ.
            if _bare(field.type) != _bare(mutations[mutation].type):
                raise GatewayConfigError(
                    f"Subscription.{name} and Mutation.{mutation} return different types."
                )
            links[mutation] = (*links.get(mutation, ()), name)
    return links


def _read_mutations(subscription: GraphQLObjectType, name: str) -> list[str]:
    node = subscription.fields[name].ast_node
    return [
        value.value
        for directive in (node.directives if node else None) or ()
        if directive.name.value == "aws_subscribe"
        for argument in directive.arguments or ()
        for value in argument.value.values
    ]


def _bare(type_: object) -> str:
    return str(type_).rstrip("!")
