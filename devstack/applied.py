"""The real Terraform configuration, applied onto a MiniStack that enforces IAM.

with applied(folder, dist) as system, serving_api(system) as endpoints:
    ...  # endpoints.graphql answers; every function runs from its zip, under its own role

What AppSync does is done by our gateway, which takes the schema, the resolvers and the
authorisation from the applied API. Everything else is MiniStack's.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from devstack.applied_api import LambdaInvoker, read_api
from devstack.appsync.app import create_app as create_gateway
from devstack.build import PYTHON_VERSION
from devstack.certificates import Certificate, find_or_make
from devstack.google.accounts import GoogleAccount
from devstack.google.server import create_app as create_google
from devstack.google_keys import LOCAL_CLIENT_ID, GoogleKeys
from devstack.journey import Endpoints
from devstack.ministack import ACCOUNT_ID, PYTHON, REGION, MiniStack
from devstack.serving import free_port, serving
from devstack.terraform import Terraform
from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_ADMIN = ("paypulse-admin", "only-for-terraform")
# The provider waits 25 s for each queue, so they had better wait together.
_TOGETHER = "-parallelism=16"
# What MiniStack lacks; everything else of the configuration is applied as it is.
VARIABLES = {
    "environment": "ministack",
    "features": {"autoscaling": False, "tracing": False},
    "deletion_protection": False,
    "secret_values": {"google_client_id": LOCAL_CLIENT_ID},
    "apns": {"signing_key": "p8", "key_id": "k", "team_id": "t", "bundle_id": "b"},
}


@dataclass(kw_only=True)
class GuardedMiniStack(MiniStack):
    """MiniStack that checks every call against the caller's policies, and speaks TLS.

    TLS, because the buckets refuse whoever comes without it.
    """

    certificate: Certificate

    @property
    def url(self) -> str:
        """Where it answers; loopback only."""
        return f"https://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it at once: nobody needs its data any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _environment(self) -> dict[str, str]:
        key_id, secret = _ADMIN
        return {
            **super()._environment(),
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": secret,
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(self.certificate.certificate),
            "MINISTACK_SSL_KEY": str(self.certificate.key),
            # Handed on to the functions.
            "AWS_CA_BUNDLE": str(self.certificate.authority),
        }

    def _is_healthy(self) -> bool:
        trusted = ssl.create_default_context(cafile=self.certificate.authority)
        try:
            with urlopen(f"{self.url}/_ministack/health", timeout=1, context=trusted):  # noqa: S310 - https, loopback
                return True
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Keys:
    """AWS credentials."""

    key_id: str
    secret: str
    token: str | None = None


@dataclass(frozen=True)
class Applied:
    """A system that `terraform apply` has made.

    Args:
        aws_url: Where MiniStack answers.
        google_url: Where the Google emulator answers.
        certificate: MiniStack's.
        terraform: The configuration and its state.
    """

    aws_url: str
    google_url: str
    certificate: Certificate
    terraform: Terraform
    _admin: Keys = field(default=Keys(*_ADMIN), repr=False)

    def client(self, service: str, keys: Keys | None = None) -> Any:
        """Return a boto3 client, the administrator's unless other keys are given."""
        import boto3  # noqa: PLC0415 - 140 ms that the other commands need not pay
        from botocore.config import Config  # noqa: PLC0415

        keys = keys or self._admin
        make: Any = boto3.client  # the service is not known to the type checker
        return make(
            service,
            endpoint_url=self.aws_url,
            region_name=REGION,
            aws_access_key_id=keys.key_id,
            aws_secret_access_key=keys.secret,
            aws_session_token=keys.token,
            verify=str(self.certificate.authority),
            config=Config(retries={"max_attempts": 2}, read_timeout=60, max_pool_connections=32),
        )

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """Terraform's outputs."""
        return self.terraform.outputs()

    @cached_property
    def api(self) -> Any:
        """The API, as AppSync describes it."""
        return self.client("appsync").get_graphql_api(apiId=self.outputs["api_id"])["graphqlApi"]

    @cached_property
    def functions(self) -> dict[str, Any]:
        """The deployed functions' configurations, by name."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        return {each["FunctionName"]: each for page in pages for each in page["Functions"]}

    def gateway_keys(self) -> Keys:
        """Return keys with the rights of the role that AppSync has for its data sources.

        Only AppSync may assume the role, so a user gets a copy of its policy.
        """
        iam, role = self.client("iam"), f"{self.api['name']}-invoke"
        policy = iam.get_role_policy(RoleName=role, PolicyName="invoke")["PolicyDocument"]
        iam.create_user(UserName="gateway")
        iam.put_user_policy(
            UserName="gateway", PolicyName="invoke", PolicyDocument=json.dumps(policy)
        )
        key = iam.create_access_key(UserName="gateway")["AccessKey"]
        return Keys(key["AccessKeyId"], key["SecretAccessKey"])

    def function_keys(self, name: str) -> Keys:
        """Return the keys that MiniStack hands a function, which has its role's rights.

        They follow from the two ARNs, and are valid from the function's first call on.
        """
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"
        role = f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"
        digest = hashlib.sha256(f"{function}:{role}".encode()).hexdigest()
        return Keys(
            f"ASIA{digest[:16].upper()}",
            hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
            hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
        )

    def tell_address(self, graphql_url: str) -> None:
        """Point the functions at the gateway; AppSync's own address leads out of this machine."""
        functions = self.client("lambda")
        for name, configuration in self.functions.items():
            variables = configuration["Environment"]["Variables"]
            if "GRAPHQL_URL" in variables:
                changed = {"Variables": {**variables, "GRAPHQL_URL": graphql_url}}
                functions.update_function_configuration(FunctionName=name, Environment=changed)


