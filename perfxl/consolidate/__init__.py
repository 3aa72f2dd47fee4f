"""Merge returned workbooks: states, winners, the dataset, the consolidated workbook."""

from .content import Content, Indicator, Project, content_of
from .dataset import Dataset, common_form, dataset_of
from .states import Choices, Judged, State, judge

__all__ = [
    "Choices",
    "Content",
    "Dataset",
    "Indicator",
    "Judged",
    "Project",
    "State",
    "common_form",
    "content_of",
    "dataset_of",
    "judge",
]
