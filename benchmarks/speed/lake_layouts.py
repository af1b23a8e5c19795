"""Ways to lay out the lake's files that are measured against each other."""

from dataclasses import dataclass

_MB = 1 << 20


@dataclass(frozen=True)
class Layout:
    """Compression, size of Parquet's pages, and the order of the records in a file."""

    level: int
    page_bytes: int = _MB
    codec: str = "zstd"
    order: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return it for a table.

        >>> Layout(3).name, Layout(9, 4 << 20, order=("key",)).name
        ('zstd 3, pages of 1 MB', 'zstd 9, pages of 4 MB, by key')
        """
        level = f" {self.level}" if self.codec in ("zstd", "gzip") else ""
        order = f", by {', '.join(self.order)}" if self.order else ""
        return f"{self.codec}{level}, pages of {self.page_bytes // _MB} MB{order}"

    @property
    def properties(self) -> dict[str, str]:
        """Return Iceberg's table properties."""
        level = {"write.parquet.compression-level": str(self.level)} if self.codec in ("zstd", "gzip") else {}
        return {
            "write.parquet.compression-codec": self.codec,
            "write.parquet.page-size-bytes": str(self.page_bytes),
            "write.distribution-mode": "none",
            **level,
        }


SHIPPED = Layout(9, 4 * _MB)
"""What `maintain-lake` writes."""
STREAMED = Layout(1, 4 * _MB)
"""What the stream writes."""
LAYOUTS = (
    STREAMED,
    Layout(3, 4 * _MB),
    Layout(6, 4 * _MB),
    SHIPPED,
    Layout(12, 4 * _MB),
    Layout(1),
    Layout(3),
    Layout(9),
    Layout(9, 4 * _MB, order=("timestamp",)),
    Layout(0, codec="lz4"),
)
