"""reportgen: one YAML file becomes the official minutes of an inspection, in each language, as DOCX and PDF."""

__version__ = "0.1.0"
