"""Lines that are no post, as real collections hold them."""

from collections.abc import Callable

BAD_LINE_KINDS: dict[str, Callable[[bytes], bytes]] = {
    "bad_json": lambda line: line[: len(line) // 2] + b"\n",
    "bad_utf8": lambda line: line.replace(b'"text":"', b'"text":"caf\xe9 ', 1),
    "no_id": lambda line: line.replace(b'"id":"', b'"previousId":"', 1),
    "no_create_time": lambda line: line.replace(b'"createTime":"', b'"createTime":"","wasCreateTime":"', 1),
    "array_dump": lambda line: b"{ itemInfos: { id: '" + line[20:39] + b"', covers: [Array], video: [Object] } }\n",
    "blank": lambda line: b"  \n" if line[25] % 2 else b"\n",
}
"""Kind -> a good line turned into a bad one; a blank line is neither post nor fault, and is counted by itself."""
