"""The run folder: written, resumed, drawn from."""
