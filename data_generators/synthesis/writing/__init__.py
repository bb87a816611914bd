"""Lines as hands write them: texts, fonts, pen strokes, and the picture that comes of them."""
