"""What predictors share on the way from a picture to a text."""
