"""Tests of the notebooks that come with mundane, and of the demo that kills one."""
