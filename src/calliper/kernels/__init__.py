"""Sums over rows, where tables pass a million of them: in C if a compiler was found at set-up, else in NumPy.

    shape.py       what a set of kernels can do
    numpy_twin.py  in NumPy: what the answers are
    threads.py     work cut into threads
    compiled.py    in C (_compiled.c), cut into threads: the same answers, sooner

`KERNELS` is the set in use. Nothing here knows what the rows mean.
"""

from __future__ import annotations

from calliper.kernels.compiled import CompiledKernels, is_built
from calliper.kernels.numpy_twin import NumpyKernels
from calliper.kernels.shape import Kernels, Table

__all__ = ["KERNELS", "CompiledKernels", "Kernels", "NumpyKernels", "Table", "is_built"]

KERNELS: Kernels = CompiledKernels() if is_built() else NumpyKernels()
