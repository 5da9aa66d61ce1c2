"""The report: a run, a comparison or a plan as one HTML file that works offline, in Chinese and English."""
