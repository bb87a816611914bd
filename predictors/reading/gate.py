"""Whether a cleaned picture is read instead of the picture as it is: only where that helps."""

from predictors.reading.confidence import LineReading
from utils.files.images import UnreadableImage

LineOutcome = LineReading | UnreadableImage
LEAST_GAIN = 0.01  # by which the reader must be surer of the cleaned picture
LEAST_LENGTH = 0.85  # of the text: cleaning that costs characters took writing away


def cleaning_helps(before: LineOutcome, after: LineOutcome) -> bool:
    """Whether a reader is surer of what it reads after cleaning, and reads no less."""
    if isinstance(after, UnreadableImage):
        return False
    if isinstance(before, UnreadableImage):
        return True
    return after.sureness >= before.sureness + LEAST_GAIN and len(after.text) >= LEAST_LENGTH * len(before.text)
