"""What the fund's payment system is told of notes: a file for each day that is over, the same whenever it is made."""
