"""Experiments of Chaos Toolkit, each in a process of its own; nowhere else is it imported."""
