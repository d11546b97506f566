"""One thread for each process; to be set before numpy is imported, which this module does not."""

from typing import Final

ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Environment: several threads on matrices as small as ours cost more than they gain."""
