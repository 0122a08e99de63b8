"""The root types; every field is answered by the function that stack.yaml names for it."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.schema.accounts import (
    ChangePasswordInput,
    ChangePasswordPayload,
    ConnectGmailInput,
    ConnectGmailPayload,
    DeleteUserInput,
    DeleteUserPayload,
    DisconnectGmailInput,
    DisconnectGmailPayload,
    LogInInput,
    LogOutInput,
    LogOutPayload,
    RefreshSessionInput,
    SessionPayload,
    SignUpInput,
    UpdateIngestionSettingsInput,
    UpdateIngestionSettingsPayload,
    User,
)
from resolvers.schema.data_export import DataExport, ExportMyDataInput, ExportMyDataPayload
from resolvers.schema.devices import (
    RegisterDeviceInput,
    RegisterDevicePayload,
    UnregisterDeviceInput,
    UnregisterDevicePayload,
    UpdateNotificationSettingsInput,
    UpdateNotificationSettingsPayload,
)
from resolvers.schema.directives import AwsApiKey, AwsIam, AwsSubscribe
from resolvers.schema.events import (
    IngestionEvent,
    InvoiceEvent,
    PublishIngestionEventInput,
    PublishInvoiceEventInput,
)
from resolvers.schema.fields import answered_by_function, argument
from resolvers.schema.ingestion import (
    BackfillInvoicesInput,
    FailedDocumentConnection,
    IngestionPayload,
    IngestionRun,
    IngestionRunConnection,
    IngestLatestRentalInvoiceInput,
    IngestRentalInvoicesInput,
    IngestRetailInvoicesInput,
)
from resolvers.schema.rental import (
    RentalInvoice,
    RentalInvoiceConnection,
    RentalInvoiceFilter,
    RentalInvoiceYear,
)
from resolvers.schema.retail import (
    AddInvoiceInput,
    AddInvoicePayload,
    CategoryCount,
    CorrectInvoiceInput,
    CorrectInvoicePayload,
    DeleteInvoiceInput,
    DeleteInvoicePayload,
    ReparseInvoiceInput,
    ReparseInvoicePayload,
    RetailInvoice,
    RetailInvoiceConnection,
    RetailInvoiceFilter,
)
from resolvers.schema.scalars import SCALARS
from resolvers.schema.spending import SpendingFilter, SpendingPeriod
from resolvers.schema.vendors import Vendor, VendorFilter

First = Annotated[int | None, argument("How many at most, 1 to 100.")]
After = Annotated[str | None, argument("The `endCursor` of the page before.")]
Id = Annotated[strawberry.ID, argument("Which one.")]
_INPUT = argument("What to do.")


@strawberry.type(description="What can be asked.")
class Query:
    @strawberry.field(description="The caller.")
    def me(self) -> User | None:
        return answered_by_function()

    @strawberry.field(description="Rental invoices, latest due date first.")
    def rental_invoices(
        self,
        first: First = 24,
        after: After = strawberry.UNSET,
        filter: Annotated[  # noqa: A002 - the contract's word
            RentalInvoiceFilter | None, argument("Which ones.")
        ] = strawberry.UNSET,
    ) -> RentalInvoiceConnection:
        return answered_by_function()

    @strawberry.field(description="All rental invoices by year, newest year first.")
    def rental_invoice_years(self) -> list[RentalInvoiceYear]:
        return answered_by_function()

    @strawberry.field(description="One rental invoice; null when there is none with this id.")
    def rental_invoice(self, id: Id) -> RentalInvoice | None:  # noqa: A002 - the contract's word
        return answered_by_function()

    @strawberry.field(description="Retail invoices, latest first unless asked otherwise.")
    def retail_invoices(
        self,
        first: First = 50,
        after: After = strawberry.UNSET,
        filter: Annotated[  # noqa: A002 - the contract's word
            RetailInvoiceFilter | None, argument("Which ones.")
        ] = strawberry.UNSET,
    ) -> RetailInvoiceConnection:
        return answered_by_function()

    @strawberry.field(description="One retail invoice; null when there is none with this id.")
    def retail_invoice(self, id: Id) -> RetailInvoice | None:  # noqa: A002 - the contract's word
        return answered_by_function()

    @strawberry.field(description="How many retail invoices there are, of all eight categories.")
    def retail_invoice_counts(self) -> list[CategoryCount]:
        return answered_by_function()

    @strawberry.field(description="What was spent, period by period, oldest first.")
    def spending(
        self,
        filter: Annotated[SpendingFilter, argument("What to add up.")],  # noqa: A002 - as above
    ) -> list[SpendingPeriod]:
        return answered_by_function()

    @strawberry.field(description="The shops whose receipts are read, by name.")
    def vendors(
        self,
        filter: Annotated[  # noqa: A002 - the contract's word
            VendorFilter | None, argument("Which ones.")
        ] = strawberry.UNSET,
    ) -> list[Vendor]:
        return answered_by_function()

    @strawberry.field(description="Documents that need attention, latest first.")
    def failed_documents(
        self, first: First = 20, after: After = strawberry.UNSET
    ) -> FailedDocumentConnection:
        return answered_by_function()

    @strawberry.field(description="One ingestion run; null when there is none with this id.")
    def ingestion_run(self, id: Id) -> IngestionRun | None:  # noqa: A002 - the contract's word
        return answered_by_function()

    @strawberry.field(description="One of the caller's exports; null when there is none.")
    def data_export(self, id: Id) -> DataExport | None:  # noqa: A002 - the contract's word
        return answered_by_function()

    @strawberry.field(description="Ingestion runs, latest first.")
    def ingestion_runs(
        self, first: First = 20, after: After = strawberry.UNSET
    ) -> IngestionRunConnection:
        return answered_by_function()


@strawberry.type(description="What can be done.")
class Mutation:
    @strawberry.mutation(description="Opens an account.", directives=[AwsApiKey()])
    def sign_up(self, input: Annotated[SignUpInput, _INPUT]) -> SessionPayload | None:  # noqa: A002
        return answered_by_function()

    @strawberry.mutation(description="Opens a session.", directives=[AwsApiKey()])
    def log_in(self, input: Annotated[LogInInput, _INPUT]) -> SessionPayload | None:  # noqa: A002
        return answered_by_function()

    @strawberry.mutation(
        description="Swaps a refresh token for a new session.", directives=[AwsApiKey()]
    )
    def refresh_session(
        self,
        input: Annotated[RefreshSessionInput, _INPUT],  # noqa: A002
    ) -> SessionPayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Ends this session, or all of the caller's.")
    def log_out(self, input: Annotated[LogOutInput, _INPUT]) -> LogOutPayload | None:  # noqa: A002
        return answered_by_function()

    @strawberry.mutation(
        description="Replaces the password and ends the caller's other sessions."
        " Live subscriptions end too: subscribe again."
    )
    def change_password(
        self,
        input: Annotated[ChangePasswordInput, _INPUT],  # noqa: A002
    ) -> ChangePasswordPayload | None:
        return answered_by_function()

    @strawberry.mutation(
        description="Closes the account at once and erases everything that belongs to it."
        " Every session and live subscription ends. There is no way back."
    )
    def delete_user(
        self,
        input: Annotated[DeleteUserInput, _INPUT],  # noqa: A002
    ) -> DeleteUserPayload | None:
        return answered_by_function()

    @strawberry.mutation(
        description="Puts everything that is kept of the caller into an archive to download."
        " At most 5 a day."
    )
    def export_my_data(
        self,
        input: Annotated[ExportMyDataInput, _INPUT],  # noqa: A002
    ) -> ExportMyDataPayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Connects the caller's Gmail, read-only.")
    def connect_gmail(
        self,
        input: Annotated[ConnectGmailInput, _INPUT],  # noqa: A002
    ) -> ConnectGmailPayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Lets go of the caller's Gmail.")
    def disconnect_gmail(
        self,
        input: Annotated[DisconnectGmailInput, _INPUT],  # noqa: A002
    ) -> DisconnectGmailPayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Changes what is looked for in the caller's mailbox.")
    def update_ingestion_settings(
        self,
        input: Annotated[UpdateIngestionSettingsInput, _INPUT],  # noqa: A002
    ) -> UpdateIngestionSettingsPayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Looks for every rent notice in the mailbox.")
    def ingest_rental_invoices(
        self,
        input: Annotated[IngestRentalInvoicesInput, _INPUT],  # noqa: A002
    ) -> IngestionPayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Looks for one month's rent notice.")
    def ingest_latest_rental_invoice(
        self,
        input: Annotated[IngestLatestRentalInvoiceInput, _INPUT],  # noqa: A002
    ) -> IngestionPayload | None:
        return answered_by_function()

    @strawberry.mutation(
        description="Registers a device for push, or renews it: call it at every start of the app."
    )
    def register_device(
        self,
        input: Annotated[RegisterDeviceInput, _INPUT],  # noqa: A002
    ) -> RegisterDevicePayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Lets a device go: it gets no more pushes.")
    def unregister_device(
        self,
        input: Annotated[UnregisterDeviceInput, _INPUT],  # noqa: A002
    ) -> UnregisterDevicePayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Changes what the caller is told, how, and in which language.")
    def update_notification_settings(
        self,
        input: Annotated[UpdateNotificationSettingsInput, _INPUT],  # noqa: A002
    ) -> UpdateNotificationSettingsPayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Looks for receipts, by vendor.")
    def ingest_retail_invoices(
        self,
        input: Annotated[IngestRetailInvoicesInput, _INPUT],  # noqa: A002
    ) -> IngestionPayload | None:
        return answered_by_function()

    @strawberry.mutation(
        description="Looks through the whole mailbox from a day on, for notices and receipts."
        " It may take hours, and goes on by itself after a break."
    )
    def backfill_invoices(
        self,
        input: Annotated[BackfillInvoicesInput, _INPUT],  # noqa: A002
    ) -> IngestionPayload | None:
        return answered_by_function()

    @strawberry.mutation(description="Keeps a receipt that was not in the mailbox.")
    def add_invoice(
        self,
        input: Annotated[AddInvoiceInput, _INPUT],  # noqa: A002
    ) -> AddInvoicePayload | None:
        return answered_by_function()

    @strawberry.mutation(
        description="Lets what the owner says of a receipt stand for what was read."
    )
    def correct_invoice(
        self,
        input: Annotated[CorrectInvoiceInput, _INPUT],  # noqa: A002
    ) -> CorrectInvoicePayload | None:
        return answered_by_function()

    @strawberry.mutation(
        description="Deletes an invoice with its documents. No run brings it back."
    )
    def delete_invoice(
        self,
        input: Annotated[DeleteInvoiceInput, _INPUT],  # noqa: A002
    ) -> DeleteInvoicePayload | None:
        return answered_by_function()

    @strawberry.mutation(
        description="Has the mails of a receipt read again; corrections stay as they are."
    )
    def reparse_invoice(
        self,
        input: Annotated[ReparseInvoiceInput, _INPUT],  # noqa: A002
    ) -> ReparseInvoicePayload | None:
        return answered_by_function()

    @strawberry.mutation(
        description="Tells the owner's subscribers about an invoice.", directives=[AwsIam()]
    )
    def publish_invoice_event(
        self,
        input: Annotated[PublishInvoiceEventInput, _INPUT],  # noqa: A002
    ) -> InvoiceEvent | None:
        return answered_by_function()

    @strawberry.mutation(
        description="Tells the owner's subscribers about a run.", directives=[AwsIam()]
    )
    def publish_ingestion_event(
        self,
        input: Annotated[PublishIngestionEventInput, _INPUT],  # noqa: A002
    ) -> IngestionEvent | None:
        return answered_by_function()


@strawberry.type(description="What can be followed. Only the caller's own events are delivered.")
class Subscription:
    @strawberry.field(
        description="The caller's invoices as they come and change.",
        directives=[AwsSubscribe(mutations=["publishInvoiceEvent"])],
    )
    def on_invoice_event(self) -> InvoiceEvent | None:
        return answered_by_function()

    @strawberry.field(
        description="The caller's runs as they move on.",
        directives=[AwsSubscribe(mutations=["publishIngestionEvent"])],
    )
    def on_ingestion_event(self) -> IngestionEvent | None:
        return answered_by_function()


def make_schema() -> strawberry.Schema:
    """Return the contract."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
