"""The contract as a graphql-core schema, with AppSync's scalars and directives in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import build_schema

from devstack.appsync.schema import PRELUDE
from resolvers.schema.export import documented_sdl

if TYPE_CHECKING:
    from graphql import GraphQLSchema


def build_contract() -> GraphQLSchema:
    """Build the documented schema."""
    return build_schema(PRELUDE + documented_sdl())
