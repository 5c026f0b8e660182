"""The training loop that Sections 1 and 2 share. Imports only `data`."""
