"""The compiled part of the package; all else that a build needs is in pyproject.toml."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "calliper.kernels._compiled",
            ["src/calliper/kernels/_compiled.c"],
            depends=["src/calliper/kernels/_loops.h", "src/calliper/kernels/_widths.h"],
            extra_compile_args=["-O3"],
            # Where there is no compiler the set-up goes on, and NumPy gives the same answers.
            optional=True,
        )
    ]
)
