import io

from producer.lines import OversizedLine, line_batches


def lines_of(data: bytes, chunk_bytes: int, limit_bytes: int) -> list[bytes | OversizedLine]:
    stream = io.BytesIO(data)
    return [line for batch in line_batches(lambda: stream.read(chunk_bytes), limit_bytes) for line in batch]


def test_a_line_that_spans_chunks_is_whole() -> None:
    assert lines_of(b"ab\ncdefgh\n\ni\n", 3, 100) == [b"ab", b"cdefgh", b"", b"i"]


def test_the_last_line_needs_no_end() -> None:
    assert lines_of(b"ab\ncd", 100, 100) == [b"ab", b"cd"]


def test_no_bytes_are_no_line() -> None:
    assert lines_of(b"", 100, 100) == []


def test_a_line_at_the_limit_is_whole_and_one_byte_more_is_cut() -> None:
    assert lines_of(b"abcd\nabcde\nz\n", 3, 4) == [b"abcd", OversizedLine(b"abcd", 5), b"z"]


def test_no_more_of_an_endless_line_is_kept_than_the_limit() -> None:
    class Endless:
        left = 200

        def read(self) -> bytes:
            self.left -= 1
            return b"x" * 1_000_000 if self.left >= 0 else b""

    import tracemalloc

    tracemalloc.start()
    (batch,) = line_batches(Endless().read, 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert batch == [OversizedLine(b"x" * 1000, 200_000_000)]
    assert peak < 5_000_000
