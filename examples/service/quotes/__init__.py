"""Quotes: what a product costs today."""
