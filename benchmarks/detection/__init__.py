"""How good the detector is: planted bursts over synthetic keywords, and the Numenta Anomaly Benchmark."""
