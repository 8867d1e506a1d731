"""What the news is: articles, their revisions, the spans cited from them, and the library that keeps them."""
