"""The one error class of this project."""


class UserError(ValueError):
    """An error that the user can fix: its text says how, and is all that a script prints of it."""
