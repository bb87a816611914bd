"""How sweeps are searched and where their runs are done. Hydra looks for such classes in packages of this name alone."""
