"""The GraphiQL page: served from installed packages, works offline and against AppSync."""
