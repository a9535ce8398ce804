"""What has to be set before PyTorch is loaded, for the programs here that measure it."""

import ctypes
import os


def prepare(threads, keep_memory=False):
    """Gives PyTorch's BLAS that many threads. With keep_memory what is freed stays with the process."""
    # A BLAS reads these once, when it is loaded.
    for name in "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS":
        os.environ[name] = str(threads)
    os.environ.pop("OPENBLAS_CORETYPE", None)  # it may name a slower processor than this one

    # glibc hands what is freed back to the kernel, and asks for it again in the next call: on a virtual machine the
    # page faults can take longer than the network. M_TRIM_THRESHOLD and M_MMAP_MAX of <malloc.h> end that.
    if keep_memory:
        libc = ctypes.CDLL(None)
        libc.mallopt(-1, 2**31 - 1)
        libc.mallopt(-4, 0)


def blas():
    """The libraries that multiply, once PyTorch is loaded. Debian's takes whichever libblas.so.3 there is. OpenBLAS with
    OpenMP shares PyTorch's threads; that with threads of its own makes a step two to three times slower, and the
    reference BLAS (/blas/libblas.so.3) makes all some thirty times slower."""
    import torch

    if torch.backends.mkl.is_available():
        return ["mkl"]
    try:
        with open("/proc/self/maps") as maps:
            return sorted({line.split()[-1] for line in maps if "blas" in line})
    except OSError:
        return []
