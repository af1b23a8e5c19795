"""The lake's certificate authority as Java wants it: neither Iceberg nor Hadoop has an option for a PEM file."""

import os
import ssl
from pathlib import Path

from groundswell.errors import SettingsError
from groundswell.settings import Settings

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
        system = ssl.get_default_verify_paths().cafile
        # One store is for all of Java: without these a Kafka whom the whole world trusts would be shut out.
        certificates += x509.load_pem_x509_certificates(Path(system).read_bytes()) if system else []
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"lake.ca_file {pem} can't be read as certificates: {error}", "name a PEM file of certificates"
        ) from error
    named = [pkcs12.PKCS12Certificate(one, f"authority-{number}".encode()) for number, one in enumerate(certificates)]
    return pkcs12.serialize_java_truststore(named, NoEncryption())
