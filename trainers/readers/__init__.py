"""What the trainers of readers share: a teacher's answers, honest confidences."""
