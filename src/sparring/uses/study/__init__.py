"""Whether synthetic data helps a classifier, measured on several disjoint subsets of labelled data."""
