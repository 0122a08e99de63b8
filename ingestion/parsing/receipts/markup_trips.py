"""Reservations in markup: legs and passengers."""

from __future__ import annotations

from typing import Any

from ingestion.parsing.receipts.markup import (
    Markup,
    as_list,
    first_of,
    name_of,
    text_of,
    to_instant,
)
from paypulse.receipts import Leg


def take_trip(node: dict[str, Any], markup: Markup, *, has_travellers: bool) -> None:
    """Take a reservation, with who travels where that is who booked."""
    number = first_of(node, "reservationNumber", "reservationId")
    if isinstance(number, (str, int)):
        markup.booking_reference = markup.booking_reference or str(number)
    for person in as_list(first_of(node, "underName") if has_travellers else None):
        name = name_of(person)
        if name and name not in markup.passengers:
            markup.passengers.append(name)
    for trip in as_list(node.get("reservationFor")):
        if isinstance(trip, dict):
            leg = _leg(trip)
            if leg is not None and leg not in markup.legs:
                markup.legs.append(leg)


def _leg(trip: dict[str, Any]) -> Leg | None:
    origin = name_of(
        first_of(
            trip,
            "departureAirport",
            "departureStation",
            "departureBusStop",
            "departureBoatTerminal",
        )
    )
    destination = name_of(
        first_of(trip, "arrivalAirport", "arrivalStation", "arrivalBusStop", "arrivalBoatTerminal")
    )
    if not origin and not destination:
        return None
    number = text_of(first_of(trip, "flightNumber", "trainNumber", "busNumber", "identifier"))
    airline = trip.get("airline")
    code = text_of(airline.get("iataCode")) if isinstance(airline, dict) else None
    if number and code and number.isdigit():
        number = f"{code}{number}"  # both together are what people call the flight
    return Leg(
        number,
        origin,
        destination,
        to_instant(trip.get("departureTime")),
        to_instant(trip.get("arrivalTime")),
    )
