"""AWS on this machine: MiniStack as a child process, in an environment of its own."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from paypulse.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHON = Path(__file__).parents[1] / ".venv-ministack" / "bin" / "python"
REGION = "eu-west-1"
ACCOUNT_ID = "000000000000"
_START_LIMIT_S = 30.0
_STOP_LIMIT_S = 30.0


@dataclass(slots=True)
class MiniStack:
    """One instance; its data outlives it under `home`."""

    home: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where it answers; loopback only."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            ConfigurationError: it is not installed, or did not come up; the message names its log.
        """
        if not PYTHON.exists():
            raise ConfigurationError(
                f"MiniStack is not installed in {PYTHON.parents[1]}: make setup"
            )
        (self.home / "tmp").mkdir(parents=True, exist_ok=True)
        self._stop_leftover()
        log = self.home / "ministack.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(PYTHON), "-m", "ministack"],
                env=self._environment(),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours; it stops after the functions have
            )
        self._pid_file.write_text(str(self._process.pid))
        self._wait_until_ready(log)

    def stop(self) -> None:
        """Stop it cleanly: only then does it write its data."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._pid_file.unlink(missing_ok=True)

    @property
    def _pid_file(self) -> Path:
        return self.home / "ministack.pid"

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.home / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.home / "s3"),
            "TMPDIR": str(self.home / "tmp"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def _wait_until_ready(self, log: Path) -> None:
        assert self._process is not None  # noqa: S101 - for mypy; start() has set it
        deadline = time.monotonic() + _START_LIMIT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._is_healthy():
                return
            time.sleep(0.02)
        self.stop()
        raise ConfigurationError(
            f"MiniStack did not come up on port {self.port}; see {log}, or choose another --port"
        )

    def _is_healthy(self) -> bool:
        health = f"{self.url}/_ministack/health"
        try:
            with urllib.request.urlopen(health, timeout=1):  # noqa: S310 - http, loopback
                return True
        except OSError:
            return False

    def _stop_leftover(self) -> None:
        """Stop the instance of a dev stack that was killed and could not stop it."""
        try:
            leftover = psutil.Process(int(self._pid_file.read_text()))
            if "ministack" in leftover.cmdline():
                leftover.terminate()
                leftover.wait(_STOP_LIMIT_S)
        except (OSError, ValueError, psutil.Error):
            return


@cache
def client(service: str, endpoint_url: str, access_key: str = "test", secret: str = "test") -> Any:  # noqa: S107 - MiniStack's own
    """Return a boto3 client for MiniStack."""
    import boto3  # noqa: PLC0415 - 140 ms that `paypulse extract` need not pay
    from botocore.config import Config  # noqa: PLC0415

    make: Any = boto3.client  # the service is not known to the type checker
    return make(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 2}, max_pool_connections=32),
    )


def function_environment(
    name: str,
    values: Mapping[str, str],
    endpoint_url: str,
    access_key: str,
    secret: str,
    *,
    sns_url: str | None = None,
) -> dict[str, str]:
    """Return a function's whole environment: its own variables and what Lambda adds.

    Args:
        sns_url: Where SNS is, if not at the endpoint of everything else.
    """
    return {
        **values,
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ENDPOINT_URL_SNS": sns_url or endpoint_url,
        "POWERTOOLS_SERVICE_NAME": name,
        "PYTHONUTF8": "1",
    }
