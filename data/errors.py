"""The one error of this project that a user can mend."""


class UserError(ValueError):
    """Something that the user can mend. Its text says what to do and is all that a script prints of it."""
