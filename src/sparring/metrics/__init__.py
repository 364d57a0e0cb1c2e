"""Measure how good samples are, against real samples."""
