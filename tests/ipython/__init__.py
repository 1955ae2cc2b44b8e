"""Tests of `mundane_ipython`: in-process shells, real kernels, terminals."""
