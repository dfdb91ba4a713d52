"""What the passing of time does to the queue, run by the scheduler."""
