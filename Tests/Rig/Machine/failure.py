"""What can go wrong with the rig itself, each kind with an exit status of its own (docs/test-rig.md)."""


class RigFailure(Exception):
    status = 70


class Usage(RigFailure):
    status = 64


class ArchiveFailure(RigFailure):
    """No mirror, a package that vanished, a download that is not what was asked for."""

    status = 69


class BuildFailure(RigFailure):
    """The prefix, the module or the initramfs could not be made."""

    status = 70


class GuestHung(RigFailure):
    status = 71


class GuestNotUp(GuestHung):
    """It never came so far as to run anything of ours."""


class GuestDied(RigFailure):
    """A panic, or an end without a report."""

    status = 72


class KernelComplained(RigFailure):
    status = 73


class KernelRefused(RigFailure):
    status = 74


class NotPossibleHere(RigFailure):
    status = 77

