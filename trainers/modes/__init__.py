"""What `mode=` runs of this room: train, evaluate, compare, tune, promote, annotate_next, cut_words, demo."""
