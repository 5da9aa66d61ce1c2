"""The published cases: calibrated to what was before, and held against what was published after. See docs/cases.md."""
