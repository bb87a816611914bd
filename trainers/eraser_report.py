def compare_erasers(cfg, predictor, data):
    raise NotImplementedError
