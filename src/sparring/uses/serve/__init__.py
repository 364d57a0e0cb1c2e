"""Serve trained players over HTTP: sample, translate, score."""
