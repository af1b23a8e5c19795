"""Read a folder of the Numenta Anomaly Benchmark, and detectors' result files for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.detection.nab_scoring import Labels, label
from groundswell.errors import InputError

Floats = NDArray[np.float64]
_LAYOUTS = (("windows.json", "."), ("labels/combined_windows.json", "data"))


@dataclass(frozen=True)
class NabSeries:
    """One series with its labelled windows.

    Attributes
    ----------
    name : str
        Path below the data folder, such as `realTweets/Twitter_volume_AAPL.csv`.
    timestamps : datetime64 array
        Start of each interval.
    values : float64 array
        Values.
    windows : tuple of (int, int)
        First and last row of each window, both included.
    """

    name: str
    timestamps: NDArray[np.datetime64]
    values: Floats
    windows: tuple[tuple[int, int], ...]

    @property
    def labels(self) -> Labels:
        """What scoring needs to know."""
        return label(len(self.values), self.windows)

    @property
    def interval(self) -> np.timedelta64:
        """Usual time between rows."""
        return np.timedelta64(int(np.median(np.diff(self.timestamps).astype("timedelta64[s]").astype(np.int64))), "s")


def read_nab(folder: Path, subset: str = "") -> list[NabSeries]:
    """Read the series whose names begin with `subset`, in either layout.

    Raises
    ------
    InputError
        Where the folder has no windows file, a series is missing, or none fits.
    """
    layout = next((layout for layout in _LAYOUTS if (folder / layout[0]).is_file()), None)
    if layout is None:
        names = " or ".join(layout[0] for layout in _LAYOUTS)
        raise InputError(f"{folder} is no folder of the benchmark: it has no {names}", "name its top folder")
    windows_file, data = layout
    windows = json.loads((folder / windows_file).read_text(encoding="utf-8"))
    chosen = sorted(name for name in windows if name.startswith(subset))
    if not chosen:
        raise InputError(f"no series of {folder} begins with {subset!r}", f"for example {min(windows, default='')!r}")
    return [_read_series(folder / data, name, windows[name]) for name in chosen]


def _read_series(folder: Path, name: str, spans: list[tuple[str, str]]) -> NabSeries:
    path = folder / name
    if not path.is_file():
        raise InputError(f"{path} is missing", "or leave it out of the windows file")
    table = pd.read_csv(path, parse_dates=["timestamp"])
    times = table["timestamp"].to_numpy(np.dtype("datetime64[ns]"))
    windows = []
    for start, end in sorted(spans):
        first = int(np.searchsorted(times, np.datetime64(pd.Timestamp(start).to_datetime64()), "left"))
        last = int(np.searchsorted(times, np.datetime64(pd.Timestamp(end).to_datetime64()), "right")) - 1
        if last >= first:
            windows.append((first, last))
    return NabSeries(name, times, table["value"].to_numpy(np.float64), tuple(windows))


def read_results(folder: Path, series: list[NabSeries]) -> Mapping[str, Floats]:
    """Read the column `anomaly_score` of a detector's result files: `AAPL.csv` or `anything_AAPL.csv` for `AAPL.csv`.

    Raises
    ------
    InputError
        Where a series has no file, more than one, or one of another length.
    """
    found: dict[str, Floats] = {}
    files = sorted(folder.rglob("*.csv"))
    for one in series:
        base = Path(one.name).name
        fits = [file for file in files if file.name == base] or [f for f in files if f.name.endswith(f"_{base}")]
        if len(fits) != 1:
            raise InputError(f"{folder} has {len(fits)} result files for {one.name}", "one is needed")
        scores = pd.read_csv(fits[0], usecols=["anomaly_score"])["anomaly_score"].to_numpy(np.float64)
        if len(scores) != len(one.values):
            raise InputError(
                f"{fits[0]} has {len(scores):,} rows, {one.name} {len(one.values):,}", "one score a row is needed"
            )
        found[one.name] = scores
    return found
