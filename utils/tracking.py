"""placeholder"""
from contextlib import contextmanager
class NoTracker:
    def log_metrics(self, *a): pass
    def log_figure(self, *a): pass
    def log_image(self, *a): pass
    def log_bundle(self, *a): pass
@contextmanager
def track(cfg, run, data):
    yield NoTracker()
