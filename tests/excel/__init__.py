"""Tests of the Excel add-in."""