@contextmanager
def applied(folder: Path, dist: Path, program: str = "terraform") -> Iterator[Applied]:
    """Apply the configuration onto a fresh MiniStack, and let a Google emulator run beside it.

    Args:
        folder: For the state of both.
        dist: What `paypulse build` has made for this machine's processor.
        program: Terraform.

    Raises:
        ConfigurationError: Terraform or MiniStack failed; the message says why.
    """
    _check_interpreter()
    with ExitStack() as exit_stack:
        try:
            system = exit_stack.enter_context(_applied(folder / "first", dist, program))
        except ConfigurationError as error:
            # On a busy machine MiniStack now and then drops a connection after it has done the
            # work; the provider asks again, and is told that what it made exists already. On a
            # fresh MiniStack nothing can, so it says nothing about the configuration.
            if "already exists" not in str(error):
                raise
            system = exit_stack.enter_context(_applied(folder / "second", dist, program))
        yield system


@contextmanager
def _applied(folder: Path, dist: Path, program: str) -> Iterator[Applied]:
    google = GoogleAccount.with_mails("landlady@gmail.example", "1" * 21, LOCAL_CLIENT_ID)
    with ExitStack() as exit_stack:
        certificate = find_or_make((folder / "certificate").resolve())
        aws = GuardedMiniStack(folder / "aws", free_port(), certificate=certificate)
        aws.start()
        exit_stack.callback(aws.stop)
        google_url = exit_stack.enter_context(serving(create_google([google])))
        terraform = Terraform(
            folder / "terraform",
            program,
            {**VARIABLES, "region": REGION, "settings": GoogleKeys().variables(google_url)},
            {
                "AWS_ENDPOINT_URL": aws.url,
                "AWS_ACCESS_KEY_ID": _ADMIN[0],
                "AWS_SECRET_ACCESS_KEY": _ADMIN[1],
                "AWS_CA_BUNDLE": str(certificate.authority),
                # MiniStack's server breaks an HTTP/2 connection off after 1000 requests, which an
                # apply needs by now; an HTTP/1.1 connection it closes politely.
                "GODEBUG": "http2client=0",
            },
        )
        terraform.prepare(dist)
        terraform.run("init", "-input=false")
        terraform.run("apply", "-input=false", "-auto-approve", _TOGETHER)
        yield Applied(aws.url, google_url, certificate, terraform)


@contextmanager
def serving_api(system: Applied) -> Iterator[Endpoints]:
    """Serve the applied API from our gateway."""
    config = read_api(system)
    assert config.authorizer is not None  # noqa: S101 - for mypy; every API of ours has one
    invoker = LambdaInvoker(
        system.client("lambda", system.gateway_keys()),
        system.client("lambda"),
        config.authorizer.function_name,
    )
    with serving(create_gateway(config, invoker)) as url:
        system.tell_address(f"{url}/graphql")
        realtime = f"{url}/graphql".replace("http", "ws", 1)
        (api_key,) = config.api_keys
        yield Endpoints(f"{url}/graphql", realtime, system.google_url, api_key)


def _check_interpreter() -> None:
    """MiniStack runs functions with its own interpreter, which must be like Lambda's."""
    check = f"import sys, boto3; sys.exit(sys.version_info[:2] != {PYTHON_VERSION})"
    if subprocess.run([str(PYTHON), "-c", check], capture_output=True, check=False).returncode:
        version = ".".join(map(str, PYTHON_VERSION))
        raise ConfigurationError(
            f"{PYTHON} must be Python {version} with boto3, as Lambda has it:"
            f" make clean setup PYTHON=python{version}"
        )
