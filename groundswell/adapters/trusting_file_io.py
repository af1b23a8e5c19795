"""PyIceberg's access to S3 with an authority of one's own: PyIceberg has no property for it, PyArrow has."""

from pyarrow.fs import FileSystem, S3FileSystem
from pyiceberg.io.pyarrow import PyArrowFileIO


class TrustingFileIO(PyArrowFileIO):
    """`PyArrowFileIO` that trusts who is named by the property `s3.ca-file`."""

    def _initialize_s3_fs(self, netloc: str | None) -> FileSystem:
        return S3FileSystem(
            endpoint_override=self.properties["s3.endpoint"],
            region=self.properties["s3.region"],
            access_key=self.properties["s3.access-key-id"],
            secret_key=self.properties["s3.secret-access-key"],
            tls_ca_file_path=self.properties["s3.ca-file"],
        )
