"""Who runs the lanes: `inline`, threads in one process."""
