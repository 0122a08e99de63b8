"""The GraphQL contract, code-first in Strawberry; never imported by a handler."""
