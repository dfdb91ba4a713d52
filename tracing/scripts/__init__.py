"""What is said on the telephone, as versioned files, and the pure engine that leads a tracer through one."""
