"""The live page: reads run folders, never the trainer's memory, and never imports torch."""
