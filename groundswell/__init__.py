"""The shared library: domain, contracts, settings, frames and adapters."""
