"""What everything else is built from: abstract classes, registries, samples, bundles."""
