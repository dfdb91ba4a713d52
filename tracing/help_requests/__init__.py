"""Help that somebody who stays at home asked for, and agreed to have passed on: shopping, housing, somebody to listen."""
