"""Where Terraform gets its providers on a machine that cannot reach the registry.

A mirror is any folder with `registry.terraform.io/hashicorp/aws` in it. Terraform itself looks in
a few folders below the home; this looks in the places where machines usually hold one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROVIDER = "registry.terraform.io/hashicorp/aws"
_PLACES = tuple(
    Path(place)
    for place in ("/opt", "/usr/local/share", "/usr/share", "~/.terraform.d", "~/.local/share")
)
# So many folders below one of the places.
_DEPTH = 3
_VARIABLE = "TF_CLI_CONFIG_FILE"


def find_mirror(places: Iterable[Path] = _PLACES) -> Path | None:
    """Return the first mirror below the places, the nearest to the top of each."""
    for place in places:
        for depth in range(_DEPTH + 1):
            for provider in sorted(place.expanduser().glob("*/" * depth + PROVIDER)):
                return provider.parents[2]
    return None


def configure(folder: Path, environment: Mapping[str, str], mirror: Path | None) -> dict[str, str]:
    """Write a configuration of Terraform's command line, and return the variable that names it.

    The owner's own configuration is kept, and decides if it says where providers come from.

    Args:
        folder: Where to write.
        environment: Of whoever runs Terraform; the file that it names may be absent.
        mirror: Serves the provider, if the owner's configuration does not say otherwise.
    """
    own_file = Path(environment.get(_VARIABLE, "~/.terraformrc")).expanduser()
    configuration = own_file.read_text() if own_file.is_file() else ""
    if mirror and "provider_installation" not in configuration:
        configuration += _installation(mirror)
    file = folder / "cli.tfrc"
    file.write_text(configuration)
    return {_VARIABLE: str(file)}


def _installation(mirror: Path) -> str:
    return f"""
provider_installation {{
  filesystem_mirror {{
    path    = "{mirror}"
    include = ["{PROVIDER}"]
  }}
  direct {{
    exclude = ["{PROVIDER}"]
  }}
}}
"""
