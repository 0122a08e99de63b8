"""`paypulse`: the command line of the project."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer

from paypulse.errors import ConfigurationError, PayPulseError

app = typer.Typer(
    name="paypulse",
    help="Rent notices from Gmail, as typed records in a GraphQL API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
schema = typer.Typer(help="The GraphQL contract.", no_args_is_help=True)
app.add_typer(schema, name="schema")
vendors = typer.Typer(help="The shops whose receipts are read.", no_args_is_help=True)
app.add_typer(vendors, name="vendors")

SCHEMA_FILE = Path(__file__).parents[1] / "schema.graphql"

Folder = Annotated[Path, typer.Option(help="Of the files, <category>/<vendor_id>.json.")]
Table = Annotated[str, typer.Option(help="The DynamoDB table.")]
EndpointUrl = Annotated[
    str | None, typer.Option(help="Of DynamoDB, where it is not AWS's: the dev stack's AWS URL.")
]
Region = Annotated[str | None, typer.Option(help="AWS region; else as the AWS CLI finds it.")]
_VENDOR_FOLDER = Path(__file__).parents[1] / "vendor_configs"
_VENDOR_TABLE = "VendorConfig"


@app.command()
def run(
    port: Annotated[int, typer.Option(help="Of the API; AWS and Google take the next two.")] = 4000,
    state: Annotated[
        Path | None,
        typer.Option(help="Where data is kept: .paypulse, or .paypulse-google with a real client."),
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Forget what is there.")] = False,
    mailbox: Annotated[
        Path | None, typer.Option(help="A folder of .eml files instead of the sample mailbox.")
    ] = None,
    tls: Annotated[
        bool, typer.Option("--tls", help="Answer at https and wss, which Amplify needs.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Ingest the mailbox, print what was found, stop.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave .env aside: Google is emulated, no model.")
    ] = False,
) -> None:
    """Start the whole system on this machine and keep it up until Ctrl-C."""
    from devstack import showing  # noqa: PLC0415 - the other commands start without it
    from devstack.google_keys import GoogleKeys, read_keys  # noqa: PLC0415
    from devstack.running import SAMPLE_MAILBOX, Options  # noqa: PLC0415

    keys = GoogleKeys() if offline else read_keys()
    if keys.client and (once or mailbox):
        raise ConfigurationError(
            "--once and --mailbox read mails from a folder, but .env names a real Google client:"
            " add --offline, or take the client out of .env"
        )
    # Samples and a person's own mail are never mixed.
    state = state or Path(".paypulse-google" if keys.client else ".paypulse")
    options = Options(port, state, reset, mailbox or SAMPLE_MAILBOX, tls, keys=keys)
    asyncio.run(showing.run_once(options) if once else showing.run(options))


@app.command()
def demo() -> None:
    """Show the main job once: from a mail in Gmail to a record, a query result and an event."""
    from devstack import showing  # noqa: PLC0415 - as above

    asyncio.run(showing.demo())


@app.command()
def graphiql(
    endpoint: Annotated[str, typer.Option(help="The API's GraphQL URL, as Terraform prints it.")],
    api_key: Annotated[
        str | None,
        typer.Option(help="For logging in; asked for in the page where it is not given."),
    ] = None,
    port: Annotated[int, typer.Option(help="Of the page, on this machine only.")] = 4004,
) -> None:
    """Serve the GraphiQL page for a deployed API."""
    from devstack.graphiql import serving  # noqa: PLC0415 - as above

    serving.serve(endpoint, api_key, port)


@app.command()
def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Ask Google about .env, and Terraform's registry.")
    ] = False,
    endpoint: Annotated[
        str | None, typer.Option(help="Also look at the API with this GraphQL URL.")
    ] = None,
    api_key: Annotated[str | None, typer.Option(help="Of that API.")] = None,
    port: Annotated[int, typer.Option(help="The first of the three that `run` would take.")] = 4000,
    terraform: Annotated[str, typer.Option(help="The program.")] = "terraform",
    as_data: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False,
) -> None:
    """Tell whether this machine can do what PayPulse needs, and what to do where it cannot."""
    try:
        from devstack.doctor.command import Questions, print_findings  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ConfigurationError(
            f".venv is not what requirements/dev.txt says ({error.name} is missing):"
            " rm -f .venv/.ready && make setup"
        ) from None

    questions = Questions(port, online, endpoint, api_key, terraform)
    sys.exit(print_findings(questions, as_data=as_data))


@app.command()
def extract(
    files: Annotated[list[Path], typer.Argument(help="Rent notices (PDF).", metavar="FILE...")],
    output: Annotated[
        Literal["jsonl", "table"],
        typer.Option("--format", help="jsonl: one JSON object a line; table: for people."),
    ] = "jsonl",
) -> None:
    """Read documents and print what they say; every readable file gets an outcome."""
    from devstack import extraction  # noqa: PLC0415 - as above

    sys.exit(extraction.print_all(files, output))


@app.command()
def build(
    architecture: Annotated[
        Literal["arm64", "x86_64"], typer.Option(help="Of the functions.")
    ] = "arm64",
) -> None:
    """Build the functions' zips and layers into dist/."""
    from devstack.build import print_build  # noqa: PLC0415 - as above

    sys.exit(print_build(architecture))


