"""What is kept: tables, pictures, and the changes of lines."""
