"""What every package may use: the model, marks, text cleaning, URLs, times, errors. Imports no other package."""
