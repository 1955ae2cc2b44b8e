"""What it is depends on what was chosen before it is imported."""

from tidyprint import engine_in_use

NAME = f"the {engine_in_use()} engine"
