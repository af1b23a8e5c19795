"""Passwords that stand in the source are for this machine only."""

from pydantic import BaseModel, SecretStr

from groundswell.errors import SettingsError
from infra.stack.addresses import parse_address


def refuse_default_passwords(group: BaseModel, name: str, host: str) -> None:
    """Make sure that a server which others can reach gets no password that everybody can read.

    Parameters
    ----------
    group : BaseModel
        Settings of the server.
    name : str
        What the settings call the group.
    host : str
        Where the server is.

    Raises
    ------
    SettingsError
        It isn't on the loopback address, and a password is the default.
    """
    if parse_address(f"{host}:1").is_loopback:
        return
    kept = [
        field
        for field, info in type(group).model_fields.items()
        if isinstance(info.default, SecretStr) and getattr(group, field) == info.default
    ]
    if kept:
        variables = ", ".join(f"GROUNDSWELL_{name}__{field}".upper() for field in kept)
        raise SettingsError(f"{host} would get passwords that stand in Groundswell's source", f"set {variables}")