@app.command()
def bench() -> None:
    """Measure the design's budgets and publish them in docs/benchmarks.md."""
    from devstack import bench as measuring  # noqa: PLC0415 - as above

    report = measuring.write_report(measuring.run())
    typer.echo(report.read_text())


@app.command(hidden=True)
def train_samples(file: Path) -> None:
    """Write what `make train` fits the models of words to."""
    from devstack.train_words import write_samples  # noqa: PLC0415 - as above

    write_samples(file)


@app.command()
def accuracy(
    split: Annotated[
        Literal["dev", "held-out", "all"], typer.Option(help="The part of the corpus.")
    ] = "all",
    corpus: Annotated[
        Path | None, typer.Option(help="A folder of mails with labels instead of our own.")
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="List what is wrong in the dev part.")
    ] = False,
    held_out_errors: Annotated[
        bool,
        typer.Option(
            "--show-held-out-errors",
            help="List it for the held-out part too: then it is unseen no longer.",
        ),
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Publish both parts of our own in docs/accuracy.md.")
    ] = False,
) -> None:
    """Compare what is read from labelled mails with their labels."""
    from devstack import accuracy_report as report  # noqa: PLC0415 - as above

    if write:
        typer.echo(f"written: {report.write_report()}")
        return
    shown = report.show(corpus, split, errors=errors, held_out_errors=held_out_errors)
    typer.echo(shown)


@app.command(hidden=True)
def generate() -> None:
    """Write anew what is generated and checked in; `make generate` calls it."""
    from devstack import generated  # noqa: PLC0415 - as above

    typer.echo("written: " + ", ".join(generated.write_all()))


@schema.command("export")
def schema_export(
    documented: Annotated[
        bool, typer.Option("--documented", help="Print it with full descriptions instead.")
    ] = False,
) -> None:
    """Write schema.graphql from resolvers/schema."""
    from resolvers.schema.export import appsync_sdl, documented_sdl  # noqa: PLC0415 - as above

    if documented:
        typer.echo(documented_sdl(), nl=False)
        return
    SCHEMA_FILE.write_text(appsync_sdl())
    typer.echo(f"{SCHEMA_FILE.name} written")


@schema.command("check")
def schema_check() -> None:
    """Fail when schema.graphql is not what resolvers/schema says."""
    from resolvers.schema.export import appsync_sdl  # noqa: PLC0415 - as above

    if SCHEMA_FILE.read_text() != appsync_sdl():
        raise typer.BadParameter("schema.graphql is out of date: run `paypulse schema export`")
    typer.echo("schema.graphql is current")


@vendors.command("check")
def vendors_check(folder: Folder = _VENDOR_FOLDER) -> None:
    """Check every file: its form, its name, and that no two claim the same mail."""
    from devstack import vendor_commands  # noqa: PLC0415 - as above

    sys.exit(vendor_commands.check(folder))


@vendors.command("push")
def vendors_push(
    folder: Folder = _VENDOR_FOLDER,
    table: Table = _VENDOR_TABLE,
    endpoint_url: EndpointUrl = None,
    region: Region = None,
    deactivate_missing: Annotated[
        bool, typer.Option("--deactivate-missing", help="Deactivate rows whose file is gone.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing, tell what would change.")
    ] = False,
) -> None:
    """Bring the files into the table: new ones, changes and deactivations; again is harmless."""
    from devstack import vendor_commands  # noqa: PLC0415 - as above

    store = vendor_commands.open_store(table, endpoint_url, region)
    sys.exit(
        vendor_commands.push(folder, store, deactivate_missing=deactivate_missing, dry_run=dry_run)
    )


@vendors.command("list")
def vendors_list(
    files: Annotated[
        bool, typer.Option("--files", help="What the folder holds instead of the table.")
    ] = False,
    folder: Folder = _VENDOR_FOLDER,
    table: Table = _VENDOR_TABLE,
    endpoint_url: EndpointUrl = None,
    region: Region = None,
) -> None:
    """List what the table holds, also rows that cannot be read."""
    from devstack import vendor_commands  # noqa: PLC0415 - as above

    if files:
        sys.exit(vendor_commands.list_folder(folder))
    sys.exit(vendor_commands.list_table(vendor_commands.open_store(table, endpoint_url, region)))


def main() -> None:
    """Run a command; what we can name is told in a line, without a traceback."""
    try:
        with suppress(KeyboardInterrupt):
            app()
    except PayPulseError as error:
        typer.echo(f"paypulse: {error}", err=True)
        sys.exit(1)
