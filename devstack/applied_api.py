"""An applied API as our gateway needs to know it: asked of AppSync, Lambda and IAM."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from graphql import ObjectTypeDefinitionNode, parse

from devstack.appsync.config import (
    ApiConfig,
    DataSource,
    IamCredential,
    InvocationError,
    LambdaAuthorizerConfig,
    LambdaSource,
    PublishSource,
    SubscribeSource,
)
from devstack.ministack import ACCOUNT_ID, REGION
from devstack.terraform import ROOT

if TYPE_CHECKING:
    from devstack.applied import Applied


@dataclass(frozen=True, slots=True)
class LambdaInvoker:
    """Calls functions where they are deployed; implements the gateway's `Invoker`.

    Args:
        as_api: A Lambda client with the role that AppSync has for its data sources.
        as_service: A Lambda client for the authorizer, which AppSync calls without a role.
        authorizer: The name of the authorizer.
    """

    as_api: Any
    as_service: Any
    authorizer: str

    async def invoke(self, function_name: str, payload: Any, timeout_s: float) -> Any:
        """Return the function's answer; see `devstack.appsync.config.Invoker`."""
        functions = self.as_service if function_name == self.authorizer else self.as_api
        call = asyncio.to_thread(
            functions.invoke, FunctionName=function_name, Payload=json.dumps(payload).encode()
        )
        try:
            answer = await asyncio.wait_for(call, timeout_s)
        except TimeoutError:
            message = f"{function_name} did not answer within {timeout_s:.0f} s"
            raise InvocationError("Lambda:ExecutionTimeoutException", message) from None
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise InvocationError(f"Lambda:{code}", str(error)) from error
        result = json.loads(await asyncio.to_thread(answer["Payload"].read))
        if "FunctionError" in answer:
            raise InvocationError("Lambda:Unhandled", str(result.get("errorMessage")))
        return result


def read_api(system: Applied) -> ApiConfig:
    """Return what AppSync was told by Terraform, for the gateway."""
    appsync, api, api_id = system.client("appsync"), system.api, system.outputs["api_id"]
    schema = appsync.get_introspection_schema(apiId=api_id, format="SDL")["schema"].read()
    authorizer = api["lambdaAuthorizerConfig"]
    credentials = {
        system.function_keys(name).key_id: _iam_credential(system, name, api["arn"])
        for name in system.functions
    }
    return ApiConfig(
        sdl=schema.decode(),
        data_sources=_data_sources(appsync, api_id, _object_types(schema.decode())),
        api_keys={key["id"] for key in appsync.list_api_keys(apiId=api_id)["apiKeys"]},
        authorizer=LambdaAuthorizerConfig(
            _function_name(authorizer["authorizerUri"]),
            authorizer["authorizerResultTtlInSeconds"],
            authorizer["identityValidationExpression"],
        ),
        iam_credentials=credentials.get,
        region=REGION,
        max_depth=api["queryDepthLimit"],
        max_resolvers=api["resolverCountLimit"],
        introspection=api["introspectionConfig"] == "ENABLED",
        api_id=api_id,
        account_id=ACCOUNT_ID,
    )


def _iam_credential(system: Applied, function: str, api_arn: str) -> IamCredential:
    keys = system.function_keys(function)
    policy = system.client("iam").get_role_policy(RoleName=function, PolicyName="grants")
    prefix = f"{api_arn}/types/"
    fields = {
        resource.removeprefix(prefix).replace("/fields/", ".")
        for statement in policy["PolicyDocument"]["Statement"]
        for resource in statement["Resource"]
        if resource.startswith(prefix)
    }
    return IamCredential(
        secret_access_key=keys.secret,
        principal_arn=f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{function}/{function}",
        session_token=keys.token,
        allowed_fields=frozenset(fields),
    )


def _object_types(sdl: str) -> list[str]:
    definitions = parse(sdl).definitions
    return [each.name.value for each in definitions if isinstance(each, ObjectTypeDefinitionNode)]


def _data_sources(appsync: Any, api_id: str, types: list[str]) -> dict[str, DataSource]:
    """Return what answers each field, told from its data source and its code."""
    sources = appsync.list_data_sources(apiId=api_id, maxResults=25)["dataSources"]
    functions = {
        each["name"]: _function_name(each["lambdaConfig"]["lambdaFunctionArn"])
        for each in sources
        if each["type"] == "AWS_LAMBDA"
    }
    resolvers = [
        each
        for type_ in types
        for each in appsync.list_resolvers(apiId=api_id, typeName=type_)["resolvers"]
    ]
    codes = {path.read_text(): path.stem for path in (ROOT / "terraform" / "appsync").glob("*.js")}
    return {
        f"{each['typeName']}.{each['fieldName']}": _data_source(
            codes[each["code"]], functions.get(each["dataSourceName"], ""), each["maxBatchSize"]
        )
        for each in resolvers
    }


def _data_source(code: str, function: str, max_batch_size: int) -> DataSource:
    match code:
        case "publish":
            return PublishSource()
        case "subscribe":
            return SubscribeSource()
        case _:
            return LambdaSource(function, max_batch_size, ends_session=code == "end_session")


def _function_name(arn: str) -> str:
    return arn.rpartition(":")[2]
