"""The site of these pages, by Sphinx: `make docs` builds it, and fails for a link that leads nowhere."""

project = "python-builds"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "python-builds"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
html_static_path = ["static"]
html_css_files = ["tables.css"]
