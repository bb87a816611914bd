"""The two ways in which a command ends early without a traceback."""


class UserError(Exception):
    """A mistake that the user can mend; nothing was started.

    The message is one line that says what is wrong and how to mend it. The program prints it and exits with code 2.
    """


class PartialFailure(Exception):
    """The command finished, but some of its inputs failed. The program exits with code 1."""


class EmptySplit(UserError):
    """The data have no samples of a split that was asked for."""
