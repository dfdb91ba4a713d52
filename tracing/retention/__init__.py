"""The end of what a programme keeps: its people are erased once its days are over."""
