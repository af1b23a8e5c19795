"""What became of every line."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Counts:
    """Lines by what became of them; `read` is the sum of the others but `out_of_order`, which are among `sent`."""

    blank: int = 0
    sent: int = 0
    outside: int = 0
    out_of_order: int = 0
    read: int = 0
    bytes_read: int = 0
    dead_lettered: dict[str, int] = field(default_factory=dict)

    @property
    def dead(self) -> int:
        """Dead letters of every reason."""
        return sum(self.dead_lettered.values())

    def add_dead_letter(self, reason: str) -> None:
        """Count a dead letter."""
        self.dead_lettered[reason] = self.dead_lettered.get(reason, 0) + 1

    def adds_up(self) -> bool:
        """Whether every line read is accounted for.

        >>> Counts(read=3, blank=1, sent=1, dead_lettered={"no_id": 1}).adds_up()
        True
        """
        return self.read == self.blank + self.sent + self.outside + self.dead

    def __add__(self, other: "Counts") -> "Counts":
        """Return the sums."""
        return self._combined(other, 1)

    def __sub__(self, other: "Counts") -> "Counts":
        """Return the differences."""
        return self._combined(other, -1)

    def copy(self) -> "Counts":
        """Return a copy that doesn't change with this one."""
        return self + Counts()

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for JSON."""
        return asdict(self)

    def _combined(self, other: "Counts", sign: int) -> "Counts":
        mine, theirs = self.dead_lettered, other.dead_lettered
        dead = {reason: mine.get(reason, 0) + sign * theirs.get(reason, 0) for reason in mine | theirs}
        return Counts(
            blank=self.blank + sign * other.blank,
            sent=self.sent + sign * other.sent,
            outside=self.outside + sign * other.outside,
            out_of_order=self.out_of_order + sign * other.out_of_order,
            read=self.read + sign * other.read,
            bytes_read=self.bytes_read + sign * other.bytes_read,
            dead_lettered={reason: count for reason, count in dead.items() if count},
        )
