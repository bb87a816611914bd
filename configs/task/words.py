"""The keys that task=words adds at the root: those of task=lines."""

from configs.task.lines import OF_THE_RUN as OF_THE_RUN
from configs.task.lines import Config as Config
from configs.task.lines import check as check
