"""Scripts of telephone calls: versioned files, their checks, and the pure engine that leads a tracer through one."""
