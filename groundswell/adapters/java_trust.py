"""The lake's certificate authority as Java wants it: neither Iceberg nor Hadoop has an option for a PEM file."""

import contextlib
import os
import ssl
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from groundswell.errors import SettingsError
from groundswell.settings import Settings

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_FILE = "lake-trust.p12"


def trust_options(settings: Settings) -> dict[str, str]:
    """Return the Spark options by which driver and executors trust `lake.ca_file` beside whom the system trusts.

    None without such a file. Executors get the file from the driver, into the folder that they work in.

    Raises
    ------
    SettingsError
        The file holds no certificate.
    """
    if not settings.lake.ca_file:
        return {}
    store = settings.absolute_home / "run" / _FILE
    store.parent.mkdir(parents=True, exist_ok=True)
    partial = store.with_suffix(f".{os.getpid()}")
    partial.write_bytes(_truststore(Path(settings.lake.ca_file)))
    partial.replace(store)
    return {
        "spark.driver.defaultJavaOptions": f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStoreType=PKCS12",
        "spark.executor.defaultJavaOptions": (
            f"-Djavax.net.ssl.trustStore={_FILE} -Djavax.net.ssl.trustStoreType=PKCS12"
        ),
        "spark.files": str(store),
    }


def _truststore(pem: Path) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

    try:
        certificates = x509.load_pem_x509_certificates(pem.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"lake.ca_file {pem} can't be read as certificates: {error}", "name a PEM file of certificates"
        ) from error
    # One store is for all of Java: without these a Kafka whom the whole world trusts would be shut out.
    certificates += _of_the_system()
    named = [pkcs12.PKCS12Certificate(one, f"authority-{number}".encode()) for number, one in enumerate(certificates)]
    return pkcs12.serialize_java_truststore(named, NoEncryption())


def _of_the_system() -> "list[Certificate]":
    from cryptography import x509
    from cryptography.utils import CryptographyDeprecationWarning

    found = []
    with warnings.catch_warnings():
        # The odd authority among them that isn't as it should be is left out where it can't be read.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        for der in ssl.create_default_context().get_ca_certs(binary_form=True):
            with contextlib.suppress(ValueError):
                found.append(x509.load_der_x509_certificate(der))
    return found
